"""The person's page and its print view, for people and records of every kind."""

import pytest
from django.urls import reverse

from almaportal.emulator.user_kinds import KINDS
from almaportal.people.models import Access
from tests.patrons.blocked import LOST
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

READABLE = [kind for kind in KINDS if kind not in ("contact", "purged")]


@pytest.fixture
def page_of(desk):
    return lambda own, name="person": read(desk.get(reverse(f"patrons:{name}", args=[own])))


VERDICTS = {
    "student": "● May borrow",
    "inactive": "■ Inactive",
    "expired": "■ Expired",
    "blocked": "■ Blocked: Card reported lost",
    "blocked_other_case": "■ Blocked: Unpaid fees",
    "block_lifted": "● May borrow",
    "block_expired": "● May borrow",
    "no_expiry": "● May borrow",
    "expiring": "● May borrow",
}


@pytest.mark.parametrize("kind", READABLE)
def test_everybody_has_a_page_with_a_verdict_in_words_and_with_a_sign_for_one_call(page_of, emulator, kind):
    page = page_of(emulator.people(kind)[0])
    said = page.one("section", cls="verdict").one("h2").text
    assert said == VERDICTS.get(kind, said)
    assert said[0] in "●◐■"
    assert "judged only when the loan is tried" in page.one("section", cls="verdict").text
    assert len(emulator.calls) == (2 if kind == "id_slash" else 1)


def test_the_kinds_with_a_known_verdict_are_all_looked_at():
    assert set(VERDICTS) <= set(READABLE)


def test_the_verdict_comes_before_all_else_of_the_person(page_of, emulator):
    text = page_of(emulator.people("blocks")[0]).by_id("results").text
    assert text.index("■ Blocked:") < text.index("At a glance") < text.index("Contacts")


ODD = (None, "", {}, [], "text", 7, [None, "x", {}], [{"value": {}}], {"value": None})
FIELDS = ("user_identifier", "user_block", "user_note", "user_role", "user_statistic", "proxy_for_user", "contact_info")
FIELDS += ("status", "expiry_date", "loans", "fees", "user_group", "first_name", "link", "rs_library", "new_field")


@pytest.mark.thorough
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_the_page_stands_whatever_is_in_the_place_of_a_field(page_of, emulator, odd):
    record = emulator.person(emulator.people("blocks")[0]) | {"primary_id": "odd-1", "user_identifier": []}
    for field in FIELDS:
        emulator.set_person(record | {field: odd})
        assert page_of("odd-1").one("section", cls="verdict"), field
        assert page_of("odd-1", "print").one("section", cls="verdict"), field


def test_alma_s_texts_are_only_text(page_of, emulator):
    page = page_of(emulator.people("popup")[0])
    assert page.all("script", src="") == []
    assert "<b>slowly</b>" in page.text


def test_notes_that_pop_up_stand_below_the_verdict(page_of, emulator):
    found = page_of(emulator.people("popup")[0]).all("section", cls="notice")
    assert any("A parcel for this person is at the desk." in one.text for one in found)


def test_a_card_that_expires_soon_says_in_how_many_days(page_of, emulator):
    assert page_of(emulator.people("expiring")[0]).facts["Expires"].endswith("expires in 12 days")


def test_a_block_leads_to_where_it_is_edited_and_lifted_for_who_may(page_of, emulator):
    own = emulator.people("blocked")[0]
    page = page_of(own)
    assert page.links["Add a block"] == reverse("patrons:new_block", args=[own])
    lift = page.links["Lift this block: Card reported lost"]
    assert lift.startswith(f"/patrons/{own}/blocks/")
    assert page.one("table", cls="blocks").links["Lift Card reported lost"] == lift


def test_a_block_that_is_over_cannot_be_lifted(page_of, emulator):
    table = page_of(emulator.people("block_lifted")[0]).one("table", cls="blocks")
    assert [one for one in table.links if one.startswith("Lift")] == []
    assert table.rows[0][0] == "○ Inactive"


def test_no_name_stands_in_the_title_of_the_page(page_of, emulator):
    own = emulator.people("student")[0]
    assert page_of(own).one("title").text == f"Patron {own} · almaportal"


def test_who_looked_and_who_printed_is_on_record(page_of, emulator):
    own = emulator.people("student")[0]
    page_of(own)
    page_of(own, "print")
    assert [(one.patron, one.action) for one in Access.objects.order_by("pk")] == [(own, "view"), (own, "print")]


def test_the_print_view_has_no_contacts_notes_or_barcodes(page_of, emulator):
    own = emulator.people("popup")[0]
    emulator.set_person(emulator.person(own) | {"user_block": [LOST]})
    record = emulator.person(own)
    text = page_of(own, "print").text
    assert f"“{LOST['block_note']}”" in page_of(own).one("section", cls="verdict").text
    assert own in text
    assert "Loans" in text
    secret = [one["value"] for one in record["user_identifier"]]
    secret += [one["email_address"] for one in record["contact_info"]["email"]]
    secret += [one["note_text"] for one in record["user_note"]] + [LOST["block_note"]]
    assert secret
    assert [one for one in secret if one in text] == []


def test_what_a_part_of_a_record_does_not_say_is_not_taken_for_none(page_of, emulator):
    record = emulator.person(emulator.people("blocked")[0])
    part = {name: record[name] for name in ("primary_id", "last_name", "status")}
    emulator.set_person(part)
    assert page_of(part["primary_id"]).facts["Expires"] == "Alma did not say"
    assert page_of(part["primary_id"], "print").all("tbody")[0].text == "Alma did not say"


def test_the_print_view_says_what_is_left_out_and_that_there_are_no_blocks(page_of, emulator):
    page = page_of(emulator.people("block_lifted")[0], "print")
    assert page.all("tbody")[0].text == "No blocks."
    assert "of the fees all but their sum" in page.text
    owing = emulator.people("fees")[0]
    assert page_of(owing, "print").facts["Fees"] == page_of(owing).facts["Fees"] != "0.00"


def test_more_names_fields_in_words_and_each_once(page_of, emulator):
    own = emulator.people("student")[0]
    emulator.set_person(emulator.person(own) | {"new_field": "New of Alma's"})
    (more,) = [one for one in page_of(own).all("details") if one.one("summary").text == "More"]
    known, others = more.all("dl")
    labels = [one.text for one in known.all("dt")]
    assert {"Birth date", "Cataloger level", "Researcher", "Purge date"} <= set(labels)
    assert [one for one in labels if "_" in one] == []
    assert labels.count("Purge date") == 1
    assert [one.text for one in others.all("dt")] == ["new_field"]
    assert "Other fields, by Alma's names" in more.text


def test_a_pin_or_a_password_is_shown_nowhere(page_of, emulator):
    own = emulator.people("student")[0]
    emulator.set_person(emulator.person(own) | {"pin_number": "pin-4711", "password": "pass-4711"})
    assert "-4711" not in page_of(own).text


@pytest.mark.parametrize("name", ["person", "loans", "fees", "print"])
def test_without_an_answer_the_page_says_so(desk, emulator, name):
    own = emulator.people("student")[0]
    emulator.faults.add(kind="503", count=None)
    response = desk.get(reverse(f"patrons:{name}", args=[own]))
    assert response.status_code == 502
    assert "ROUTING_ERROR" in read(response).text
    assert not Access.objects.exists()


def test_the_navigation_leads_to_patrons_for_who_may(sign_in, viewer):
    assert read(sign_in("circulation").get("/")).links["Patrons"] == "/patrons/"
    assert "Patrons" not in read(viewer.get("/")).links
