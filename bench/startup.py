"""Seconds from the command until the emulator answers (fresh database), and until `make demo` says it is ready."""

import time
from collections.abc import Sequence

from bench import stack
from bench.table import Line, main

PARTS = ("emulator", "demo")


def measure(parts: Sequence[str]) -> list[Line]:
    makers = {"emulator": _emulator, "demo": _demo}
    return [makers[part]() for part in parts]


def _emulator() -> Line:
    with stack.folder() as data:
        started = time.monotonic()
        with stack.emulator(data, f"--database={data / 'emulator.sqlite3'}"):
            seconds = time.monotonic() - started
    what = "`manage.py emulator`, default size, fresh database: until it answers"
    return Line(what, "–", f"{seconds:.1f} s", "bench.startup emulator")


def _demo() -> Line:
    with stack.folder() as data:
        first, second = (_demo_seconds(data) for _run in range(2))
    what = "`make demo`, second run in the same folder: until it is ready"
    return Line(what, "–", f"{second:.1f} s (the first: {first:.1f} s)", "bench.startup demo")


def _demo_seconds(data) -> float:
    started = time.monotonic()
    with stack.demo(data / "demo", stack.MAKE_DEMO):
        return time.monotonic() - started


if __name__ == "__main__":
    main(PARTS, measure)
