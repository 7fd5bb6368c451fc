"""The commands of the portal's own processes, as `make demo` and `make run` start them."""

import sys
from pathlib import Path

MANAGE = str(Path(__file__).resolve().parent.parent / "manage.py")
THREADS = 16
WAITING_PAGES = 12  # of the threads of one process: the others stay free for pages that need no call


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "ignore::DeprecationWarning", MANAGE, *arguments]


def web(host: str, port: int) -> list[str]:
    """gunicorn with threads. Its pages give up on Alma after 20 seconds, so 30 is time enough to end gracefully."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "almaportal.wsgi",
        f"--bind={host}:{port}",
        "--workers=2",
        f"--threads={THREADS}",
        "--graceful-timeout=30",
        "--timeout=60",
        "--keep-alive=5",
        "--log-level=warning",
        "--no-control-socket",
    ]


def worker() -> list[str]:
    return manage("qcluster")
