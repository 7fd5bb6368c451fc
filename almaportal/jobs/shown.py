"""Jobs and their items in words, as the pages show them."""

from dataclasses import dataclass
from functools import cached_property

from django.db.models import Case, Count, F, Min, Value, When
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma.hints import HINTS
from almaportal.jobs import control
from almaportal.jobs.exports import NEW
from almaportal.jobs.forms import LEFT_OUT, OTHERWISE, WRONG
from almaportal.jobs.kinds import KINDS, Kind, Line
from almaportal.jobs.models import Item, Job
from almaportal.templatetags.portal import number

S = Job.State
LOOKS = {
    S.DRAFT: ("warn", "◐"),
    S.READY: ("warn", "◐"),
    S.QUEUED: ("", "○"),
    S.RUNNING: ("", "▸"),
    S.PAUSED: ("warn", "◐"),
    S.WAITING: ("warn", "◐"),
    S.STOPPING: ("warn", "◐"),
    S.DONE: ("good", "●"),
    S.DONE_WITH_ERRORS: ("bad", "■"),
    S.STOPPED: ("", "○"),
    S.FAILED: ("bad", "■"),
}
STATES = Item.State
ITEM_LOOKS = {
    STATES.DONE: ("good", "●"),
    STATES.UNCHANGED: ("", "○"),
    STATES.SKIPPED: ("warn", "◐"),
    STATES.FAILED: ("bad", "■"),
    STATES.UNSURE: ("bad", "■"),
    STATES.SENT: ("", "▸"),
    STATES.PENDING: ("", "○"),
}
VERDICT_LOOKS = {
    Item.Verdict.CHANGES: ("good", "●"),
    Item.Verdict.SAME: ("", "○"),
    Item.Verdict.LEFT: ("warn", "◐"),
    Item.Verdict.REFUSED: ("bad", "■"),
    Item.Verdict.MISSING: ("bad", "■"),
    Item.Verdict.UNREAD: ("bad", "■"),
}
GROUPS = 8


@dataclass(frozen=True)
class Progress:
    """value: items that are behind us; of: all, None while nobody knows; is_over: there is nothing left to wait for."""

    value: int
    of: int | None
    is_over: bool = False

    @property
    def percent(self) -> int:
        """Never 100 before it is over."""
        full = 100 * self.value // self.of if self.of else 0
        return full if self.is_over else min(full, 99)


class Shown:
    """A job in words. found: its items by state, as of `control.counts`, where they are known already."""

    def __init__(self, job: Job, found: dict[str, int] | None = None) -> None:
        self.job, self._found = job, found
        self.kind: Kind | None = KINDS.get(job.kind)

    @cached_property
    def counts(self) -> dict[str, int]:
        return control.counts(self.job) if self._found is None else self._found

    @property
    def kind_label(self) -> str:
        return str(self.kind.label) if self.kind else self.job.kind

    @property
    def look(self) -> str:
        return LOOKS[S(self.job.state)][0]

    @property
    def mark(self) -> str:
        return LOOKS[S(self.job.state)][1]

    @property
    def state(self) -> str:
        """In words; before the run what is being done is told, not that it is running."""
        job = self.job
        if job.state in (S.QUEUED, S.RUNNING) and job.phase != Job.Phase.RUN:
            return str(Job.Phase(job.phase).label)
        return str(job.get_state_display())

    @property
    def is_over(self) -> bool:
        return self.job.state in control.OVER

    @property
    def left(self) -> int:
        return self.counts[STATES.PENDING] + self.counts[STATES.SENT]

    @property
    def bad(self) -> int:
        return self.counts[STATES.FAILED] + self.counts[STATES.UNSURE]

    @property
    def progress(self) -> Progress:
        """Of the run; where it did not come to its end, what of it was really done."""
        total = self.counts["total"]
        if self.job.state in (S.STOPPED, S.FAILED):
            return Progress(self.counts[STATES.DONE] + self.counts[STATES.UNCHANGED], total, True)
        return Progress(total - self.left, total, self.is_over)


def counts_of(jobs: list[Job]) -> dict[int, dict[str, int]]:
    """Number of job → its items by state, all states named, and "total": one statement for all of them."""
    found = {job.pk: dict.fromkeys((*STATES.values, "total"), 0) for job in jobs}
    for pk, state, count in Item.objects.filter(job__in=found).values_list("job", "state").annotate(Count("pk")):
        found[pk][state] = count
        found[pk]["total"] += count
    return found


def verdict_words(kind: Kind | None, verdict: str) -> str:
    """What a review found, as this kind of job says it."""
    return str((kind.words if kind else {}).get(verdict) or Item.Verdict(verdict).label)


class ShownItem:
    """An item with the words of its job's kind."""

    def __init__(self, item: Item, kind: Kind | None) -> None:
        self.item, self.kind = item, kind

    @property
    def address(self) -> str:
        return self.kind.address(self.item) if self.kind else ""

    @property
    def path(self) -> str:
        """Its IDs; with the new ones where it was made."""
        change, own = self.item.change, "/".join(self.item.ids)
        made = "/".join(change.ids) if change else ""
        if made in ("", own):
            return own
        return made if NEW in self.item.path else f"{own} → {made}"

    @property
    def name(self) -> str:
        """Its title; what was given, while that is all there is; else its IDs."""
        given = self.item.input
        return self.item.title or (given if isinstance(given, str) else "") or self.path

    @cached_property
    def lines(self) -> list[Line]:
        return self.kind.lines(self.item) if self.kind else []

    @property
    def look(self) -> tuple[str, str]:
        return ITEM_LOOKS[STATES(self.item.state)]

    @property
    def verdict(self) -> str:
        return verdict_words(self.kind, self.item.verdict) if self.item.verdict else _("not looked at")

    @property
    def verdict_look(self) -> tuple[str, str]:
        return VERDICT_LOOKS[Item.Verdict(self.item.verdict)] if self.item.verdict else ("", "○")

    @property
    def hint(self) -> str:
        """What Alma's code means, where the message does not say it."""
        said = str(HINTS.get(self.item.code, ""))
        return "" if said == self.item.message else said


@dataclass(frozen=True)
class Group:
    """Items with which the same went wrong. state: in words; query: of the page that lists them."""

    state: str
    look: tuple[str, str]
    code: str
    text: str
    count: int
    query: str


@dataclass(frozen=True)
class Reasons:
    """groups: the most frequent first; others: how many more there are; query: of the page that lists all items."""

    groups: list[Group]
    others: int
    query: str


def reasons(job: Job, by: str) -> Reasons:
    """Why items did not go well, by Alma's code, or by the message where there is none.

    by: "state", or "verdict" before the run.
    """
    items = job.items.filter(state__in=WRONG) if by == "state" else job.items.filter(verdict__in=LEFT_OUT)
    message = Case(When(code="", then=F("message")), default=Value(""))
    grouped = items.order_by().values_list(by, "code", message).annotate(count=Count("pk"), text=Min("message"))
    found = list(grouped.order_by("-count", "text")[: GROUPS + 1])
    others = grouped.count() - GROUPS if len(found) > GROUPS else 0
    return Reasons([_group(job, by, *one) for one in found[:GROUPS]], others, urlencode({by: OTHERWISE}))


def _group(job: Job, by: str, which: str, code: str, message: str, count: int, text: str) -> Group:
    is_state = by == "state"
    label = str(STATES(which).label) if is_state else verdict_words(KINDS.get(job.kind), which)
    look = ITEM_LOOKS[STATES(which)] if is_state else VERDICT_LOOKS[Item.Verdict(which)]
    asked = {by: which} | ({"code": code} if code else {"q": message} if message else {})
    return Group(label, look, code, str(HINTS.get(code, "") or text), count, urlencode(asked))


def length(seconds: float) -> str:
    """A length of time as people say it: "less than a minute", "about 8 min", "about 2 h 10 min"."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("less than a minute")
    if minutes < 60:
        return ngettext("about %d min", "about %d min", minutes) % minutes
    return _("about %(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


def start_words(kind: Kind, count: int, at_most: bool) -> str:
    """What the start button says: what it does, by the first word of the kind's name, and to how many."""
    match kind.name.partition("-")[0]:
        case "move":
            text = ngettext("Start: move %s record", "Start: move %s records", count)
        case "make":
            text = ngettext("Start: make %s record again", "Start: make %s records again", count)
        case "cancel":
            text = ngettext("Start: cancel %s request", "Start: cancel %s requests", count)
        case "delete":
            text = ngettext("Start: delete %s record", "Start: delete %s records", count)
        case "create":
            text = ngettext("Start: create %s record", "Start: create %s records", count)
        case "undo":
            text = ngettext("Start: take %s change back", "Start: take %s changes back", count)
        case _other:
            text = ngettext("Start: change %s record", "Start: change %s records", count)
    said = text % number(count)
    return _("%s at most") % said if at_most else said
