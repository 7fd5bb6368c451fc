"""What Alma answers to a PUT is kept as the record: reading it again right after costs nothing, and is never older."""

import json

import pytest

from almaportal.alma import cache
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaNotFound, AlmaUnreachable
from ecollections.alma import COLLECTION, COLLECTIONS, PORTFOLIO
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import fill
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

HOUR = 3600


@pytest.fixture
def ids(emulator):
    return {"collection_id": emulator.collections()[0]}


def read_fresh(gateway, ids):
    return gateway.get(COLLECTION, ids, fresh_for=HOUR)


def test_the_record_read_after_a_put_costs_no_call_and_is_what_alma_answered(gateway, emulator, ids):
    answer = gateway.put(COLLECTION, ids, {"public_note": "new"})
    found = read_fresh(gateway, ids)
    assert len(emulator.calls) == 1
    assert found.kept
    assert found.data == answer
    assert found.data["public_note"] == "new"
    assert found.old is None


def test_what_is_kept_is_as_old_as_the_answer(gateway, ids, clock):
    gateway.put(COLLECTION, ids, {"public_note": "new"})
    written = clock.time
    clock.time += 60
    assert read_fresh(gateway, ids).read_at.timestamp() == written
    clock.time += HOUR
    assert not read_fresh(gateway, ids).kept


def test_a_put_with_parameters_is_kept_as_the_record_itself(gateway, emulator, ids, settings):
    settings.ALMA_LANG = "de"
    gateway.put(COLLECTION, ids, {"public_note": "new"}, params={"some": "thing"})
    assert read_fresh(gateway, ids).kept
    settings.ALMA_LANG = ""
    assert not read_fresh(gateway, ids).kept


def test_everything_else_of_the_area_is_stale(gateway, emulator, ids):
    other = {"collection_id": emulator.collections()[1]}
    gateway.get(COLLECTIONS, fresh_for=HOUR)
    read_fresh(gateway, other)
    gateway.put(COLLECTION, ids, {"public_note": "new"})
    assert not gateway.get(COLLECTIONS, fresh_for=HOUR).kept
    assert not read_fresh(gateway, other).kept


def during_the_put(transport, what):
    """`what` happens while Alma works on the first PUT."""
    ask_emulator, done = transport._call, []

    def call(request):
        if request.method == "PUT" and not done:
            done.append(True)
            what()
        return ask_emulator(request)

    transport._call = call


def test_when_somebody_else_wrote_meanwhile_the_answer_is_not_fresh(gateway, ids, transport):
    """Another process: which of the two answers is the newer word, nobody knows."""
    during_the_put(transport, lambda: cache.drop("electronic"))
    gateway.put(COLLECTION, ids, {"public_note": "mine"})
    assert not read_fresh(gateway, ids).kept


def test_a_write_in_another_area_does_not_matter(gateway, ids, transport):
    during_the_put(transport, lambda: cache.drop("conf"))
    gateway.put(COLLECTION, ids, {"public_note": "mine"})
    assert read_fresh(gateway, ids).kept


def test_the_next_write_makes_it_stale(gateway, emulator, ids):
    gateway.put(COLLECTION, ids, {"public_note": "one"})
    gateway.put(COLLECTION, {"collection_id": emulator.collections()[1]}, {"public_note": "two"})
    assert not read_fresh(gateway, ids).kept


@pytest.mark.parametrize("verb", ["post", "delete"])
def test_a_post_or_a_delete_keeps_nothing(gateway, emulator, ids, verb):
    if verb == "post":
        made = gateway.post(COLLECTIONS, None, {"public_name": "New", "type": {"value": "0"}})
        assert not read_fresh(gateway, {"collection_id": made["id"]}).kept
        return
    bare = {"collection_id": next(cid for cid in emulator.collections() if not emulator.services(cid))}
    read_fresh(gateway, bare)
    gateway.delete(COLLECTION, bare)
    before = len(emulator.calls)
    with pytest.raises(AlmaNotFound):
        read_fresh(gateway, bare)
    assert len(emulator.calls) == before + 1


def test_a_put_that_failed_keeps_nothing(gateway, emulator, ids):
    before = read_fresh(gateway, ids).data
    emulator.faults.add(kind="403html", method="PUT")
    with pytest.raises(AlmaDenied):
        gateway.put(COLLECTION, ids, {"public_note": "new"})
    found = read_fresh(gateway, ids)
    assert not found.kept
    assert found.data == before


def test_a_put_whose_outcome_nobody_knows_keeps_nothing(gateway, emulator, ids):
    emulator.faults.add(kind="timeout", method="PUT", when="after")
    with pytest.raises(AlmaUnreachable):
        gateway.put(COLLECTION, ids, {"public_note": "new"})
    found = read_fresh(gateway, ids)
    assert not found.kept
    assert found.data["public_note"] == "new"


def test_a_put_that_was_settled_by_a_look_keeps_what_was_seen(gateway, emulator, ids):
    before = gateway.get(COLLECTION, ids).data
    emulator.faults.add(kind="drop", method="PUT", when="after")
    wanted = {**before, "public_note": "new"}
    answer = gateway.put(COLLECTION, ids, wanted, before=before, took=lambda now: now["public_note"] == "new")
    emulator.calls.clear()
    assert read_fresh(gateway, ids).data == answer
    assert answer["public_note"] == "new"
    assert emulator.calls == []


def test_an_answer_without_a_record_is_not_kept_as_one(gateway, ids, transport, emulator):
    ask_emulator = transport._call

    def call(request):
        answer = ask_emulator(request)
        return (200, [("Content-Type", "application/json")], b"{}") if request.method == "PUT" else answer

    transport._call = call
    gateway.put(COLLECTION, ids, {"public_note": "new"})
    found = read_fresh(gateway, ids)
    assert not found.kept
    assert found.data["public_note"] == "new"


def test_the_copy_for_when_alma_is_down_is_the_newest_word(gateway, emulator, ids, clock):
    read_fresh(gateway, ids)
    gateway.put(COLLECTION, ids, {"public_note": "new"})
    clock.time += 2 * HOUR
    emulator.faults.add(kind="503", count=None)
    found = read_fresh(gateway, ids)
    assert found.old is not None
    assert found.data["public_note"] == "new"


@pytest.mark.parametrize(
    ("operation", "ids"),
    [
        ("/users/{user_id}", {"user_id": "u1"}),
        ("/users/{user_id}/requests/{request_id}", {"user_id": "u1", "request_id": "1"}),
        ("/users/{user_id}/loans/{loan_id}", {"user_id": "u1", "loan_id": "1"}),
        ("/bibs/{mms_id}/requests/{request_id}", {"mms_id": "99", "request_id": "1"}),
        ("/bibs/{mms_id}/holdings/{h}/items/{i}/requests/{r}", {"mms_id": "99", "h": "22", "i": "23", "r": "1"}),
        ("/bibs/{mms_id}/holdings/{h}/items/{i}/loans/{l}", {"mms_id": "99", "h": "22", "i": "23", "l": "1"}),
    ],
)
def test_nothing_about_a_person_is_kept_after_a_put(gateway, transport, operation, ids, monkeypatch):
    kept = []
    monkeypatch.setattr(
        "django.core.cache.backends.locmem.LocMemCache.set", lambda *args, **rest: kept.append(args[1:])
    )
    person = json.dumps({"primary_id": "u1", "last_name": "Quillfeather", "user_id": "u1"}).encode()
    transport._call = lambda request: (200, [("Content-Type", "application/json")], person)
    answer = gateway.put(operation, ids, {"last_name": "Quillfeather"})
    assert answer["last_name"] == "Quillfeather"
    assert "Quillfeather" not in str(kept)
    assert gateway.get(operation, ids, fresh_for=HOUR).kept is False


# --- As people meet it


def test_the_page_after_saving_costs_no_call(sign_in, tree, emulator):
    editor = sign_in("e-resources")
    response = fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "A new note"})
    emulator.calls.clear()
    assert "A new note" in read(editor.get(response.url)).text
    assert emulator.calls == []


def test_the_form_opened_again_after_saving_costs_no_call_and_shows_what_alma_has(sign_in, tree, emulator):
    editor = sign_in("e-resources")
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "A new note"})
    emulator.calls.clear()
    assert b"A new note" in editor.get(f"{tree.portfolio}edit/").content
    assert emulator.calls == []


def test_a_new_name_is_known_at_once_on_the_pages_below(sign_in, emulator):
    """The way here of a service names its e-collection; a name that was just given must not wait for the next read."""
    cid = next(
        i for i in emulator.collections() if emulator.record("collection", i)["is_local"] and emulator.services(i)
    )
    editor, service = sign_in("e-resources"), f"/ecollections/{cid}/services/{emulator.services(cid)[0]}/"
    editor.get(f"/ecollections/{cid}/")
    response = fill(editor, f"/ecollections/{cid}/edit/", {"collection-public_name": "Renamed Just Now"})
    assert response.status_code == 302, read(response).text
    editor.get(response.url)
    assert "Renamed Just Now" in read(editor.get(service)).one("nav", "crumbs").text


def test_a_portfolio_is_kept_where_it_was_written(gateway, emulator, tree):
    ids = {"collection_id": tree.collection_id, "service_id": tree.service_id, "portfolio_id": tree.portfolio_id}
    gateway.put(PORTFOLIO, ids, {"public_note": "new"})
    assert gateway.get(PORTFOLIO, ids, fresh_for=HOUR).kept
    assert not gateway.get(PORTFOLIO, ids | {"service_id": "62"}, fresh_for=HOUR).kept


def test_a_job_leaves_alone_what_is_kept_and_forgets_what_it_writes(gateway, ids):
    read_fresh(gateway, ids)
    with calling(Caller(lane="jobs", keeps=False, read_again=True)):
        record = read_fresh(gateway, ids).data
        assert gateway.kept(COLLECTION, ids) is not None
        gateway.put(COLLECTION, ids, record | {"public_note": "new"})
    assert gateway.kept(COLLECTION, ids) is None


def test_a_job_keeps_nothing_that_nobody_kept_before(gateway, ids):
    with calling(Caller(lane="jobs", keeps=False)):
        read_fresh(gateway, ids)
    assert gateway.kept(COLLECTION, ids) is None
