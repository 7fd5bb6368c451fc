"""The records that one form saves: one, or an e-collection together with its service. What is carried between pages."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from almaportal.alma.records import Record, whole_number
from almaportal.carried import pack, unpack
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from ecollections.field import Field
from ecollections.kinds import KINDS, Kind
from ecollections.saving import save
from ecollections.show import text_of
from ecollections.values import is_known_shape, merge, raw, write

MINE, THEIRS = "mine", "theirs"


@dataclass
class Part:
    """One record of the form.

    ids: its path; base: as it was read; mine: as it shall be; ask: the fields that somebody must choose for first, by
    their paths; saved: None until it is, then the number of the change, 0 where there was nothing to change.
    """

    ids: Sequence[str]
    base: Record
    mine: Record
    ask: list[str] = field(default_factory=list)
    saved: int | None = None

    @property
    def kind(self) -> Kind:
        return KINDS[len(self.ids) - 1]

    @property
    def title(self) -> str:
        return self.kind.title(self.base) or self.ids[-1]

    @property
    def lines(self) -> list["Line"]:
        """What saving it would change, field by field."""
        merged = merge(self.kind.fields.values(), self.base, self.mine, self.base)
        return [
            Line(one.field, self.choice_name(one.field), one.before, one.after, one.field.path in self.ask)
            for one in merged.changes
        ]

    @property
    def effects(self) -> list[str]:
        """What saving it does to other records, which cannot be undone."""
        if self.count == 0:
            return []
        return [str(line.field.effect) for line in self.lines if line.field.effect]

    @property
    def has_plain_lines(self) -> bool:
        """Whether there is a table to show: of what changes without a choice, or to say that nothing does."""
        return not self.ask or len(self.lines) > len(self.ask)

    @property
    def count(self) -> int | None:
        """How many portfolios are below it."""
        return whole_number(self.base.get("portfolios"))

    def choice_name(self, one: Field) -> str:
        return f"{self.kind.name}-choice-{one.path}"

    def choose(self, data: Mapping[str, Any]) -> bool:
        """Take over what was chosen for the fields in `ask`; whether all were."""
        for path in list(self.ask):
            one = self.kind.fields[path]
            choice = data.get(self.choice_name(one))
            if choice == THEIRS:
                write(one, self.mine, raw(one, self.base))
            if choice in (MINE, THEIRS):
                self.ask.remove(path)
        return not self.ask

    def save(self, why: Why) -> bool:
        """Save it, unless it is saved. False when somebody else changed the same fields meanwhile: then `ask` says
        which, and base and mine are about the newest record. Raises AlmaError."""
        if self.saved is not None:
            return True
        found = save(self.ids, self.base, self.mine, why)
        if found.merged.conflicts:
            self.base, self.mine = found.merged.newest, found.merged.record
            self.ask = [one.field.path for one in found.merged.conflicts]
            return False
        self.saved = found.change.pk if found.change else 0
        self.base = self.mine = found.record
        return True


@dataclass(frozen=True)
class Line:
    """One field that saving would change. is_asked: somebody else changed it too."""

    field: Field
    name: str
    before: Any
    after: Any
    is_asked: bool

    @property
    def before_text(self) -> str:
        return text_of(self.field, self.before)

    @property
    def after_text(self) -> str:
        return text_of(self.field, self.after)


def packed(parts: Sequence[Part], why: Why) -> str:
    """Parts and reason for a hidden field."""
    rows = [[list(part.ids), part.base, part.mine, part.ask, part.saved] for part in parts]
    return pack("parts", {"parts": rows, "reason": why.reason, "undoes": why.undoes.pk if why.undoes else 0})


def unpacked(text: str) -> tuple[list[Part], Why]:
    """What was packed. Raises BadRequest for anything else."""
    found = unpack("parts", text)
    undoes = Change.objects.filter(pk=found["undoes"]).first()
    return [Part(*row) for row in found["parts"]], Why(found["reason"], undoes)


def taking_back(change: Change, newest: Record) -> Part:
    """The part that undoes an edit: each field as it was before. Fields that were changed since must be chosen for."""
    kind = KINDS[len(change.ids) - 1]
    merged = merge(kind.fields.values(), *undone(change, newest), newest)
    return Part(change.ids, newest, merged.record, [one.field.path for one in merged.conflicts])


def undone(change: Change, newest: Record) -> tuple[Record, Record]:
    """(base, mine) of undoing an edit: the newest record with the fields as the edit left them, and as they were."""
    kind = KINDS[len(change.ids) - 1]
    base, mine = deepcopy(newest), deepcopy(newest)
    for entry in change.fields:
        one = kind.fields.get(entry["path"])
        if one and not entry.get("by_alma") and is_known_shape(one, newest):
            write(one, base, entry["after"])
            write(one, mine, entry["before"])
    return base, mine
