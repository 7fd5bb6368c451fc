"""Editing a record by its form: what is sent, what it costs, and that nothing else changes."""

import json
import re
from copy import deepcopy

import pytest
import requests
from django.conf import settings

from almaportal.alma import cache
from almaportal.alma.records import code, dig, normal
from almaportal.changes.models import Change
from ecollections import alma
from ecollections.edit_views import shown
from ecollections.field import CELLED, ROWS
from ecollections.kinds import BY_NAME
from ecollections.record_form import RecordForm
from tests.ecollections.conftest import Tree
from tests.ecollections.filling import fill, form_of, send, values
from tests.portal.reading import read
from tests.transport import EmulatorAdapter

KINDS = ("collection", "service", "portfolio")
TABLES = (
    *("BooleanYesNo", "BooleanYesNoNumericCode", "CollectionAccessType", "CounterPlatform", "ElectronicBaseStatus"),
    *("ElectronicMaterialType", "IsFree", "PublicAccessModel", "UserGroups"),
)


@pytest.fixture(scope="session")
def code_answers(institution):
    """(path, query) → Alma's answer, for every list of codes that a form needs."""
    adapter, found = EmulatorAdapter(institution.copy(calls_per_second=0)), {}
    lists = [(f"/conf/code-tables/{name}", "") for name in TABLES]
    for path, query in [
        *lists,
        ("/conf/libraries", ""),
        ("/conf/integration-profiles", "type=PROXY_DEFINITION&limit=100"),
    ]:
        url = f"{settings.ALMA_BASE_URL}/almaws/v1{path}?{query}"
        headers = {"Authorization": "apikey demo-all", "Accept": "application/json"}
        found[path, query] = adapter.send(requests.Request("GET", url, headers=headers).prepare()).json()
    return found


@pytest.fixture
def keep_codes(code_answers, clock):
    """keep_codes(): the lists of codes were read just now."""

    def keep():
        for (path, query), answer in code_answers.items():
            cache.save(cache.address(settings.ALMA_BASE_URL, path, query), answer, cache.generation("conf"))

    return keep


@pytest.fixture
def editor(sign_in, keep_codes):
    """Somebody who may edit, on a day when the lists of codes were read already."""
    keep_codes()
    return sign_in("e-resources")


@pytest.fixture
def local(emulator):
    """A local e-collection with a service and portfolios."""
    collection = emulator.collections()[6]
    service = emulator.services(collection)[0]
    return Tree(collection, service, emulator.portfolios(service)[0])


def ids_of(tree, kind):
    return (tree.collection_id, tree.service_id, tree.portfolio_id)[: KINDS.index(kind) + 1]


def record_of(emulator, tree, kind):
    return emulator.record(kind, tree.id_of(kind))


def change(emulator, tree, kind, **keys):
    """Somebody changes the record in Alma itself. Names may hold "__" for a dot."""
    record = record_of(emulator, tree, kind)
    for name, value in keys.items():
        *above, last = name.split("__")
        level = record
        for step in above:
            level[step] = level = level.get(step) or {}
        level[last] = value
    emulator.put_record(kind, tree.id_of(kind), record)


def puts(emulator):
    """The bodies of all PUTs that Alma answered."""
    return [json.loads(call.body) for call in emulator.calls if call.method == "PUT"]


def without(record, *paths):
    """The record but for these paths."""
    left = deepcopy(record)
    for path in paths:
        *above, last = path.split(".")
        level = left
        for step in above:
            level = level.get(step) or {}
        level.pop(last, None)
    return left


def as_sent(ids, record, kind, **typed):
    """What a form sends in which only these fields are touched: rows say where they come from."""
    form = RecordForm(BY_NAME[kind], record, {})
    data = {f"{kind}-shown": shown(ids, form)}
    for rows in form.rows.values():
        data[f"{rows.name}-rows"] = "1"
        data |= {f"{row.prefix}-origin": str(row.origin) for row in rows.rows if row.origin is not None}
    return data | typed


def same_days(record):
    """The record in one spelling, of dates too."""
    return normal(json.loads(re.sub(r'(\d{4}-\d\d-\d\d)z"', r'\1Z"', json.dumps(record))))


# what one types, where the kind of the field does not tell
TYPED = {
    "type": "1",
    "interface.name": "Brackenfold Shelf",
    "language": "fre",
    "number": {"type": "DOI", "value": "10.1000/1"},
    "process_type": "trial",
    "access_type": "current_and_perpetual",
    "public_access_model": "3U",
    "po_line": "POL-1100",
    "license": "LIC-040",
    "counter_platform": "BKF",
    "library": "MUS",
    "resource_metadata.mms_id": "99100000050004711",
    "activation_status": "10",
    "availability": "10",
    "material_type": "VIDEO",
    "service_temporarily_unavailable": "1",
    "link_resolver_plugin": "GENERIC",
    "linking_level": "BOOK",
    "coverage_details.coverage_in_use": "2",
}
ROWS_TYPED = {
    "coverage": {"from_year": "1998", "from_month": "2", "from_day": "3", "from_volume": "1", "until_year": "2001"},
    "embargo": {"embargo_operator": "<", "number_of_years": "2", "number_of_months": "3"},
    "notes": {"content": "New note\nin two lines", "type": "GENERAL"},
    "groups": {"group": "FACULTY", "proxy_enabled": "true", "proxy": "PROXY_OLD", "public_note": "For them"},
    "numbers": {"type": "DOI", "value": "10.1000/1"},
}
BY_KIND = {
    "date": "2031-02-03",
    "url": "https://new.example.org/a?b=1&c=%20",
    "text": "New “text” <b>ü 日",
    "long": "New\ntext",
}
CODES = {"url_type": "dynamic", "url_type_override": "dynamic", "proxy_enabled": "true", "proxy": "PROXY_ALUMNI"}


def typed_for(one, record):
    """A value for the field that is another than it has: a text, or the cells of a row."""
    if one.kind in CELLED:
        return ROWS_TYPED[one.kind]
    if one.kind == "flag":
        return "false" if code(dig(record, one.path)) == "true" else "true"
    last = one.path.rpartition(".")[2]
    if last == "free":
        return "0" if code(dig(record, one.path)) == "1" else "1"
    if last.startswith("crossref"):
        return "true"
    return TYPED.get(one.path) or CODES.get(last) or BY_KIND[one.kind]


def filled(one, kind, record):
    """The names and values of the form that set the field: rows are added after those that are there."""
    wanted = typed_for(one, record)
    if isinstance(wanted, str):
        return {f"{kind}-{one.path}": wanted}
    count = len(dig(record, one.path) or []) if one.kind in ROWS else 0
    prefix = f"{kind}-{one.path}-{count}"
    return {f"{prefix}-origin": ""} | {f"{prefix}-{cell}": text for cell, text in wanted.items()}


def is_there(one, wanted, found):
    """Whether the record's value is what was typed."""
    if isinstance(wanted, str):
        return code(found).removesuffix("Z") == f"{one.prefix}{wanted}"
    last = found[-1] if isinstance(found, list) else found
    return {cell: code(dig(last, cell)) for cell in wanted} == wanted


def settable(kind, is_local):
    return [one for one in BY_NAME[kind].fields.values() if one.is_settable(is_local)]


EACH_FIELD = [
    pytest.param(kind, place, one, id=f"{kind}-{place}-{one.path}")
    for kind in KINDS
    for place in ("zone", "home")
    for one in settable(kind, place == "home")
    if place == "zone" or (one.settable == "local" and not one.overrides)
]
FOLLOWS = {  # what Alma sets with it
    "interface.name": ["interface.vendor"],
    "resource_metadata.mms_id": ["resource_metadata.title", "resource_metadata.author"],
    "linking_details.static_url": ["linking_details.url"],
    "linking_details.static_url_override": ["linking_details.url"],
}
UNKNOWN = {"new_key": {"of": ["Alma", None]}, "another": None}


# --- an untouched form ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["zone", "home"])
def test_a_form_that_nobody_touched_changes_nothing(editor, tree, local, emulator, kind, where):
    place = tree if where == "zone" else local
    response = fill(editor, f"{place[kind]}edit/", {})
    assert response.status_code == 302
    assert response.url == f"{place[kind]}?unchanged=1"
    assert puts(emulator) == []
    assert not Change.objects.exists()
    assert "Nothing differs from what Alma has" in read(editor.get(response.url)).text


EMPTY = {
    "null": None,
    "object": {},
    "text": "",
    "blank": "  ",
    "value-null": {"value": None},
    "old": {"value": "", "desc": None},
}
ODD_TEXT = " \t Two\r\nlines\rand\tmore\x07\x1f \n"
ODD_ROWS = {
    "coverage": [
        {"from_year": "1990", "from_month": {"value": "2", "desc": "February"}, "from_day": None, "odd": {"a": [1]}},
        {"from_year": 1999, "from_month": "12", "until_year": {"value": "2001"}, "until_issue": {}},
        {"odd": "only"},
    ],
    "embargo": {"embargo_operator": ">", "number_of_years": 1, "number_of_months": "", "odd": [None]},
    "notes": [
        {"content": ODD_TEXT, "creation_date": "2025-01-01z", "created_by": "x", "type": {}, "odd": 1},
        {"content": "<script>", "type": {"value": "T", "desc": "d"}},
    ],
    "groups": [
        {"group": {"value": "STAFF", "desc": None}, "proxy_enabled": {}, "proxy": None, "linking_parameters": []},
        {"group": "UNKNOWN", "proxy_enabled": "true", "proxy": "GONE", "public_note": ODD_TEXT, "odd": {"a": {}}},
    ],
    "numbers": [{"type": {"value": "A"}, "value": 5, "desc": "x"}, {"value": "7"}],
}
BARE = {
    "code": "UNKNOWN",
    "reference": "UNKNOWN",
    "flag": "true",
    "date": "2020-02-29z",
    "url": "not a URL, javascript:x",
}
DRESSED = {
    "code": {"value": "UNKNOWN", "desc": "?", "odd": 1},
    "reference": {"value": " X ", "link": None, "odd": {}},
    "flag": {"value": "false", "desc": "No"},
    "date": "2020-02-30Z",
    "url": "https://a.example/b c",
}
OTHERWISE = {
    "code": True,
    "reference": 12345678901234567,
    "flag": "1",
    "date": "1999-12-31T23:59:59.000Z",
    "url": "JKEY=x",
}


def odd_record(emulator, place, kind, shapes):
    """All fields that can be set look so, and so do levels and rows that nobody knows."""
    keys = {}
    for one in settable(kind, True):
        if one.kind in CELLED:
            keys[one.path] = ODD_ROWS[one.kind]
        else:
            keys[one.path] = shapes.get(one.kind, ODD_TEXT)
    change(emulator, place, kind, **{path.replace(".", "__"): value for path, value in keys.items()}, **UNKNOWN)
    if kind == "service":  # the two exclude each other
        change(emulator, place, kind, deactivate_removed_portfolios=False)


def untouched(editor, address):
    """Sends the form as a browser does, with CRLF in texts of several lines."""
    page = editor.get(address)
    data = {name: text.replace("\n", "\r\n") for name, text in values(form_of(page)).items()}
    return editor.post(address, data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_every_emptiness_stays_as_it_is(editor, local, emulator, kind, shift):
    shapes = list(EMPTY.values())
    fields = enumerate(settable(kind, True), start=2 * shift)
    keys = {one.path.replace(".", "__"): shapes[n % len(shapes)] for n, one in fields}
    change(emulator, local, kind, **keys)
    response = untouched(editor, f"{local[kind]}edit/")
    assert response.status_code == 302, read(response).text
    assert puts(emulator) == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("shapes", "is_local"),
    [(BARE, True), (DRESSED, True), (OTHERWISE, False)],
    ids=["bare-home", "dressed-home", "otherwise-zone"],
)
def test_odd_values_that_nobody_touched_are_no_change_and_no_mistake(editor, local, emulator, kind, shapes, is_local):
    odd_record(emulator, local, kind, shapes)
    change(emulator, local, kind, is_local=is_local)
    before = record_of(emulator, local, kind)
    response = untouched(editor, f"{local[kind]}edit/")
    assert response.status_code == 302, read(response).text
    assert puts(emulator) == []
    assert record_of(emulator, local, kind) == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [[{"value": "x"}], {"value": {"value": "x"}}])
def test_a_shape_that_nobody_knows_is_never_written_over(editor, local, emulator, kind, shape):
    """Such a field is not in the form, so it cannot be set by a forged one either."""
    scalars = [one for one in settable(kind, True) if one.kind not in CELLED]
    change(emulator, local, kind, **{one.path.replace(".", "__"): shape for one in scalars})
    page = editor.get(f"{local[kind]}edit/")
    assert page.status_code == 200
    forged = {f"{kind}-{one.path}": "x" for one in scalars if not (isinstance(shape, list) and one.kind in ROWS)}
    response = editor.post(f"{local[kind]}edit/", values(form_of(page)) | forged)
    assert response.status_code == 302, read(response).text
    assert puts(emulator) == []


@pytest.mark.parametrize("kind", KINDS)
def test_odd_values_stay_as_they_are_when_another_field_is_set(editor, local, emulator, kind):
    odd_record(emulator, local, kind, DRESSED)
    before, seen = record_of(emulator, local, kind), alma.newest(ids_of(local, kind))
    response = fill(editor, f"{local[kind]}edit/", {f"{kind}-authentication_note": "New"})
    assert response.status_code == 302, read(response).text
    [body] = puts(emulator)
    assert without(body, "authentication_note") == without(seen, "authentication_note")
    after = record_of(emulator, local, kind)
    assert after["authentication_note"] == "New"
    assert without(after, "authentication_note") == without(before, "authentication_note")


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("service", {"delete_removed_portfolios": True, "deactivate_removed_portfolios": True}),
        ("service", {"service_unavailable_date": "2026-02-02Z", "service_unavailable_until_date": "2026-01-01Z"}),
        ("collection", {"public_name": ""}),
        ("service", {"activation_status": {}}),
        ("portfolio", {"availability": None}),
        ("portfolio", {"coverage_details__local_date_coverage_parameters": [{"from_year": "2010", "until_year": "1"}]}),
        ("collection", {"group_settings": [{"group": {}, "public_note": "x"}]}),
    ],
)
def test_what_was_contradictory_before_is_no_mistake_of_the_person(editor, local, emulator, kind, keys):
    """Only what somebody changed is checked: else nothing of such a record could be mended here."""
    change(emulator, local, kind, **keys)
    response = untouched(editor, f"{local[kind]}edit/")
    assert response.status_code == 302, read(response).by_id("wrong").text
    assert puts(emulator) == []


# --- each field ----------------------------------------------------------------------------------------------------


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "where", "one"), EACH_FIELD)
def test_setting_a_field_sets_that_one_and_nothing_else(editor, tree, local, emulator, kind, where, one):
    place = tree if where == "zone" else local
    change(emulator, place, kind, **UNKNOWN)
    if one.path == "delete_removed_portfolios":
        change(emulator, place, kind, deactivate_removed_portfolios=False)
    before, seen = record_of(emulator, place, kind), alma.newest(ids_of(place, kind))
    response = editor.post(f"{place[kind]}edit/", as_sent(ids_of(place, kind), seen, kind, **filled(one, kind, seen)))
    if one.effect:
        assert puts(emulator) == []
        response = send(editor, response)
    assert response.status_code == 302, read(response).text
    [body] = puts(emulator)
    others = [one.path, *FOLLOWS.get(one.path, [])]
    if one.path == "delete_removed_portfolios":  # of the two, Alma takes one
        others.append("deactivate_removed_portfolios")
    assert without(body, *others) == without(seen, *others)
    after = record_of(emulator, place, kind)
    assert is_there(one, typed_for(one, seen), dig(after, one.path)), dig(after, one.path)
    assert without(after, *others) == without(before, *others)
    change_made = Change.objects.get()
    assert [entry["path"] for entry in change_made.fields if not entry.get("by_alma")] == [one.path]
    assert not any("asked" in entry for entry in change_made.fields)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["zone", "home"])
def test_all_fields_at_once_are_set_and_undo_brings_all_back(editor, tree, local, emulator, kind, where):
    place = tree if where == "zone" else local
    change(emulator, place, kind, **UNKNOWN)
    before, seen = record_of(emulator, place, kind), alma.newest(ids_of(place, kind))
    chosen = [
        one
        for one in settable(kind, where == "home")
        if not one.effect
        and not (where == "home" and one.overrides)
        and one.path not in ("deactivate_removed_portfolios", "service_unavailable_until_date", "active_until_date")
    ]
    typed = {name: text for one in chosen for name, text in filled(one, kind, seen).items()}
    typed["service-deactivate_removed_portfolios"] = "false"
    response = editor.post(f"{place[kind]}edit/", as_sent(ids_of(place, kind), seen, kind, **typed))
    assert response.status_code == 302, read(response).text
    after = record_of(emulator, place, kind)
    assert [one.path for one in chosen if not is_there(one, typed_for(one, seen), dig(after, one.path))] == []

    made = Change.objects.get()
    page = editor.get(f"/changes/{made.pk}/undo/")
    assert read(page).one("h1").text == f"Undo change {made.pk}"
    assert len(puts(emulator)) == 1
    response = send(editor, page)
    assert response.status_code == 302, read(response).text
    assert len(puts(emulator)) == 2
    flags = [one.path for one in chosen if one.kind == "flag" and dig(before, one.path) is None]  # none means no
    back = Change.objects.get(undoes=made)
    assert [entry["path"] for entry in back.fields if "asked" in entry and entry["path"] not in flags] == []
    again = record_of(emulator, place, kind)
    assert all(code(dig(again, path)) in ("", "false") for path in flags)
    assert same_days(without(again, *flags)) == same_days(without(before, *flags))
    for body in puts(emulator):
        assert {name: body[name] for name in UNKNOWN} == UNKNOWN


@pytest.mark.parametrize("path", ["notes", "group_settings"])
@pytest.mark.parametrize("kind", KINDS)
def test_undo_empties_a_list_that_was_not_there(editor, tree, emulator, kind, path):
    """An empty list empties it; null, as facts 2.3 have it, clears dates only."""
    record = without(record_of(emulator, tree, kind), path)
    emulator.put_record(kind, tree.id_of(kind), record)
    one = BY_NAME[kind].fields[path]
    seen = alma.newest(ids_of(tree, kind))
    editor.post(f"{tree[kind]}edit/", as_sent(ids_of(tree, kind), seen, kind, **filled(one, kind, seen)))
    send(editor, editor.get(f"/changes/{Change.objects.get().pk}/undo/"))
    assert puts(emulator)[-1][path] == []
    assert record_of(emulator, tree, kind)[path] == []


def test_undo_clears_each_part_of_an_embargo_that_was_not_there(editor, tree, emulator):
    """What is missing in the body Alma leaves alone (facts 2.5)."""
    path = "coverage_details.local_embargo_information"
    seen = alma.newest(ids_of(tree, "portfolio"))
    one = BY_NAME["portfolio"].fields[path]
    editor.post(
        f"{tree.portfolio}edit/",
        as_sent(ids_of(tree, "portfolio"), seen, "portfolio", **filled(one, "portfolio", seen)),
    )
    send(editor, editor.get(f"/changes/{Change.objects.get().pk}/undo/"))
    sent = dig(puts(emulator)[-1], path)
    assert {name: code(sent.get(name, "missing")) for name in ROWS_TYPED["embargo"]} == dict.fromkeys(
        ROWS_TYPED["embargo"], ""
    )


@pytest.mark.parametrize("kind", KINDS)
def test_clearing_is_said_as_alma_wants_it(editor, tree, emulator, kind):
    """null for dates and the public access model, "" for everything else (facts 2.3)."""
    chosen = [one for one in settable(kind, False) if one.kind not in CELLED and not one.required and not one.effect]
    chosen = [one for one in chosen if one.path != "resource_metadata.mms_id"]  # no record is left without its title
    start = {one.path.replace(".", "__"): typed_for(one, {}) for one in chosen}
    change(emulator, tree, kind, **start)
    seen = alma.newest(ids_of(tree, kind))
    typed = {f"{kind}-{one.path}": "" for one in chosen}
    response = editor.post(f"{tree[kind]}edit/", as_sent(ids_of(tree, kind), seen, kind, **typed))
    assert response.status_code == 302, read(response).text
    [body] = puts(emulator)
    for one in chosen:
        cleared = dig(body, one.path)
        by_null = one.kind == "date" or one.path == "public_access_model"
        assert (cleared is None) if by_null else (cleared in ("", {"value": ""})), (one.path, cleared)


@pytest.mark.parametrize("kind", KINDS)
def test_flags_that_are_cleared_are_cleared_by_an_empty_text(editor, local, emulator, kind):
    flags = [one for one in settable(kind, True) if one.kind == "flag"]
    if not flags:
        assert kind == "portfolio"
        return
    change(emulator, local, kind, **{one.path: True for one in flags})
    change(emulator, local, kind, deactivate_removed_portfolios=False)
    seen = alma.newest(ids_of(local, kind))
    editor.post(f"{local[kind]}edit/", as_sent(ids_of(local, kind), seen, kind, **{f"{kind}-{flags[0].path}": ""}))
    [body] = puts(emulator)
    assert body[flags[0].path] in ("", False)


# --- what it costs -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_form_and_the_save_cost(editor, tree, emulator, kind):
    def spent():
        count = len(emulator.calls)
        emulator.calls.clear()
        return count

    page = editor.get(f"{tree[kind]}edit/")
    assert spent() == 1
    editor.get(f"{tree[kind]}edit/")
    assert spent() == 0
    send(editor, page)
    assert [call.method for call in emulator.calls] == ["GET"]
    spent()
    response = send(editor, page, **{f"{kind}-public_note": "New"})
    assert [call.method for call in emulator.calls] == ["GET", "PUT"]
    own = emulator.calls[-1].path
    spent()
    assert "New" in read(editor.get(response.url)).text
    assert own not in [call.path for call in emulator.calls]
    assert "New" in read(editor.get(f"{tree[kind]}edit/")).by_id(f"{kind}-public_note").text
    assert own not in [call.path for call in emulator.calls]


@pytest.mark.parametrize("kind", KINDS)
def test_the_save_says_its_price(editor, tree, kind):
    assert "2 calls" in read(editor.get(f"{tree[kind]}edit/")).one("div", cls="actions").text


# --- what the person sees ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_note_is_saved_shown_and_written_down(editor, tree, emulator, kind):
    old = code(record_of(emulator, tree, kind).get("public_note"))
    response = fill(editor, f"{tree[kind]}edit/", {f"{kind}-public_note": "New note", "reason": " TICKET-7 "})
    assert response.status_code == 302, read(response).text
    made = Change.objects.get()
    assert response.url == f"{tree[kind]}?changes={made.pk}"
    notice = read(editor.get(response.url)).one("section", cls="good").text
    assert notice.startswith("● Saved")
    assert f"{old or '–'} → New note" in notice
    assert (made.who, made.action, made.kind, made.state) == ("e-resources", "edit", kind, "done")
    assert (made.record_id, made.ids, made.reason) == (tree.id_of(kind), list(ids_of(tree, kind)), "TICKET-7")
    assert made.fields == [{"path": "public_note", "before": old, "after": "New note"}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_only_look_cannot_edit(viewer, tree, emulator, kind, method):
    assert getattr(viewer, method)(f"{tree[kind]}edit/").status_code == 403
    assert emulator.calls == []


def test_a_portfolio_asked_for_below_another_service_is_edited_at_home(editor, tree, local, emulator):
    away = f"/ecollections/{tree.collection_id}/services/{tree.service_id}/portfolios/{tree.portfolio_id}/"
    record = record_of(emulator, tree, "portfolio")
    record["electronic_collection"]["id"]["value"] = local.collection_id
    record["electronic_collection"]["service"]["value"] = local.service_id
    emulator.put_record("portfolio", tree.portfolio_id, record)
    response = editor.get(f"{away}edit/")
    assert response.status_code == 302
    assert response.url == f"{local.service}portfolios/{tree.portfolio_id}/edit/"


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("collection", "public_name", "New name"),
        ("service", "parser", "New::Parser"),
        ("portfolio", "linking_details.static_url", "https://new.example.org/"),
    ],
)
def test_what_alma_does_not_take_is_said_and_written_down(editor, tree, emulator, kind, path, value):
    """Without `is_local` the portal takes a record for a local one, and Alma still ignores the field."""
    record = without(record_of(emulator, tree, kind), "is_local")
    emulator.put_record(kind, tree.id_of(kind), record)
    one = BY_NAME[kind].fields[path]
    response = fill(editor, f"{tree[kind]}edit/", {f"{kind}-{path}": value, f"{kind}-public_note": "Taken"})
    notice = read(editor.get(response.url)).one("section", cls="warn").text
    assert notice.startswith("◐ Saved")
    done, _, ignored = notice.partition("Alma answered as if all was well, and did not take:")
    assert "Public note" in done
    assert str(one.label) not in done
    assert ignored.strip().startswith(f"{one.label} {value} was asked; Alma has")
    made = Change.objects.get()
    entry = next(entry for entry in made.fields if entry["path"] == path)
    assert entry["asked"] == f"{one.prefix}{value}"
    assert entry["after"] == entry["before"]
    assert f"Alma did not take: {value}" in read(editor.get(f"/changes/{made.pk}/")).text


def test_what_alma_changes_by_itself_is_written_down(editor, local, emulator):
    fill(editor, f"{local.collection}edit/", {"collection-interface.name": "Brackenfold Shelf"})
    made = Change.objects.get()
    by_alma = {entry["path"]: code(entry["after"]) for entry in made.fields if entry.get("by_alma")}
    assert by_alma == {"interface.vendor": "BRACKENFOLD"}
    assert "changed by Alma by itself" in read(editor.get(f"/changes/{made.pk}/")).text


def test_a_field_of_the_community_zone_in_a_forged_form_is_not_sent(editor, tree, emulator):
    response = fill(editor, f"{tree.collection}edit/", {"collection-public_name": "New", "collection-id": "1"})
    assert response.url == f"{tree.collection}?unchanged=1"
    assert puts(emulator) == []


def test_sending_a_form_twice_writes_once(editor, tree, emulator):
    page = editor.get(f"{tree.portfolio}edit/")
    for _ in range(2):
        response = send(editor, page, **{"portfolio-public_note": "Twice"})
    assert response.url == f"{tree.portfolio}?unchanged=1"
    assert len(puts(emulator)) == 1


# --- an e-collection with its service ------------------------------------------------------------------------------


@pytest.fixture
def both(tree):
    return f"{tree.collection}edit/?with={tree.service_id}"


def send_both(editor, both, **typed):
    page = editor.get(both)
    assert page.status_code == 200
    names = {f"{kind}-public_note": text for kind, text in typed.items()}
    return send(editor, page, both, **names)


def notes(emulator, tree):
    return [record_of(emulator, tree, kind)["public_note"] for kind in ("collection", "service")]


def test_a_collection_and_its_service_are_saved_together(editor, tree, both, emulator):
    response = send_both(editor, both, collection="C", service="S")
    assert response.status_code == 302
    assert notes(emulator, tree) == ["C", "S"]
    assert [call.method for call in emulator.calls] == ["GET", "GET", "GET", "PUT", "GET", "PUT"]
    page = read(editor.get(response.url)).text
    assert page.count("Saved:") == 2
    assert Change.objects.count() == 2


@pytest.mark.parametrize(("kind", "other"), [("collection", "service"), ("service", "collection")])
def test_of_a_collection_and_its_service_only_what_changed_is_sent(editor, tree, both, emulator, kind, other):
    before = record_of(emulator, tree, other)
    response = send_both(editor, both, **{kind: "New"})
    assert response.status_code == 302
    assert len(puts(emulator)) == 1
    assert record_of(emulator, tree, kind)["public_note"] == "New"
    assert record_of(emulator, tree, other) == before


def test_when_the_service_fails_the_page_says_that_the_collection_is_saved(editor, tree, both, emulator):
    emulator.faults.add(kind="403html", method="PUT", path="*/e-services/*")
    response = send_both(editor, both, collection="C", service="S")
    page = read(response)
    assert response.status_code == 403
    assert notes(emulator, tree) == ["C", ""]
    assert page.one("section", cls="good").text.startswith("● The e-collection “")
    assert page.one("section", cls="good").text.endswith("is saved")
    assert "The electronic service “Full Text” is not saved" in page.text
    assert page.by_id("service-public_note").text == "S"
    assert page.by_id("collection-public_note").text == "C"
    again = send(editor, response, both)
    assert again.status_code == 302
    assert notes(emulator, tree) == ["C", "S"]
    assert [call.method for call in emulator.calls].count("PUT") == 3
    assert list(Change.objects.order_by("pk").values_list("kind", "state")) == [
        ("collection", "done"),
        ("service", "failed"),
        ("service", "done"),
    ]


@pytest.mark.parametrize("kind", ["403html", "503html"])
def test_when_the_service_fails_the_page_does_not_say_that_nothing_was_changed(editor, tree, both, emulator, kind):
    emulator.faults.add(kind=kind, method="PUT", path="*/e-services/*", count=None)
    page = read(send_both(editor, both, collection="C", service="S"))
    assert "is saved" in page.text
    assert "Nothing was changed" not in page.text


def test_when_the_collection_fails_the_service_was_not_sent(editor, tree, both, emulator):
    emulator.faults.add(kind="403html", method="PUT")
    response = send_both(editor, both, collection="C", service="S")
    page = read(response)
    assert notes(emulator, tree) == ["", ""]
    assert "The electronic service “Full Text” was not sent" in page.text
    assert "is saved" not in page.text
    assert [page.by_id(f"{kind}-public_note").text for kind in ("collection", "service")] == ["C", "S"]
    assert [call.path for call in emulator.calls if call.method == "PUT"] == [
        f"/electronic/e-collections/{tree.collection_id}"
    ]
    assert send(editor, response, both).status_code == 302
    assert notes(emulator, tree) == ["C", "S"]


def test_a_mistake_in_one_of_the_two_sends_neither(editor, tree, both, emulator):
    page = editor.get(both)
    response = send(editor, page, both, **{"collection-public_note": "C", "service-active_from_date": "yesterday"})
    assert response.status_code == 422
    assert puts(emulator) == []
    assert read(response).by_id("collection-public_note").text == "C"


@pytest.mark.parametrize("first", ["collection", "service"])
def test_a_conflict_in_one_of_the_two_is_asked_and_then_both_are_saved(editor, tree, both, emulator, first):
    page = editor.get(both)
    change(emulator, tree, first, public_note="Theirs")
    response = send(editor, page, both, **{"collection-public_note": "C", "service-public_note": "S"})
    assert response.status_code == 409
    done = ["C", "Theirs"] if first == "service" else ["Theirs", ""]
    assert notes(emulator, tree) == done
    asked = read(response)
    assert [box.one("legend").text for box in asked.all("fieldset", cls="choice")] == ["Public note"]
    assert ("is saved" in asked.text) == (first == "service")
    if first == "service":
        assert "Nothing was saved." not in asked.text
    response = send(editor, response, **{f"{first}-choice-public_note": "mine"})
    assert response.status_code == 302
    assert notes(emulator, tree) == ["C", "S"]
    assert len(response.url.partition("changes=")[2].split(",")) == 2


# --- the library of a collection -----------------------------------------------------------------------------------


@pytest.fixture
def reviewed(editor, tree):
    """The page that says what setting the library does."""
    return fill(editor, f"{tree.collection}edit/", {"collection-library": "LAW", "collection-public_note": "Kept"})


def test_the_side_effect_of_a_library_is_said_before_anything_is_sent(reviewed, emulator, tree):
    page = read(reviewed)
    assert reviewed.status_code == 200
    warning = page.one("div", cls="warn").text
    assert "Setting the library replaces the library of all its portfolios." in warning
    assert "It has 130 portfolios." in warning
    assert page.rows == [["Library", "–", "Law Library"], ["Public note", "–", "Kept"]]
    assert [call.method for call in emulator.calls] == ["GET"]


def test_after_confirming_the_library_is_saved_with_two_calls(editor, reviewed, emulator, tree):
    emulator.calls.clear()
    response = send(editor, reviewed)
    assert response.status_code == 302
    assert [call.method for call in emulator.calls] == ["GET", "PUT"]
    assert code(record_of(emulator, tree, "collection")["library"]) == "LAW"
    assert code(record_of(emulator, tree, "portfolio")["library"]) == "LAW"
    assert record_of(emulator, tree, "collection")["public_note"] == "Kept"


def test_back_to_the_form_keeps_what_was_typed(editor, reviewed, emulator, tree):
    back = send(editor, reviewed, form="1")
    assert back.status_code == 200
    typed = values(form_of(back))
    assert (typed["collection-library"], typed["collection-public_note"]) == ("LAW", "Kept")
    again = send(editor, back, **{"collection-library": ""})
    assert again.status_code == 302
    assert len(puts(emulator)) == 1
    assert code(record_of(emulator, tree, "collection")["library"]) == ""
    assert record_of(emulator, tree, "collection")["public_note"] == "Kept"


def test_cancelling_sends_nothing(editor, reviewed, emulator, tree):
    cancel = read(reviewed).links["Cancel"]
    assert cancel == tree.collection
    editor.get(cancel)
    assert puts(emulator) == []
    assert not Change.objects.exists()


def test_when_the_confirmed_save_fails_the_form_keeps_what_was_typed(editor, reviewed, emulator, tree):
    emulator.faults.add(kind="403html", method="PUT")
    response = send(editor, reviewed)
    assert response.status_code == 403
    typed = values(form_of(response))
    assert (typed["collection-library"], typed["collection-public_note"]) == ("LAW", "Kept")
    assert send(editor, send(editor, response)).status_code == 302
    assert code(record_of(emulator, tree, "collection")["library"]) == "LAW"


def test_the_library_of_a_portfolio_asks_nothing(editor, tree, emulator):
    assert fill(editor, f"{tree.portfolio}edit/", {"portfolio-library": "LAW"}).status_code == 302
    assert code(record_of(emulator, tree, "portfolio")["library"]) == "LAW"


# --- overrides -----------------------------------------------------------------------------------------------------

OVERRIDES = [(kind, one) for kind in KINDS for one in settable(kind, False) if one.overrides]


@pytest.mark.parametrize("kind", KINDS)
def test_an_override_stands_beside_the_community_zones_value(editor, tree, emulator, kind):
    chosen = [one for _kind, one in OVERRIDES if _kind == kind and one.kind != "code"]
    change(
        emulator,
        tree,
        kind,
        **{one.overrides.replace(".", "__"): f"{one.prefix}https://cz/{n}" for n, one in enumerate(chosen)},
    )
    page = read(editor.get(f"{tree[kind]}edit/"))
    for n, one in enumerate(chosen):
        field = next(
            box for box in page.all("div", cls="field") if any(x.attrs.get("id") == f"{kind}-{one.path}" for x in box)
        )
        assert f"Community Zone: https://cz/{n}" in field.text, one.path


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("collection", "public_name_override"),
        ("service", "url_type_override"),
        ("portfolio", "linking_details.static_url_override"),
    ],
)
def test_going_back_to_the_community_zones_value_empties_the_override(editor, tree, emulator, kind, path):
    one = BY_NAME[kind].fields[path]
    change(
        emulator,
        tree,
        kind,
        **{path.replace(".", "__"): f"{one.prefix}{'dynamic' if one.kind == 'code' else 'https://own/'}"},
    )
    page = editor.get(f"{tree[kind]}edit/")
    button = read(page).one("button", value=f"{kind}-{path}")
    shown = send(editor, page, **{button.attrs["name"]: button.attrs["value"], f"{kind}-public_note": "Typed"})
    assert shown.status_code == 200
    assert puts(emulator) == []
    assert "autofocus" in read(shown).by_id(f"{kind}-{path}").attrs
    typed = values(form_of(shown))
    assert (typed[f"{kind}-{path}"], typed[f"{kind}-public_note"]) == ("", "Typed")
    assert read(shown).all("button", value=f"{kind}-{path}") == []
    assert send(editor, shown).status_code == 302
    assert code(dig(record_of(emulator, tree, kind), path)) == ""


def test_a_local_record_has_no_overrides_but_those_that_are_set(editor, local, emulator):
    change(emulator, local, "collection", public_name_override="Own", description_override="", url_override=None)
    names = values(form_of(editor.get(f"{local.collection}edit/")))
    assert names["collection-public_name_override"] == "Own"
    assert "collection-description_override" not in names
    assert "collection-url_override" not in names


def test_jkey_is_no_matter_of_the_person(editor, tree, emulator):
    path = "portfolio-linking_details.static_url_override"
    change(emulator, tree, "portfolio", linking_details__static_url_override="jkey=https://own.example.org/a")
    page = editor.get(f"{tree.portfolio}edit/")
    assert values(form_of(page))[path] == "https://own.example.org/a"
    send(editor, page, **{path: "https://new.example.org/b"})
    assert puts(emulator)[-1]["linking_details"]["static_url_override"] == "jkey=https://new.example.org/b"
    fill(editor, f"{tree.portfolio}edit/", {path: "jkey=https://new.example.org/b"})
    assert len(puts(emulator)) == 1
    fill(editor, f"{tree.portfolio}edit/", {path: "jkey=https://new.example.org/c"})
    assert puts(emulator)[-1]["linking_details"]["static_url_override"] == "jkey=https://new.example.org/c"
    fill(editor, f"{tree.portfolio}edit/", {path: ""})
    assert puts(emulator)[-1]["linking_details"]["static_url_override"] == ""


def test_dates_are_sent_without_the_z_that_alma_does_not_like(editor, tree, emulator):
    change(emulator, tree, "portfolio", activation_date="2020-02-29z", expected_activation_date="2020-03-01Z")
    fill(editor, f"{tree.portfolio}edit/", {"portfolio-activation_date": "2021-01-31"})
    [body] = puts(emulator)
    assert (body["activation_date"], body["expected_activation_date"]) == ("2021-01-31", "2020-03-01Z")


def test_deleting_removed_portfolios_leaves_deactivating_out(editor, tree, emulator):
    change(emulator, tree, "service", delete_removed_portfolios=False, deactivate_removed_portfolios=False)
    fill(editor, f"{tree.service}edit/", {"service-delete_removed_portfolios": "true"})
    [body] = puts(emulator)
    assert body["delete_removed_portfolios"] is True
    assert "deactivate_removed_portfolios" not in body


def test_switching_from_deactivating_to_deleting_removed_portfolios_in_one_save(editor, tree, emulator):
    change(emulator, tree, "service", delete_removed_portfolios=False, deactivate_removed_portfolios=True)
    both = {"service-delete_removed_portfolios": "true", "service-deactivate_removed_portfolios": "false"}
    response = fill(editor, f"{tree.service}edit/", both)
    record = record_of(emulator, tree, "service")
    assert record["delete_removed_portfolios"] is True
    notice = read(editor.get(response.url))
    if record[
        "deactivate_removed_portfolios"
    ]:  # left out, as Alma wants it: then the page must say that it still is on
        assert "did not take" in notice.text
