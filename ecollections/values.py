"""The value of a field in a record: compared, written, shaped as Alma has it.

A *raw* value is what stands in the record. What a form brings is text (a code, a date, a text) or, for fields with
cells, rows that were raw values before somebody changed cells in them: so keys that nobody knows stay in them.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from almaportal.alma.records import Record, code, day, dig, is_empty, normal, put, tidy
from ecollections.field import CELLED, ROWS, Field
from ecollections.fields import CELLS

OF_THE_OLD_VALUE = ("desc", "link")  # keys of a code object that tell about its value


@dataclass(frozen=True)
class Difference:
    """A field's raw value before and after."""

    field: Field
    before: Any
    after: Any


@dataclass(frozen=True)
class Conflict:
    """Raw values of a field that two people changed: as both saw it, what stands in Alma now, what is wanted."""

    field: Field
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True)
class Merged:
    """newest: the record as Alma has it; record: that with my changes; changes: those; others: what others changed
    meanwhile, kept; conflicts: where both did, or where a shape stands now that nobody knows: `record` has my value
    there, and it must not be sent."""

    newest: Record
    record: Record
    changes: list[Difference]
    others: list[Difference]
    conflicts: list[Conflict]


def raw(field: Field, record: Record) -> Any:
    return dig(record, field.path)


def meant(field: Field, value: Any) -> Any:
    """What a raw or typed value means, whatever its spelling: two values are the same when this is."""
    if field.kind in CELLED:
        return normal(value)
    if field.kind == "date" and (found := day(code(value))):
        return found.isoformat()
    return tidy(code(value)).removeprefix(field.prefix).strip()


def same(field: Field, one: Any, other: Any) -> bool:
    return bool(meant(field, one) == meant(field, other))


def is_known_shape(field: Field, record: Record) -> bool:
    """Whether the value, and all levels above it, look as documented: nothing else is ever written over."""
    level: Any = record
    for name in field.path.split(".")[:-1]:
        level = level.get(name)
        if is_empty(level):
            return True
        if not isinstance(level, dict):
            return False
    value = raw(field, record)
    if is_empty(value):
        return True
    if field.kind in ROWS:
        return isinstance(value, list) and all(isinstance(row, dict) for row in value)
    if field.kind == "embargo":
        return isinstance(value, dict)
    if isinstance(value, dict):
        return field.kind in ("code", "reference", "flag") and not isinstance(value.get("value"), dict | list)
    return not isinstance(value, list)


def write(field: Field, record: Record, value: Any, words: str = "") -> None:
    """Put a raw or typed value into a record of one's own, in the shape that stands there.

    words: the description of a code, where it is known.
    """
    put(record, field.path, _shaped(field, raw(field, record), value, words))


def _shaped(field: Field, old: Any, value: Any, words: str) -> Any:
    """Alma clears dates and the public access model by null, all else by "" (facts 2.3)."""
    if field.kind in ROWS:
        return deepcopy(value) if value else []
    if field.kind == "embargo":
        return deepcopy(value) if value else _cleared(field, old)
    if field.kind == "flag":
        return _flag(old, code(value))
    if field.kind == "date":
        found = day(code(value))
        return found.isoformat() if found else code(value) or None
    if field.kind in ("code", "reference"):
        return _coded(field, old, value, words)
    text = value if isinstance(value, str) else code(value)
    text = f"{field.prefix}{text.removeprefix(field.prefix)}" if text else ""
    if isinstance(old, dict):  # a cell that some records have as {"value": …}
        return _coded(field, old, text, "")
    return int(text) if isinstance(old, int) and text.isascii() and text.isdigit() else text


def _cleared(field: Field, old: Any) -> Any:
    """The same cells with nothing in them: what is missing Alma leaves alone (facts 2.5)."""
    row = deepcopy(old) if isinstance(old, dict) else {}
    for cell in CELLS[field.kind]:
        if not is_empty(row.get(cell.path)):
            write(cell, row, "")
    return row


def _flag(old: Any, text: str) -> Any:
    if isinstance(old, dict):
        return {**old, "value": text}
    if isinstance(old, str) and old:
        return text
    return {"true": True, "false": False}.get(text, text)


def _coded(field: Field, old: Any, value: Any, words: str) -> Any:
    text = code(value)
    if not text and field.table == "PublicAccessModel":
        return None
    if isinstance(old, str) and old:  # a bare code, as some answers have it
        return text
    kept = {key: part for key, part in old.items() if key not in OF_THE_OLD_VALUE} if isinstance(old, dict) else {}
    described = {"desc": words} if words else {}
    return {**kept, **described, "value": text}


def merge(fields: Iterable[Field], base: Record, mine: Record, newest: Record) -> Merged:
    """Three records, field by field: as I saw it, as I want it, as Alma has it now. None of them is changed.

    Fields that I left alone keep what Alma has now, as does everything that is no field of the table.
    """
    record = deepcopy(newest)
    changes, others, conflicts = [], [], []
    for field in fields:
        seen, wanted, now = (raw(field, one) for one in (base, mine, newest))
        by_me, by_others = not same(field, seen, wanted), not same(field, seen, now)
        if by_me and not is_known_shape(field, newest):
            conflicts.append(Conflict(field, seen, now, wanted))
        elif by_others and not same(field, wanted, now):
            if by_me:
                conflicts.append(Conflict(field, seen, now, wanted))
            else:
                others.append(Difference(field, seen, now))
        if by_me and not same(field, wanted, now):
            write(field, record, wanted, described(wanted))
            changes.append(Difference(field, now, raw(field, record)))
    return Merged(newest, record, changes, others, conflicts)


def described(value: Any) -> str:
    return code(value.get("desc")) if isinstance(value, dict) else ""


def agrees(field: Field, asked: Any, answered: Any) -> bool:
    """Whether Alma's answer holds what was asked; it may add to rows what only it knows, such as who wrote a note."""
    if field.kind not in CELLED:
        return same(field, asked, answered)
    return _cells(field, asked) == _cells(field, answered)


def _cells(field: Field, value: Any) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    rows = [
        {cell.path: meant(cell, row.get(cell.path)) for cell in CELLS[field.kind]}
        for row in found
        if isinstance(row, dict)
    ]
    return [row for row in rows if any(row.values())]
