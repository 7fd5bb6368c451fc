"""The people of the institution in the store: found by their identifiers, kept only when somebody changed them.

The tables hold what searching needs of everybody: folded names, and every identifier.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from .errors import AlmaError, not_found
from .messages import Record, Request
from .search import fold
from .user_seed import kind_of, seeded_person

if TYPE_CHECKING:
    from .store import Row, Store

SCHEMA = """
CREATE TABLE people (
    number INTEGER PRIMARY KEY, primary_id TEXT NOT NULL, last TEXT NOT NULL, first TEXT NOT NULL,
    words TEXT NOT NULL,                    -- names, identifiers and e-mails, folded: to search fewer records
    hidden INTEGER NOT NULL DEFAULT 0,      -- purged: counted, and shown nowhere
    record TEXT, manual TEXT, password TEXT, changed TEXT);
CREATE TABLE people_ids (number INTEGER NOT NULL, value TEXT NOT NULL, kind TEXT NOT NULL, active INTEGER NOT NULL);
"""
INDEXES = """
CREATE INDEX people_primary ON people (primary_id);
CREATE INDEX people_order ON people (last, first, primary_id);
CREATE INDEX people_ids_value ON people_ids (value);
CREATE INDEX people_ids_number ON people_ids (number);
"""
PRIMARY = "PRIMARY_ID"
# Types of identifiers that two people may share: not looked at when any unique identifier is asked for.
SHARED_TYPES = {"OTHER"}
# What was set by hand at seeded external people, and so is kept against a PUT.
MANUAL = ("user_group", "campus_code", "preferred_language", "job_category")
# The password of everybody who has an internal account and was seeded.
PASSWORD = "demo-password"  # noqa: S105 - of invented people


def today(store: "Store") -> date:
    """The day around which the dates of seeded people lie: that of the store's first look at one of them."""
    if store.first_day is None:
        store.first_day = datetime.fromtimestamp(store.now(), UTC).date()
    return store.first_day


def fill(store: "Store") -> None:
    """Insert the seeded people."""
    day = date(2000, 1, 1)  # no date is kept
    records = [(n, seeded_person(n, store.options.seed, day)) for n in range(store.options.users)]
    hidden = [kind_of(n) == "purged" for n, _ in records]
    sql = "INSERT INTO people (number, primary_id, last, first, words, hidden) VALUES (?, ?, ?, ?, ?, ?)"
    store.run_many(sql, ((n, *_columns(record), hidden[n]) for n, record in records))
    sql = "INSERT INTO people_ids VALUES (?, ?, ?, ?)"
    store.run_many(sql, (row for n, record in records if not hidden[n] for row in _ids(n, record)))
    store.set_meta("next_person", store.options.users)


def record(store: "Store", row: "Row") -> Record:
    """The record of a row of `people`."""
    if row["record"]:
        kept: Record = json.loads(row["record"])
        return kept
    return seeded_person(row["number"], store.options.seed, today(store))


def find(store: "Store", user_id: str, kind: str = "") -> "Row | None":
    """The row of a person by any unique identifier, or by one of the type `kind`. Case does not matter.

    An identifier that is not active finds nobody.
    """
    value = user_id.lower()
    if kind in ("", PRIMARY):
        row = store.row("SELECT * FROM people WHERE primary_id = ? AND NOT hidden", value)
        if row is not None or kind:
            return row
    for found in store.rows("SELECT number, kind FROM people_ids WHERE value = ? AND active ORDER BY number", value):
        if found["kind"] == kind or (not kind and found["kind"] not in SHARED_TYPES):
            return store.row("SELECT * FROM people WHERE number = ?", found["number"])
    return None


def asked(store: "Store", request: Request, user_id: str) -> "Row":
    """The row of the person in an address: 401861, or 401890 when a type was asked for.

    An ID with a slash finds nobody, encoded or not: the address has a segment too many.
    """
    if "/" in user_id:
        raise not_found()
    kind = request.query.get("user_id_type", "all_unique")
    row = find(store, user_id, "" if kind == "all_unique" else kind)
    if row is not None:
        return row
    if kind == "all_unique":
        raise AlmaError("401861", f"User with identifier {user_id} was not found.")
    raise AlmaError("401890", f"User with identifier {user_id} of type {kind} was not found.")


def put(store: "Store", number: int, record: Record) -> None:
    """Keep the record of a person, unchecked."""
    sql = "UPDATE people SET primary_id = ?, last = ?, first = ?, words = ?, record = ?, changed = ? WHERE number = ?"
    text = json.dumps(record, ensure_ascii=False)
    changed = datetime.fromtimestamp(store.now(), UTC).date().isoformat()
    store.run(sql, *_columns(record), text, changed, number)
    store.run("DELETE FROM people_ids WHERE number = ?", number)
    store.run_many("INSERT INTO people_ids VALUES (?, ?, ?, ?)", iter(_ids(number, record)))


def add(store: "Store", record: Record, password: str = "") -> int:
    """A new person; the number. Numbers are never used again."""
    number: int = store.meta("next_person")
    store.set_meta("next_person", number + 1)
    sql = (
        "INSERT INTO people (number, primary_id, last, first, words, manual, password) VALUES (?, '', '', '', '', ?, ?)"
    )
    store.run(sql, number, "[]", password)
    put(store, number, record)
    return number


def remove(store: "Store", number: int) -> None:
    """Delete a person."""
    store.run("DELETE FROM people WHERE number = ?", number)
    store.run("DELETE FROM people_ids WHERE number = ?", number)


def manual_fields(row: "Row") -> set[str]:
    """The fields that somebody set by hand in Alma."""
    if row["manual"] is not None:
        return set(json.loads(row["manual"]))
    return set(MANUAL) if kind_of(row["number"]).startswith("external") else set()


def rows_of(value: Any) -> list[Record]:
    """The records in a list, whatever stands in its place."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def code_of(value: Any) -> str:
    """The code of a coded value, "" without one."""
    found = value.get("value") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""


def _columns(record: Record) -> tuple[str, str, str, str]:
    """(primary ID, last name, first name, words) as the table has them."""
    contact = record.get("contact_info")
    emails = rows_of(contact.get("email")) if isinstance(contact, dict) else []
    texts: Iterable[Any] = (
        *(record.get(name) for name in ("primary_id", "first_name", "middle_name", "last_name")),
        *(record.get(name) for name in ("pref_first_name", "pref_middle_name", "pref_last_name")),
        *(row.get("value") for row in rows_of(record.get("user_identifier"))),
        *(row.get("email_address") for row in emails),
    )
    words = fold(" ".join(str(text) for text in texts if text))
    last, first = (fold(str(record.get(name) or "")) for name in ("last_name", "first_name"))
    return str(record.get("primary_id") or "").lower(), last, first, words


def _ids(number: int, record: Record) -> list[tuple[int, str, str, bool]]:
    return [
        (number, str(row.get("value") or "").lower(), code_of(row.get("id_type")), _is_active(row))
        for row in rows_of(record.get("user_identifier"))
    ]


def _is_active(row: Record) -> bool:
    return str(row.get("status") or "ACTIVE").upper() == "ACTIVE"
