"""The write road of a person: read the newest record, patch it, write it whole, compare Alma's answer, write down what
changed. Two calls; one when there is nothing to change. The log holds primary IDs and what was changed, no names.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, code, normal
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from patrons import alma, blocks, person
from patrons.blocks import PATH, Pair, Row

KIND = "patron"
IDENTIFIERS = "user_identifier"
ROLES = "user_role"
LISTS = (
    *(IDENTIFIERS, ROLES, PATH, "user_note", "user_statistic"),
    *("proxy_for_user", "rs_library", "library_notice"),
)
# What Alma keeps of external users when it was changed by hand, unless it is named in `override` (facts 3.3).
PROTECTED = (
    *("user_group", "job_category", "pin_number", "preferred_language", "campus_code", "rs_libraries"),
    *("user_title", "library_notices", "pref_first_name", "pref_middle_name", "pref_last_name", "cataloger_level"),
)
# Made by Alma of other things, or another at each read.
NOT_COMPARED = {
    *("link", "password", "full_name", "status_date", "last_patron_activity_date", "requests", "loans", "fees"),
    PATH,
}


@dataclass(frozen=True)
class Saved:
    """change: the write, None when nothing was sent because nothing differs; record: as Alma has it now; its blocks
    as asked and as they became stand in the change's fields."""

    change: Change | None
    record: Record

    @property
    def ignored(self) -> list[str]:
        """The paths of what Alma did not take, although it answered as if."""
        return [entry["path"] for entry in self.change.fields if "asked" in entry] if self.change else []


def save(user_id: str, change: Callable[[Record], Record], why: Why, override: Sequence[str] = ()) -> Saved:
    """Make of the person's newest record what `change` makes of it. user_id: the primary ID.

    override: of PROTECTED, only what somebody chose. What `change` raises goes on: nothing was sent then. Raises
    AlmaError; then nothing was changed, unless its outcome is unknown.
    """
    with hold(f"user:{user_id.casefold()}"):
        newest = alma.find_one(user_id)
        own = code(newest.get("primary_id"))
        if own.casefold() != user_id.casefold():
            raise AlmaNotFound(_("This primary ID leads to another person now. Nothing was changed."), area="users")
        wanted = change(newest)
        pairs = blocks.difference(newest, wanted)
        if not pairs:
            return Saved(None, newest)
        body = prepared(wanted)
        entries = [*(_entry(pair) for pair in pairs), *(_dropped(row) for row in doubles(wanted))]
        found = log.begin(Change.Action.EDIT, KIND, [own], own, why, fields=entries)
        answer = _send(found, newest, body, pairs, override)
        log.done(found, fields=what_became(newest, body, pairs, answer))
    return Saved(found, answer)


def _send(found: Change, newest: Record, body: Record, pairs: Sequence[Pair], override: Sequence[str]) -> Record:
    def took(now: Record) -> bool:
        return all(pair.stands_in(now, newest) for pair in pairs)

    with log.sending(found):
        return alma.write(newest, body, took, override)


# the whole record as Alma takes it


def prepared(record: Record) -> Record:
    """The record for a PUT that replaces everything (facts 3.3).

    Lists are flat lists. Of an identifier that stands there twice the inactive row is left out, for Alma refuses both.
    Roles are left out: Alma keeps those it has, and some that it holds itself it would refuse.
    """
    body = {**record}
    for name in LISTS:
        if isinstance(body.get(name), dict):
            body[name] = person.listed(body, name)
    if left_out := doubles(record):
        body[IDENTIFIERS] = [row for row in person.listed(body, IDENTIFIERS) if not _is_one_of(row, left_out)]
    body.pop(ROLES, None)
    return body


def doubles(record: Record) -> list[Row]:
    """Inactive identifiers whose value another identifier of the person has, in whatever case."""
    found = person.listed(record, IDENTIFIERS)
    kept = {_value(row) for row in found if not _is_inactive(row)}
    left_out = []
    for row in found:
        if _is_inactive(row) and _value(row) in kept:
            left_out.append(row)
        kept.add(_value(row))
    return [row for row in left_out if _value(row)]


def _value(row: Row) -> str:
    return code(row.get("value")).casefold()


def _is_inactive(row: Row) -> bool:
    return code(row.get("status")).upper() == blocks.INACTIVE


def _is_one_of(row: Row, others: Sequence[Row]) -> bool:
    return any(row is other for other in others)


# what became of it


def what_became(newest: Record, body: Record, pairs: Sequence[Pair], answer: Record) -> list[dict[str, Any]]:
    """The entries of the log: what was asked and what Alma has now; then what else is another in Alma's answer: blocks
    as they are, other fields by their names alone, for nobody asked about them."""
    entries = [outcome(pair, newest, answer) for pair in pairs]
    entries += [_dropped(row) for row in doubles(newest)]
    known = {blocks.key(row) for entry in entries for name in ("before", "after") if (row := entry[name])}
    known |= {blocks.key(pair.after) for pair in pairs if pair.after}
    for pair in blocks.difference(newest, answer):
        if not known & {blocks.key(row) for row in (pair.before, pair.after) if row}:
            entries.append({**_entry(pair), "by_alma": True})
    expected = {**newest, IDENTIFIERS: body.get(IDENTIFIERS)}
    for name in sorted(expected.keys() | answer.keys()):
        if name not in NOT_COMPARED and _content(expected.get(name)) != _content(answer.get(name)):
            entries.append({"path": name, "before": None, "after": None, "by_alma": True})
    return entries


def outcome(pair: Pair, newest: Record, answer: Record) -> dict[str, Any]:
    """An entry with the block as Alma has it now; what was asked beside it where that is something else."""
    if pair.stands_in(answer, newest):
        if pair.after is None:
            return _entry(pair)
        before = {blocks.key(row) for row in blocks.of(newest)}
        stands = [row for row in blocks.of(answer) if blocks.agrees(pair.after, row)]
        return {**_entry(pair), "after": next((row for row in stands if blocks.key(row) not in before), stands[0])}
    shown = pair.before or pair.after or {}
    now = next((row for row in blocks.of(answer) if pair.before and blocks.is_same_block(row, shown)), None)
    return {**_entry(pair), "after": now, "asked": pair.after}


def _entry(pair: Pair) -> dict[str, Any]:
    return {"path": PATH, "before": pair.before, "after": pair.after}


def _dropped(row: Row) -> dict[str, Any]:
    return {"path": IDENTIFIERS, "before": row, "after": None}


def _content(found: Any) -> Any:
    """In one spelling; the order of a list says nothing."""
    told = normal(found)
    return sorted(json.dumps(one, sort_keys=True) for one in told) if isinstance(told, list) else told


def pairs_of(change: Change) -> list[Pair]:
    """What an edit of the log did to blocks: what was not taken, and what Alma did by itself, left out."""
    entries = (entry for entry in change.fields if entry["path"] == PATH and not entry.get("by_alma"))
    return [Pair(one["before"], one["after"]) for one in entries if one["before"] != one["after"]]
