"""The operations on the loans of a person: list, lend, renew, another due date.

A seeded loan is made from the number of its item; one that was changed, and every new one, is stored. Whether a loan
can be renewed follows from its number: see `_renewal`.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from . import holdings, items, people, titles
from .bibs import SUFFIX
from .errors import AlmaError
from .institution import LIBRARIES, LOCATION_NAMES
from .messages import Record, Reply, Request, required_body
from .search import page
from .user_parts import instant
from .user_seed import loans_of

if TYPE_CHECKING:
    from .store import Row, Store

SCHEMA = """
CREATE TABLE loans (
    id INTEGER PRIMARY KEY, person INTEGER NOT NULL, item INTEGER NOT NULL, record TEXT NOT NULL);
"""
INDEXES = """
CREATE INDEX loans_person ON loans (person);
CREATE INDEX loans_item ON loans (item);
"""
RENEWED = {"value": "401193;", "desc": "Renewed Successfully"}
RENEW_DAYS = 28
ORDERS = {
    "id": "loan_id",
    "loan_date": "loan_date",
    "due_date": "due_date",
    "barcode": "item_barcode",
    "title": "title",
    "author": "author",
    "return_date": "return_date",
}


def listing(store: "Store", request: Request, user_id: str) -> Reply:
    """GET /users/{id}/loans?limit=&offset=&order_by=&direction=&expand=renewable&loan_status=Active|Complete"""
    row = people.asked(store, request, user_id)
    limit, offset = page(request)
    order, direction = request.query.get("order_by", "id"), request.query.get("direction", "ASC").upper()
    status, expand = request.query.get("loan_status", "Active").upper(), request.query.get("expand", "")
    for name, wrong in {
        "order_by": order not in ORDERS,
        "direction": direction not in ("ASC", "DESC"),
        "loan_status": status not in ("ACTIVE", "COMPLETE"),
        "expand": expand not in ("", "none", "renewable"),
    }.items():
        if wrong:
            raise AlmaError("401666", f"{name} parameter is not valid.")
    found = [loan for loan in of_person(store, row) if loan["loan_status"] == status]
    found.sort(key=lambda loan: (str(loan.get(ORDERS[order]) or ""), loan["loan_id"]), reverse=direction == "DESC")
    shown = found[offset : offset + limit]
    if expand == "renewable":
        shown = [loan | {"renewable": _renewal(loan, store) != "refused"} for loan in shown]
    record: Record = {"item_loan": shown} if shown else {}
    return Reply(record | {"total_record_count": len(found)}, "item_loans")


def get(store: "Store", request: Request, user_id: str, loan_id: str) -> Reply:
    """GET /users/{id}/loans/{loan_id}"""
    return Reply(_find(store, people.asked(store, request, user_id), loan_id, "401652"), "item_loan")


def act(store: "Store", request: Request, user_id: str, loan_id: str) -> Reply:
    """POST /users/{id}/loans/{loan_id}?op=renew; the answer may be 200 although nothing was renewed."""
    row = people.asked(store, request, user_id)
    if request.query.get("op") != "renew":
        raise AlmaError("401666", "op parameter is not valid.")
    loan = _find(store, row, loan_id, "401823")
    renewal = _renewal(loan, store)
    if renewal == "refused":
        raise AlmaError("401822", f"Cannot renew loan:  {loan_id} - Item renew period exceeded.")
    if renewal == "works":
        loan |= {"due_date": moment(store, RENEW_DAYS), "last_renew_date": moment(store)}
        loan |= {"last_renew_status": RENEWED, "process_status": "RENEW"}
        put(store, row["number"], _item_number(loan), loan)
    return Reply(loan, "item_loan")


def update(store: "Store", request: Request, user_id: str, loan_id: str) -> Reply:
    """PUT /users/{id}/loans/{loan_id}: only the due date counts; it is answered without milliseconds."""
    row = people.asked(store, request, user_id)
    loan = _find(store, row, loan_id, "401823")
    text = required_body(request).get("due_date")
    if not text:
        raise AlmaError("401824", "Due date is not in loan object.")
    try:
        due = datetime.fromisoformat(str(text))
    except ValueError:
        raise AlmaError("60101") from None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    if due.timestamp() <= store.now():
        raise AlmaError("401681", "Due date cannot be in the past.")
    loan["due_date"] = f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    put(store, row["number"], _item_number(loan), loan)
    return Reply(loan, "item_loan")


def count(store: "Store", row: "Row") -> int:
    """How many items a person has."""
    number: int = row["number"]
    seeded = {int(_seeded_id(number, n)) for n in range(_seeded_count(store, number))}
    kept = store.rows("SELECT id, record FROM loans WHERE person = ?", number)
    untouched = len(seeded - {loan["id"] for loan in kept})
    return untouched + sum(json.loads(loan["record"])["loan_status"] == "ACTIVE" for loan in kept)


def of_person(store: "Store", row: "Row") -> list[Record]:
    """All loans of a person, returned ones too, by ID."""
    number: int = row["number"]
    rows = store.rows("SELECT id, record FROM loans WHERE person = ? ORDER BY id", number)
    kept: dict[int, Record] = {loan["id"]: json.loads(loan["record"]) for loan in rows}
    primary_id = str(people.record(store, row).get("primary_id"))
    seeded = [_seeded(store, number, n, primary_id) for n in range(_seeded_count(store, number))]
    return list(({int(loan["loan_id"]): loan for loan in seeded} | kept).values())


def of_item(store: "Store", item: items.Item) -> Record | None:
    """The active loan of an item."""
    kept = store.rows("SELECT id, record FROM loans WHERE item = ? ORDER BY id", item.number)
    records: list[Record] = [json.loads(row["record"]) for row in kept]
    for loan in records:
        if loan["loan_status"] == "ACTIVE":
            return loan
    seeded = titles.lent_to(item.number, store.options.users)
    if seeded is None or int(_seeded_id(*seeded)) in [row["id"] for row in kept]:
        return None
    person, n = seeded
    row = store.row("SELECT * FROM people WHERE number = ?", person)
    if row is None or n >= _seeded_count(store, person):
        return None
    return _seeded(store, person, n, str(people.record(store, row).get("primary_id")))


def returned(store: "Store", item: items.Item) -> list[Record]:
    """The loans of an item that are over."""
    kept = store.rows("SELECT record FROM loans WHERE item = ? ORDER BY id", item.number)
    records: list[Record] = [json.loads(row["record"]) for row in kept]
    return [loan for loan in records if loan["loan_status"] != "ACTIVE"]


def moment(store: "Store", days: int = 0) -> str:
    """Now, or so many days from now, as Alma writes it."""
    at = datetime.fromtimestamp(store.now(), UTC) + timedelta(days=days)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _seeded_count(store: "Store", number: int) -> int:
    return loans_of(number) if number < store.options.users else 0


def _seeded_id(number: int, n: int) -> str:
    return f"13{items.FIRST_NUMBER + number * items.EACH + n:08d}{SUFFIX}"


def _item_number(loan: Record) -> int:
    return int(loan["item_id"][2:10])


def _find(store: "Store", row: "Row", loan_id: str, code: str) -> Record:
    for loan in of_person(store, row):
        if loan["loan_id"] == loan_id:
            return loan
    texts = {"401652": "General Error: An error has occurred while processing the request."}
    raise AlmaError(code, texts.get(code, f"Loan ID {loan_id} does not exist."))


def put(store: "Store", person: int, item: int, loan: Record) -> None:
    """Keep a loan."""
    sql = "INSERT OR REPLACE INTO loans VALUES (?, ?, ?, ?)"
    store.run(sql, int(loan["loan_id"]), person, item, json.dumps(loan, ensure_ascii=False))


def _renewal(loan: Record, store: "Store") -> str:
    """What a renewal will do: "refused" for two loans of seven and beyond a year, "nothing" for one, else "works"."""
    n = int(loan["loan_id"][2:10]) % 7
    begun = datetime.fromisoformat(loan["loan_date"])
    if n in (1, 4) or store.now() - begun.timestamp() > (365 - RENEW_DAYS) * 86_400:
        return "refused"
    return "nothing" if n == 2 else "works"


def new_record(store: "Store", primary_id: str, item: items.Item, loan_id: str) -> Record:
    """What a loan says of its item and person; keys and empty styles are those of recorded loans."""
    bib, holding = store.bib(item.mms_id), holdings.holding(store, int(item.holding_id[2:10]))
    n = item.number
    return {
        "loan_id": loan_id,
        "circ_desk": {"value": "DEFAULT_CIRC_DESK", "desc": "Main Circulation Desk"},
        "library": {"value": item.library, "desc": LIBRARIES.get(item.library, ("",))[0]},
        "user_id": primary_id,
        "item_barcode": item.barcode,
        "loan_status": "ACTIVE",
        "mms_id": item.mms_id,
        "holding_id": item.holding_id,
        "item_id": item.item_id,
        "title": bib.title if bib else "",
        "author": bib.author if bib else "",
        "description": items.description(n) or None,
        "publication_year": f"c{1930 + n % 90}.",
        "location_code": {"value": item.location, "name": LOCATION_NAMES.get(item.location)},
        "item_policy": {"value": None, "description": None},
        "call_number": holding.call_number if holding else "",
        "loan_fine": 2.5 if n % 11 == 3 else 0.0,
        "renewable": None,
    }


def _seeded(store: "Store", number: int, n: int, primary_id: str) -> Record:
    day = people.today(store)
    item = items.item(store, items.FIRST_NUMBER + number * items.EACH + n)
    assert item is not None
    late = n % 5 == 2
    quiet = int(_seeded_id(number, n)[2:10]) % 14 == 2
    record = new_record(store, primary_id, item, _seeded_id(number, n)) | {
        "loan_date": instant(day, -20 - n % 30, 16),
        "due_date": instant(day, -3 if late else 3 + n % 50, 21),
        "process_status": ("NORMAL", "NORMAL", "NORMAL", "RENEW", "CLAIMED_RETURN", "LOST")[n % 6 if n > 6 else 0],
    }
    if quiet:
        record |= {"last_renew_status": dict(RENEWED), "last_renew_date": instant(day, -15)}
    elif n % 3:
        record["last_renew_status"] = {"value": None, "desc": ""}
    return record
