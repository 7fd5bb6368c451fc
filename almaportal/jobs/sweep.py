"""What a worker does every minute, and how one sees that it does."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_q.models import Failure, Schedule

from almaportal.changes import following
from almaportal.jobs import claims
from almaportal.jobs.models import JobFile, Sweep

WORKER_IS_LATE = timedelta(minutes=5)
QUEUE_FAILURES_KEPT = timedelta(days=7)


def sweep() -> None:
    """Say that the worker lives, and clear what piles up. Short, and harmless when it runs twice."""
    now = timezone.now()
    Sweep.objects.update_or_create(pk=1, defaults={"at": now})
    Session.objects.filter(expire_date__lt=now).delete()
    Failure.objects.filter(stopped__lt=now - QUEUE_FAILURES_KEPT).delete()
    JobFile.objects.filter(made__lt=now - timedelta(days=settings.JOB_FILES_DAYS)).delete()
    following.look_again()
    claims.revive()


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
