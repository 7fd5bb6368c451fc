"""Kept reads: when they spare a call, and when they stand in for Alma."""

import zlib

import pytest
from django.core.cache import cache as django_cache

from almaportal.alma import cache
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaNotFound, AlmaQuotaSpent, AlmaRejected, AlmaSlow, AlmaUnreachable
from almaportal.usage.models import Bucket
from ecollections.alma import COLLECTION, COLLECTIONS


def test_a_fresh_copy_spares_the_call_and_tells_its_age(gateway, emulator, clock):
    first = gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 59
    second = gateway.get(COLLECTIONS, fresh_for=60)
    assert len(emulator.calls) == 1
    assert second.data == first.data
    assert not first.kept
    assert second.kept
    assert second.read_at == first.read_at
    assert second.old is None


def test_an_aged_copy_is_read_anew(gateway, emulator, clock):
    gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 61
    assert not gateway.get(COLLECTIONS, fresh_for=60).kept
    assert len(emulator.calls) == 2


def test_reading_again_passes_over_the_copy_and_keeps_the_new_one(gateway, emulator):
    gateway.get(COLLECTIONS, fresh_for=60)
    with calling(Caller(read_again=True)):
        gateway.get(COLLECTIONS, fresh_for=60)
    gateway.get(COLLECTIONS, fresh_for=60)
    assert len(emulator.calls) == 2


def test_other_parameters_language_or_gateway_are_other_copies(gateway, emulator, settings):
    gateway.get(COLLECTIONS, params={"offset": 0}, fresh_for=60)
    gateway.get(COLLECTIONS, params={"offset": 10}, fresh_for=60)
    settings.ALMA_LANG = "de"
    gateway.get(COLLECTIONS, params={"offset": 0}, fresh_for=60)
    settings.ALMA_BASE_URL = "https://other.invalid"
    gateway.get(COLLECTIONS, params={"offset": 0}, fresh_for=60)
    assert len(emulator.calls) == 4


def test_a_write_makes_what_was_kept_of_its_area_stale_and_no_other(gateway, emulator):
    cid = emulator.collections()[0]
    gateway.get(COLLECTIONS, fresh_for=60)
    gateway.get("/conf/libraries", fresh_for=60)
    gateway.put(COLLECTION, {"collection_id": cid}, {"public_note": "x"})
    assert not gateway.get(COLLECTIONS, fresh_for=60).kept
    assert gateway.get("/conf/libraries", fresh_for=60).kept


def test_a_write_that_failed_makes_copies_stale_too_since_nobody_knows(gateway, emulator):
    gateway.get(COLLECTIONS, fresh_for=60)
    emulator.faults.add(kind="timeout", method="POST", count=1, when="after")
    with pytest.raises(AlmaUnreachable):
        gateway.post(COLLECTIONS, None, {"public_name": "New", "type": {"value": "0"}})
    assert not gateway.get(COLLECTIONS, fresh_for=60).kept


def test_an_answer_overtaken_by_a_write_is_never_taken_for_fresh(gateway, emulator, monkeypatch):
    answer = type(emulator).__call__

    def write_meanwhile(self, environ, start_response):
        cache.drop("electronic")
        return answer(self, environ, start_response)

    monkeypatch.setattr(type(emulator), "__call__", write_meanwhile)
    gateway.get(COLLECTIONS, fresh_for=60)
    assert not gateway.get(COLLECTIONS, fresh_for=60).kept


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", AlmaUnreachable),
        ("503html", AlmaUnreachable),
        ("malformed", AlmaUnreachable),
        ("timeout", AlmaUnreachable),
        ("401html", AlmaDenied),
        ("403html", AlmaDenied),
        ("429day", AlmaQuotaSpent),
    ],
)
def test_when_alma_cannot_answer_the_kept_copy_stands_in_with_the_reason(gateway, emulator, clock, fault, reason):
    fresh = gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 3600
    emulator.faults.add(kind=fault, count=None)
    old = gateway.get(COLLECTIONS, fresh_for=60)
    assert old.data == fresh.data
    assert old.read_at == fresh.read_at
    assert isinstance(old.old, reason)


def test_a_copy_from_before_a_write_still_stands_in(gateway, emulator):
    gateway.get(COLLECTIONS, fresh_for=60)
    cache.drop("electronic")
    emulator.faults.add(kind="500", count=None)
    assert gateway.get(COLLECTIONS, fresh_for=60).old


def test_a_slow_alma_is_stood_in_for_too(gateway, emulator, clock):
    gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 3600
    with calling(Caller(give_up_at=clock.monotonic() - 1)):
        assert isinstance(gateway.get(COLLECTIONS, fresh_for=60).old, AlmaSlow)


def test_a_record_that_is_gone_is_not_stood_in_for(gateway, emulator, clock):
    cid = next(i for i in emulator.collections() if not emulator.services(i))
    gateway.get(COLLECTION, {"collection_id": cid}, fresh_for=60)
    gateway.delete(COLLECTION, {"collection_id": cid})
    with pytest.raises(AlmaNotFound):
        gateway.get(COLLECTION, {"collection_id": cid}, fresh_for=60)
    emulator.faults.add(kind="500", count=None)
    with pytest.raises(AlmaUnreachable):
        gateway.get(COLLECTION, {"collection_id": cid}, fresh_for=60)


@pytest.mark.parametrize(
    "operation",
    [
        "/users/{user_id}",
        "/users",
        "/users/{user_id}/loans",
        "/bibs/{mms_id}/requests",
        "/bibs/{mms_id}/loans",
        "/bibs/{mms_id}/holdings/{h}/items/{i}/requests/{r}",
    ],
)
def test_nothing_about_a_person_may_be_kept(operation):
    assert not cache.may_keep(operation)


def test_nothing_about_a_person_is_kept(gateway, emulator, monkeypatch):
    kept = []
    monkeypatch.setattr(django_cache, "set", lambda *args, **kwargs: kept.append(args))
    gateway.get("/users", fresh_for=60)
    assert kept == []


def test_without_a_wish_to_keep_nothing_is_kept(gateway, emulator):
    gateway.get(COLLECTIONS)
    gateway.get(COLLECTIONS)
    assert len(emulator.calls) == 2


def test_a_damaged_copy_is_as_good_as_none(gateway, emulator, monkeypatch):
    gateway.get(COLLECTIONS, fresh_for=60)

    def damaged(*args, **kwargs):
        raise zlib.error("incomplete or truncated stream")

    monkeypatch.setattr(django_cache, "get", damaged)
    assert not gateway.get(COLLECTIONS, fresh_for=60).kept
    assert len(emulator.calls) == 2


def test_a_refusal_is_no_reason_to_forget_the_copy(gateway, emulator, clock, monkeypatch):
    gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 3600
    with monkeypatch.context() as patch:
        refusal = b'{"errorList": {"error": [{"errorCode": "60106"}]}}'
        patch.setattr(type(emulator), "__call__", lambda self, environ, start: start("400 Bad", []) or [refusal])
        with pytest.raises(AlmaRejected):
            gateway.get(COLLECTIONS, fresh_for=60)
    emulator.faults.add(kind="500", count=None)
    assert gateway.get(COLLECTIONS, fresh_for=60).old


def test_who_can_be_shown_a_copy_waits_for_a_silent_alma_eight_seconds_at_most(gateway, transport, clock):
    with calling(Caller(give_up_at=clock.monotonic() + 20)):
        gateway.get(COLLECTIONS, fresh_for=60)
        clock.time += 61
    with calling(Caller(give_up_at=clock.monotonic() + 20)):
        gateway.get(COLLECTIONS, fresh_for=60)
    assert transport.timeouts == [(5.0, 20.0), (5.0, 8.0)]


def test_a_record_is_kept_for_the_address_that_it_names_itself(gateway, emulator):
    ids = {"collection_id": emulator.collections()[0]}
    gateway.get(COLLECTION, {"collection_id": emulator.collections()[1]}, fresh_for=60, lives_at=lambda data: ids)
    assert gateway.get(COLLECTION, ids, fresh_for=60).kept


def test_a_copy_that_stands_in_for_a_refused_call_saved_none(gateway, emulator, clock):
    gateway.get(COLLECTIONS, fresh_for=60)
    clock.time += 61
    emulator.spend(100_000)
    for _ in range(2):
        gateway.get(COLLECTIONS, fresh_for=60)
    assert sum(Bucket.objects.values_list("saved", flat=True)) == 0
    assert sum(Bucket.objects.values_list("refused", flat=True)) == 1


def test_a_copy_is_kept_for_a_month(gateway, emulator, clock, monkeypatch):
    seconds = []
    keep = django_cache.set
    monkeypatch.setattr(
        django_cache, "set", lambda key, value, time=None: seconds.append(time) or keep(key, value, time)
    )
    gateway.get(COLLECTIONS, fresh_for=60)
    assert seconds[-1] == 30 * 24 * 3600


def test_a_full_disk_does_not_take_the_answer_with_it(gateway, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(django_cache, "set", full)
    assert gateway.get(COLLECTIONS, fresh_for=60).data


def test_a_saved_call_is_counted_as_saved(gateway, clock):
    for _ in range(3):
        gateway.get(COLLECTIONS, fresh_for=60)
    (bucket,) = Bucket.objects.all()
    assert (bucket.calls, bucket.saved) == (1, 2)
