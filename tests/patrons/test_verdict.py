"""May this person borrow? By status, expiry and blocks; noon GMT of 15 January 2027."""

import pytest

from almaportal.people import verdict

pytestmark = pytest.mark.usefixtures("clock")
FINE = {
    "status": {"value": "ACTIVE"},
    "expiry_date": "2030-01-16Z",
    "user_block": [],
    "user_group": {"value": "STUDENT"},
    "account_type": {"value": "INTERNAL"},
}
LOST = {
    "block_type": {"value": "USER", "desc": "User"},
    "block_description": {"value": "LOST", "desc": "Lost card"},
    "block_status": "ACTIVE",
}


def of(**fields):
    return verdict.of(FINE | fields)


def blocked(**fields):
    return of(user_block=[LOST | fields]).kind


def test_somebody_with_nothing_the_matter_may_borrow():
    found = of()
    assert (found.kind, found.text, found.look, found.sign, found.reasons) == ("may", "May borrow", "good", "●", [])


@pytest.mark.parametrize("none", [None, "", {}, [], [{}], [None], [""]], ids=repr)
def test_no_blocks_have_many_shapes(none):
    assert of(user_block=none).kind == "may"


def test_a_block_says_what_it_is_and_who_lifts_it():
    found = of(user_block=[LOST | {"created_date": "2026-03-01T09:12:44.120Z", "created_by": "desk"}])
    assert (found.kind, found.text, found.sign) == ("blocked", "Blocked: Lost card", "■")
    (reason,) = found.reasons
    assert reason.details == ["set 1 Mar 2026", "by desk", "no expiry"]
    assert reason.who == "Circulation staff lift it."
    assert reason.block["block_description"]["value"] == "LOST"


@pytest.mark.parametrize("shape", [LOST, [LOST], {"user_block": [LOST]}, [None, "x", LOST]])
def test_a_block_counts_in_every_shape_of_its_list(shape):
    assert of(user_block=shape).kind == "blocked"


@pytest.mark.parametrize("status", ["ACTIVE", "Active", "active", {"value": "ACTIVE"}, "", None, "SUSPENDED"])
def test_a_block_stops_unless_it_is_said_to_be_inactive(status):
    assert blocked(block_status=status) == "blocked"


@pytest.mark.parametrize("status", ["INACTIVE", "Inactive", {"value": "inactive", "desc": "x"}])
def test_a_block_that_is_inactive_stops_nobody(status):
    assert blocked(block_status=status) == "may"


@pytest.mark.parametrize(
    ("expiry", "kind"),
    [
        ("2027-01-15T11:59:59.000Z", "may"),
        ("2027-01-15T12:00:01.000Z", "blocked"),
        ("2027-01-15T12:30:00+01:00", "may"),
        ("2027-01-15Z", "blocked"),
        ("2027-01-14Z", "may"),
        ("2027-01-16", "blocked"),
        ("1395446400000", "may"),
        ("202712312359", "blocked"),
        (None, "blocked"),
        ("", "blocked"),
        ("never", "blocked"),
    ],
)
def test_a_block_ends_at_its_moment_or_at_the_end_of_its_day(expiry, kind):
    assert blocked(expiry_date=expiry) == kind


def test_the_last_day_of_a_block_is_the_librarys(settings):
    settings.TIME_ZONE = "Pacific/Kiritimati"  # 16 January already
    assert blocked(expiry_date="2027-01-15Z") == "may"


def test_several_blocks_are_all_named_once():
    other = LOST | {"block_description": {"value": "C", "desc": "Conduct"}}
    assert of(user_block=[LOST, other, LOST]).text == "Blocked: Lost card, Conduct"
    assert len(of(user_block=[LOST, other, LOST]).reasons) == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"block_description": {}}, "User"),
        ({"block_description": {"value": "02-GLOBAL"}}, "02-GLOBAL"),
        ({"block_description": None, "block_type": None}, "a block without a name"),
    ],
)
def test_a_block_has_a_name_whatever_is_missing(fields, words):
    assert of(user_block=[LOST | fields]).text == f"Blocked: {words}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"item_loan_id": "131"}, "loan 131"),
        ({"block_type": {"value": "cash"}}, "look at the fees first"),
        ({"block_type": {"value": "LOAN"}}, "about loans: look at them first"),
    ],
)
def test_what_is_to_be_settled_first_is_said(fields, words):
    assert words in of(user_block=[LOST | fields]).reasons[0].who


@pytest.mark.parametrize(("fees", "words"), [(0.0, "no fees are open"), (12.5, "look at the fees first")])
def test_a_block_of_type_cash_is_about_money_only_where_some_is_owed(fees, words):
    house_rules = LOST | {"block_type": {"value": "CASH"}, "block_description": {"value": "CONDUCT"}}
    assert words in of(user_block=[house_rules], fees={"value": fees}).reasons[0].who


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        ("2027-01-14Z", "expired"),
        ("2027-01-15Z", "may"),
        ("2027-01-16z", "may"),
        (None, "may"),
        ("", "may"),
        ("?", "unclear"),
        ("03/01/2020", "unclear"),
        ("1395446400000", "expired"),
        ({"value": "2020-01-01Z"}, "expired"),
    ],
)
def test_somebody_expires_after_the_last_day(last, kind):
    assert of(expiry_date=last).kind == kind


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("2027-01-15Z", "expires today"),
        ("2027-01-16Z", "expires in 1 day"),
        ("2027-01-27Z", "expires in 12 days"),
        ("2027-01-14Z", "expired 1 day ago"),
        ("2027-01-12Z", "expired 3 days ago"),
        ("2031-10-31Z", "expires 31 Oct 2031"),
        ("2020-02-29Z", "expired 29 Feb 2020"),
    ],
)
def test_the_last_day_is_told_in_words(last, words):
    assert verdict.expires(verdict.day(last)) == words


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        ({"value": "INACTIVE", "desc": "Inactive"}, "inactive", "Inactive"),
        ("inactive", "inactive", "Inactive"),
        ({"value": "active"}, "may", "May borrow"),
        ({"value": "DELETED", "desc": "Gone"}, "unclear", "Alma's status is “Gone”"),
        ({}, "unclear", "Alma says no status"),
        (None, "unclear", "Alma says no status"),
    ],
)
def test_the_status_is_read_in_any_case_and_never_guessed(status, kind, text):
    assert (of(status=status).kind, of(status=status).text) == (kind, text)


def test_every_reason_is_said_the_block_first():
    found = of(status="INACTIVE", expiry_date="2020-01-01Z", user_block=LOST)
    assert [one.kind for one in found.reasons] == ["blocked", "inactive", "expired"]
    assert found.text == "Blocked: Lost card · Inactive · Expired"
    assert found.kind == "blocked"


def test_a_contact_is_no_patron():
    assert of(record_type={"value": "CONTACT"}).text == "A contact, no patron"


PATRON = {"role_type": {"value": "200"}, "status": {"value": "ACTIVE"}}


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        ([PATRON], "may"),
        ([], "may"),
        (None, "may"),
        ([PATRON | {"status": {"value": "INACTIVE"}}], "no role"),
        ([PATRON | {"expiry_date": "2026-01-01Z"}], "no role"),
        ([PATRON | {"expiry_date": "2027-01-15Z"}], "may"),
        ([{"role_type": {"value": "21"}}], "no role"),
        ([{"role_type": {"value": "21"}}, PATRON], "may"),
        ([PATRON | {"expiry_date": "1395446400000"}], "no role"),
        ([PATRON | {"expiry_date": {"value": "2020-01-01Z"}}], "no role"),
        ([PATRON | {"expiry_date": "2020-01-01T10:00:00Z"}], "no role"),
        ([PATRON | {"expiry_date": "03/01/2020"}], "unclear"),
        ([PATRON | {"expiry_date": "03/01/2020"}, PATRON], "may"),
        ("odd", "unclear"),
        (["x"], "unclear"),
        ([[PATRON]], "unclear"),
        ([{"role_type": {"value": "21"}}, "x"], "unclear"),
        (["x", PATRON], "may"),
    ],
)
def test_somebody_without_an_active_patron_role_may_not_borrow(roles, kind):
    found = of(user_role=roles)
    assert (found.kind, found.sign) == (kind, {"may": "●", "no role": "■", "unclear": "◐"}[kind])


def test_the_note_of_a_block_is_part_of_the_reason():
    (reason,) = of(user_block=[LOST | {"block_note": "Ask for an identity card."}]).reasons
    assert reason.note == "Ask for an identity card."


def test_a_brief_row_of_a_list_says_nothing_about_blocks():
    row = {"primary_id": "x", "last_name": "X", "status": {"value": "ACTIVE"}, "link": "https://x.invalid/users/x"}
    found = verdict.of(row)
    assert (found.kind, found.text, found.sign) == ("unclear", "Alma sent only a part of the record", "◐")


@pytest.mark.parametrize("odd", ["odd", 5, ["x"], [[LOST]]], ids=repr)
def test_a_list_of_blocks_that_cannot_be_read_is_not_taken_for_none(odd):
    found = of(user_block=odd)
    assert (found.kind, found.text) == ("unclear", "Alma's list of blocks cannot be read")
