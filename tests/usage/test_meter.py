"""Every call is counted, by all that tells calls apart."""

from datetime import UTC, datetime

import pytest

from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import Gateway
from almaportal.usage import meter
from almaportal.usage.models import Bucket, Failure
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
    with calling(Caller(user_id=5)):
        gateway.get(COLLECTIONS)
    with calling(Caller(user_id=6, lane="jobs", job_id=9)):
        gateway.get(COLLECTIONS)
        gateway.put(COLLECTION, {"collection_id": emulator.collections()[0]}, {"public_note": "x"})
    with pytest.raises(AlmaError):
        gateway.get(COLLECTION, {"collection_id": "nothing"})
    fields = ("area", "operation", "method", "outcome", "lane", "user_id", "job_id", "calls")
    assert set(Bucket.objects.values_list(*fields)) == {
        ("electronic", COLLECTIONS, "GET", "ok", "people", 5, 0, 1),
        ("electronic", COLLECTIONS, "GET", "ok", "jobs", 6, 9, 1),
        ("electronic", COLLECTION, "PUT", "ok", "jobs", 6, 9, 1),
        ("electronic", COLLECTION, "GET", "not_found", "people", 0, 0, 1),
    }


def test_every_attempt_counts_also_the_ones_that_failed(gateway, emulator):
    emulator.faults.add(kind="500", count=1)
    emulator.faults.add(kind="timeout", count=1)
    emulator.faults.add(kind="429", count=1)
    gateway.get(COLLECTIONS)
    assert dict(Bucket.objects.values_list("outcome", "calls")) == {"unreachable": 2, "too_fast": 1, "ok": 1}
    assert sum(Bucket.objects.values_list("calls", flat=True)) == len(emulator.calls)


def test_answer_time_and_waiting_time_add_up_in_seconds(gateway, emulator, clock, settings):
    settings.ALMA_CALLS_PER_SECOND = 10
    gateway = Gateway()
    gateway.get(COLLECTIONS)
    emulator.faults.add(kind="slow", seconds=3, count=1)
    gateway.get(COLLECTIONS)
    bucket = Bucket.objects.get()
    assert bucket.seconds == pytest.approx(3)
    assert bucket.waited == pytest.approx(0.1, abs=1e-6)


def test_the_last_500_failures_are_kept(gateway, monkeypatch):
    monkeypatch.setattr(meter, "FAILURES_KEPT", 5)
    for number in range(8):
        with pytest.raises(AlmaError):
            gateway.get(COLLECTION, {"collection_id": f"nothing{number}"})
    assert Failure.objects.count() == 5
    assert "nothing7" not in repr(Failure.objects.values())  # the path template only, no id


def test_a_failure_keeps_what_alma_said_and_who_asked(gateway):
    with calling(Caller(user_id=5, lane="jobs", job_id=9)), pytest.raises(AlmaError) as caught:
        gateway.get(COLLECTION, {"collection_id": "nothing"})
    failure = Failure.objects.get()
    assert (failure.code, failure.status, failure.kind) == ("60121", 400, "not_found")
    assert failure.tracking_id == caught.value.said.tracking_id != ""
    assert failure.text == caught.value.said.text != ""
    assert (failure.user_id, failure.lane, failure.job_id) == (5, "jobs", 9)


def test_texts_that_may_name_a_person_are_not_kept(gateway):
    with pytest.raises(AlmaError):
        gateway.get("/users/{user_id}", {"user_id": "hopper"})
    assert Failure.objects.get().text == ""
