"""Calls a second and calls a day, shared by all processes: one database row, one short transaction a call.

The pace is a leaky bucket without burst (GCRA): each call reserves the next free slot and then waits for it. People
reserve as far ahead as it takes; jobs reserve only when their slot is near, in a slightly slower lane of their own,
so that a person never stands behind more than a job's slot or two. Sources: the vendor's thresholds (seed 001), facts
1.1.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Greatest

from almaportal.alma import clock
from almaportal.alma.caller import Caller
from almaportal.alma.errors import AlmaQuotaSpent, AlmaReserve, AlmaSlow
from almaportal.alma.models import Pace

JOBS_SHARE = 0.97  # of the pace: the rest is always free for people
JOBS_AHEAD = 2  # slots that jobs may hold in advance
PAUSE_SECONDS = 1.0  # for everybody, after PER_SECOND_THRESHOLD
RECOVERY_SECONDS = 60.0  # from the lowered pace back to the set one


@dataclass(frozen=True)
class State:
    """What is known about the day's calls.

    remaining: int or None when Alma has not said today; remaining_at: when it said so; limit: the day's calls or None;
    blocked_until: end of the breaker, or None; pace: calls a second right now; resets_at: the next 00:00 GMT.
    """

    remaining: int | None
    remaining_at: datetime | None
    limit: int | None
    blocked_until: datetime | None
    pace: float
    resets_at: datetime
    answered_at: datetime | None
    failed_at: datetime | None
    failed_kind: str

    @property
    def low(self) -> int:
        """Where a gauge turns: a fifth of the day's calls."""
        return (self.limit or 0) // 5

    @property
    def slowed(self) -> bool:
        return self.pace < settings.ALMA_CALLS_PER_SECOND


class Quota:
    """The institution's thresholds as this portal keeps them."""

    def __init__(self) -> None:
        self.rate = settings.ALMA_CALLS_PER_SECOND

    def wait(self, caller: Caller) -> float:
        """Wait for a slot; returns the seconds waited.

        Raises AlmaQuotaSpent (breaker open, or nothing left today), AlmaReserve (a job, and the rest is for people),
        AlmaSlow (the caller would have given up before its turn).
        """
        started = clock.now()
        while True:
            slot, reserved = self._reserve(caller)
            now = clock.now()
            if slot - now > caller.seconds_left():
                raise AlmaSlow(str(slot - now))
            if slot > now:
                clock.sleep(slot - now)
            # A thread that woke too late gives its slot up: late calls in a bunch are what breaks the threshold.
            if reserved and clock.now() - slot <= 1 / self.rate:
                return clock.now() - started

    def _reserve(self, caller: Caller) -> tuple[float, bool]:
        """(slot, True) when reserved; (when to ask again, False) when it is not a job's turn yet."""
        with transaction.atomic():
            pace = self._locked()
            now = clock.now()
            self._check_the_day(pace, caller, now)
            rate = self._rate(pace, now)
            slot = max(pace.next_at, pace.paused_until, now)
            if caller.lane == "jobs":
                slot = max(slot, pace.jobs_next_at)
                near = slot - JOBS_AHEAD / rate
                if near > now:
                    return near + random.uniform(0, 0.5 / rate), False  # noqa: S311
                pace.jobs_next_at = slot + 1 / (rate * JOBS_SHARE)
            elif slot - now > caller.seconds_left():
                return slot, False
            pace.next_at = slot + 1 / rate
            pace.save(update_fields=["next_at", "jobs_next_at"])
            return slot, True

    def _check_the_day(self, pace: Pace, caller: Caller, now: float) -> None:
        if pace.blocked_until > now:
            raise AlmaQuotaSpent
        remaining = self._remaining(pace, now)
        if remaining is None:
            return
        if remaining <= 0:
            raise AlmaQuotaSpent
        if caller.lane == "jobs" and remaining <= self._reserved_for_people(pace):
            raise AlmaReserve

    def _reserved_for_people(self, pace: Pace) -> float:
        amount, is_share = settings.ALMA_RESERVE
        return amount * self._limit(pace) if is_share else amount

    @staticmethod
    def _limit(pace: Pace) -> float:
        return float(settings.ALMA_CALLS_PER_DAY or pace.most_remaining)

    @staticmethod
    def _remaining(pace: Pace, now: float) -> int | None:
        """Yesterday's count says nothing about today."""
        return pace.remaining if _day(pace.remaining_at) == _day(now) else None

    def _rate(self, pace: Pace, now: float) -> float:
        """The set pace, or the lowered one on its way back up."""
        if not pace.slowed_at:
            return self.rate
        back = max(0.0, now - pace.slowed_at) / RECOVERY_SECONDS
        return min(self.rate, pace.slowed_to + (self.rate - pace.slowed_to) * back)

    def answered(self, remaining: str | None) -> None:
        """Alma answered; `remaining` is its header X-Exl-Api-Remaining, if it sent one."""
        now = clock.now()
        fields: dict[str, Any] = {"answered_at": now}
        if remaining and remaining.strip().isdigit():
            left = int(remaining)
            fields |= {
                "remaining": left,
                "remaining_at": now,
                "most_remaining": Greatest("most_remaining", left),
            }
        Pace.objects.filter(pk=1).update(**fields)

    def failed(self, kind: str) -> None:
        """Alma did not answer, or not sensibly: shown on the home page until it answers again."""
        Pace.objects.filter(pk=1).update(failed_at=clock.now(), failed_kind=kind)

    def refused_for_speed(self) -> None:
        """HTTP 429 PER_SECOND_THRESHOLD: everybody pauses, and the pace halves, once for all calls of that moment."""
        with transaction.atomic():
            pace = self._locked()
            now = clock.now()
            if pace.paused_until > now:
                return
            pace.slowed_to = max(self._rate(pace, now) / 2, min(1.0, self.rate))
            pace.slowed_at = now
            pace.paused_until = now + PAUSE_SECONDS
            pace.save(update_fields=["slowed_to", "slowed_at", "paused_until"])

    def refused_for_the_day(self) -> None:
        """HTTP 429 DAILY_THRESHOLD: nothing leaves before the next 00:00 GMT."""
        now = clock.now()
        Pace.objects.filter(pk=1).update(blocked_until=next_midnight(now).timestamp(), remaining=0, remaining_at=now)

    def state(self) -> State:
        now = clock.now()
        pace = Pace.objects.filter(pk=1).first() or Pace(pk=1)
        remaining = self._remaining(pace, now)
        return State(
            remaining=remaining,
            remaining_at=_moment(pace.remaining_at) if remaining is not None else None,
            limit=int(self._limit(pace)) or None,
            blocked_until=_moment(pace.blocked_until) if pace.blocked_until > now else None,
            pace=self._rate(pace, now),
            resets_at=next_midnight(now),
            answered_at=_moment(pace.answered_at),
            failed_at=_moment(pace.failed_at) if pace.failed_at > pace.answered_at else None,
            failed_kind=pace.failed_kind,
        )

    @staticmethod
    def _locked() -> Pace:
        """The row, held against all other processes until the transaction ends. The migration made it."""
        return Pace.objects.select_for_update().get(pk=1)


def next_midnight(now: float) -> datetime:
    """The next 00:00 GMT, when Alma's day of calls begins anew."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
