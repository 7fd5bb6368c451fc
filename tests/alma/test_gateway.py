"""What the gateway sends, and what it makes of the answers."""

import json
from threading import BoundedSemaphore
from urllib.parse import unquote

import pytest
from django.core.cache import cache as django_cache
from django.db import OperationalError

from almaportal.alma import clock as alma_clock
from almaportal.alma import gateway as gateway_module
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import (
    AlmaDenied,
    AlmaNotFound,
    AlmaReadOnly,
    AlmaRejected,
    AlmaSlow,
    AlmaUnreachable,
)
from almaportal.alma.gateway import TRIES
from almaportal.usage import meter
from almaportal.usage.models import Failure
from ecollections import alma as ecollections

LIST = ecollections.COLLECTIONS
ONE = ecollections.COLLECTION
SERVICE = ecollections.SERVICE
PORTFOLIO = ecollections.PORTFOLIO


@pytest.fixture
def cid(emulator):
    return emulator.collections()[0]


def local_collection(emulator):
    """The ID of an e-collection that is the institution's own, so that its name may be changed."""
    return next(i for i in emulator.collections() if emulator.record("collection", i)["is_local"])


def portfolio_ids(emulator):
    cid = emulator.collections()[0]
    sid = emulator.services(cid)[0]
    return {"collection_id": cid, "service_id": sid, "portfolio_id": emulator.portfolios(sid)[0]}


# --- What is sent


def test_json_is_asked_for(gateway, transport):
    assert isinstance(gateway.get(LIST).data["electronic_collection"], list)
    assert transport.sent[0].headers["Accept"] == "application/json"


def test_the_language_is_sent_when_one_is_set(gateway, emulator, settings):
    gateway.get(LIST)
    settings.ALMA_LANG = "de"
    gateway.get(LIST)
    assert [call.query.get("lang") for call in emulator.calls] == [None, "de"]


@pytest.mark.parametrize(
    "odd", ["a/b", "a+b", "a@b", "a#b", "a?b=c", "100%", "%2F", "with blank", "Ελλάδα", "名前", "a;b&c"]
)
def test_an_id_reaches_alma_as_one_path_segment_letter_for_letter(gateway, emulator, odd):
    with pytest.raises(AlmaNotFound) as caught:
        gateway.get(ONE, {"collection_id": odd})
    assert caught.value.said.code == "60121"  # NOT_FOUND would mean that the path itself had changed
    *path, last = emulator.calls[-1].path.split("/")
    assert path == ["", "electronic", "e-collections"]
    assert unquote(last) == odd


@pytest.mark.parametrize("odd", ["", ".", "..", "a\nb", "\ud800"])
def test_what_can_be_no_id_is_not_found_without_a_call(gateway, emulator, odd):
    with pytest.raises(AlmaNotFound):
        gateway.get(ONE, {"collection_id": odd})
    assert emulator.calls == []


def test_connecting_may_take_five_seconds_and_reading_sixty(gateway, transport):
    gateway.get(LIST)
    assert transport.timeouts == [(5.0, 60.0)]


def test_a_page_that_gives_up_in_eight_seconds_waits_no_longer_for_alma(gateway, transport, clock):
    with calling(Caller(give_up_at=clock.monotonic() + 8)):
        gateway.get(LIST)
    assert transport.timeouts == [(5.0, 8.0)]


# --- What is refused before it leaves


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_read_only_area_refuses_writes_before_they_leave(gateway, emulator, settings, cid, method):
    settings.ALMA_READ_ONLY = {"electronic"}
    with pytest.raises(AlmaReadOnly) as caught:
        getattr(gateway, method)(ONE, {"collection_id": cid}, {})
    with pytest.raises(AlmaReadOnly):
        gateway.delete(ONE, {"collection_id": cid})
    assert "ALMA_READ_ONLY" in caught.value.hint
    assert emulator.calls == []
    gateway.get(LIST)


# --- Trying again

TRANSIENT = ["500", "500text", "503", "503html", "malformed", "empty", "timeout", "drop"]


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_read_is_tried_again_after_a_passing_trouble(gateway, emulator, clock, kind):
    emulator.faults.add(kind=kind, count=2)
    assert gateway.get(LIST).data["total_record_count"] == 60
    assert len(emulator.calls) == 3
    first, second = [pause for pause in clock.slept if pause > 0.1]
    assert 0.25 <= first <= 0.75
    assert 0.5 <= second <= 1.5


@pytest.mark.parametrize("kind", TRANSIENT)
def test_a_read_is_given_up_after_four_tries(gateway, emulator, kind):
    emulator.faults.add(kind=kind, count=None)
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.get(LIST)
    assert len(emulator.calls) == TRIES == 4
    assert not caught.value.unknown_outcome


def test_the_tracking_id_of_a_failure_is_kept(gateway, emulator):
    emulator.faults.add(kind="500", count=None)
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.get(LIST)
    assert caught.value.said.tracking_id
    assert Failure.objects.latest("pk").tracking_id == caught.value.said.tracking_id


def test_a_refusal_is_final(gateway, emulator):
    with pytest.raises(AlmaRejected) as caught:
        gateway.get(LIST, params={"q": "nonsense"})
    assert caught.value.said.code == "60106"
    assert len(emulator.calls) == 1


@pytest.mark.parametrize(("key", "kind"), [("demo-users", "400"), ("nobody-knows", "400"), ("x", "403")])
def test_a_key_without_rights_is_final(gateway, emulator, settings, key, kind):
    settings.ALMA_KEYS = {"electronic": key}
    with pytest.raises(AlmaDenied):
        gateway.get(LIST)
    assert len(emulator.calls) == 1


def test_a_page_does_not_try_again_when_nobody_would_wait_for_it(gateway, emulator, clock):
    emulator.faults.add(kind="500", count=None)
    with calling(Caller(give_up_at=clock.monotonic() + 0.1)), pytest.raises(AlmaUnreachable):
        gateway.get(LIST)
    assert len(emulator.calls) == 1


def test_a_page_gives_up_on_a_silent_alma_when_its_time_is_over(gateway, emulator, clock, monkeypatch):
    emulator.faults.add(kind="timeout", count=None)
    monkeypatch.setattr(emulator, "sleep", clock.sleep)
    answer = type(emulator).__call__

    def slowly(self, environ, start_response):
        clock.time += 20
        return answer(self, environ, start_response)

    monkeypatch.setattr(type(emulator), "__call__", slowly)
    with calling(Caller(give_up_at=clock.monotonic() + 20)), pytest.raises(AlmaSlow):
        gateway.get(LIST)
    assert len(emulator.calls) == 1


@pytest.mark.parametrize("kind", ["500", "503html", "malformed", "empty", "timeout", "drop"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_post_is_never_sent_again_after_an_unknown_outcome(gateway, emulator, kind, when):
    emulator.faults.add(kind=kind, method="POST", count=1, when=when)
    before = len(emulator.collections())
    body = {"public_name": "New", "type": {"value": "0"}, "is_local": True}
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.post(LIST, None, body)
    assert caught.value.unknown_outcome
    assert [call.method for call in emulator.calls] == ["POST"]
    assert len(emulator.collections()) == before + (when == "after")


def test_a_post_refused_for_speed_is_sent_again(gateway, emulator):
    emulator.faults.add(kind="429", method="POST", count=1)
    made = gateway.post(LIST, None, {"public_name": "New", "type": {"value": "0"}})
    assert made["id"] in emulator.collections()
    assert [call.status for call in emulator.calls] == [429, 200]


def test_a_post_that_never_left_is_sent_again(gateway, emulator, transport, monkeypatch):
    transport.unplugged = True
    monkeypatch.setattr(alma_clock, "sleep", lambda seconds: setattr(transport, "unplugged", False))
    assert gateway.post(LIST, None, {"public_name": "New", "type": {"value": "0"}})["id"]
    assert [call.method for call in emulator.calls] == ["POST"]


def test_a_post_that_cannot_leave_has_a_known_outcome(gateway, transport):
    transport.unplugged = True
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.post(LIST, None, {})
    assert not caught.value.unknown_outcome


def test_a_put_whose_answer_was_lost_is_settled_by_a_read_and_not_written_twice(gateway, emulator):
    cid = local_collection(emulator)
    before = gateway.get(ONE, {"collection_id": cid}).data
    emulator.faults.add(kind="timeout", method="PUT", count=1, when="after")
    body = before | {"internal_description": "moved"}
    answer = gateway.put(ONE, {"collection_id": cid}, body, before=before, took=lambda now: now == body)
    assert answer["internal_description"] == "moved"
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET"]


def test_a_put_that_had_no_effect_is_written_again(gateway, emulator):
    cid = local_collection(emulator)
    before = gateway.get(ONE, {"collection_id": cid}).data
    emulator.faults.add(kind="drop", method="PUT", count=1, when="before")
    gateway.put(ONE, {"collection_id": cid}, before | {"internal_description": "moved"}, before=before)
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET", "PUT"]
    assert emulator.record("collection", cid)["internal_description"] == "moved"


def test_a_put_is_not_written_over_what_somebody_else_wrote_meanwhile(gateway, emulator, monkeypatch):
    cid = local_collection(emulator)
    before = gateway.get(ONE, {"collection_id": cid}).data
    emulator.faults.add(kind="drop", method="PUT", count=1, when="before")
    emulator.put_record("collection", cid, emulator.record("collection", cid) | {"public_note": "theirs"})
    body = before | {"internal_description": "ours"}
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.put(ONE, {"collection_id": cid}, body, before=before, took=lambda now: now == body)
    assert caught.value.unknown_outcome, "whose it is that stands there, nobody knows"
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET"]
    assert emulator.record("collection", cid)["public_note"] == "theirs"


def test_a_put_without_the_record_before_is_not_repeated_on_a_guess(gateway, emulator, cid):
    emulator.faults.add(kind="timeout", method="PUT", count=1)
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.put(ONE, {"collection_id": cid}, {})
    assert caught.value.unknown_outcome
    assert len(emulator.calls) == 1


def test_a_put_that_cannot_be_settled_says_so(gateway, emulator, cid):
    before = gateway.get(ONE, {"collection_id": cid}).data
    emulator.faults.add(kind="timeout", count=None)
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.put(ONE, {"collection_id": cid}, before, before=before)
    assert caught.value.unknown_outcome


def test_a_delete_whose_answer_was_lost_is_done_when_the_record_is_gone(gateway, emulator):
    ids = portfolio_ids(emulator)
    emulator.faults.add(kind="timeout", method="DELETE", count=1, when="after")
    gateway.delete(PORTFOLIO, ids, {"bib": "retain"})
    assert [call.method for call in emulator.calls] == ["DELETE", "GET"]


def test_a_delete_is_not_done_because_somebody_else_knows_no_such_address(gateway, emulator, monkeypatch):
    """A 404 of a proxy on the way is not Alma's word."""
    ids = portfolio_ids(emulator)
    emulator.faults.add(kind="timeout", method="DELETE", count=1)
    answer_gets_with(monkeypatch, emulator, "404 Not Found", b"<html><title>404</title></html>")
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.delete(PORTFOLIO, ids, {"bib": "retain"})
    assert caught.value.unknown_outcome


def answer_gets_with(monkeypatch, emulator, status, body):
    answer = type(emulator).__call__

    def changed(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "GET":
            return answer(self, environ, start_response)
        start_response(status, [("Content-Type", "text/html")])
        return [body]

    monkeypatch.setattr(type(emulator), "__call__", changed)


@pytest.mark.parametrize(
    "body",
    [
        b'{"errorsExist": true, "errorList": {"error": [{"errorCode": "60121"}]}}',
        b'{"web_service_result": {"errorsExist": true, "errorList": {"error": {"errorCode": "60121"}}}}',
    ],
)
def test_a_success_that_reports_an_error_is_none(gateway, emulator, monkeypatch, body):
    answer_gets_with(monkeypatch, emulator, "200 OK", body)
    with pytest.raises(AlmaNotFound):
        gateway.get(LIST)


def test_json_nested_without_end_is_no_answer(gateway, emulator, monkeypatch):
    answer_gets_with(monkeypatch, emulator, "200 OK", b"[" * 100_000)
    with pytest.raises(AlmaUnreachable):
        gateway.get(LIST)


def test_a_write_counts_although_the_books_cannot_be_kept(gateway, emulator, monkeypatch, caplog):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(meter, "called", locked)
    made = gateway.post(LIST, None, {"public_name": "New", "type": {"value": "0"}})
    assert made["id"] in emulator.collections()
    assert "could not be counted" in caplog.text


def test_a_write_counts_although_the_disk_is_full(gateway, emulator, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(django_cache, "set", full)
    made = gateway.post(LIST, None, {"public_name": "New", "type": {"value": "0"}})
    assert made["id"] in emulator.collections()


def test_pages_leave_threads_for_pages_that_need_no_call(gateway, emulator, clock, monkeypatch):
    monkeypatch.setattr(gateway_module, "_places", BoundedSemaphore(1))
    monkeypatch.setattr(gateway_module, "SECONDS_FOR_A_PLACE", 0.01)
    gateway_module._places.acquire()
    with calling(Caller(give_up_at=clock.monotonic() + 20)), pytest.raises(AlmaSlow, match="Too many pages"):
        gateway.get(LIST)
    assert emulator.calls == []
    assert gateway.get(LIST).data  # a job is no page


def test_a_place_is_given_back_whatever_happens(gateway, emulator, clock, monkeypatch):
    monkeypatch.setattr(gateway_module, "_places", BoundedSemaphore(1))
    emulator.faults.add(kind="drop", count=None)
    with calling(Caller(give_up_at=clock.monotonic() + 20)):
        for _ in range(2):
            with pytest.raises(AlmaUnreachable):
                gateway.get(LIST)


def test_a_delete_whose_record_is_still_there_stays_unknown(gateway, emulator):
    ids = portfolio_ids(emulator)
    emulator.faults.add(kind="drop", method="DELETE", count=1, when="before")
    with pytest.raises(AlmaUnreachable) as caught:
        gateway.delete(PORTFOLIO, ids, {"bib": "retain"})
    assert caught.value.unknown_outcome
    assert [call.method for call in emulator.calls] == ["DELETE", "GET"]


def test_a_delete_that_works_is_one_call(gateway, emulator):
    ids = portfolio_ids(emulator)
    gateway.delete(PORTFOLIO, ids, {"bib": "suppress"})
    assert [(c.method, c.query["bib"]) for c in emulator.calls] == [("DELETE", "suppress")]


def test_the_body_of_a_write_is_json_in_any_script(gateway, emulator):
    cid = local_collection(emulator)
    record = gateway.get(ONE, {"collection_id": cid}).data
    gateway.put(ONE, {"collection_id": cid}, record | {"public_note": "Ελλάδα 名前"})
    assert json.loads(emulator.calls[-1].body)["public_note"] == "Ελλάδα 名前"
