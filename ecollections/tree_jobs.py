"""Deleting an e-collection or a service with everything below: portfolios, then services, then the e-collection."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal.alma import clock
from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaNotFound, AlmaRejected
from almaportal.alma.paging import every
from almaportal.alma.records import Record, code, rows
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Halt, NotYet, Outcome, register
from almaportal.jobs.models import Item, Job
from ecollections import alma, deleting, going, places
from ecollections.delete_jobs import Delete
from ecollections.kinds import COLLECTION, KINDS, SERVICE
from ecollections.record_job import portfolios_of, services_of
from ecollections.targets import wrong_with

STAGES = {3: 0, 2: 1, 1: 2}  # length of the path → stage
BLOCKED = "60289"  # something is attached, says Alma: perhaps what it is just deleting
BLOCKED_TRIES = 5
PAUSES = (1, 2, 4, 8, 15)  # seconds between looks, before the job goes to wait
SHORTEST, LONGEST = 30, 600  # seconds that a job waits
LISTED = 2000  # portfolios: while Alma has more of them left to delete, they are not looked through
State = Item.State


class DeleteTree(Delete):
    """targets: one or more paths of an e-collection (C) or a service (C/S): exactly these, with all below."""

    name, label = "delete-tree", gettext_lazy("Delete with everything below")

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        wrong = [target for target in targets if not _is_target(target)]
        text = _("“%s” is neither the ID of an e-collection nor the path of a service: <e-collection>/<service>.")
        return [*super().check(targets, params), *(text % str(target)[:100] for target in wrong[:10])]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        ids = [target.rpartition("/")[2] for target in targets]
        names = {"name": places.names(ids[0]).get(ids[0], ids[0]), "more": len(ids) - 1}
        if names["more"]:
            return _("Delete %(name)s (+%(more)d more) with everything below") % names
        return _("Delete %(name)s with everything below") % names

    def plan(self, job: Job) -> Iterator[list[Found]]:
        for target in job.targets:
            ids = target.split("/")
            kind = KINDS[len(ids) - 1]
            try:
                top = Found(target, kind.title(alma.read(ids).data), stage=STAGES[len(ids)])
                services = services_of(target) if kind is COLLECTION else [top]
                for service in services:
                    yield from portfolios_of(service.path.split("/"))
            except (AlmaNotFound, AlmaRejected) as error:
                yield [Found(target, stage=STAGES[len(ids)], missing=error.said.text or error.hint)]
                continue
            if kind is COLLECTION:
                yield [Found(one.path, one.title, stage=STAGES[2]) for one in services]
            yield [top]

    def tree(self, job: Job) -> Any:
        """{"rows": [{"depth": 0 or 1, "kind": a name, "path", "title", "portfolios": how many}, …] and how many there
        are in all: "portfolios", "services", "collections"}."""
        items = job.items.exclude(verdict=Item.Verdict.MISSING)
        paths = items.filter(stage=STAGES[3]).values_list("path", flat=True).iterator()
        found = Counter("/".join(path.split("/")[:2]) for path in paths)
        above = sorted(
            items.exclude(stage=STAGES[3]).values_list("path", "title")
        )  # a service follows its e-collection
        counted = {
            path: found[path] if "/" in path else sum(n for one, n in found.items() if one.startswith(f"{path}/"))
            for path, _title in above
        }
        tree_rows = [
            {
                "depth": 1 if "/" in path and path.split("/")[0] in counted else 0,
                "kind": KINDS[path.count("/")].name,
                "path": path,
                "title": title,
                "portfolios": counted[path],
            }
            for path, title in above
        ]
        services = sum(1 for path, _title in above if "/" in path)
        return {
            "rows": tree_rows,
            "portfolios": found.total(),
            "services": services,
            "collections": len(above) - services,
        }

    def apply(self, job: Job, item: Item) -> Outcome:
        if len(item.ids) > SERVICE.depth:
            return self.delete_portfolio(job, item)
        look = _look_in_service if len(item.ids) == SERVICE.depth else _look_in_collection
        try:
            record = _wait_until_empty(job, item, look)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return Outcome(State.UNCHANGED, _("It was gone already."))
        try:
            change = deleting.delete_kept(item.ids, record, "", Why(job.reason))
        except AlmaRejected as error:
            if error.said.code == BLOCKED and not _is_hopeless(job, item):
                raise NotYet(SHORTEST, error.said.text) from None
            raise
        return Outcome(State.DONE, change=change.pk)


Look = Callable[[Job, Sequence[str]], tuple[Record, str]]  # the record, and what it waits for, "" for nothing


def _wait_until_empty(job: Job, item: Item, look: Look) -> Record:
    """The record as it is once nothing is left below it. Raises NotYet, Halt, AlmaError."""
    for pause in PAUSES:
        with alma.reading_anew():
            record, text = look(job, item.ids)
        if not text:
            return record
        if current().seconds_left() < 2 * pause + PAUSES[-1]:
            break
        clock.sleep(pause)
    raise NotYet(_as_long_again(job), text)


def _as_long_again(job: Job) -> float:
    """Seconds to wait: as long again as since the last delete of the job, so the looks become rarer."""
    last = Change.objects.filter(job_id=job.pk, action=Change.Action.DELETE).order_by("-pk").first()
    waited = (clock.moment() - last.at).total_seconds() if last else 0
    return min(LONGEST, max(SHORTEST, waited))


def _is_hopeless(job: Job, item: Item) -> bool:
    """Whether Alma has said often enough that something is attached, which it does not list."""
    refused = Change.objects.filter(job_id=job.pk, record_id=item.ids[-1], code=BLOCKED)
    return refused.count() >= BLOCKED_TRIES


def _look_in_service(job: Job, ids: Sequence[str]) -> tuple[Record, str]:
    record = alma.newest(ids)
    count = deleting.below(ids, record).portfolios or 0
    if not count:
        going.nothing_left(ids)
        return record, ""
    planned = job.items.filter(stage=STAGES[3], path__startswith=f"{'/'.join(ids)}/")
    more = count - planned.filter(state=State.DONE).count()
    if count <= LISTED or more > 0:
        paths = ["/".join([*ids, code(row.get("id"))]) for row in every(_pages(ids), "portfolio")]
        _halt_unless_deleted(job, paths, SERVICE.name)
    text = ngettext("Alma is still deleting %d portfolio.", "Alma is still deleting %d portfolios.", count)
    return record, text % count


def _pages(ids: Sequence[str]) -> Callable[[int, int], Any]:
    return lambda limit, offset: alma.proven(alma.portfolios(ids[0], ids[1], limit, offset))


def _look_in_collection(job: Job, ids: Sequence[str]) -> tuple[Record, str]:
    record = alma.newest(ids)
    listed = rows(alma.proven(alma.services(*ids)).data, "electronic_service")
    _halt_unless_deleted(job, [f"{ids[0]}/{code(row.get('id'))}" for row in listed], COLLECTION.name)
    return record, _("Alma is still deleting the electronic service.") if listed else ""


def _halt_unless_deleted(job: Job, paths: Sequence[str], above: str) -> None:
    """Raises Halt when one of these is there that the job did not delete."""
    states: dict[str, str] = {}
    for start in range(0, len(paths), going.BATCH):
        found = job.items.filter(path__in=paths[start : start + going.BATCH])
        states |= dict(found.values_list("path", "state"))
    added = [path for path in paths if path not in states]
    failed = [path for path, state in states.items() if state != State.DONE]
    if not added and not failed:
        return
    why = _added(len(added), above) if added else _failed(len(failed), above)
    kept = _("What is above was not deleted.")
    raise Halt(f"{why} {kept}")


def _added(n: int, above: str) -> str:
    if above == SERVICE.name:
        text = ngettext(
            "%d portfolio was added to the service since this job was planned: submit a new delete to include it.",
            "%d portfolios were added to the service since this job was planned: submit a new delete to include them.",
            n,
        )
    else:
        text = ngettext(
            "%d service was added to the e-collection since this job was planned: submit a new delete to include it.",
            "%d services were added to the e-collection since this job was planned: submit a new delete for them.",
            n,
        )
    return text % n


def _failed(n: int, above: str) -> str:
    if above == SERVICE.name:
        text = ngettext(
            "%d portfolio of the service was not deleted: see why among the records, then try again.",
            "%d portfolios of the service were not deleted: see why among the records, then try again.",
            n,
        )
    else:
        text = ngettext(
            "%d service of the e-collection was not deleted: see why among the records, then try again.",
            "%d services of the e-collection were not deleted: see why among the records, then try again.",
            n,
        )
    return text % n


def _is_target(target: Any) -> bool:
    return (
        isinstance(target, str)
        and not wrong_with(target)
        and target.count("/") < SERVICE.depth
        and ("/" in target or target.startswith("61"))
    )


def register_kinds() -> None:
    register(DeleteTree())
