"""New e-collections, services and portfolios: what is said first, what is sent, and what becomes of a refusal."""

import json

import pytest

from almaportal.alma.clock import moment
from almaportal.alma.records import code, is_empty
from almaportal.changes.models import Change
from almaportal.emulator.institution import INTERFACES
from ecollections.kinds import BY_NAME
from ecollections.values import meant, raw
from tests.ecollections.filling import form_of, send, values
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

KINDS = ("collection", "service", "portfolio")
LOCAL_COVERAGE = "portfolio-coverage_details.local_date_coverage_parameters"
WORDS = {  # texts that are codes or names of something in Alma
    "interface.name": "",  # set below
    "language": "eng",
    "process_type": "",
    "po_line": "POL-1001",
    "license": "LIC-001",
    "link_resolver_plugin": "",
    "linking_level": "",
}


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def empty(emulator):
    """The IDs of an e-collection whose service has no portfolios, and of that service."""
    cid = emulator.collections()[2]
    return cid, emulator.services(cid)[0]


@pytest.fixture
def bare(emulator):
    """The ID of an e-collection without a service."""
    return next(cid for cid in emulator.collections() if not emulator.services(cid))


@pytest.fixture
def mms(emulator):
    """The MMS ID of a title that stands in another e-collection."""
    return mms_of(emulator.record("portfolio", emulator.portfolios(emulator.services(emulator.collections()[0])[0])[0]))


@pytest.fixture
def form(empty, bare, mms):
    """form("portfolio"): the address of the form, and the least that it needs."""

    def found(kind):
        least = {
            "collection": {"collection-public_name": "Quill Sonata Gazette", "collection-type": "0"},
            "service": {"service-type": "getFullTxt", "service-activation_status": "11"},
            "portfolio": {"portfolio-resource_metadata.mms_id": mms, "portfolio-availability": "11"},
        }
        where = {
            "collection": "/ecollections/new/",
            "service": f"/ecollections/{bare}/services/new/",
            "portfolio": portfolio_form(empty),
        }
        return where[kind], least[kind]

    return found


@pytest.fixture
def refuses(transport, monkeypatch):
    """refuses("PUT", "60170"): Alma's answer to the next such call, which has no effect."""
    planned = []
    ask_emulator = transport._call

    def call(request):
        if planned and planned[0][0] == request.method:
            said = {"errorCode": planned.pop(0)[1], "errorMessage": "Alma's own words.", "trackingId": "E01-0101-TRACK"}
            body = json.dumps({"errorsExist": True, "errorList": {"error": [said]}}).encode()
            return 400, [("Content-Type", "application/json")], body
        return ask_emulator(request)

    monkeypatch.setattr(transport, "_call", call)
    return lambda method, code: planned.append((method, code))


def mms_of(record):
    return record["resource_metadata"]["mms_id"]["value"]


def portfolio_form(empty):
    return "/ecollections/{}/services/{}/portfolios/new/".format(*empty)


def press(client, page, address, **typed):
    """Send the form, and once more where the page first says what Alma has."""
    response = send(client, page, address, **typed)
    return send(client, response, address) if is_asking(response) else response


def is_asking(response):
    return response.status_code == 200 and any(one.attrs.get("id") == "asks" for one in read(response))


def make(client, address, typed):
    return press(client, client.get(address), address, **typed)


def posts(emulator):
    return [json.loads(call.body) for call in emulator.calls if call.method == "POST"]


def writes(emulator):
    return [call.method for call in emulator.calls if call.method != "GET"]


def made(emulator, kind, response):
    assert response.status_code == 302, read(response).text
    return emulator.record(kind, response.url.partition("?")[0].strip("/").split("/")[-1])


def filled(kind, page):
    """Something sensible in every field of the form that is empty."""
    typed = {}
    for one in form_of(page):
        name, path = one.attrs.get("name", ""), one.attrs.get("name", "").partition("-")[2]
        field = BY_NAME[kind].fields.get(path)
        if not field:
            continue
        if one.tag == "select":
            typed[name] = [option.attrs["value"] for option in one.all("option") if option.attrs["value"]][-1]
        elif field.kind == "date":
            typed[name] = "2027-03-31" if "until" in path else "2026-03-31"
        elif field.kind == "url":
            typed[name] = f"https://example.org/{path}?a=1&b=<2>"
        elif field.kind in ("text", "long"):
            typed[name] = WORDS.get(path, f"Words for {path} – é 名 <b>&amp;</b>")
        else:
            typed[name] = WORDS.get(path, "")
    return {name: text for name, text in typed.items() if text}


# --- Made


@pytest.mark.parametrize("kind", KINDS)
def test_the_least_makes_a_record_and_nothing_empty_is_sent(editor, emulator, form, kind, mms):
    address, least = form(kind)
    record = made(emulator, kind, make(editor, address, least))
    bodies = {
        "collection": {"public_name": "Quill Sonata Gazette", "type": {"value": "0", "desc": "Selective package"}},
        "service": {
            "type": {"value": "getFullTxt", "desc": "Full Text"},
            "activation_status": {"value": "11", "desc": "Available"},
        },
        "portfolio": {
            "resource_metadata": {"mms_id": {"value": mms}},
            "availability": {"value": "11", "desc": "Available"},
        },
    }
    assert posts(emulator) == [{"is_local": True, **bodies[kind]}]
    assert writes(emulator) == ["POST"]
    assert record["is_local"] is True


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_the_form_arrives_in_alma(editor, emulator, form, kind, monkeypatch):
    monkeypatch.setitem(WORDS, "interface.name", next(iter(INTERFACES)))
    address, least = form(kind)
    page = editor.get(address)
    typed = filled(kind, page) | least
    if kind == "service":  # Alma takes only one of the two
        typed["service-deactivate_removed_portfolios"] = "false"
    fields = BY_NAME[kind].fields
    record = made(emulator, kind, press(editor, page, address, **typed))
    asked = {name.partition("-")[2]: text for name, text in typed.items()}
    lost = {
        path: (text, raw(fields[path], record))
        for path, text in asked.items()
        if meant(fields[path], raw(fields[path], record)) != text
    }
    assert lost == {}
    assert len(asked) >= {"collection": 20, "service": 20, "portfolio": 18}[kind]
    [change] = Change.objects.all()
    assert not [entry for entry in change.fields if "asked" in entry]
    assert {entry["path"] for entry in change.fields} == set(asked)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_the_new_record_says_that_it_was_made_and_by_which_change(editor, form, kind):
    address, least = form(kind)
    response = make(editor, address, least | {"reason": "Ticket 42"})
    [change] = Change.objects.all()
    assert response.url.endswith(f"/{change.record_id}/?changes={change.pk}")
    page = read(editor.get(response.url))
    assert "Created" in page.text
    assert page.links[f"Change {change.pk}"] == f"/changes/{change.pk}/"
    assert (change.action, change.kind, change.reason, change.who) == ("create", kind, "Ticket 42", "e-resources")
    assert change.ids[-1] == change.record_id
    assert change.title


def test_the_title_of_the_mms_id_is_shown_before_anything_is_sent(editor, emulator, form, empty, mms):
    address, least = form("portfolio")
    page = editor.get(address)
    assert "Look up the title" in form_of(page).text
    response = send(editor, page, address, **least)
    title = emulator.record("portfolio", emulator.portfolios(emulator.services(emulator.collections()[0])[0])[0])
    shown = read(response).by_id("asks").text
    assert " ".join(title["resource_metadata"]["title"].split()) in shown
    assert "Nothing was sent yet" in shown
    assert writes(emulator) == []
    assert Change.objects.count() == 0
    assert send(editor, response, address).status_code == 302
    assert len(emulator.portfolios(empty[1])) == 1


def test_another_mms_id_is_looked_up_again_before_it_is_sent(editor, emulator, form):
    address, least = form("portfolio")
    first = send(editor, editor.get(address), address, **least)
    other = emulator.record("portfolio", emulator.portfolios(emulator.services(emulator.collections()[0])[0])[7])
    second = send(editor, first, address, **least | {"portfolio-resource_metadata.mms_id": mms_of(other)})
    assert is_asking(second)
    assert " ".join(other["resource_metadata"]["title"].split()) in read(second).by_id("asks").text
    assert writes(emulator) == []
    assert mms_of(made(emulator, "portfolio", send(editor, second, address))) == mms_of(other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_more_sends_nothing_and_keeps_what_was_typed(editor, emulator, form, kind):
    address, least = form(kind)
    page = send(editor, editor.get(address), address, **least, add_row=f"{kind}-notes", reason="R")
    typed = values(form_of(page))
    assert f"{kind}-notes-0-content" in typed
    assert {name: typed[name] for name in least} == least
    assert typed["reason"] == "R"
    assert writes(emulator) == []
    record = made(emulator, kind, press(editor, page, address, **{f"{kind}-notes-0-content": "First note"}))
    assert [note["content"] for note in record["notes"]] == ["First note"]


# --- Coverage


@pytest.fixture
def covered(editor, form):
    """The page of the form with coverage from 1999, and its address."""
    address, least = form("portfolio")
    page = send(editor, editor.get(address), address, **least, add_row=LOCAL_COVERAGE)
    typed = {f"{LOCAL_COVERAGE}-0-from_year": "1999", f"{LOCAL_COVERAGE}-0-from_month": "4"}
    return send(editor, page, address, **typed), address


def test_coverage_follows_by_a_put_since_a_post_loses_it(editor, emulator, covered):
    page, address = covered
    record = made(emulator, "portfolio", send(editor, page, address))
    assert writes(emulator) == ["POST", "PUT"]
    assert "coverage_details" not in posts(emulator)[0]
    [row] = record["coverage_details"]["local_date_coverage_parameters"]
    assert (code(row["from_year"]), code(row["from_month"])) == ("1999", "4")


def test_a_portfolio_with_coverage_is_one_change_and_one_action(editor, emulator, covered):
    page, address = covered
    response = send(editor, page, address)
    [change] = Change.objects.all()
    assert (change.action, change.state, change.text) == ("create", "done", "")
    assert "1999" in json.dumps(change.fields)
    page = read(editor.get(response.url))
    assert len([one for one in page.all("section", "notice") if "Created" in one.text]) == 1
    assert len(read(editor.get("/changes/")).rows) == 1
    assert "1999" in read(editor.get(f"/changes/{change.pk}/")).text


def test_what_is_no_coverage_stays_in_the_first_call(editor, emulator, covered):
    page, address = covered
    send(editor, page, address, **{"portfolio-public_note": "N"})
    assert posts(emulator)[0]["public_note"] == "N"


def test_coverage_that_alma_refused_is_said_with_its_reason_and_the_record_is_there(editor, emulator, covered, refuses):
    page, address = covered
    refuses("PUT", "60170")
    response = send(editor, page, address)
    assert response.status_code == 302
    shown = read(editor.get(response.url)).text
    assert "Created" in shown
    assert "Alma's own words." in shown
    [change] = Change.objects.all()
    assert (change.state, change.code, change.tracking_id) == ("done", "60170", "E01-0101-TRACK")
    log = read(editor.get(f"/changes/{change.pk}/"))
    assert "Done in part" in log.text
    assert log.facts["Alma's code"] == "60170"
    assert log.facts["Tracking ID"] == "E01-0101-TRACK"
    [line] = [row for row in log.rows if row[0] == "Local coverage"]
    assert "1999" in line[3]
    assert line[2] == "–"
    assert is_empty(
        emulator.record("portfolio", change.record_id)["coverage_details"]["local_date_coverage_parameters"]
    )


def test_coverage_whose_answer_was_lost_is_read_and_found(editor, emulator, covered):
    page, address = covered
    emulator.faults.add(kind="drop", method="PUT", when="after")
    made(emulator, "portfolio", send(editor, page, address))
    assert writes(emulator) == ["POST", "PUT"]
    [change] = Change.objects.all()
    assert (change.state, change.text) == ("done", "")


def test_coverage_that_alma_never_answered_for_is_not_said_to_be_saved(editor, emulator, covered):
    page, address = covered
    emulator.faults.add(kind="503", method="PUT", count=None)
    response = send(editor, page, address)
    assert response.status_code == 302
    [change] = Change.objects.all()
    assert change.text
    assert change.text in read(editor.get(response.url)).text
    assert [entry["path"] for entry in change.fields if "asked" in entry] == [LOCAL_COVERAGE.partition("-")[2]]


# --- What is like it already


def test_an_e_collection_of_the_same_name_is_said_first_whatever_its_case(editor, emulator, form):
    address, least = form("collection")
    old = made(emulator, "collection", make(editor, address, least))
    response = send(editor, editor.get(address), address, **least | {"collection-public_name": "QUILL sonata gazette"})
    asks = read(response).by_id("asks")
    assert asks.links["Quill Sonata Gazette"] == f"/ecollections/{old['id']}/"
    assert len(posts(emulator)) == 1
    assert send(editor, response, address).status_code == 302
    assert len(posts(emulator)) == 2


def test_a_name_that_only_begins_alike_is_another_one(editor, emulator, form):
    address, least = form("collection")
    make(editor, address, least)
    longer = least | {"collection-public_name": "Quill Sonata Gazette Plus"}
    assert send(editor, editor.get(address), address, **longer).status_code == 302


def test_a_service_that_exists_is_said_first_and_alma_has_the_last_word(editor, emulator, tree):
    address = f"{tree.collection}services/new/"
    typed = {"service-type": "getFullTxt", "service-activation_status": "11", "service-public_note": "N"}
    response = send(editor, editor.get(address), address, **typed)
    assert tree.service in read(response).by_id("asks").links.values()
    assert writes(emulator) == []
    refused = send(editor, response, address)
    assert refused.status_code == 422
    assert writes(emulator) == ["POST"]
    page = read(refused)
    assert "60149" in page.text
    [change] = Change.objects.all()
    assert (change.state, change.code) == ("failed", "60149")
    assert change.tracking_id
    assert change.tracking_id in page.text
    assert values(form_of(refused))["service-public_note"] == "N"


def test_a_portfolio_of_the_same_title_in_the_same_service_is_said_first(editor, emulator, form, empty):
    address, least = form("portfolio")
    old = made(emulator, "portfolio", make(editor, address, least))
    response = send(editor, editor.get(address), address, **least)
    asks = read(response).by_id("asks")
    assert address.replace("new/", f"{old['id']}/") in asks.links.values()
    assert "This service has a portfolio of this title already" in asks.text
    assert len(posts(emulator)) == 1
    assert send(editor, response, address).status_code == 302
    assert len(emulator.portfolios(empty[1])) == 2


def test_a_portfolio_of_the_same_title_elsewhere_is_no_matter(editor, form):
    address, least = form("portfolio")
    asks = read(send(editor, editor.get(address), address, **least)).by_id("asks")
    assert asks.links == {}


def test_an_unknown_mms_id_is_said_at_its_field_and_nothing_is_sent(editor, emulator, form):
    address, least = form("portfolio")
    typed = least | {"portfolio-resource_metadata.mms_id": "99999999990004711"}
    response = send(editor, editor.get(address), address, **typed)
    assert response.status_code == 422
    page = read(response)
    assert page.by_id("portfolio-resource_metadata.mms_id").attrs["value"] == "99999999990004711"
    assert "Alma has no title with this MMS ID" in page.by_id("wrong").text
    assert send(editor, response, address).status_code == 422
    assert writes(emulator) == []


def test_one_that_was_sent_before_and_nobody_knows_of_is_said(editor, emulator, form):
    """In another tab, or by a colleague: the protection of the form itself ends with the form."""
    address, least = form("portfolio")
    mms_id = least["portfolio-resource_metadata.mms_id"]
    lost = {"kind": "portfolio", "state": "unsure", "action": "create", "who": "Grace"}
    change = Change.objects.create(at=moment(), looked={"key": mms_id, "known": []}, **lost)
    Change.objects.create(at=moment(), looked={"key": "1", "known": []}, **lost)
    asks = read(send(editor, editor.get(address), address, **least)).by_id("asks")
    assert "Grace sent one like it" in asks.text
    assert [one for one in asks.links.values() if "/changes/" in one] == [f"/changes/{change.pk}/"]


@pytest.mark.parametrize("keys", [{"electronic": "demo-electronic"}, {"electronic": "demo-all", "bibs": "demo-users"}])
def test_without_a_key_for_bibs_nobody_can_look_which_is_said_and_one_may_go_on(editor, emulator, form, settings, keys):
    settings.ALMA_KEYS = keys
    address, least = form("portfolio")
    response = send(editor, editor.get(address), address, **least)
    assert "The portal could not check what Alma has" in read(response).by_id("asks").text
    assert writes(emulator) == []
    made(emulator, "portfolio", send(editor, response, address))
    assert Change.objects.get().title


# --- Refused before it is sent, and by Alma


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("collection", "collection-public_name"),
        ("collection", "collection-type"),
        ("service", "service-type"),
        ("service", "service-activation_status"),
        ("portfolio", "portfolio-resource_metadata.mms_id"),
    ],
)
def test_what_is_required_and_missing_is_said_at_its_field_and_nothing_is_sent(editor, emulator, form, kind, missing):
    address, least = form(kind)
    typed = least | {missing: " ", f"{kind}-public_note": "kept"}
    form_page = editor.get(address)
    emulator.calls.clear()  # the form reads what the new record will be below
    response = send(editor, form_page, address, **typed)
    assert response.status_code == 422
    page = read(response)
    assert f"#{missing}" in page.by_id("wrong").links.values()
    assert values(form_of(response))[f"{kind}-public_note"] == "kept"
    assert [call for call in emulator.calls if not call.path.startswith("/conf")] == []
    assert Change.objects.count() == 0


def test_what_can_be_no_mms_id_is_not_looked_up(editor, emulator, form):
    address, least = form("portfolio")
    page = editor.get(address)
    emulator.calls.clear()
    for mms_id in ("99 123", "９９１", "<b>"):
        response = send(editor, page, address, **least | {"portfolio-resource_metadata.mms_id": mms_id})
        assert response.status_code == 422, mms_id
    assert [call for call in emulator.calls if not call.path.startswith("/conf")] == []


@pytest.mark.parametrize(
    ("kind", "field", "text", "expected"),
    [
        ("collection", "library", "NOWHERE", "402469"),
        ("collection", "po_line", "POL-999999", "60137"),
        ("collection", "interface.name", "No such interface", "60134"),
        ("collection", "resource_metadata.mms_id", "99999999990004711", "60143"),
        ("service", "link_resolver_plugin", "NOPE", "60145"),
        ("portfolio", "po_line", "POL-999999", "60172"),
        ("portfolio", "library", "NOWHERE", "402469"),
    ],
)
def test_a_refusal_stands_at_its_field_with_code_and_tracking_id_and_what_was_typed_stays(
    editor, emulator, form, kind, field, text, expected, settings
):
    if field == "library":  # typed by hand, as where no list of libraries can be read
        settings.ALMA_KEYS = {"electronic": "demo-all", "bibs": "demo-all"}
    address, least = form(kind)
    typed = least | {f"{kind}-{field}": text, f"{kind}-public_note": "kept", "reason": "T-1"}
    refused = make(editor, address, typed)
    assert refused.status_code == 422, read(refused).text
    page = read(refused)
    wrong = [one for one in page.all("div", "field") if "wrong" in one.attrs["class"].split()]
    marked = {one.one("label").attrs["for"] for one in wrong}
    same_code = {"portfolio-resource_metadata.mms_id"} if expected == "60172" else set()  # Alma says both with it
    assert marked == {f"{kind}-{field}"} | same_code
    said = page.one("dl", "said").facts
    assert said["Alma's code"] == expected
    assert said["Tracking ID"]
    assert "Nothing was changed in Alma" in page.text
    sent = values(form_of(refused))
    assert {name: sent[name] for name in typed} == typed
    [change] = Change.objects.all()
    assert (change.state, change.code, change.tracking_id) == ("failed", expected, said["Tracking ID"])
    assert (change.record_id, change.reason) == ("", "T-1")
    assert send(editor, refused, address, **{f"{kind}-{field}": ""}).status_code == 302
    assert writes(emulator) == ["POST", "POST"]


@pytest.mark.parametrize(("kind", "expected"), [("collection", "60139"), ("service", "60141"), ("portfolio", "60164")])
def test_a_refusal_about_no_field_stands_on_top(editor, form, kind, expected, refuses):
    address, least = form(kind)
    refuses("POST", expected)
    refused = make(editor, address, least)
    assert refused.status_code == 422
    page = read(refused)
    assert [one for one in page.all("div", "field") if "wrong" in one.attrs["class"].split()] == []
    assert page.one("section", "bad").one("dl", "said").facts["Alma's text"] == "Alma's own words."


def test_a_key_that_may_only_read_is_said_and_is_nobodys_typing(editor, emulator, form, settings):
    settings.ALMA_KEYS = dict.fromkeys(("electronic", "bibs", "conf"), "demo-readonly")
    address, least = form("collection")
    before = len(emulator.collections())
    refused = make(editor, address, least)
    assert refused.status_code == 403
    assert "Alma does not let this portal in" in read(refused).text
    assert values(form_of(refused))["collection-public_name"] == least["collection-public_name"]
    assert Change.objects.get().state == "failed"
    assert len(emulator.collections()) == before


def test_a_portal_that_may_only_read_sends_nothing(editor, emulator, form, settings):
    settings.ALMA_READ_ONLY = {"electronic"}
    address, least = form("collection")
    refused = make(editor, address, least)
    assert refused.status_code == 403
    assert "ALMA_READ_ONLY" in read(refused).text
    assert writes(emulator) == []


def test_a_parent_that_is_gone_is_said(editor, emulator, form, empty):
    address, _least = form("service")
    refused = editor.get(address.replace(address.split("/")[2], "61999999990004711"))
    assert refused.status_code == 404
    assert "60121" in read(refused).text
    assert Change.objects.filter(state="done").count() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_only_who_may_change_e_collections_may_make_one(sign_in, emulator, form, kind):
    address, least = form(kind)
    for role in ("viewer", "circulation"):
        client = sign_in(role)
        assert client.get(address).status_code == 403
        assert client.post(address, least).status_code == 403
    assert writes(emulator) == []


def test_a_form_that_is_none_of_ours_is_refused_without_a_call(editor, emulator, form):
    address, least = form("collection")
    for junk in ({}, {"collection-shown": "x"}, {"collection-shown": "", "token": "t"}):
        assert editor.post(address, least | junk).status_code == 400, junk
    assert writes(emulator) == []


def test_a_look_that_somebody_forged_is_refused(editor, emulator, form):
    address, least = form("portfolio")
    response = send(editor, editor.get(address), address, **least, looked="forged")
    assert response.status_code == 400
    assert writes(emulator) == []


# --- Copies


def copy_of(address, *ids):
    return f"{address}?copy={'/'.join(ids)}"


@pytest.fixture
def zone_portfolio(emulator, tree):
    """A Community Zone portfolio with overrides, and with what no field knows."""
    ids = [
        one for one in emulator.portfolios(tree.service_id) if emulator.record("portfolio", one)["is_local"] is False
    ]
    record = emulator.record("portfolio", ids[0])
    record["linking_details"] |= {"static_url": "jkey=https://zone.example.org/", "dynamic_url": "zone {mms}"}
    record["linking_details"] |= {"static_url_override": "jkey=https://own.example.org/", "parser_parameters": "a=1"}
    record |= {"public_note": "Copied note", "nobody_knows": {"a": [1]}, "active_from_date": "2020-01-01Z"}
    emulator.put_record("portfolio", ids[0], record)
    return ids[0]


def test_a_copy_begins_with_the_values_in_force_and_becomes_local(editor, emulator, tree, empty, zone_portfolio):
    address = copy_of(portfolio_form(empty), tree.collection_id, tree.service_id, zone_portfolio)
    page = editor.get(address)
    start = values(form_of(page))
    assert start["portfolio-public_note"] == "Copied note"
    assert start["portfolio-linking_details.static_url"] == "https://own.example.org/"
    assert start["portfolio-linking_details.parser_parameters"] == "a=1"
    assert start.get("portfolio-linking_details.static_url_override", "") == ""
    record = made(emulator, "portfolio", press(editor, page, address))
    assert record["is_local"] is True
    assert record["linking_details"]["static_url"] == "jkey=https://own.example.org/"
    assert not record["linking_details"].get("static_url_override")
    assert record["public_note"] == "Copied note"


def test_a_copy_sends_no_id_and_nothing_that_alma_only_tells(editor, emulator, tree, empty, zone_portfolio):
    address = copy_of(portfolio_form(empty), tree.collection_id, tree.service_id, zone_portfolio)
    press(editor, editor.get(address), address)
    [body] = posts(emulator)
    text = json.dumps(body)
    assert zone_portfolio not in text
    assert tree.service_id not in text
    assert "almaws" not in text
    assert not {"id", "link", "electronic_collection", "is_standalone", "nobody_knows", "portfolios"} & set(body)
    assert set(body["resource_metadata"]) == {"mms_id"}
    assert emulator.record("portfolio", zone_portfolio)["is_local"] is False


@pytest.mark.parametrize("n", [0, 2, 5])
def test_a_copy_of_an_e_collection_has_all_that_can_be_set(editor, emulator, n):
    cid = emulator.collections()[n]
    old = emulator.record("collection", cid)
    address = copy_of("/ecollections/new/", cid)
    page = editor.get(address)
    assert "Begins as a copy of" in read(page).text
    record = made(emulator, "collection", press(editor, page, address))
    assert record["id"] != cid
    fields = BY_NAME["collection"].fields
    copied = {path: one for path, one in fields.items() if one.settable != "never" and not one.overrides}
    overridden = {one.overrides: raw(one, old) for one in fields.values() if one.overrides}
    for path, one in copied.items():
        was = raw(one, old) if is_empty(overridden.get(path)) else overridden[path]
        if one.kind not in ("notes", "groups", "numbers"):
            assert meant(one, raw(one, record)) == meant(one, was), path
    assert len(record.get("notes") or []) == len(old.get("notes") or [])


def test_a_copy_of_a_service_goes_to_another_e_collection(editor, emulator, tree, bare):
    address = copy_of(f"/ecollections/{bare}/services/new/", tree.collection_id, tree.service_id)
    record = made(emulator, "service", press(editor, editor.get(address), address))
    old = emulator.record("service", tree.service_id)
    assert code(record["type"]) == code(old["type"])
    assert code(record["activation_status"]) == code(old["activation_status"])
    assert emulator.services(bare) == [record["id"]]
    assert not {"id", "link", "portfolios"} & set(posts(emulator)[0])


def test_a_field_that_was_emptied_in_a_copy_stays_empty(editor, emulator, tree, empty, zone_portfolio):
    address = copy_of(portfolio_form(empty), tree.collection_id, tree.service_id, zone_portfolio)
    record = made(emulator, "portfolio", press(editor, editor.get(address), address, **{"portfolio-public_note": ""}))
    assert not record["public_note"]
    assert "public_note" not in posts(emulator)[0]


def test_the_copy_button_of_a_record_leads_to_its_copy(editor, tree):
    for kind in KINDS:
        address = read(editor.get(tree[kind])).links["Copy"]
        assert "Begins as a copy of" in read(editor.get(address)).text


@pytest.mark.parametrize("kind", ["collection", "portfolio"])
def test_a_copy_of_what_is_none_is_no_crash(editor, form, kind):
    address, _least = form(kind)
    for copy in ("x", "61999999990004711", "..", "a/b/c/d", "//", "..//", "%2F", "%00", "a/b/%00", "é", "&"):
        assert editor.get(f"{address}?copy={copy}").status_code in (200, 404), copy


def test_a_change_that_is_none_is_not_found(editor, form):
    for change in ("0", "1", "999999", "-1", "x", "1.0", "٣", "%00", "9" * 30, "1&copy=2"):
        assert editor.get(f"{form('collection')[0]}?change={change}").status_code == 404, change


@pytest.mark.parametrize("record", [None, {"public_name": None}, {"public_name": {"x": 1}, "type": [], "notes": "?"}])
def test_a_deleted_record_of_any_shape_begins_a_form(editor, record, clock):
    change = Change.objects.create(
        at=moment(), action="delete", kind="collection", state="done", record=record, record_id="61", ids=["61"]
    )
    assert editor.get(f"/ecollections/new/?change={change.pk}").status_code == 200
    assert editor.get(f"/ecollections/61/services/new/?change={change.pk}").status_code == 404
