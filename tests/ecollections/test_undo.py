"""Taking a change back: by the same road as any edit, looked over first, and written down with what it took back."""

import json
from itertools import product

import pytest

from almaportal.changes.models import Change
from tests.ecollections.filling import fill, form_of, send, values
from tests.ecollections.no_tables import _no_code_tables as _no_code_tables
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

KINDS = ("collection", "service", "portfolio")


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def edited(editor, tree, put):
    """edited("portfolio", public_note="x"): the change of an edit by the form; "before" stood in its public note."""

    def make(kind="portfolio", **typed):
        put(kind, public_note="before", nobody_knows={"a": [1]})
        typed = typed or {"public_note": "after"}
        response = fill(editor, f"{tree[kind]}edit/", {f"{kind}-{name}": text for name, text in typed.items()})
        assert response.status_code == 302, read(response).text
        return Change.objects.latest("pk")

    return make


def preview(client, change):
    return client.get(f"/changes/{change.pk}/undo/")


def undo(client, change, **chosen):
    page = preview(client, change)
    assert page.status_code == 200
    return send(client, page, **chosen)


def puts(emulator):
    return [json.loads(call.body) for call in emulator.calls if call.method == "PUT"]


# --- Of an edit


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_is_taken_back(editor, tree, emulator, edited, kind):
    change = edited(kind)
    assert emulator.record(kind, tree.id_of(kind))["public_note"] == "after"
    response = undo(editor, change)
    assert response.status_code == 302, read(response).text
    assert emulator.record(kind, tree.id_of(kind))["public_note"] == "before"
    assert "Saved" in read(editor.get(response.url)).text


def test_it_is_looked_over_first_and_nothing_is_sent_until_then(editor, emulator, edited):
    change = edited()
    emulator.calls.clear()
    page = read(preview(editor, change))
    assert f"Undo change {change.pk}" in page.text
    assert page.rows == [["Public note", "after", "before"]]
    assert [call.method for call in emulator.calls] == ["GET"]
    assert Change.objects.count() == 1


def test_it_costs_one_call_to_look_and_two_to_save(editor, emulator, edited):
    change = edited()
    emulator.calls.clear()
    undo(editor, change)
    assert [call.method for call in emulator.calls] == ["GET", "GET", "PUT"]


def test_the_log_links_both_ways(editor, edited):
    change = edited()
    undo(editor, change)
    back = Change.objects.latest("pk")
    assert back.undoes == change
    assert f"Undo of change {change.pk}" in back.reason
    later, earlier = (read(editor.get(f"/changes/{one.pk}/")) for one in (back, change))
    assert later.links[f"undo of change {change.pk}"] == f"/changes/{change.pk}/"
    assert earlier.links[f"undone by change {back.pk}"] == f"/changes/{back.pk}/"
    assert f"(undo of {change.pk})" in read(editor.get("/changes/")).one("tbody").text


def test_what_others_changed_since_in_other_fields_stays(editor, tree, emulator, edited, put):
    change = edited()
    put("portfolio", authentication_note="theirs", also_unknown=[1])
    assert undo(editor, change).status_code == 302
    record = emulator.record("portfolio", tree.portfolio_id)
    assert record["public_note"] == "before"
    assert record["authentication_note"] == "theirs"


def test_what_nobody_knows_is_sent_back_as_it_was(editor, emulator, edited):
    undo(editor, edited())
    assert puts(emulator)[-1]["nobody_knows"] == {"a": [1]}


def test_every_field_of_the_change_is_taken_back_and_no_other(editor, tree, emulator, edited):
    was = emulator.record("portfolio", tree.portfolio_id)
    change = edited(public_note="after", internal_description="D", **{"linking_details.static_url_override": ""})
    undo(editor, change)
    now = emulator.record("portfolio", tree.portfolio_id)
    for name in ("internal_description", "authentication_note", "availability"):
        assert (now.get(name) or "") == (was.get(name) or ""), name
    assert now["public_note"] == "before"
    assert len(Change.objects.latest("pk").fields) == len(change.fields)


def test_rows_are_taken_back_with_what_stood_in_them(editor, tree, emulator, put):
    put("portfolio", notes=[{"content": "one", "type": "T", "created_by": "me"}, {"content": "two"}])
    page = editor.get(f"{tree.portfolio}edit/")
    page = send(editor, page, f"{tree.portfolio}edit/", remove_row="portfolio-notes-0")
    assert send(editor, page, f"{tree.portfolio}edit/").status_code == 302
    assert [note["content"] for note in emulator.record("portfolio", tree.portfolio_id)["notes"]] == ["two"]
    undo(editor, Change.objects.latest("pk"))
    notes = emulator.record("portfolio", tree.portfolio_id)["notes"]
    assert [note["content"] for note in notes] == ["one", "two"]
    assert notes[0]["created_by"] == "me"


# --- Something changed since


def test_a_field_that_was_changed_since_is_asked_for(editor, tree, emulator, edited, put):
    change = edited()
    put("portfolio", public_note="newer")
    page = read(preview(editor, change))
    asked = page.one("fieldset", "choice")
    assert asked.one("legend").text == "Public note"
    choices = [[span.text for span in one.all("span", "long")] for one in asked.all("label")]
    assert choices == [["newer"], ["before"]]
    assert [one.one("b").text for one in asked.all("label")] == ["Theirs, in Alma now", "As it was before the change"]
    refused = undo(editor, change)
    assert refused.status_code == 422
    assert "Nothing was sent" in read(refused).text
    assert len(puts(emulator)) == 1
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "newer"


def test_as_it_was_before_the_change_can_be_chosen(editor, tree, emulator, edited, put):
    change = edited()
    put("portfolio", public_note="newer")
    assert undo(editor, change, **{"portfolio-choice-public_note": "mine"}).status_code == 302
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "before"


def test_theirs_can_be_chosen_and_the_other_fields_are_taken_back(editor, tree, emulator, edited, put):
    change = edited(public_note="after", authentication_note="after too")
    put("portfolio", public_note="newer")
    assert undo(editor, change, **{"portfolio-choice-public_note": "theirs"}).status_code == 302
    record = emulator.record("portfolio", tree.portfolio_id)
    assert record["public_note"] == "newer"
    assert record["authentication_note"] != "after too"


def test_a_field_that_is_changed_while_one_looks_is_asked_for_too(editor, tree, emulator, edited, put):
    page = preview(editor, edited())
    put("portfolio", public_note="newest")
    response = send(editor, page)
    assert response.status_code == 409
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "newest"
    assert "newest" in read(response).text
    chosen = {"portfolio-choice-public_note": "mine"}
    assert send(editor, response, **chosen).status_code == 302
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "before"
    assert Change.objects.latest("pk").undoes_id


# --- Again, and of what cannot be


def test_an_undo_can_be_undone(editor, tree, emulator, edited):
    undo(editor, edited())
    undo(editor, Change.objects.latest("pk"))
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "after"
    assert Change.objects.count() == 3


def test_undone_twice_there_is_nothing_to_change(editor, emulator, edited):
    change = edited()
    undo(editor, change)
    page = preview(editor, change)
    assert "Nothing would change" in read(page).text
    response = send(editor, page)
    assert response.url.endswith("?unchanged=1")
    assert len(puts(emulator)) == 2
    assert Change.objects.count() == 2


def test_a_change_that_failed_is_not_offered_and_its_address_does_nothing(editor, tree, emulator):
    emulator.faults.add(kind="403html", method="PUT")
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-public_note": "after"})
    change = Change.objects.get()
    assert change.state == "failed"
    assert "Undo…" not in read(editor.get(f"/changes/{change.pk}/")).links
    response = preview(editor, change)
    assert response.url == f"/changes/{change.pk}/"
    assert len(puts(emulator)) == 1


def test_what_nobody_knows_to_have_happened_is_not_undone(editor, edited):
    change = edited()
    for action, state in product(("edit", "create", "delete"), ("sent", "unsure", "failed")):
        Change.objects.update(action=action, state=state, record={"public_note": "x"})
        assert preview(editor, change).url == f"/changes/{change.pk}/", (action, state)
        offered = set(read(editor.get(f"/changes/{change.pk}/")).links)
        assert not {"Undo…", "Delete it…", "Make it again…"} & offered, (action, state)


def test_what_alma_did_by_itself_is_not_taken_back(editor, tree, emulator, edited):
    change = edited()
    other = {"path": "internal_description", "before": "was", "after": "by itself", "by_alma": True}
    Change.objects.filter(pk=change.pk).update(fields=[*change.fields, other])
    undo(editor, change)
    record = emulator.record("portfolio", tree.portfolio_id)
    assert record["public_note"] == "before"
    assert record.get("internal_description", "") != "was"


def test_what_alma_ignored_is_nothing_to_take_back(editor, edited):
    change = edited()
    entry = {"path": "public_note", "before": "same", "after": "same", "asked": "other"}
    Change.objects.filter(pk=change.pk).update(fields=[entry])
    assert preview(editor, change).url == f"/changes/{change.pk}/"


def test_an_undo_of_a_record_that_is_gone_says_so(editor, tree, edited):
    change = edited()
    send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    response = preview(editor, change)
    assert response.status_code == 404
    assert "Alma has no such record" in read(response).text


def test_alma_down_while_looking_over_is_said_and_no_kept_copy_is_used(editor, tree, emulator, edited):
    change = edited()
    editor.get(tree.portfolio)
    emulator.faults.add(kind="drop", method="GET", count=None)
    assert preview(editor, change).status_code == 502


def test_an_undo_that_alma_refuses_is_said_and_written_down(editor, emulator, edited):
    change = edited()
    page = preview(editor, change)
    emulator.faults.add(kind="403html", method="PUT")
    response = send(editor, page)
    assert response.status_code == 403
    assert "Alma does not let this portal in" in read(response).text
    assert Change.objects.latest("pk").state == "failed"
    change_page = read(editor.get(f"/changes/{change.pk}/"))
    assert "undone by" not in change_page.text


def test_from_the_preview_one_can_go_back_to_the_form_with_the_old_values(editor, tree, edited):
    page = preview(editor, edited())
    form = send(editor, page, form="1")
    assert form.status_code == 200
    assert values(form_of(form))["portfolio-public_note"] == "before"
    assert send(editor, form, f"{tree.portfolio}edit/").status_code == 302


def test_only_who_may_change_records_may_undo(sign_in, edited, emulator):
    change = edited()
    emulator.calls.clear()
    for role in ("viewer", "circulation"):
        assert preview(sign_in(role), change).status_code == 403
    assert emulator.calls == []


def test_a_change_that_is_none_is_not_found(editor):
    assert editor.get("/changes/1/undo/").status_code == 404
    assert editor.get("/changes/999999999999999999/undo/").status_code == 404


def test_undo_by_a_post_is_refused(editor, edited):
    assert editor.post(f"/changes/{edited().pk}/undo/").status_code == 405


# --- Of what was made, and of what was deleted


def test_what_was_made_is_taken_back_by_deleting_it(editor, emulator):
    response = fill(editor, "/ecollections/new/", {"collection-public_name": "New one", "collection-type": "0"})
    change = Change.objects.get()
    assert read(editor.get(f"/changes/{change.pk}/")).links["Delete it…"] == f"/changes/{change.pk}/undo/"
    page = preview(editor, change)
    assert page.url.partition("?")[0] == f"{response.url.partition('?')[0]}delete/"
    assert send(editor, editor.get(page.url), page.url).status_code == 302
    assert change.record_id not in emulator.collections()


@pytest.fixture
def deleted(editor, tree, put, clock):
    put("portfolio", public_note="kept <b>note</b>", nobody_knows=1)
    send(editor, editor.get(f"{tree.portfolio}delete/"), f"{tree.portfolio}delete/")
    clock.time += 5
    change = Change.objects.get()
    editor.get(f"/changes/{change.pk}/")
    return change


def test_what_was_deleted_is_made_again_from_what_was_kept(editor, tree, emulator, deleted):
    assert read(editor.get(f"/changes/{deleted.pk}/")).links["Make it again…"] == f"/changes/{deleted.pk}/undo/"
    address = preview(editor, deleted).url
    assert address.startswith(f"{tree.service}portfolios/new/?")
    page = editor.get(address)
    assert values(form_of(page))["portfolio-public_note"] == "kept <b>note</b>"
    mms = deleted.record["resource_metadata"]["mms_id"]["value"]
    assert values(form_of(page))["portfolio-resource_metadata.mms_id"] == mms
    response = send(editor, send(editor, page, address), address)
    assert response.status_code == 302, read(response).text
    new = Change.objects.latest("pk")
    assert new.record_id != deleted.record_id
    assert emulator.record("portfolio", new.record_id)["public_note"] == "kept <b>note</b>"
    assert [call.method for call in emulator.calls if call.method != "GET"][:2] == ["DELETE", "POST"]


def test_the_log_says_which_delete_was_made_good(editor, deleted):
    address = preview(editor, deleted).url
    send(editor, send(editor, editor.get(address), address), address)
    new = Change.objects.latest("pk")
    assert new.undoes == deleted
    assert read(editor.get(f"/changes/{deleted.pk}/")).links[f"undone by change {new.pk}"] == f"/changes/{new.pk}/"


def test_the_log_says_which_creation_was_taken_back(editor, clock):
    fill(editor, "/ecollections/new/", {"collection-public_name": "New one", "collection-type": "0"})
    change = Change.objects.get()
    address = preview(editor, change).url
    send(editor, editor.get(address), address)
    gone = Change.objects.latest("pk")
    clock.time += 5
    editor.get(f"/changes/{gone.pk}/")
    assert gone.undoes == change
    assert read(editor.get(f"/changes/{change.pk}/")).links[f"undone by change {gone.pk}"] == f"/changes/{gone.pk}/"


def test_a_creation_whose_record_is_gone_is_said_to_be(editor, clock):
    fill(editor, "/ecollections/new/", {"collection-public_name": "New one", "collection-type": "0"})
    change = Change.objects.get()
    address = preview(editor, change).url
    send(editor, editor.get(address), address)
    assert editor.get(preview(editor, change).url).status_code == 404


def test_a_forged_number_of_the_change_to_take_back_is_harmless(editor, tree, edited):
    change = edited()
    for odd in ("x", "-1", "²", "٣", "9" * 30, "%00", "", "999999"):
        assert editor.get(f"{tree.portfolio}delete/?undoes={odd}").status_code == 200, odd
    address = f"{tree.service}delete/?undoes={change.pk}"
    assert editor.get(address).status_code == 200
