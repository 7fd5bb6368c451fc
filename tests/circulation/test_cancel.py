"""Cancelling one request: what is asked first, what leaves, and what is said of it."""

import pytest

from almaportal.changes import following
from almaportal.changes.holds import hold
from almaportal.changes.models import Change
from almaportal.people.models import Access
from tests.ecollections.filling import send as sent
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

SAID = {"reason": "CannotBeFulfilled", "note": "Storage is flooded", "ticket": "ticket 7"}


@pytest.fixture
def keeps(emulator, transport, clock):
    """An institution that keeps requests that are over."""
    own = emulator.copy(request_history=True)
    own.now, own.sleep = clock.now, clock.sleep
    transport.emulator = own
    return own


def send(desk, page, *address, **typed):
    """The form, and where a browser is led by it."""
    answer = sent(desk, page, *address, **typed)
    return desk.get(answer["Location"]) if answer.status_code == 302 else answer


def form(desk, one):
    return desk.get(f"/circulation/requests/{one}/cancel/")


def calls(emulator):
    return [call for call in emulator.calls if not call.path.startswith("/conf")]


def deletes(emulator):
    return [call for call in emulator.calls if call.method == "DELETE"]


def test_it_is_asked_why_and_shown_who_else_waits_then_two_calls(desk, emulator):
    mms_id = emulator.titles("requested")[0]
    one, other = [i for i in emulator.requests("waiting") if emulator.request(i)["mms_id"] == mms_id][:2]
    page = form(desk, one)
    assert emulator.request(other)["user_primary_id"] in read(page).text
    assert "Who else waits for the title" in read(page).text
    emulator.calls.clear()
    done = send(desk, page, **SAID)
    assert "Cancelled: Alma has the request no more" in read(done).text
    delete, look = calls(emulator)
    assert delete.query == {"reason": "CannotBeFulfilled", "notify_user": "true", "note": "Storage is flooded"}
    assert (look.method, look.path) == ("GET", f"/users/ALL/requests/{one}")
    with pytest.raises(KeyError):
        emulator.request(one)
    assert [mail["reason"] for mail in emulator.mails] == ["CannotBeFulfilled"]


def test_without_mail_none_is_sent_and_the_log_says_what_was_said(desk, emulator):
    one = emulator.requests("picking")[0]
    whole = emulator.request(one)
    send(desk, form(desk, one), **SAID, notify="no")
    assert emulator.mails == []
    change = Change.objects.get()
    assert (change.action, change.kind, change.record_id, change.title) == ("delete", "request", one, whole["mms_id"])
    assert {entry["path"]: entry["after"] for entry in change.fields} == {
        "reason": "CannotBeFulfilled",
        "note": "Storage is flooded",
        "notify_user": "false",
    }
    page = read(desk.get(f"/changes/{change.pk}/"))
    assert "Cancelled: the request is over" in page.text
    assert page.facts["What"] == "cancelled"
    assert ["Reason", "–", "Cannot be fulfilled", "–"] in page.rows
    assert whole["title"] not in page.text
    assert "cancelled" in read(desk.get("/changes/")).one("tbody").text
    assert set(Access.objects.values_list("patron", "action")) >= {(whole["user_primary_id"], "cancel")}


def test_without_a_reason_nothing_is_sent_and_what_was_typed_and_shown_stays(desk, emulator):
    mms_id = emulator.titles("requested")[0]
    one = next(i for i in emulator.requests("waiting") if emulator.request(i)["mms_id"] == mms_id)
    page = form(desk, one)
    emulator.calls.clear()
    again = send(desk, page, note="Storage is flooded")
    assert again.status_code == 422
    assert read(again).one("textarea").text == "Storage is flooded"
    assert calls(emulator) == []
    assert read(again).facts == read(page).facts
    assert read(again).rows == read(page).rows != []
    assert "Cancelled" in read(send(desk, again, reason="CannotBeFulfilled")).text


def test_a_form_sent_twice_cancels_once(desk, emulator):
    """And the second press, whose answer alone a browser shows, says what became of it. Going back or reading anew
    sends nothing."""
    page = form(desk, emulator.requests("waiting")[0])
    sent(desk, page, **SAID)
    again = send(desk, page, **SAID)
    assert again.request["REQUEST_METHOD"] == "GET"
    assert "Cancelled: the request is over" in read(again).text
    assert len(deletes(emulator)) == 1


def test_while_somebody_else_cancels_it_nothing_is_sent(desk, emulator):
    one = emulator.requests("waiting")[0]
    page = form(desk, one)
    with hold(f"request:{one}"):
        told = send(desk, page, **SAID)
    assert (told.status_code, deletes(emulator)) == (503, [])
    assert "Nothing was cancelled." in read(told).text
    assert "Cancelled" in read(send(desk, told, **SAID)).text


def test_what_is_gone_says_on_the_way_to_the_form_what_is_known_of_its_end(desk, emulator):
    one = emulator.requests("waiting")[0]
    send(desk, form(desk, one), **SAID)
    emulator.calls.clear()
    told = form(desk, one)
    assert told.status_code == 404
    assert "Cancelled here by circulation, change" in read(told).text
    assert len(calls(emulator)) == 1


def test_of_one_from_the_hold_shelf_it_is_said_what_to_do_and_of_a_note_without_a_mail_that_it_goes_nowhere(
    desk, emulator
):
    shelf, waiting = emulator.requests("shelf")[0], emulator.requests("waiting")[0]
    text = read(send(desk, form(desk, shelf), **SAID, notify="no")).text
    assert "take it from there and scan it in" in text
    assert "The note went nowhere" in text
    text = read(send(desk, form(desk, waiting), **SAID)).text
    assert "scan it in" not in text
    assert "The note went nowhere" not in text


def test_a_request_without_its_number_is_cancelled_by_the_address_s(desk, emulator):
    one = emulator.requests("waiting")[0]
    emulator.set_request(one, emulator.request(one) | {"request_id": None, "place_in_queue": -1})
    assert "Cancelled: Alma has the request no more" in read(send(desk, form(desk, one), **SAID)).text
    assert Change.objects.get().record_id == one


def test_where_alma_keeps_history_it_is_said(desk, keeps):
    one = keeps.requests("waiting")[0]
    done = send(desk, form(desk, one), **SAID)
    assert "Cancelled: Alma keeps it as over" in read(done).text
    page = read(desk.get(f"/circulation/requests/{one}/"))
    assert "Cancelled here by circulation" in page.text


def test_what_was_over_already_is_told_so_with_alma_s_code(desk, emulator):
    one = emulator.requests("waiting")[0]
    first, second = form(desk, one), form(desk, one)
    send(desk, first, **SAID)
    late = read(send(desk, second, **SAID))
    assert "It was over already: nothing was cancelled" in late.text
    assert "401694" in late.text
    assert "Tracking ID" in late.text
    assert list(Change.objects.order_by("pk").values_list("state", flat=True)) == ["done", "failed"]


@pytest.mark.parametrize(("kind", "when"), [("drop", "after"), ("503", "after"), ("500", "after")])
def test_when_the_answer_is_lost_the_portal_looks_and_says_what_it_found(desk, emulator, kind, when):
    one = emulator.requests("waiting")[0]
    page = form(desk, one)
    emulator.faults.add(kind=kind, method="DELETE", when=when)
    assert "Cancelled: Alma has the request no more" in read(send(desk, page, **SAID)).text
    assert Change.objects.get().state == "done"


def test_also_where_what_it_finds_is_kept_as_history(desk, keeps):
    page = form(desk, keeps.requests("waiting")[0])
    keeps.faults.add(kind="drop", method="DELETE", when="after")
    assert "Cancelled: Alma keeps it as over" in read(send(desk, page, **SAID)).text
    assert Change.objects.get().state == "done"


def test_when_it_is_still_there_nobody_claims_anything_and_the_portal_goes_on_looking(desk, emulator, clock):
    one = emulator.requests("waiting")[0]
    page = form(desk, one)
    emulator.faults.add(kind="503", method="DELETE")
    told = send(desk, page, **SAID)
    assert "Nobody knows yet whether Alma did it" in read(told).text
    assert "No answer came" not in read(told).text, "one came: 503"
    assert "ROUTING_ERROR" in read(told).text
    assert "The portal looked: the request is still there." in read(told).text
    assert len(deletes(emulator)) == 1
    change = Change.objects.get()
    assert change.state == "unsure"
    assert "Cancel a request" in read(form(desk, one)).text
    send(desk, form(desk, one), **SAID)  # somebody else does it
    clock.time += 60
    following.look_again()
    change.refresh_from_db()
    assert change.state == "done"


def test_asked_what_became_of_it_the_change_says_a_minute_later_that_nothing_did(desk, emulator, clock):
    one = emulator.requests("waiting")[0]
    page = form(desk, one)
    emulator.faults.add(kind="drop", method="DELETE")
    send(desk, page, **SAID)
    change = Change.objects.get()
    told = read(desk.post(f"/changes/{change.pk}/look/", follow=True))
    assert "Nobody knows whether Alma did it" in told.text, "it may still be under way"
    clock.time += 61
    told = read(desk.post(f"/changes/{change.pk}/look/", follow=True))
    assert "the request is as it was before" in told.text


def test_what_alma_refuses_stays_in_the_form(desk, emulator):
    one = emulator.requests("waiting")[0]
    page = form(desk, one)
    emulator.faults.add(kind="403html", method="DELETE")
    told = send(desk, page, **SAID)
    assert told.status_code == 403
    assert "Nothing was cancelled." in read(told).text
    assert "Cancelled" in read(send(desk, told, **SAID)).text


def test_of_what_is_said_yes_to_and_still_there_the_portal_goes_on_looking(desk, emulator, transport):
    one = emulator.requests("waiting")[0]
    page, ask = form(desk, one), transport._call
    transport._call = lambda request: (204, {}, b"") if request.method == "DELETE" else ask(request)
    assert "Alma said yes, and still has the request" in read(send(desk, page, **SAID)).text
    change = Change.objects.get()
    assert (change.state, change.look_at is not None) == ("going", True)
    assert "being cancelled" in read(desk.get("/changes/")).one("tbody").text


def test_what_stands_on_the_hold_shelf_is_warned_of_and_what_is_alma_s_own_refused(desk, emulator):
    assert "It stands on the hold shelf" in read(form(desk, emulator.requests("shelf")[0])).text
    page = read(form(desk, emulator.requests("internal")[0]))
    assert "It is Alma's own work on the item and nobody's request." in page.text
    assert page.all("textarea") == []


def test_that_who_else_waits_cannot_be_read_is_no_reason_not_to_cancel(desk, emulator):
    one = emulator.requests("waiting")[0]
    emulator.faults.add(kind="403html", path="/bibs/*")
    page = form(desk, one)
    assert "Who else waits could not be read" in read(page).text
    assert "Cancelled" in read(send(desk, page, **SAID)).text


def test_a_person_with_a_slash_in_the_id_is_reached_by_the_title(desk, emulator):
    one = emulator.requests("waiting")[0]
    emulator.set_request(one, emulator.request(one) | {"user_primary_id": "a/b"})
    send(desk, form(desk, one), **SAID)
    assert deletes(emulator)[0].path.startswith("/bibs/")
    with pytest.raises(KeyError):
        emulator.request(one)


def test_where_the_codes_cannot_be_read_one_is_typed(desk, emulator):
    emulator.faults.add(kind="403html", path="/conf/*", count=None)
    page = form(desk, emulator.requests("waiting")[0])
    assert read(page).by_id("id_reason").tag == "input"
    assert "Cancelled" in read(send(desk, page, **SAID)).text


def test_the_form_of_another_request_and_a_forged_one_are_refused(desk, emulator):
    first, second = emulator.requests("waiting")[:2]
    page = form(desk, first)
    assert send(desk, page, f"/circulation/requests/{second}/cancel/", **SAID).status_code == 400
    assert desk.post(f"/circulation/requests/{first}/cancel/", {"carried": "x"}).status_code == 400
    assert deletes(emulator) == []
