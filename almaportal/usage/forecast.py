"""How quickly the institution spends its calls now, and where that leads by 00:00 GMT."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from almaportal.alma.quota import State
from almaportal.usage.models import Left
from almaportal.usage.others import began_with
from almaportal.usage.periods import TEN, midnight

WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """since: what the pace is measured from: 50 to 60 minutes before Alma's last word, or the last before it that Alma
    said something at; per_hour: calls of all programs; at_midnight: calls left at the next 00:00 GMT, 0 when they run
    out before; runs_out: when, or None; jobs_rest: when only the reserve is left, and jobs rest, or None."""

    since: datetime
    per_hour: float
    at_midnight: int
    runs_out: datetime | None
    jobs_rest: datetime | None


def forecast(quota: State, now: datetime) -> Forecast | None:
    """At the pace of the hour before Alma's last word, and from that word on; None when it is over an hour old: others
    go on spending, and nobody knows how much. None, too, when nothing is sure of today."""
    at = quota.remaining_at
    if quota.remaining is None or at is None or now - at > WINDOW:
        return None
    anchor = _anchor(quota, at)
    if anchor is None:
        return None
    since, left = anchor
    a_second = max(0, left - quota.remaining) / (at - since).total_seconds()
    reserve = quota.rules.reserved(quota.limit or 0)
    return Forecast(
        since=since,
        per_hour=a_second * 3600,
        at_midnight=max(0, round(quota.remaining - a_second * (quota.resets_at - at).total_seconds())),
        runs_out=_reached(quota.remaining, a_second, at, now, quota.resets_at),
        jobs_rest=_reached(quota.remaining - reserve, a_second, at, now, quota.resets_at),
    )


def _anchor(quota: State, at: datetime) -> tuple[datetime, int] | None:
    """A moment 50 to 60 minutes before `at`, or the last before it that Alma said something at, and what was left then;
    what Alma gave more since counts as if it had been there. Before its first word of the day: midnight, and the day's
    calls, where they are sure, else the ten minutes of that word."""
    said = list(Left.objects.filter(start__gte=midnight(at), start__lte=at).order_by("start"))
    earlier = [one for one in said if one.start <= at - WINDOW]
    given = sum(one.given for one in said[len(earlier) :])
    if earlier:
        return earlier[-1].start + TEN, earlier[-1].low + given
    if not (quota.limit and said and quota.day_is_sure):
        return None
    if quota.limit_is_sure:
        return midnight(at), began_with(said[0], quota.limit) + given
    return said[0].start + TEN, said[0].low + given - said[0].given


def _reached(calls: float, a_second: float, at: datetime, now: datetime, before: datetime) -> datetime | None:
    """When so many calls that were left at `at` are spent, now at the earliest; None when not before `before`."""
    if calls <= 0:
        return now
    if not a_second:
        return None
    moment = max(now, at + timedelta(seconds=calls / a_second))
    return moment if moment < before else None
