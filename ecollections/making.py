"""Making the record of a job's item: once, whatever becomes of the worker or of Alma's answer.

The change in the log carries the item's token, so that a second POST for the same item finds the first. One of which
nobody knows what became is looked for by what was there before; only what certainly was not made is sent again.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaDenied, AlmaRejected
from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import NotYet, Outcome
from almaportal.jobs.models import Item, Job
from ecollections import alma, creating
from ecollections.creating import Look
from ecollections.kinds import BY_NAME, PORTFOLIO

# What Alma has not made by then it will not make: so long at most is an item, or a call without an answer, under way,
# also in a worker that lost its job to another and does not know it yet.
SURE_AFTER = timedelta(minutes=3)
PAUSE = 60  # seconds until another look, when Alma could not be asked
LAST = 9  # the stage of what is looked at again when all else is done
State = Item.State


class Unclear(Exception):
    """Alma has records that may be the one that was sent, or does not let itself be asked: for a person."""

    def __init__(self, change: Change) -> None:
        self.change = change
        super().__init__(change.pk)


def look(above: Sequence[str], body: Record, title: str = "") -> Look:
    """What Alma has that is like it, right before it is made: one call. Raises AlmaError; but where Alma does not let
    the key look, or has no way to, that is the look's trouble."""
    key = creating.key_of(above, body)
    try:
        with alma.reading_anew():
            return Look(key, title, creating.like(above, key))
    except (AlmaDenied, AlmaRejected) as error:
        return Look(key, title, trouble=str(error.title))


def make(job: Job, item: Item, above: Sequence[str], body: Record, seen: Look, why: Why) -> Outcome:
    """Make the record: one call, two with coverage. Raises AlmaError."""
    change, answer = creating.send(above, body, seen, _token(job, item), why)
    return finish(change, body, answer)


def finish(change: Change, body: Record, made: Record | None = None) -> Outcome:
    """What is missing of a record that was made: its coverage. made: as of `creating.complete`. Raises AlmaError."""
    try:
        creating.complete(change, body, made)
    except AlmaRejected as error:
        change.code, change.tracking_id = error.said.code[:60], error.said.tracking_id[:100]
        change.text = (error.said.text or error.hint)[: log.TEXT_KEPT]
        log.done(change)
    message = _("Alma did not take: %s") % ", ".join(ignored(change)) if ignored(change) else ""
    return Outcome(State.DONE, message, change.code, change.tracking_id, change=change.pk)


def ignored(change: Change) -> list[str]:
    """The labels of what was asked of a new record and is not in it."""
    fields = BY_NAME[change.kind].fields
    return [str(fields[entry["path"]].label) for entry in change.fields if "asked" in entry]


def earlier(job: Job, item: Item) -> Change | None:
    """The record that an earlier try of this item made; None when there is none, and one may be sent.

    Raises NotYet while it may be on its way, Unclear, AlmaError.
    """
    change = Change.objects.filter(token=_token(job, item)).first()
    if change and change.state in (Change.State.SENT, Change.State.UNSURE):
        _look_for(change)
    if change and change.state == Change.State.FAILED:
        Change.objects.filter(pk=change.pk).update(token=None)
        return None
    return change


def _look_for(change: Change) -> None:
    """DONE or FAILED from now on, or it raises."""
    seen = creating.settle(change)
    if change.state == Change.State.DONE:
        return
    could_look = (change.looked or {}).get("known") is not None
    if seen.found or (seen.trouble and not could_look):
        raise Unclear(change)
    if seen.trouble:
        raise NotYet(PAUSE, seen.trouble)
    still = (change.at + SURE_AFTER - clock.moment()).total_seconds()
    if still > 0:
        raise NotYet(
            still, _("No answer came, and Alma has no such record yet: the portal looks again before it goes on.")
        )
    log.done(change, state=Change.State.FAILED, text=_("Asked: it was not made."))


def settled(job: Job, item: Item) -> Outcome | None:
    """Kind.settle of what makes records: None leads back to Kind.apply, which begins with `earlier`."""
    is_stopping = job.state == Job.State.STOPPING
    try:
        change = earlier(job, item)
    except NotYet as too_early:
        if is_stopping:
            return Outcome(State.UNSURE, too_early.text, is_final=False)
        if len(item.ids) == PORTFOLIO.depth:  # nothing waits for it
            Item.objects.filter(pk=item.pk).update(stage=LAST)
        return None
    except Unclear as unclear:
        return unclear_outcome(unclear)
    return Outcome(State.DONE, change=change.pk) if change and is_stopping else None


def _token(job: Job, item: Item) -> str:
    return f"job-{job.pk}-{item.pk}"


def unclear_outcome(unclear: Unclear) -> Outcome:
    text = _("Alma has several new records like it, or did not say: look whether one of them is it.")
    return Outcome(State.UNSURE, text, change=unclear.change.pk, is_final=False)
