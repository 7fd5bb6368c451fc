"""The time as everything between us and Alma sees it, and the only sleep: tests put their own in, and wait for
nothing."""

import time
from datetime import UTC, datetime


def now() -> float:
    """Epoch seconds."""
    return time.time()


def monotonic() -> float:
    """Seconds that never run backwards, for measuring lengths of time."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def moment() -> datetime:
    """Now, with its time zone."""
    return datetime.fromtimestamp(now(), UTC)
