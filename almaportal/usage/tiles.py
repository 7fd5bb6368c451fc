"""The sums at the top of the usage page, and what is known of Alma's day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma.quota import State
from almaportal.templatetags.portal import hours, number
from almaportal.usage import words
from almaportal.usage.figures import Part, Sums, table
from almaportal.usage.forecast import Forecast


@dataclass(frozen=True)
class Tile:
    """A figure and what it counts."""

    figure: str
    words: str


def of_the_day(quota: State, now: datetime) -> list[str]:
    """What Alma said last, and when its day ends."""
    said = [*_trouble(quota), _left(quota, now)]
    if quota.remaining is not None:
        said.append(_("learned from Alma, shared with all programs of the institution"))
    here = timezone.localtime(quota.resets_at)
    end = (
        _("the day ends in %(hours)s (00:00 GMT)")
        if not here.utcoffset()
        else _("the day ends in %(hours)s (00:00 GMT, %(here)s here)")
    )
    return [*said, end % {"hours": hours(quota.resets_at - now), "here": f"{here:%H:%M}"}]


def _left(quota: State, now: datetime) -> str:
    if quota.blocked_until and quota.blocked_until < quota.resets_at:
        at = f"{timezone.localtime(quota.blocked_until):%H:%M:%S}"
        return _("Alma's new day of calls has not begun yet: it is asked again at %s") % at
    if quota.blocked_until:
        return _("The day's calls are used up: nothing is asked before %s") % words.clock_time(quota.blocked_until, now)
    if quota.remaining is None or quota.remaining_at is None:
        return _("Alma has not said yet today how many calls are left")
    at = f"{timezone.localtime(quota.remaining_at):%H:%M:%S}"
    return _("about %(left)s are left, of what Alma said last at %(at)s") % {"left": number(quota.remaining), "at": at}


def _trouble(quota: State) -> list[str]:
    if not quota.failed_at:
        return []
    why = words.OUTCOMES.get(quota.failed_kind, quota.failed_kind)
    return [_("■ Its last answer was a failure, at %(at)s: %(why)s") % {
        "at": f"{timezone.localtime(quota.failed_at):%H:%M:%S}", "why": why
    }]  # fmt: skip


def tiles(own: Sums, others: int | None, parts: Iterable[Part]) -> list[Tile]:
    """own: the calls that match; others: of other programs, None where only some calls are looked at."""
    waited = words.seconds(own.waited)
    found = [
        *_calls(own, others),
        Tile(number(own.saved), ngettext("call saved by the cache", "calls saved by the cache", own.saved)),
        Tile(number(own.throttled), _("refused for speed (429); %s waited for slots") % waited),
    ]
    if own.refused:
        not_made = ngettext("call not made: %s", "calls not made: %s", own.refused)
        found.append(Tile(number(own.refused), not_made % _why_not(parts)))
    p95 = words.seconds(own.p95)
    return [*found, Tile(words.seconds(own.median), _("median of Alma's answer times; 95 %% within %s") % p95)]


def _calls(own: Sums, others: int | None) -> list[Tile]:
    """Of other programs only what Alma counted is known, so the sum is of that; what else left is told by itself."""
    if others is None:
        matching = ngettext("call that matches, by this portal", "calls that match, by this portal", own.calls)
        return [Tile(number(own.calls), matching)]
    counted = own.counted + others
    said = {
        "own": number(own.counted),
        "others": number(others),
        "share": words.percent(100 * others / counted if counted else 0),
    }
    what = ngettext(
        "call: %(own)s by this portal, %(others)s by other programs (%(share)s)",
        "calls: %(own)s by this portal, %(others)s by other programs (%(share)s)",
        counted,
    )
    found = [Tile(number(counted), what % said)]
    if lost := own.calls - own.counted:
        not_counted = ngettext(
            "more call by this portal, which Alma did not count",
            "more calls by this portal, which Alma did not count",
            lost,
        )
        found.append(Tile(number(lost), not_counted))
    return found


def _why_not(parts: Iterable[Part]) -> str:
    kinds = {kind: sums.refused for kind, sums in table(parts, "outcome").items() if sums.refused}
    said = _("%(why)s (%(calls)s)")
    return ", ".join(said % {"why": words.OUTCOMES.get(kind, kind), "calls": number(n)} for kind, n in kinds.items())


def ahead(quota: State, found: Forecast | None, now: datetime) -> Tile:
    """Where the day leads at the pace of the last hour."""
    if quota.blocked_until and quota.blocked_until < quota.resets_at:
        return Tile("–", _("left at midnight GMT: known once Alma's new day of calls has begun"))
    if quota.blocked_until or quota.remaining == 0:
        return Tile("0", _("calls are left today: the day is used up"))
    if found is None:
        return Tile("–", _("left at midnight GMT: Alma said too little in the last hour to tell"))
    pace = ngettext(
        "%(calls)s call an hour by all programs, since %(since)s",
        "%(calls)s calls an hour by all programs, since %(since)s",
        round(found.per_hour),
    ) % {"calls": number(round(found.per_hour)), "since": words.clock_time(found.since, now)}
    if found.jobs_rest:
        pace = _("%(pace)s; %(rest)s") % {"pace": pace, "rest": _rest(found.jobs_rest, now)}
    if found.runs_out is None:
        return Tile(number(found.at_midnight), _("left at midnight GMT at this pace: %s") % pace)
    figure = _("runs out at %s") % words.clock_time(found.runs_out, now)
    return Tile(figure, _("(%(gmt)s) at this pace: %(pace)s") % {"gmt": words.gmt(found.runs_out), "pace": pace})


def _rest(at: datetime, now: datetime) -> str:
    if at <= now:
        return _("jobs rest: what is left is the reserve for people")
    return _("jobs rest from %s") % words.clock_time(at, now)
