"""Deleting many portfolios: each as it was is kept first, and each is one call."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma import clock
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Line, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, deleting, places, targets
from ecollections.deleting import BIB_CHOICES
from ecollections.kinds import KINDS, PORTFOLIO
from ecollections.record_job import RecordJob, to_do

MAKE_AGAIN = "make-again"
State = Item.State


class Delete(RecordJob):
    """What jobs that delete have alike. params: {"bib": what becomes of titles left without inventory, one of
    BIB_CHOICES}."""

    calls = (1, 1)
    takes = frozenset({"bib"})

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        found = super().check(targets, params)
        if params.get("bib") not in BIB_CHOICES:
            text = _("Say what becomes of titles that are left without any inventory: %s.")
            found.append(text % ", ".join(BIB_CHOICES))
        return found

    def review(self, job: Job, item: Item) -> Verdict:
        """The record is kept; under its own path, where it was asked for by another."""
        try:
            record = alma.newest(item.ids)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Verdict(Item.Verdict.MISSING, error.said.text or error.hint, error.said.code)
        kind, ids = KINDS[len(item.ids) - 1], own_path(record, item.ids)
        verdict = partial(Verdict, path="/".join(ids), title=kind.title(record))
        if ids[0] == targets.LOST:
            return verdict(Item.Verdict.REFUSED, standalone())
        zone = _("Of the Community Zone: the portal could not make it again.") if is_of_zone(record) else ""
        return verdict(Item.Verdict.CHANGES, zone, kept=record)

    def delete_portfolio(self, job: Job, item: Item) -> Outcome:
        """One call; two where the review did not look at it."""
        ids, record = item.ids, item.kept
        if record is None:
            try:
                record = alma.newest(ids)
            except AlmaNotFound as error:
                if not error.is_gone:
                    raise
                return Outcome(State.UNCHANGED, _("It was gone already."))
            ids = own_path(record, ids)
            if ids[0] == targets.LOST:
                return Outcome(State.SKIPPED, standalone())
            Item.objects.filter(pk=item.pk).update(kept=record)
        change = deleting.delete_kept(ids, record, job.params["bib"], Why(job.reason))
        return Outcome(State.DONE, change=change.pk)

    def more_calls(self, job: Job) -> int:
        """A record that was not reviewed is read first; what is above is looked at before it goes."""
        left = to_do(job)
        unseen = left.exclude(verdict=Item.Verdict.CHANGES).filter(stage=0)
        return unseen.count() + sum(left.filter(stage__gt=0).values_list("stage", flat=True))

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return settled_delete(job, item)

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        return (MAKE_AGAIN, [], {"job": job.pk}) if deleted_by(job.pk).exists() else None

    def lines(self, item: Item) -> list[Line]:
        return [Line(str(KINDS[len(item.ids) - 1].label), item.ids[-1], _("deleted"))]

    def does(self, params: dict[str, Any]) -> list[str]:
        becomes = {"retain": _("kept"), "suppress": _("suppressed"), "delete": _("deleted")}[params["bib"]]
        return [_("Titles left without any inventory are %s.") % becomes]

    def warnings(self, job: Job) -> list[str]:
        found = [
            _("What is deleted can be made again from the log, with a new ID; not what the Community Zone manages."),
            _("Each record is kept as the review reads it: what others change between that and the delete is lost."),
        ]
        if job.params["bib"] == "suppress":
            found.append(_("Titles left without any inventory are suppressed. Undo leaves them so."))
        elif job.params["bib"] == "delete":
            found.append(_("Titles left without any inventory are deleted: their portfolios cannot be made again."))
        if job.sample is not None:
            found.append(_("What the review does not look at is read and kept right before: one call more for each."))
        return found


class DeletePortfolios(Delete):
    """targets: as in `targets`; a shorter path than a portfolio's is for all portfolios below."""

    name, label = "delete-portfolios", gettext_lazy("Delete portfolios")

    def plan(self, job: Job) -> Iterator[list[Found]]:
        yield from targets.found(PORTFOLIO, job.targets)

    def apply(self, job: Job, item: Item) -> Outcome:
        return self.delete_portfolio(job, item)


def settled_delete(job: Job, item: Item) -> Outcome | None:
    """Of a delete that a dead worker, or a call without an answer, left behind. What is still there is deleted once
    more: Alma takes that for the same delete; in a job that is being stopped nobody does, so it stays open."""
    deletes = Change.objects.filter(job_id=job.pk, record_id=item.ids[-1], action=Change.Action.DELETE)
    change = deletes.order_by("-pk").first()
    if change and change.state in (Change.State.SENT, Change.State.UNSURE):
        if deleting.is_gone(change.ids):
            log.done(change, look_at=None)
        else:  # should the job end here, it is followed like any other
            log.done(change, state=Change.State.UNSURE, look_at=clock.moment() + log.FIRST_LOOK)
    if change and change.state in (Change.State.DONE, Change.State.GOING):
        return Outcome(State.DONE, change=change.pk)
    if change and change.state == Change.State.UNSURE and job.state == Job.State.STOPPING:
        text = _("Nobody knows whether Alma took the delete: it is followed, and the log of changes says what became.")
        return Outcome(State.UNSURE, text, is_final=False, change=change.pk)
    return None


def deleted_by(job_id: int) -> QuerySet[Change]:
    """What a job deleted, with the records as they were."""
    states = (Change.State.DONE, Change.State.GOING)
    return Change.objects.filter(job_id=job_id, action=Change.Action.DELETE, state__in=states, record__isnull=False)


def own_path(record: Record, ids: list[str]) -> list[str]:
    """The path of a portfolio as it says itself; where it says nothing, as it was asked for."""
    home = places.home(record) if len(ids) == PORTFOLIO.depth else None
    return [*home, ids[-1]] if home else ids


def is_of_zone(record: Record) -> bool:
    return record.get("is_local") is False


def standalone() -> str:
    return _("This portfolio belongs to no e-collection: delete it in Alma.")


def register_kinds() -> None:
    register(DeletePortfolios())
