"""Making many portfolios from rows, each by the same rules as the form."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal import codes
from almaportal.alma.errors import AlmaDenied, AlmaNotFound
from almaportal.alma.records import Record, code, is_empty, rows, tidy
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.jobs.kinds import Found, Outcome, Verdict, register
from almaportal.jobs.models import Item, Job
from ecollections import actions, alma, checks, creating, making
from ecollections.actions import Refused
from ecollections.field import CELLED
from ecollections.kinds import PORTFOLIO, SERVICE
from ecollections.making import Unclear
from ecollections.record_form import tables_of
from ecollections.record_job import PAGE, RecordJob, to_do
from ecollections.values import raw, write

MMS_ID, URL = "resource_metadata.mms_id", "linking_details.static_url"
FIRST = 10  # wrong rows that are named
Wrong = list[tuple[int, str, str]]  # number of the line, its text, what is wrong with it
State = Item.State


class CreatePortfolios(RecordJob):
    """targets: rows {"mms_id": text, "to": "<e-collection>/<service>", "set": {field path: value}}; params: {"set":
    {field path: value}} for all rows. A value is a text; of coverage and its like the rows as Alma has them."""

    name, label = "create-portfolios", gettext_lazy("Create portfolios")
    takes = frozenset({"set"})

    def given(self, targets: list[str], lines: list[str]) -> list[Any]:
        """targets: the one service they go to; lines: an MMS ID each and, where wished, a web address."""
        if len(targets) != 1:
            raise ValueError(_("Say the one service that they go to: <e-collection>/<service>."))
        found, wrong = rows_of("\n".join(lines), targets[0])
        if wrong:
            raise ValueError("\n".join(_("Line %d, “%s”: %s") % one for one in wrong[:FIRST]))
        return list(found)

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        wrong = [n for n, row in enumerate(targets, 1) if not _is_row(row)]
        found = [_("Row %d says no MMS ID, or not into which service.") % n for n in wrong[:FIRST]]
        tables = codes.tables(tables_of(PORTFOLIO))
        for path, value in params.get("set", {}).items():
            try:
                _set({}, path, value, tables)
            except Refused as refused:
                found.append(str(refused))
        return [*super().check(targets, params), *found]

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        return ngettext("Create %d portfolio", "Create %d portfolios", len(targets)) % len(targets)

    def plan(self, job: Job) -> Iterator[list[Found]]:
        firsts: dict[tuple[str, str], int] = {}
        for start in range(0, len(job.targets), PAGE):
            page = list(enumerate(job.targets[start : start + PAGE], start + 1))
            titles = _titles(job, [row["mms_id"] for _n, row in page])
            yield [_found(n, row, titles, firsts.setdefault(_same(row), n)) for n, row in page]

    def review(self, job: Job, item: Item) -> Verdict:
        try:
            body = _body(job, item)
            if not _is_there(job, item.ids[:2]):
                return Verdict(Item.Verdict.REFUSED, _("Alma has no such service."))
            seen = making.look(item.ids[:2], body, item.title)
        except Refused as refused:
            return Verdict(Item.Verdict.REFUSED, str(refused))
        except AlmaNotFound:
            return Verdict(Item.Verdict.MISSING, _("Alma has no title with this MMS ID."))
        after = {one.path: value for one in PORTFOLIO.fields.values() if (value := raw(one, body)) is not None}
        if seen.found:
            return Verdict(Item.Verdict.LEFT, already_there(seen.found[0][0]))
        return Verdict(Item.Verdict.CHANGES, before=dict.fromkeys(after), after=after)

    def apply(self, job: Job, item: Item) -> Outcome:
        """A look at what is there, then the POST."""
        above = item.ids[:2]
        try:
            body, change = _body(job, item), making.earlier(job, item)
        except Refused as refused:
            return Outcome(State.SKIPPED, str(refused))
        except Unclear as unclear:
            return making.unclear_outcome(unclear)
        if change:
            return making.finish(change, body)
        with creating.alone(above, body):
            seen = making.look(above, body, item.title)
            if seen.found:
                return Outcome(State.SKIPPED, already_there(seen.found[0][0]))
            return making.make(job, item, above, body, seen, Why(job.reason))

    def more_calls(self, job: Job) -> int:
        """Coverage follows the new portfolio by a call of its own."""
        to_make = to_do(job)
        if _has_coverage(job.params.get("set", {})):
            return to_make.count()
        inputs = to_make.values_list("input", flat=True).iterator()
        return sum(1 for row in inputs if _has_coverage((row or {}).get("set", {})))

    def settle(self, job: Job, item: Item) -> Outcome | None:
        return making.settled(job, item)

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        paths = ["/".join(ids) for ids in made_by(job).order_by("pk").values_list("ids", flat=True)]
        return ("delete-portfolios", paths, {"bib": "retain"}) if paths else None

    def can_be_undone(self, job: Job) -> bool:
        return made_by(job).exists()


def made_by(job: Job) -> QuerySet[Change]:
    return Change.objects.filter(job_id=job.pk, action=Change.Action.CREATE, state=Change.State.DONE)


def _has_coverage(values: Mapping[str, Any]) -> bool:
    return any(path.startswith(creating.COVERAGE) for path in values)


def already_there(alma_id: str) -> str:
    return _("It is there already as %s.") % alma_id


def is_service(path: Any) -> bool:
    """Whether this looks like the path of a service."""
    parts = path.split("/") if isinstance(path, str) else []
    return len(parts) == SERVICE.depth and all(part.isascii() and part.isalnum() and len(part) <= 40 for part in parts)


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and bool(row.get("mms_id")) and is_service(row.get("to"))


def _titles(job: Job, mms_ids: list[str]) -> dict[str, str] | None:
    """MMS ID → title of those that Alma knows: one call. None where the key may not ask."""
    asked = list(dict.fromkeys(one for one in map(_number, mms_ids) if one))
    if job.memo.get("no titles"):
        return None
    try:
        found = rows(alma.bibs(asked).data, "bib") if asked else []
    except AlmaDenied:
        job.memo["no titles"] = True
        return None
    return {code(row.get("mms_id")): code(row.get("title")) for row in found}


def _number(mms_id: Any) -> str:
    """One other thing among them, and Alma refuses all."""
    text = str(mms_id).strip()
    return text if text.isascii() and text.isdigit() else ""


def _same(row: dict[str, Any]) -> tuple[str, str]:
    """What makes two rows the same: title and service."""
    return str(row["mms_id"]).strip(), row["to"]


def _found(n: int, row: dict[str, Any], titles: dict[str, str] | None, first: int) -> Found:
    """first: the number of the first row with the same title and service."""
    mms_id = _number(row["mms_id"])
    title = (titles or {}).get(mms_id) or str(row["mms_id"])
    is_known = titles is None or not mms_id or mms_id in titles
    missing = "" if is_known else _("Alma has no title with this MMS ID.")
    refused = "" if first == n else _("Row %d is the same title in the same service.") % first
    return Found(f"{row['to']}/+{n}", title, input=row, missing=missing, refused=refused)


def _row(item: Item) -> dict[str, Any]:
    row: dict[str, Any] = item.input or {}
    return row


def _is_there(job: Job, above: list[str]) -> bool:
    """Whether Alma has the service: one call a slice."""
    key = f"service {above[1]}"
    if key not in job.memo:
        try:
            alma.newest(above)
            job.memo[key] = True
        except AlmaNotFound:
            job.memo[key] = False
    return bool(job.memo[key])


def _body(job: Job, item: Item) -> Record:
    """What the row asks for. Raises Refused with what is wrong with it."""
    if "tables" not in job.memo:
        job.memo["tables"] = codes.tables(tables_of(PORTFOLIO))
    tables = job.memo["tables"]
    body: Record = {"is_local": True}
    row = _row(item)
    wanted = {MMS_ID: str(row["mms_id"]), **job.params.get("set", {}), **row.get("set", {})}
    for path, value in wanted.items():
        _set(body, path, value, tables)
    for one in PORTFOLIO.fields.values():
        if one.required and is_empty(raw(one, body)):
            raise Refused(f"{one.label}: {checks.problem(one, '', tables)}")
    for path, sentence in checks.record_problems(body).items():
        raise Refused(f"{PORTFOLIO.fields[path].label}: {sentence}")
    return body


def _set(body: Record, path: str, value: Any, tables: Mapping[str, codes.Table]) -> None:
    one = actions.named(PORTFOLIO, path)
    if one is None or not one.is_settable(True, is_new=True):
        raise Refused(_("“%s” is no field that can be set.") % path)
    if one.kind in CELLED:
        sentence, words = actions.rows_problem(one, value), ""
    else:
        value = tidy(str(value))
        sentence, words = checks.problem(one, value, tables), (checks.options(one, tables) or {}).get(value, "")
    if sentence:
        raise Refused(f"{one.label}: {sentence}")
    write(one, body, value, words)


def rows_of(text: str, to: str) -> tuple[list[dict[str, Any]], Wrong]:
    """The rows of `create-portfolios` of a pasted list: in each line an MMS ID and, where wished, a web address."""
    found: list[dict[str, Any]] = []
    wrong: Wrong = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip("\"'=\ufeff") for cell in re.split(r"[\s,;]+", line.strip(), maxsplit=1)]
        if not any(cells):
            continue
        mms_id, url = cells[0], cells[1] if len(cells) > 1 else ""
        if why := checks.problem(PORTFOLIO.fields[MMS_ID], mms_id, {}) or checks.problem(
            PORTFOLIO.fields[URL], url, {}
        ):
            wrong.append((number, line.strip()[:100], why))
            continue
        own = {"set": {URL: url, "linking_details.url_type": "static"}} if url else {}
        found.append({"mms_id": mms_id, "to": to, **own})
    return found, wrong


def register_kinds() -> None:
    register(CreatePortfolios())
