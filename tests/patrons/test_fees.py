"""What a person owes: read when opened, one call."""

import json

import pytest

from almaportal.people.models import Access
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read


@pytest.fixture
def debtor(emulator):
    return emulator.people("fees")[0]


@pytest.fixture
def says(transport, monkeypatch):
    """says({...}): Alma's answer to everything from now on, for the person s1, too."""

    def say(data):
        reply = (200, [("Content-Type", "application/json")], json.dumps({"primary_id": "s1"} | data).encode())
        monkeypatch.setattr(transport, "_call", lambda request: reply)

    return say


def test_the_fees_to_pay_are_shown_with_their_sum(desk, emulator, debtor):
    page = read(desk.get(f"/patrons/{debtor}/fees/", headers={"HX-Request": "true"}))
    owed = [float(row[1]) for row in page.rows]
    assert owed
    assert f"{sum(owed):.2f} EUR to pay" in page.text
    assert len(emulator.calls) == 1
    assert [(one.patron, one.action) for one in Access.objects.all()] == [(debtor, "fees")]


def test_the_person_s_page_says_the_sum_and_opens_them(desk, debtor):
    page = read(desk.get(f"/patrons/{debtor}/"))
    details = next(one for one in page.all("details") if one.attrs.get("hx-get", "").endswith("/fees/"))
    assert page.facts["Fees"] in details.one("summary").text
    assert float(page.facts["Fees"]) > 0


def test_somebody_who_owes_nothing_is_told_so(desk, emulator):
    own = emulator.people("student")[0]
    assert read(desk.get(f"/patrons/{own}/fees/")).one("td", cls="empty").text == "No fees to pay."


@pytest.mark.parametrize(
    "fee",
    [
        {},
        {"type": None, "balance": None, "creation_time": 1395446400000},
        {"balance": "12.5", "barcode": {"value": "77"}, "title": "", "owner": {}},
        {"original_amount": 3, "status": "ACTIVE", "type": {"value": "X"}, "transaction": "odd"},
    ],
)
def test_a_fee_of_an_odd_shape_is_shown_all_the_same(desk, says, fee):
    says({"fee": [fee, None, "x"], "total_sum": "odd", "currency": None})
    page = read(desk.get("/patrons/s1/fees/"))
    assert (page.one("h1").text, len(page.rows)) == ("Fees of s1", 1)


def test_milliseconds_of_old_fees_are_a_day(desk, says):
    says({"fee": {"creation_time": 1395446400000, "balance": 1}})
    assert read(desk.get("/patrons/s1/fees/")).rows[0][3] == "22 Mar 2014"


def test_who_opens_them_by_another_id_is_on_record_with_the_primary_id(desk, emulator, debtor):
    card = next(one["value"] for one in emulator.person(debtor)["user_identifier"] if one["status"] == "ACTIVE")
    for name in ("fees", "loans"):
        assert desk.get(f"/patrons/{card}/{name}/").status_code == 200
    assert {(one.patron, one.action) for one in Access.objects.all()} == {(debtor, "fees"), (debtor, "loans")}


@pytest.mark.parametrize(("name", "kind"), [("loans", "no_loans"), ("fees", "no_loans")])
def test_who_has_none_and_is_opened_by_another_id_is_on_record_with_the_primary_id_too(desk, emulator, name, kind):
    own = emulator.people(kind)[0]
    card = next(one["value"] for one in emulator.person(own)["user_identifier"] if one["status"] == "ACTIVE")
    page = read(desk.get(f"/patrons/{card}/{name}/"))
    assert page.one("td", cls="empty")
    assert [one.patron for one in Access.objects.all()] == [own]
    assert page.links[own] == f"/patrons/{own}/"
    emulator.calls.clear()
    desk.get(f"/patrons/{own}/{name}/")
    assert len(emulator.calls) == 1, "an ID that is known to be a primary one is not looked up"
