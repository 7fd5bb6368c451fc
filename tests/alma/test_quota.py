"""Calls a second and a day: the promises that keep the institution's other programs alive."""

import itertools
from datetime import UTC, datetime

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaQuotaSpent, AlmaReserve, AlmaSlow, AlmaTooFast
from almaportal.alma.models import Pace, Spent
from almaportal.alma.quota import Quota, next_midnight
from almaportal.usage import meter
from almaportal.usage.models import Bucket, Left
from ecollections.alma import COLLECTIONS

PEOPLE = Caller()
JOBS = Caller(lane="jobs")


@pytest.fixture
def quota(db, clock, settings) -> Quota:
    settings.ALMA_CALLS_PER_SECOND = 10
    return Quota()


def set_pace(**fields) -> None:
    Pace.objects.filter(pk=1).update(gateway="https://alma.invalid", **fields)


# --- Calls a second


def test_calls_leave_one_slot_apart_and_never_in_a_burst(quota, clock):
    clock.time += 3600  # idle time is not saved up
    times = []
    for _ in range(30):
        quota.wait(PEOPLE)
        times.append(clock.time)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(gap == pytest.approx(0.1, abs=1e-6) for gap in gaps)


def test_the_first_call_waits_for_nothing(quota, clock):
    assert quota.wait(PEOPLE) == 0
    assert clock.slept == []


def test_the_wait_is_told_in_seconds(quota):
    quota.wait(PEOPLE)
    assert quota.wait(PEOPLE) == pytest.approx(0.1, abs=1e-6)


def test_all_processes_share_the_row(quota, clock):
    quota.wait(PEOPLE)
    assert Quota().wait(PEOPLE) == pytest.approx(0.1, abs=1e-6)


def test_a_thread_that_wakes_too_late_gives_its_slot_up(quota, clock, monkeypatch):
    quota.wait(PEOPLE)
    woken = []

    def oversleep(seconds):
        woken.append(seconds)
        clock.time += seconds + (5 if len(woken) == 1 else 0)

    monkeypatch.setattr(alma_clock, "sleep", oversleep)
    quota.wait(PEOPLE)
    sent_at = clock.time
    assert Pace.objects.get().next_at - sent_at == pytest.approx(0.1, abs=1e-3)  # a slot of its own, taken after waking


def test_a_slot_that_was_given_up_for_good_is_no_call_of_the_day(quota, clock, monkeypatch):
    quota.answered("1000", sent_at=clock.time)
    assert quota.set_rules({"budgets": {"role:viewer": 5}}, {})
    quota.wait(PEOPLE)
    monkeypatch.setattr(alma_clock, "sleep", lambda seconds: setattr(clock, "time", clock.time + seconds + 5))
    with pytest.raises(AlmaSlow):
        quota.wait(Caller(role="viewer", give_up_at=clock.monotonic() + 4))
    assert quota.state().remaining == 999
    assert Spent.objects.get().calls == 0


def test_another_gateway_s_words_about_the_day_are_forgotten(quota, clock, settings):
    meter.left(200_000)
    settings.ALMA_BASE_URL = "https://elsewhere.invalid"
    quota.answered("90000", sent_at=clock.time)
    meter.left(90_000)
    assert list(Left.objects.values_list("low", flat=True)) == [90_000]


def test_who_would_give_up_before_its_turn_takes_no_slot(quota, clock):
    set_pace(next_at=clock.time + 30)
    with pytest.raises(AlmaSlow):
        quota.wait(Caller(give_up_at=clock.monotonic() + 20))
    assert Pace.objects.get().next_at == clock.time + 30
    assert clock.slept == []


def test_jobs_hold_no_more_than_two_slots_in_advance(quota, clock, monkeypatch):
    """So that a person who comes now waits behind no more than those."""
    held = []
    for _ in range(50):
        _slot, reserved = quota._reserve(JOBS)
        held.append(bool(reserved))
    assert held.count(True) <= 3  # the free slot of now, and two in advance
    assert quota._reserve(PEOPLE)[0] - clock.time <= 0.31


def test_jobs_alone_reach_nearly_the_whole_pace(quota, clock):
    started = clock.time
    for _ in range(200):
        quota.wait(JOBS)
    assert 199 / (clock.time - started) == pytest.approx(9.7, rel=0.02)


def test_a_job_waits_behind_people_as_anybody(quota, clock):
    set_pace(next_at=clock.time + 1)
    assert quota.wait(JOBS) >= 1


# --- PER_SECOND_THRESHOLD


def test_a_refusal_for_speed_pauses_everybody_and_halves_the_pace(quota, clock):
    quota.refused_for_speed()
    assert quota.wait(PEOPLE) == pytest.approx(1.0)
    assert quota.state().pace == pytest.approx(5, rel=0.05)
    assert quota.state().slowed


def test_after_a_refusal_calls_leave_at_the_lower_pace(quota, clock):
    quota.refused_for_speed()
    quota.wait(PEOPLE)
    started = clock.time
    for _ in range(5):
        quota.wait(PEOPLE)
    assert (clock.time - started) / 5 == pytest.approx(0.2, rel=0.1)


def test_a_clock_set_back_by_an_hour_stops_nothing(quota, clock):
    quota.wait(PEOPLE)
    quota.refused_for_speed()
    quota.refused_for_the_day(clock.time)
    clock.time -= 24 * 3600
    assert quota.wait(PEOPLE) < 2
    assert quota.wait(JOBS) < 2
    assert quota.state().blocked_until is None


def test_another_gateway_begins_with_nothing_known(gateway, settings):
    gateway.get(COLLECTIONS)
    gateway.quota.refused_for_speed()
    settings.ALMA_BASE_URL = "https://other.invalid"
    state = Quota().state()
    assert (state.remaining, state.limit, state.slowed, state.answered_at) == (None, None, False, None)
    gateway.get(COLLECTIONS)
    assert Quota().state().limit == 99_999


def test_refusals_of_the_same_moment_count_once(quota, clock):
    for _ in range(5):
        quota.refused_for_speed()
    assert quota.state().pace == 5


def test_refusals_that_go_on_slow_further_but_not_below_one_a_second(quota, clock):
    for _ in range(10):
        quota.refused_for_speed()
        clock.time += 1.1
    assert 1 <= quota.state().pace < 2


def test_the_pace_recovers_within_a_minute(quota, clock):
    quota.refused_for_speed()
    clock.time += 30
    assert quota.state().pace == pytest.approx(7.5)
    clock.time += 31
    assert quota.state().pace == 10
    assert not quota.state().slowed


def test_a_call_refused_for_speed_goes_out_again_after_the_pause(gateway, emulator, clock):
    emulator.faults.add(kind="429", count=1)
    started = clock.time
    assert gateway.get(COLLECTIONS).data["total_record_count"] == 60
    assert clock.time - started >= 1
    assert dict(Bucket.objects.values_list("series__outcome", "calls")) == {"too_fast": 1, "ok": 1}


def test_a_strict_gateway_refuses_none_of_a_hundred_calls(gateway, emulator, settings, clock):
    settings.ALMA_CALLS_PER_SECOND = 24  # the emulator lets 25 pass in any window of one second
    for _ in range(100):
        type(gateway)().get(COLLECTIONS, params={"limit": 0})
    assert {call.status for call in emulator.calls} == {200}


def test_refusals_that_never_end_are_told(gateway, emulator):
    emulator.faults.add(kind="429", count=None)
    with pytest.raises(AlmaTooFast):
        gateway.get(COLLECTIONS)
    assert len(emulator.calls) == 4


# --- Calls a day


def test_the_remaining_calls_and_their_time_come_from_the_header(gateway, emulator, clock):
    assert gateway.quota.state().remaining is None
    gateway.get(COLLECTIONS)
    state = gateway.quota.state()
    assert state.remaining == 99_999
    assert state.remaining_at == datetime.fromtimestamp(clock.time, UTC)
    emulator.spend(1000)
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().remaining == 98_998


def test_refusals_by_alma_tell_the_remaining_calls_too(gateway):
    with pytest.raises(Exception, match="60121"):
        gateway.get("/electronic/e-collections/{id}", {"id": "nothing"})
    assert gateway.quota.state().remaining == 99_999


def test_the_limit_is_learned_from_the_header_or_set(gateway, emulator, settings):
    gateway.get(COLLECTIONS)
    emulator.spend(50_000)
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().limit == 100_000, "what is left, and the call that says so"
    settings.ALMA_CALLS_PER_DAY = 120_000
    assert gateway.quota.state().limit == 120_000


def test_yesterday_s_count_says_nothing_about_today(gateway, clock):
    gateway.get(COLLECTIONS)
    clock.time += 12 * 3600
    assert gateway.quota.state().remaining is None


@pytest.mark.parametrize("header", ["", "abc", "-5", "1.5", None, "  ", "²", "9" * 20])
def test_a_header_that_is_no_number_changes_nothing(quota, clock, header):
    quota.answered("500", clock.time)
    quota.answered(header, clock.time)
    assert quota.state().remaining == 500


def test_the_daily_threshold_opens_the_breaker_until_midnight_gmt(gateway, emulator, clock):
    emulator.spend(100_000)
    for _ in range(3):
        with pytest.raises(AlmaQuotaSpent):
            gateway.get(COLLECTIONS)
    assert len(emulator.calls) == 1  # after the first refusal nothing leaves
    state = gateway.quota.state()
    assert state.blocked_until == datetime(2027, 1, 16, tzinfo=UTC)
    assert state.remaining == 0
    buckets = Bucket.objects.values_list("series__outcome", "series__code", "calls", "counted", "refused")
    assert set(buckets) == {("quota_spent", "DAILY_THRESHOLD", 1, 0, 0), ("quota_spent", "", 0, 0, 2)}


def test_after_midnight_gmt_calls_leave_again(gateway, emulator, clock):
    emulator.spend(100_000)
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    clock.time = next_midnight(clock.time).timestamp() - 1
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    clock.time += 1.01
    assert gateway.get(COLLECTIONS).data
    assert gateway.quota.state().blocked_until is None


def test_the_very_last_call_is_made_and_not_one_more(gateway, emulator):
    emulator.spend(99_998)
    gateway.get(COLLECTIONS)
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().remaining == 0
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    assert [call.status for call in emulator.calls] == [200, 200]


@pytest.mark.parametrize(("reserve", "left"), [((0.2, True), 20_000), ((5000.0, False), 5000)])
def test_jobs_leave_the_reserve_for_people(gateway, emulator, settings, reserve, left):
    settings.ALMA_RESERVE, settings.ALMA_CALLS_PER_DAY = reserve, 100_000
    emulator.spend(100_000 - left - 2)
    with calling(JOBS):
        gateway.get(COLLECTIONS)
        gateway.get(COLLECTIONS)
        with pytest.raises(AlmaReserve):
            gateway.get(COLLECTIONS)
    assert gateway.quota.state().remaining == left
    assert gateway.get(COLLECTIONS).data


def test_a_job_may_work_before_alma_said_what_is_left(gateway, as_job):
    assert gateway.get(COLLECTIONS).data


def test_calls_in_flight_cannot_pass_the_last_one(quota, clock):
    quota.answered("3", clock.time)
    assert all(quota._reserve(PEOPLE)[1] for _ in range(3))
    with pytest.raises(AlmaQuotaSpent):
        quota._reserve(PEOPLE)


def test_an_answer_overtaken_by_others_does_not_give_calls_back(quota, clock):
    quota.answered("100", clock.time)
    quota.answered("103", clock.time)
    assert quota.state().remaining == 100
    quota.answered("5000", clock.time)  # Alma gave more
    assert quota.state().remaining == 5000


def test_a_call_refused_for_speed_is_not_taken_from_the_day(gateway, emulator):
    gateway.get(COLLECTIONS)
    emulator.faults.add(kind="429", count=1)
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().remaining == emulator.remaining()


def test_nothing_left_by_the_header_is_the_breaker_too(quota, clock):
    quota.answered("0", clock.time)
    assert quota.state().blocked_until == next_midnight(clock.time)


def test_a_refusal_of_yesterday_s_call_says_nothing_about_today(quota, clock):
    midnight = next_midnight(clock.time).timestamp()
    clock.time = midnight + 0.4
    quota.refused_for_the_day(sent_at=midnight - 0.1)
    quota.answered("0", sent_at=midnight - 0.1)
    assert quota.state().blocked_until is None
    assert quota.state().remaining is None


def test_in_the_first_minutes_of_our_day_a_refusal_holds_a_minute_since_clocks_differ(quota, clock):
    clock.time = next_midnight(clock.time).timestamp() + 120
    quota.refused_for_the_day(sent_at=clock.time)
    with pytest.raises(AlmaQuotaSpent):
        quota.wait(PEOPLE)
    clock.time += 61
    quota.wait(PEOPLE)


def test_a_late_answer_does_not_close_the_breaker(quota, clock):
    quota.refused_for_the_day(clock.time)
    quota.answered("40", clock.time)
    with pytest.raises(AlmaQuotaSpent):
        quota.wait(PEOPLE)


def test_midnight_is_midnight_in_greenwich():
    assert next_midnight(datetime(2026, 3, 29, 23, 59, 59, tzinfo=UTC).timestamp()) == datetime(2026, 3, 30, tzinfo=UTC)
    assert next_midnight(datetime(2026, 3, 30, tzinfo=UTC).timestamp()) == datetime(2026, 3, 31, tzinfo=UTC)


# --- How Alma is


def test_a_failure_shows_until_alma_answers_again(gateway, emulator, clock):
    emulator.faults.add(kind="500", count=4)
    with pytest.raises(Exception, match="INTERNAL_SERVER_ERROR"):
        gateway.get(COLLECTIONS)
    assert gateway.quota.state().failed_at
    assert gateway.quota.state().failed_kind == "unreachable"
    gateway.get(COLLECTIONS)
    assert gateway.quota.state().failed_at is None
    assert gateway.quota.state().answered_at
