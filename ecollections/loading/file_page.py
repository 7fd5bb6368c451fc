"""What the page of a file says: how far its rows are sorted, their groups, and the jobs that these became."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from almaportal.jobs.models import Item, Job
from almaportal.jobs.shown import Shown, counts_of
from almaportal.pager import Pager
from almaportal.request import Request
from ecollections.kbart.known import WITHOUT, jobs_made_of
from ecollections.kinds import KINDS, PORTFOLIO
from ecollections.loading import load_forms
from ecollections.loading.groups import DEEDS, GROUPS, SAME, Group, rows_of
from ecollections.models import Load, LoadRow
from ecollections.show import text_of

FEW = 20  # missing portfolios that are nothing to wonder about
SHOWN_OF_NEW = ("url", "coverage", "embargo")
NONE, LATER = "none", ""  # of a choice: no portfolio is this title; not decided


@dataclass(frozen=True)
class ShownGroup:
    """A group on the page. count: rows that are shown; old: those that the last file said the same about; jobs: made
    from it already."""

    group: Group
    count: int
    old: int
    query: str
    jobs: list[Shown]

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """(deed, words) of what can be done with all of it at once."""
        return [(name, DEEDS[name].words(self.count)) for name in self.group.does] if self.count else []


@dataclass(frozen=True)
class Choice:
    """A portfolio that a title could be."""

    path: str
    title: str
    score: int
    why: str

    @property
    def address(self) -> str:
        return PORTFOLIO.address(self.path.split("/"))


class ShownRow:
    """A row with its words. decisions: matching.key of a title → the path that somebody chose, "" for none."""

    def __init__(self, row: LoadRow, decisions: dict[str, str]) -> None:
        self.row, self.data, self.decisions = row, row.data or {}, decisions

    @property
    def address(self) -> str:
        ids = self.row.path.split("/") if self.row.path else []
        is_known = ids and ids[0] != "0" and len(ids) <= len(KINDS)
        return KINDS[len(ids) - 1].address(ids) if is_known else ""

    @property
    def lines(self) -> list[dict[str, str]]:
        """Field by field, as templates/jobs/_lines.html shows them."""
        return [dict(zip(("label", "before", "after"), line, strict=True)) for line in lines_of(self.row)]

    @property
    def choices(self) -> list[Choice]:
        return [Choice(**one) for one in self.data.get("choices", [])]

    @property
    def chosen(self) -> str:
        """What was decided and not applied yet: a path, NONE or LATER."""
        found = self.decisions.get(self.data.get("match_key", ""))
        return LATER if found is None else found or NONE


def lines_of(row: LoadRow) -> list[list[str]]:
    """[label, before, after] of what is to be set."""
    data = row.data or {}
    if "lines" in data:
        found: list[list[str]] = data["lines"]
        return found
    wanted = [(PORTFOLIO.fields[path], value) for path, value in data.get("set", {}).items()]
    return [[str(one.label), "", text_of(one, value)] for one, value in wanted if one.kind in SHOWN_OF_NEW]


class Page:
    """What the page of a file says; looked up when it is asked for."""

    def __init__(self, request: Request, load: Load, refused: tuple[str, ...] = ()) -> None:
        self.request, self.load, self.refused = request, load, refused
        self.with_old = bool(request.GET.get("old") or request.POST.get("old"))
        self.decisions: dict[str, str] = load.options.get("decisions", {})

    # how it stands

    @cached_property
    def job(self) -> Shown | None:
        return Shown(self.load.job) if self.load.job else None

    @property
    def is_sorted(self) -> bool:
        return self.load.counts is not None

    @property
    def is_under_way(self) -> bool:
        return not self.is_sorted and self.job is not None and not self.job.is_over

    @property
    def polls(self) -> bool:
        """Whether the page looks again by itself: a job that is paused needs a person first."""
        job = self.load.job
        return self.is_under_way and job is not None and job.state not in (Job.State.PAUSED, Job.State.WAITING)

    @property
    def rows_so_far(self) -> int:
        return self.load.rows.count()

    @property
    def trouble(self) -> str:
        """Why its rows were not sorted, in a sentence."""
        if self.load.message or self.load.job is None:
            return self.load.message or _("The portal lost the job that was to read it.")
        said = self.load.job.items.exclude(state=Item.State.DONE).values_list("message", flat=True).first()
        return self.load.job.message or said or _("The job that was to read it ended before its end.")

    @property
    def is_owner(self) -> bool:
        return self.load.user_id == self.request.user.pk

    @property
    def is_kbart(self) -> bool:
        return self.load.form == Load.Form.KBART

    @cached_property
    def jobs(self) -> list[Shown]:
        found = list(jobs_made_of(self.load).defer("targets"))
        counts = counts_of(found)
        return [Shown(job, counts[job.pk]) for job in found]

    @property
    def days(self) -> int:
        return load_forms.how_long()

    # its groups

    @cached_property
    def groups(self) -> list[ShownGroup]:
        counts = self.load.counts or {}
        old = dict(self.load.rows.filter(is_old=True).order_by().values_list("group").annotate(Count("pk")))
        old.pop(SAME, None)
        return [
            ShownGroup(
                group,
                counts.get(name, 0) - (0 if self.with_old else old.get(name, 0)),
                old.get(name, 0),
                self.query(group=name),
                [one for one in self.jobs if one.job.params.get("group") == name],
            )
            for name, group in GROUPS[self.load.form].items()
        ]

    @property
    def filled(self) -> list[ShownGroup]:
        return [one for one in self.groups if one.count or one.old]

    @property
    def empty(self) -> list[str]:
        """The words of the groups without rows."""
        return [str(one.group.label) for one in self.groups if not (one.count or one.old)]

    @property
    def is_mostly_missing(self) -> bool:
        """Whether the file has less than half of the service: then it may be another one, or a part."""
        counts = self.load.counts or {}
        found = sum(counts.get(name, 0) for name in (SAME, "coverage", "url", "unread"))
        return self.is_kbart and counts.get("missing", 0) > max(FEW, found)

    @property
    def total(self) -> int:
        return sum((self.load.counts or {}).values())

    @property
    def old(self) -> int:
        """Rows that the last file said the same about."""
        return sum(one.old for one in self.groups)

    @cached_property
    def chosen(self) -> ShownGroup:
        """The group whose rows are shown: the one that was asked for, or the first that has any."""
        asked = self.request.GET.get("group") or self.request.POST.get("group")
        found = [one for one in self.groups if one.group.name == asked] or [one for one in self.groups if one.count]
        return (found or self.groups)[0]

    def query(self, **more: Any) -> str:
        return urlencode(({"old": 1} if self.with_old else {}) | more)

    @property
    def other_query(self) -> str:
        """With what the last file said the same about, or without."""
        return urlencode(({} if self.with_old else {"old": 1}) | {"group": self.chosen.group.name})

    @cached_property
    def pager(self) -> Pager:
        return Pager.asked(self.request).got(len(self.rows), self.chosen.count)

    @cached_property
    def rows(self) -> list[ShownRow]:
        asked = Pager.asked(self.request)
        found = rows_of(self.load, self.chosen.group, self.with_old).order_by("number", "pk")
        return [ShownRow(row, self.decisions) for row in found[asked.offset : asked.offset + asked.size]]

    @property
    def has_lines(self) -> bool:
        return any(row.lines or row.choices for row in self.rows)

    @property
    def has_reasons(self) -> bool:
        return any(row.row.why or row.row.is_old for row in self.rows)

    @property
    def can_be_ticked(self) -> bool:
        return self.is_owner and bool(self.chosen.group.does)

    @property
    def is_fill_in(self) -> bool:
        """Whether there is a file of these rows to fill in and to load."""
        return self.chosen.group.name == WITHOUT

    # decisions

    @cached_property
    def waiting_decisions(self) -> int:
        """Those that are kept and not applied."""
        keys = self.load.rows.filter(group="unclear").values_list("data__match_key", flat=True)
        return sum(key in self.decisions for key in keys) if self.decisions else 0
