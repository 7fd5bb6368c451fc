"""The holdings of bibs: made from their number, or kept since somebody changed or made them.

A row of the table without a record is a holding that was deleted.
"""

import json
from typing import TYPE_CHECKING, NamedTuple

from . import bibs, items, titles
from .xml_format import escaped

if TYPE_CHECKING:
    from .store import Row, Store

SCHEMA = """
CREATE TABLE holdings (
    id INTEGER PRIMARY KEY, mms INTEGER NOT NULL,
    record TEXT);
"""
INDEXES = "CREATE INDEX holdings_mms ON holdings (mms);\n"


class Holding(NamedTuple):
    """One holding; `marc` is the inside of its <record> as somebody sent it, "" for a seeded one."""

    number: int
    holding_id: str
    mms_id: str
    library: str
    location: str
    call_number: str
    suppressed: bool = False
    marc: str = ""


def holding(store: "Store", number: int) -> Holding | None:
    """The holding of a number, None when there is none."""
    row = store.row("SELECT * FROM holdings WHERE id = ?", number)
    return (_kept(row) if row["record"] else None) if row is not None else _seeded(number)


def by_id(store: "Store", mms_id: str, holding_id: str) -> Holding | None:
    """The holding with this ID of this bib."""
    number = items.number_of("22", holding_id)
    found = holding(store, number) if number else None
    return found if found and found.mms_id == mms_id else None


def of_bib(store: "Store", mms_id: str) -> list[Holding]:
    """All holdings of a bib, new ones last."""
    title = titles.title_of(mms_id)
    numbers = (
        [titles.holding_number(title, n) for n in range(len(titles.holdings_of(title)))] if title is not None else []
    )
    rows = {row["id"]: row for row in store.rows("SELECT * FROM holdings WHERE mms = ? ORDER BY id", int(mms_id))}
    found = []
    for number in numbers:
        row = rows.pop(number, None)
        one = _seeded(number) if row is None else _kept(row) if row["record"] else None
        found += [one] if one else []
    return found + [_kept(row) for row in rows.values() if row["record"]]


def put(store: "Store", one: Holding) -> None:
    """Keep a holding."""
    text = json.dumps(one._asdict(), ensure_ascii=False)
    store.run("INSERT OR REPLACE INTO holdings VALUES (?, ?, ?)", one.number, int(one.mms_id), text)


def remove(store: "Store", one: Holding) -> None:
    """Delete a holding."""
    store.run("INSERT OR REPLACE INTO holdings VALUES (?, ?, NULL)", one.number, int(one.mms_id))


def marcxml(one: Holding) -> str:
    """The record of a holding."""
    if one.marc:
        return f"<record>{one.marc}</record>"
    field = f'<subfield code="b">{escaped(one.library)}</subfield><subfield code="c">{escaped(one.location)}</subfield>'
    field += f'<subfield code="h">{escaped(one.call_number)}</subfield>'
    return (
        "<record><leader>00000nx  a2200000 i 4500</leader>"
        f'<controlfield tag="001">{one.holding_id}</controlfield>'
        '<controlfield tag="008">1011252u    8   4001uueng0000000</controlfield>'
        f'<datafield ind1="0" ind2=" " tag="852">{field}</datafield></record>'
    )


def _seeded(number: int) -> Holding | None:
    place = titles.holding_place(number)
    if place is None:
        return None
    title, index = place
    library, location = titles.holdings_of(title)[index]
    call_number = f"{100 + title % 900}.{title % 10} Q{title % 80}"
    hidden = titles.kind_of(title) == "suppressed"
    ids = bibs.make_id("22", number), titles.mms_of(title)
    return Holding(number, *ids, library, location, call_number, hidden)


def _kept(row: "Row") -> Holding:
    return Holding(**json.loads(row["record"]))
