"""Where the calls lead by midnight, against numbers calculated by hand."""

from datetime import timedelta

import pytest

from almaportal.alma.models import Pace
from almaportal.alma.quota import Quota
from almaportal.usage.forecast import Forecast, forecast
from tests.usage.counting import moment, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limit(settings, clock):
    settings.ALMA_CALLS_PER_DAY = 100_000
    settings.ALMA_RESERVE = (0.2, True)
    Quota().answered(None, clock.time)  # it is this gateway's words that are about the day


def at(clock, time, left):
    """What is foretold at this time of 15 January 2027, when Alma says at that moment that so many are left."""
    now = moment(f"2027-01-15 {time}")
    clock.time = now.timestamp()
    Quota().answered(None, clock.time)
    Pace.objects.filter(pk=1).update(remaining=left, remaining_at=clock.time)
    return forecast(Quota().state(), now)


def test_the_pace_of_the_last_hour_leads_to_midnight(clock):
    said(moment("2027-01-15 10:30"), 70_000)
    said(moment("2027-01-15 10:50"), 60_000)  # the last that began at least an hour ago
    said(moment("2027-01-15 11:10"), 59_000)
    said(moment("2027-01-15 11:50"), 52_000)
    told = at(clock, "12:00", 50_000)  # 10,000 an hour, for 12 hours
    assert told == Forecast(
        since=moment("2027-01-15 11:00"),
        per_hour=pytest.approx(10_000),
        at_midnight=0,
        runs_out=moment("2027-01-15 17:00"),
        jobs_rest=moment("2027-01-15 15:00"),  # 20,000 are for people
    )


def test_what_lasts_until_midnight_does_not_run_out(clock):
    said(moment("2027-01-15 10:50"), 64_000)
    told = at(clock, "12:00", 60_000)
    assert (told.at_midnight, told.runs_out) == (12_000, None)
    assert told.jobs_rest == moment("2027-01-15 22:00")
    assert at(clock, "12:00", 64_000) == Forecast(moment("2027-01-15 11:00"), 0.0, 64_000, None, None)


def test_after_hours_without_a_word_the_pace_is_that_of_the_whole_time(clock):
    said(moment("2027-01-15 07:50"), 80_000)
    assert at(clock, "12:00", 60_000).per_hour == pytest.approx(5_000)
    assert at(clock, "12:00", 60_000).since == moment("2027-01-15 08:00")


def test_before_there_is_a_word_an_hour_old_midnight_is_where_it_began(clock):
    said(moment("2027-01-15 00:20"), 99_000)
    told = at(clock, "00:30", 98_000)
    assert (told.since, told.per_hour) == (moment("2027-01-15 00:00"), pytest.approx(4_000))
    assert told.at_midnight == 98_000 - 94_000


def test_calls_that_alma_gives_meanwhile_are_no_saving(clock):
    said(moment("2027-01-15 10:50"), 60_000)
    said(moment("2027-01-15 11:30"), 75_000, given=20_000)
    assert at(clock, "12:00", 70_000).per_hour == pytest.approx(10_000)


def test_a_day_that_begins_with_more_than_the_limit_says_so_itself(clock):
    said(moment("2027-01-15 00:10"), 149_000)
    assert at(clock, "01:00", 148_000).per_hour == pytest.approx(1_000)


def test_what_is_used_up_runs_out_now_and_jobs_rest_below_the_reserve(clock):
    said(moment("2027-01-15 10:50"), 30_000)
    now = moment("2027-01-15 12:00")
    told = at(clock, "12:00", 15_000)
    assert (told.jobs_rest, told.runs_out) == (now, now + timedelta(hours=1))
    assert at(clock, "12:00", 0).runs_out == now


def test_nothing_is_foretold_from_nothing(clock, settings):
    assert forecast(Quota().state(), moment("2027-01-15 12:00")) is None
    said(moment("2027-01-15 00:00"), 99_990)
    assert at(clock, "00:14:59", 99_990) is None  # it may be about yesterday
    assert at(clock, "00:15", 99_990).per_hour == pytest.approx(40)


def test_without_another_word_nobody_makes_fewer_calls_and_after_an_hour_nobody_knows(clock):
    said(moment("2027-01-15 08:00"), 14_200)
    said(moment("2027-01-15 08:20"), 9_000)
    told = at(clock, "09:10", 4_200)
    assert (told.per_hour, told.runs_out) == (pytest.approx(10_000), moment("2027-01-15 09:35:12"))
    later = forecast(Quota().state(), moment("2027-01-15 09:30"))
    assert (later.since, later.per_hour, later.runs_out) == (told.since, told.per_hour, told.runs_out)
    late = moment("2027-01-15 10:10")
    assert forecast(Quota().state(), late).runs_out == late
    assert forecast(Quota().state(), late + timedelta(seconds=1)) is None
    told = at(clock, "09:10", 14_100)  # slow enough for the day
    assert told.at_midnight == 14_100 - 1_483
    assert forecast(Quota().state(), moment("2027-01-15 09:30")).at_midnight == told.at_midnight


def test_a_limit_that_today_s_first_call_taught_is_not_what_the_day_began_with(clock, settings):
    settings.ALMA_CALLS_PER_DAY = None
    clock.time = moment("2027-01-15 12:00").timestamp()
    Quota().answered("40000", clock.time)
    said(moment("2027-01-15 12:00"), 40_000)
    assert at(clock, "12:30", 39_000).since == moment("2027-01-15 12:10")  # by Alma's own words
    assert at(clock, "12:30", 39_000).per_hour == pytest.approx(3_000)
    said(moment("2027-01-14 12:00"), 40_000)
    assert at(clock, "12:30", 39_000).since == moment("2027-01-15 00:00")


def test_a_set_limit_that_cannot_be_true_foretells_no_more_than_can_be(clock, settings):
    settings.ALMA_CALLS_PER_DAY = 1_000_000
    said(moment("2027-01-15 00:00"), 99_000)
    assert at(clock, "00:30", 98_000).per_hour == pytest.approx(2 * (1_000 + 50 * 600))


def test_yesterday_foretells_nothing_of_today(clock):
    said(moment("2027-01-14 22:00"), 10_000)
    said(moment("2027-01-14 23:50"), 5_000)
    assert at(clock, "00:20", 99_000) is None
    said(moment("2027-01-15 00:10"), 99_000)
    told = at(clock, "00:20", 99_000)
    assert told.per_hour == pytest.approx(3_000)  # 1,000 in twenty minutes
