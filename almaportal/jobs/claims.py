"""Who works on a job: one worker at a time, and none for ever."""

from datetime import timedelta

from django.db.models import F, Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.jobs.events import note
from almaportal.jobs.models import Job
from almaportal.jobs.queue import enqueue

STALE = timedelta(seconds=180)  # longer than a slice and its slowest item: then the worker is dead
DEATHS = 3  # slices in a row that died before anything was done: the job itself must be what kills them
WORKED_ON = (Job.State.RUNNING, Job.State.STOPPING)


def claim(job_id: int) -> Job | None:
    """The job, ours from now on; None when somebody else has it, or it is not to be worked on."""
    now, token = clock.moment(), get_random_string(20)
    ours = {"claimed_by": token, "heartbeat": now, "attempts": F("attempts") + 1}
    if Job.objects.filter(pk=job_id, state=Job.State.QUEUED).update(state=Job.State.RUNNING, **ours):
        return Job.objects.get(pk=job_id)
    left_behind = Job.objects.filter(Q(heartbeat__lt=now - STALE) | Q(heartbeat=None), pk=job_id, state__in=WORKED_ON)
    if not left_behind.update(**ours):
        return None
    job = Job.objects.get(pk=job_id)
    if job.attempts > 1:
        note(job, _("Its worker gave no sign of life for %d seconds: another one goes on.") % STALE.seconds)
    return job


def beat(job: Job, **fields: object) -> str:
    """A sign of life, and what else is to be known of a running job; returns the job's state as it is now: "" when it
    is not ours any more."""
    own = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by)
    own.update(heartbeat=clock.moment(), **fields)
    return own.values_list("state", flat=True).first() or ""


def hand_back(job: Job, state: str, **fields: object) -> bool:
    """The slice ended; whether the job was still ours, and in the state it was worked on in.

    QUEUED puts it behind the others in the queue, so that all get their turn.
    """
    own = Job.objects.filter(pk=job.pk, claimed_by=job.claimed_by)
    if state == Job.State.QUEUED:  # unless somebody paused or stopped it at this very moment
        own = own.filter(state=Job.State.RUNNING)
    done = own.update(state=state, claimed_by="", heartbeat=None, attempts=0, **fields)
    if done and state == Job.State.QUEUED:
        enqueue(job.pk)
    return bool(done)


def revive() -> None:
    """For the sweep: jobs whose worker died go on, and those whose time has come."""
    now = clock.moment()
    for pk in Job.objects.filter(state=Job.State.WAITING, wait_until__lte=now).values_list("pk", flat=True):
        waiting = Job.objects.filter(pk=pk, state=Job.State.WAITING)
        if waiting.update(state=Job.State.QUEUED, wait_until=None, message=""):
            enqueue(pk)
    dead = Job.objects.filter(Q(heartbeat__lt=now - STALE) | Q(heartbeat=None), state__in=WORKED_ON)
    for pk in dead.values_list("pk", flat=True):
        enqueue(pk)
