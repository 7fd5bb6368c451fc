"""What most kinds of jobs that change records have alike, whatever the area."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from almaportal.changes.kinds import KINDS
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Outcome
from almaportal.jobs.models import Item, Job
from almaportal.request import Request

State = Item.State


class OrdinaryJob:
    """The parts of `kinds.Kind` that are usual: each record is looked at by one call, and changed by two."""

    name: str
    label: Any
    calls = (1, 2)
    review_calls = 1
    only_reads = False
    keeps_given = True
    words: Mapping[str, Any] = {}
    takes: frozenset[str] | None = None

    def given(self, targets: list[str], lines: list[str]) -> list[Any]:
        return [*targets, *lines]

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return [] if targets else [_("There is nothing to do it to.")]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return str(self.label)

    def tree(self, job: Job) -> Any:
        return None

    def more_calls(self, job: Job) -> int:
        return 0

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return None

    def can_be_undone(self, job: Job) -> bool:
        return self.undo(job) is not None

    def does(self, params: dict[str, Any]) -> list[str]:
        return []

    def warnings(self, job: Job) -> list[str]:
        return []

    def seen(self, request: Request, items: Iterable[Item]) -> None:
        return None

    def again(self, request: Request, job: Job) -> HttpResponse | None:
        return None


def settled(change: Change) -> Outcome | None:
    """What became of a change whose outcome was left open: asks Alma where nobody knows."""
    if change.state in (Change.State.SENT, Change.State.UNSURE):
        KINDS[change.kind].settle(change)
    match change.state:
        case Change.State.DONE | Change.State.GOING:
            return Outcome(State.DONE, change=change.pk)
        case Change.State.FAILED:
            return None
    return Outcome(State.UNSURE, change.text, change=change.pk, is_final=False)
