"""What the portal knows of a service, for a KBART file that is compared with it: the title index, and what the last
comparison found and people decided. No call to Alma."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import IO, Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.records import Record
from almaportal.jobs.models import Job
from ecollections.going import accepted
from ecollections.kbart import reading
from ecollections.kbart.comparing import compare
from ecollections.kbart.matching import Known, are_strangers, fold
from ecollections.kbart.reading import identifiers_in, is_isbn, is_issn
from ecollections.kbart.writing import Listed
from ecollections.loading.reading import Layout, Unreadable, lines
from ecollections.loading.shapes import Sorted
from ecollections.models import Facet, IndexedService, Load, LoadRow, Title
from ecollections.titles import search
from ecollections.titles.facts import COVERAGE, coverage_in_force

WITHOUT = "without"  # the group of new titles whose MMS ID nobody knows
SORT = "sort-file"  # the kind of job that sorts a file's rows
WEEK = timedelta(days=7)
CHUNK = 1000
ASKED = 200  # identifiers that the index is asked for at once
EMBARGO = {side: f"{COVERAGE}{side}_embargo_information" for side in ("local", "global")}
IN_USE = f"{COVERAGE}coverage_in_use"
Service = tuple[str, str]  # the IDs of its e-collection and its own


def compared(load: Load, file: IO[bytes]) -> Iterator[Sorted]:
    """The rows of a file in their groups: those of `comparing.compare`, and WITHOUT. Raises Unreadable."""
    service = IndexedService.objects.filter(service_id=load.service_id).first()
    if service is None or service.built is None:
        raise Unreadable(not_indexed())
    rows = lines(file, Layout.from_json(load.layout))
    columns = reading.columns(next(rows).cells)
    decisions = load.options.get("decisions", {})
    home, facets = (load.collection_id, load.service_id), Facet.objects.in_bulk()
    going = set(accepted(home).values_list("record_id", flat=True))  # as good as gone: Alma has accepted their deletes
    known = [_known(home, row, facets[row.facet_id]) for row in rows_of(home) if str(row.alma_id) not in going]
    yield from _with_mms_ids(compare(reading.titles(rows, columns), known, earlier(load.previous), decisions))


def not_indexed() -> str:
    return _("The titles of this service are not in the title index yet. Index the service first, then compare.")


def compared_with(service_id: str) -> QuerySet[Load]:
    """The files that were compared with a service, the latest first."""
    found = Load.objects.filter(form=Load.Form.KBART, service_id=service_id, counts__isnull=False)
    return found.defer("content").order_by("-pk")


def last_time(service_id: str) -> Load | None:
    """The comparison of last time: the latest that somebody made a job of, or had a week to. What a younger one found
    nobody may have looked at."""
    a_week_ago = clock.moment() - WEEK
    for load in compared_with(service_id):
        if load.made < a_week_ago or jobs_made_of(load).exists():
            return load
    return None


def jobs_made_of(load: Load) -> QuerySet[Job]:
    """The jobs that its groups became, the newest first."""
    found = Job.objects.filter(created__gte=load.made, params__load=load.pk)
    return found.exclude(kind=SORT).order_by("-pk")


def earlier(load: Load | None) -> dict[str, str]:
    """title_id, and matching.key, of a title → the path that it was found at; "" where there were several."""
    found: dict[str, str] = {}
    matched = LoadRow.objects.filter(load=load).exclude(path="") if load else LoadRow.objects.none()
    for where, data in matched.values_list("path", "data").iterator():
        for text in filter(None, ((data or {}).get(name) for name in ("match_key", "title_id"))):
            found[text] = where if found.get(text, where) == where else ""
    return found


class Row(NamedTuple):
    """What the index has of a title, without what makes objects slow: there may be a hundred thousand."""

    alma_id: int
    mms_id: int | None
    title: str
    issn: str | None
    isbn: str | None
    url: str | None
    author: str | None
    publisher: str | None
    facts: dict[str, Any] | None
    facet_id: int


def rows_of(service: Service) -> Iterator[Row]:
    """All titles of a service in the index, by title, some thousand at a time: no reading stays open beside a worker's
    writes."""
    titles = Title.objects.filter(service__service_id=service[1])
    pks = list(titles.order_by("sort", "pk").values_list("pk", flat=True))
    for start in range(0, len(pks), CHUNK):
        some = pks[start : start + CHUNK]
        found = {pk: Row(*row) for pk, *row in Title.objects.filter(pk__in=some).values_list("pk", *Row._fields)}
        yield from (found[pk] for pk in some if pk in found)


def listed(service: Service) -> Iterator[Listed]:
    """The titles of a service, for a KBART file of it."""
    facets = Facet.objects.in_bulk()
    for row in rows_of(service):
        facts = row.facts or {}
        yield Listed(
            str(row.alma_id),
            row.title,
            row.issn or "",
            row.isbn or "",
            row.url or "",
            coverage_in_force(facts),
            embargo_in_force(facts),
            row.author or "",
            row.publisher or "",
            facets[row.facet_id].material,
        )


def embargo_in_force(facts: dict[str, Any]) -> Record | None:
    """The embargo that readers meet, by “Coverage in use”."""
    local, other = facts.get(EMBARGO["local"]), facts.get(EMBARGO["global"])
    found = {"1": other, "2": local or other, "3": local or other}.get(facts.get(IN_USE, ""), local)
    return found if isinstance(found, dict) else None


def _known(service: Service, row: Row, facet: Facet) -> Known:
    facts = row.facts or {}
    found = identifiers_in(f"{row.issn or ''} ; {row.isbn or ''}")
    return Known(
        f"{service[0]}/{service[1]}/{row.alma_id}",
        row.title,
        str(row.mms_id or ""),
        tuple(filter(is_issn, found)),
        tuple(filter(is_isbn, found)),
        row.url or "",
        coverage_in_force(facts),
        embargo_in_force(facts),
        str(facts.get(IN_USE, "")),
        row.facts is not None,
        facet.origin != "zone" and facet.override != "yes",
        facet.availability,
    )


def _with_mms_ids(rows: Iterable[Sorted]) -> Iterator[Sorted]:
    """New titles get the MMS ID of the one title in the index, of any service, that has their ISSN or ISBN, unless that
    is quite another title."""
    waiting = []
    for row in rows:
        if row.group == "new" and not row.data.get("mms_id"):
            waiting.append(row)
        else:
            yield row
    queue = iter(waiting)
    while some := list(islice(queue, ASKED // 2)):
        found = _mms_ids([one for row in some for one in row.data["identifiers"]])
        for row in some:
            titles = [pair for one in row.data["identifiers"] for pair in found.get(one, {}).items()]
            yield _with_mms_id(row, dict(titles))


def _with_mms_id(row: Sorted, found: dict[int, str]) -> Sorted:
    """found: MMS ID → title."""
    mms_id, title = next(iter(found.items()), (0, ""))
    is_it = len(found) == 1 and not are_strangers(fold(row.title), fold(title))
    if is_it:
        why = _("The MMS ID is that of a title in the index with the same ISSN or ISBN.")
    elif len(found) == 1:
        words = {"title": title[:100], "mms_id": mms_id}
        why = _("Its ISSN or ISBN is that of another title in the index: “%(title)s”, MMS ID %(mms_id)s.") % words
    elif found:
        why = _("Several titles in the index have its ISSN or ISBN: %s.") % ", ".join(map(str, sorted(found)[:5]))
    elif row.data["identifiers"]:
        why = _("No title in the index has its ISSN or ISBN.")
    else:
        why = _("It has neither ISSN nor ISBN.")
    why = f"{why} {row.why}".strip()
    if not is_it:
        return replace(row, group=WITHOUT, why=why)
    return replace(row, why=why, data=row.data | {"mms_id": str(mms_id)})


def _mms_ids(identifiers: Sequence[str]) -> dict[str, dict[int, str]]:
    """Identifier → MMS ID → title of those in the index that have it."""
    pks = search.of_identifiers([one for each in identifiers for one in (each, _ten(each)) if one])
    found: dict[str, dict[int, str]] = {}
    columns = ("mms_id", "title", "issn", "isbn")
    for start in range(0, len(pks), ASKED):
        titles = Title.objects.filter(pk__in=pks[start : start + ASKED], mms_id__isnull=False)
        for mms_id, title, issn, isbn in titles.values_list(*columns):
            for one in identifiers_in(f"{issn or ''} ; {isbn or ''}"):
                found.setdefault(one, {})[mms_id] = title
    return found


def _ten(isbn: str) -> str:
    """The ten digits that this ISBN had before there were thirteen, "" for none: the index has what Alma has."""
    if not (is_isbn(isbn) and isbn.startswith("978")):
        return ""
    total = sum((10 - place) * int(digit) for place, digit in enumerate(isbn[3:12]))
    return f"{isbn[3:12]}{'0123456789x'[-total % 11]}"
