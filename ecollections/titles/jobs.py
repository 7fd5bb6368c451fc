"""The jobs that read Alma for the title index. They change nothing there, so they start by themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal.alma import clock
from almaportal.alma.errors import AlmaNotFound, AlmaRejected
from almaportal.alma.gateway import Answer
from almaportal.alma.records import Record, code, dig, rows, whole_number
from almaportal.jobs.kinds import Found, Outcome, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, places, targets
from ecollections.create_jobs import is_service
from ecollections.ids import number
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE
from ecollections.models import IndexedService, Title
from ecollections.record_job import PAGE, ReadingJob, services_of
from ecollections.titles import index
from ecollections.titles.matched import matched

INDEX, READ = "index-titles", "read-portfolios"
State = Item.State


class IndexTitles(ReadingJob):
    """Reads the lists of services, a hundred portfolios a call.

    targets: paths of services, or of e-collections for all their services; params: {"identifiers": also ask for the
    titles' ISSN, ISBN, author and publisher, one more call a hundred where they are not known; "night": the day that it
    was started for by itself}.
    The first page of each service is read by the plan, which learns from it how many there are; an item is a page,
    and, at a later stage, the end of a service: what its list had no more is taken out.
    """

    name, label = INDEX, gettext_lazy("Index titles")
    calls = (1, 1)
    takes = frozenset({"identifiers"})

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        wrong = [one for one in targets if not (is_service(one) or (isinstance(one, str) and one.isalnum()))]
        found = [_("“%s” is neither a service nor an e-collection.") % one for one in wrong[:10]]
        return [*super().check(targets, params), *found]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        alma_id = targets[0].rpartition("/")[2]
        name = places.names(alma_id).get(alma_id, alma_id)
        more = ngettext(" and %d more", " and %d more", len(targets) - 1) % (len(targets) - 1)
        return _("Index titles of %s") % name[:150] + (more if len(targets) > 1 else "")

    def does(self, params: dict[str, Any]) -> list[str]:
        return [_("Asks for ISSN, ISBN, author and publisher too.")] if params.get("identifiers") else []

    def plan(self, job: Job) -> Iterator[list[Found]]:
        for target in job.targets:
            try:
                services = [target] if is_service(target) else [one.path for one in services_of(target)]
            except (AlmaNotFound, AlmaRejected) as error:
                yield [_missing(target, error)]
                continue
            for path in services:
                try:
                    found = self._pages(job, path.split("/"))
                except (AlmaNotFound, AlmaRejected) as error:
                    found = [_missing(path, error)]
                yield found

    def _pages(self, job: Job, ids: list[str]) -> list[Found]:
        data = _first_page(job, ids).data
        total, first, path = _total(data), rows(data, "portfolio"), "/".join(ids)
        if total < len(first):  # else all behind the first page would be taken for gone
            return [Found(path, missing=_("Alma does not say how many portfolios it has."))]
        _remember(ids, first, total)
        asked = [Found(f"{path}/page-1", _of_page(1), {"mms_ids": _mms_ids(first)})]
        pages = [
            Found(f"{path}/page-{n}", _of_page(n), {"page": n, "of": total}) for n in range(2, -(-total // PAGE) + 1)
        ]
        name = places.names(ids[1]).get(ids[1], ids[1])
        end = Found(path, name, {"total": total}, stage=1)
        return [*(asked if job.params.get("identifiers") else []), *pages, end]

    def apply(self, job: Job, item: Item) -> Outcome:
        ids, given = item.ids[:2], item.input or {}
        if "total" in given:
            return _ended(job, ids)
        if "page" not in given:
            _identify(given["mms_ids"])
            return Outcome(State.DONE)
        found, total = _read(ids, given["page"])
        if job.params.get("identifiers"):
            _identify(_mms_ids(found))
        moved = _("The list has %(now)d titles now, and had %(before)d.") % {"now": total, "before": given["of"]}
        return Outcome(State.DONE, moved if total != given["of"] else "")

    def more_calls(self, job: Job) -> int:
        """The bibs of each page; and the end of a service, an item too, costs nothing."""
        pending = job.items.filter(state=State.PENDING)
        bibs = pending.filter(stage=0, input__has_key="page").count() if job.params.get("identifiers") else 0
        return bibs - pending.filter(stage=1).count()

    def address(self, item: Item) -> str:
        return SERVICE.address(item.ids[:2]) if len(item.ids) > 1 else COLLECTION.address(item.ids)


def _of_page(n: int) -> str:
    return _("Titles %(first)d to %(last)d of the list") % {"first": (n - 1) * PAGE + 1, "last": n * PAGE}


def _missing(path: str, error: AlmaNotFound | AlmaRejected) -> Found:
    """What Alma has no more goes out of the index too."""
    if isinstance(error, AlmaNotFound) and error.is_gone:
        index.forget_place(path.split("/"))
    return Found(path, missing=error.said.text or error.hint)


def _first_page(job: Job, ids: Sequence[str]) -> Answer:
    """As it is since somebody asked for it: kept for a plan that was interrupted, but none from before."""
    answer = alma.proven(alma.portfolios(ids[0], ids[1], PAGE, 0))
    if answer.read_at >= job.created:
        return answer
    with alma.reading_anew():
        return alma.proven(alma.portfolios(ids[0], ids[1], PAGE, 0))


def _total(data: Record) -> int:
    """Below zero is Alma's word for not having understood (facts 3.5)."""
    return max(0, whole_number(data.get("total_record_count")) or 0)


def _mms_ids(found: list[Record]) -> list[str]:
    return [code(dig(row, "resource_metadata.mms_id")) for row in found]


def _remember(ids: Sequence[str], found: list[Record], total: int) -> None:
    """That the list has these: what they are was remembered in passing (alma.portfolios)."""
    index.listed(code(row.get("id")) for row in found)
    index.service_of((ids[0], ids[1]))
    index.note_total(ids[1], total)


def _read(ids: Sequence[str], page: int) -> tuple[list[Record], int]:
    """The portfolios of this page, and how many the whole list has."""
    with alma.reading_anew():
        data = alma.proven(alma.portfolios(ids[0], ids[1], PAGE, (page - 1) * PAGE)).data
    found, total = rows(data, "portfolio"), _total(data)
    _remember(ids, found, total)
    return found, total


def _identify(mms_ids: list[str]) -> None:
    """Of those whose bib was not asked for yet: one call."""
    numbers = [pk for one in mms_ids if (pk := number(one))]
    unknown = Title.objects.filter(mms_id__in=numbers, issn=None).values_list("mms_id", flat=True)
    if asked := sorted({str(pk) for pk in unknown})[:PAGE]:
        index.identify(rows(alma.bibs(asked).data, "bib"), asked)


def _ended(job: Job, ids: Sequence[str]) -> Outcome:
    """All pages of a service are over. What was not among them is gone, unless the list moved while it was read, or a
    page could not be."""
    service = index.service_of((ids[0], ids[1]))
    read = job.items.filter(path__startswith=f"{'/'.join(ids)}/")
    if unread := read.exclude(state=State.DONE):
        text = _("Not all pages of its list could be read: nothing was taken out of the index.")
        return Outcome(State.FAILED, text, is_final=all(item.is_final for item in unread))
    fields = {"built": clock.moment()} | ({"has_identifiers": True} if job.params.get("identifiers") else {})
    IndexedService.objects.filter(pk=service.pk).update(**fields)
    if read.exclude(message="").exists():
        return Outcome(State.DONE, _("Its list changed while it was read: index it again to see what is gone."))
    gone = index.forget_unseen(service, job.created.timestamp())
    words = ngettext("%d title is gone from it.", "%d titles are gone from it.", gone) % gone
    return Outcome(State.DONE, words if gone else "")


class ReadPortfolios(ReadingJob):
    """Reads whole records, one call each, so that the index knows their URLs and coverage.

    targets: as in `targets`; params: {"match": {"index": Query.as_json()}} for all that match in the index.
    """

    name, label = READ, gettext_lazy("Read whole records")
    calls = (1, 1)
    takes = frozenset[str]()

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        return super().check(targets or ([params["match"]] if "match" in params else []), params)

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        n = params["match"]["expected"] if "match" in params else len(targets)
        if "match" not in params and any(targets_of.count("/") < len(KINDS) - 1 for targets_of in map(str, targets)):
            return str(self.label)
        return ngettext("Read %d whole record", "Read %d whole records", n) % n

    def plan(self, job: Job) -> Iterator[list[Found]]:
        yield from matched(job) if "match" in job.params else targets.found(PORTFOLIO, job.targets)

    def apply(self, job: Job, item: Item) -> Outcome:
        """What is read is remembered in passing (alma.portfolio)."""
        try:
            alma.newest(item.ids)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Outcome(State.SKIPPED, error.said.text or error.hint, error.said.code)
        return Outcome(State.DONE)


def register_kinds() -> None:
    register(IndexTitles())
    register(ReadPortfolios())
