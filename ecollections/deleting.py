"""Deleting one record, from the bottom up: portfolios, then their service, then the e-collection (facts 2.6).

The order is decided here alone: by the page that offers the button, and again right before the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaNotFound, AlmaRejected
from almaportal.alma.gateway import Answer
from almaportal.alma.records import Record, rows, whole_number
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from ecollections import alma, going, places
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE
from ecollections.titles import index
from ecollections.values import Difference, merge

BIB_CHOICES = ("retain", "suppress", "delete")
IN_PROCESS = ("60157", "60174")  # Alma is deleting it already


@dataclass(frozen=True)
class Below:
    """What must be deleted first. services: rows "electronic_service" of an e-collection; portfolios: how many there
    are in a service, or in all services of the e-collection; None where Alma does not say."""

    services: list[Record]
    portfolios: int | None

    def __bool__(self) -> bool:
        return bool(self.services or self.portfolios)


class Refused(Exception):
    """Nothing was deleted. below: what must go first; others: what somebody changed since the page was shown."""

    def __init__(self, newest: Record, below: Below | None = None, others: Sequence[Difference] = ()) -> None:
        self.newest, self.below, self.others = newest, below, others
        super().__init__()


def below(ids: Sequence[str], record: Record, services: Answer | None = None) -> Below:
    """What is below the record. One call for an e-collection, unless its `services` were just read; for a service only
    where its record has no count. Raises the reason when only a kept copy can be had."""
    kind = KINDS[len(ids) - 1]
    count = whole_number(record.get("portfolios"))
    count = count if count is not None and count >= 0 else None
    if kind is COLLECTION:
        return Below(rows(alma.proven(services or alma.services(*ids)).data, "electronic_service"), count)
    if kind is SERVICE and count is None:
        listed = alma.proven(alma.portfolios(ids[0], ids[1], 1, 0)).data
        count = max(whole_number(listed.get("total_record_count")) or 0, len(rows(listed, "portfolio")))
    return Below([], count if kind is SERVICE else 0)


def delete(ids: Sequence[str], base: Record, bib: str, why: Why) -> Change:
    """Delete the record that was shown as `base`; it is kept in the log as it was.

    bib: for a portfolio, one of BIB_CHOICES. Raises Refused, or AlmaError: then nothing was deleted, unless the
    outcome is unknown. Alma may take its time: the change's state is GOING until somebody saw the record gone.
    """
    kind = KINDS[len(ids) - 1]
    with hold(ids[-1]):
        newest = alma.newest(ids)
        if others := merge(kind.fields.values(), base, base, newest).others:
            raise Refused(newest, others=others)
        with alma.reading_anew():
            found = below(ids, newest)
        if found:
            raise Refused(newest, below=found)
        title = kind.title(newest) or ids[-1]
        change = log.begin(Change.Action.DELETE, kind.name, ids, title, why, record=newest)
        with log.sending(change):
            _send(ids, bib)
        log.going(change)
        return change


def delete_kept(ids: Sequence[str], record: Record, bib: str, why: Why) -> Change:
    """Delete, in a job, a record that was read before: one call; `record` is kept in the log.

    Sent once more after a worker died, it stays the same change. Of a service's portfolios one is followed, which
    stands for all: see `going`. Raises AlmaError: then nothing was deleted, unless the outcome is unknown.
    """
    kind = KINDS[len(ids) - 1]
    with hold(ids[-1]):
        sent_before = left_open(current().job_id, ids[-1])
        change = sent_before or log.begin(
            Change.Action.DELETE, kind.name, ids, kind.title(record) or ids[-1], why, record=record
        )
        with log.sending(change):
            _send(ids, bib)
        # Written down before anybody asks who is followed: so the last look of the one that was takes it along.
        log.done(change, state=Change.State.GOING, look_at=None)
        if kind is not PORTFOLIO or not going.is_followed(ids):
            log.going(change)
    return change


def left_open(job_id: int, record_id: str) -> Change | None:
    """The delete of a record that a job sent, and of which nobody knows what became."""
    open_states = (Change.State.SENT, Change.State.UNSURE)
    deletes = Change.objects.filter(job_id=job_id, record_id=record_id, action=Change.Action.DELETE)
    return deletes.filter(state__in=open_states).order_by("-pk").first()


def _send(ids: Sequence[str], bib: str) -> None:
    """Already being deleted, or gone, is as good as deleted."""
    try:
        alma.delete(ids, bib)
    except AlmaRejected as error:
        if error.said.code not in IN_PROCESS:
            raise
    except AlmaNotFound as error:
        if not error.is_gone:
            raise


def is_gone(ids: Sequence[str]) -> bool:
    """Whether Alma has no such record any more: one call. Then it is forgotten here too."""
    try:
        alma.newest(ids)
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        places.forget(ids[-1])
        index.forget_place(ids)
        alma.seen_gone()
        return True
    return False


def is_gone_with_others(ids: Sequence[str]) -> bool:
    """The same; once it is gone or given up, it is also seen which of those are gone that a job deleted with it: see
    `going`."""
    found = is_gone(ids)
    if len(ids) == PORTFOLIO.depth and (found or going.is_given_up(ids)):
        going.look_at_others(ids)
    return found
