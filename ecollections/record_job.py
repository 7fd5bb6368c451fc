"""What the kinds of jobs about e-collections, services and portfolios have alike."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, VIEW_ECOLLECTIONS
from almaportal.alma.records import code, rows
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Line, Outcome, Verdict
from almaportal.jobs.models import Item, Job
from almaportal.jobs.ordinary import OrdinaryJob, settled
from ecollections import alma
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE, Kind
from ecollections.show import text_of

PAGE = 100
State = Item.State


class RecordJob(OrdinaryJob):
    """A kind of job (almaportal.jobs.kinds.Kind) whose items are records of this area, by their paths."""

    may_view = VIEW_ECOLLECTIONS
    may = CHANGE_ECOLLECTIONS

    def settle(self, job: Job, item: Item) -> Outcome | None:
        """The row in the log of changes is made before the request leaves, so without one nothing left."""
        change = Change.objects.filter(job_id=job.pk, record_id=item.ids[-1]).order_by("-pk").first()
        return settled(change) if change else None

    def lines(self, item: Item) -> list[Line]:
        kind = KINDS[len(item.ids) - 1] if len(item.ids) <= len(KINDS) else PORTFOLIO
        before, after = item.before or {}, item.after or {}
        return [
            Line(str(one.label), text_of(one, before.get(path)), text_of(one, after.get(path)))
            for path in after
            if (one := kind.fields.get(path))
        ]

    def address(self, item: Item) -> str:
        is_gone = item.change is not None and item.change.action == Change.Action.DELETE
        ids = item.change.ids if item.change and item.change.ids else item.ids
        there = all(part.isalnum() for part in ids) and item.verdict != Item.Verdict.MISSING
        return KINDS[len(ids) - 1].address(ids) if there and not is_gone else ""


class ReadingJob(RecordJob):
    """A kind of job that changes nothing in Alma: it has no review, and what a dead worker left is done once more."""

    only_reads = True
    review_calls = 0

    def review(self, job: Job, item: Item) -> Verdict:
        raise AssertionError("a job that only reads goes from its plan to its run")

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return None


def to_do(job: Job) -> QuerySet[Item]:
    """The items that what is left of the run makes calls for, as far as the review tells."""
    without = (Item.Verdict.SAME, Item.Verdict.LEFT, Item.Verdict.REFUSED, Item.Verdict.MISSING)
    return job.items.filter(state=State.PENDING).exclude(verdict__in=without)


def below(ids: Sequence[str], kind: Kind) -> Iterator[list[Found]]:
    """The records of this kind at or below a path, a page at a time."""
    if len(ids) == kind.depth:
        yield [Found("/".join(ids))]
    elif len(ids) == SERVICE.depth:
        yield from portfolios_of(ids)
    elif len(ids) == COLLECTION.depth:
        services = services_of(ids[0])
        if kind is SERVICE:
            yield services
            return
        for service in services:
            yield from portfolios_of(service.path.split("/"))


def collections_of(query: str) -> Iterator[list[Found]]:
    """The e-collections that match a query of `alma.query`, "" for all: one call a hundred."""
    offset = 0
    while found := rows(alma.collections(query, PAGE, offset).data, "electronic_collection"):
        yield [Found(alma_id, COLLECTION.title(row)) for row in found if (alma_id := code(row.get("id")))]
        if len(found) < PAGE:
            return
        offset += PAGE


def services_of(collection_id: str) -> list[Found]:
    found = rows(alma.services(collection_id).data, "electronic_service")
    return [Found(f"{collection_id}/{code(row.get('id'))}", SERVICE.title(row)) for row in found]


def portfolios_of(ids: Sequence[str]) -> Iterator[list[Found]]:
    """Those of a service, by its path: one call a hundred."""
    offset = 0
    while found := rows(alma.portfolios(ids[0], ids[1], PAGE, offset).data, "portfolio"):
        yield [Found("/".join([*ids, code(row.get("id"))]), PORTFOLIO.title(row)) for row in found]
        if len(found) < PAGE:
            return
        offset += PAGE
