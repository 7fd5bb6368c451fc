"""How quickly the institution spends its calls now, and where that leads by 00:00 GMT."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from almaportal.alma.quota import State
from almaportal.usage.meter import bucket_start
from almaportal.usage.models import Left
from almaportal.usage.periods import TEN, midnight

WINDOW = timedelta(hours=1)
AT_LEAST = timedelta(minutes=1)  # less says nothing


@dataclass(frozen=True)
class Forecast:
    """since: what the pace is measured from: an hour ago, or as near to it as Alma said something; per_hour: calls of
    all programs; at_midnight: calls left at the next 00:00 GMT, 0 when they run out before; runs_out: when, or None;
    jobs_rest: when only the reserve is left, and jobs rest, or None."""

    since: datetime
    per_hour: float
    at_midnight: int
    runs_out: datetime | None
    jobs_rest: datetime | None


def forecast(quota: State, now: datetime) -> Forecast | None:
    """At the pace of the last hour; None when nothing is known of today, or less than a minute."""
    if quota.remaining is None:
        return None
    anchor = _anchor(quota, now)
    if anchor is None or now - anchor[0] < AT_LEAST:
        return None
    since, left = anchor
    a_second = max(0, left - quota.remaining) / (now - since).total_seconds()
    reserve = quota.rules.reserved(quota.limit or 0)
    return Forecast(
        since=since,
        per_hour=a_second * 3600,
        at_midnight=max(0, round(quota.remaining - a_second * (quota.resets_at - now).total_seconds())),
        runs_out=_reached(quota.remaining, a_second, now, quota.resets_at),
        jobs_rest=_reached(quota.remaining - reserve, a_second, now, quota.resets_at),
    )


def _anchor(quota: State, now: datetime) -> tuple[datetime, int] | None:
    """A moment an hour ago, or the last before it that Alma said something at, and what was left then; what Alma gave
    more since counts as if it had been there. Before its first word of the day: midnight, and the day's calls."""
    today = Left.objects.filter(start__gte=midnight(now)).order_by("start")
    said = list(today.filter(start__lte=now))
    earlier = [one for one in said if one.start <= bucket_start(now) - WINDOW]
    given = sum(one.given for one in said[len(earlier) :])
    if earlier:
        return earlier[-1].start + TEN, earlier[-1].low + given
    if quota.limit and said:
        return midnight(now), max(quota.limit, said[0].low) + given
    return None


def _reached(calls: float, a_second: float, now: datetime, before: datetime) -> datetime | None:
    """When so many calls are spent; None when not before."""
    if calls <= 0:
        return now
    if not a_second:
        return None
    at = now + timedelta(seconds=calls / a_second)
    return at if at < before else None
