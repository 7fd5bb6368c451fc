"""What was spent, summed up for those who decide by it: budgets and jobs."""

from datetime import UTC, date, datetime, time

from django.db.models import Q, Sum

from almaportal.alma.caller import Caller
from almaportal.usage.models import Bucket
from almaportal.usage.periods import Span, folded_until


def made_today(caller: Caller, day: date) -> int:
    """Calls of the day (GMT) made by pages of the caller's role, or by jobs of its kind."""
    alike = {"feature": caller.feature} if caller.lane == "jobs" else {"role": caller.role}
    today = Bucket.objects.filter(span=Span.TEN_MINUTES, start__gte=datetime.combine(day, time.min, UTC))
    found = today.filter(series__lane=caller.lane, **{f"series__{name}": value for name, value in alike.items()})
    return found.aggregate(n=Sum("calls"))["n"] or 0


def by_job(job_id: int) -> tuple[int, float]:
    """Calls that a job made so far, and the seconds that Alma took for them."""
    until = folded_until()
    rows = Bucket.objects.filter(Q(span=Span.DAY) | Q(span=Span.TEN_MINUTES, start__gte=until), series__job_id=job_id)
    spent = rows.aggregate(calls=Sum("calls"), seconds=Sum("seconds"))
    return spent["calls"] or 0, spent["seconds"] or 0.0
