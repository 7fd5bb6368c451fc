"""Rows as the meter and the nightly folding make them, for tests that are about reading them."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import F

from almaportal.usage.meter import DIMENSIONS, bucket_start, series_id
from almaportal.usage.models import Bucket, Left, Series

NOON = datetime(2027, 1, 15, 12, 0, tzinfo=UTC)  # of the tests' clock
USUAL = {"area": "electronic", "operation": "/x", "method": "GET", "outcome": "ok", "lane": "people"}


def series(**of: Any) -> int:
    """The series of these values; what is not named is usual, or empty."""
    full = {name: of.get(name, USUAL.get(name, 0 if name.endswith("_id") else "")) for name in DIMENSIONS}
    number = series_id(tuple(full.values()))
    Series.objects.get_or_create(id=number, defaults=full)
    return number


def spent(start: datetime = NOON, calls: int = 0, span: int = Bucket.Span.TEN_MINUTES, **rest: Any) -> None:
    """A bucket: what of `rest` is a column of Series says whose, all else what was counted."""
    of = {name: rest.pop(name) for name in DIMENSIONS if name in rest}
    rest.setdefault("counted", calls)
    Bucket.objects.create(span=span, start=start, series_id=series(**of), calls=calls, **rest)


def moment(text: str) -> datetime:
    """ "2027-01-15 12:00" as GMT."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def count(at: datetime, calls: int = 1, took: int = 0, of: dict[str, Any] | None = None, **amounts: float) -> int:
    """As the meter does it, for so many calls that Alma answered in class `took`; of: as for `series`, which is
    returned."""
    number = series(**of or {})
    amounts = {"calls": calls, "counted": calls, f"took_{took}": calls} | amounts
    ten = Bucket.objects.filter(span=Bucket.Span.TEN_MINUTES, start=bucket_start(at), series_id=number)
    if not ten.update(**{name: F(name) + amount for name, amount in amounts.items()}):
        Bucket.objects.create(span=Bucket.Span.TEN_MINUTES, start=bucket_start(at), series_id=number, **amounts)
    return number


def said(at: datetime, low: int, given: int = 0) -> None:
    """Alma's last word of these ten minutes."""
    Left.objects.create(start=bucket_start(at), low=low, given=given)
