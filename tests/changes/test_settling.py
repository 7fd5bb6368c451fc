"""A change whose outcome nobody knows: one button asks Alma, and the log says what it answered."""

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.changes.models import Change
from tests.ecollections.conftest import put as put
from tests.ecollections.conftest import tree as tree
from tests.ecollections.filling import send
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


def unsure(tree, action="edit", **more):
    """As the portal leaves it when the answer was lost and nobody could look."""
    fields = [
        {"path": "public_note", "before": "", "after": "New"},
        {"path": "internal_description", "before": None, "after": "New too"},
    ]
    ids = [tree.collection_id, tree.service_id, tree.portfolio_id]
    own = {"record_id": ids[-1], "ids": ids, "fields": fields, "kind": "portfolio", "title": "T"} | more
    return Change.objects.create(at=alma_clock.moment(), action=action, state="unsure", **own)


def ask(editor, change):
    """Press the button on the change's page; the page that follows."""
    page = editor.get(f"/changes/{change.pk}/")
    response = send(editor, page)
    assert response.status_code == 302
    change.refresh_from_db()
    return read(editor.get(response.url))


def test_an_edit_that_stands_in_alma_is_done(editor, tree, put, emulator):
    put("portfolio", public_note="New", internal_description="New too")
    change = unsure(tree)
    assert "Done" in ask(editor, change).text
    assert change.state == "done"
    assert [call.method for call in emulator.calls] == ["GET"]


def test_an_edit_of_which_nothing_stands_in_alma_was_never_made(editor, tree):
    change = unsure(tree)
    page = ask(editor, change)
    assert "Refused: nothing was changed" in page.text
    assert "the record is as it was before" in page.text
    assert change.state == "failed"


def test_an_edit_of_which_a_part_stands_in_alma_is_left_to_a_person(editor, tree, put):
    put("portfolio", public_note="New")
    change = unsure(tree)
    assert "part of it stands in Alma" in ask(editor, change).text
    assert change.state == "unsure"


def test_a_delete_is_done_when_the_record_is_gone(editor, tree, emulator, transport, clock):
    change = unsure(tree, "delete", record={"id": "1"}, fields=[])
    ask(editor, change)
    assert change.state == "unsure", "it is still there"
    emulator.store.remove_portfolio(int(tree.portfolio_id), "retain")
    clock.time += 3600
    page = read(editor.get(f"/changes/{change.pk}/"))  # followed from then on, like any other delete
    assert "Deleted: Alma has no such record any more" in page.text


def test_a_new_record_is_done_when_exactly_one_is_there_that_was_not_before(editor, tree, emulator):
    mms = emulator.record("portfolio", tree.portfolio_id)["resource_metadata"]["mms_id"]["value"]
    above = [tree.collection_id, tree.service_id]
    change = unsure(tree, "create", ids=above, record_id="", looked={"key": mms, "known": []}, fields=[])
    ask(editor, change)
    assert (change.state, change.record_id) == ("done", tree.portfolio_id)


def test_when_alma_cannot_be_asked_nothing_is_concluded(editor, tree, emulator):
    change = unsure(tree)
    page = editor.get(f"/changes/{change.pk}/")
    emulator.faults.add(kind="503", count=None)
    assert send(editor, page).status_code == 502
    change.refresh_from_db()
    assert change.state == "unsure"


def test_only_what_is_unsure_is_asked_about(editor, tree, emulator):
    change = unsure(tree)
    Change.objects.update(state="done")
    assert editor.post(f"/changes/{change.pk}/look/").status_code == 302
    assert emulator.calls == []
    assert read(editor.get(f"/changes/{change.pk}/")).all("form", action=f"/changes/{change.pk}/look/") == []


def test_who_may_see_changes_and_not_change_records_may_not_ask(editor, tree, emulator, monkeypatch):
    from almaportal.accounts import roles

    monkeypatch.setitem(roles.ROLES, "e-resources", {roles.VIEW_ECOLLECTIONS, roles.VIEW_CHANGES})
    change = unsure(tree)
    assert editor.post(f"/changes/{change.pk}/look/").status_code == 403
    assert emulator.calls == []
