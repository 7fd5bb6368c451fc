"""The requests of a person, a title, an item; and one request with its end."""

import pytest

from almaportal.people.models import Access
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ODD = [None, "", {}, [], ["x"], "text", 7, {"value": None}, True]


@pytest.fixture
def keeps(emulator, transport, clock):
    """An institution that keeps requests that are over."""
    own = emulator.copy(request_history=True)
    own.now, own.sleep = clock.now, clock.sleep
    transport.emulator = own
    return own


def of_person(own):
    return f"/circulation/patrons/{own}/requests/"


def calls(emulator):
    return [(call.method, call.path) for call in emulator.calls if not call.path.startswith("/conf")]


@pytest.mark.thorough
def test_120_requests_of_a_person_are_all_shown_a_hundred_a_page(desk, emulator):
    ids = emulator.requests("many")
    own = emulator.request(ids[0])["user_primary_id"]
    emulator.calls.clear()
    first = read(desk.get(of_person(own)))
    assert len(calls(emulator)) == 1
    second = read(desk.get(of_person(own) + "?page=2&size=20"))
    shown = [box.attrs["value"] for page in (first, second) for box in page.all("input", name="pick")]
    assert set(shown) >= set(ids)
    assert len(shown) == len(set(shown)) >= 120
    assert "of 12" in first.one("div", cls="pager").text
    assert set(Access.objects.values_list("patron", "action")) == {(own, "requests")}
    assert (
        'href="' + of_person(own) + "?page=2"
        in desk.get(of_person(own), headers={"HX-Request": "true"}).content.decode()
    )


def test_a_row_says_type_state_place_pickup_dates_and_task(desk, emulator):
    waiting = emulator.request(emulator.requests("waiting")[0])
    picking = emulator.request(emulator.requests("picking")[0])
    shelf = emulator.request(emulator.requests("shelf")[0])
    rows = {one["request_id"]: row_of(desk, one) for one in (waiting, picking, shelf)}
    assert "Hold" in rows[waiting["request_id"]]
    assert f"not started place {waiting['place_in_queue']} in the queue" in rows[waiting["request_id"]]
    assert "Pickup From Shelf" in rows[picking["request_id"]]
    assert "● on hold shelf" in rows[shelf["request_id"]]
    assert "kept until" in rows[shelf["request_id"]]
    assert all(one["pickup_location"] in rows[one["request_id"]] for one in (picking, shelf))


def row_of(desk, request):
    page = read(desk.get(f"/circulation/titles/{request['mms_id']}/requests/"))
    (found,) = [row for row in page.one("tbody").all("tr") if f"/{request['request_id']}/" in str(row.links)]
    return found.text


def test_both_spellings_of_a_state_are_one(desk, emulator):
    one = emulator.requests("picking")[0]
    texts = set()
    for spelled in ("In Process", "IN_PROCESS", "in process "):
        emulator.set_request(one, emulator.request(one) | {"request_status": spelled})
        texts.add(read(desk.get(f"/circulation/requests/{one}/")).facts["State"])
    assert texts == {"◐ in process Pickup From Shelf"}


def test_the_requests_of_a_title_stand_in_the_order_of_the_queue(desk, emulator):
    mms_id = emulator.titles("requested")[0]
    own = [one for one in emulator.requests("waiting") if emulator.request(one)["mms_id"] == mms_id]
    for place, one in enumerate(reversed(own), 1):
        emulator.set_request(one, emulator.request(one) | {"place_in_queue": place})
    page = read(desk.get(f"/circulation/titles/{mms_id}/requests/"))
    places = [row[3] for row in page.rows if "place" in row[3]]
    assert len(places) > 1
    assert places == sorted(places)
    people = [row[5] for row in page.rows if row[5] != "Alma's own work"]
    assert set(Access.objects.values_list("patron", "action")) == {(one, "list") for one in people}


def test_a_long_list_of_a_title_is_cut_into_pages(desk, emulator, monkeypatch):
    monkeypatch.setattr("circulation.alma.MOST", 1)
    mms_id = emulator.titles("requested")[0]
    pages = [read(desk.get(f"/circulation/titles/{mms_id}/requests/?page={n}")) for n in (1, 2)]
    assert [len(page.rows) for page in pages] == [1, 1]
    assert pages[0].rows != pages[1].rows


def test_what_alma_does_by_itself_is_named_as_such_and_cannot_be_cancelled_here(desk, emulator):
    one = emulator.request(emulator.requests("internal")[0])
    page = read(desk.get(f"/circulation/titles/{one['mms_id']}/items/{one['item_id']}/requests/"))
    assert "Alma's own work" in page.one("tbody").text
    assert page.one("tbody").all("input") == []
    page = read(desk.get(f"/circulation/requests/{one['request_id']}/"))
    assert page.facts["Person"] == "Alma's own work"
    assert "Cancel it…" not in page.links


def test_a_list_can_be_narrowed_to_a_type_and_to_what_is_over(desk, emulator):
    own = emulator.request(emulator.requests("many")[0])["user_primary_id"]
    page = read(desk.get(of_person(own) + "?kind=BOOKING"))
    assert {row[2].split()[0] for row in page.rows} == {"Booking"}
    page = read(desk.get(of_person(own) + "?status=history"))
    assert page.rows == [["None. Many institutions keep no requests that are over."]]


def test_what_is_over_is_shown_where_alma_keeps_it(desk, keeps):
    one = keeps.request(keeps.requests("history")[0])
    page = read(desk.get(of_person(one["user_primary_id"]) + "?status=history"))
    assert "○ over" in page.one("tbody").text
    page = read(desk.get(f"/circulation/requests/{one['request_id']}/"))
    assert "Over; Alma does not say why" in page.text
    assert "cannot be told apart" in page.text
    emulator_calls = len(keeps.calls)
    page = read(desk.get(f"/circulation/requests/{one['request_id']}/?loan=1"))
    assert len(keeps.calls) == emulator_calls + 2
    assert "No loan of the person came of it that is still active." in page.text


def test_a_request_that_alma_has_no_more_says_so_with_code_and_tracking_id(desk):
    response = desk.get("/circulation/requests/83999999990004711/")
    assert response.status_code == 404
    text = read(response).text
    assert "Alma has no request with this number any more, or never had." in text
    assert "401694" in text
    assert "Tracking ID" in text


def test_what_is_no_number_is_told_so(desk):
    response = desk.get("/circulation/requests/nonsense/")
    assert response.status_code == 400
    assert "This is no number of a request." in read(response).text


@pytest.mark.thorough
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_odd_shapes_stand(desk, emulator, odd):
    one = emulator.requests("waiting")[0]
    whole = emulator.request(one)
    person, mms_id = whole["user_primary_id"], whole["mms_id"]
    keep = {"request_id": one, "user_primary_id": person}
    emulator.set_request(one, dict.fromkeys(whole, odd) | {"required_pages_range": odd, "resource_sharing": odd} | keep)
    for address in (of_person(person), f"/circulation/titles/{mms_id}/requests/", f"/circulation/requests/{one}/"):
        assert desk.get(address).status_code == 200, address
    assert desk.get(f"/circulation/requests/{one}/cancel/").status_code == 200


@pytest.mark.parametrize("number", [None, "83/4"])
def test_a_row_without_a_number_stands_without_links(desk, emulator, number):
    one = emulator.requests("waiting")[0]
    whole = emulator.request(one)
    emulator.set_request(one, whole | {"request_id": number, "mms_id": "a/b"})
    page = read(desk.get(of_person(whole["user_primary_id"])))
    assert whole["title"] in page.one("tbody").text
    assert desk.get(f"/circulation/requests/{one}/").status_code == 200


def test_what_a_list_and_a_request_cost_is_said_before_and_days_are_spelled_one_way(desk, emulator):
    own = emulator.request(emulator.requests("many")[0])["user_primary_id"]
    response = desk.get(of_person(own) + "?kind=BOOKING")
    page = read(response)
    assert f"Cancel all {len(page.rows)} of this list…" in page.text
    assert "opens with 2 calls" in page.text
    assert "/2027 " not in page.one("tbody").text
    assert "_DESK" not in page.one("tbody").text
    page = read(desk.get(f"/circulation/requests/{emulator.requests('waiting')[0]}/"))
    assert "Cancel it… opens with 2 calls" in page.text


def test_a_number_typed_into_the_box_that_is_nothing_says_what_it_was_tried_as(desk):
    text = read(desk.get("/circulation/requests/83999999990004711/?typed=1")).text
    assert "It is no barcode of an item and no MMS ID of a title either." in text
