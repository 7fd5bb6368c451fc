"""What a job costs before it starts: calls, minutes at today's pace, its share of what is left today."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.alma.quota import JOBS_SHARE
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job


@dataclass(frozen=True)
class Price:
    """calls: at most, for the run; seconds: at the pace as it is now, shared with the other jobs under way; left: calls
    left today, None when Alma has not said; ends_at: when it would end; goes_on: the next 00:00 GMT when today's calls
    do not suffice, else None; beside: how many other jobs are under way."""

    calls: int
    seconds: float
    left: int | None
    ends_at: datetime
    goes_on: datetime | None
    beside: int

    @property
    def share(self) -> float | None:
        """Of what is left today, 0 to 1 and more."""
        return self.calls / self.left if self.left else None


def price(job: Job) -> Price:
    """Of the run, or of what is left of it: an item that needs no change costs the least, one that was not looked at
    the most."""
    kind = KINDS[job.kind]
    least, most = kind.calls
    pending = job.items.filter(state=Item.State.PENDING)
    found = dict(pending.values_list("verdict").annotate(Count("pk")))
    done = sum(found.get(verdict, 0) for verdict in (Item.Verdict.CHANGES, Item.Verdict.UNREAD, ""))
    return of(job, found.get(Item.Verdict.SAME, 0) * least + done * most + kind.more_calls(job))


def review_price(job: Job, items: int) -> Price:
    """Of looking at so many items."""
    return of(job, items * KINDS[job.kind].review_calls)


def of(job: Job, calls: int) -> Price:
    """Of so many calls of this job."""
    quota = alma().quota.state()
    under_way = Job.objects.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).exclude(pk=job.pk)
    beside = under_way.exclude(phase=Job.Phase.PLAN).count()
    seconds = calls * (1 + beside) / (quota.pace * JOBS_SHARE)
    left = None if quota.remaining is None else max(0, quota.remaining - int(quota.rules.reserved(quota.limit or 0)))
    enough = left is None or calls <= left
    ends_at = clock.moment() + timedelta(seconds=seconds)
    return Price(calls, seconds, left, ends_at, None if enough else quota.resets_at, beside)
