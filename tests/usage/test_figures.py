"""Reading the buckets: periods, filters, percentiles, and bars that leave nothing out."""

import random
from bisect import bisect_left
from datetime import timedelta
from math import ceil

import pytest
from django.core.cache import cache

from almaportal.usage import figures, fold
from almaportal.usage.models import OTHERS, TOOK_AT_MOST
from tests.usage.counting import count, moment, said

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
NOW = moment("2027-03-31 12:34:56")


@pytest.mark.parametrize(
    ("name", "begin", "end", "bars"),
    [
        ("today", "2027-03-31 00:00", "2027-04-01 00:00", 144),
        ("24h", "2027-03-30 12:40", "2027-03-31 12:40", 144),
        ("7d", "2027-03-24 13:00", "2027-03-31 13:00", 168),
        ("60d", "2027-01-31 00:00", "2027-04-01 00:00", 60),
        ("13m", "2026-03-01 00:00", "2027-04-01 00:00", 13),
    ],
)
def test_a_period_is_as_long_as_it_says_and_its_bars_fill_it(db, name, begin, end, bars):
    over = figures.period(name, NOW)
    assert (over.begin, over.end, len(over.bars())) == (moment(begin), moment(end), bars)
    assert over.bars()[0] == over.begin
    assert [over.bar(start) for start in over.bars()] == over.bars()


@pytest.mark.parametrize("day", ["2024-02-29", "2027-01-01", "2027-12-31", "2027-03-31"])
def test_thirteen_months_are_thirteen_whatever_the_day(db, day):
    over = figures.period("13m", moment(f"{day} 23:59:59"))
    assert len(over.bars()) == 13
    assert over.bars()[-1] == moment(f"{day[:7]}-01")


@pytest.mark.parametrize("name", ["", "week", "13M", "x" * 10_000])
def test_there_are_no_other_periods(db, name):
    with pytest.raises(KeyError):
        figures.period(name, NOW)


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_a_percentile_lies_in_the_class_of_the_exact_one(share):
    pick = random.Random(share)
    for _n in range(300):
        times = sorted(pick.lognormvariate(-1, 1.5) for _time in range(pick.randrange(1, 200)))
        took = [0] * (len(TOOK_AT_MOST) + 1)
        for seconds in times:
            took[bisect_left(TOOK_AT_MOST, seconds)] += 1
        exact = times[ceil(share * len(times)) - 1]
        bounds = (0.0, *TOOK_AT_MOST, float("inf"))
        place = bisect_left(TOOK_AT_MOST, exact)
        assert bounds[place] <= figures.quantile(took, share) <= bounds[place + 1]


def test_percentiles_are_found_by_hand_too():
    assert figures.quantile([0] * 15, 0.5) is None
    assert figures.quantile([0, 10, *[0] * 13], 0.5) == pytest.approx(0.075)  # half way from 0.05 to 0.1
    assert figures.quantile([8, 0, 0, 2, *[0] * 11], 0.95) == pytest.approx(0.15 + 0.05 * 0.75)
    assert figures.quantile([9, *[0] * 13, 1], 0.95) == float("inf")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("word", "value", "other"),
    [
        ("person", {"user_id": 5}, "5"),
        ("role", {"role": "viewer"}, "viewer"),
        ("job", {"job_id": 41, "lane": "jobs"}, "41"),
        ("feature", {"feature": "patrons"}, "patrons"),
        ("area", {"area": "users"}, "users"),
        ("operation", {"operation": "/users/{user_id}", "method": "PUT"}, "PUT /users/{user_id}"),
        ("method", {"method": "POST"}, "POST"),
        ("outcome", {"outcome": "too_fast"}, "too_fast"),
        ("key", {"key": "ALMA_API_KEY_USERS"}, "ALMA_API_KEY_USERS"),
        ("lane", {"lane": "jobs"}, "jobs"),
        ("code", {"code": "401861"}, "401861"),
    ],
)
def test_each_filter_leaves_its_own(word, value, other, django_assert_num_queries):
    count(NOW, 7, of=value)
    count(NOW, 20)
    count(NOW, 30, of={"operation": "/users/{user_id}", "method": "GET", "outcome": "not_found", "user_id": 6})
    over = figures.period("today", NOW)
    with django_assert_num_queries(2):
        parts = figures.read(over, {word: other})
    assert [part.sums.calls for part in parts] == [7]
    assert figures.table(parts, word) == {(int(other) if word in figures.NUMBERS else other): parts[0].sums}
    with django_assert_num_queries(2):
        bars = figures.bars(over, "lane", {word: other})
    assert sum(calls for bar in bars.values() for calls in bar.values()) == 7
    assert figures.total(figures.read(over, {})).calls == 57
    assert figures.read(over, {word: "999"}) == figures.read(over, {word: other, "area": "none"}) == []


@pytest.mark.django_db
def test_all_that_is_counted_is_read():
    of = {"outcome": "too_fast"}
    count(NOW, 3, took=2, of=of, counted=0, seconds=1.5, waited=2.5, saved=4, refused=5)
    sums = figures.total(figures.read(figures.period("today", NOW), {}))
    took = [0, 0, 3, *[0] * 12]
    assert sums == figures.Sums(3, 0, 4, 5, 1.5, 2.5, throttled=3, took=took)
    assert sums.median == pytest.approx(0.125)


@pytest.fixture
def three_days(db, settings):
    """10 calls an hour of ours and 20 of others, from 29 March 00:00 to 31 March 12:00; the limit is 10,000."""
    settings.ALMA_CALLS_PER_DAY = 10_000
    at = moment("2027-03-29")
    while at <= moment("2027-03-31 12:00"):
        count(at, 10, of={"lane": "people" if at.hour % 2 else "jobs", "job_id": 1 - at.hour % 2})
        said(at, 10_000 - 30 * (at.hour + 1))
        at += HOUR


def sums(name):
    """Calls, those of the bars by lane, and those of others."""
    over = figures.period(name, NOW)
    lanes: dict[str, int] = {}
    for bar in figures.bars(over, "lane", {}).values():
        for lane, calls in bar.items():
            lanes[lane] = lanes.get(lane, 0) + calls
    calls = figures.total(figures.read(over, {})).calls
    assert calls == sum(lanes.values()) - lanes[OTHERS]
    assert lanes[OTHERS] == sum(figures.others(over).values())
    return calls, lanes[OTHERS]


def all_sums():
    return {name: sums(name) for name in ("today", "7d", "60d", "13m")}


def test_folded_or_not_a_period_holds_the_same(three_days, clock):
    """The worker folds the first day, is away, comes back."""
    true = {"today": (130, 260), "7d": (610, 1220), "60d": (610, 1220), "13m": (610, 1220)}
    begun = sums("24h")
    assert begun[0] == 240  # from 13:00 yesterday to 12:00 today
    assert all_sums() == true
    for night in ("2027-03-30 01:00", "2027-03-31 01:00"):
        clock.time = moment(night).timestamp()
        fold.fold()
        assert all_sums() == true
        assert sums("24h") == begun


def test_hours_days_and_months_have_the_bars_that_their_calls_fall_into(three_days, clock):
    clock.time = moment("2027-03-31 01:00").timestamp()
    fold.fold()
    hours = figures.bars(figures.period("7d", NOW), "lane", {})
    assert hours[moment("2027-03-29 05:00")]["people"] == 10
    assert hours[moment("2027-03-31 06:00")]["jobs"] == 10
    assert hours[moment("2027-03-28 23:00")] == {}
    days = figures.bars(figures.period("60d", NOW), "lane", {})
    assert days[moment("2027-03-30")] == {"people": 120, "jobs": 120, OTHERS: 480}
    assert days[moment("2027-03-31")] == {"people": 60, "jobs": 70, OTHERS: 260}
    lanes = {part.of["lane"] for part in figures.read(figures.period("60d", NOW), {})}
    assert lanes == {"people", "jobs"}  # others made none of our calls
    months = figures.bars(figures.period("13m", NOW), "feature", {})
    assert months[moment("2027-03-01")] == {"": 610, OTHERS: 1220}


def test_kept_rows_are_those_of_the_very_bars_that_are_asked_for(three_days, clock):
    clock.time = moment("2027-03-31 01:00").timestamp()
    fold.fold()

    def of(now, **filters):
        found = figures.bars(figures.period("7d", now), "lane", filters)
        return [sum(bar.get(lane, 0) for bar in found.values()) for lane in ("people", "jobs")]

    later = moment("2027-04-05 05:30")  # by then the first five hours are no part of the seven days
    clock.time = later.timestamp()
    before = figures.total(figures.read(figures.period("7d", later - 3 * HOUR), {})).calls
    assert [of(later - 3 * HOUR), of(later), of(later, job="1"), of(later)] == [
        [290, 290], [270, 280], [0, 280], [270, 280]
    ]  # fmt: skip
    assert before - figures.total(figures.read(figures.period("7d", later), {})).calls == 30
    count(later, 9, of={"lane": "a third"})
    assert sum(of(later)) == 550
    kept = set(cache._cache)
    of(later, person="5")
    assert set(cache._cache) == kept, "what a filter leaves does not push out kept answers"


@pytest.mark.parametrize("name", figures.PERIODS)
def test_before_the_first_call_there_is_nothing(db, name, django_assert_max_num_queries):
    over = figures.period(name, NOW)
    with django_assert_max_num_queries(20):
        assert figures.read(over, {}) == []
        assert not any(figures.bars(over, "lane", {}).values())
        assert figures.others(over) == {}


@pytest.mark.django_db
def test_what_is_still_to_come_and_what_is_over_is_no_part_of_today():
    count(moment("2027-03-30 23:59"))
    count(moment("2027-04-01 00:00"))
    assert figures.read(figures.period("today", NOW), {}) == []
