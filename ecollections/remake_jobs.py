"""Making again what a job deleted, from the top down: e-collections, services, portfolios, all with new IDs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaDenied, AlmaNotFound
from almaportal.alma.records import code, dig
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, creating, making
from ecollections.creating import Look
from ecollections.delete_jobs import MAKE_AGAIN, deleted_by, is_of_zone
from ecollections.kinds import BY_NAME, KINDS, PORTFOLIO
from ecollections.making import Unclear
from ecollections.record_job import PAGE, RecordJob, to_do
from ecollections.values import raw

COVERAGES = [path for path in PORTFOLIO.fields if path.startswith(creating.COVERAGE)]
State = Item.State


class MakeAgain(RecordJob):
    """targets: none; params: {"job": the number of the job that deleted}. Its items have the old paths."""

    name, label = MAKE_AGAIN, gettext_lazy("Make again what was deleted")

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return [] if deleted_by(params["job"]).exists() else [_("There is nothing to make again.")]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return _("Undo of job %d") % params["job"]

    def plan(self, job: Job) -> Iterator[list[Found]]:
        for stage, kind in enumerate(KINDS):
            deleted = deleted_by(job.params["job"]).filter(kind=kind.name).order_by("pk")
            page: list[Found] = []
            for ids, title, is_local in deleted.values_list("ids", "title", "record__is_local").iterator():
                refused = _of_zone() if is_local is False else ""
                page.append(Found("/".join(ids), title, stage=stage, refused=refused))
                if len(page) == PAGE:
                    yield page
                    page = []
            if page:
                yield page

    def review(self, job: Job, item: Item) -> Verdict:
        change = _deleted(job, item.ids[-1])
        assert change is not None  # the plan was made of them
        if again := _made_from(change):
            return Verdict(Item.Verdict.LEFT, _made_again_as(again))
        if why := _why_not(job, change):
            return Verdict(Item.Verdict.REFUSED, why)
        kind = BY_NAME[change.kind]
        body = _body(change)
        after = {one.path: value for one in kind.fields.values() if (value := raw(one, body)) is not None}
        return Verdict(Item.Verdict.CHANGES, before=dict.fromkeys(after), after=after)

    def apply(self, job: Job, item: Item) -> Outcome:
        deleted = _deleted(job, item.ids[-1])
        assert deleted is not None
        body = _body(deleted)
        try:
            change = making.earlier(job, item)
        except Unclear as unclear:
            return making.unclear_outcome(unclear)
        if change:
            return making.finish(change, body)
        if item.verdict != Item.Verdict.CHANGES and (why := _why_not(job, deleted)):
            return Outcome(State.SKIPPED, why)
        above = _above(job, deleted)
        if above is None:
            return Outcome(State.SKIPPED, _("What it belongs to was not made again."), is_final=False)
        with creating.alone(above, body):
            if again := _made_from(deleted):
                return Outcome(State.SKIPPED, _made_again_as(again))
            seen = making.look(above, body, deleted.title)
            if there := _alive(job, seen):
                text = _("One like it is there as %s: where both are wanted, make it again from the log of changes.")
                return Outcome(State.SKIPPED, text % there, is_final=False)
            return making.make(job, item, above, body, seen, Why(job.reason, deleted))

    def more_calls(self, job: Job) -> int:
        """Coverage follows the new portfolio by a call of its own; what was not reviewed is looked into first."""
        left = to_do(job)
        unseen = left.exclude(verdict=Item.Verdict.CHANGES).count()
        return 2 * unseen + left.filter(after__has_any_keys=COVERAGES).count()

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return making.settled(job, item)

    def warnings(self, job: Job) -> list[str]:
        return [
            _("All that is made again has new IDs: links and lists that name the old ones lead nowhere."),
            _("Titles that the delete suppressed stay suppressed; titles that it deleted stay deleted."),
            _("What the Community Zone manages is not made again here: activate it there."),
        ]


def _deleted(job: Job, alma_id: str) -> Change | None:
    """How the job that is taken back deleted the record of this ID; None when it did not."""
    return deleted_by(job.params["job"]).filter(record_id=alma_id).order_by("-pk").first()


def _made_from(deleted: Change) -> Change | None:
    """What was made of a deleted record since."""
    return deleted.undone_by.filter(state=Change.State.DONE, action=Change.Action.CREATE).order_by("-pk").first()


def _made_again_as(again: Change) -> str:
    return _("It was made again already as %s.") % again.record_id


def _alive(job: Job, seen: Look) -> str:
    """The ID of a record like it that is there, "" for none: neither what Alma is still deleting, nor what was
    made again of another that was deleted with it."""
    found = [alma_id for alma_id, _name in seen.found]
    gone = Q(action=Change.Action.DELETE, state__in=(Change.State.GOING, Change.State.DONE))
    twins = Q(action=Change.Action.CREATE, undoes__job_id=job.params["job"])
    known = set(Change.objects.filter(gone | twins, record_id__in=found).values_list("record_id", flat=True))
    return next((one for one in found if one not in known), "")


def _body(deleted: Change) -> dict[str, Any]:
    kind = BY_NAME[deleted.kind]
    return creating.body_of(kind, *creating.made_again(kind, deleted.record or {}))


def _of_zone() -> str:
    return _("The Community Zone manages it: activate it there again.")


def _why_not(job: Job, deleted: Change) -> str:
    """Why it cannot be made again; "" when it can. At most one call, and one for each place."""
    if is_of_zone(deleted.record or {}):
        return _of_zone()
    if why := _why_no_place(job, deleted.ids[:-1]):
        return why
    mms_id = code(dig(deleted.record, "resource_metadata.mms_id")) if deleted.kind == PORTFOLIO.name else ""
    if mms_id and "no bibs" not in job.memo:
        try:
            alma.bib(mms_id)
        except AlmaNotFound:
            return _("Alma has no title with the MMS ID %s any more.") % mms_id
        except AlmaDenied:  # then the POST will tell
            job.memo["no bibs"] = True
    return ""


def _why_no_place(job: Job, above: list[str]) -> str:
    """Why a record cannot be made below this path."""
    if not above:
        return ""
    key = f"no place {above[-1]}"
    if key not in job.memo:
        job.memo[key] = _look_at_place(job, above)
    why: str = job.memo[key]
    return why


def _look_at_place(job: Job, above: list[str]) -> str:
    kind = KINDS[len(above) - 1]
    deleted = _deleted(job, above[-1])
    if deleted:
        if _made_from(deleted):
            return ""
        if is_of_zone(deleted.record or {}):
            return _("What it belongs to is of the Community Zone (%s): activate that there again.") % kind.label
        return _why_no_place(job, above[:-1])
    try:
        alma.newest(above)
    except AlmaNotFound:
        return _("What it belongs to (%s) is not there any more.") % kind.label
    return ""


def _above(job: Job, deleted: Change) -> list[str] | None:
    """The path of where the record is made: of the old place, or of what was made in its stead; None for nowhere."""
    above = list(deleted.ids[:-1])
    if not above or (gone := _deleted(job, above[-1])) is None:
        return above
    made = _made_from(gone)
    return list(made.ids) if made else None


def register_kinds() -> None:
    register(MakeAgain())
