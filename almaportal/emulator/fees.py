"""The fines and fees of a person, made from their number; they can be read, not paid."""

from typing import TYPE_CHECKING

from . import items, people
from .errors import AlmaError, not_found
from .messages import Record, Reply, Request
from .user_parts import coded, instant, user_link
from .user_seed import kind_of

if TYPE_CHECKING:
    from .store import Row, Store

STATUSES = ("ACTIVE", "INDISPUTE", "EXPORTED", "CLOSED")
_TYPES = ("OVERDUEFINE", "LOSTITEMREPLACEMENTFEE", "CARDRENEWAL", "CREDIT")


def listing(store: "Store", request: Request, user_id: str) -> Reply:
    """GET /users/{id}/fees?status=: all of one status at once; without a status the active ones."""
    status = request.query.get("status", "ACTIVE")
    if status not in STATUSES:
        raise AlmaError("401666", "status parameter is not valid.")
    found = [row for row in _fees(store, _person(store, request, user_id)) if row["status"]["value"] == status]
    record: Record = {"fee": found} if found else {}
    total = round(sum((row["balance"] for row in found), 0.0), 2)
    return Reply(record | {"total_record_count": len(found), "total_sum": total, "currency": "EUR"}, "fees")


def get(store: "Store", request: Request, user_id: str, fee: str) -> Reply:
    """GET /users/{id}/fees/{fee}"""
    for row in _fees(store, _person(store, request, user_id)):
        if row["id"] == fee:
            return Reply(row, "fee")
    raise AlmaError("401665", "Fine not found.")


def balance(store: "Store", row: "Row") -> float:
    """What a person owes."""
    return round(sum((fee["balance"] for fee in _fees(store, row) if fee["status"]["value"] == "ACTIVE"), 0.0), 2)


def _person(store: "Store", request: Request, user_id: str) -> "Row":
    """The row of a person; these operations have an error of their own for an unknown one."""
    if "/" in user_id:
        raise not_found()
    kind = request.query.get("user_id_type", "all_unique")
    row = people.find(store, user_id, "" if kind == "all_unique" else kind)
    if row is None:
        raise AlmaError("401651", "Identifier not found.")
    return row


def _fees(store: "Store", row: "Row") -> list[Record]:
    number: int = row["number"]
    if number >= store.options.users:
        return []
    several = 12 if kind_of(number) == "fees" else (0, 0, 0, 0, 0, 2)[number % 6]
    return [_fee(store, row, n) for n in range(several)] if several else []


def _fee(store: "Store", row: "Row", n: int) -> Record:
    number, day = row["number"], people.today(store)
    amount = round(0.5 + (number + n * 7) % 40 * 1.25, 2)
    status = STATUSES[n % 4]
    primary_id = str(people.record(store, row).get("primary_id"))
    fee = f"14{number:06d}{n:02d}0004711"
    made = -10 * n - number % 30
    record: Record = {
        "id": fee,
        "type": coded("FineFeeTransactionType", _TYPES[n % 3]),
        "status": coded("FineFeeStatus", status),
        "user_primary_id": {"value": primary_id, "link": user_link(primary_id)},
        "balance": 0.0 if status == "CLOSED" else amount,
        "remaining_vat_amount": 0.0,
        "original_amount": amount + (2.5 if n % 5 == 4 else 0.0),
        "original_vat_amount": 0.0,
        "creation_time": instant(people.today(store), made),
        "status_time": instant(day, made + 1),
        "comment": "" if n % 2 else "Billed at the desk; <i>not</i> refundable",
        "owner": {"value": "MAIN", "desc": "Main Library"},
        "title": f"Studies in Peat Chemistry, {n}" if n % 3 != 2 else None,
        "link": f"{user_link(primary_id)}/fees/{fee}",
    }
    if n % 3 != 2:
        record["barcode"] = {"value": f"30{items.FIRST_NUMBER + number * items.EACH + n:08d}", "link": None}
    return record
