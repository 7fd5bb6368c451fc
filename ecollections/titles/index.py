"""The title index kept up to date: by its own job, and in passing by every page and write that reads portfolios.

An index to search, never the truth about a record. Nothing is written when nothing is new.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction

from almaportal.alma import clock
from almaportal.alma.records import Record, code
from ecollections.ids import number
from ecollections.models import Facet, IndexedService, Title
from ecollections.titles import facts, words
from ecollections.titles.facts import Facts

FACET = ("availability", "origin", "library", "material", "override", "gaps")
IDENTIFIERS = ("issn", "isbn", "author", "publisher")
COMPARED = ("title", "sort", "mms_id", "service", "facet", *IDENTIFIERS, "url", "facts")
FOUND_BY = ("title", "service_id", "facet", *IDENTIFIERS)
SMALL = 500  # rows that are taken out or looked up at a time


def see(records: Iterable[tuple[Record, tuple[str, str]]]) -> None:
    """Remember portfolios: (row of a list or whole record, (e-collection, service) that it is in)."""
    found: dict[int, tuple[Facts, tuple[str, str]]] = {}
    for record, home in records:
        if one := facts.of(record):
            found[one.alma_id] = one, home
    if found and _is_news(found):
        with transaction.atomic():
            _write(found)


def listed(alma_ids: Iterable[str]) -> None:
    """The list of their service has these: what it has no more is found by that they were not."""
    numbers = [pk for one in alma_ids if (pk := number(one))]
    Title.objects.filter(alma_id__in=numbers).update(seen=int(clock.now()))


def identify(bibs: Sequence[Record], mms_ids: Collection[str]) -> None:
    """Remember what bibs say of the titles that were asked for: those that Alma does not know have nothing."""
    known = {pk: bib for bib in bibs if (pk := number(code(bib.get("mms_id"))))}
    asked = [pk for one in mms_ids if (pk := number(one))]
    with transaction.atomic():
        titles = list(Title.objects.filter(mms_id__in=asked).select_related("facet"))
        changes = [(title, _identifiers(known.get(title.mms_id or 0, {}))) for title in titles]
        _change(changes)


def _identifiers(bib: Record) -> dict[str, Any]:
    names = {"issn": "issn", "isbn": "isbn", "author": "author", "publisher": "publisher_const"}
    return {ours: code(bib.get(theirs)) for ours, theirs in names.items()}


def forget(alma_ids: Iterable[str]) -> None:
    """Portfolios that are gone."""
    numbers = [pk for one in alma_ids if (pk := number(one))]
    for start in range(0, len(numbers), SMALL):
        _take_out(Title.objects.filter(alma_id__in=numbers[start : start + SMALL]))


def forget_all_of(service_id: str) -> None:
    """The portfolios of a service that was seen to have none."""
    for service in IndexedService.objects.filter(service_id=service_id):
        forget_unseen(service, clock.now() + 1)


def forget_place(ids: Sequence[str]) -> None:
    """A record that is gone, by its path: a portfolio, or a service or an e-collection with all below it."""
    if len(ids) > 2:
        forget([ids[2]])
        return
    for service in IndexedService.objects.filter(**dict(zip(("collection_id", "service_id"), ids, strict=False))):
        forget_unseen(service, clock.now() + 1)
        with transaction.atomic():
            if not Title.objects.filter(service=service).exists():  # seen meanwhile: its words would be left over
                service.delete()


def forget_unseen(service: IndexedService, since: float) -> int:
    """Take out what the list of a service had no more; how many. since: epoch seconds, when reading it began."""
    gone = 0
    old = Title.objects.filter(service=service, seen__lt=int(since))
    while found := list(old.values_list("pk", flat=True)[:SMALL]):
        gone += _take_out(Title.objects.filter(pk__in=found))
    return gone


def note_total(service_id: str, total: int) -> None:
    """How many portfolios Alma's list says that a service has: that is what reading it costs."""
    known = IndexedService.objects.filter(service_id=service_id).exclude(total=total)
    if known.exists():
        known.update(total=total)


def service_of(home: tuple[str, str]) -> IndexedService:
    """The row of a service, made when there is none yet."""
    found, _made = IndexedService.objects.get_or_create(service_id=home[1], defaults={"collection_id": home[0]})
    if found.collection_id != home[0]:
        IndexedService.objects.filter(pk=found.pk).update(collection_id=home[0])
        found.collection_id = home[0]
    return found


def _take_out(titles: Any) -> int:
    with transaction.atomic():
        found = list(titles.select_related("facet"))
        words.take_out([(one.pk, words.document(one, one.facet)) for one in found])
        Title.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


def _is_news(found: dict[int, tuple[Facts, tuple[str, str]]]) -> bool:
    known = {one.alma_id: one for one in Title.objects.filter(alma_id__in=found).select_related("facet", "service")}
    return any(
        alma_id not in known
        or (known[alma_id].service.collection_id, known[alma_id].service.service_id) != home
        or _differs(known[alma_id], one)
        for alma_id, (one, home) in found.items()
    )


def _differs(title: Title, one: Facts) -> bool:
    return any(getattr(title, name) != value for name, value in one.row.items()) or any(
        getattr(title.facet, name) != value for name, value in one.facet.items()
    )


def _write(found: dict[int, tuple[Facts, tuple[str, str]]]) -> None:
    """Inside a transaction, which no other writer of the index shares."""
    now = int(clock.now())
    services = {home: service_of(home) for home in {home for _one, home in found.values()}}
    known = {one.alma_id: one for one in Title.objects.filter(alma_id__in=found).select_related("facet")}
    known_facets = Facets()
    new, changed = [], []
    for alma_id, (one, home) in found.items():
        old = known.get(alma_id)
        values = {name: getattr(old.facet, name) for name in FACET} if old else dict.fromkeys(FACET, "")
        row = {**one.row, "service_id": services[home].pk, "facet": known_facets.of({**values, **one.facet})}
        if old is None:
            new.append(Title(alma_id=alma_id, seen=now, changed=now, **row))
        else:
            changed.append((old, row))
    Title.objects.bulk_create(new)
    words.put([(one.pk, words.document(one, one.facet)) for one in new])
    _change(changed, now)


def _change(changes: Sequence[tuple[Title, dict[str, Any]]], now: int | None = None) -> None:
    """Give rows these values: they are found by what they say from now on. now: when somebody noticed, epoch seconds;
    None where the portfolio itself is no other."""
    changed, found_by = [], []
    for title, values in changes:
        differing = [name for name, value in values.items() if getattr(title, name) != value]
        if not differing:
            continue
        if set(differing) & set(FOUND_BY):
            found_by.append(title)
            words.take_out([(title.pk, words.document(title, title.facet))])
        for name in differing:
            setattr(title, name, values[name])
        title.changed = now or title.changed
        changed.append(title)
    Title.objects.bulk_create(  # five times as fast as bulk_update
        changed, update_conflicts=True, unique_fields=["id"], update_fields=[*COMPARED, "changed"]
    )
    words.put([(title.pk, words.document(title, title.facet)) for title in found_by])


class Facets:
    """Those that there are, read once; one that is missing is made."""

    def __init__(self) -> None:
        self.known = {tuple(getattr(one, name) for name in FACET): one for one in Facet.objects.all()}

    def of(self, values: dict[str, str]) -> Facet:
        key = tuple(values[name] for name in FACET)
        if key not in self.known:
            self.known[key] = Facet.objects.create(**values)
        return self.known[key]
