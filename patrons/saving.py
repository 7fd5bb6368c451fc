"""The write road of a person: read the newest record, patch it, write it whole, compare Alma's answer, write down what
changed. Two calls; one when there is nothing to change. The log holds primary IDs and what was changed, no names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaError, AlmaNotFound, AlmaRejected
from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import alma, person, writing
from patrons import blocks
from patrons.blocks import PATH, Pair

KIND = "patron"
LATEST = 20  # changes of a person that are looked through


class BlocksUnreadable(AlmaRejected):
    """What stands in the place of the blocks is not all blocks. Nothing was sent."""

    kind = "blocks"
    title = gettext_lazy("Alma's list of blocks cannot be read")
    fallback_hint = gettext_lazy(
        "Part of it is no block, and any change of the blocks would lose that. Look at the person in Alma."
    )


class OnlyAPart(BlocksUnreadable):
    """A brief row, as lists have them: written back it would take away what it does not say (facts 0.5)."""

    title = gettext_lazy("Alma sent only a part of the record")
    fallback_hint = gettext_lazy("It says nothing about blocks. Try again, or look at the person in Alma.")


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

    override: of writing.PROTECTED, only what somebody chose. What `change` raises goes on: nothing was sent then.
    Raises AlmaError, one of them BlocksUnreadable; then nothing was changed, unless its outcome is unknown.
    """
    with hold(f"user:{user_id.casefold()}"):
        newest = alma.find_one(user_id)
        check_person(newest, user_id)
        check_blocks(newest)
        own = person.primary_id(newest)
        wanted = change(newest)
        pairs = blocks.difference(newest, wanted)
        if not pairs:
            return Saved(None, newest)
        body = writing.prepared(wanted)
        entries = [*(_entry(pair) for pair in pairs), *(writing.dropped(row) for row in writing.doubles(wanted))]
        found = log.begin(Change.Action.EDIT, KIND, [own], own, why, fields=entries)
        answer = _send(found, newest, body, pairs, override)
        log.done(found, fields=what_became(newest, body, pairs, answer))
    return Saved(found, answer)


def _send(found: Change, newest: Record, body: Record, pairs: Sequence[Pair], override: Sequence[str]) -> Record:
    def took(now: Record) -> bool:
        return all(pair.stands_in(now, newest) for pair in pairs)

    with log.sending(found):
        answer = alma.write(newest, body, took, override)
        own = person.primary_id(newest)
        return answer if person.is_same_id(person.primary_id(answer), own) else _as_it_is_now(own)


def _as_it_is_now(user_id: str) -> Record:
    """Alma took the write and did not send the person back (a 204, {}, or somebody else): what became of them is read,
    one call more."""
    try:
        found = alma.find_one(user_id)
        check_person(found, user_id)
    except AlmaError as error:
        error.unknown_outcome = True
        raise
    return found


def check_person(record: Record, user_id: str) -> None:
    """Raises AlmaNotFound when Alma sent somebody else than the one with this primary ID."""
    if not person.is_same_id(person.primary_id(record), user_id):
        raise AlmaNotFound(_("This primary ID leads to another person now."), area="users")


def check_blocks(record: Record) -> None:
    """Raises BlocksUnreadable when writing the person's blocks would lose something."""
    if not person.is_whole(record):
        raise OnlyAPart(area="users")
    if not person.has_readable_blocks(record):
        raise BlocksUnreadable(area="users")


# what became of it


def what_became(newest: Record, body: Record, pairs: Sequence[Pair], answer: Record) -> list[dict[str, Any]]:
    """The entries of the log: what was asked and what Alma has now; then what else is another in Alma's answer: blocks
    as they are, other fields by their names alone, for nobody asked about them."""
    entries = [outcome(pair, newest, answer) for pair in pairs]
    entries += [writing.dropped(row) for row in writing.doubles(newest)]
    known = {blocks.key(row) for entry in entries for name in ("before", "after") if (row := entry[name])}
    known |= {blocks.key(pair.after) for pair in pairs if pair.after}
    for pair in blocks.difference(newest, answer):
        if not known & {blocks.key(row) for row in (pair.before, pair.after) if row}:
            entries.append({**_entry(pair), "by_alma": True})
    return entries + writing.other_changes(newest, body, answer, besides=PATH)


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


def changed_by(user_id: str, found: blocks.Changed) -> Change | None:
    """The write through the portal that made of the block what it is now; None when Alma itself was used."""
    edits = Change.objects.filter(kind=KIND, record_id=user_id, action=Change.Action.EDIT, state=Change.State.DONE)
    return next((one for one in edits.order_by("-pk")[:LATEST] if _made(one, found)), None)


def _made(change: Change, found: blocks.Changed) -> bool:
    if found.theirs is None:
        gone = (pair.before for pair in pairs_of(change) if pair.before and pair.after is None)
        return any(blocks.is_same_block(row, found.shown) for row in gone)
    own = blocks.key(found.theirs)
    return any(pair.after and blocks.key(pair.after) == own for pair in pairs_of(change))


def pairs_of(change: Change) -> list[Pair]:
    """What an edit of the log did to blocks: what was not taken, and what Alma did by itself, left out."""
    entries = (entry for entry in change.fields if entry["path"] == PATH and not entry.get("by_alma"))
    return [Pair(one["before"], one["after"]) for one in entries if one["before"] != one["after"]]
