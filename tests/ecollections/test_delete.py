"""Deleting from the bottom up: what must go first, what is kept, and what became of a delete without an answer."""

import gzip
import json

import pytest
import requests

from almaportal.changes.models import Change
from almaportal.jobs.models import Job
from ecollections.models import Place
from tests.ecollections.filling import form_of, send, values
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

KINDS = ("collection", "service", "portfolio")


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def bare(emulator):
    """The address of an e-collection without a service."""
    return f"/ecollections/{next(cid for cid in emulator.collections() if not emulator.services(cid))}/"


@pytest.fixture
def childless(emulator):
    """The address of a service without portfolios."""
    cid = emulator.collections()[2]
    return f"/ecollections/{cid}/services/{emulator.services(cid)[0]}/"


@pytest.fixture
def deletable(tree, bare, childless):
    return {"collection": bare, "service": childless, "portfolio": tree.portfolio}


@pytest.fixture
def refuses(transport, monkeypatch):
    """refuses("60154"): Alma's answer to the next DELETE, which has no effect."""
    planned = []
    ask_emulator = transport._call

    def call(request):
        if planned and request.method == "DELETE":
            said = {"errorCode": planned.pop(0), "errorMessage": "Alma's own words.", "trackingId": "E01-0101-TRACK"}
            body = json.dumps({"errorsExist": True, "errorList": {"error": [said]}}).encode()
            return 400, [("Content-Type", "application/json")], body
        return ask_emulator(request)

    monkeypatch.setattr(transport, "_call", call)
    return planned.append


def open_page(client, address):
    page = client.get(f"{address}delete/")
    assert page.status_code == 200
    return page


def press(client, page, address, **typed):
    return send(client, page, f"{address}delete/", **typed)


def deletes(emulator):
    return [call for call in emulator.calls if call.method == "DELETE"]


def is_there(emulator, kind, alma_id):
    try:
        emulator.record(kind, alma_id)
    except KeyError:
        return False
    return True


def id_of(address):
    return address.strip("/").split("/")[-1]


def is_off(page):
    """The button that deletes the record alone."""
    [button] = [one for one in form_of(page).all("button") if "name" not in one.attrs]
    return "disabled" in button.attrs


def add_portfolio(emulator, transport, service_address):
    """Somebody adds a portfolio to the service in Alma itself."""
    _e, cid, _s, sid = service_address.strip("/").split("/")
    other = emulator.services(emulator.collections()[0])[0]
    mms = emulator.record("portfolio", emulator.portfolios(other)[0])["resource_metadata"]["mms_id"]["value"]
    path = f"/almaws/v1/electronic/e-collections/{cid}/e-services/{sid}/portfolios"
    body = {"availability": {"value": "11"}, "resource_metadata": {"mms_id": {"value": mms}}}
    headers = {"Authorization": "apikey demo-all", "Accept": "application/json"}
    request = requests.Request("POST", f"https://alma.invalid{path}", headers=headers, json=body).prepare()
    status, _headers, answer = transport._call(request)
    assert status == 200, answer


# --- Deleted


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_is_deleted_and_its_change_says_so(editor, emulator, deletable, kind, clock):
    address = deletable[kind]
    response = press(editor, open_page(editor, address), address, reason="Ticket 9")
    [change] = Change.objects.all()
    assert (response.status_code, response.url) == (302, f"/changes/{change.pk}/")
    assert not is_there(emulator, kind, id_of(address))
    assert (change.action, change.kind, change.record_id) == ("delete", kind, id_of(address))
    assert (change.reason, change.who) == ("Ticket 9", "e-resources")
    clock.time += 5
    assert "Deleted: Alma has no such record any more" in read(editor.get(response.url)).text
    change.refresh_from_db()
    assert change.state == "done"
    assert not Place.objects.filter(pk=id_of(address)).exists()


@pytest.mark.parametrize(("kind", "methods"), [("portfolio", ["GET", "DELETE"]), ("service", ["GET", "DELETE"])])
def test_a_delete_costs_what_the_button_says(editor, emulator, deletable, kind, methods):
    address = deletable[kind]
    page = open_page(editor, address)
    before = len(emulator.calls)
    press(editor, page, address)
    assert [call.method for call in emulator.calls[before:]] == methods
    assert "2 calls" in form_of(page).text


def test_a_delete_of_an_e_collection_costs_three_calls_as_the_button_says(editor, emulator, bare):
    page = open_page(editor, bare)
    before = len(emulator.calls)
    press(editor, page, bare)
    assert [call.method for call in emulator.calls[before:]] == ["GET", "GET", "DELETE"]
    assert "3 calls" in form_of(page).text


@pytest.mark.parametrize("bib", ["retain", "suppress", "delete"])
def test_what_becomes_of_the_title_is_always_said_to_alma(editor, emulator, tree, bib):
    press(editor, open_page(editor, tree.portfolio), tree.portfolio, bib=bib)
    [call] = deletes(emulator)
    assert call.query == {"bib": bib}


def test_the_title_is_kept_where_nobody_chose(editor, emulator, tree):
    page = open_page(editor, tree.portfolio)
    assert values(form_of(page))["bib"] == "retain"
    press(editor, page, tree.portfolio)
    assert deletes(emulator)[0].query == {"bib": "retain"}


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_only_a_portfolio_says_anything_about_a_title(editor, emulator, deletable, kind):
    page = open_page(editor, deletable[kind])
    assert "bib" not in values(form_of(page))
    press(editor, page, deletable[kind], bib="delete")
    assert deletes(emulator)[0].query == {}


def test_another_word_about_the_title_is_refused(editor, emulator, tree):
    page = open_page(editor, tree.portfolio)
    for bib in ("", "all", "RETAIN"):
        assert press(editor, page, tree.portfolio, bib=bib).status_code == 400, bib
    assert deletes(emulator) == []


def test_the_record_is_kept_in_the_log_exactly_as_it_was(editor, emulator, tree, put, transport):
    put("portfolio", nobody_knows="older", public_note="<script>é 名")
    page = open_page(editor, tree.portfolio)
    put("portfolio", nobody_knows={"a": [1, None, {"b": ""}]})
    seen = []
    ask_emulator = transport._call

    def call(request):
        status, headers, body = ask_emulator(request)
        if request.method == "GET":
            seen.append(json.loads(gzip.decompress(body)))
        return status, headers, body

    transport._call = call
    response = press(editor, page, tree.portfolio)
    [change] = Change.objects.all()
    assert change.record == seen[0]
    assert change.record["nobody_knows"] == {"a": [1, None, {"b": ""}]}
    assert '"nobody_knows"' in read(editor.get(response.url)).one("pre").text


def test_the_page_says_what_goes_and_that_it_is_kept(editor, tree):
    page = read(open_page(editor, tree.portfolio))
    assert tree.portfolio_id in page.text
    assert "The record is kept in the log of changes" in page.text
    assert page.links["Cancel"] == tree.portfolio


def test_a_whole_tree_is_deleted_in_order_by_hand(editor, emulator, childless, transport, clock):
    add_portfolio(emulator, transport, childless)
    cid, sid = childless.split("/")[2], id_of(childless)
    [pid] = emulator.portfolios(sid)
    collection = f"/ecollections/{cid}/"
    for address in (f"{childless}portfolios/{pid}/", childless, collection):
        clock.time += 60
        response = press(editor, open_page(editor, address), address)
        assert response.status_code == 302, read(response).text
    assert cid not in emulator.collections()
    assert [call.path.count("/") for call in deletes(emulator)] == [7, 5, 3]
    clock.time += 60
    for change in Change.objects.all():
        editor.get(f"/changes/{change.pk}/")
    assert set(Change.objects.values_list("state", flat=True)) == {"done"}


# --- Order holds


def test_a_service_with_portfolios_has_no_button_and_says_what_goes_first(editor, tree):
    page = open_page(editor, tree.service)
    assert is_off(page)
    assert "Delete its 130 portfolios first" in read(page).text
    assert read(page).links["Its portfolios"] == tree.service


def test_an_e_collection_with_a_service_has_no_button_and_says_what_goes_first(editor, tree):
    page = open_page(editor, tree.collection)
    assert is_off(page)
    assert "Delete its 130 portfolios first, then its electronic service" in read(page).text
    assert tree.service in read(page).links.values()


def test_an_e_collection_with_an_empty_service_has_no_button_either(editor, childless):
    collection = f"/ecollections/{childless.split('/')[2]}/"
    page = open_page(editor, collection)
    assert is_off(page)
    assert "Delete its electronic service first" in read(page).text
    assert childless in read(page).links.values()


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_a_press_of_the_button_that_is_off_sends_nothing(editor, emulator, tree, kind):
    response = press(editor, open_page(editor, tree[kind]), tree[kind])
    assert response.status_code == 409
    text = read(response).text
    assert "Nothing was deleted" in text
    assert "Delete its 130 portfolios first" in text
    assert is_off(response)
    assert deletes(emulator) == []
    assert Change.objects.count() == 0


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_another_records_page_does_not_open_the_order(editor, emulator, tree, deletable, kind):
    """The form of a record that may go, sent to the address of one that may not."""
    response = press(editor, open_page(editor, deletable[kind]), tree[kind])
    assert response.status_code == 400
    assert deletes(emulator) == []


def test_what_came_below_after_the_page_was_opened_holds_the_order(editor, emulator, childless, transport):
    page = open_page(editor, childless)
    assert not is_off(page)
    add_portfolio(emulator, transport, childless)
    response = press(editor, page, childless)
    assert response.status_code == 409
    assert "Delete its 1 portfolio first" in read(response).text
    assert deletes(emulator) == []
    assert Change.objects.count() == 0


def test_a_service_that_came_after_the_page_was_opened_holds_the_order(editor, emulator, bare):
    page = open_page(editor, bare)
    service_form = f"{bare}services/new/"
    typed = {"service-type": "getFullTxt", "service-activation_status": "11"}
    assert send(editor, editor.get(service_form), service_form, **typed).status_code == 302
    response = press(editor, page, bare)
    assert response.status_code == 409
    assert "Delete its electronic service first" in read(response).text
    assert deletes(emulator) == []


def test_a_list_kept_from_before_does_not_stand_in_when_nobody_can_look_below(editor, emulator, bare):
    page = open_page(editor, bare)
    emulator.faults.add(kind="503", method="GET", path="*/e-services", count=None)
    response = press(editor, page, bare)
    assert response.status_code >= 400
    assert "Nothing was deleted" in read(response).text
    assert deletes(emulator) == []


def test_a_service_without_a_count_is_asked_for_its_portfolios(editor, emulator, tree, alma_says):
    record = emulator.record("service", tree.service_id)
    del record["portfolios"]
    alma_says(f"/electronic/e-collections/{tree.collection_id}/e-services/{tree.service_id}", record)
    page = open_page(editor, tree.service)
    assert is_off(page)
    assert press(editor, page, tree.service).status_code == 409


# --- Others


def test_what_others_changed_since_is_shown_and_asked_again(editor, emulator, tree, put):
    page = open_page(editor, tree.portfolio)
    put("portfolio", public_note="Theirs, newer")
    response = press(editor, page, tree.portfolio, bib="suppress", reason="R")
    assert response.status_code == 409
    shown = read(response)
    assert "Nothing was deleted: somebody changed the record" in shown.text
    assert "Theirs, newer" in shown.one("dl", "tight").text
    assert deletes(emulator) == []
    kept = values(form_of(response))
    assert (kept["bib"], kept["reason"]) == ("suppress", "R")
    assert press(editor, response, tree.portfolio).status_code == 302
    assert deletes(emulator)[0].query == {"bib": "suppress"}
    assert Change.objects.get().record["public_note"] == "Theirs, newer"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_gone_meanwhile_is_said(editor, emulator, deletable, kind):
    address = deletable[kind]
    first, second = open_page(editor, address), open_page(editor, address)
    press(editor, first, address)
    response = press(editor, second, address)
    assert response.status_code == 404
    assert "Alma has no such record" in read(response).text
    assert len(deletes(emulator)) == 1
    assert Change.objects.count() == 1


def test_a_record_that_goes_between_the_look_and_the_call_is_as_good_as_deleted(editor, tree, refuses, emulator, clock):
    page = open_page(editor, tree.portfolio)
    refuses("60122")
    response = press(editor, page, tree.portfolio)
    assert response.status_code == 302
    assert Change.objects.get().state == "going"


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_change_may_not_delete(sign_in, emulator, deletable, kind):
    for role in ("viewer", "circulation"):
        client = sign_in(role)
        assert client.get(f"{deletable[kind]}delete/").status_code == 403
        assert client.post(f"{deletable[kind]}delete/", {"bib": "retain"}).status_code == 403
    assert emulator.calls == []


def test_a_form_that_is_none_of_ours_is_refused_without_a_call(editor, emulator, tree):
    for junk in ({}, {"shown": ""}, {"shown": "x"}):
        assert editor.post(f"{tree.portfolio}delete/", {"bib": "retain", **junk}).status_code == 400, junk
    assert emulator.calls == []


def test_a_portfolio_asked_for_at_another_place_is_deleted_at_its_own(editor, tree, childless):
    response = editor.get(f"{childless}portfolios/{tree.portfolio_id}/delete/")
    assert response.url == f"{tree.portfolio}delete/"


# --- What Alma says


@pytest.mark.parametrize(
    ("kind", "said"), [("service", "60289"), ("collection", "60289"), ("collection", "60154"), ("portfolio", "60175")]
)
def test_alma_has_the_last_word_and_it_is_written_down(editor, emulator, deletable, refuses, kind, said):
    address = deletable[kind]
    page = open_page(editor, address)
    refuses(said)
    response = press(editor, page, address, reason="R")
    assert response.status_code in (400, 409, 422)
    shown = read(response)
    assert "Nothing was deleted" in shown.text
    assert shown.one("dl", "said").facts["Alma's code"] == said
    assert shown.one("dl", "said").facts["Tracking ID"] == "E01-0101-TRACK"
    assert values(form_of(response))["reason"] == "R"
    [change] = Change.objects.all()
    assert (change.state, change.code, change.tracking_id) == ("failed", said, "E01-0101-TRACK")
    assert is_there(emulator, kind, id_of(address))
    assert press(editor, response, address).status_code == 302


@pytest.mark.parametrize(("kind", "said"), [("service", "60157"), ("portfolio", "60174")])
def test_a_delete_that_is_in_process_already_is_followed(editor, deletable, refuses, kind, said):
    address = deletable[kind]
    page = open_page(editor, address)
    refuses(said)
    response = press(editor, page, address)
    assert response.status_code == 302
    assert Change.objects.get().state == "going"


def test_a_key_that_may_only_read_deletes_nothing_and_says_so(editor, emulator, tree, settings):
    settings.ALMA_KEYS = dict.fromkeys(("electronic", "bibs", "conf"), "demo-readonly")
    response = press(editor, open_page(editor, tree.portfolio), tree.portfolio)
    assert response.status_code == 403
    assert "Alma does not let this portal in" in read(response).text
    assert is_there(emulator, "portfolio", tree.portfolio_id)
    assert Change.objects.get().state == "failed"


def test_a_portal_that_may_only_read_sends_no_delete(editor, emulator, tree, settings):
    settings.ALMA_READ_ONLY = {"electronic"}
    response = press(editor, open_page(editor, tree.portfolio), tree.portfolio)
    assert response.status_code == 403
    assert deletes(emulator) == []
    assert "ALMA_READ_ONLY" in read(response).text


# --- No answer


@pytest.mark.parametrize("fault", ["drop", "timeout", "500", "503html", "malformed"])
def test_a_delete_whose_answer_was_lost_is_found_done(editor, emulator, tree, fault):
    page = open_page(editor, tree.portfolio)
    emulator.faults.add(kind=fault, method="DELETE", when="after")
    response = press(editor, page, tree.portfolio)
    assert response.status_code == 302
    assert len(deletes(emulator)) == 1
    assert Change.objects.get().state in ("going", "done")
    assert not is_there(emulator, "portfolio", tree.portfolio_id)


@pytest.mark.parametrize("fault", ["drop", "timeout", "503"])
def test_a_delete_that_never_arrived_is_not_said_to_be_done(editor, emulator, tree, fault):
    page = open_page(editor, tree.portfolio)
    emulator.faults.add(kind=fault, method="DELETE", when="before")
    response = press(editor, page, tree.portfolio)
    assert response.status_code in (502, 503)
    assert Change.objects.get().state == "unsure"
    assert is_there(emulator, "portfolio", tree.portfolio_id)
    assert press(editor, response, tree.portfolio).status_code == 302
    assert not is_there(emulator, "portfolio", tree.portfolio_id)


def test_a_delete_that_takes_time_and_whose_answer_was_lost_is_not_said_to_have_failed(
    editor, emulator, tree, transport
):
    """Alma works on it: the record is still there when the portal looks, which proves nothing."""
    slow = emulator.copy(delete_seconds=60)
    slow.now, slow.sleep = emulator.now, emulator.sleep
    transport.emulator = slow
    page = open_page(editor, tree.portfolio)
    slow.faults.add(kind="drop", method="DELETE", when="after")
    response = press(editor, page, tree.portfolio)
    assert b"Nothing was deleted" not in response.content
    assert Change.objects.get().state in ("unsure", "going")


def test_the_list_is_read_anew_after_a_delete(editor, emulator, tree):
    assert tree.portfolio_id in read(editor.get(tree.service)).text
    press(editor, open_page(editor, tree.portfolio), tree.portfolio)
    assert tree.portfolio_id not in read(editor.get(tree.service)).one("tbody").text


# --- With everything below


def plan(client, page, address, **typed):
    return press(client, page, address, tree="1", **typed)


@pytest.mark.parametrize("kind", ["collection", "service"])
def test_a_record_with_children_is_planned_to_go_with_all_below(editor, emulator, tree, kind):
    page = open_page(editor, tree[kind])
    assert "130 portfolios" in form_of(page).text
    assert values(form_of(page))["bib"] == "retain"
    response = plan(editor, page, tree[kind], bib="suppress", reason="Cancelled")
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, f"/jobs/{job.pk}/")
    target = tree.collection_id if kind == "collection" else f"{tree.collection_id}/{tree.service_id}"
    assert (job.kind, job.targets, job.params["bib"]) == ("delete-tree", [target], "suppress")
    assert (job.reason, job.asks, job.state, job.who) == ("Cancelled", True, "queued", "e-resources")
    assert deletes(emulator) == []


def test_a_record_without_children_is_not_offered_to_go_with_them(editor, bare, tree):
    for address in (bare, tree.portfolio):
        assert [one for one in form_of(open_page(editor, address)).all("button") if "name" in one.attrs] == []


@pytest.mark.parametrize("bib", ["", "all"])
def test_a_plan_must_say_what_becomes_of_the_titles(editor, tree, bib):
    assert plan(editor, open_page(editor, tree.service), tree.service, bib=bib).status_code == 400
    assert Job.objects.count() == 0


def test_a_plan_is_made_for_the_record_of_its_page_only(editor, tree, childless):
    assert plan(editor, open_page(editor, tree.service), childless).status_code == 400
    assert plan(editor, open_page(editor, tree.portfolio), tree.portfolio).status_code == 400
    assert Job.objects.count() == 0
