"""On whose behalf Alma is called: kept in a context variable, so that no function has to pass it on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

from almaportal.alma import clock

Lane = Literal["people", "jobs"]


@dataclass(frozen=True)
class Caller:
    """Who spends the calls.

    lane: "people" go first, "jobs" leave a reserve; user_id, job_id: 0 when there is none; role: the person's, "" for
    none; feature: the part of the portal whose page asks, or the kind of job, "" for the portal by itself; settles: a
    look at what became of a write: no budget, reserve or quiet hour forbids it;
    give_up_at: clock.monotonic() seconds after which nobody waits for the answer any more, or None;
    read_again: answers kept in the cache are passed over; keeps: what Alma answers is kept there;
    since: epoch seconds: what was kept after that is fresh enough, whatever was written meanwhile.
    """

    lane: Lane = "people"
    user_id: int = 0
    job_id: int = 0
    give_up_at: float | None = None
    read_again: bool = False
    keeps: bool = True
    since: float = float("inf")
    role: str = ""
    feature: str = ""
    settles: bool = False

    def seconds_left(self) -> float:
        return float("inf") if self.give_up_at is None else self.give_up_at - clock.monotonic()


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller())


def current() -> Caller:
    return _caller.get()


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Every call to Alma inside the block is made, counted and limited as `caller`'s."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def note_feature(feature: str) -> None:
    """What the calls of the present caller are for, once that is known."""
    _caller.set(replace(_caller.get(), feature=feature))
