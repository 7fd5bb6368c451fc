"""The tables of the usage page: who and what spent the calls, which errors came, the latest failures."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Job
from almaportal.jobs.views import visible
from almaportal.request import Request
from almaportal.templatetags.portal import number
from almaportal.usage import words
from almaportal.usage.asked import SORTS, Asked
from almaportal.usage.figures import Part, Sums, failures, table, total

FIRST = 25
FAILURES_SHOWN = 50
IDS_SHOWN = 3  # tracking IDs of an error
CAN_PAUSE = (Job.State.QUEUED, Job.State.RUNNING, Job.State.WAITING)
LABELS = (_("Calls"), _("Share"), _("Saved"), _("429"), _("Waited"), _("Not made"), _("Median"), _("95 %"))
COLUMNS = dict(zip(SORTS[1:], LABELS, strict=True))
KEYS: dict[str, Callable[[Sums], float]] = {
    "calls": lambda sums: sums.calls,
    "share": lambda sums: sums.calls,
    "saved": lambda sums: sums.saved,
    "too_fast": lambda sums: sums.throttled,
    "waited": lambda sums: sums.waited,
    "not_made": lambda sums: sums.refused,
    "median": lambda sums: -1 if sums.median is None else sums.median,
    "p95": lambda sums: -1 if sums.p95 is None else sums.p95,
}


@dataclass(frozen=True)
class Row:
    """What was counted for a value of the dimension. percent: of all calls that match; job: for who may see it."""

    value: Any
    name: str
    sums: Sums
    percent: float
    job: Job | None = None
    can_be_paused: bool = False

    @property
    def meter(self) -> str:
        return str(round(self.percent))

    @property
    def share(self) -> str:
        return words.percent(self.percent)

    @property
    def cells(self) -> list[str]:
        """In the order of COLUMNS, without calls and share."""
        sums = self.sums
        return [
            number(sums.saved),
            number(sums.throttled),
            words.seconds(sums.waited) if sums.waited else "0",
            number(sums.refused),
            words.seconds(sums.median),
            words.seconds(sums.p95),
        ]


def rows(parts: Sequence[Part], asked: Asked, request: Request, most: int | None) -> tuple[list[Row], int]:
    """The first rows of the table in its order, all for None, and how many there are."""
    looked = [part for part in parts if part.of["outcome"] != "ok"] if asked.by == "code" else parts
    sums, calls = table(looked, asked.by), sum(part.sums.calls for part in parts)
    values = sorted(sums, key=lambda value: (-sums[value].calls, -sums[value].saved, str(value)))
    column, is_down = asked.sort.lstrip("-"), asked.sort.startswith("-")
    if column == "name":
        named = {} if asked.by == "job" else words.names(asked.by, values, request)
        values.sort(key=lambda value: named[value].casefold() if named else value, reverse=is_down)
    else:
        values.sort(key=lambda value: KEYS[column](sums[value]), reverse=is_down)
    shown = values[:most]
    names = words.names(asked.by, shown, request)
    jobs = _jobs(shown, request) if asked.by == "job" else {}
    found = [
        Row(one, names[one], sums[one], 100 * sums[one].calls / calls if calls else 0, *jobs.get(one, ()))
        for one in shown
    ]
    return found, len(values)


def _jobs(ids: Iterable[int], request: Request) -> dict[int, tuple[Job, bool]]:
    """Number → job, and whether this person can pause it now; those alone that they may see."""
    found = visible(request).only("kind", "state").in_bulk(set(ids))
    return {pk: (job, job.state in CAN_PAUSE and _may(job, request)) for pk, job in found.items()}


def _may(job: Job, request: Request) -> bool:
    return job.kind in KINDS and request.user.has_perm(KINDS[job.kind].may)


@dataclass(frozen=True)
class Failed:
    """A failure on record, with what its series tells."""

    at: datetime
    status: int | None
    text: str
    tracking_id: str
    method: str
    operation: str
    outcome: str
    code: str
    user_id: int
    person: str = ""

    @property
    def what(self) -> str:
        return str(words.OUTCOMES.get(self.outcome, self.outcome))


def failed(asked: Asked) -> list[Failed]:
    """All failures on record that match, the newest first, whatever the period."""
    of_series = ("method", "operation", "outcome", "code", "user_id")
    columns = ("at", "status", "text", "tracking_id", *(f"series__{name}" for name in of_series))
    return [Failed(*row) for row in failures(asked.conditions).values_list(*columns)]


@dataclass(frozen=True)
class Error:
    """The calls of the period that ended with this code, or without one with this outcome. filters: dimension → value
    that leave these calls alone; ids: (tracking ID, when) of the latest."""

    filters: dict[str, str]
    name: str
    meaning: str
    calls: int
    ids: list[tuple[str, datetime]]


def errors(parts: Iterable[Part], on_record: Iterable[Failed]) -> list[Error]:
    """By code, or by outcome where there is none; the most frequent first."""
    found: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        if part.of["outcome"] != "ok" and part.sums.calls:
            found.setdefault(_key(part.of["code"], part.of["outcome"]), []).append(part)
    ids: dict[tuple[str, str], list[tuple[str, datetime]]] = {}
    for one in on_record:
        if one.tracking_id:
            ids.setdefault(_key(one.code, one.outcome), []).append((one.tracking_id, one.at))
    made = []
    for (code, outcome), alike in found.items():
        filters = {"code": code} if code else {"outcome": outcome, "code": ""}
        name = code or str(words.OUTCOMES.get(outcome, outcome))
        meaning = words.meaning(code, alike[0].of["outcome"])
        made.append(Error(filters, name, meaning, total(alike).calls, ids.get((code, outcome), [])[:IDS_SHOWN]))
    return sorted(made, key=lambda error: (-error.calls, error.name))


def _key(code: str, outcome: str) -> tuple[str, str]:
    return code, "" if code else outcome
