"""Bulk edits of e-collections, services and portfolios, by the same write road as the form."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from almaportal.request import Request
from ecollections import actions, alma, bulk_views, conditions, places, targets
from ecollections.actions import Action
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, Kind
from ecollections.parts import taking_back, undone
from ecollections.record_form import tables_of
from ecollections.record_job import PAGE, RecordJob, collections_of
from ecollections.saving import Saved, save_as
from ecollections.titles.matched import matched
from ecollections.values import merge, raw, same, write

UNDO = "undo-edits"
TITLE_LENGTH = 200
EDIT_LABELS = {
    "collection": gettext_lazy("Edit e-collections"),
    "service": gettext_lazy("Edit services"),
    "portfolio": gettext_lazy("Edit portfolios"),
}
State = Item.State


class Moved(Exception):
    """The record lives elsewhere than it was looked for. ids: its own path."""

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids
        super().__init__()


class Left(Exception):
    """Why the record is left alone, in a sentence."""


class Edit(RecordJob):
    """A bulk edit of one kind of records.

    targets: as in `targets`, none with "match"; params: {"actions": [Action, …]} and, where wished, "only":
    [Condition, …]; "match": {"query": as Alma takes it, "expected": how many e-collections} for all that match, or
    {"index": a search of the title index as Query.as_json, "expected": how many portfolios};
    "expected": how many records the targets were said to have; "found": how many of either the plan found; "given":
    Given.summary.
    """

    takes = frozenset({"actions", "only"})

    def __init__(self, kind: Kind) -> None:
        self.kind, self.name = kind, f"edit-{kind.name}s"
        self.label = EDIT_LABELS[kind.name]

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        tables = codes.tables(tables_of(self.kind))
        wrong = [conditions.problem(self.kind, one, tables) for one in params.get("only", [])]
        return [
            *super().check(targets or ([params["match"]] if "match" in params else []), params),
            *actions.problems(self.kind, params.get("actions", []), tables),
            *(sentence for sentence in wrong if sentence),
        ]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        first, *others = params["actions"]
        text = actions.words(self.kind, first, codes.tables(tables_of(self.kind)))
        more = _(" (+%d more)") % len(others) if others else ""
        return f"{text[: TITLE_LENGTH - len(more)]}{more}"

    def plan(self, job: Job) -> Iterator[list[Found]]:
        match = job.params.get("match")
        if not match:
            yield from targets.found(self.kind, job.targets)
            return
        if "index" in match:
            yield from matched(job)
            job.memo["matched"] = len(job.targets)
            return
        job.memo["matched"] = 0
        for page in collections_of(match["query"]):
            job.memo["matched"] += len(page)
            if self.kind is COLLECTION:
                yield page
                continue
            for one in page:
                yield from targets.all_below(self.kind, [one.path])

    def tree(self, job: Job) -> Any:
        """No tree; but how many there were is kept beside how many there should have been."""
        match, expected = job.params.get("match"), job.params.get("expected")
        if match or expected:
            there = job.items.exclude(verdict=Item.Verdict.MISSING)
            counted = job.memo["matched"] if match else there.count()
            Job.objects.filter(pk=job.pk).update(params=job.params | {"found": counted})

    def review(self, job: Job, item: Item) -> Verdict:
        try:
            record = alma.newest(item.ids)
        except AlmaNotFound as error:
            return Verdict(Item.Verdict.MISSING, error.said.text or error.hint, error.said.code)
        path, title = "/".join(home_of(record, item)), self.kind.title(record)
        try:
            mine = self._edited(job, item, record, record, path)
        except Left as left:
            return Verdict(Item.Verdict.LEFT, str(left), path=path, title=title)
        except actions.Refused as refused:
            return Verdict(Item.Verdict.REFUSED, str(refused), path=path, title=title)
        changes = merge(self.kind.fields.values(), record, mine, record).changes
        verdict = Item.Verdict.CHANGES if changes else Item.Verdict.SAME
        after = {one.field.path: one.after for one in changes}
        return Verdict(verdict, before=self._seen(job, item, record), after=after, path=path, title=title)

    def _actions(self, job: Job, item: Item) -> list[Action]:
        """What is to be done to this item: here the same for all."""
        asked: list[Action] = job.params["actions"]
        return asked

    def _seen(self, job: Job, item: Item, record: Record) -> dict[str, Any]:
        """What the record has in each field that an action names, also where it needs no change: path → raw value."""
        fields = (actions.named(self.kind, action["path"]) for action in self._actions(job, item))
        return {one.path: raw(one, record) for one in fields if one}

    def apply(self, job: Job, item: Item) -> Outcome:
        try:
            return self._apply(job, item, item.ids)
        except Moved as moved:
            return self._apply(job, item, moved.ids)

    def _apply(self, job: Job, item: Item, ids: list[str]) -> Outcome:
        try:
            saved = save_as(ids, lambda newest: self._wanted(job, item, ids, newest), Why(job.reason))
        except (Left, actions.Refused) as refused:
            return Outcome(State.SKIPPED, str(refused))
        return outcome_of(saved, self.kind)

    def _wanted(self, job: Job, item: Item, ids: list[str], newest: Record) -> tuple[Record, Record]:
        """(base, mine): what the review saw in the fields, where it looked, and that with the actions done. Raises Left
        where somebody else changed one of them since, to something else than what is wanted."""
        own = home_of(newest, item)
        if own != ids:
            raise Moved(own)
        base = deepcopy(newest)
        for path, value in (item.before or {}).items():
            write(self.kind.fields[path], base, value)
        mine = self._edited(job, item, newest, base, "/".join(own))
        fields = [self.kind.fields[path] for path in item.before or {}]
        changed = [one for one in fields if not same(one, raw(one, base), raw(one, newest))]
        if labels := [str(one.label) for one in changed if not same(one, raw(one, mine), raw(one, newest))]:
            raise Left(_changed_since(labels))
        return base, mine

    def _edited(self, job: Job, item: Item, newest: Record, base: Record, path: str) -> Record:
        """`base` with the actions done. Raises Left when `newest` is none of those that are meant; Refused."""
        if path.startswith(f"{targets.LOST}/"):
            raise actions.Refused(_("This portfolio belongs to no e-collection: edit it in Alma."))
        if why := conditions.why_left(self.kind, job.params.get("only", []), newest):
            raise Left(why)
        return actions.apply(self.kind, self._actions(job, item), base, self._tables(job))

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return (UNDO, [], {"job": job.pk}) if _edits_of(job.pk).exists() else None

    def does(self, params: dict[str, Any]) -> list[str]:
        tables = codes.tables(tables_of(self.kind))
        asked = [actions.words(self.kind, action, tables) for action in params["actions"]]
        return [*asked, *(conditions.words(self.kind, one, tables) for one in params.get("only", []))]

    def warnings(self, job: Job) -> list[str]:
        asked = (actions.named(self.kind, action["path"]) for action in job.params["actions"])
        effects = [str(one.effect) for one in asked if one and one.effect]
        expected = job.params.get("match", job.params).get("expected")
        counted = job.params.get("found", expected)
        if counted == expected:
            return effects
        words = {"expected": expected, "found": counted}
        return [*effects, _("The list said that there are %(expected)d; %(found)d were found.") % words]

    def again(self, request: Request, job: Job) -> HttpResponse | None:
        return bulk_views.again(request, self.kind, job)

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


def home_of(record: Record, item: Item) -> list[str]:
    """The path of a record as it says itself; where it says nothing, as it was looked for."""
    home = places.home(record) if len(item.ids) == PORTFOLIO.depth else None
    return [*home, item.ids[-1]] if home else item.ids


def outcome_of(saved: Saved, kind: Kind) -> Outcome:
    if saved.merged.conflicts:
        return Outcome(State.SKIPPED, _changed_since([str(one.field.label) for one in saved.merged.conflicts]))
    if saved.change is None:
        return Outcome(State.UNCHANGED)
    ignored = [entry["path"] for entry in saved.change.fields if "asked" in entry]
    labels = ", ".join(str(kind.fields[path].label) for path in ignored)
    return Outcome(State.DONE, _("Alma did not take: %s") % labels if ignored else "", change=saved.change.pk)


def _changed_since(labels: list[str]) -> str:
    return _("Changed in Alma since: %s") % ", ".join(labels)


def register_kinds() -> None:
    for kind in KINDS:
        register(Edit(kind))
    register(Undo())
