"""Every call is counted, by all that tells calls apart."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.db.models import Sum

from almaportal.alma.call import Call
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaError, AlmaQuotaSpent, Said
from almaportal.alma.gateway import Gateway
from almaportal.usage import meter
from almaportal.usage.models import TOOK, Bucket, Failure, Left, Series
from ecollections.alma import COLLECTION, COLLECTIONS


@pytest.fixture
def gateway(db, transport) -> Gateway:
    return Gateway()


def test_a_bucket_is_ten_minutes_long(gateway, clock):
    for minutes in (0, 9, 1):
        clock.time += minutes * 60
        gateway.get(COLLECTIONS)
    assert list(Bucket.objects.order_by("start").values_list("start", "calls")) == [
        (datetime(2027, 1, 15, 12, 0, tzinfo=UTC), 2),
        (datetime(2027, 1, 15, 12, 10, tzinfo=UTC), 1),
    ]


def test_calls_are_told_apart_by_all_that_is_asked_of_the_usage_page(gateway, emulator, settings):
    settings.ALMA_KEY_NAMES = {"electronic": "ALMA_API_KEY_ELECTRONIC"}
    with calling(Caller(user_id=5, role="viewer", feature="ecollections")):
        gateway.get(COLLECTIONS)
    with calling(Caller(user_id=6, lane="jobs", job_id=9, role="e-resources", feature="edit-portfolios")):
        gateway.get(COLLECTIONS)
        gateway.put(COLLECTION, {"collection_id": emulator.collections()[0]}, {"public_note": "x"})
    with pytest.raises(AlmaError):
        gateway.get(COLLECTION, {"collection_id": "nothing"})
    person = ("people", "viewer", 5, 0, "ecollections")
    job = ("jobs", "e-resources", 6, 9, "edit-portfolios")
    nobody = ("people", "", 0, 0, "")
    assert set(Series.objects.values_list(*meter.DIMENSIONS)) == {
        ("electronic", COLLECTIONS, "GET", "ok", "", *person, "ALMA_API_KEY_ELECTRONIC"),
        ("electronic", COLLECTIONS, "GET", "ok", "", *job, "ALMA_API_KEY_ELECTRONIC"),
        ("electronic", COLLECTION, "PUT", "ok", "", *job, "ALMA_API_KEY_ELECTRONIC"),
        ("electronic", COLLECTION, "GET", "not_found", "60121", *nobody, "ALMA_API_KEY_ELECTRONIC"),
    }
    assert list(Bucket.objects.values_list("calls", flat=True)) == [1] * 4


def test_every_attempt_counts_also_the_ones_that_failed(gateway, emulator):
    emulator.faults.add(kind="500", count=1)
    emulator.faults.add(kind="timeout", count=1)
    emulator.faults.add(kind="429", count=1)
    gateway.get(COLLECTIONS)
    calls: Counter[str] = Counter()
    for outcome, number in Bucket.objects.values_list("series__outcome", "calls"):
        calls[outcome] += number
    assert calls == {"unreachable": 2, "too_fast": 1, "ok": 1}
    assert calls.total() == len(emulator.calls)
    assert sum(Bucket.objects.values_list("counted", flat=True)) == 3  # Alma does not count a 429


def test_answer_time_and_waiting_time_add_up_in_seconds(gateway, emulator, clock, settings):
    settings.ALMA_CALLS_PER_SECOND = 10
    gateway = Gateway()
    gateway.get(COLLECTIONS)
    emulator.faults.add(kind="slow", seconds=3, count=1)
    gateway.get(COLLECTIONS)
    bucket = Bucket.objects.get()
    assert bucket.seconds == pytest.approx(3)
    assert bucket.waited == pytest.approx(0.1, abs=1e-6)
    assert {name for name in TOOK if getattr(bucket, name)} == {"took_0", "took_11"}  # at once; at most 3 s


def test_a_call_that_never_left_is_counted_but_not_as_one_of_alma_s(gateway, transport):
    gateway.get(COLLECTIONS)
    transport.unplugged = True
    with pytest.raises(AlmaError):
        gateway.get(COLLECTIONS)
    sums = Bucket.objects.aggregate(calls=Sum("calls"), counted=Sum("counted"))
    assert sums == {"calls": 5, "counted": 1}
    assert gateway.quota.state().remaining == 99_999


def test_what_alma_says_is_left_is_kept_by_ten_minutes_the_lowest_of_them(gateway, emulator, clock):
    for spent in (0, 100, 0):
        emulator.spend(spent)
        gateway.get(COLLECTIONS)
    meter.left(99_950, 0)  # overtaken
    clock.time += 600
    gateway.get(COLLECTIONS)
    assert list(Left.objects.order_by("start").values_list("low", "given")) == [(99_897, 0), (99_896, 0)]
    emulator.spend(-5_000)
    gateway.get(COLLECTIONS)
    gateway.get(COLLECTIONS)
    assert Left.objects.values_list("low", "given").latest("start") == (104_894, 5_000)


def test_a_call_that_is_not_made_is_counted_as_such(gateway, emulator):
    emulator.spend(100_000)
    for _n in range(3):
        with pytest.raises(AlmaQuotaSpent):
            gateway.get(COLLECTIONS)
    sums = Bucket.objects.aggregate(calls=Sum("calls"), counted=Sum("counted"), refused=Sum("refused"))
    assert sums == {"calls": 1, "counted": 0, "refused": 2}
    assert set(Series.objects.values_list("outcome", flat=True)) == {"quota_spent"}
    assert Left.objects.get().low == 0


def test_counting_a_call_is_few_statements(gateway, django_assert_num_queries):
    call = Call("GET", COLLECTIONS, COLLECTIONS)
    with django_assert_num_queries(2):
        meter.called(call, None, waited=0, seconds=0.1)
    with django_assert_num_queries(2):
        meter.saved("electronic", COLLECTIONS)
    with django_assert_num_queries(1):
        meter.left(5, 0)


def test_a_code_that_is_none_is_not_counted_by(gateway):
    for code in ("x" * 61, "jane doe", "<b>", "401861", ""):
        meter.not_sent(Call("GET", COLLECTIONS, COLLECTIONS), AlmaError(said=Said(code)))
    assert sorted(Series.objects.values_list("code", flat=True)) == ["", "401861"]


def test_the_last_500_failures_are_kept(gateway, monkeypatch):
    monkeypatch.setattr(meter, "FAILURES_KEPT", 5)
    for number in range(8):
        with pytest.raises(AlmaError):
            gateway.get(COLLECTION, {"collection_id": f"nothing{number}"})
    assert Failure.objects.count() == 5
    assert "nothing7" not in repr(Failure.objects.values()) + repr(
        Series.objects.values()
    )  # the path template only, no id


def test_a_failure_keeps_what_alma_said_and_who_asked(gateway):
    with calling(Caller(user_id=5, lane="jobs", job_id=9)), pytest.raises(AlmaError) as caught:
        gateway.get(COLLECTION, {"collection_id": "nothing"})
    failure = Failure.objects.get()
    assert (failure.series.code, failure.status, failure.series.outcome) == ("60121", 400, "not_found")
    assert failure.tracking_id == caught.value.said.tracking_id != ""
    assert failure.text == caught.value.said.text != ""
    assert (failure.series.user_id, failure.series.lane, failure.series.job_id) == (5, "jobs", 9)


@pytest.mark.parametrize("path", ["/users/{user_id}", "/bibs/{mms_id}/requests", "/task-lists/requested-resources"])
def test_texts_that_may_name_a_person_are_not_kept(gateway, path):
    call = Call("GET", path, path)
    for tracking_id in ("E01-2612.a:b_c", "Jane Doe s100008", "x" * 101):
        error = AlmaError(said=Said("401", "Requester Jane Doe not found.", tracking_id), area=call.area)
        meter.called(call, error, waited=0, seconds=0)
        assert "Jane" not in error.text_to_keep
    assert list(Failure.objects.order_by("-tracking_id").values_list("text", "tracking_id")) == [
        ("", "E01-2612.a:b_c"),
        ("", ""),
        ("", ""),
    ]


def test_a_kept_copy_that_stands_in_after_a_failure_saved_no_call(gateway, emulator, clock):
    gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 61
    emulator.faults.add(kind="503", count=None)
    assert gateway.get(COLLECTIONS, fresh_for=60).old
    assert sum(Bucket.objects.values_list("saved", flat=True)) == 0
    emulator.faults.clear()
    gateway.get(COLLECTIONS, fresh_for=60)
    gateway.get(COLLECTIONS, fresh_for=60)
    assert sum(Bucket.objects.values_list("saved", flat=True)) == 1


def locked(execute, sql, params, many, context):
    """The database takes no second row of what is counted."""
    if sql.startswith("INSERT INTO usage_series"):
        raise OperationalError("database is locked")
    return execute(sql, params, many, context)


def test_books_that_fail_cost_neither_the_kept_copy_nor_the_word_that_the_day_is_over_and_are_never_half(
    gateway, emulator
):
    data = gateway.get(COLLECTIONS, fresh_for=60).data
    with connection.execute_wrapper(locked):
        assert gateway.get(COLLECTIONS, fresh_for=60).data == data
    assert sum(Bucket.objects.values_list("saved", flat=True)) == 0
    emulator.spend(100_000)
    with pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    with connection.execute_wrapper(locked), pytest.raises(AlmaQuotaSpent):
        gateway.get(COLLECTIONS)
    assert sum(Bucket.objects.values_list("refused", flat=True)) == 0
