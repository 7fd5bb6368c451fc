"""The only way into the queue: it carries a job's number and nothing else, for payloads are pickles, and kept.

The queue stands in the same database: what is enqueued in a transaction is in the queue when, and only when, that is
committed.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage
from django_q.tasks import async_task

WORK = "almaportal.jobs.work.work"
TAKEN = timedelta(minutes=3)  # so long a worker that took a number may hold it before it begins


def enqueue(job_id: int) -> None:
    """A worker takes the job up; harmless when it is in the queue twice."""
    async_task(WORK, job_id, task_name=f"job {job_id}")


def waiting() -> set[int]:
    """The numbers of the jobs that are in the queue, or that a worker just took from it."""
    now = timezone.now()
    locked = now + timedelta(seconds=settings.Q_CLUSTER["retry"])  # so far into the future what is taken is locked
    rows = OrmQ.objects.filter(Q(lock__lte=now) | Q(lock__gte=locked - TAKEN)).values_list("payload", flat=True)
    tasks: list[Any] = [SignedPackage.loads(payload) for payload in rows]
    return {task["args"][0] for task in tasks if task["func"] == WORK}
