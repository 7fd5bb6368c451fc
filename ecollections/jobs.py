"""Bulk edits of e-collections, services and portfolios, by the same write road as the form."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.accounts.roles import CHANGE_ECOLLECTIONS
from almaportal.alma.records import Record, code, rows
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import actions, alma
from ecollections.changed import settle as ask_alma
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE, Kind
from ecollections.parts import taking_back, undone
from ecollections.record_form import tables_of
from ecollections.saving import Saved, save_as
from ecollections.values import merge, write

PAGE = 100
UNDO = "undo-edits"
State = Item.State


class Edit:
    """A bulk edit of one kind of records. params: {"targets": [path of IDs, …], "actions": [Action, …]}."""

    calls = (1, 2)
    may = CHANGE_ECOLLECTIONS

    def __init__(self, kind: Kind) -> None:
        self.kind, self.name = kind, f"edit-{kind.name}s"
        self.label = _("Edit")

    def check(self, params: dict[str, Any]) -> list[str]:
        return actions.problems(self.kind, params.get("actions", []), self._tables())

    def plan(self, params: dict[str, Any]) -> Iterator[list[Found]]:
        """A target of the kind's own depth is one record; a shorter one all below it."""
        for target in params["targets"]:
            yield from below(target.split("/"), self.kind)

    def review(self, job: Job, item: Item) -> Verdict:
        record = alma.newest(item.ids)
        try:
            mine = actions.apply(self.kind, job.params["actions"], record, self._tables())
        except actions.Refused as refused:
            return Verdict(Item.Verdict.REFUSED, str(refused))
        changes = merge(self.kind.fields.values(), record, mine, record).changes
        if not changes:
            return Verdict(Item.Verdict.SAME)
        before = {one.field.path: one.before for one in changes}
        return Verdict(Item.Verdict.CHANGES, before=before, after={one.field.path: one.after for one in changes})

    def apply(self, job: Job, item: Item) -> Outcome:
        if item.verdict == Item.Verdict.REFUSED:
            return Outcome(State.SKIPPED, item.message, item.code)
        try:
            saved = save_as(item.ids, lambda newest: self._wanted(job, item, newest), Why(job.reason))
        except actions.Refused as refused:
            return Outcome(State.SKIPPED, str(refused))
        return outcome_of(saved, self.kind)

    def _wanted(self, job: Job, item: Item, newest: Record) -> tuple[Record, Record]:
        """(base, mine): what the review saw in the fields, where it looked, and that with the actions done."""
        base = deepcopy(newest)
        for path, value in (item.before or {}).items():
            write(self.kind.fields[path], base, value)
        return base, actions.apply(self.kind, job.params["actions"], base, self._tables())

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return settled(job, item)

    def undo(self, job: Job) -> tuple[str, dict[str, Any]] | None:
        return (UNDO, {"job": job.pk}) if _edits(job.pk) else None

    def _tables(self) -> dict[str, codes.Table]:
        return codes.tables(tables_of(self.kind))


class Undo:
    """Takes the edits of a job back, each as from the log: later edits by others stay. params: {"job": its number}."""

    name, label, calls, may = UNDO, gettext_lazy("Undo"), (1, 2), CHANGE_ECOLLECTIONS

    def check(self, params: dict[str, Any]) -> list[str]:
        return [] if _edits(params["job"]) else [_("There is nothing to take back.")]

    def plan(self, params: dict[str, Any]) -> Iterator[list[Found]]:
        found = _edits(params["job"])
        for start in range(0, len(found), PAGE):
            yield [("/".join(change.ids), change.title) for change in found[start : start + PAGE]]

    def review(self, job: Job, item: Item) -> Verdict:
        change, newest = self._change(job, item), alma.newest(item.ids)
        part = taking_back(change, newest)
        if part.ask:
            labels = ", ".join(str(part.kind.fields[path].label) for path in part.ask)
            return Verdict(Item.Verdict.REFUSED, _("Changed again since: %s") % labels)
        lines = part.lines
        if not lines:
            return Verdict(Item.Verdict.SAME)
        before = {line.field.path: line.before for line in lines}
        return Verdict(Item.Verdict.CHANGES, before=before, after={line.field.path: line.after for line in lines})

    def apply(self, job: Job, item: Item) -> Outcome:
        if item.verdict == Item.Verdict.REFUSED:
            return Outcome(State.SKIPPED, item.message)
        change = self._change(job, item)
        why = Why(job.reason or _("Undo of job %d") % job.params["job"], change)
        return outcome_of(save_as(item.ids, lambda newest: undone(change, newest), why), KINDS[len(item.ids) - 1])

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return settled(job, item)

    def undo(self, job: Job) -> tuple[str, dict[str, Any]] | None:
        return (UNDO, {"job": job.pk}) if _edits(job.pk) else None

    @staticmethod
    def _change(job: Job, item: Item) -> Change:
        return _edits_of(job.params["job"]).filter(record_id=item.ids[-1]).latest("pk")


def _edits_of(job_id: int) -> QuerySet[Change]:
    return Change.objects.filter(job_id=job_id, action=Change.Action.EDIT, state=Change.State.DONE)


def _edits(job_id: int) -> list[Change]:
    """What a job edited, one a record."""
    return list({change.record_id: change for change in _edits_of(job_id).order_by("pk").defer("record")}.values())


def outcome_of(saved: Saved, kind: Kind) -> Outcome:
    if saved.merged.conflicts:
        labels = ", ".join(str(one.field.label) for one in saved.merged.conflicts)
        return Outcome(State.SKIPPED, _("Changed in Alma since: %s") % labels)
    if saved.change is None:
        return Outcome(State.UNCHANGED)
    ignored = [entry["path"] for entry in saved.change.fields if "asked" in entry]
    labels = ", ".join(str(kind.fields[path].label) for path in ignored)
    return Outcome(State.DONE, _("Alma did not take: %s") % labels if ignored else "", change=saved.change.pk)


def settled(job: Job, item: Item) -> Outcome | None:
    """What became of an item whose worker died: the row in the log of changes is made before the request leaves, so
    without one nothing left."""
    change = Change.objects.filter(job_id=job.pk, record_id=item.ids[-1]).order_by("-pk").first()
    if change is None:
        return None
    if change.state in (Change.State.SENT, Change.State.UNSURE):
        ask_alma(change)
    match change.state:
        case Change.State.DONE:
            return Outcome(State.DONE, change=change.pk)
        case Change.State.FAILED:
            return None
    return Outcome(State.UNSURE, change.text, change=change.pk, is_final=False)


def below(ids: Sequence[str], kind: Kind) -> Iterator[list[Found]]:
    """(path, title) of the records of this kind at or below a path, a page at a time."""
    if len(ids) == kind.depth:
        yield [("/".join(ids), "")]
    elif len(ids) == SERVICE.depth:
        yield from _portfolios(ids)
    elif len(ids) == COLLECTION.depth:
        services = rows(alma.services(ids[0]).data, "electronic_service")
        paths = [(f"{ids[0]}/{code(row.get('id'))}", SERVICE.title(row)) for row in services]
        if kind is SERVICE:
            yield paths
            return
        for path, _title in paths:
            yield from _portfolios(path.split("/"))


def _portfolios(ids: Sequence[str]) -> Iterator[list[Found]]:
    offset = 0
    while found := rows(alma.portfolios(ids[0], ids[1], PAGE, offset).data, "portfolio"):
        yield [("/".join([*ids, code(row.get("id"))]), PORTFOLIO.title(row)) for row in found]
        if len(found) < PAGE:
            return
        offset += PAGE


def register_kinds() -> None:
    for kind in KINDS:
        register(Edit(kind))
    register(Undo())
