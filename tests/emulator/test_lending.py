"""Lending and holds: a loan fulfils the own hold, a hold of somebody else stands in its way."""

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import Client, Response

DESK = {"circ_desk": {"value": "DEFAULT_CIRC_DESK"}, "library": {"value": "MAIN"}}
HOLD = {"request_type": "HOLD", "pickup_location_type": "LIBRARY", "pickup_location_library": "MAIN"}


@pytest.fixture
def me(emulator: Emulator) -> str:
    return emulator.people("student")[0]


@pytest.fixture
def mms(emulator: Emulator) -> str:
    return emulator.titles("free", 1)[0]


def path_of(emulator: Emulator, mms: str, n: int = 0) -> str:
    return f"/bibs/{mms}/holdings/ALL/items/{emulator.items(mms)[n]}"


def lend(client: Client, mms: str, person: str, n: int = 0, library: str = "MAIN") -> Response:
    body = DESK | {"library": {"value": library}}
    return client.post(f"{path_of(client.emulator, mms, n)}/loans?user_id={person}", body)


def test_an_item_is_lent_at_its_own_address(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    loan = lend(client, mms, me).json
    assert (loan["user_id"], loan["item_id"], loan["location_code"]["value"]) == (me, emulator.items(mms)[0], "STACKS")
    for path in (path_of(emulator, mms), f"/bibs/{mms}"):
        assert client.get(f"{path}/loans").json == {"item_loan": [loan], "total_record_count": 1}
    assert client.get(f"{path_of(emulator, mms)}/loans/{loan['loan_id']}").json == loan
    row = client.get(f"{path_of(emulator, mms)}?expand=due_date,due_date_policy").json["item_data"]
    assert (row["process_type"]["value"], row["due_date"]) == ("LOAN", loan["due_date"])
    assert row["due_date_policy"] == "28 Days Loan"
    assert lend(client, mms, emulator.people("external")[0]).code == "400042"
    assert client.get(f"/bibs/{mms}/loans?loan_status=Complete").json == {"total_record_count": 0}


def test_a_loan_fulfils_the_hold_of_its_person(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    one = client.post(f"/users/{me}/requests?mms_id={mms}", HOLD).json["request_id"]
    loan = lend(client, mms, me, 1).json
    assert loan["request_id"]["value"] == one
    assert client.get(f"/users/{me}/requests/{one}").code == "401694"


def test_a_loan_fulfils_the_hold_that_it_names(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    item, other = emulator.items(mms)[0], emulator.people("external")[0]
    theirs = client.post(f"/users/{other}/requests?mms_id={mms}", HOLD).json["request_id"]
    elsewhere = client.post(f"/users/{me}/requests?mms_id={emulator.titles('single', 1)[0]}", HOLD).json["request_id"]
    first, own = (
        client.post(f"/users/{me}/requests?item_pid={item}&allow_same_request=true", HOLD).json["request_id"]
        for _ in range(2)
    )
    path = f"/users/{me}/loans?item_pid={item}"
    for wrong in (theirs, elsewhere, "4711"):
        assert client.post(path, DESK | {"request_id": {"value": wrong}}).code == "401651"
    assert client.post(path, DESK | {"request_id": {"value": own}}).json["request_id"]["value"] == own
    assert client.get(f"/users/{me}/requests/{first}").status == 200
    assert client.get(f"/users/{me}/requests/{own}").code == "401694"


def test_what_waits_on_the_shelf_for_another_is_not_lent(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    other = emulator.people("external")[0]
    item = emulator.items(mms)[0]
    client.post(f"/users/{other}/requests?item_pid={item}", HOLD)
    scan = "op=scan&library=MAIN&circ_desk=DEFAULT_CIRC_DESK&place_on_hold_shelf=true"
    client.post(f"{path_of(emulator, mms)}?{scan}")
    refused = lend(client, mms, me)
    assert (refused.code, "another patron" in refused.message) == ("401651", True)
    assert lend(client, mms, other).status == 200


def test_a_hold_is_lent_where_it_is_picked_up(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    body = HOLD | {"pickup_location_library": "LAW"}
    client.post(f"/users/{me}/requests?item_pid={emulator.items(mms)[0]}", body)
    scan = "op=scan&library=LAW&circ_desk=DEFAULT_CIRC_DESK&place_on_hold_shelf=true"
    client.post(f"{path_of(emulator, mms)}?{scan}")
    assert lend(client, mms, me, library="LAW").status == 200
    assert lend(client, mms, me, 1, library="LAW").code == "401153"


@pytest.mark.parametrize("kind", ["missing", "work_order", "not_loanable", "technical"])
def test_what_is_not_in_place_or_not_for_loan(client: Client, emulator: Emulator, me: str, kind: str) -> None:
    assert lend(client, emulator.titles(kind, 1)[0], me).code == "401651"


def test_who_and_what_a_loan_needs(client: Client, emulator: Emulator, me: str, mms: str) -> None:
    path = path_of(emulator, mms)
    assert client.post(f"{path}/loans", DESK).code == "401664"
    assert client.post(f"{path}/loans?user_id=nobody", DESK).code == "401861"
    assert client.post(f"{path}/loans?user_id={me}", {}).code == "401664"
    assert lend(client, mms, emulator.people("blocked")[0]).code == "401163"
    assert client.get(f"{path}/loans/13").code == "401652"
    assert client.get(f"{path}/loans?loan_status=Old").code == "401666"


def test_an_item_lent_on_its_way_home_is_not_on_its_way_any_more(
    client: Client, emulator: Emulator, me: str, mms: str
) -> None:
    client.post(f"{path_of(emulator, mms)}?op=scan&library=LAW&circ_desk=DEFAULT_CIRC_DESK")
    assert lend(client, mms, me).status == 200
    assert client.get(f"{path_of(emulator, mms)}/requests").json == {"total_record_count": 0}


def test_loans_of_an_unknown_bib_are_none(client: Client) -> None:
    assert client.get("/bibs/99000000000004711/loans").json == {"total_record_count": 0}
