"""Who works on a job: one worker at a time, and none for ever."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.jobs.events import note
from almaportal.jobs.models import Job
from almaportal.jobs.queue import enqueue, waiting

STALE = timedelta(seconds=180)  # longer than a slice and its slowest item: then the worker is dead
DEATHS = 3  # slices in a row that died before anything was done: the job itself must be what kills them
WORKED_ON = (Job.State.RUNNING, Job.State.STOPPING)


def claim(job_id: int) -> Job | None:
    """The job, ours from now on; None when somebody else has it, or it is not to be worked on."""
    ours = {"claimed_by": get_random_string(20), "heartbeat": clock.moment(), "attempts": F("attempts") + 1}
    if Job.objects.filter(_is_free(), pk=job_id, state=Job.State.QUEUED).update(state=Job.State.RUNNING, **ours):
        return Job.objects.get(pk=job_id)
    if not Job.objects.filter(_is_left_behind(), pk=job_id, state__in=WORKED_ON).update(**ours):
        return None
    job = Job.objects.get(pk=job_id)
    if job.attempts > 1:
        note(job, _("Its worker gave no sign of life for %d seconds: another one goes on.") % STALE.seconds)
    return job


def _is_left_behind() -> Q:
    """No sign of life for long."""
    return Q(heartbeat__lt=clock.moment() - STALE) | Q(heartbeat=None)


def _is_free() -> Q:
    """Nobody has it. A worker may have a queued job too: one that was paused and resumed while it ended its items."""
    return Q(claimed_by="") | _is_left_behind()


def beat(job: Job, **fields: object) -> str:
    """A sign of life, and what else is to be known of a running job; returns the job's state as it is now: "" when it
    is not ours any more."""
    own = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by)
    own.update(heartbeat=clock.moment(), **fields)
    return own.values_list("state", flat=True).first() or ""


def hand_back(job: Job, found: str, state: str, **fields: object) -> bool:
    """The slice ended. found: the state of the job that this was decided on.

    False, and nothing is done, when the job is in another one by now, or not ours any more. QUEUED puts it behind the
    others in the queue, so that all get their turn.
    """
    own = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by, state=found)
    with transaction.atomic():
        done = own.update(state=state, claimed_by="", heartbeat=None, attempts=0, **fields)
        if done and state == Job.State.QUEUED:
            enqueue(job.pk)
    return bool(done)


def revive() -> None:
    """Jobs whose worker died go on, and those whose time has come."""
    now = clock.moment()
    for pk in list(Job.objects.filter(state=Job.State.WAITING, wait_until__lte=now).values_list("pk", flat=True)):
        still = Job.objects.filter(pk=pk, state=Job.State.WAITING)
        with transaction.atomic():
            if still.update(state=Job.State.QUEUED, wait_until=None, message=""):
                enqueue(pk)
    dead = Job.objects.filter(_is_left_behind(), state__in=WORKED_ON)
    for pk in list(dead.values_list("pk", flat=True)):
        enqueue(pk)


def wake() -> None:
    """What forbids calls is another by now: jobs that rest ask again with the next sweep. Those to be started at a time
    do not rest."""
    resting = Job.objects.filter(state=Job.State.WAITING, wait_until__gt=clock.moment()).exclude(message="")
    resting.update(wait_until=clock.moment())


def find_lost() -> None:
    """Queued jobs that are not in the queue any more: whoever took them died before beginning."""
    queued = set(Job.objects.filter(_is_free(), state=Job.State.QUEUED).values_list("pk", flat=True))
    for pk in queued - waiting() if queued else ():
        enqueue(pk)
