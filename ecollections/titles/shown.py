"""Titles of the index as their page shows them, and how far the index goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.changes import shown as changes
from almaportal.codes import Table
from almaportal.jobs import control, price
from almaportal.jobs.models import Job
from almaportal.jobs.shown import length
from almaportal.templatetags.portal import availability, being_deleted, number
from ecollections import places
from ecollections.coverage import statements
from ecollections.kinds import COLLECTION, PORTFOLIO, SERVICE
from ecollections.models import IndexedService, Place, Title
from ecollections.record_job import PAGE
from ecollections.titles import search
from ecollections.titles.facts import coverage_in_force
from ecollections.titles.forms import words_of
from ecollections.titles.jobs import INDEX

LONG_NAME, LONG_TEXT, LONG_URL = 160, 80, 70  # characters, in a list
OLD = timedelta(days=1)
SHORT_OF = {"issn": "ISSN", "isbn": "ISBN"}


def rows(titles: Sequence[Title], within: Sequence[str], tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """With all words made here: a template takes four times as long for it."""
    going = changes.going(str(title.alma_id) for title in titles)
    services = {one.service_id: one.service for one in titles} if len(within) < 2 else {}
    ids = {alma_id for one in services.values() for alma_id in (one.collection_id, one.service_id)}
    names = places.names(*ids) if ids else {}
    homes = {pk: _home(one, within, names) for pk, one in services.items()}
    return [_row(title, tables, homes, going) for title in titles]


def _row(
    title: Title, tables: Mapping[str, Table], homes: Mapping[int, list[tuple[str, str]]], going: set[str]
) -> dict[str, Any]:
    alma_id, facet, path = str(title.alma_id), title.facet, search.path(title)
    status = {"value": facet.availability, "desc": words_of("availability", facet.availability, tables)}
    about = [cut(text, LONG_TEXT) for text in (title.author, title.publisher) if text]
    return {
        "id": alma_id,
        "path": path,
        "href": PORTFOLIO.address(path.split("/")),
        "name": cut(title.title, LONG_NAME) or alma_id,
        "about": " · ".join(about),
        "identifiers": [
            (label, cut(text, LONG_TEXT)) for name, label in SHORT_OF.items() if (text := getattr(title, name))
        ],
        "mms_id": str(title.mms_id or ""),
        "status": being_deleted() if alma_id in going else availability(status if facet.availability else ""),
        "origin": words_of("origin", facet.origin, tables) if facet.origin else "–",
        "library": words_of("library", facet.library, tables) if facet.library else "–",
        "coverage": None if title.facts is None else "; ".join(statements(coverage_in_force(title.facts))) or "–",
        "url": cut(title.url or "", LONG_URL),
        "home": homes.get(title.service_id, []),
        "changed": _day(title.changed),
    }


def _home(service: IndexedService, within: Sequence[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """(name, address) of the e-collection and the service, as far as the search does not say them already."""
    ids = (service.collection_id, service.service_id)
    return [(cut(words, LONG_TEXT), href) for words, href in _steps(ids, names)[len(within) :]]


def _steps(ids: tuple[str, str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    addresses = (COLLECTION.address(ids[:1]), SERVICE.address(ids))
    return [(names.get(one, one), href) for one, href in zip(ids, addresses, strict=True)]


def _day(seconds: int) -> tuple[str, str]:
    """The day of this time where the library is: for programs, and for people."""
    day = timezone.localtime(datetime.fromtimestamp(seconds, UTC)).date()
    return day.isoformat(), date_format(day)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


@dataclass(frozen=True)
class Cost:
    """Of reading Alma. calls: None where nobody knows how many; duration, share of what jobs may use: in words."""

    calls: int | None
    duration: str = ""
    share: str = ""

    @classmethod
    def of(cls, calls: int | None) -> "Cost":
        if calls is None:
            return cls(None)
        cost = price.of(Job(), calls)
        share = _("%s %%") % number(ceil(cost.share * 100)) if cost.share is not None else _("an unknown share")
        return cls(calls, length(cost.seconds), share)


@dataclass(frozen=True)
class Extent:
    """How far a service, an e-collection or everything is indexed.

    titles: in the index; whole, part, never: services read as a whole, seen in passing, and known but not indexed;
    listed: titles by Alma's lists, None where not all of them were read; oldest: when the one was read that was read
    longest ago; has_identifiers: of all of them; is_nightly: all of them are read each night.
    """

    titles: int
    whole: int
    part: int
    never: int
    listed: int | None
    calls: int | None
    oldest: datetime | None
    has_identifiers: bool
    is_nightly: bool

    @property
    def services(self) -> int:
        return self.whole + self.part + self.never

    @property
    def is_whole(self) -> bool:
        return bool(self.whole) and not self.part and not self.never

    @property
    def is_old(self) -> bool:
        return self.oldest is not None and self.oldest < clock.moment() - OLD

    @property
    def cost(self) -> Cost:
        return Cost.of(self.calls)


def extent(within: Sequence[str], titles: int | None = None) -> Extent:
    """Of everything, an e-collection or a service, by its path. No call. titles: how many, where that is known."""
    scope = dict(zip(("collection_id", "service_id"), within, strict=False))
    services = list(IndexedService.objects.filter(**scope))
    seen = set(Place.objects.filter(**scope).exclude(service_id="").values_list("service_id", flat=True))
    seen |= set(within[1:])
    never = len(seen - {one.service_id for one in services})
    built = [one.built for one in services if one.built]
    totals = [one.total for one in services if one.total is not None]
    is_known = bool(services) and not never and len(totals) == len(services)
    return Extent(
        titles=search.count(search.Query(within=tuple(within))) if titles is None else titles,
        whole=len(built),
        part=len(services) - len(built),
        never=never,
        listed=sum(totals) if is_known else None,
        calls=sum(max(1, -(-total // PAGE)) for total in totals) if is_known else None,
        oldest=min(built, default=None),
        has_identifiers=bool(services) and all(one.has_identifiers for one in services),
        is_nightly=bool(services) and all(one.is_nightly for one in services),
    )


def being_read(within: Sequence[str]) -> Job | None:
    """The job that reads the lists of this service or e-collection now."""
    under_way = Job.objects.defer(None).filter(kind=INDEX, state__in=control.UNDER_WAY)
    wanted = {"/".join(within[: depth + 1]) for depth in range(len(within))}
    return next((job for job in under_way if wanted & set(job.targets)), None)


def services(page: Sequence[IndexedService]) -> list[dict[str, Any]]:
    """Indexed services as rows of their table, with what the index has of them."""
    titles = Title.objects.filter(service__in=[one.pk for one in page]).order_by().values_list("service")
    counts = dict(titles.annotate(n=Count("pk")))
    whole = dict(titles.filter(url__isnull=False).annotate(n=Count("pk")))
    names = places.names(*{alma_id for one in page for alma_id in (one.collection_id, one.service_id)})
    return [
        {
            "service": one,
            "steps": _steps((one.collection_id, one.service_id), names),
            "titles": counts.get(one.pk, 0),
            "whole": whole.get(one.pk, 0),
            "cost": _("not known") if one.total is None else max(1, -(-one.total // PAGE)),
            "is_old": one.built is not None and one.built < clock.moment() - OLD,
        }
        for one in page
    ]
