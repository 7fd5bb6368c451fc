"""What the other programs of the institution spent: what Alma says is gone, less what we made. Exact whenever none of
our calls is under way; what they spend after our last call is known with our next one."""

from datetime import datetime
from itertools import pairwise

from django.db.models import Sum

from almaportal.alma.quota import Quota
from almaportal.usage.models import Bucket, Left
from almaportal.usage.periods import DAY, TEN, Span, midnight


def by_others(begin: datetime, end: datetime) -> dict[datetime, int]:
    """Ten minutes from `begin` to `end` (GMT; whole ten minutes) → calls of others, where there were any.

    What they spent between two of our calls is spread evenly over the time between.
    """
    found: dict[datetime, int] = {}
    day = midnight(begin)
    while day < end:
        found |= _of_day(day)
        day += DAY
    return {start: calls for start, calls in found.items() if begin <= start < end and calls}


def _of_day(day: datetime) -> dict[datetime, int]:
    said = list(Left.objects.filter(start__gte=day, start__lt=day + DAY).order_by("start"))
    if not said:
        return {}
    own = _own(day)
    before = max(Quota().state().limit or 0, said[0].low)
    found: dict[datetime, int] = {}
    owed = 0  # calls of ours that Alma had not counted yet when it last spoke
    for last, now in pairwise([None, *said]):
        assert now is not None
        between = _tens(last.start + TEN if last else day, now.start)
        spent = before + now.given - now.low
        theirs = spent - sum(own.get(start, 0) for start in between) + owed
        owed, before = min(0, theirs), now.low
        share, rest = divmod(max(0, theirs), len(between))
        for n, start in enumerate(between):
            found[start] = share + (n >= len(between) - rest)
    return found


def _own(day: datetime) -> dict[datetime, int]:
    rows = Bucket.objects.filter(span=Span.TEN_MINUTES, start__gte=day, start__lt=day + DAY)
    return dict(rows.values_list("start").annotate(Sum("counted")))


def _tens(first: datetime, last: datetime) -> list[datetime]:
    return [first + TEN * n for n in range((last - first) // TEN + 1)]
