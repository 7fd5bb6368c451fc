"""What the other programs of the institution spent: what Alma says is gone, less what we made. Exact whenever Alma's
last word was about the last of our calls; what they spend after it is known with our next one."""

from datetime import datetime
from itertools import accumulate, groupby

from django.db.models import Sum

from almaportal.alma.quota import IN_FLIGHT_A_SECOND, Quota
from almaportal.usage.models import Bucket, Left
from almaportal.usage.periods import DAY, TEN, Span, midnight


def by_others(begin: datetime, end: datetime) -> dict[datetime, int]:
    """Ten minutes from `begin` to `end` (GMT; whole ten minutes) → calls of others, where there were any.

    What they spent between two of our calls is spread evenly over the time between. Three statements.
    """
    days = {"start__gte": midnight(begin), "start__lt": midnight(end - TEN) + DAY}
    made = Bucket.objects.filter(span=Span.TEN_MINUTES, **days).values_list("start").annotate(Sum("counted"))
    own, limit = dict(made), Quota().state().limit or 0
    found: dict[datetime, int] = {}
    for day, said in groupby(Left.objects.filter(**days).order_by("start"), key=lambda one: midnight(one.start)):
        found |= _of_day(day, list(said), own, limit)
    return {start: calls for start, calls in found.items() if begin <= start < end and calls}


def began_with(first: Left, limit: int) -> int:
    """The calls that a day had, by Alma's first word of it and the limit that was set or learned: one that could not
    have been spent by then is not Alma's."""
    said = first.low - first.given
    seconds = (first.start + TEN - midnight(first.start)).total_seconds()
    return max(said, min(limit, said + round(IN_FLIGHT_A_SECOND * seconds)))


def _of_day(day: datetime, said: list[Left], own: dict[datetime, int], limit: int) -> dict[datetime, int]:
    """said: Alma's words of one day; own: ten minutes → our calls that Alma counted.

    A call that is under way is gone already, and not ours yet; a later word knows better, so no word stands that says
    more of the others than any after it.
    """
    limit = began_with(said[0], limit)
    gone = given = made = 0
    after, gaps, theirs = day, [], []
    for word in said:
        gaps.append(_tens(after, word.start))
        given += word.given
        gone = max(gone, limit + given - word.low)  # an answer overtaken by others says less than they did
        made += sum(own.get(start, 0) for start in gaps[-1])
        theirs.append(max(0, gone - made))
        after = word.start + TEN
    known = list(accumulate(reversed(theirs), min))[::-1]
    found: dict[datetime, int] = {}
    for gap, before, now in zip(gaps, [0, *known], known, strict=False):
        share, rest = divmod(now - before, len(gap))
        found |= {start: share + (n >= len(gap) - rest) for n, start in enumerate(gap)}
    return found


def _tens(first: datetime, last: datetime) -> list[datetime]:
    return [first + TEN * n for n in range((last - first) // TEN + 1)]
