"""The requests in the store: rows that say whose, for what and how far; the record is made of the row.

A seeded row keeps no record: `request_records` makes it from its number. `item` is the item a request is for, or
that was set aside for it; `level` tells whether it was asked for itself.
"""

import json
from typing import TYPE_CHECKING

from . import bibs, items, request_seed
from .messages import Record

if TYPE_CHECKING:
    from .store import Row, Store

SCHEMA = """
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, person INTEGER, mms INTEGER NOT NULL, item INTEGER, level TEXT NOT NULL,
    type TEXT NOT NULL, state TEXT NOT NULL, task TEXT NOT NULL, library TEXT NOT NULL,
    age INTEGER NOT NULL,              -- days before today, of seeded ones: the older come first
    kind INTEGER NOT NULL DEFAULT 0,   -- the scenario of a seeded one
    record TEXT, raw INTEGER NOT NULL DEFAULT 0);
"""
INDEXES = """
CREATE INDEX requests_person ON requests (person);
CREATE INDEX requests_mms ON requests (mms);
CREATE INDEX requests_item ON requests (item);
CREATE INDEX requests_library ON requests (library);
"""
WAITING, WORKING, SHELF, HISTORY = "NOT_STARTED", "IN_PROCESS", "ON_HOLD_SHELF", "HISTORY"
PICK, TRANSIT, DIGITIZE, DELIVER = "Pickup From Shelf", "Transit Item", "Digitize Item", "Deliver Digital"
ON_SHELF, TO_SHELF, DELIVERY = "On Hold Shelf", "Hold Shelf Processing", "Deliver Item"
_ORDER = "ORDER BY age DESC, id"


def fill(store: "Store") -> None:
    """Insert the seeded requests."""
    columns = "id, person, mms, item, level, type, state, task, library, age, kind"
    marks = ", ".join("?" * 11)
    store.run_many(f"INSERT INTO requests ({columns}) VALUES ({marks})", request_seed.rows(store.options.users))


def active(store: "Store", condition: str, *values: object) -> list["Row"]:
    """The rows of active requests, the first to be served first."""
    return store.rows(f"SELECT * FROM requests WHERE ({condition}) AND state != 'HISTORY' {_ORDER}", *values)


def closed(store: "Store", condition: str, *values: object) -> list["Row"]:
    """The rows of requests that are history, where the institution keeps it."""
    if not store.options.request_history:
        return []
    return store.rows(f"SELECT * FROM requests WHERE ({condition}) AND state = 'HISTORY' {_ORDER}", *values)


def find(store: "Store", request_id: str) -> "Row | None":
    """The row of a request ID; one that is history is found where history is kept."""
    row = store.row("SELECT * FROM requests WHERE id = ?", items.number_of("83", request_id))
    return None if row is None or (row["state"] == HISTORY and not store.options.request_history) else row


def count(store: "Store", person: int) -> int:
    """How many active requests a person has."""
    sql = "SELECT count(*) AS n FROM requests WHERE person = ? AND state != 'HISTORY'"
    return int(store.rows(sql, person)[0]["n"])


def id_of(row: "Row") -> str:
    """The ID of a row."""
    return bibs.make_id("83", row["id"])


def place_in_queue(store: "Store", row: "Row") -> int:
    """Which of those who wait for the title is next: 1 is the first."""
    sql = (
        "SELECT count(*) AS n FROM requests WHERE mms = ? AND state = 'NOT_STARTED'"
        " AND type = 'HOLD' AND (age > ? OR (age = ? AND id < ?))"
    )
    return 1 + int(store.rows(sql, row["mms"], row["age"], row["age"], row["id"])[0]["n"])


def add(store: "Store", person: int | None, one: Record, record: Record) -> "Row":
    """A new request: `one` has the other columns, `record` what was sent."""
    number = store.meta("next_request", 90_000_000)
    store.set_meta("next_request", number + 1)
    names = ("mms", "item", "level", "type", "state", "task", "library")
    values = [one.get(name) for name in names]
    columns = f"id, person, {', '.join(names)}, age, record"
    marks = ", ".join("?" * (len(names) + 4))
    text = json.dumps(record, ensure_ascii=False)
    store.run(f"INSERT INTO requests ({columns}) VALUES ({marks})", number, person, *values, 0, text)
    return store.rows("SELECT * FROM requests WHERE id = ?", number)[0]


def move(store: "Store", row: "Row", state: str, task: str, item: int | None = None) -> None:
    """The next step of a request, with the item set aside for it."""
    kept = row["item"] if item is None else item
    store.run("UPDATE requests SET state = ?, task = ?, item = ? WHERE id = ?", state, task, kept, row["id"])


def drop_transit(store: "Store", item: int) -> None:
    """An item that was on its way home has arrived."""
    store.run("DELETE FROM requests WHERE item = ? AND person IS NULL AND type = 'MOVE'", item)


def put(store: "Store", row: "Row", record: Record, library: str) -> None:
    """Keep what a PUT sent, and where it is picked up."""
    sql = "UPDATE requests SET record = ?, library = ?, raw = 0 WHERE id = ?"
    store.run(sql, json.dumps(record, ensure_ascii=False), library, row["id"])


def close(store: "Store", row: "Row") -> None:
    """A request is over: history where that is kept, else gone."""
    if store.options.request_history:
        store.run("UPDATE requests SET state = 'HISTORY', task = '' WHERE id = ?", row["id"])
    else:
        store.run("DELETE FROM requests WHERE id = ?", row["id"])
