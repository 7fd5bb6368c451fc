"""The physical items: made from their number, or kept since somebody changed or made them.

A `raw` record is shown as it is, whatever it is.
"""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from . import bibs, titles
from .messages import Record

if TYPE_CHECKING:
    from .store import Row, Store

SCHEMA = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY, holding INTEGER NOT NULL, mms INTEGER NOT NULL, barcode TEXT NOT NULL,
    record TEXT,                      -- NULL: withdrawn
    raw INTEGER NOT NULL DEFAULT 0);
"""
INDEXES = """
CREATE INDEX items_holding ON items (holding);
CREATE INDEX items_mms ON items (mms);
CREATE INDEX items_barcode ON items (barcode);
"""
FIRST_NUMBER = titles.FIRST_ITEM
EACH = titles.EACH


class Item(NamedTuple):
    """One item: where it is (`library`, `location`: the temporary ones if it has such) and its policy."""

    number: int
    item_id: str
    holding_id: str
    mms_id: str
    barcode: str
    library: str
    location: str
    policy: str
    process: str
    material: str

    @property
    def loanable(self) -> bool:
        """False is for use in the library only."""
        return self.policy != "NOLOAN"


def item(store: "Store", number: int) -> Item | None:
    """The item of a number, None when there is none."""
    row = store.row("SELECT * FROM items WHERE id = ?", number)
    if row is not None:
        return _kept(row) if row["record"] else None
    return seeded(store, number)


def by_barcode(store: "Store", barcode: str) -> Item | None:
    """The item with this barcode."""
    row = store.row("SELECT * FROM items WHERE barcode = ? AND record IS NOT NULL", barcode) if barcode else None
    if row is not None:
        return _kept(row)
    shaped = len(barcode) == 10 and barcode.isascii() and barcode.isdigit() and barcode.startswith("30")
    found = item(store, int(barcode[2:])) if shaped else None
    return found if found and found.barcode == barcode else None


def by_id(store: "Store", item_id: str) -> Item | None:
    """The item with this ID."""
    number = number_of("23", item_id)
    return item(store, number) if number else None


def number_of(kind: str, text: str) -> int:
    """The number in an ID of a kind: 22 holding, 23 item, 83 request; 0 for anything else."""
    shaped = len(text) == 17 and text.isascii() and text.isdigit()
    return int(text[2:10]) if shaped and text.startswith(kind) and text.endswith(bibs.SUFFIX) else 0


def of_bib(store: "Store", mms_id: str) -> list[Item]:
    """All items of a bib: seeded ones by slot, then new ones."""
    title = titles.title_of(mms_id)
    numbers = titles.items_of(title, store.options.users) if title is not None else []
    rows = {row["id"]: row for row in store.rows("SELECT * FROM items WHERE mms = ? ORDER BY id", int(mms_id))}
    found = []
    for number in numbers:
        row = rows.pop(number, None)
        one = seeded(store, number) if row is None else _kept(row) if row["record"] else None
        found += [one] if one else []
    return found + [_kept(row) for row in rows.values() if row["record"]]


def put(store: "Store", one: Item, record: Record | None, raw: bool = False) -> None:
    """Keep the record of an item; None withdraws it."""
    text = None if record is None else json.dumps(record, ensure_ascii=False)
    values = one.number, int(one.holding_id[2:10]), int(one.mms_id), one.barcode, text, raw
    store.run("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)", *values)


def new_number(store: "Store") -> int:
    """A number no item ever had."""
    number: int = store.meta("next_item", titles.FIRST_NEW)
    store.set_meta("next_item", number + 1)
    return number


def seeded(store: "Store", number: int) -> Item | None:
    """The item as it was before anybody changed it."""
    place = titles.item_place(number, store.options.users)
    if place is None:
        return None
    title, slot = place
    index = titles.holding_index(title, slot)
    library, location = titles.holdings_of(title)[index]
    kind = titles.kind_of(title)
    if kind == "temporary":
        library, location = "LAW", "REF"
    policy, process, material = _ordinary(number, slot)
    if kind != "ordinary":
        rules = titles.KINDS[kind]
        policy, process, material = rules.policies[slot % len(rules.policies)], rules.process, rules.material
    ids = bibs.make_id("23", number), bibs.make_id("22", titles.holding_number(title, index))
    barcode = "" if process == "ACQ" else f"30{number:08d}"
    return Item(number, *ids, titles.mms_of(title), barcode, library, location, policy, process, material)


def description(number: int) -> str:
    """The volume that an ordinary item is: one of four is one."""
    ordinary = FIRST_NUMBER <= number < titles.FIRST_SPECIMEN
    return f"v.{1 + number % 9}" if ordinary and number % 4 == 0 else ""


def _ordinary(number: int, slot: int) -> tuple[str, str, str]:
    """(policy, process, material): the first item of a title is in place, later ones may be elsewhere."""
    n = number - FIRST_NUMBER
    material = ("BOOK", "BOOK", "BOOK", "SCORE", "MAP")[n % 5] if n % 4 == 1 else "BOOK"
    if n % EACH == EACH - 1:
        return "NOLOAN", "", material
    if not slot:
        return "", "", material
    policy = "SHORT" if n % 23 == 5 else "NOREQ" if n % 61 == 9 else ""
    process = {5: "MISSING", 11: "TECHNICAL", 23: "WORK_ORDER_DEPARTMENT"}.get(n % 37, "")
    return policy, process, material


def _kept(row: "Row") -> Item:
    record = json.loads(row["record"])
    data = record.get("item_data")
    data = data if isinstance(data, dict) else {}

    def text(name: str) -> str:
        return code(data.get(name))

    ids = bibs.make_id("23", row["id"]), bibs.make_id("22", row["holding"])
    more = (text(name) for name in ("library", "location", "policy", "process_type", "physical_material_type"))
    return Item(row["id"], *ids, str(row["mms"]), row["barcode"], *more)


def code(value: Any) -> str:
    """The code of a coded value, or of the bare one XML has; "" without one."""
    found = value.get("value") if isinstance(value, dict) else value
    return found if isinstance(found, str) else ""
