"""The blocks of a person: rows of a list without IDs in the record (facts 3.2), so a block is meant by what it says.

A record's blocks are written as a whole list (facts 3.3); everything here patches a deep copy, and keys that nobody
here knows stay. Days are the library's own; Alma keeps moments in UTC.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils import timezone

from almaportal.alma.records import Record, code, day_of, is_empty, normal, tidy
from almaportal.people import person, verdict

PATH = "user_block"
NOTE_LIMIT = 2000  # characters (facts 3.2)
ACTIVE, INACTIVE = "ACTIVE", "INACTIVE"
LASTING = ("block_type", "block_description", "created_by", "created_date", "item_loan_id", "segment_type")
Row = dict[str, Any]


class Changed(Exception):
    """Somebody else changed the block since it was shown: nothing may be written.

    shown: as it was; theirs: as it is now, None when it is gone.
    """

    def __init__(self, shown: Row, theirs: Row | None) -> None:
        self.shown, self.theirs = shown, theirs
        super().__init__()


# reading


def of(record: Record) -> list[Row]:
    """The raw rows, in order; what is no row is passed over."""
    return person.listed(record, PATH)


def key(row: Row) -> str:
    """Tells a block from others, for addresses and forms: another one as soon as anything but words in it changes."""
    text = json.dumps(_meaning(row), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _meaning(row: Row) -> dict[str, Any]:
    """What the row says, each emptiness left out, in one spelling; descriptions are words in some language."""
    said = {name: normal(value) for name, value in row.items() if not is_empty(value)}
    said["block_status"] = status(row)
    return said


def status(row: Row) -> str:
    """ACTIVE or INACTIVE, whatever the case (facts 3.2); Alma's default is active."""
    return code(row.get("block_status")).upper() or ACTIVE


def last_day(row: Row) -> date | None:
    """The last day on which it holds."""
    return day_of(row.get("expiry_date"))


def agrees(asked: Row, has: Row) -> bool:
    """Whether a block of Alma's says what was asked; who made it and when is Alma's to say."""
    return _asked(asked) == _asked(has)


def _asked(row: Row) -> tuple[Any, ...]:
    kind, description = code(row.get("block_type")) or "GENERAL", code(row.get("block_description"))
    return kind, description, status(row), tidy(code(row.get("block_note"))), last_day(row)


def is_same_block(one: Row, other: Row) -> bool:
    """Whether two rows are the same block at two times: all agrees that nobody changes in a block."""
    return all(normal(one.get(name)) == normal(other.get(name)) for name in LASTING)


# making rows


def new(kind: str, description: str, note: str, last: date | None, who: str = "", called: str = "") -> Row:
    """A new active block. called: the words of the description, where they are known.

    Internal: what the student system sends to Alma replaces External rows only (facts 3.3).
    """
    row: Row = {
        "block_type": {"value": kind},
        "block_description": {"value": description},
        "block_status": ACTIVE,
        "block_note": note,
        "segment_type": "Internal",
    }
    if called:
        row["block_description"]["desc"] = called
    if who:
        row["created_by"] = who[:255]
    return with_last_day(row, last)


def with_last_day(row: Row, last: date | None) -> Row:
    """The row with another expiry; as it is when the day is the same."""
    if last == last_day(row) and (last or is_empty(row.get("expiry_date"))):
        return row
    kept = {name: value for name, value in row.items() if name != "expiry_date"}
    if last:
        ends = timezone.make_aware(datetime.combine(last, time(23, 59, 59)))
        kept["expiry_date"] = ends.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return kept


def edited(row: Row, note: str, last: date | None) -> Row:
    """With another note and expiry."""
    own = with_last_day(deepcopy(row), last)
    return own if tidy(code(row.get("block_note"))) == note else {**own, "block_note": note}


def lifted(row: Row, how: str, note: str | None = None) -> Row | None:
    """Lifted as the institution does it. how: `inactive`, or `removed`: None then. note: a new one, None to keep it."""
    if how == "removed":
        return None
    own = {**deepcopy(row), "block_status": INACTIVE}
    return own if note is None or tidy(code(row.get("block_note"))) == note else {**own, "block_note": note}


# changing records


def with_blocks(record: Record, blocks: Sequence[Row]) -> Record:
    return {**deepcopy(record), PATH: [deepcopy(row) for row in blocks]}


def add(record: Record, row: Row) -> Record:
    """With one block more; as it is where one that says the same stops the person: a form may come twice."""
    if any(agrees(row, other) and verdict.stops(other) for other in of(record)):
        return record
    return with_blocks(record, [*of(record), row])


def replace(record: Record, shown: Row, wanted: Row | None, others: Iterable[str] = ()) -> Record:
    """With `wanted` in the place of the block that was `shown`, None for no block there.

    others: keys of the person's other blocks when it was shown, its twins too. What stands already as wanted is left
    so. Raises Changed when the block was changed since, or is gone.
    """
    found, own, known = of(record), key(shown), list(others)
    alike = [place for place, row in enumerate(found) if key(row) == own]
    if len(alike) > known.count(own):
        place = alike[0]
        return with_blocks(record, [*found[:place], *([wanted] if wanted else []), *found[place + 1 :]])
    same = [row for row in found if is_same_block(row, shown) and key(row) not in known]
    if wanted is None and not same:
        return record
    if wanted and any(agrees(wanted, row) for row in same):
        return record
    raise Changed(shown, same[0] if same else None)


# what a write changed: as the log keeps it


@dataclass(frozen=True)
class Pair:
    """A block before and after: None for a block that was not there, or is not there any more."""

    before: Row | None
    after: Row | None

    def stands_in(self, record: Record, was: Record | None = None) -> bool:
        """Whether the record has it so. was: the record before, where it is known: what stood there then proves
        nothing."""
        if self.before is not None and self.after is None:
            is_it = _is(self.before)
            return _count(record, is_it) < (_count(was, is_it) if was else 1)
        after = self.after or {}
        return _count(record, lambda row: agrees(after, row)) > (
            _count(was, lambda row: agrees(after, row)) if was else 0
        )


def _is(shown: Row) -> Callable[[Row], bool]:
    own = key(shown)
    return lambda row: key(row) == own


def _count(record: Record, holds: Callable[[Row], bool]) -> int:
    return sum(holds(row) for row in of(record))


def difference(before: Record, after: Record) -> list[Pair]:
    """Which blocks are other ones in `after`: those that were edited, then those added, then those taken away."""
    gone, came = _only_in(before, after), _only_in(after, before)
    pairs = []
    for row in list(gone):
        same = next((one for one in came if is_same_block(row, one)), None)
        if same is not None:
            pairs.append(Pair(row, same))
            gone.remove(row)
            came.remove(same)
    return [*pairs, *(Pair(None, row) for row in came), *(Pair(row, None) for row in gone)]


def _only_in(one: Record, other: Record) -> list[Row]:
    keys = [key(row) for row in of(other)]
    found = []
    for row in of(one):
        if (own := key(row)) in keys:
            keys.remove(own)
        else:
            found.append(row)
    return found


def taken_back(record: Record, pairs: Sequence[Pair]) -> Record:
    """With these changes undone. Raises Changed where a block was changed again since."""
    for pair in reversed(pairs):
        if pair.after is not None:
            record = replace(record, pair.after, pair.before)
        elif pair.before is not None and not _count(record, _is(pair.before)):
            record = with_blocks(record, [*of(record), pair.before])
    return record
