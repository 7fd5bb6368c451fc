"""The sums at the top of the usage page, and what is known of Alma's day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from almaportal.alma.quota import State
from almaportal.templatetags.portal import hours, number
from almaportal.usage import words
from almaportal.usage.figures import Part, Sums, table
from almaportal.usage.forecast import Forecast


@dataclass(frozen=True)
class Tile:
    """A figure and what it counts; title: the same in other words."""

    figure: str
    words: str
    title: str = ""


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
    if quota.blocked_until:
        return _("The day's calls are used up: nothing is asked before %s") % words.clock_time(quota.blocked_until, now)
    if quota.remaining is None or quota.remaining_at is None:
        return _("Alma has not said yet today how many calls are left")
    at = f"{timezone.localtime(quota.remaining_at):%H:%M:%S}"
    return _("Alma said %(left)s are left at %(at)s") % {"left": number(quota.remaining), "at": at}


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
        _calls(own.calls, others),
        Tile(number(own.saved), _("calls saved by the cache")),
        Tile(number(own.throttled), _("refused for speed (429); %s waited for slots") % waited),
    ]
    if own.refused:
        found.append(Tile(number(own.refused), _("calls not made: %s") % _why_not(parts)))
    p95 = words.seconds(own.p95)
    return [*found, Tile(words.seconds(own.median), _("median of Alma's answer times; 95 %% within %s") % p95)]


def _calls(own: int, others: int | None) -> Tile:
    if others is None:
        return Tile(number(own), _("calls that match, by this portal"))
    all_calls = own + others
    said = {"own": number(own), "others": number(others), "share": round(100 * others / all_calls) if all_calls else 0}
    what = _("calls: %(own)s by this portal, %(others)s by other programs (%(share)d %%)") % said
    return Tile(number(all_calls), what)


def _why_not(parts: Iterable[Part]) -> str:
    kinds = {kind: sums.refused for kind, sums in table(parts, "outcome").items() if sums.refused}
    return ", ".join(f"{number(calls)} {words.OUTCOMES.get(kind, kind)}" for kind, calls in kinds.items())


def ahead(quota: State, found: Forecast | None, now: datetime) -> Tile:
    """Where the day leads at the pace of the last hour."""
    if quota.blocked_until or quota.remaining == 0:
        return Tile("0", _("calls are left today: the day is used up"))
    if found is None:
        return Tile("–", _("left at midnight GMT: known once Alma has answered for some minutes"))
    pace = _("%(calls)s calls an hour by all programs, since %(since)s") % {
        "calls": number(round(found.per_hour)),
        "since": words.clock_time(found.since, now),
    }
    rest = f"; {_rest(found.jobs_rest, now)}" if found.jobs_rest else ""
    if found.runs_out is None:
        return Tile(number(found.at_midnight), _("left at midnight GMT at this pace: %s") % f"{pace}{rest}")
    figure = _("runs out at %s") % words.clock_time(found.runs_out, now)
    return Tile(figure, _("at this pace: %s") % f"{pace}{rest}", words.gmt(found.runs_out))


def _rest(at: datetime, now: datetime) -> str:
    if at <= now:
        return _("jobs rest: what is left is the reserve for people")
    return _("jobs rest from %s") % words.clock_time(at, now)
