"""The loans and fees of a person."""

from typing import Any

import pytest

from almaportal.emulator.app import Emulator
from tests.emulator.client import Client, Clock
from tests.emulator.test_users import one

FREE = range(10_000_000 + 40 * 160, 10_000_000 + 40 * 160 + 500)
DESK = {"circ_desk": {"value": "DEFAULT_CIRC_DESK"}, "library": {"value": "MAIN"}}


@pytest.fixture
def busy(emulator: Emulator) -> str:
    """The loans of a person who has 150."""
    return f"/users/{one(emulator, 'many_loans')}/loans"


@pytest.fixture
def mine(emulator: Emulator) -> str:
    """The loans of a person with nothing the matter, who has three."""
    return f"/users/{one(emulator, 'student')}/loans"


def renew(client: Client, busy: str, kind: str) -> tuple[dict[str, Any], Any]:
    """A loan before its renewal, and the answer; kind: 1 refused, 2 quietly nothing, 0 renewed."""
    loans = client.get(f"{busy}?limit=100").json["item_loan"]
    loan = next(loan for loan in loans if int(loan["loan_id"][2:10]) % 7 == int(kind))
    return loan, client.post(f"{busy}/{loan['loan_id']}?op=renew")


def test_a_hundred_and_fifty_loans_come_in_two_pages(client: Client, busy: str) -> None:
    pages = [client.get(f"{busy}?limit=100&offset={offset}").json for offset in (0, 100)]
    assert [page["total_record_count"] for page in pages] == [150, 150]
    ids = {loan["loan_id"] for page in pages for loan in page["item_loan"]}
    assert len(ids) == 150
    assert client.get(f"{busy}?offset=150").json == {"total_record_count": 150}
    assert client.get(f"{busy}?limit=101").code == "401666"


def test_nobody_and_no_loans(client: Client, emulator: Emulator) -> None:
    assert client.get(f"/users/{one(emulator, 'no_loans')}/loans").json == {"total_record_count": 0}
    assert client.get("/users/nobody/loans").code == "401861"


def test_renewable_is_told_when_asked_for(client: Client, busy: str) -> None:
    assert {loan["renewable"] for loan in client.get(busy).json["item_loan"]} == {None}
    loans = client.get(f"{busy}?limit=100&expand=renewable").json["item_loan"]
    assert {loan["renewable"] for loan in loans} == {True, False}


@pytest.mark.parametrize("order", ["due_date", "loan_date", "title", "author", "barcode"])
def test_loans_are_sorted_both_ways(client: Client, busy: str, order: str) -> None:
    name = {"barcode": "item_barcode"}.get(order, order)
    up = [loan[name] for loan in client.get(f"{busy}?limit=100&order_by={order}").json["item_loan"]]
    down = [loan[name] for loan in client.get(f"{busy}?order_by={order}&direction=DESC").json["item_loan"]]
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert client.get(f"{busy}?order_by=colour").code == "401666"


def test_a_renewal_that_works_moves_the_due_date(client: Client, busy: str) -> None:
    loan, answer = renew(client, busy, "0")
    assert answer.json["due_date"] == "2025-07-13T15:06:40.000Z" != loan["due_date"]
    assert answer.json["last_renew_status"]["value"] == "401193;"
    assert client.get(f"{busy}/{loan['loan_id']}").json == answer.json


def test_a_renewal_that_is_refused(client: Client, busy: str) -> None:
    loan, answer = renew(client, busy, "1")
    assert (answer.code, answer.message) == (
        "401822",
        f"Cannot renew loan:  {loan['loan_id']} - Item renew period exceeded.",
    )


def test_a_renewal_that_answers_200_and_does_nothing(client: Client, busy: str) -> None:
    loan, answer = renew(client, busy, "2")
    assert (answer.status, answer.json) == (200, loan)


def test_nothing_is_renewed_beyond_a_year(client: Client, busy: str, clock: Clock) -> None:
    loan, _ = renew(client, busy, "0")
    clock.time += 340 * 86_400
    assert client.post(f"{busy}/{loan['loan_id']}?op=renew").code == "401822"


def test_unknown_loans_and_operations(client: Client, busy: str) -> None:
    loan = client.get(busy).json["item_loan"][0]["loan_id"]
    assert client.post(f"{busy}/13?op=renew").code == "401823"
    assert client.post(f"{busy}/{loan}?op=return").code == "401666"
    assert client.get(f"{busy}/13").code == "401652"


def test_the_due_date_is_changed_and_nothing_else(client: Client, busy: str) -> None:
    loan = client.get(busy).json["item_loan"][0]
    path = f"{busy}/{loan['loan_id']}"
    answer = client.put(path, {"due_date": "2026-05-01T21:59:00.000Z", "title": "Other"}).json
    assert answer == loan | {"due_date": "2026-05-01T21:59:00Z"}
    assert client.put(path, {"title": "x"}).code == "401824"
    assert client.put(path, {"due_date": "2025-06-14T00:00:00Z"}).code == "401681"


def loanable(library: str = "MAIN") -> str:
    """The barcode of a free item of the library: two of three are in the main one."""
    number = next(n for n in FREE if ((n - 10_000_000) % 3 != 2) == (library == "MAIN"))
    return f"30{number:08d}"


def test_an_item_is_lent(client: Client, emulator: Emulator, mine: str) -> None:
    before = client.get(mine).json["total_record_count"]
    loan = client.post(f"{mine}?item_barcode={loanable()}", DESK).json
    assert (loan["item_barcode"], loan["loan_status"]) == (loanable(), "ACTIVE")
    assert loan["due_date"] == "2025-07-13T15:06:40.000Z"
    assert client.get(mine).json["total_record_count"] == before + 1
    assert client.get(mine.replace("/loans", "?expand=loans")).json["loans"]["value"] == before + 1
    assert client.post(f"{mine}?item_pid={loan['item_id']}", DESK).code == "400042"


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        (f"item_barcode={loanable()}", {"circ_desk": {"value": "DEFAULT_CIRC_DESK"}}, "401664"),
        (f"item_barcode={loanable()}", {"library": {"value": "MAIN"}}, "401664"),
        ("", DESK, "401672"),
        ("item_barcode=nonsense", DESK, "401689"),
        (f"item_barcode={loanable()}", DESK | {"circ_desk": {"value": "NOPE"}}, "401153"),
        (f"item_barcode={loanable('SCI')}", DESK, "401153"),
        (f"item_barcode=30{10_000_000 + 159 + 160:08d}", DESK, "401651"),
        (f"item_barcode=30{10_000_000 + 160 * 33:08d}", DESK, "400042"),
    ],
)
def test_what_cannot_be_lent(client: Client, mine: str, query: str, body: dict[str, Any], code: str) -> None:
    count = client.get(mine).json["total_record_count"]
    assert client.post(f"{mine}?{query}", body).code == code
    assert client.get(mine).json["total_record_count"] == count


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("no_patron", "401151"),
        ("inactive", "401151"),
        ("expired", "401168"),
        ("blocked", "401163"),
        ("blocked_other_case", "401163"),
        ("many_loans", "401161"),
        ("block_lifted", ""),
        ("block_expired", ""),
        ("no_expiry", ""),
    ],
)
def test_who_may_not_borrow(client: Client, emulator: Emulator, kind: str, code: str) -> None:
    path = f"/users/{one(emulator, kind)}/loans?item_barcode={loanable()}"
    assert client.post(path, DESK).code == code


def test_a_second_copy_of_a_title_is_not_lent(client: Client, emulator: Emulator, mine: str) -> None:
    loan = client.post(f"{mine}?item_barcode={loanable()}", DESK).json
    person = emulator.store.row("SELECT id, record FROM loans")
    assert person is not None
    emulator.store.run("UPDATE loans SET item = 0 WHERE id = ?", person["id"])
    assert client.post(f"{mine}?item_barcode={loan['item_barcode']}", DESK).code == "401198"


def test_fees_of_every_status(client: Client, emulator: Emulator) -> None:
    path = f"/users/{one(emulator, 'fees')}/fees"
    active = client.get(path).json
    assert active == client.get(f"{path}?status=ACTIVE").json
    assert {fee["status"]["value"] for fee in active["fee"]} == {"ACTIVE"}
    assert active["total_sum"] == sum(fee["balance"] for fee in active["fee"]) > 0
    for status in ("INDISPUTE", "EXPORTED", "CLOSED"):
        assert client.get(f"{path}?status={status}").json["total_record_count"] == 3
    assert client.get(f"{path}?status=PAID").code == "401666"
    assert client.get(f"{path}/{active['fee'][0]['id']}").json == active["fee"][0]
    assert client.get(f"{path}/14").code == "401665"


def test_the_balance_is_that_of_the_active_fees(client: Client, emulator: Emulator) -> None:
    primary_id = one(emulator, "fees")
    total = client.get(f"/users/{primary_id}/fees").json["total_sum"]
    assert client.get(f"/users/{primary_id}?expand=fees").json["fees"]["value"] == total


def test_nobody_and_no_fees(client: Client, emulator: Emulator) -> None:
    assert client.get("/users/nobody/fees").code == "401651"
    answer = client.get(f"/users/{one(emulator, 'no_expiry')}/fees").json
    assert answer == {"total_record_count": 0, "total_sum": 0, "currency": "EUR"}
