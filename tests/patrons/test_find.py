"""Finding a person at the desk: a scan, an ID, an e-mail; names and other fields."""

import json

import pytest
from django.urls import reverse

from almaportal.people.models import Access
from patrons import finding
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

HOME = "/patrons/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scan(desk):
    """scan("x") → the answer to a scan in the browser; scan("x", {}) without JavaScript."""
    return lambda wanted, headers=HTMX: desk.post(HOME, {"q": wanted}, headers=headers)


@pytest.fixture
def search(desk):
    """search("name", "x") → the page."""
    return lambda field, text, **more: read(desk.post(HOME, {"field": field, "text": text, **more}))


def barcode(emulator, primary_id):
    return emulator.person(primary_id)["user_identifier"][0]["value"]


def put(emulator, like, **fields):
    """One more person like another one."""
    emulator.set_person(emulator.person(like) | {"user_identifier": []} | fields)


def ids(page):
    """The primary IDs of the list."""
    head = page.one("table").head.index("Primary ID")
    return [row[head] for row in page.one("table").rows]


def test_the_box_waits_for_a_scan(desk, emulator):
    page = read(desk.get(HOME))
    form = page.by_id("desk")
    assert "autofocus" in page.by_id("scan").attrs
    assert (form.attrs["hx-sync"], form.attrs["hx-target"]) == ("this:queue last", "#results")
    assert [one for one in page.by_id("results") if one.attrs.get("id") == "desk"] == [], "the box is never swapped"
    assert emulator.calls == []


@pytest.mark.parametrize("by", ["primary_id", "barcode", "other case"])
def test_a_scan_is_the_persons_page_in_one_call(scan, emulator, by):
    own = emulator.people("student")[0]
    wanted = {"primary_id": own, "barcode": barcode(emulator, own), "other case": own.upper()}[by]
    response = scan(wanted)
    page = read(response)
    assert response["HX-Push-Url"] == f"{HOME}{own}/"
    assert page.one("section", cls="verdict").one("h2").text == "● May borrow"
    assert page.all("nav") == [], "only the part that is swapped"
    assert page.one("title").text == f"Patron {own} · almaportal"
    (call,) = emulator.calls
    assert call.query == {"expand": "loans,requests,fees"}


def test_without_javascript_it_is_the_whole_page(scan, emulator):
    own = emulator.people("student")[0]
    page = read(scan(own, {}))
    assert page.one("section", cls="verdict").attrs["data-says"].endswith(": May borrow")
    assert page.links["Read again"] == f"{HOME}{own}/"
    assert page.by_id("scan")
    assert len(emulator.calls) == 1


def test_blanks_and_control_characters_of_a_scanner_do_not_matter(scan, emulator):
    own = emulator.people("student")[0]
    assert scan(f" \x02{own}\x1d\t\r\n ")["HX-Push-Url"] == f"{HOME}{own}/"


@pytest.mark.parametrize("wanted", ["", "  ", "\x00\x1d"])
def test_an_empty_scan_asks_nobody(scan, emulator, wanted):
    response = scan(wanted)
    assert response.status_code == 422
    assert "Scan a card, or type an ID" in read(response).text
    assert emulator.calls == []


RARE = [pytest.param(kind, marks=pytest.mark.thorough) for kind in ("plus", "at", "hash", "question", "blank", "case")]


@pytest.mark.parametrize("kind", ["slash", "percent", "script", *RARE])
def test_an_id_of_any_signs_is_found_and_its_address_leads_there(scan, desk, emulator, kind):
    own = emulator.people(f"id_{kind}")[0]
    address = reverse("patrons:person", args=[own])
    response = scan(own)
    assert read(response).one("p", cls="under").one("span", cls="id").text == own
    assert response["HX-Push-Url"] == address
    page = read(desk.get(address))
    assert page.one("section", cls="verdict")
    for name in ("loans", "fees", "print"):
        assert desk.get(reverse(f"patrons:{name}", args=[own])).status_code == 200


def test_who_looked_is_on_record_by_alma_s_own_id(scan, emulator):
    own = emulator.people("id_case")[0]
    scan(own.lower())
    assert [(one.who, one.patron, one.action) for one in Access.objects.all()] == [("circulation", own, "view")]


# one barcode, two people


def everybody(desk, page):
    """The page behind “Who else has or had it?”."""
    (form,) = [one for one in page.all("form") if [True for button in one.all("button", name="everybody")]]
    wanted = form.one("input", name="q").attrs["value"]
    return read(desk.post(HOME, {"q": wanted, "everybody": "on"}, headers=HTMX))


def test_who_else_had_a_card_is_one_call_more(scan, desk, emulator):
    """One call is the price of an ordinary scan, and Alma answers it with one person only."""
    old, new = (emulator.people(f"barcode_{kind}")[0] for kind in ("given_up", "taken_over"))
    (shared,) = (one["value"] for one in emulator.person(old)["user_identifier"] if one["status"] == "INACTIVE")
    emulator.calls.clear()
    response = scan(shared)
    assert response["HX-Push-Url"] == f"{HOME}{new}/"
    page = everybody(desk, read(response))
    assert ids(page) == [new, old]
    assert "2 people have the ID" in page.text
    assert [call.path for call in emulator.calls] == [f"/users/{shared}", "/users"]


@pytest.mark.parametrize("card", ["CARD-1", "CARD/1"])
def test_a_card_that_is_active_with_two_people_brings_both_to_choose(scan, desk, emulator, card):
    row = {"value": card, "id_type": {"value": "BARCODE"}, "status": "ACTIVE"}
    for own in ("card-1-first", "second"):
        put(emulator, emulator.people("student")[0], primary_id=own, user_identifier=[row])
    page = read(scan(card))
    page = page if "/" in card else everybody(desk, page)
    assert sorted(ids(page)) == ["card-1-first", "second"]
    assert page.text.count("the scanned ID is active with this person") == 2


def test_who_is_found_by_the_primary_id_shares_it_with_nobody(scan, emulator):
    assert read(scan(emulator.people("student")[0])).all("button", name="everybody") == []


def test_somebody_who_does_not_hold_what_was_scanned_is_said_not_to(scan, emulator, alma_sends):
    alma_sends("/users/C-9", emulator.person(emulator.people("student")[0]))
    page = read(scan("C-9"))
    assert "Alma sent this person for “C-9”, but the record does not have that ID." in page.text
    assert page.one("button", name="everybody")


@pytest.mark.parametrize("own", ["strasse/1", "straße/1"])
def test_ids_that_only_look_alike_are_two_people(scan, desk, emulator, own):
    for primary_id, other in (("straße/1", "29-1"), ("strasse/1", "29-2")):
        card = {"value": other, "id_type": {"value": "BARCODE"}, "status": "ACTIVE"}
        more = {"last_name": f"Named {primary_id}", "user_identifier": [card]}
        put(emulator, emulator.people("student")[0], primary_id=primary_id, **more)
    assert read(scan(own)).one("p", cls="under").one("span", cls="id").text == own
    assert f"Named {own}" in read(desk.get(reverse("patrons:print", args=[own]))).one("h1").text


def test_only_active_identifiers_stand_for_an_id_with_a_slash(desk, emulator):
    given_up = {"value": "C-0", "id_type": {"value": "BARCODE"}, "status": "INACTIVE"}
    held = given_up | {"value": "C-1", "status": "ACTIVE"}
    own = emulator.people("student")[0]
    for rows, status, asked in (([given_up], 400, set()), ([given_up, held], 200, {"C-1"})):
        put(emulator, own, primary_id="sla/sh", user_identifier=rows)
        emulator.calls.clear()
        assert desk.get(reverse("patrons:fees", args=["sla/sh"])).status_code == status
        assert {call.path.split("/")[2] for call in emulator.calls if call.path != "/users"} == asked


@pytest.fixture
def alma_sends(transport, monkeypatch):
    """alma_sends(path, record): the answer of Alma to what begins so."""

    def answer(path, record):
        ask, reply = transport._call, (200, [("Content-Type", "application/json")], json.dumps(record).encode())
        monkeypatch.setattr(transport, "_call", lambda one: reply if path in one.url else ask(one))

    return answer


@pytest.fixture
def inactive(emulator):
    """A barcode that is inactive with its only holder."""
    own = emulator.people("student")[0]
    row = {"value": "OLD-77", "id_type": {"value": "BARCODE"}, "status": "INACTIVE", "segment_type": "Internal"}
    put(emulator, own, primary_id="aaa-first", user_identifier=[row])
    return row


def test_an_answer_with_whom_the_card_is_inactive_is_not_taken_for_the_only_one(scan, emulator, alma_sends, inactive):
    """Some Almas answer a person by an inactive identifier, too: the one who has it now is to be found."""
    put(emulator, "aaa-first", primary_id="zzz-second", user_identifier=[inactive | {"status": "ACTIVE"}])
    alma_sends("/users/OLD-77", emulator.person("aaa-first"))
    page = read(scan("OLD-77"))
    assert ids(page) == ["zzz-second", "aaa-first"]
    assert "the scanned ID is active with this person" in page.one("tbody").all("tr")[0].text


def test_a_card_that_is_inactive_with_its_only_holder_is_said_to_be(scan, emulator, inactive):
    page = read(scan("old-77"))
    assert "“old-77” is an inactive identifier of this person" in page.text
    assert [call.path for call in emulator.calls] == ["/users/old-77", "/users"]
    assert emulator.calls[1].query["q"] == "identifiers~old-77"


def test_several_with_whom_a_card_is_inactive_are_shown_to_choose(scan, emulator, inactive):
    put(emulator, "aaa-first", primary_id="zzz-second", user_identifier=[inactive])
    response = scan("OLD-77")
    page = read(response)
    assert set(ids(page)) == {"aaa-first", "zzz-second"}
    assert response["HX-Push-Url"] == HOME
    assert "the scanned ID is inactive with this person" in page.text
    assert {(one.patron, one.action) for one in Access.objects.all()} == {("aaa-first", "list"), ("zzz-second", "list")}


# nobody


def test_nobody_found_says_what_was_tried_and_offers_other_ways(scan, emulator):
    response = scan("990000000")
    page = read(response)
    assert response.status_code == 200
    assert response["HX-Push-Url"] == HOME
    assert "Nobody has the ID “990000000”" in page.text
    assert "primary IDs, barcodes and all other identifiers" in page.text
    ways = page.one("form", cls="ways")
    assert ways.one("input", name="text").attrs["value"] == "990000000"
    assert [one.attrs["value"] for one in ways.all("button")] == ["name", "email", "phone_number", "ALL"]
    assert [call.path for call in emulator.calls] == ["/users/990000000", "/users"]


def test_an_e_mail_that_is_no_id_is_searched_for_and_leads_straight_to_its_only_owner(scan, emulator):
    own = emulator.people("student")[0]
    mail = {"email_address": "only.one@mail.example.org", "preferred": True}
    put(emulator, own, primary_id="mailer", contact_info={"email": [mail]})
    assert scan("Only.One@mail.example.org")["HX-Push-Url"] == f"{HOME}mailer/"
    assert [call.path for call in emulator.calls] == ["/users/Only.One%40mail.example.org", "/users"]


@pytest.mark.usefixtures("short_pages")
def test_an_e_mail_of_two_people_on_two_pages_opens_neither(scan, emulator):
    own = emulator.people("student")[0]
    for n, address in enumerate(["two@mail.example", "two@mail.example.org", "two@mail.example"]):
        contact = {"email": [{"email_address": address}]}
        put(emulator, own, primary_id=f"p{n}", last_name=f"Two{n}", contact_info=contact)
    response = scan("two@mail.example")
    page = read(response)
    assert (ids(page), response["HX-Push-Url"]) == (["p0"], HOME)
    assert "Next" in [one.text for one in page.all("button")]


def test_a_name_in_the_box_is_searched_for(scan, emulator):
    own = emulator.people("student")[0]
    put(emulator, own, primary_id="n1", first_name="Zebulon", last_name="Quillfeather")
    page = read(scan("Zebulon Quillfeather"))
    assert ids(page) == ["n1"]
    assert "“Zebulon Quillfeather” is nobody's ID. Found in: Name." in page.text
    assert ids(read(scan("quillfeather, zeb"))) == ["n1"]
    assert "Then a search was made in: Name, in any order." in read(scan("Xyzzy")).text


def test_an_unknown_id_in_an_address_is_a_page_of_its_own(desk, emulator):
    response = desk.get(f"{HOME}990000000/")
    page = read(response)
    assert response.status_code == 404
    assert "Nobody has the ID “990000000”" in page.text
    assert page.by_id("scan")
    assert not Access.objects.exists()


@pytest.mark.parametrize(
    "wanted", [".", "..", "~", "a~b AND c~d", "'; drop", "<b>", "﷽", "x" * 300, "/", "a/b/c", "%2F"]
)
def test_odd_texts_find_nobody_and_break_nothing(scan, emulator, wanted):
    response = scan(wanted)
    assert response.status_code == 200
    assert "Nobody has the ID" in read(response).text


# searches


@pytest.fixture
def bergs(emulator):
    """Four people, three of whom Alma finds by "quillberg"."""
    own = emulator.people("student")[0]
    for primary_id, first, last in (
        ("b1", "Maria", "Quillberg"),
        ("b2", "Márta", "Quillbergson"),
        ("b3", "Maria", "van der Quillberg"),
        ("b4", "Quillberg", "Other"),
    ):
        put(emulator, own, primary_id=primary_id, first_name=first, last_name=last, full_name=f"{first} {last}")


@pytest.mark.parametrize(
    ("field", "text", "found"),
    [
        ("last_name", "quillberg", {"b1", "b2", "b3"}),
        ("first_name", "quillberg", {"b4"}),
        ("name", "quillberg", {"b1", "b2", "b3"}),
        ("name", "maria quillberg", {"b1", "b3"}),
        ("name", "Quillberg, Maria", {"b1", "b3"}),
        ("name", "quillberg other", {"b4"}),
        ("name", "other quillberg", {"b4"}),
        ("last_name", '"van der quillberg"', {"b3"}),
        ("last_name", "quillberg van", {"b3"}),
        ("first_name", "marta", {"b2"}),
        ("primary_id", "b1", {"b1"}),
        ("primary_id", "B1", {"b1"}),
    ],
)
def test_people_are_found_by_the_words_of_a_field(search, bergs, field, text, found):
    assert set(ids(search(field, text))) == found


def test_a_search_stands_in_no_address_and_costs_one_call_a_page(desk, emulator, bergs):
    response = desk.post(HOME, {"field": "last_name", "text": "quillberg"}, headers=HTMX)
    assert response["HX-Push-Url"] == HOME
    (call,) = emulator.calls
    assert call.query == {"q": "last_name~quillberg", "limit": "20", "offset": "0", "expand": "full"}


def test_the_birth_date_tells_namesakes_apart(search, emulator):
    own = emulator.people("student")[0]
    for primary_id, born in (("n1", "1952-03-12Z"), ("n2", None)):
        put(emulator, own, primary_id=primary_id, last_name="Quillfeather", birth_date=born)
    table = search("last_name", "quillfeather").one("table")
    born = table.head.index("Born")
    assert sorted(row[born] for row in table.rows) == ["12 Mar 1952", "–"]


def test_what_is_only_like_it_is_left_out_and_can_be_shown(search, emulator):
    own = emulator.people("student")[0]
    for tail in ("", "5", "55"):
        put(emulator, own, primary_id=f"like-777{tail}")
    page = search("primary_id", "like-777")
    assert ids(page) == ["like-777"]
    assert "2 that are only like it left out" in page.text
    assert set(ids(search("primary_id", "like-777", loose="on"))) == {"like-777", "like-7775", "like-77755"}


def test_when_all_are_only_like_it_that_is_said(search, emulator):
    put(emulator, emulator.people("student")[0], primary_id="like-7775")
    assert (
        "Nobody holds this in the field Primary ID; Alma found 1 that is only like it."
        in search("primary_id", "like-777").text
    )


def test_a_search_has_pages_by_forms_alone(search, emulator, bergs):
    own = emulator.people("student")[0]
    for n in range(25):
        put(emulator, own, primary_id=f"many-{n}", last_name="Manyfold")
    first = search("last_name", "manyfold")
    pager = first.one("form", cls="pager")
    sent = {one.attrs["name"]: one.attrs["value"] for one in pager.all("input") if one.attrs["name"][0] != "c"}
    assert sent == {"field": "last_name", "text": "manyfold"}
    assert [one.attrs["value"] for one in pager.all("button")] == ["2"]
    second = search("last_name", "manyfold", page="2")
    assert len(ids(first)) == 20
    assert len(set(ids(first)) | set(ids(second))) == 25


def test_a_count_that_exceeds_the_people_there_are_ends_on_an_empty_page(search, emulator):
    page = search("last_name", "quill", page="500")
    assert "Next" not in [one.text for one in page.all("button")]
    assert "No more people" in page.text


@pytest.fixture
def short_pages(monkeypatch):
    monkeypatch.setattr(finding, "ROWS", 2)


@pytest.mark.usefixtures("short_pages")
def test_pages_that_hold_nobody_of_these_are_passed_over_both_ways(search, emulator):
    """Alma's own match begins alike: between two owners of an address lie three pages of others."""
    own = emulator.people("student")[0]
    for n in range(10):
        address = "many@mail.example" + ("" if n in (0, 9) else ".org")
        contact = {"email": [{"email_address": address}]}
        put(emulator, own, primary_id=f"p{n:02}", last_name=f"Many{n:02}", contact_info=contact)
    emulator.calls.clear()
    pages = [search("email", "many@mail.example", **more) for more in ({}, {"page": "2"}, {"back": "4"})]
    assert [ids(page) for page in pages] == [["p00"], ["p09"], ["p00"]]
    assert "1 person on page 5" in pages[1].text
    assert [int(call.query["offset"]) // 2 + 1 for call in emulator.calls] == [1, 2, 3, 4, 5, 4, 3, 2, 1]
    assert pages[1].one("button", name="back").attrs["value"] == "4"


@pytest.mark.usefixtures("short_pages")
def test_at_most_five_pages_are_read_for_one(search, emulator):
    own = emulator.people("student")[0]
    for n in range(11):
        put(emulator, own, primary_id=f"p-7{n:03}")
    emulator.calls.clear()
    page = search("primary_id", "p-7")
    assert len(emulator.calls) == 5
    assert "Alma found 10 that are only like it" in page.text
    assert page.one("button", name="page").attrs["value"] == "6"


def test_a_search_that_alma_does_not_understand_is_said_to_be_none(search, transport, monkeypatch):
    answer = (200, [("Content-Type", "application/json")], b'{"total_record_count": -1}')
    monkeypatch.setattr(transport, "_call", lambda request: answer)
    assert "Alma did not understand this search" in search("last_name", "x").text
    assert "Alma did not understand this search" in search("last_name", "~").text


def test_a_contact_without_an_id_is_shown_and_leads_nowhere(search, emulator):
    contact = emulator.people("contact")[0]
    record = emulator.person(contact)
    page = search("last_name", record["last_name"], loose="on")
    rows = [row for row in page.one("tbody").all("tr") if "a contact without a page" in row.text]
    assert rows
    assert all(row.all("a") == [] for row in rows)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("inactive", "■ Inactive"), ("expired", "■ Expired"), ("blocked", "■ Blocked: Card reported lost")],
)
def test_who_may_not_borrow_is_marked_in_the_list(search, emulator, kind, words):
    assert words in search("primary_id", emulator.people(kind)[0]).one("tbody").text


@pytest.mark.parametrize(
    "post",
    [
        {"field": "last_name", "text": ""},
        {"field": "password", "text": "x"},
        {"field": "last_name", "text": "x", "page": "0"},
        {"field": "last_name", "text": "x" * 201},
    ],
)
def test_a_search_for_nothing_asks_nobody(desk, emulator, post):
    response = desk.post(HOME, post)
    assert response.status_code == 422
    assert "Nothing was searched" in read(response).text
    assert emulator.calls == []


# trouble


@pytest.mark.parametrize(
    ("kind", "words"), [("503", "down for maintenance"), ("429day", "used up"), ("403html", "key")]
)
def test_a_scan_that_alma_does_not_answer_takes_the_last_person_away(scan, emulator, kind, words):
    emulator.faults.add(kind=kind, count=None)
    response = scan("s100000")
    assert response.status_code >= 400
    assert (response["HX-Retarget"], response["HX-Push-Url"]) == ("#results", HOME)
    assert words in read(response).text
    assert not Access.objects.exists()


def test_without_a_key_the_page_says_which_is_missing(scan, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"users": ""}
    assert "ALMA_API_KEY_USERS" in read(scan("s100000", {})).text


def test_somebody_without_the_right_finds_nobody(viewer, emulator):
    own = emulator.people()[0]
    assert viewer.post(HOME, {"q": own}).status_code == viewer.get(f"{HOME}{own}/").status_code == 403
    assert emulator.calls == []


def test_a_name_that_is_none_in_this_order_leaves_the_form_at_the_field_that_was_chosen(desk, emulator):
    last = emulator.person(emulator.people("student")[0])["last_name"]
    first = emulator.person(emulator.people("student")[0])["first_name"]
    page = read(desk.post(HOME, {"field": "name", "text": f"{last} {first}"}))
    (chosen,) = [one for one in page.by_id("id_field").all("option") if "selected" in one.attrs]
    assert chosen.attrs["value"] == "name"
    assert page.all("tbody")


@pytest.mark.usefixtures("short_pages")
def test_it_stays_there_on_the_pages_that_follow(search, emulator):
    for n in range(3):
        put(emulator, emulator.people("student")[0], primary_id=f"p{n}", first_name="Ann", last_name="Quillfeather")
    pager = search("name", "quillfeather ann").one("form", cls="pager")
    sent = {one.attrs["name"]: one.attrs["value"] for one in pager.all("input")}
    page = search(**sent, page="2")
    (chosen,) = [one for one in page.by_id("id_field").all("option") if "selected" in one.attrs]
    assert chosen.attrs["value"] == "name"
    assert len(ids(page)) == 1
    assert page.one("form", cls="pager").one("input", name="shown").attrs["value"] == "name"


@pytest.mark.parametrize("kind", ["contact", "missing"])
def test_a_contact_reached_by_an_identifier_is_a_row_without_a_page(desk, scan, emulator, alma_sends, kind):
    card = {"value": "C-77", "id_type": {"value": "BARCODE"}, "status": "ACTIVE"}
    record = emulator.person(emulator.people("contact")[0]) | {"user_identifier": [card]}
    if kind == "missing":
        del record["primary_id"]
    alma_sends("/users/C-77", record)
    alma_sends("/users/C-77/loans", {"item_loan": [{"user_id": record.get("primary_id")}]})
    alma_sends("/users/C-77/fees", {})
    for page in ("person", "print", "loans", "fees"):
        is_only_a_row(desk.get(reverse(f"patrons:{page}", args=["C-77"])))
    is_only_a_row(scan("C-77"))
    is_only_a_row(desk.post(reverse("patrons:renew", args=["C-77"]), {"loan": "1|2027-01-01Z"}))
    assert not Access.objects.exists()


def test_a_contact_with_an_id_with_a_slash_is_a_row_too(scan, emulator):
    card = {"value": "29/c", "id_type": {"value": "BARCODE"}, "status": "ACTIVE"}
    row = {"primary_id": "no primary id (77)", "record_type": {"value": "CONTACT"}, "last_name": "Zed"}
    emulator.set_person(row | {"user_identifier": [card]})
    is_only_a_row(scan("29/c"))


def is_only_a_row(response):
    page = read(response)
    assert "none: a contact without a page" in page.text
    assert page.one("tbody").all("a") == []
    assert "nobody's ID" not in page.text
