"""`make bench`: every measurement one after the other, each in a process of its own, and one table at the end."""

import json
import os
import platform
import subprocess
import sys
import time

from bench.table import Line, markdown

MODULES = ("pages", "writes", "weight", "startup", "pace", "jobs", "titles", "files", "usage", "usage day")
MINUTES_EACH = 8


def _measured(module: str) -> list[Line]:
    """The lines of the module, or of its part that is named behind it, or one that says how it failed."""
    command = [sys.executable, "-m", *f"bench.{module}".split(), "--json"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=MINUTES_EACH * 60)
        return [Line(**line) for line in json.loads(done.stdout)]
    except (ValueError, subprocess.TimeoutExpired) as error:
        return [Line(f"bench.{module}", "–", f"failed ({type(error).__name__}), see above", f"bench.{module}")]


def main() -> None:
    started, lines = time.monotonic(), []
    for module in MODULES:
        print(f"bench.{module} …", file=sys.stderr, flush=True)
        lines += _measured(module)
    print(markdown(lines))
    print(
        f"\nPython {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; "
        f"{time.monotonic() - started:.0f} s in all."
    )


if __name__ == "__main__":
    main()
