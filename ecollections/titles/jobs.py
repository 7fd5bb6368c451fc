"""The jobs that read Alma for the title index. They change nothing there, so they start by themselves."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal.alma import clock
from almaportal.alma.errors import AlmaNotFound, AlmaRejected
from almaportal.alma.records import Record, code, dig, rows, whole_number
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, places, targets
from ecollections.create_jobs import is_service
from ecollections.ids import number
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE
from ecollections.models import IndexedService, Title
from ecollections.record_job import PAGE, RecordJob, services_of
from ecollections.titles import index
from ecollections.titles.matched import matched

INDEX, READ = "index-titles", "read-portfolios"
State = Item.State


class IndexTitles(RecordJob):
    """Reads the lists of services, a hundred portfolios a call.

    targets: paths of services, or of e-collections for all their services; params: {"identifiers": also ask for the
    titles' ISSN, ISBN, author and publisher, one more call a hundred where they are not known; "night": the day that it
    was started for by itself}.
    The first page of each service is read by the plan, which learns from it how many there are; an item is a page,
    and, at a later stage, the end of a service: what its list had no more is taken out.
    """

    name, label = INDEX, gettext_lazy("Index titles")
    calls = (1, 1)
    only_reads = True
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
                for service in [target] if is_service(target) else [one.path for one in services_of(target)]:
                    yield self._pages(job, service.split("/"))
            except (AlmaNotFound, AlmaRejected) as error:
                yield [Found(target, missing=error.said.text or error.hint)]

    def _pages(self, job: Job, ids: list[str]) -> list[Found]:
        answer = alma.portfolios(ids[0], ids[1], PAGE, 0)
        total = whole_number(answer.data.get("total_record_count")) or 0
        first = rows(answer.data, "portfolio")
        _remember(ids, first, total)
        mms_ids = [code(dig(row, "resource_metadata.mms_id")) for row in first]
        path = "/".join(ids)
        asked = [Found(f"{path}/page-1", _of_page(1), {"mms_ids": mms_ids})] if job.params.get("identifiers") else []
        pages = [Found(f"{path}/page-{n}", _of_page(n), {"page": n}) for n in range(2, -(-total // PAGE) + 1)]
        name = places.names(ids[1]).get(ids[1], ids[1])
        return [*asked, *pages, Found(path, name, {"total": total}, stage=1)]

    def review(self, job: Job, item: Item) -> Verdict:
        raise NotImplementedError  # only_reads: there is none

    def apply(self, job: Job, item: Item) -> Outcome:
        ids, given = item.ids[:2], item.input or {}
        if "total" in given:
            return _ended(job, ids, given["total"])
        if "page" in given:
            found = _read(ids, given["page"])
            given = {"mms_ids": [code(dig(row, "resource_metadata.mms_id")) for row in found]}
        if job.params.get("identifiers"):
            _identify(given["mms_ids"])
        return Outcome(State.DONE)

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return None  # reading once more harms nobody

    def more_calls(self, job: Job) -> int:
        """The bibs of each page; and the end of a service, an item too, costs nothing."""
        pending = job.items.filter(state=State.PENDING)
        bibs = pending.filter(stage=0, input__has_key="page").count() if job.params.get("identifiers") else 0
        return bibs - pending.filter(stage=1).count()

    def address(self, item: Item) -> str:
        return SERVICE.address(item.ids[:2]) if len(item.ids) > 1 else COLLECTION.address(item.ids)


def _of_page(n: int) -> str:
    return _("Titles %(first)d to %(last)d of the list") % {"first": (n - 1) * PAGE + 1, "last": n * PAGE}


def _remember(ids: Sequence[str], found: list[Record], total: int) -> None:
    """A page of the list that may come from the cache: then nobody has remembered it for the index yet."""
    home = (ids[0], ids[1])
    index.see((row, places.home(row) or home) for row in found)
    index.listed(code(row.get("id")) for row in found)
    index.service_of(home)
    IndexedService.objects.filter(service_id=ids[1]).update(total=total)


def _read(ids: Sequence[str], page: int) -> list[Record]:
    with alma.reading_anew():
        answer = alma.proven(alma.portfolios(ids[0], ids[1], PAGE, (page - 1) * PAGE))
    found = rows(answer.data, "portfolio")
    _remember(ids, found, whole_number(answer.data.get("total_record_count")) or 0)
    return found


def _identify(mms_ids: list[str]) -> None:
    """Of those whose bib was not asked for yet: one call."""
    numbers = [pk for one in mms_ids if (pk := number(one))]
    unknown = Title.objects.filter(mms_id__in=numbers, issn=None).values_list("mms_id", flat=True)
    if asked := sorted({str(pk) for pk in unknown})[:PAGE]:
        index.identify(rows(alma.bibs(asked).data, "bib"), asked)


def _ended(job: Job, ids: Sequence[str], total: int) -> Outcome:
    """All pages of a service are over. What was not among them is gone, unless the list moved while it was read, or a
    page could not be."""
    service = IndexedService.objects.get(service_id=ids[1])
    read = job.items.filter(path__startswith=f"{'/'.join(ids)}/")
    if read.exclude(state=State.DONE).exists():
        return Outcome(State.FAILED, _("Not all pages of its list could be read: nothing was taken out of the index."))
    fields = {"built": clock.moment()} | ({"has_identifiers": True} if job.params.get("identifiers") else {})
    IndexedService.objects.filter(pk=service.pk).update(**fields)
    if service.total != total:
        return Outcome(State.DONE, _("Its list changed while it was read: index it again to see what is gone."))
    gone = index.forget_unseen(service, job.created.timestamp())
    words = ngettext("%d title is gone from it.", "%d titles are gone from it.", gone) % gone
    return Outcome(State.DONE, words if gone else "")


class ReadPortfolios(RecordJob):
    """Reads whole records, one call each, so that the index knows their URLs and coverage.

    targets: as in `targets`; params: {"match": {"index": Query.as_json()}} for all that match in the index.
    """

    name, label = READ, gettext_lazy("Read whole records")
    calls = (1, 1)
    only_reads = True
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

    def review(self, job: Job, item: Item) -> Verdict:
        raise NotImplementedError  # only_reads: there is none

    def apply(self, job: Job, item: Item) -> Outcome:
        """What is read is remembered in passing (alma.portfolio)."""
        try:
            alma.newest(item.ids)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Outcome(State.SKIPPED, error.said.text or error.hint, error.said.code)
        return Outcome(State.DONE)

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return None  # reading once more harms nobody


def register_kinds() -> None:
    register(IndexTitles())
    register(ReadPortfolios())
