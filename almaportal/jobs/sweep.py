"""What a worker does every minute, and how one sees that it does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.models import Failure, Schedule

from almaportal.changes import following, holds
from almaportal.jobs import claims, given
from almaportal.jobs.models import Item, JobFile, Sweep

WORKER_IS_LATE = timedelta(minutes=5)
QUEUE_FAILURES_KEPT = timedelta(days=7)
ALSO: list[Callable[[], object]] = []  # what areas have done each minute, put in by their AppConfig.ready: short things


def sweep() -> None:
    """Say that the worker lives, and clear what piles up. Short, and harmless when it runs twice."""
    now = timezone.now()
    say_alive()
    claims.revive()
    claims.find_lost()
    Session.objects.filter(expire_date__lt=now).delete()
    Failure.objects.filter(stopped__lt=now - QUEUE_FAILURES_KEPT).delete()
    _clear_old_files(now - timedelta(days=settings.JOB_FILES_DAYS))
    given.stop_left_lying()
    following.look_again()
    holds.clear_old()
    for do in ALSO:
        do()


def say_alive() -> None:
    """A worker does what it is there for."""
    Sweep.objects.update_or_create(pk=1, defaults={"at": timezone.now()})


def _clear_old_files(before: datetime) -> None:
    """The files of jobs, and the records that their items kept."""
    old = JobFile.objects.filter(made__lt=before)
    if jobs := list(old.values_list("job_id", flat=True).distinct()):
        Item.objects.filter(job_id__in=jobs, kept__isnull=False).update(kept=None)
        old.delete()


def last_sweep() -> datetime | None:
    return Sweep.objects.filter(pk=1).values_list("at", flat=True).first()


def worker_is_late() -> bool:
    """Whether no worker has swept for five minutes."""
    last = last_sweep()
    return last is None or abs(timezone.now() - last) > WORKER_IS_LATE  # a time to come is no proof either


def schedule_sweep(**_kwargs: Any) -> None:
    """After migrations: the sweep stands in django-q2's schedule, once."""
    Schedule.objects.update_or_create(
        name="sweep",
        defaults={
            "func": "almaportal.jobs.sweep.sweep",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
        },
    )
