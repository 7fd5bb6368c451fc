"""Changes as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from almaportal.accounts.roles import VIEW_CHANGES
from almaportal.alma import clock
from almaportal.alma.records import is_empty, normal
from almaportal.changes.kinds import KINDS, WORDS, RecordKind
from almaportal.changes.models import Change
from almaportal.request import Request

LATEST = 5
JUST = timedelta(minutes=10)  # so long a page says what was done: its address may be kept longer


@dataclass(frozen=True)
class Line:
    """One field of a change in words. asked: what was asked where Alma has something else, else ""."""

    label: str
    before: str
    after: str
    asked: str = ""
    was_ignored: bool = False
    by_alma: bool = False


class Shown:
    """A change with the words of its kind."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.kind: RecordKind | None = KINDS.get(change.kind)

    @property
    def words(self) -> dict[str, Any]:
        """As of kinds.WORDS."""
        return WORDS | dict(self.kind.words if self.kind else {})

    @property
    def did(self) -> str:
        """What was done, a word."""
        return str(self.words[self.change.action])

    @property
    def address(self) -> str:
        """The record's page; "" while it has none, and once it is gone."""
        is_there = self.change.record_id and self.change.action != Change.Action.DELETE
        return self.kind.address(self.change.ids) if self.kind and is_there else ""

    @property
    def parent_address(self) -> str:
        above = self.change.ids[:-1] if self.change.record_id else self.change.ids
        return self.kind.parent_address(above) if self.kind else ""

    @cached_property
    def lines(self) -> list[Line]:
        return [self._line(entry) for entry in self.change.fields]

    def _line(self, entry: dict[str, Any]) -> Line:
        path = entry["path"]
        if self.kind is None:
            return Line(path, str(entry["before"] or ""), str(entry["after"] or ""))
        label, after = self.kind.describe(path, entry["after"])
        before, asked = (self.kind.describe(path, entry.get(name))[1] for name in ("before", "asked"))
        return Line(label, before, after, asked, "asked" in entry, bool(entry.get("by_alma")))

    @property
    def changed(self) -> list[Line]:
        """What was asked and done."""
        return [line for line in self.lines if not line.was_ignored and not line.by_alma]

    @property
    def ignored(self) -> list[Line]:
        """What was asked and not done: Alma answered as if it was."""
        return [line for line in self.lines if line.was_ignored]

    @property
    def asked(self) -> list[Line]:
        """All that was asked, done or not."""
        return [line for line in self.lines if not line.by_alma]

    @property
    def by_alma(self) -> list[Line]:
        return [line for line in self.lines if line.by_alma]

    @property
    def stays(self) -> str:
        """Why it is not taken back here, a sentence; "" where it can be."""
        is_made = self.change.action == Change.Action.CREATE
        return str(self.kind.stays) if self.kind and is_made else ""

    @property
    def can_be_undone(self) -> bool:
        """An edit that did something; something made; something deleted whose record was kept."""
        change = self.change
        if change.action == Change.Action.EDIT:
            moved = [e for e in change.fields if not e.get("by_alma") and normal(e["before"]) != normal(e["after"])]
            return change.state == Change.State.DONE and bool(moved)
        if change.action == Change.Action.CREATE:
            return change.state == Change.State.DONE and bool(change.record_id) and not self.stays
        is_deleted = change.state == Change.State.DONE and not is_empty(change.record)
        return is_deleted and not change.undone_by.filter(state=Change.State.DONE).exists()


def kinds_for(user: Any) -> list[RecordKind]:
    """The kinds of records that this person may see."""
    return [kind for kind in KINDS.values() if user.has_perm(kind.may_view)]


def visible_to(user: Any) -> QuerySet[Change]:
    """The changes of records that this person may see."""
    return Change.objects.filter(kind__in=[kind.name for kind in kinds_for(user)])


def of_record(request: Request, ids: Sequence[str]) -> dict[str, Any]:
    """For a record's page: its latest changes, for who may see them, those that the person just made, and whether Alma
    is deleting it."""
    just = _numbers(request.GET.get("changes", ""))
    own = visible_to(request.user).filter(record_id=ids[-1])
    latest = [Shown(change) for change in latest_of(own)] if request.user.has_perm(VIEW_CHANGES) else []
    done = Change.objects.filter(state=Change.State.DONE)
    recent = done.filter(at__gte=clock.moment() - JUST)
    mine = recent.filter(pk__in=just, user_id=request.user.pk or 0).order_by("pk") if just else []
    return {
        "latest_changes": latest,
        "just_changed": [Shown(change) for change in mine if change.ids[:1] == list(ids[:1])],
        "nothing_changed": "unchanged" in request.GET,
        "is_going": any(one.change.state == Change.State.GOING for one in latest),
    }


def latest_of(changes: QuerySet[Change]) -> Iterable[Change]:
    return changes.defer("record").order_by("-pk")[:LATEST]


def going(ids: Iterable[str]) -> set[str]:
    """Those of these records that Alma is deleting."""
    found = Change.objects.filter(record_id__in=list(ids), state=Change.State.GOING)
    return set(found.values_list("record_id", flat=True))


def going_below(ids: Sequence[str]) -> int:
    """How many records Alma is deleting below the record of these IDs."""
    own = {f"ids__{n}": alma_id for n, alma_id in enumerate(ids)}
    return Change.objects.filter(state=Change.State.GOING, **own).exclude(record_id=ids[-1]).count()


def _numbers(text: str) -> list[int]:
    return [number for one in text.split(",")[:5] if (number := as_number(one))]


def as_number(text: str) -> int:
    """The number of a change, as addresses have it; 0 for anything that cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
