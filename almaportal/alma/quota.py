"""Calls a second and calls a day, shared by all processes: one database row, one short transaction a call.

The pace is a leaky bucket without burst (GCRA): each call reserves the next free slot and then waits for it. People
reserve as far ahead as it takes; jobs reserve only when their slot is near, in a slightly slower lane of their own,
so that a person never stands behind more than a job's slot or two. Sources: the vendor's thresholds (seed 001), facts
1.1.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import TIMEOUT_MAX, Lock
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import Caller
from almaportal.alma.errors import AlmaBudget, AlmaError, AlmaQuiet, AlmaQuotaSpent, AlmaReserve, AlmaSlow
from almaportal.alma.models import Pace, Spent
from almaportal.alma.rules import Rules, budget_of, rules_of
from almaportal.usage.models import Left
from almaportal.usage.spent import made_today

JOBS_SHARE = 0.985  # of the pace: the rest is always free for people
JOBS_AHEAD = 2  # slots that jobs may hold in advance
PAUSE_SECONDS = 1.0  # for everybody, after PER_SECOND_THRESHOLD
LATE = 0.02  # seconds: a slot may be used that much later, however quick the pace
RECOVERY_SECONDS = 60.0  # from the lowered pace back to the set one
TOO_FAR_AHEAD = 120.0  # seconds: a slot later than that was reserved before somebody set the clock back
NEW_DAY_SECONDS = 15 * 60.0  # so long a refusal may still mean Alma's yesterday: clocks differ
NEW_DAY_PAUSE = 60.0
# A count of Alma's that is higher than ours by so many calls, and so many a second that it took to come, is no answer
# overtaken by others: an institution's programs together make 25 calls a second (facts 1.1), some may make more.
IN_FLIGHT, IN_FLIGHT_A_SECOND = 50, 50


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
    rules: Rules

    @property
    def low(self) -> int:
        """Where a gauge turns: a fifth of the day's calls."""
        return (self.limit or 0) // 5

    @property
    def slowed(self) -> bool:
        return self.pace < self.rules.pace

    @property
    def day_is_sure(self) -> bool:
        """Whether what Alma said last is about our day: by its clock that may begin later."""
        return self.remaining_at is not None and not _is_new_day(self.remaining_at.timestamp())

    @property
    def limit_is_sure(self) -> bool:
        """Whether the day's limit is more than what was left when this portal was set up today."""
        today = self.resets_at - timedelta(days=1)
        return bool(settings.ALMA_CALLS_PER_DAY) or Left.objects.filter(start__lt=today).exists()


@dataclass(frozen=True)
class Noted:
    """What Alma said about its day. left: calls; given: by how many that is more than it can be by itself; begins: what
    it said earlier today was about its yesterday."""

    left: int
    given: int
    begins: bool


_jobs_turn = Lock()


@contextmanager
def _turn(caller: Caller) -> Iterator[None]:
    """Of the threads of a process that work on jobs one at a time asks for a slot: else they crowd the database, and
    people stand behind them there."""
    if caller.lane != "jobs":
        yield
        return
    if not _jobs_turn.acquire(timeout=max(0, min(caller.seconds_left(), TIMEOUT_MAX))):
        raise AlmaSlow(_("Too many calls of jobs are waiting."))
    try:
        yield
    finally:
        _jobs_turn.release()


def _sleep_until(slot: float) -> None:
    if (seconds := slot - clock.now()) > 0:
        clock.sleep(seconds)


class Quota:
    """The institution's thresholds as this portal keeps them."""

    def wait(self, caller: Caller) -> float:
        """Wait for a slot; returns the seconds waited.

        Raises AlmaQuotaSpent (breaker open, or nothing left today), AlmaBudget (the role's or the kind of job's is
        used up), AlmaQuiet, AlmaReserve (a job, in quiet hours, or the rest is for people), AlmaSlow (the caller would
        have given up before its turn).
        """
        started, again = clock.now(), False
        while True:
            try:
                with _turn(caller):
                    slot, late = self._reserved(caller, again)
            except AlmaError:
                if again:
                    self.not_counted(caller)
                raise
            _sleep_until(slot)
            # A thread that woke too late gives its slot up: late calls in a bunch are what breaks the threshold.
            if clock.now() <= late:
                return clock.now() - started
            again = True

    def _reserved(self, caller: Caller, again: bool) -> tuple[float, float]:
        """The slot that is the caller's, and until when; a job asks again and again until it is its turn."""
        while True:
            slot, late = self._reserve(caller, again)
            if slot - clock.now() > caller.seconds_left():
                raise AlmaSlow(_("Its turn would come in %d seconds.") % (slot - clock.now()))
            if late:
                return slot, late
            _sleep_until(slot)

    def _reserve(self, caller: Caller, again: bool = False) -> tuple[float, float]:
        """(slot, when it is too late for it) when reserved; (when to ask again, 0) when it is not a job's turn yet.

        again: instead of a slot that was given up: the same call is not spent twice.
        """
        with transaction.atomic():
            pace = self._locked()
            rules, now = rules_of(pace.rules), clock.now()
            self._check_the_day(pace, rules, caller, now)
            rate = _rate(pace, rules, now)
            slot = max(_near(pace.next_at, now), _near(pace.paused_until, now), now)
            if caller.lane == "jobs":
                slot = max(slot, _near(pace.jobs_next_at, now))
                near = slot - JOBS_AHEAD / rate
                if near > now:
                    return near + random.uniform(0, 0.5 / rate), 0  # noqa: S311
                pace.jobs_next_at = slot + 1 / (rate * JOBS_SHARE)
            elif slot - now > caller.seconds_left():
                return slot, 0
            if not again:
                _spend(rules, caller, now)
            pace.next_at = slot + 1 / rate
            if pace.remaining is not None and not again:
                pace.remaining -= 1  # until Alma says it: calls in flight count too
            pace.save()
            return slot, slot + max(1 / rules.pace, LATE)

    def _check_the_day(self, pace: Pace, rules: Rules, caller: Caller, now: float) -> None:
        remaining, midnight = self._remaining(pace, now), next_midnight(now).timestamp()
        if _is_new_day(pace.remaining_at):
            remaining = None  # it may have been about Alma's yesterday
        if (blocked := _blocked_until(pace, now)) or (remaining is not None and remaining <= 0):
            raise AlmaQuotaSpent(until=blocked or midnight)
        if caller.lane != "jobs" or caller.settles:
            return
        if remaining is not None and remaining <= rules.reserved(self._limit(pace)):
            raise AlmaReserve(until=midnight)
        if until := rules.quiet_until(now):
            raise AlmaQuiet(until=until)

    @staticmethod
    def _limit(pace: Pace) -> float:
        return float(settings.ALMA_CALLS_PER_DAY or pace.most_remaining)

    @staticmethod
    def _remaining(pace: Pace, now: float) -> int | None:
        """Yesterday's count says nothing about today."""
        return pace.remaining if _day(pace.remaining_at) == _day(now) else None

    def answered(self, remaining: str | None, sent_at: float) -> Noted | None:
        """Alma answered a call sent at `sent_at`; `remaining` is its header X-Exl-Api-Remaining, if it sent one.

        Returns what it says about the day, or None when it does not.
        """
        noted = None
        with transaction.atomic():
            pace = self._locked()
            now = pace.answered_at = clock.now()
            said = (remaining or "").strip()
            if said.isascii() and said.isdigit() and len(said) <= 12 and _day(sent_at) == _day(now):
                noted = self._note(pace, int(said), now, took=now - sent_at)
            pace.save()
        return noted

    def _note(self, pace: Pace, left: int, now: float, took: float) -> Noted:
        """Answers come in any order, so of two counts the lower one holds, unless by far: then Alma gave more, or its
        day began only now."""
        ours = self._remaining(pace, now)
        most = IN_FLIGHT + IN_FLIGHT_A_SECOND * took
        given = left - ours if ours is not None and left - ours > most else 0
        if ours is None or left <= ours or given:
            pace.remaining = left
        pace.remaining_at = now
        if ours is None or left < pace.most_remaining + IN_FLIGHT:  # what Alma gives for once is not the day's limit
            pace.most_remaining = max(pace.most_remaining, left + 1)  # this call was one of the day
        if left == 0:
            pace.blocked_until = _until_the_day_ends(now)
        begins = bool(given) and _is_new_day(now)
        return Noted(left, 0 if begins else given, begins)

    def not_counted(self, caller: Caller) -> None:
        """A call that took a slot did not count for Alma: refused for speed, or never sent."""
        Pace.objects.filter(pk=1, remaining__isnull=False).update(remaining=F("remaining") + 1)
        own = Spent.objects.filter(name=budget_of(caller), day=clock.moment().date(), calls__gt=0)
        own.update(calls=F("calls") - 1)

    def failed(self, kind: str) -> None:
        """Alma did not answer, or not sensibly: shown on the home page until it answers again."""
        Pace.objects.filter(pk=1).update(failed_at=clock.now(), failed_kind=kind)

    def refused_for_speed(self) -> None:
        """HTTP 429 PER_SECOND_THRESHOLD: everybody pauses, and the pace halves, once for all calls of that moment."""
        with transaction.atomic():
            pace = self._locked()
            now = clock.now()
            if _near(pace.paused_until, now) > now:
                return
            rules = rules_of(pace.rules)
            pace.slowed_to = max(_rate(pace, rules, now) / 2, min(1.0, rules.pace))
            pace.slowed_at = now
            pace.paused_until = now + PAUSE_SECONDS
            pace.save()

    def refused_for_the_day(self, sent_at: float) -> bool:
        """HTTP 429 DAILY_THRESHOLD for a call sent at `sent_at`: nothing leaves before the next 00:00 GMT. Returns
        whether the day is used up.

        A refusal of yesterday's call says nothing about today, and in the first minutes of our day it may still be
        Alma's yesterday: then only for a minute, and what is left of today stays unknown.
        """
        now = clock.now()
        if _day(sent_at) != _day(now):
            return False
        with transaction.atomic():
            pace = self._locked()
            pace.blocked_until = _until_the_day_ends(now)
            if not _is_new_day(now):
                pace.remaining, pace.remaining_at = 0, now
            pace.save()
        return not _is_new_day(now)

    def stored_rules(self) -> dict[str, Any]:
        """What administrators set, as rules.stored_as writes it."""
        found: dict[str, Any] | None = Pace.objects.filter(pk=1).values_list("rules", flat=True).first()
        return found or {}

    def set_rules(self, wanted: dict[str, Any], shown: dict[str, Any]) -> bool:
        """Let these hold from the next call on; both as rules.stored_as writes them. False, and nothing is done, when
        by now others hold than were shown.

        The day's calls of a budget that is new count those that were made already.
        """
        with transaction.atomic():
            pace = self._locked()
            if pace.rules != shown:
                return False
            day = clock.moment().date()
            made = made_today(day)
            for name in wanted.get("budgets", {}).keys() - shown.get("budgets", {}).keys():
                Spent.objects.update_or_create(name=name, day=day, defaults={"calls": made.get(name, 0)})
            pace.rules = wanted
            pace.save()
            return True

    def state(self) -> State:
        now = clock.now()
        pace = _of_this_gateway(Pace.objects.filter(pk=1).first() or Pace(pk=1))
        rules = rules_of(pace.rules)
        blocked_until = _blocked_until(pace, now)
        remaining = self._remaining(pace, now)
        return State(
            remaining=None if remaining is None else max(0, remaining),
            remaining_at=_moment(pace.remaining_at) if remaining is not None else None,
            limit=int(self._limit(pace)) or None,
            blocked_until=_moment(blocked_until),
            pace=_rate(pace, rules, now),
            resets_at=next_midnight(now),
            answered_at=_moment(pace.answered_at),
            failed_at=_moment(pace.failed_at) if pace.failed_at > pace.answered_at else None,
            failed_kind=pace.failed_kind,
            rules=rules,
        )

    @staticmethod
    def _locked() -> Pace:
        """The row, held against all other processes until the transaction ends; begun anew for another gateway, of
        whose day the other's words say nothing."""
        pace = Pace.objects.select_for_update().get(pk=1)
        if pace.gateway != settings.ALMA_BASE_URL:
            Left.objects.filter(start__gte=clock.moment() - timedelta(days=1)).delete()
        return _of_this_gateway(pace)


def _of_this_gateway(pace: Pace) -> Pace:
    if pace.gateway == settings.ALMA_BASE_URL:
        return pace
    return Pace(pk=1, gateway=settings.ALMA_BASE_URL, rules=pace.rules)


def _rate(pace: Pace, rules: Rules, now: float) -> float:
    """The set pace, or the lowered one on its way back up."""
    if not pace.slowed_at or pace.slowed_at > now:
        return rules.pace
    back = (now - pace.slowed_at) / RECOVERY_SECONDS
    return min(rules.pace, pace.slowed_to + (rules.pace - pace.slowed_to) * back)


def _spend(rules: Rules, caller: Caller, now: float) -> None:
    """One call of the caller's budget, if there is one. Raises AlmaBudget."""
    name = budget_of(caller)
    budget = rules.budgets.get(name)
    if budget is None:
        return
    day = datetime.fromtimestamp(now, UTC).date()
    spent, _made = Spent.objects.get_or_create(name=name, day=day)
    if spent.calls >= budget and not caller.settles:
        raise AlmaBudget(until=next_midnight(now).timestamp())
    Spent.objects.filter(pk=spent.pk).update(calls=F("calls") + 1)


def _near(moment: float, now: float) -> float:
    return moment if moment - now <= TOO_FAR_AHEAD else now


def _blocked_until(pace: Pace, now: float) -> float:
    """The end of the breaker in epoch seconds; 0 when it is closed, or was opened by a clock that was ahead."""
    return pace.blocked_until if now < pace.blocked_until <= next_midnight(now).timestamp() else 0


def _until_the_day_ends(now: float) -> float:
    return now + NEW_DAY_PAUSE if _is_new_day(now) else next_midnight(now).timestamp()


def _is_new_day(now: float) -> bool:
    return now - (next_midnight(now) - timedelta(days=1)).timestamp() < NEW_DAY_SECONDS


def next_midnight(now: float) -> datetime:
    """The next 00:00 GMT, when Alma's day of calls begins anew."""
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1)


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).date().isoformat()


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
