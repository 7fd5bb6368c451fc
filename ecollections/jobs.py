"""Bulk edits of e-collections, services and portfolios, by the same write road as the form."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma.records import Record
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import actions, alma
from ecollections.kinds import KINDS, Kind
from ecollections.parts import taking_back, undone
from ecollections.record_form import tables_of
from ecollections.record_job import PAGE, RecordJob, below
from ecollections.saving import Saved, save_as
from ecollections.values import merge, write

UNDO = "undo-edits"
EDIT_LABELS = {
    "collection": gettext_lazy("Edit e-collections"),
    "service": gettext_lazy("Edit services"),
    "portfolio": gettext_lazy("Edit portfolios"),
}
State = Item.State


class Edit(RecordJob):
    """A bulk edit of one kind of records. targets: paths of IDs, a shorter one for all below it; params: {"actions":
    [Action, …]}."""

    def __init__(self, kind: Kind) -> None:
        self.kind, self.name = kind, f"edit-{kind.name}s"
        self.label = EDIT_LABELS[kind.name]

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        problems = actions.problems(self.kind, params.get("actions", []), codes.tables(tables_of(self.kind)))
        return [*super().check(targets, params), *problems]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        for target in job.targets:
            yield from below(target.split("/"), self.kind)

    def review(self, job: Job, item: Item) -> Verdict:
        record = alma.newest(item.ids)
        try:
            mine = actions.apply(self.kind, job.params["actions"], record, self._tables(job))
        except actions.Refused as refused:
            return Verdict(Item.Verdict.REFUSED, str(refused))
        changes = merge(self.kind.fields.values(), record, mine, record).changes
        if not changes:
            return Verdict(Item.Verdict.SAME)
        before = {one.field.path: one.before for one in changes}
        return Verdict(Item.Verdict.CHANGES, before=before, after={one.field.path: one.after for one in changes})

    def apply(self, job: Job, item: Item) -> Outcome:
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
        return base, actions.apply(self.kind, job.params["actions"], base, self._tables(job))

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return (UNDO, [], {"job": job.pk}) if _edits_of(job.pk).exists() else None

    def warnings(self, job: Job) -> list[str]:
        asked = (actions.named(self.kind, action["path"]) for action in job.params["actions"])
        return [str(one.effect) for one in asked if one and one.effect]

    def _tables(self, job: Job) -> dict[str, codes.Table]:
        if "tables" not in job.memo:
            job.memo["tables"] = codes.tables(tables_of(self.kind))
        found: dict[str, codes.Table] = job.memo["tables"]
        return found


class Undo(RecordJob):
    """Takes the edits of a job back, each as from the log: later edits by others stay. params: {"job": its number}."""

    name, label = UNDO, gettext_lazy("Undo of edits")

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return [] if _edits_of(params["job"]).exists() else [_("There is nothing to take back.")]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Undo of job %d") % params["job"]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        edits = _edits_of(job.params["job"]).order_by("pk").values_list("record_id", "ids", "title")
        found = list({record_id: Found("/".join(ids), title) for record_id, ids, title in edits}.values())
        for start in range(0, len(found), PAGE):
            yield found[start : start + PAGE]

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
        change = self._change(job, item)
        why = Why(job.reason, change)
        return outcome_of(save_as(item.ids, lambda newest: undone(change, newest), why), KINDS[len(item.ids) - 1])

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return (UNDO, [], {"job": job.pk}) if _edits_of(job.pk).exists() else None

    @staticmethod
    def _change(job: Job, item: Item) -> Change:
        return _edits_of(job.params["job"]).filter(record_id=item.ids[-1]).latest("pk")


def _edits_of(job_id: int) -> QuerySet[Change]:
    return Change.objects.filter(job_id=job_id, action=Change.Action.EDIT, state=Change.State.DONE)


def outcome_of(saved: Saved, kind: Kind) -> Outcome:
    if saved.merged.conflicts:
        labels = ", ".join(str(one.field.label) for one in saved.merged.conflicts)
        return Outcome(State.SKIPPED, _("Changed in Alma since: %s") % labels)
    if saved.change is None:
        return Outcome(State.UNCHANGED)
    ignored = [entry["path"] for entry in saved.change.fields if "asked" in entry]
    labels = ", ".join(str(kind.fields[path].label) for path in ignored)
    return Outcome(State.DONE, _("Alma did not take: %s") % labels if ignored else "", change=saved.change.pk)


def register_kinds() -> None:
    for kind in KINDS:
        register(Edit(kind))
    register(Undo())
