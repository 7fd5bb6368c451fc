"""A request leaves once: refusals, lost answers, the same form twice, and what the log keeps."""

from datetime import timedelta

import pytest

from almaportal.alma import clock as alma_clock
from almaportal.alma.errors import AlmaRejected, Said
from almaportal.alma.hints import HINTS
from almaportal.changes import log
from almaportal.changes.models import Change
from almaportal.emulator import items
from almaportal.people.models import Access
from circulation import changed, placing
from circulation.place_forms import REFUSED, PlaceForm
from circulation.wanted import Target, Wanted
from tests.circulation.asking import Asking, asked, barcode_of, posts
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

MAIN = {"where": "LIBRARY", "library": "MAIN"}
POST = {"method": "POST", "path": "/users/*/requests"}
CODES = ("401129", "401136", "401683", "401684", "401891", "401895", "60308", "60309", "60310", "60324", "60325")
CODES += ("60326", "60327", "60328", "60330", "60331", "401651", "40166411", "401163", "401689", "401694", "401697")


@pytest.fixture
def own(emulator):
    return emulator.people("student")[0]


@pytest.fixture
def at(desk, own, emulator):
    """Before the form of a title of which everything is free."""
    found = Asking(desk, own)
    found.ask(barcode_of(emulator, "free"))
    emulator.calls.clear()
    return found


def of_person(emulator, own):
    found = [emulator.request(one) for one in emulator.requests()]
    return [one["request_id"] for one in found if one.get("user_primary_id") == own]


def test_every_code_that_input_can_cause_has_plain_words():
    assert [code for code in CODES if code not in HINTS] == []
    assert set(REFUSED) <= set(CODES)


def test_each_refusal_stands_beside_the_field_it_is_about(db, emulator, transport):
    for code, name in REFUSED.items():
        kind = "DIGITIZATION" if name == "pages" else "HOLD"
        form = PlaceForm(Wanted("s1", "s1", Target("99", "x"), kind=kind), {**MAIN, "extent": "whole"})
        assert form.is_valid()
        form.refuse(AlmaRejected(status=400, said=Said(code)))
        assert form.errors == {name: [HINTS[code]]}, code


HOME = {"address_type": [{"value": "home"}], "line1": "x"}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("kind", "typed", "code", "field"),
    [
        ("free", {"library": "Main Library"}, "401891", "library"),
        ("free", {"where": "CIRCULATION_DESK", "desk": "RESERVES"}, "401895", "desk"),
        ("bookable", {"where": "USER_HOME_ADDRESS"}, "60308", "where"),
        ("free", {"where": "USER_HOME_ADDRESS"}, "60309", "where"),
        ("free", {"where": "USER_WORK_ADDRESS", "address": [HOME]}, "60310", "where"),
        ("free", {"where": "INSTITUTION", "institution": "02X"}, "60324", "where"),
    ],
)
def test_alma_s_refusal_of_a_place_is_said_there(desk, emulator, own, kind, typed, code, field):
    emulator.faults.add(kind="403html", path="/conf/*", count=None)
    emulator.set_person({**emulator.person(own), "contact_info": {"address": typed.get("address", [])}})
    at = Asking(desk, own)
    at.ask(barcode_of(emulator, kind))
    if kind == "bookable":
        at.press("kind:BOOKING")
        typed = {**typed, "begins": "2027-02-01T10:00", "ends": "2027-02-01T12:00"}
    at.press(**{**MAIN, **typed})
    assert at.status == 422
    assert at.page.facts["Alma's code"] == code
    assert at.page.facts["Tracking ID"]
    assert at.page.by_id(f"place-{field}_error").text == HINTS[code]
    assert at.page.by_id(f"place-{field}").attrs.get("value") in (None, typed.get(field)), "it stays typed"
    assert "Nothing was placed." in at.page.one("section", role="alert").text
    change = Change.objects.get()
    assert (change.state, change.code, change.looked) == ("failed", code, None)


def test_right_after_a_return_alma_may_find_no_item_and_one_tries_again(at, emulator):
    emulator.faults.add(kind="401129", **POST)
    at.press(**MAIN, comment="stays")
    assert at.page.facts["Alma's code"] == "401129"
    assert "try again in a moment" in at.page.text
    assert at.page.one("textarea", name="comment").text == "stays"
    at.press(**MAIN, comment="stays")
    assert "Placed:" in at.page.text
    assert [one.state for one in Change.objects.order_by("pk")] == ["failed", "done"]


def test_somebody_blocked_between_page_and_click_is_refused_in_words(at, emulator, own):
    block = {"block_status": "ACTIVE", "block_type": {"value": "USER"}, "block_description": {"value": "LOST"}}
    emulator.set_person({**emulator.person(own), "user_block": [block]})
    at.press(**MAIN)
    assert (at.status, at.page.facts["Alma's code"]) == (422, "401163")
    assert "The person is blocked" in at.page.text
    assert "Nothing was placed." in at.page.text
    assert Change.objects.get().text == HINTS["401163"], "Alma's own text may name the person"


def test_an_item_gone_between_page_and_click_is_said(desk, own, emulator):
    at = Asking(desk, own)
    at.ask(barcode_of(emulator, "volumes"))
    gone = items.by_id(emulator.store, emulator.items(emulator.titles("volumes", 1)[0])[0])
    with emulator.store.transaction():
        items.put(emulator.store, gone, None)
    at.press(**MAIN)
    assert at.page.facts["Alma's code"] == "60328"
    assert str(HINTS["60328"]) in at.page.text


def test_alma_out_of_reach_places_nothing_and_the_form_stays(at, emulator, transport):
    transport.unplugged = True
    at.press(**MAIN, comment="stays")
    assert at.status == 422
    assert "Nothing was placed." in at.page.text
    transport.unplugged = False
    at.press(**MAIN)
    assert "Placed:" in at.page.text
    assert len(posts(emulator)) == 1


# lost answers


def test_an_answer_that_is_lost_is_looked_for_and_the_request_found(at, emulator, own):
    emulator.faults.add(kind="drop", when="after", **POST)
    before = of_person(emulator, own)
    at.press(**MAIN)
    (made,) = set(of_person(emulator, own)) - set(before)
    assert "It was sent once. The portal looked, and the person has the request." in at.page.text
    assert at.page.links[f"Request {made}"] == f"/circulation/requests/{made}/"
    assert [method for method, _path in asked(emulator)] == ["POST", "GET"]
    change = Change.objects.get()
    assert (change.state, change.record_id, change.looked) == ("done", made, None)


def test_an_answer_without_a_request_id_is_looked_for_too(at, transport, monkeypatch):
    call = transport._call

    def answer(request):
        status, headers, body = call(request)
        return status, headers, b"{}" if request.method == "POST" else body

    monkeypatch.setattr(transport, "_call", answer)
    at.press(**MAIN)
    assert "the person has the request" in at.page.text
    assert Change.objects.get().state == "done"


def test_what_never_arrived_may_be_sent_again_once_that_is_sure(at, emulator, clock):
    emulator.faults.add(kind="drop", when="before", **POST)
    at.press(**MAIN, comment="stays")
    assert at.status == 422
    assert "nobody knows yet whether it was placed No answer came." in at.page.text
    change = Change.objects.get()
    assert change.state == "unsure"
    assert f"Look again after {change.at + timedelta(seconds=60):%H:%M:%S}:" in at.page.text
    assert at.page.one("button", cls="primary").text == "Look whether it was placed"
    at.press(**MAIN, comment="stays")
    assert len(posts(emulator)) == 1, "it looks, and sends nothing"
    clock.time += 61
    at.press(**MAIN, comment="stays")
    assert "It was not placed" in at.page.text
    assert at.page.one("button", cls="primary").text == "Place the request"
    assert Change.objects.get().state == "failed"
    at.press(**MAIN)
    assert "Placed:" in at.page.text
    assert len(posts(emulator)) == 2


def test_a_look_that_fails_is_said_and_made_again(at, emulator):
    emulator.faults.add(kind="drop", when="after", **POST)
    emulator.faults.add(kind="403html", method="GET", path="/users/*/requests")
    at.press(**MAIN)
    assert "The portal could not look whether Alma took it" in at.page.text
    at.press(**MAIN)
    assert "the person has the request" in at.page.text
    assert len(posts(emulator)) == 1


def test_the_same_form_sent_twice_places_once(at, emulator, own):
    at.press(**MAIN)
    before = of_person(emulator, own)
    emulator.calls.clear()
    at.sent |= {"library": "SCI"}
    at.again()
    assert (emulator.calls, of_person(emulator, own)) == ([], before)
    assert "This form was sent before, so nothing was sent now" in at.page.text
    assert "The portal looked" not in at.page.text
    assert [one.text for one in at.page.one("section", cls="good").all("li")] == [
        "Type: Hold",
        "Picked up at: a library",
        "Library: Main Library",
    ]


def test_a_form_sent_while_the_first_is_on_its_way_waits(at, emulator):
    wanted = Wanted.unpacked(at.page.one("input", name="carried").attrs["value"])
    log.begin(Change.Action.CREATE, "request", [], wanted.target.mms_id, log.Why(), wanted.token)
    at.press(**MAIN)
    assert "It may still be on its way." in at.page.text
    assert emulator.calls == []


def test_without_javascript_the_page_says_by_its_status_that_nobody_knows(desk, own, emulator):
    at = Asking(desk, own, headers={})
    at.ask(barcode_of(emulator, "free"))
    emulator.faults.add(kind="drop", when="before", **POST)
    at.press(**MAIN)
    assert at.status == 409
    assert "No answer came." in at.page.text


def test_an_answer_that_does_not_say_is_not_called_none(at, emulator):
    emulator.faults.add(kind="503", **POST)
    at.press(**MAIN)
    assert "Alma's answer was an error that does not say." in at.page.text
    assert "No answer came" not in at.page.text
    assert at.page.facts["HTTP status"] == "503"


def test_what_another_form_sent_is_told_while_nobody_knows_of_it(desk, own, emulator, clock):
    at, anew = Asking(desk, own.upper()), Asking(desk, own)
    at.ask(barcode_of(emulator, "free"))
    emulator.faults.add(kind="drop", when="before", **POST)
    at.press(**MAIN)
    first = Change.objects.get()
    anew.ask(barcode_of(emulator, "free"))
    assert "The same was sent before, and nobody knows yet" in anew.page.text
    anew.ask(barcode_of(emulator, "copies"))
    assert "The same was sent before" not in anew.page.text
    clock.time += 61
    placing.settle(first)
    anew.ask(barcode_of(emulator, "free"))
    assert "The same was sent before" not in anew.page.text


def test_where_two_may_be_it_one_is_led_to_the_list_and_the_box(unsure, second, emulator, clock):
    change = unsure(None)
    second().delete()
    clock.time += 61
    page = change.form.again()
    assert "cannot tell which" in page.text
    assert "begin again in the box above" in page.text


# settling, as the log of changes asks for it


@pytest.fixture
def unsure(desk, own, emulator):
    """unsure(known): a request that Alma took, whose answer was lost, and of which nothing was found out. Its `form`:
    the one that sent it."""

    def make(known):
        at = Asking(desk, own)
        at.ask(barcode_of(emulator, "free"))
        emulator.faults.add(kind="drop", when="after", **POST)
        emulator.faults.add(kind="403html", method="GET", path="/users/*/requests")
        at.press(**MAIN)
        change = Change.objects.get()
        change.looked["known"] = known
        change.form = at
        emulator.calls.clear()
        return change

    return make


def test_the_log_settles_it_by_what_is_new(unsure, emulator, own):
    change = unsure(None)
    made = next(one for one in emulator.requests() if emulator.request(one)["mms_id"] == change.title)
    placing.settle(change)
    assert (change.state, change.record_id, change.ids) == ("done", made, [made])
    assert asked(emulator) == [("GET", f"/users/{own}/requests")]


def test_what_was_there_before_is_not_taken_for_it(unsure, emulator, clock):
    change = unsure(None)
    made = next(one for one in emulator.requests() if emulator.request(one)["mms_id"] == change.title)
    change.looked["known"] = [made]
    placing.settle(change)
    assert change.state == "unsure"
    clock.time += 61
    placing.settle(change)
    assert change.state == "failed"


def test_an_older_request_is_not_taken_for_it_where_nobody_had_looked(unsure, emulator):
    change = unsure(None)
    change.at = alma_clock.moment() + timedelta(hours=1)
    placing.settle(change)
    assert change.state == "unsure"


@pytest.fixture
def second(desk, own, emulator):
    """A second request of the same, placed by its own form."""

    def place():
        at = Asking(desk, own)
        at.ask(barcode_of(emulator, "free"))
        at.press("look")
        at.press(**MAIN, again="on")
        return Change.objects.latest("pk")

    return place


def test_two_that_are_new_stay_for_a_person_to_tell(unsure, second):
    change = unsure(None)
    second().delete()  # as if it had been placed in Alma itself
    placing.settle(change)
    assert change.state == "unsure"


def test_what_another_form_placed_is_not_taken_for_it(unsure, second, emulator):
    change = unsure(None)
    (made,) = [one for one in emulator.requests() if emulator.request(one)["mms_id"] == change.title]
    later = second()
    placing.settle(change)
    assert (change.state, change.record_id) == ("done", made)
    assert later.record_id != made


def test_what_was_placed_long_after_is_not_taken_for_it(unsure, emulator):
    change = unsure(None)
    change.at = alma_clock.moment() - timedelta(hours=1)
    placing.settle(change)
    assert change.state == "failed"


def test_the_change_s_page_offers_the_look_and_says_what_was_found(unsure, desk):
    change = unsure([])
    Change.objects.filter(pk=change.pk).update(looked=change.looked)
    page = read(desk.get(f"/changes/{change.pk}/"))
    assert "Nobody knows whether Alma did it" in page.text
    desk.post(f"/changes/{change.pk}/look/")
    assert Change.objects.get().state == "done"


# what is kept


def test_the_log_has_no_word_of_the_person_once_the_outcome_is_known(at, emulator, own):
    at.press(**MAIN, comment="for the aunt of s1")
    change = Change.objects.get()
    assert (change.kind, change.action, change.state, change.who) == ("request", "create", "done", "circulation")
    said = {one["path"]: one["after"] for one in change.fields}
    assert said == {
        "request_type": "HOLD",
        "pickup_location_type": "LIBRARY",
        "pickup_location_library": "MAIN",
    }
    assert own not in f"{change.fields} {change.ids} {change.title} {change.looked} {change.record}"
    assert [(one.patron, one.action) for one in Access.objects.all()] == [(own, "place")]


def test_the_log_shows_what_was_placed_and_leads_to_taking_it_back(at, desk):
    at.press(**MAIN)
    change = Change.objects.get()
    page = read(desk.get(f"/changes/{change.pk}/"))
    assert [row[:3] for row in page.rows] == [
        ["Type", "–", "Hold"],
        ["Picked up at", "–", "a library"],
        ["Library", "–", "Main Library"],
    ]
    response = desk.get(f"/changes/{change.pk}/undo/")
    assert response["Location"] == f"/circulation/requests/{change.record_id}/cancel/"


def test_the_log_names_desk_days_and_pages_as_people_do(at, desk, emulator):
    at.press(where="CIRCULATION_DESK", library="MAIN", desk="ILL", last_day="2027-01-20")
    at.ask(barcode_of(emulator, "copies"))
    at.press("kind:DIGITIZATION")
    at.press(extent="part", pages="11-25, 40", number="2", copyright="on")
    at.ask(barcode_of(emulator, "bookable"))
    at.press(**MAIN, begins="2027-02-14T10:00", ends="2027-02-14T12:30")
    said = {}
    for change in Change.objects.order_by("pk"):
        said |= {row[0]: row[2] for row in read(desk.get(f"/changes/{change.pk}/")).rows}
    expected = {
        "Library": "Main Library",
        "Desk": "Interlibrary Desk",
        "Wanted until": "20 Jan 2027",
        "What is digitized": "a part",
        "Volume number": "2",
        "The person has signed the copyright declaration": "yes",
        "Booked from": "14 Feb 2027, 10:00",
        "Booked until": "14 Feb 2027, 12:30",
    }
    assert {label: said.get(label) for label in expected} == expected
    assert said["Pages"].startswith("11–25, 40")


def test_the_log_has_the_codes_where_configuration_is_closed(db, emulator, transport):
    emulator.faults.add(kind="403html", path="/conf/*", count=None)
    asked_for = {
        "pickup_location_library": "MAIN",
        "pickup_location_circulation_desk": {"value": "A", "library": "MAIN"},
    }
    said = [changed.describe(path, raw)[1] for path, raw in asked_for.items()]
    assert said == ["MAIN", "A"]
    assert "circ-desks" not in str([call.path for call in emulator.calls])
    assert changed.describe("pickup_location_circulation_desk", "A") == ("Desk", "A"), "as older changes have it"
