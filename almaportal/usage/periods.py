"""Alma's day, and where it ends that calls are counted in ten minutes alone."""

from datetime import UTC, datetime, timedelta

from almaportal.alma import clock
from almaportal.usage.models import Bucket

Span = Bucket.Span
TEN = timedelta(minutes=10)
DAY = timedelta(days=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def midnight(moment: datetime) -> datetime:
    """The 00:00 GMT that Alma's day of this moment began at."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def folded_until() -> datetime:
    """All before this 00:00 GMT stands in hours, days and months too (fold.py); all after it in ten minutes alone.

    Never after today's: a day that was folded by a clock that ran ahead goes on being counted in ten minutes.
    """
    over = Bucket.objects.filter(span=Span.DAY, start__lt=midnight(clock.moment()))
    last = over.order_by("-start").values_list("start", flat=True).first()
    return last + DAY if last else BEGINNING
