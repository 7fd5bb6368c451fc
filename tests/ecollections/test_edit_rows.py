"""Repeated fields in the form: adding and removing rows, what they say, and what stays of them."""

import pytest

from almaportal.alma.records import code, dig
from almaportal.changes.models import Change
from tests.ecollections import test_edit
from tests.ecollections.filling import form_of, send, values
from tests.ecollections.test_edit import (
    KINDS,
    change,
    puts,
    record_of,
    untouched,
)
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

code_answers, keep_codes = test_edit.code_answers, test_edit.keep_codes
editor, local = test_edit.editor, test_edit.local

LOCAL = "coverage_details.local_date_coverage_parameters"
EMBARGO = "coverage_details.local_embargo_information"
NOTES = [
    {"content": "One", "creation_date": "2024-02-29Z", "created_by": "ann", "type": "LICENSE", "odd": {"a": [None]}},
    {"content": "Two\nlines", "creation_date": "2025-01-01z", "created_by": "bob", "type": "", "odd": 2},
    {"content": "Three", "creation_date": None, "created_by": "", "type": {}, "odd": "x"},
]


def press(client, page, name, value, address="", **typed):
    """Press a button of the form that saves nothing."""
    return send(client, page, address, **{name: value}, **typed)


def names(response, start):
    """The controls of the rows of a field."""
    return [name for name in values(form_of(response)) if name.startswith(start) and not name.endswith("-rows")]


@pytest.fixture
def with_notes(tree, emulator):
    for kind in KINDS:
        change(emulator, tree, kind, notes=NOTES)


# --- adding and removing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "first"), [("collection", "number", "type"), ("portfolio", LOCAL, "from_year")]
)
def test_add_a_row_shows_an_empty_one_and_sends_nothing(editor, tree, emulator, kind, path, first):
    name = f"{kind}-{path}"
    page = editor.get(f"{tree[kind]}edit/")
    assert names(page, name) == []
    emulator.calls.clear()
    one = press(editor, page, "add_row", name, **{f"{kind}-public_note": "Typed", "reason": "R"})
    two = press(editor, one, "add_row", name, **{f"{name}-0-{first}": "1999"})
    assert emulator.calls == []
    typed = values(form_of(two))
    assert (typed[f"{name}-0-{first}"], typed[f"{name}-1-{first}"]) == ("1999", "")
    assert (typed[f"{name}-0-origin"], typed[f"{name}-1-origin"]) == ("", "")
    assert (typed[f"{kind}-public_note"], typed["reason"]) == ("Typed", "R")
    assert "autofocus" in read(two).by_id(f"{name}-1-{first}").attrs
    assert not Change.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_row_is_saved_after_those_that_are_there(editor, tree, emulator, with_notes, kind):
    page = press(editor, editor.get(f"{tree[kind]}edit/"), "add_row", f"{kind}-notes")
    assert send(editor, page, **{f"{kind}-notes-3-content": "Four"}).status_code == 302
    [body] = puts(emulator)
    assert body["notes"] == [*NOTES, {"content": "Four"}]


@pytest.mark.parametrize(("kind", "gone"), [("collection", 1), ("service", 2), ("portfolio", 0)])
def test_a_removed_row_is_gone_and_the_others_stay_whole(editor, tree, emulator, with_notes, kind, gone):
    page = press(editor, editor.get(f"{tree[kind]}edit/"), "remove_row", f"{kind}-notes-{gone}")
    assert puts(emulator) == []
    assert len(names(page, f"{kind}-notes-")) == 2 * 3
    buttons = read(page).all("button", name="add_row", value=f"{kind}-notes")
    assert "autofocus" in buttons[0].attrs
    assert send(editor, page).status_code == 302
    [body] = puts(emulator)
    assert body["notes"] == [note for n, note in enumerate(NOTES) if n != gone]


def test_all_rows_removed_is_an_empty_list(editor, tree, emulator, with_notes):
    page = editor.get(f"{tree.portfolio}edit/")
    for n in range(3):
        page = press(editor, page, "remove_row", f"portfolio-notes-{n}")
    send(editor, page)
    assert puts(emulator)[0]["notes"] == []
    assert record_of(emulator, tree, "portfolio")["notes"] == []


def test_a_removed_row_of_which_the_number_is_taken_again_does_not_come_back(editor, tree, emulator, with_notes):
    page = press(editor, editor.get(f"{tree.portfolio}edit/"), "remove_row", "portfolio-notes-2")
    page = press(editor, page, "add_row", "portfolio-notes")
    send(editor, page, **{"portfolio-notes-2-content": "New"})
    assert puts(emulator)[0]["notes"] == [*NOTES[:2], {"content": "New"}]


def test_a_changed_row_keeps_what_only_alma_knows(editor, tree, emulator, with_notes):
    page = editor.get(f"{tree.portfolio}edit/")
    send(editor, page, **{"portfolio-notes-1-content": "New"})
    [body] = puts(emulator)
    assert body["notes"] == [NOTES[0], NOTES[1] | {"content": "New"}, NOTES[2]]
    assert [row["created_by"] for row in record_of(emulator, tree, "portfolio")["notes"]] == ["ann", "bob", ""]


def test_a_row_that_was_emptied_is_left_out(editor, tree, emulator):
    change(emulator, tree, "portfolio", number=[{"type": "A", "value": "1"}, {"type": "B", "value": "2"}])
    page = editor.get(f"{tree.portfolio}edit/")
    send(editor, page, **{"portfolio-number-0-type": "", "portfolio-number-0-value": " "})
    assert puts(emulator)[0]["number"] == [{"type": "B", "value": "2"}]


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("notes", [{"content": None}, {"content": "One"}]),
        ("notes", [{"content": "One"}, {}, {"content": ""}]),
        ("number", [{}]),
        ("group_settings", [{"group": {}}]),
        (LOCAL, [{"from_year": "1999"}, {}]),
        (LOCAL, [{"from_year": ""}]),
    ],
)
def test_rows_that_say_nothing_are_not_removed_behind_ones_back(editor, tree, emulator, path, rows):
    change(emulator, tree, "portfolio", **{path.replace(".", "__"): rows})
    response = untouched(editor, f"{tree.portfolio}edit/")
    assert response.url == f"{tree.portfolio}?unchanged=1"
    assert puts(emulator) == []


def test_a_row_that_says_something_unknown_to_the_portal_stays(editor, tree, emulator):
    change(emulator, tree, "portfolio", notes=[{"created_by": "ann", "odd": 1}, {"content": "One"}])
    send(editor, editor.get(f"{tree.portfolio}edit/"), **{"portfolio-notes-1-content": "Two"})
    assert puts(emulator)[0]["notes"] == [{"created_by": "ann", "odd": 1}, {"content": "Two"}]


def test_an_added_row_that_nobody_filled_in_is_no_change(editor, tree, emulator, with_notes):
    page = press(editor, editor.get(f"{tree.collection}edit/"), "add_row", "collection-group_settings")
    page = press(editor, page, "add_row", "collection-notes")
    assert send(editor, page).url == f"{tree.collection}?unchanged=1"
    assert puts(emulator) == []


@pytest.mark.parametrize("origin", ["7", "-1", "x", "0x1", "٣", "1" * 5000, ""])
def test_a_forged_origin_of_a_row_is_a_new_row(editor, tree, emulator, origin):
    page = editor.get(f"{tree.portfolio}edit/")
    row = {"portfolio-notes-0-origin": origin, "portfolio-notes-0-content": "New"}
    assert send(editor, page, **row).status_code == 302
    assert puts(emulator)[0]["notes"] == [{"content": "New"}]


@pytest.mark.parametrize(
    ("button", "value"),
    [
        ("add_row", "portfolio-no_such_field"),
        ("add_row", f"portfolio-{EMBARGO}"),
        ("add_row", "collection-notes"),
        ("remove_row", "portfolio-notes-99"),
        ("remove_row", "portfolio"),
        ("zone_value", "portfolio-nothing"),
        ("preview", "\x00"),
    ],
)
def test_a_button_of_a_forged_form_changes_nothing(editor, tree, emulator, with_notes, button, value):
    page = editor.get(f"{tree.portfolio}edit/")
    response = press(editor, page, button, value)
    assert response.status_code == 200
    assert values(form_of(response))["portfolio-notes-2-content"] == "Three"
    assert puts(emulator) == []


@pytest.mark.parametrize(("button", "value"), [("add_row", "portfolio-notes"), ("preview", "1")])
def test_what_was_typed_wrongly_is_kept_and_not_scolded_by_the_buttons(editor, tree, emulator, button, value):
    page = press(editor, editor.get(f"{tree.portfolio}edit/"), "add_row", f"portfolio-{LOCAL}")
    wrong = {
        "portfolio-activation_date": "yesterday",
        "portfolio-linking_details.static_url_override": "javascript:alert(1)",
        f"portfolio-{LOCAL}-0-from_year": "MCMXC",
        f"portfolio-{EMBARGO}-0-number_of_years": "x",
    }
    response = press(editor, page, button, value, **wrong)
    assert response.status_code == 200
    typed = values(form_of(response))
    assert {name: typed[name] for name in wrong} == wrong
    assert read(response).all("ul", cls="errorlist") == []
    assert puts(emulator) == []
    assert send(editor, response).status_code == 422


def test_buttons_of_a_form_for_two_records_are_about_their_own(editor, tree, emulator):
    address = f"{tree.collection}edit/?with={tree.service_id}"
    page = press(editor, editor.get(address), "add_row", "service-notes", address)
    assert names(page, "collection-notes") == []
    response = send(editor, page, address, **{"service-notes-0-content": "S", "collection-public_note": "C"})
    assert response.status_code == 302
    assert record_of(emulator, tree, "service")["notes"] == [{"content": "S"}]
    assert record_of(emulator, tree, "collection")["public_note"] == "C"


# --- groups --------------------------------------------------------------------------------------------------------


def test_a_group_says_what_it_needs(editor, tree, emulator):
    page = press(editor, editor.get(f"{tree.collection}edit/"), "add_row", "collection-group_settings")
    response = send(editor, page, **{"collection-group_settings-0-public_note": "For whom?"})
    assert response.status_code == 422
    assert "Groups: User group: This cannot be empty." in read(response).by_id("wrong").text
    assert puts(emulator) == []
    name = "collection-group_settings-0"
    typed = {f"{name}-group": "STAFF", f"{name}-proxy_enabled": "true", f"{name}-proxy": "PROXY_OLD"}
    assert send(editor, response, **typed).status_code == 302
    [row] = record_of(emulator, tree, "collection")["group_settings"]
    assert {cell: code(row[cell]) for cell in ("group", "proxy", "public_note")} == {
        "group": "STAFF",
        "proxy": "PROXY_OLD",
        "public_note": "For whom?",
    }


def test_a_changed_group_keeps_its_linking_parameters(editor, tree, emulator):
    row = {"group": {"value": "STAFF"}, "linking_parameters": [{"code": "CUSTID", "value": "1"}], "public_note": "Old"}
    change(emulator, tree, "collection", group_settings=[row])
    send(editor, editor.get(f"{tree.collection}edit/"), **{"collection-group_settings-0-public_note": "New"})
    assert puts(emulator)[0]["group_settings"] == [row | {"public_note": "New"}]


# --- coverage and embargo ------------------------------------------------------------------------------------------


def statement(response, prefix):
    return read(response).by_id(f"{prefix.replace('.', '_')}-statement").text


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({}, "–"),
        ({"from_year": "1990"}, "1990"),
        ({"from_year": "1990", "from_month": "2", "from_day": "3", "until_year": "2001"}, "3 Feb 1990"),
        ({"from_year": "1990", "from_volume": "1", "from_issue": "2"}, "vol. 1"),
        ({"from_year": "what?"}, "what?"),
    ],
)
def test_the_statement_of_coverage_is_previewed(editor, tree, emulator, cells, said):
    name = f"portfolio-{LOCAL}"
    page = press(editor, editor.get(f"{tree.portfolio}edit/"), "add_row", name)
    shown = press(editor, page, "preview", "1", **{f"{name}-0-{cell}": text for cell, text in cells.items()})
    assert shown.status_code == 200
    assert said in statement(shown, f"{name}-0")
    assert puts(emulator) == []


def test_a_month_with_its_description_is_changed_in_place(editor, tree, emulator):
    row = {"from_year": "1990", "from_month": {"value": "1", "desc": "January"}, "until_year": "2001", "odd": 1}
    change(emulator, tree, "portfolio", **{LOCAL.replace(".", "__"): [row, {"from_year": "2005", "from_month": "3"}]})
    page = editor.get(f"{tree.portfolio}edit/")
    name = f"portfolio-{LOCAL}"
    assert statement(page, f"{name}-0").startswith("Jan 1990")
    send(editor, page, **{f"{name}-0-from_month": "2", f"{name}-1-from_month": "4"})
    first, second = dig(puts(emulator)[0], LOCAL)
    assert (code(first["from_month"]), first["odd"], first["until_year"]) == ("2", 1, "2001")
    assert "January" not in str(first)
    assert second == {"from_year": "2005", "from_month": "4"}


@pytest.mark.parametrize("before", [None, {}, {"embargo_operator": {}, "number_of_years": "", "odd": 1}])
def test_an_embargo_is_set_where_there_was_none(editor, tree, emulator, before):
    change(emulator, tree, "portfolio", **{EMBARGO.replace(".", "__"): before})
    name = f"portfolio-{EMBARGO}-0"
    page = editor.get(f"{tree.portfolio}edit/")
    assert statement(page, name) == "–"
    typed = {f"{name}-embargo_operator": ">", f"{name}-number_of_years": "1", f"{name}-number_of_months": "6"}
    shown = press(editor, page, "preview", "1", **typed)
    assert statement(shown, name).endswith("1 year 6 months")
    assert send(editor, shown).status_code == 302
    found = dig(puts(emulator)[0], EMBARGO)
    assert [code(found[cell]) for cell in ("embargo_operator", "number_of_years", "number_of_months")] == [
        ">",
        "1",
        "6",
    ]
    assert found.get("odd") == (before or {}).get("odd")


def test_an_embargo_is_cleared_cell_by_cell(editor, tree, emulator):
    """What is missing in the body Alma leaves alone (facts 2.5)."""
    before = {
        "embargo_operator": {"value": ">", "desc": "More than"},
        "number_of_years": "1",
        "number_of_months": "6",
        "odd": 1,
    }
    change(emulator, tree, "portfolio", **{EMBARGO.replace(".", "__"): before})
    name = f"portfolio-{EMBARGO}-0"
    page = editor.get(f"{tree.portfolio}edit/")
    response = send(editor, page, **{f"{name}-{cell}": "" for cell in before if cell != "odd"})
    assert response.status_code == 302
    found = dig(puts(emulator)[0], EMBARGO)
    assert found == {"embargo_operator": {"value": ""}, "number_of_years": "", "number_of_months": "", "odd": 1}
    assert "did not take" not in read(editor.get(response.url)).text


def test_the_community_zones_coverage_stands_beside_the_local_one(editor, tree, local, emulator):
    rows = [{"from_year": "1977", "until_year": "1988"}]
    embargo = {"embargo_operator": {"value": "<", "desc": "newer than"}, "number_of_years": "3"}
    for place in (tree, local):
        keys = {"global_date_coverage_parameters": rows, "global_embargo_information": embargo}
        change(emulator, place, "portfolio", **{f"coverage_details__{name}": row for name, row in keys.items()})
    page = read(editor.get(f"{tree.portfolio}edit/"))
    assert "1977" in page.by_id(f"portfolio-{LOCAL}-fields").one("div", cls="help").text
    assert "newer than 3 years" in page.by_id(f"portfolio-{EMBARGO}-fields").one("div", cls="help").text
    page = read(editor.get(f"{local.portfolio}edit/"))
    assert page.by_id(f"portfolio-{LOCAL}-fields").all("div", cls="help") == []
    assert (
        values(form_of(editor.get(f"{local.portfolio}edit/")))[
            "portfolio-coverage_details.global_date_coverage_parameters-0-from_year"
        ]
        == "1977"
    )


def test_each_button_of_a_row_says_which_row_it_is_about(editor, tree, emulator, with_notes):
    page = read(editor.get(f"{tree.portfolio}edit/"))
    labels = [one.attrs["aria-label"] for one in page.by_id("portfolio-notes-fields").all("button")]
    assert labels == [*(f"Notes: remove row {n}" for n in (1, 2, 3)), "Notes: add a row"]
