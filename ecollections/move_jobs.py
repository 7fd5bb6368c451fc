"""Moving portfolios into a service: each is made there first, and only then deleted where it was."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Line, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, creating, deleting, making, places, targets
from ecollections.create_jobs import is_service
from ecollections.creating import Look
from ecollections.delete_jobs import is_of_zone, own_path, settled_delete, standalone
from ecollections.kinds import PORTFOLIO, SERVICE
from ecollections.making import Unclear
from ecollections.record_job import RecordJob

PLACE = "service"  # where a portfolio is, before and after: the path of its service
State = Item.State


class MovePortfolios(RecordJob):
    """targets: as in `targets`; params: {"to": the path of the service they shall be in}."""

    name, label = "move-portfolios", gettext_lazy("Move portfolios")
    calls = (1, 5)
    review_calls = 2
    takes = frozenset({"to"})

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        found = super().check(targets, params)
        if not is_service(params.get("to")):
            return [*found, _("Say into which service: <e-collection>/<service>.")]
        try:
            alma.read(params["to"].split("/"))
        except AlmaNotFound:
            found.append(_("Alma has no such service."))
        return found

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        alma_id = params["to"].split("/")[1]
        return _("Move portfolios into %s") % places.names(alma_id).get(alma_id, alma_id)

    def plan(self, job: Job) -> Iterator[list[Found]]:
        yield from targets.found(PORTFOLIO, job.targets)

    def review(self, job: Job, item: Item) -> Verdict:
        try:
            record = alma.newest(item.ids)
        except AlmaNotFound as error:
            return Verdict(Item.Verdict.MISSING, error.said.text or error.hint, error.said.code)
        ids = own_path(record, item.ids)
        verdict = partial(Verdict, path="/".join(ids), title=PORTFOLIO.title(record))
        if why := _why_not(record, ids):
            return verdict(Item.Verdict.REFUSED, why)
        if ids[:2] == _to(job):
            return verdict(Item.Verdict.LEFT, _("It is in this service already."))
        if found := _look(job, record).found:
            return verdict(Item.Verdict.LEFT, _its_title_is_there(found[0][0]))
        before, after = {PLACE: "/".join(ids[:2])}, {PLACE: job.params["to"]}
        return verdict(Item.Verdict.CHANGES, kept=record, before=before, after=after)

    def apply(self, job: Job, item: Item) -> Outcome:
        """Begins wherever an earlier try ended: each of its two steps is a change in the log."""
        try:
            made = making.earlier(job, item)
        except Unclear as unclear:
            return making.unclear_outcome(unclear)
        try:
            record = alma.newest(item.ids)
        except AlmaNotFound as error:
            if made and error.is_gone:
                return Outcome(State.DONE, change=made.pk)
            raise
        body = _body(record)
        outcome = making.finish(made, body) if made else self._made(job, item, record, body)
        if outcome.change is None:
            return outcome
        made = Change.objects.get(pk=outcome.change)
        if made.code or making.ignored(made):
            text = _("It was made as %s, but not as it was, so the old one was kept.") % made.record_id
            return Outcome(State.FAILED, f"{text} {outcome.message}".strip(), made.code, change=made.pk)
        ids, why = own_path(record, item.ids), Why(job.reason)
        deleting.delete_kept(ids, record, "retain", why)
        return Outcome(State.DONE, change=made.pk)

    def _made(self, job: Job, item: Item, record: Record, body: Record) -> Outcome:
        """Without a change: nothing was made."""
        ids = own_path(record, item.ids)
        if why := _why_not(record, ids):
            return Outcome(State.SKIPPED, why)
        if ids[:2] == _to(job):
            return Outcome(State.UNCHANGED)
        with creating.alone(_to(job), body):
            seen = _look(job, record)
            if seen.found:
                return Outcome(State.SKIPPED, _its_title_is_there(seen.found[0][0]))
            return making.make(job, item, _to(job), body, seen, Why(job.reason))

    def settle(self, job: Job, item: Item) -> Outcome | None:
        deleted = settled_delete(job, item)
        if deleted and deleted.state == State.UNSURE:
            return deleted
        if deleted:
            made = making.earlier(job, item)
            return Outcome(State.DONE, change=made.pk if made else deleted.change)
        settled = making.settled(job, item)
        if settled and settled.state == State.DONE:
            text = _("It was made in the other service, and is still where it was: the job was stopped between.")
            return Outcome(State.FAILED, text, is_final=False, change=settled.change)
        return settled

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        """The way back, where all came from one service."""
        if not self.can_be_undone(job):
            return None
        paths = ["/".join(ids) for ids in _moved(job).order_by("position").values_list("change__ids", flat=True)]
        return (self.name, paths, {"to": "/".join(_deleted(job).values_list("ids", flat=True)[0][:2])})

    def can_be_undone(self, job: Job) -> bool:
        deleted = _deleted(job)
        first = deleted.values_list("ids", flat=True).first()
        if first is None or not _moved(job).exists():
            return False
        return not deleted.exclude(ids__0=first[0], ids__1=first[1]).exists()

    def lines(self, item: Item) -> list[Line]:
        before, after = (item.before or {}).get(PLACE, ""), (item.after or {}).get(PLACE, "")
        return [Line(str(SERVICE.label), before, after)] if after else []

    def warnings(self, job: Job) -> list[str]:
        return [
            _("A portfolio cannot be moved as such: it is made anew, with a new ID, then the old one is deleted."),
            _("Undo makes them anew once more, with other IDs; only where all came from one service."),
        ]


def _deleted(job: Job) -> QuerySet[Change]:
    return Change.objects.filter(job_id=job.pk, action=Change.Action.DELETE, kind=PORTFOLIO.name)


def _moved(job: Job) -> QuerySet[Item]:
    return job.items.filter(state=State.DONE, change__action=Change.Action.CREATE)


def _to(job: Job) -> list[str]:
    to: list[str] = job.params["to"].split("/")
    return to


def _body(record: Record) -> Record:
    return creating.body_of(PORTFOLIO, *creating.made_again(PORTFOLIO, record))


def _look(job: Job, record: Record) -> Look:
    return making.look(_to(job), _body(record), PORTFOLIO.title(record))


def _why_not(record: Record, ids: list[str]) -> str:
    if is_of_zone(record):
        return _("The Community Zone manages it: it cannot be moved.")
    return standalone() if ids[0] == targets.LOST else ""


def _its_title_is_there(alma_id: str) -> str:
    return _("Its title is in the service already, as %s.") % alma_id


def register_kinds() -> None:
    register(MovePortfolios())
