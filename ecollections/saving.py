"""The write road: read the newest record, merge, write it whole, compare what Alma answers, write down what changed.

One road for the form, for undo, and for jobs. Two calls; one when there is nothing to change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from ecollections import alma
from ecollections.kinds import KINDS, Kind
from ecollections.values import Merged, agrees, merge, raw, same


@dataclass(frozen=True)
class Saved:
    """merged: what was found to change; change: the write, or None when nothing was sent: no change, or a conflict;
    record: as Alma has it now."""

    merged: Merged
    change: Change | None
    record: Record


def save(ids: Sequence[str], base: Record, mine: Record, why: Why) -> Saved:
    """Make of the record in Alma what `mine` is to `base`, the record as the person saw it.

    Nothing is sent when somebody else changed the same field (merged.conflicts). Raises AlmaError; then nothing was
    changed, unless its outcome is unknown.
    """
    return save_as(ids, lambda _newest: (base, mine), why)


def save_as(ids: Sequence[str], wanted: Callable[[Record], tuple[Record, Record]], why: Why) -> Saved:
    """The same for who knows base and mine only once the newest record is read: `wanted` makes both of it."""
    kind = KINDS[len(ids) - 1]
    with hold(ids[-1]):
        newest = alma.newest(ids)
        merged = merge(kind.fields.values(), *wanted(newest), newest)
        if merged.conflicts or not merged.changes:
            return Saved(merged, None, newest)
        entries = [_entry(one.field.path, one.before, one.after) for one in merged.changes]
        change = log.begin(Change.Action.EDIT, kind.name, ids, kind.title(newest) or ids[-1], why, fields=entries)
        with log.sending(change):
            answer = alma.write(ids, merged.record, before=newest, took=lambda now: _took(merged, now))
        log.done(change, fields=what_became(kind, newest, merged, answer))
        return Saved(merged, change, answer)


def _took(merged: Merged, record: Record) -> bool:
    """Whether the record holds all that was asked."""
    return all(agrees(one.field, one.after, raw(one.field, record)) for one in merged.changes)


def what_became(kind: Kind, newest: Record, merged: Merged, answer: Record) -> list[dict[str, Any]]:
    """The entries of the log: what was asked and what Alma has now, then what Alma changed without being asked."""
    entries = []
    for one in merged.changes:
        entry = _entry(one.field.path, one.before, raw(one.field, answer))
        entries.append(entry if agrees(one.field, one.after, entry["after"]) else {**entry, "asked": one.after})
    asked = {one.field.path for one in merged.changes}
    for field in kind.fields.values():
        before, after = raw(field, newest), raw(field, answer)
        if field.path not in asked and not same(field, before, after):
            entries.append({**_entry(field.path, before, after), "by_alma": True})
    return entries


def _entry(path: str, before: Any, after: Any) -> dict[str, Any]:
    return {"path": path, "before": before, "after": after}
