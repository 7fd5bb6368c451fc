"""What was spent, summed up for those who decide by it: budgets and jobs."""

from datetime import UTC, date, datetime, time

from django.db.models import Q, Sum

from almaportal.alma.caller import Caller
from almaportal.alma.rules import budget_of
from almaportal.usage.models import Bucket
from almaportal.usage.periods import Span, folded_until


def made_today(day: date) -> dict[str, int]:
    """Name of a budget (rules.budget_of) → calls of the day (GMT) that it would have been spent by."""
    today = Bucket.objects.filter(span=Span.TEN_MINUTES, start__gte=datetime.combine(day, time.min, UTC))
    found: dict[str, int] = {}
    rows = today.values_list("series__lane", "series__role", "series__feature").annotate(Sum("calls"))
    for lane, role, feature, calls in rows.iterator():
        name = budget_of(Caller(lane, role=role, feature=feature))
        found[name] = found.get(name, 0) + calls
    return found


def by_job(job_id: int) -> tuple[int, float]:
    """Calls that a job made so far, and the seconds that Alma took for them; those of over 62 days ago, which are not
    told apart by job any more (fold.py), are not among them."""
    until = folded_until()
    rows = Bucket.objects.filter(
        Q(span=Span.DAY, start__lt=until) | Q(span=Span.TEN_MINUTES, start__gte=until), series__job_id=job_id
    )
    spent = rows.aggregate(calls=Sum("calls"), seconds=Sum("seconds"))
    return spent["calls"] or 0, spent["seconds"] or 0.0
