"""A whole day, whose truth is noted where the calls arrive: every figure of the page is exactly that."""

from datetime import UTC, datetime, timedelta

import pytest

from almaportal.alma import http
from almaportal.alma.quota import Quota
from almaportal.usage import figures
from almaportal.usage.fold import fold
from almaportal.usage.forecast import forecast
from almaportal.usage.meter import bucket_start
from almaportal.usage.models import Bucket
from almaportal.usage.others import by_others
from tests.usage.a_day import WEIGHTS, Day, differences

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
CALLS, OTHERS, PER_DAY = 1_600, 4_000, 9_000
MIDNIGHT = datetime(2027, 1, 16, tzinfo=UTC)  # that ends the day
HOUR = timedelta(hours=1)


@pytest.fixture
def day(institution, clock, monkeypatch, settings):
    settings.ALMA_CALLS_PER_DAY = PER_DAY
    clock.time -= 12 * 3600
    alma = institution.copy(calls_per_day=PER_DAY)
    alma.now, alma.sleep = clock.now, clock.sleep
    made = Day(alma, clock, CALLS, OTHERS)
    monkeypatch.setattr(http, "make_adapter", lambda: made.wire)
    return made


def now(day):
    return datetime.fromtimestamp(day.clock.now(), UTC)


def check(*of):
    found = differences(*of)
    assert not found, found


def check_forecast(day):
    """By what Alma itself counts to have gone until the last call's answer, since the end of the ten minutes an hour
    before it."""
    at = datetime.fromtimestamp(day.seen[-1].at, UTC)
    since = bucket_start(at) - timedelta(minutes=50)
    left = day.emulator.remaining()
    a_second = (day.left_at[since] - left) / (at - since).total_seconds()
    told = forecast(Quota().state(), now(day))
    assert told.since == since
    assert told.per_hour == pytest.approx(a_second * 3600)
    assert told.at_midnight == max(0, round(left - a_second * (MIDNIGHT - at).total_seconds()))
    runs_out = at + timedelta(seconds=left / a_second)
    assert told.runs_out == (pytest.approx(runs_out, abs=timedelta(seconds=1)) if runs_out < MIDNIGHT else None)


def check_others(day):
    """In each ten minutes that the portal called in, the other program's calls of them; all of them together."""
    told = by_others(MIDNIGHT - 24 * HOUR, MIDNIGHT)
    busy = [start for start in day.theirs if WEIGHTS[start.hour] and WEIGHTS[(start - HOUR / 6).hour]]
    assert len(busy) > 100
    assert {start: told.get(start, 0) for start in busy} == {start: day.theirs[start] for start in busy}
    assert sum(told.values()) == day.theirs.total()


def test_a_day_of_twenty_people_five_jobs_and_another_program(day):
    live_through(day)


def live_through(day, rare=frozenset()):
    """The day, its end, and the day after; AssertionError where a figure is another than the truth (also for
    bench/usage.py). rare: outcomes that only a longer day has."""
    day.live(0, 15)
    check_forecast(day)
    day.live(15, 23)
    check_forecast(day)
    check_others(day)
    check("today", day, day.seen, day.theirs.total())
    counted = sum(Bucket.objects.values_list("counted", flat=True))
    assert counted == day.emulator.options.calls_per_day - day.emulator.remaining() - day.theirs.total()
    outcomes = {one.outcome for one in day.seen}
    assert outcomes - rare == {"ok", "not_found", "unreachable", "unreadable", "denied", "too_fast"}
    assert sum(one.saved for one in day.seen) > 100

    day.run_out()
    assert sum(one.refused for one in day.seen if one.outcome == "reserve") == 5
    assert sum(one.refused for one in day.seen if one.outcome == "quota_spent") > 0
    assert Quota().state().remaining == 0
    assert forecast(Quota().state(), now(day)).runs_out == now(day)
    check("today", day, day.seen, day.theirs.total())

    check_the_day_after(day)


def check_the_day_after(day):
    """All begins anew; yesterday stands in the longer periods as it was, also once it is folded."""
    yesterday, theirs = list(day.seen), day.theirs.total()
    day.clock.time = MIDNIGHT.timestamp() + 21 * 60
    assert Quota().state().remaining is None
    check("today", day, [], 0)
    day.seen.clear()
    day.read_a_list()
    assert Quota().state().remaining == day.emulator.options.calls_per_day - 1
    everything = [*yesterday, *day.seen]
    for name in ("24h", "7d", "60d", "13m"):
        begin = figures.period(name, now(day)).begin
        shown = [one for one in everything if one.at >= begin.timestamp()]
        check(name, day, shown, sum(day.theirs[start] for start in day.theirs if start >= begin))
    for _night in range(2):
        fold()
        check("today", day, day.seen, 0)
        for name in ("7d", "60d", "13m"):
            check(name, day, everything, theirs, True)
