"""The start page of requests, and a title with its items."""

import pytest

from almaportal.people.models import Access
from circulation import item_state, items_shown
from tests.circulation.asking import asked, barcode_of
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read


@pytest.fixture
def title(emulator):
    """title(kind) → MMS ID."""
    return lambda kind="free": emulator.titles(kind, 1)[0]


def address(mms, more=""):
    return f"/circulation/titles/{mms}/{more}"


def test_the_start_page_leads_to_everything(desk, emulator):
    page = read(desk.get("/circulation/"))
    assert page.one("div", cls="head").one("h1").text == "Circulation"
    links = page.links
    assert links["Watch list"] == "/circulation/watch/"
    assert links["Cancel many"] == "/circulation/cancel/"
    assert (links["Direct borrowing"], links["A new transaction"]) == (
        "/circulation/direct/",
        "/circulation/direct/new/",
    )
    assert read(desk.get("/")).links["Circulation"] == "/circulation/"
    assert emulator.calls == []


def test_a_number_leads_straight_to_what_it_is_of(desk, emulator, title):
    mms, request = title(), emulator.requests("waiting", 1)[0]
    item = emulator.items(mms)[0]
    barcode = emulator.item(item)["item_data"]["barcode"]
    found = {what: desk.post("/circulation/", {"what": f" {what} "})["Location"] for what in (mms, barcode, request)}
    assert found == {
        mms: address(mms),
        barcode: address(mms, f"?item={item}#item-{item}"),
        request: f"/circulation/requests/{request}/?typed=1",
    }


def test_the_number_of_a_request_costs_two_calls_with_its_page(desk, emulator):
    one = emulator.requests("waiting", 1)[0]
    assert desk.post("/circulation/", {"what": one}, follow=True).status_code == 200
    assert [call.path for call in emulator.calls] == ["/items", f"/users/ALL/requests/{one}"]


def test_what_leads_to_nothing_says_what_was_tried(desk, emulator):
    response = desk.post("/circulation/", {"what": "X-1"})
    page = read(response)
    assert response.status_code == 422
    assert "It was tried as: the barcode of an item." in page.text
    assert page.one("input", name="what").attrs["value"] == "X-1"
    assert page.facts["Tracking ID"]
    response = desk.post("/circulation/", {"what": "99399999990004711"}, follow=True)
    assert (response.status_code, len(emulator.calls)) == (404, 4)
    assert "no barcode of an item and no MMS ID" in read(response).text


def test_nothing_typed_asks_nothing(desk, emulator):
    response = desk.post("/circulation/", {"what": " "})
    assert (response.status_code, emulator.calls) == (422, [])


def test_a_title_costs_two_calls_and_then_one(desk, emulator, title):
    page = read(desk.get(address(title())))
    assert page.one("h1").text.startswith("Advances in")
    assert [row[:4] for row in page.rows] == [
        [f"308000000{n} Requests 308000000{n}", "● in place", "Main Library · Open stacks", call]
        for n, call in enumerate(["100.0 Q0", "100.0 Q0 copy 1", "100.0 Q0"])
    ]
    desk.get(address(title()))
    assert len(emulator.calls) == 3
    assert page.one("details", cls="fold").attrs["hx-get"] == address(title(), "requests/")
    assert Access.objects.count() == 0


def test_items_are_paged_by_the_hundred_and_the_one_that_was_asked_for_is_marked(desk, emulator, title):
    mms = title("volumes")
    ids = emulator.items(mms)
    first, second = (read(desk.get(address(mms, f"?page={n}&item={ids[100]}"))) for n in (1, 2))
    assert len(first.by_id("results").rows) == 100
    assert len(second.by_id("results").rows) == len(ids) - 100
    assert first.by_id("results").rows[0][0].startswith("v.1 (1901)")
    assert [one.attrs["id"] for one in second.all("tr", cls="picked")] == [f"item-{ids[100]}"]
    assert ["not on this page" in page.text for page in (first, second)] == [True, False]


STATES = {
    "missing": "■ missing",
    "transit": "◐ in transit",
    "work_order": "◐ work order",
    "acquisition": "◐ being acquired",
    "technical": "■ in technical services",
    "on_loan": "◐ on loan due ",
    "odd": "○ Alma does not say",
}


def test_where_an_item_is_is_said_in_words_with_a_sign(desk, emulator, title):
    for item in emulator.items(title("odd")):
        emulator.set_item(item, {"item_data": {"pid": item, "process_type": {}}, "holding_data": None})
    for kind, words in STATES.items():
        states = [row[1] for row in read(desk.get(address(title(kind)))).rows]
        assert states, kind
        assert all(state.startswith(words) for state in states), states


def test_an_item_for_a_time_elsewhere_says_where_it_belongs():
    temporary = {
        "in_temp_location": True,
        "temp_library": {"value": "LAW", "desc": "Law"},
        "temp_policy": {"value": "X"},
    }
    data = {"pid": "23", "library": {"value": "MAIN", "desc": "Main"}, "policy": {"value": "Y"}, "public_note": "n"}
    row = items_shown.row("99", {"holding_data": temporary, "item_data": data})
    assert (row["place"], row["own"], row["policy"], row["notes"]) == ("Law", "Main", "X", ["n"])
    row = items_shown.row("99", {"holding_data": temporary | {"in_temp_location": "false"}, "item_data": data})
    assert (row["place"], row["own"], row["is_temporary"]) == ("Main", "", False)


@pytest.mark.parametrize(
    "odd", [{}, {"item_data": None}, {"item_data": [], "holding_data": "x"}, {"item_data": {"pid": 7}}]
)
def test_an_item_of_an_odd_shape_is_a_row_all_the_same(odd):
    assert items_shown.row("99", odd)["state"].text == "Alma does not say"


def test_states_that_nobody_foresaw_stay_as_alma_has_them():
    def state(**data):
        found = item_state.state({"item_data": data})
        return found.sign, found.text, found.details

    assert state(process_type={"value": "NEW", "desc": "Something new"}) == ("◐", "Something new", "")
    assert state(base_status={"value": "0"}) == ("◐", "not in place", "")
    order = {"work_order_type": {"value": "B", "desc": "Binding"}, "work_order_at": {"value": "", "desc": "Bindery"}}
    assert state(process_type="WORK_ORDER_DEPARTMENT", **order) == ("◐", "work order", "Binding, Bindery")


def test_a_title_that_alma_does_not_know_is_no_page(desk, emulator):
    response = desk.get(address("99399999990004711"))
    assert response.status_code == 404
    assert read(response).facts["Alma's code"] == "402203"


def test_a_title_without_items_stands(desk, emulator, title):
    assert "No items." in read(desk.get(address(title("no_holdings")))).text


def test_of_a_title_without_items_the_holdings_are_shown(desk, emulator, title):
    page = read(desk.get(address(title("no_items"))))
    assert "No items." in page.text
    (where,) = [text for name, text in page.facts.items() if name.startswith("Holding 2")]
    assert where.startswith("Main Library · Open stacks")
    assert [call.path.split("/")[-1] for call in emulator.calls] == [title("no_items"), "items", "holdings"]


# for a person


def test_a_title_is_placed_for_a_person_under_the_verdict(desk, emulator, title):
    own = emulator.people("student")[0]
    desk.get(address(title()))
    emulator.calls.clear()
    card = emulator.person(own)["user_identifier"][0]["value"]
    page = read(desk.post(address(title()), {"person": f" {card} "}))
    assert page.one("section", cls="verdict").one("h2").text == "● May borrow"
    assert page.by_id("place-form").attrs["action"] == f"/circulation/patrons/{own}/place/"
    assert [path.rpartition("/")[2] for _method, path in asked(emulator)] == [card, "request-options", "requests"]
    seen = Access.objects.order_by("pk").values_list("patron", "action")
    assert list(seen) == [(own, "view"), (own, "requests")]


def test_an_item_s_button_asks_for_that_item(desk, emulator, title):
    own = emulator.people("student")[0]
    mms = title("volumes")
    button = read(desk.get(address(mms))).all("button", name="target")[2]
    page = read(desk.post(address(mms), {"person": own, "target": button.attrs["value"]}))
    assert "For this item: it is a volume" in page.text
    assert "v.3 (1903)" in page.by_id("place-form").text


@pytest.mark.parametrize(("typed", "words"), [("nobody-1", "Nobody in Alma has the ID"), (" ", "For whom?")])
def test_nobody_is_asked_for_again_and_stays_typed(desk, emulator, title, typed, words):
    response = desk.post(address(title()), {"person": typed})
    page = read(response)
    assert response.status_code == 422
    assert words in page.text
    assert page.by_id("person").attrs["value"] == typed.strip()
    assert Access.objects.count() == 0


def test_reading_again_reads_the_title_too(desk, emulator, title):
    desk.get(address(title()))
    emulator.calls.clear()
    response = desk.post(address(title()), {"read_again": "1"})
    assert (response.status_code, len(emulator.calls)) == (302, 2)


def test_the_number_of_a_barcode_costs_two_calls(desk, emulator):
    desk.post("/circulation/", {"what": barcode_of(emulator, "copies")})
    assert len(emulator.calls) == 2
