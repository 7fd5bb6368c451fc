"""A provider's title list against a service: what is new, missing, changed or the same, and what is for a person."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _

from ecollections.coverage import embargo as embargo_words
from ecollections.kbart.coverage import said, same_coverage, same_embargo
from ecollections.kbart.matching import Known, Match, Matcher, key
from ecollections.kbart.reading import KbartTitle, digest
from ecollections.loading.shapes import Sorted

AVAILABLE, NOT_AVAILABLE = "11", "10"
ONLY_LOCAL = "0"
WITH_GLOBAL = ("1", "3")  # coverage in use: with one of these, what is said locally has no effect, or not alone
AVAILABILITY = "availability"
URL, URL_TYPE = "linking_details.static_url", "linking_details.url_type"
COVERAGE = "coverage_details.local_date_coverage_parameters"
EMBARGO = "coverage_details.local_embargo_information"
IN_USE = "coverage_details.coverage_in_use"
PROXIES = ("?url=", "?qurl=")
Data = dict[str, Any]


def compare(
    titles: Iterable[KbartTitle | Sorted],
    known: Sequence[Known],
    earlier: Mapping[str, str],
    decisions: Mapping[str, str],
) -> Iterator[Sorted]:
    """Every title and every portfolio in its group; a title whose coverage and URL changed is in both.

    earlier: as of Matcher; decisions: `key` of a title → the path that a person chose, "" for none of these.
    Each data has "match_key" and "title_id" of its title: with the path, what `earlier` of the next comparison is made
    of. Groups: shapes.Sorted, and "unread": there, but nobody read what it is like.
    """
    matcher = Matcher(known, earlier)
    found: list[tuple[KbartTitle, str, Match]] = []
    taken: set[str] = set()
    is_lost = False  # whether nobody can tell what a wrong row is about
    for one in titles:
        if isinstance(one, Sorted):
            meant = _meant(matcher, one)
            taken |= meant
            is_lost = is_lost or not meant
            yield one
        else:
            own = key(one)
            found.append((one, own, _match(matcher, one, decisions.get(own))))
    claims: dict[str, list[int]] = {}
    chosen: dict[str, list[int]] = {}
    for title, own, match in found:
        if match.path:
            claims.setdefault(match.path, []).append(title.numbers[0])
            if decisions.get(own) == match.path:
                chosen.setdefault(match.path, []).append(title.numbers[0])
        taken.update((match.path, *match.could_be))
    for title, own, match in found:
        numbers = claims.get(match.path, [])
        if len(numbers) > 1 and chosen.get(match.path) != title.numbers[:1]:
            match = matcher.unclear(title, [match.path], _claimed(title, numbers))
        yield from _sorted(matcher, title, own, match)
    yield from (_missing(one, is_lost) for one in matcher.known if one.path not in taken)


def _match(matcher: Matcher, title: KbartTitle, decision: str | None) -> Match:
    if decision == "":
        return Match()
    return Match(decision) if decision in matcher.numbers else matcher.match(title)


def _meant(matcher: Matcher, wrong: Sorted) -> set[str]:
    """The portfolios that a wrong row may be about: they are not missing in the file."""
    told = dict(wrong.data)
    torn = told.pop("torn", ())
    match = matcher.match(KbartTitle([wrong.number], wrong.title, **told)) if wrong.title or told else Match()
    return {match.path, *match.could_be, *matcher.having(torn)} - {""}


def _claimed(title: KbartTitle, numbers: Sequence[int]) -> str:
    others = ", ".join(str(number) for number in numbers if number != title.numbers[0])
    return _("The same portfolio fits row %s too.") % others[:100]


def _sorted(matcher: Matcher, title: KbartTitle, match_key: str, match: Match) -> Iterator[Sorted]:
    own: Data = {"match_key": match_key, "title_id": title.title_id}
    if match.choices:
        data = own | {"choices": list(match.choices)}
        yield _row(title, "unclear", "", data, match.why, sorted(match.could_be))
    elif not match.path:
        yield _new(title, own)
    else:
        yield from _matched(title, matcher.known[matcher.numbers[match.path]], own)


def _row(title: KbartTitle, group: str, path: str, data: Data, why: str, change: Any) -> Sorted:
    """change: what is told about it; when that is the same next month, it is no news."""
    why = " ".join(filter(None, [why, *title.remarks]))
    told = json.dumps(change, sort_keys=True)
    return Sorted(title.numbers[0], group, path, title.title, why, data, digest(group, path or data["match_key"], told))


def _new(title: KbartTitle, own: Data) -> Sorted:
    wanted: Data = {AVAILABILITY: AVAILABLE}
    if title.url:
        wanted |= {URL: title.url, URL_TYPE: "static"}
    if title.coverage:
        wanted[COVERAGE] = title.coverage
    if title.embargo:
        wanted[EMBARGO] = title.embargo
    if title.coverage or title.embargo:
        wanted[IN_USE] = ONLY_LOCAL
    data = own | {"mms_id": title.mms_id, "identifiers": list(title.identifiers), "set": wanted}
    return _row(title, "new", "", data, "", wanted)


def _missing(one: Known, is_lost: bool) -> Sorted:
    """is_lost: whether a wrong row may be about it."""
    data = {"mms_id": one.mms_id, AVAILABILITY: one.availability}
    why = _("No row of the file is this title.")
    if is_lost:
        why = _("No row of the file is this title. But a wrong row may be: look at those first.")
    return Sorted(0, "missing", one.path, one.title, why, data, digest(one.path))


def _matched(title: KbartTitle, known: Known, own: Data) -> Iterator[Sorted]:
    if not known.is_read:
        yield _row(title, "unread", known.path, own, _("Its coverage and URL are not known yet: read it first."), "")
        return
    is_same = True
    for group, change in (("coverage", _coverage(title, known)), ("url", _url(title, known))):
        if change:
            is_same = False
            wanted, lines = change
            data = own | {"set": wanted, "lines": lines}
            yield _row(title, group, known.path, data, "", wanted)
    if is_same:
        why = _("It is not available in Alma.") if known.availability == NOT_AVAILABLE else ""
        yield _row(title, "same", known.path, own, why, "")


def _coverage(title: KbartTitle, known: Known) -> tuple[Data, list[list[str]]] | None:
    """What to set, and the lines that show it. A monograph has none, and a row without any says nothing."""
    dates = bool(title.coverage) and not same_coverage(known.coverage, title.coverage)
    says_embargo = title.embargo is not None and bool(title.coverage or title.embargo)
    delay = says_embargo and not same_embargo(known.embargo, title.embargo)
    if not (dates or delay):
        return None
    wanted: Data = {}
    becomes_local = known.coverage_in_use in WITH_GLOBAL
    rows = title.coverage or [dict(row) for row in known.coverage]
    embargo = title.embargo if says_embargo else known.embargo
    # What was in force from the Community Zone would end with it, so the half that stays is said locally too.
    if dates or (becomes_local and rows):
        wanted[COVERAGE] = rows
    if delay or (becomes_local and embargo):
        wanted[EMBARGO] = embargo
    if becomes_local:
        wanted[IN_USE] = ONLY_LOCAL
    lines = [[_("Coverage"), said(known.coverage), said(title.coverage)]] if dates else []
    if delay:
        lines.append([_("Embargo"), embargo_words(known.embargo) or "–", embargo_words(title.embargo) or "–"])
    return wanted, lines


def _url(title: KbartTitle, known: Known) -> tuple[Data, list[list[str]]] | None:
    if not title.url or _plain(title.url) in (_plain(known.url), _plain(_behind_proxy(known.url))):
        return None
    override = "" if known.has_own_url else "_override"
    wanted = {f"{URL}{override}": title.url, f"{URL_TYPE}{override}": "static"}
    return wanted, [[_("URL"), known.url.removeprefix("jkey="), title.url]]


def _plain(url: str) -> str:
    """Scheme and host in small letters, no slash at the end."""
    scheme, mark, rest = url.strip().removeprefix("jkey=").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".rstrip("/")


def _behind_proxy(url: str) -> str:
    for mark in PROXIES:
        _proxy, found, target = url.partition(mark)
        if found:
            return unquote(target) if mark == "?qurl=" else target
    return url
