"""What people do with jobs: submit, start, pause, go on, stop, try again. Pages and the command line both come here."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job
from almaportal.jobs.queue import enqueue

S = Job.State
OVER = (S.DONE, S.DONE_WITH_ERRORS, S.STOPPED, S.FAILED)


class Refused(Exception):
    """Why it cannot be done, in sentences."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


def submit(kind: str, params: dict[str, Any], user: Any, reason: str = "", sample: int | None = None) -> Job:
    """A new job, whose records are found and looked at in the background; nothing is changed before `start`.

    sample: how many records the review looks at, None for all. Raises Refused, PermissionDenied.
    """
    found = KINDS.get(kind)
    if found is None:
        raise Refused(_("There is no job of the kind “%s”.") % kind)
    if not user.has_perm(found.may):
        raise PermissionDenied
    if wrong := found.check(params):
        raise Refused(*wrong)
    job = Job.objects.create(
        kind=kind,
        params=params,
        user=user,
        who=user.get_username(),
        reason=reason[:300],
        sample=sample,
        state=S.QUEUED,
        created=clock.moment(),
    )
    enqueue(job.pk)
    return job


def start(job: Job, at: datetime | None = None) -> None:
    """Begin the run, now or at a time. Raises Refused unless the review is complete."""
    now = clock.moment()
    state = S.WAITING if at and at > now else S.QUEUED
    fields = {"phase": Job.Phase.RUN, "started": now, "wait_until": at if state == S.WAITING else None, "message": ""}
    if not _move(job, (S.READY,), state, **fields):
        raise Refused(_("It can only be started once its review is complete, and only once."))


def pause(job: Job) -> None:
    if not _move(job, (S.QUEUED, S.RUNNING, S.WAITING), S.PAUSED):
        raise Refused(_("Only a job that is queued, running or waiting can be paused."))


def resume(job: Job) -> None:
    if not _move(job, (S.PAUSED, S.WAITING), S.QUEUED, message="", wait_until=None):
        raise Refused(_("Only a paused or waiting job can go on."))


def stop(job: Job) -> None:
    """What is not done yet is left out for good. A worker that has the job ends its items first."""
    if _move(job, (S.RUNNING,), S.STOPPING):
        return
    if not _move(job, (S.DRAFT, S.READY, S.QUEUED, S.PAUSED, S.WAITING), S.STOPPING):
        raise Refused(_("It is over already."))
    enqueue(job.pk)


def retry(job: Job) -> None:
    """What failed and is not Alma's last word is tried again; what is unsure is looked at again."""
    again = job.items.filter(is_final=False, state__in=(Item.State.FAILED, Item.State.SKIPPED))
    unsure = job.items.filter(state=Item.State.UNSURE)
    if job.state not in OVER or not (again.exists() or unsure.exists()):
        raise Refused(_("There is nothing that could be tried again."))
    again.update(state=Item.State.PENDING, tries=0, message="", code="", tracking_id="")
    unsure.update(state=Item.State.SENT)
    _move(job, OVER, S.QUEUED, finished=None, message="")


def undo(job: Job, user: Any, reason: str = "") -> Job:
    """A job of its own that takes this one back, reviewed before it starts like any other."""
    found = KINDS[job.kind].undo(job) if job.kind in KINDS else None
    if job.state not in OVER or found is None:
        raise Refused(_("There is nothing to take back, or the job is not over."))
    kind, params = found
    made = submit(kind, params, user, reason)
    Job.objects.filter(pk=made.pk).update(undoes=job)
    return made


def counts(job: Job) -> dict[str, int]:
    """Items by state, all states named, and "total": they always add up to it."""
    found = dict.fromkeys(Item.State.values, 0) | dict(job.items.values_list("state").annotate(Count("pk")))
    return found | {"total": sum(found.values())}


def _move(job: Job, states: tuple[str, ...], to: str, **fields: Any) -> bool:
    """From one of these states to another, unless somebody was quicker."""
    moved = Job.objects.filter(pk=job.pk, state__in=states).update(state=to, **fields)
    job.refresh_from_db()
    if moved and to == S.QUEUED:
        enqueue(job.pk)
    return bool(moved)
