"""What a job costs before it starts: calls, minutes at today's pace, its share of what is left today."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Count

from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.alma.models import Spent
from almaportal.alma.quota import JOBS_SHARE, State, next_midnight
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job


@dataclass(frozen=True)
class Price:
    """calls: at most, for the run; seconds: at the pace as it is now, shared with the other jobs under way; left: calls
    left on the day it starts, None when Alma has not said; ends_at: when it would end; goes_on: when it goes on, if it
    rests before; beside: how many other jobs are under way; rests: why it rests: "day" (the day's calls do not
    suffice), "budget" (those for its kind do not), "quiet" (hours), or ""; of_budget: left is what the budget of its
    kind leaves."""

    calls: int
    seconds: float
    left: int | None
    ends_at: datetime
    goes_on: datetime | None
    beside: int
    rests: str = ""
    of_budget: bool = False

    @property
    def share(self) -> float | None:
        """Of what is left, 0 to 1 and more."""
        return self.calls / self.left if self.left else None


def price(job: Job, at: datetime | None = None) -> Price:
    """Of the run, or of what is left of it: an item that needs no change costs the least, one that was not looked at
    the most. at: as for `of`."""
    kind = KINDS[job.kind]
    least, most = kind.calls
    pending = job.items.filter(state=Item.State.PENDING)
    found = dict(pending.values_list("verdict").annotate(Count("pk")))
    done = sum(found.get(verdict, 0) for verdict in (Item.Verdict.CHANGES, Item.Verdict.UNREAD, ""))
    return of(job, found.get(Item.Verdict.SAME, 0) * least + done * most + kind.more_calls(job), at)


def review_price(job: Job, items: int) -> Price:
    """Of looking at so many items."""
    return of(job, items * KINDS[job.kind].review_calls)


def of(job: Job, calls: int, at: datetime | None = None) -> Price:
    """Of so many calls of this job. at: when it starts, None for now."""
    quota = alma().quota.state()
    under_way = Job.objects.filter(state__in=(Job.State.QUEUED, Job.State.RUNNING)).exclude(pk=job.pk)
    beside = under_way.exclude(phase=Job.Phase.PLAN).count()
    seconds = calls * (1 + beside) / (quota.pace * JOBS_SHARE)
    start = at or clock.moment()
    left, of_budget = _left(job, quota, is_today=start < quota.resets_at)
    found = Price(calls, seconds, left, start + timedelta(seconds=seconds), None, beside, of_budget=of_budget)
    if left is not None and calls > left:
        found = replace(found, goes_on=next_midnight(start.timestamp()), rests="budget" if of_budget else "day")
        seconds *= left / calls
    quiet = quota.rules.next_quiet(start.timestamp())
    if quiet and quiet[0] < start.timestamp() + seconds:
        found = replace(found, goes_on=datetime.fromtimestamp(quiet[1], UTC), rests="quiet")
    return found


def _left(job: Job, quota: State, is_today: bool) -> tuple[int | None, bool]:
    """Of the calls of today, or of a later day, those that the job may use, None when Alma has not said; whether its
    kind's budget says so."""
    left = quota.remaining if is_today else quota.limit
    if left is not None:
        left = max(0, left - int(quota.rules.reserved(quota.limit or 0)))
    name = f"kind:{job.kind}"
    if name not in quota.rules.budgets:
        return left, False
    today = Spent.objects.filter(name=name, day=clock.moment().date()).values_list("calls", flat=True)
    spent = (today.first() or 0) if is_today else 0
    of_budget = max(0, quota.rules.budgets[name] - spent)
    return (of_budget, True) if left is None or of_budget < left else (left, False)
