"""Placing a request: what is wanted, what Alma offers, the form."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from almaportal.accounts.roles import CHANGE_REQUESTS, ROLES
from almaportal.emulator import institution
from almaportal.people.models import Access
from circulation.place_forms import PlaceForm
from circulation.wanted import Target, Wanted
from tests.circulation.asking import HTMX, Asking, asked, barcode_of, bodies, posts
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

MAIN = {"where": "LIBRARY", "library": "MAIN"}


@pytest.fixture
def own(emulator):
    """Somebody who may borrow."""
    return emulator.people("student")[0]


@pytest.fixture
def at(desk, own):
    return Asking(desk, own)


def whole(emulator, number=0):
    """The MMS ID of a title of which everything is free."""
    return emulator.titles("free", number + 1)[number]


def test_a_barcode_on_a_person_s_page_becomes_a_request_for_four_calls(at, emulator, own):
    page = at.ask(barcode_of(emulator, "free"), count="0")
    assert page.one("h3").text.startswith("Advances in")
    at.press(**MAIN, last_day="2027-03-01", comment=" please ")
    assert at.status == 200
    mms = whole(emulator)
    assert [method for method, _path in asked(emulator)] == ["GET", "GET", "GET", "POST"]
    (post,) = posts(emulator)
    assert (post.path, post.query) == (f"/users/{own}/requests", {"mms_id": mms})
    assert bodies(emulator) == [
        {
            "request_type": "HOLD",
            "pickup_location_type": "LIBRARY",
            "pickup_location_library": "MAIN",
            "last_interest_date": "2027-03-01Z",
            "comment": "please",
        }
    ]
    notice = at.page.one("section", cls="good")
    assert "Placed: Advances in" in notice.text
    assert "place 1 in the queue · Main Library" in notice.text
    made = next(one for one in emulator.requests() if emulator.request(one).get("comment") == "please")
    assert notice.links["Cancel it…"] == reverse("circulation:cancel", args=[made])
    assert [(one.patron, one.action) for one in Access.objects.all()] == [(own, "place")]


def test_an_mms_id_costs_a_call_less_and_nothing_once_the_title_is_kept(at, emulator):
    at.ask(whole(emulator))
    first = len(asked(emulator))
    at.ask(whole(emulator))
    assert (first, len(asked(emulator))) == (2, 3)
    assert "any copy" not in at.page.by_id("place-form").text, "it may be in many volumes"
    assert "Where it is in several volumes, choose an item" in at.page.by_id("place-form").text


def test_an_item_without_a_volume_is_asked_for_as_a_title_and_a_volume_for_itself(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    assert "it is no volume" not in at.page.text
    assert "For the title: the item is no volume of its own" in at.page.text
    at.ask(barcode_of(emulator, "volumes"))
    assert "For this item: it is a volume" in at.page.text
    assert at.page.all("input", name="volume") == []
    emulator.calls.clear()
    at.press("level:title", comment="kept")
    assert [path.rpartition("/")[2] for _method, path in asked(emulator)] == ["request-options"]
    assert at.page.one("textarea", name="comment").text == "kept"
    at.press(**MAIN, volume="v.1 (1901)")
    assert bodies(emulator)[0]["manual_description"] == "v.1 (1901)"
    assert "item_pid" not in posts(emulator)[0].query


def test_an_item_can_be_asked_for_itself(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press("level:item")
    at.press(**MAIN)
    item = emulator.items(whole(emulator))[0]
    assert posts(emulator)[0].query == {"item_pid": item}


def test_items_to_choose_from_are_shown_a_hundred_a_call(at, emulator):
    mms = emulator.titles("volumes", 1)[0]
    at.ask(mms)
    at.press("items")
    choices = [one for one in at.page.all("button", name="do") if one.attrs["value"].startswith("item:")]
    assert (len(choices), "1–100 of" in at.page.text) == (100, True)
    at.press("items:2")
    choices = [one for one in at.page.all("button", name="do") if one.attrs["value"].startswith("item:")]
    assert "101–" in at.page.text
    emulator.calls.clear()
    at.press(choices[0].attrs["value"])
    assert len(asked(emulator)) == 1
    at.press(**MAIN)
    assert posts(emulator)[0].query == {"item_pid": emulator.items(mms)[100]}


def test_only_what_alma_offers_is_offered_and_what_else_there_is_is_named(at, emulator):
    at.ask(barcode_of(emulator, "bookable"))
    kinds = [one.attrs["value"] for one in at.page.all("button", name="do") if "kind:" in one.attrs["value"]]
    assert (kinds, at.page.by_id("place-begins").tag) == (["kind:DIGITIZATION"], "input"), "a booking is chosen"
    assert "Alma offers no hold here. The item now: ● in place · policy “Bookable”." in at.page.text
    assert "Alma offers besides, not through this portal: Resource sharing broker" in at.page.text
    at.ask(emulator.titles("no_items", 1)[0])
    assert "Alma offers no request here" in at.page.text
    assert "Purchase request" in at.page.text
    assert at.page.all("button", cls="primary") == []
    at.press("items")
    assert "No items." in at.page.text


def test_a_blocked_person_is_offered_nothing_and_the_verdict_is_pointed_to(desk, emulator):
    own = emulator.people("blocked")[0]
    at = Asking(desk, own)
    at.ask(whole(emulator))
    assert "the verdict above says" in at.page.text
    assert posts(emulator) == []
    page = read(desk.get(f"/circulation/patrons/{own}/place/"))
    assert page.one("section", cls="verdict").one("h2").text.startswith("■ Blocked")


def test_a_blocked_person_is_told_the_verdict_and_no_guess(desk, emulator):
    own = emulator.people("blocked")[0]
    hidden = read(desk.get(f"/patrons/{own}/")).by_id("place-box").one("input", name="stands")
    for at, more in (Asking(desk, own), {"stands": hidden.attrs["value"]}), (Asking(desk, own, headers={}), {}):
        at.ask(barcode_of(emulator, "free"), **more)
        notice = at.page.by_id("place-form").one("section", cls="warn").text
        assert notice.startswith("◐ Alma offers no request here ■ Blocked: ")
        assert "not for loan" not in notice


def test_nothing_is_said_against_who_may_borrow(desk, emulator, own):
    hidden = read(desk.get(f"/patrons/{own}/")).by_id("place-box").one("input", name="stands")
    assert hidden.attrs["value"] == ""
    at = Asking(desk, own, headers={})
    at.ask(emulator.titles("no_items", 1)[0])
    assert "Not for this person and this title." in at.page.by_id("place-form").one("section", cls="warn").text


def test_an_item_that_nobody_can_get_says_by_its_state_why(at, emulator):
    at.ask(barcode_of(emulator, "missing"))
    notice = at.page.by_id("place-form").one("section", cls="warn").text
    assert "The item now: ■ missing." in notice
    assert "on loan to this person" not in notice


def test_an_unknown_barcode_says_what_was_tried_and_stays_typed(desk, own, emulator):
    at = Asking(desk, own, headers={})
    for what in ("no such thing", "99399999990004711", "a/b?c"):
        at.ask(what)
        assert at.status == 404
        assert f"Alma has nothing for “{what}”" in at.page.text
        assert ("tried as the MMS ID of a title, then as the barcode" in at.page.text) == what.startswith("99")
        assert at.page.facts["Alma's code"] == "401689"
        assert at.page.facts["Tracking ID"]
        assert at.page.one("input", name="what").attrs["value"] == what
    assert Asking(desk, own).ask(what).all("section", role="alert")


def test_an_empty_box_asks_nothing_of_alma(at, emulator):
    at.ask("  ")
    assert (at.status, "Nothing was typed" in at.page.text, emulator.calls) == (422, True, [])


def test_desks_are_listed_by_name_when_one_is_wanted(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press("desks", where="CIRCULATION_DESK", library="MAIN")
    options = {one.text: one.attrs["value"] for one in at.page.by_id("place-desk").all("option")}
    assert options["Interlibrary Desk"] == "ILL"
    at.press(where="CIRCULATION_DESK", library="MAIN", desk="ILL")
    assert at.status == 200
    assert bodies(emulator)[0]["pickup_location_circulation_desk"] == "ILL"


def test_names_are_shown_and_codes_sent_and_typed_where_configuration_is_closed(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    options = {one.attrs["value"]: one.text for one in at.page.by_id("place-library").all("option")}
    assert options["SCI"] == "Science & Engineering Library"
    assert [code for code, one in options.items() if one == "Main Library"] == ["MAIN"]


def test_the_library_of_resource_sharing_is_no_place_of_pickup(at, emulator, monkeypatch):
    monkeypatch.setitem(institution.LIBRARIES, "RES_SHARE", ("Resource Sharing Library", "", None))
    at.ask(barcode_of(emulator, "free"))
    offered = {one.attrs["value"] for one in at.page.by_id("place-library").all("option")}
    assert {"MAIN", "RES_SHARE"} & offered == {"MAIN"}


def test_codes_are_typed_where_configuration_is_closed(at, emulator):
    emulator.faults.add(kind="403html", path="/conf/*", count=None)
    at.ask(barcode_of(emulator, "free"))
    assert "type their codes, not their names" in at.page.text
    at.press(where="LIBRARY", library="Main Library")
    assert at.status == 422
    assert "takes codes, not names" in at.page.by_id("place-library_error").text
    assert at.page.facts["Alma's code"] == "401891"
    assert at.page.by_id("place-library").attrs["value"] == "Main Library"


WRONG = [
    ("HOLD", {"library": ""}, "library", "Choose the library"),
    ("HOLD", {"where": "CIRCULATION_DESK"}, "desk", "Choose the desk"),
    ("HOLD", {"where": "INSTITUTION"}, "institution", "Alma needs the code"),
    ("HOLD", {"where": "MOON"}, "where", "valid choice"),
    ("HOLD", {"last_day": "2027-01-14"}, "last_day", "lies behind"),
    ("HOLD", {"last_day": "9999-01-01"}, "last_day", "year"),
    ("HOLD", {"comment": "x" * 1001}, "comment", "1000"),
    ("DIGITIZATION", {"extent": "part"}, "pages", "Say which part"),
    ("DIGITIZATION", {"extent": "part", "pages": "20-11"}, "pages", "ends before"),
    ("DIGITIZATION", {"extent": "part", "number": "two"}, "number", "with a digit"),
    ("DIGITIZATION", {"extent": "part", "issue": "spring"}, "issue", "with a digit"),
    ("BOOKING", {}, "begins", "required"),
    ("BOOKING", {"begins": "2027-01-14T10:00", "ends": "2027-02-14T10:00"}, "begins", "lies behind"),
    ("BOOKING", {"begins": "2027-02-14T10:00", "ends": "2027-02-14T10:00"}, "ends", "before it begins"),
    ("BOOKING", {"begins": "9999-12-31T23:59", "ends": "x"}, "begins", "year"),
]


def test_what_cannot_be_is_said_beside_its_field(db, transport):
    for kind, typed, name, words in WRONG:
        form = PlaceForm(Wanted("s1", "s1", Target("99", "x"), kind=kind), {**MAIN, "extent": "whole", **typed})
        assert words in str(form.errors.get(name)), (kind, typed, form.errors)


@pytest.mark.parametrize("typed", [{"pages": "²-³"}, {"extent": "whole", "number": "two"}])
def test_what_alma_may_judge_itself_is_left_to_it(db, typed):
    form = PlaceForm(Wanted("s1", "s1", Target("99", "x"), kind="DIGITIZATION"), {"extent": "part", **typed})
    assert form.is_valid(), form.errors


def test_a_desk_of_another_library_is_refused_with_those_that_there_are(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press(where="CIRCULATION_DESK", library="MAIN", desk="LAWDESK")
    assert at.status == 422
    assert at.page.by_id("place-desk_error").text.startswith("This library has no such desk. It has: ")
    assert "Interlibrary Desk" in at.page.by_id("place-desk_error").text


def test_what_is_wrong_is_said_and_nothing_is_sent(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press(where="LIBRARY", library="", comment="stays")
    assert at.status == 422
    assert "Choose the library" in at.page.by_id("place-library_error").text
    assert at.page.by_id("wrong").links["Library"] == "#place-library"
    assert at.page.one("textarea", name="comment").text == "stays"
    assert posts(emulator) == []


def test_a_part_is_digitized_by_chapter_and_ranges_of_pages(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press("kind:DIGITIZATION")
    typed = {"chapter": "On locks", "chapter_author": "Ó Duinn", "pages": " 11–25, 40 ;52 - 60,", "number": "2"}
    at.press(extent="part", copyright="on", **typed)
    assert at.status == 200
    assert bodies(emulator) == [
        {
            "request_type": "DIGITIZATION",
            "copyrights_declaration_signed_by_patron": True,
            "partial_digitization": True,
            "chapter_or_article_title": "On locks",
            "chapter_or_article_author": "Ó Duinn",
            "volume": "2",
            "required_pages_range": [
                {"from_page": "11", "to_page": "25"},
                {"from_page": "40", "to_page": "40"},
                {"from_page": "52", "to_page": "60"},
            ],
        }
    ]


def test_a_chapter_without_pages_is_digitized_in_full(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press("kind:DIGITIZATION")
    at.press(extent="part", chapter="On locks")
    assert bodies(emulator)[0]["full_chapter"] is True


def test_the_whole_is_digitized_and_what_was_typed_of_a_part_is_left_out(at, emulator):
    at.ask(barcode_of(emulator, "free"))
    at.press("kind:DIGITIZATION")
    at.press(extent="whole", chapter="On locks")
    assert bodies(emulator) == [{"request_type": "DIGITIZATION", "partial_digitization": False}]


def test_a_booking_shows_when_it_is_taken_and_is_refused_then(at, emulator, clock, settings):
    settings.TIME_ZONE = "Europe/Zurich"
    mms = next(emulator.request(one)["mms_id"] for one in emulator.requests("booking"))
    at.ask(mms)
    at.press("kind:BOOKING")
    emulator.calls.clear()
    at.press("times")
    assert [path for _method, path in asked(emulator)] == [f"/bibs/{mms}/booking-availability"]
    start = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=40)
    typed = {"begins": f"{start:%Y-%m-%dT%H:%M}", "ends": f"{start + timedelta(days=1):%Y-%m-%dT%H:%M}"}
    at.press(**MAIN, **typed)
    assert at.status == 200
    (body,) = bodies(emulator)
    assert body["booking_start_date"] == f"{start - timedelta(hours=1):%Y-%m-%dT%H:%M}:00.000Z"
    assert body["booking_end_date"] > body["booking_start_date"]


def test_a_time_that_is_taken_is_refused_by_the_form(at, emulator, clock):
    start = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=5)
    typed = {"begins": f"{start:%Y-%m-%dT%H:%M}", "ends": f"{start + timedelta(days=2):%Y-%m-%dT%H:%M}"}
    for press in ("place", "times"):
        at.ask(barcode_of(emulator, "bookable"))
        at.press("level:item")
        at.press("kind:BOOKING")
        at.press(press, **MAIN, **typed)
    assert "Taken" in at.page.text
    emulator.calls.clear()
    at.press(**MAIN, **typed)
    assert at.status == 422
    assert "taken in this time" in at.page.by_id("place-begins_error").text
    assert posts(emulator) == []


# what the person has already


@pytest.fixture
def waiting(emulator):
    """A request that somebody has: (primary ID, MMS ID, request ID)."""
    found = [emulator.request(one) for one in emulator.requests("waiting")]
    one = next(one for one in found if emulator.person(one["user_primary_id"])["user_group"])
    return one["user_primary_id"], one["mms_id"], one["request_id"]


def test_what_the_person_s_list_showed_warns_of_a_double_without_a_call(desk, emulator, waiting):
    own, mms, mine = waiting
    rows = read(desk.get(f"/circulation/patrons/{own}/requests/", headers=HTMX)).all("input", name="known")
    known = [one.attrs["value"] for one in rows]
    assert {one.attrs["form"] for one in rows} == {"place-box"}
    emulator.calls.clear()
    at = Asking(desk, own)
    at.ask(mms, known=known, count=str(len(known)))
    assert len(asked(emulator)) == 2
    assert "The person has requested this title already" in at.page.text
    assert at.page.links[f"Request {mine}"] == f"/circulation/requests/{mine}/"


def test_where_nobody_has_looked_the_look_is_offered_with_its_price(desk, emulator, waiting):
    own, mms, mine = waiting
    at = Asking(desk, own)
    at.ask(mms, count="120")
    assert "The person has 120 requests; whether one is of this title was not read. Look 2 calls" in at.page.text
    emulator.calls.clear()
    at.press("look")
    assert asked(emulator) == [("GET", f"/users/{own}/requests")]
    assert f"Request {mine}" in at.page.links
    assert Access.objects.get().action == "requests"
    at.ask(whole(emulator, 1), count="3")
    at.press("look")
    assert "has not requested this title yet" in at.page.text


def test_a_title_is_looked_for_by_itself_where_that_is_one_call(desk, emulator, waiting):
    own, mms, mine = waiting
    at = Asking(desk, own)
    desk.get(f"/circulation/titles/{mms}/")
    emulator.calls.clear()
    at.ask(mms, count="3")
    assert [path.rpartition("/")[2] for _method, path in asked(emulator)] == ["request-options", "requests"]
    assert f"Request {mine}" in at.page.links
    assert [one.action for one in Access.objects.all()] == ["requests"]
    at.ask(whole(emulator, 1), count="3")
    assert "has not requested this title yet" in at.page.text
    emulator.calls.clear()
    for what, count in ((mms, "101"), (mms, "0"), (barcode_of(emulator, "free"), "3")):
        at.ask(what, count=count)
    assert [path for _method, path in asked(emulator) if path.endswith("/requests")] == []


def test_where_that_look_fails_the_form_stands_and_offers_it(desk, emulator, waiting):
    own, mms, _mine = waiting
    emulator.faults.add(kind="403html", method="GET", path="/users/*/requests")
    at = Asking(desk, own)
    at.ask(mms, count="3")
    assert (at.status, at.page.all("section", role="alert")) == (200, [])
    assert "whether one is of this title was not read. Look 1 call" in at.page.text
    assert at.page.by_id("place-library")


def test_the_look_goes_through_all_requests_of_somebody_with_many(desk, emulator):
    last = emulator.request(emulator.requests("many")[-1])
    at = Asking(desk, last["user_primary_id"])
    at.ask(last["mms_id"], count="120")
    emulator.calls.clear()
    at.press("look")
    assert [call.query["offset"] for call in emulator.calls if call.path.endswith("/requests")] == ["0", "100"]
    assert f"Request {last['request_id']}" in at.page.links


def test_somebody_without_requests_needs_no_look(at, emulator):
    at.ask(whole(emulator), count="0")
    assert "Look" not in [one.text for one in at.page.all("button")]


def test_a_double_leaves_only_when_it_is_meant(at, emulator, own):
    at.ask(whole(emulator), count="0")
    at.press(**MAIN)
    at.ask(whole(emulator), count="0")  # as the page still says
    at.press(**MAIN)
    assert (at.status, at.page.facts["Alma's code"]) == (422, "401136")
    assert "Tick this to place it once more" in at.page.text
    assert at.page.by_id("place-library").one("option", selected="").attrs["value"] == "MAIN"
    at.press(**MAIN)
    assert len(posts(emulator)) == 2, "without the tick nothing more is sent"
    at.press(**MAIN, again="on")
    assert at.status == 200
    assert posts(emulator)[-1].query["allow_same_request"] == "true"


def test_a_refused_double_says_whose_word_that_is(at, emulator):
    at.ask(whole(emulator))
    at.press(**MAIN)
    at.ask(barcode_of(emulator, "free"), count="3")
    at.press(**MAIN)
    assert "Alma says that the person has requested this title already" in at.page.text
    assert "is of this title was not read" not in at.page.text


def test_once_placed_the_page_counts_one_more_and_folds_the_list(at, desk, emulator, own):
    at.ask(barcode_of(emulator, "free"), count="2")
    emulator.calls.clear()
    at.press(**MAIN)
    fresh = {one.attrs["id"]: one for one in at.page if "hx-swap-oob" in one.attrs}
    assert set(fresh) == {"place-box", "requests-count", "requests-fold"}
    assert fresh["place-box"].one("input", name="count").attrs["value"] == fresh["requests-count"].text == "3"
    assert fresh["requests-fold"].one("summary").text == "Requests 3 · opens with 1 call"
    assert at.page.links["Requests of the person"] == "#requests-list"
    there = read(desk.get(f"/patrons/{own}/"))
    assert all(there.by_id(one).tag == fresh[one].tag for one in fresh), "what they take the place of"
    about = Asking(desk, own, headers={})
    about.ask(whole(emulator, 1))
    carried = about.page.by_id("place-box").one("input", name="about").attrs["value"]
    at.ask(barcode_of(emulator, "copies"), about=carried)
    at.press(about=carried, **MAIN)
    fresh = {one.attrs["id"]: one for one in at.page if "hx-swap-oob" in one.attrs}
    assert {one: fresh[one].text for one in fresh if one != "place-box"} == {"requests-count": "4 requests"}


def test_what_was_just_placed_is_known_to_the_box(at, emulator):
    at.ask(whole(emulator), count="0")
    at.press(**MAIN)
    known = [one.attrs["value"] for one in at.page.all("input", name="known")]
    at.ask(whole(emulator), count="0", known=known)
    assert "The person has requested this title already" in at.page.text


# the pages


def test_the_person_s_page_has_the_box_and_the_fold(desk, emulator, own):
    page = read(desk.get(f"/patrons/{own}/"))
    box = page.by_id("place-box")
    assert box.attrs["hx-post"] == box.attrs["action"] == f"/circulation/patrons/{own}/place/"
    assert box.one("input", name="count").attrs["value"] == page.facts["Requests"] == "2"
    assert page.by_id(box.attrs["hx-target"][1:]).children == []
    fold = page.by_id("requests").one("details")
    assert fold.attrs["hx-get"] == f"/circulation/patrons/{own}/requests/"
    assert fold.one("summary").text == "Requests 2 · opens with 1 call"
    assert len(emulator.calls) == 1


def test_without_javascript_the_page_of_its_own_says_the_verdict_and_costs_one_call_more(desk, emulator, own):
    address = f"/circulation/patrons/{own}/place/"
    page = read(desk.get(address))
    assert page.one("section", cls="verdict").one("h2").text == "● May borrow"
    hidden = {one.attrs["name"]: one.attrs["value"] for one in page.by_id("place-box").all("input", type="hidden")}
    at = Asking(desk, own, headers={})
    at.ask(barcode_of(emulator, "free"), **hidden)
    assert at.page.one("section", cls="verdict").text == "● May borrow"
    assert at.page.one("h1").text == "Place a request"
    at.press(**MAIN)
    assert "Placed:" in at.page.by_id("placing").text
    assert at.page.links["3 requests"] == f"/circulation/patrons/{own}/requests/"
    assert len(asked(emulator)) == 5
    seen = Access.objects.order_by("pk").values_list("patron", "action")
    assert list(seen) == [(own, "view"), (own, "place")]


def test_an_id_with_a_slash_is_placed_for_by_another_id_of_the_person(desk, emulator):
    own = next(one for one in emulator.people() if "/" in one)
    at = Asking(desk, own)
    at.ask(whole(emulator))
    at.press(**MAIN)
    assert "Placed:" in at.page.text
    assert own not in posts(emulator)[0].path


def test_forms_of_somebody_else_and_changed_ones_are_refused(desk, emulator, at, own):
    at.ask(whole(emulator))
    other = Asking(desk, emulator.people("student")[1])
    other.page = at.page
    other.press(**MAIN)
    assert other.status == 400
    for odd in ("nonsense", f"item:{Target('99300000180004711', 'x', item_id='23').packed}"):
        at.ask(whole(emulator))
        at.press(odd)
        assert at.status == 400, odd
    at.headers = {}
    at.ask(whole(emulator))
    about = at.page.by_id("place-box").one("input", name="about").attrs["value"]
    other.ask(whole(emulator), about=about)
    assert other.status == 400
    assert posts(emulator) == []


def test_who_may_only_look_sees_no_box(desk, emulator, own, monkeypatch):
    monkeypatch.setitem(ROLES, "circulation", ROLES["circulation"] - {CHANGE_REQUESTS})
    assert "place-box" not in [one.attrs.get("id") for one in read(desk.get(f"/patrons/{own}/"))]
    title = f"/circulation/titles/{whole(emulator)}/"
    assert "place-for" not in [one.attrs.get("id") for one in read(desk.get(title))]
    assert desk.post(title, {"person": own}).status_code == 403


def test_who_may_not_place_is_refused(sign_in, emulator, own):
    client = sign_in("viewer")
    assert client.get(f"/circulation/patrons/{own}/place/").status_code == 403
    assert client.post("/circulation/titles/99300000000004711/", {"person": own}).status_code == 403
    assert emulator.calls == []


def test_a_page_opened_by_a_card_goes_on_with_the_primary_id(desk, emulator, own):
    card = emulator.person(own)["user_identifier"][0]["value"]
    page = read(desk.get(f"/circulation/patrons/{card}/place/"))
    assert page.by_id("place-box").attrs["action"] == f"/circulation/patrons/{own}/place/"
    at = Asking(desk, card, headers={})
    at.ask(whole(emulator))
    at.address = at.page.by_id("place-form").attrs["action"]
    at.press(**MAIN)
    assert "Placed:" in at.page.by_id("placing").text


def test_somebody_whom_alma_does_not_know_is_told_so_and_not_the_barcode(desk, emulator):
    assert desk.get("/circulation/patrons/nobody-1/place/").status_code == 404
    at = Asking(desk, "no/body")
    at.ask(whole(emulator))
    assert at.page.facts["Alma's code"] == "401861"
    assert "Alma has nothing for" not in at.page.text
    at = Asking(desk, "nobody-1")
    at.ask(whole(emulator))
    assert at.page.facts["Alma's code"] == "401861"


def test_a_contact_without_an_id_gets_no_form(desk, emulator, own):
    emulator.set_person({**emulator.person(own), "link": "https://x/almaws/v1/users/-"})
    response = desk.get(f"/circulation/patrons/{own}/place/")
    assert "has no ID" in read(response).text
    assert Access.objects.count() == 0


@pytest.mark.parametrize("odd", [{}, {"request_option": None}, {"request_option": {"type": "HOLD"}}, {"x": []}])
def test_options_of_an_odd_shape_are_read_all_the_same(at, emulator, transport, monkeypatch, odd):
    call = transport._call

    def answer(request):
        options = json.dumps({**odd, "request_option": odd.get("request_option")}).encode()
        is_it = "request-options" in request.url
        return (200, [("Content-Type", "application/json")], options) if is_it else call(request)

    monkeypatch.setattr(transport, "_call", answer)
    at.ask(whole(emulator))
    assert at.status == 200
    assert ("Alma offers no request here" in at.page.text) == (not odd.get("request_option"))
