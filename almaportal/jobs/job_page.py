"""What the page of a job says. Everything is looked up when the page asks for it, so that a poll costs the least."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.utils.formats import date_format, number_format
from django.utils.http import urlencode
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from almaportal.accounts.roles import VIEW_ALL_JOBS
from almaportal.alma import clock
from almaportal.jobs import control
from almaportal.jobs.files import TARGETS
from almaportal.jobs.forms import LEFT, UNSEEN, StartForm, tonight
from almaportal.jobs.models import Event, Item, Job, JobFile
from almaportal.jobs.price import Price, of, price, review_price
from almaportal.jobs.shown import Progress, Reasons, Shown, ShownItem, length, reasons, start_words, verdict_words
from almaportal.request import Request

S = Job.State
State, Verdict = Item.State, Item.Verdict
SAMPLE = 50
FIRST = 10  # records shown with before and after
LOG = 50
ODD = timedelta(seconds=20)  # a worker beats every two
TREE = 200  # rows
OUTCOMES = (State.DONE, State.UNCHANGED, State.SKIPPED, State.FAILED, State.UNSURE)


@dataclass(frozen=True)
class Figure:
    """A count, and the query of the page that lists what it counts."""

    label: str
    count: int
    query: str


class Page(Shown):
    """refused: why what was just asked was not done; form: of the start, as it was sent."""

    def __init__(
        self, request: Request, job: Job, refused: tuple[str, ...] = (), form: StartForm | None = None
    ) -> None:
        super().__init__(job)
        self.user, self.refused, self.sent_form = request.user, refused, form

    @cached_property
    def verdicts(self) -> dict[str, int]:
        return control.verdicts(self.job)

    @property
    def total(self) -> int:
        """Of the items, from whatever was counted."""
        return self.counts["total"] if self.is_run else sum(self.verdicts.values())

    # how it stands

    @property
    def layout(self) -> str:
        """One word for what the page looks like: with another one, all of it is shown anew."""
        is_moving = self.job.state in (S.QUEUED, S.RUNNING)
        return f"{self.job.phase}-{'moving' if is_moving else self.job.state.replace(' ', '-')}"

    @property
    def polls(self) -> str:
        """How often the page looks at the job again; "" when there is nothing to wait for."""
        if self.job.state in control.UNDER_WAY or self.job.claimed_by:  # paused: a worker ends what it is at
            return "2s"
        return "15s" if self.job.state == S.WAITING else ""

    @property
    def may_control(self) -> bool:
        return self.kind is not None and self.user.has_perm(self.kind.may)

    @property
    def is_owner(self) -> bool:
        """What is written in somebody's name is theirs to begin."""
        return self.user.pk == self.job.user_id

    @property
    def is_run(self) -> bool:
        return self.job.phase == Job.Phase.RUN and self.job.state != S.READY

    @property
    def is_scheduled(self) -> bool:
        return self.job.state == S.WAITING and not self.job.message

    @cached_property
    def can_be_retried(self) -> bool:
        return control.can_be_retried(self.job)

    @cached_property
    def can_be_undone(self) -> bool:
        """Once: an undo that did nothing is none."""
        live = self.undone_by.exclude(state__in=(S.STOPPED, S.FAILED))
        return not live.exists() and control.can_be_undone(self.job)

    @property
    def visible_undos(self) -> list[Job]:
        """Those that this person may look at."""
        sees_all = self.user.has_perm(VIEW_ALL_JOBS)
        return [one for one in self.undone_by if sees_all or one.user_id == self.user.pk]

    @property
    def does(self) -> list[str]:
        """All that it does, where its title does not say it."""
        found: list[str] = self.job.params.get(control.DOES, [])
        return [] if found == [self.job.title] else found

    @property
    def silent_since(self) -> datetime | None:
        """When the worker of a running job gave its last sign of life, once that is odd."""
        last = self.job.heartbeat
        is_odd = self.job.state == S.RUNNING and last is not None and last < clock.moment() - ODD
        return last if is_odd else None

    @property
    def undone_by(self) -> QuerySet[Job]:
        return self.job.undone_by.order_by("pk")

    @cached_property
    def progress_now(self) -> Progress:
        """Of the phase it is in."""
        if self.is_run or self.is_over:
            return self.progress
        if self.job.phase == Job.Phase.PLAN:
            return Progress(self.total, None)
        if self.job.sample is None:
            return Progress(self.seen, self.total)
        missing = self.verdicts[Verdict.MISSING]
        wanted = min(self.job.sample, self.total - missing)
        return Progress(min(self.seen - missing, wanted), wanted)

    @cached_property
    def time_left(self) -> str:
        """At the speed it has; "" where that says nothing."""
        at = self.progress_now
        if self.kind is None or at.of is None or self.job.state not in (S.QUEUED, S.RUNNING):
            return ""
        rest = price(self.job) if self.is_run else review_price(self.job, at.of - at.value)
        return length(rest.calls / self.job.speed if self.job.speed else rest.seconds)

    @property
    def wrong(self) -> Reasons:
        """Why items were not done; before the run: why they will not be."""
        return reasons(self.job, "state" if self.is_run else "verdict")

    @property
    def tally(self) -> list["Figure"]:
        """The items by what became of them: they add up to all."""
        said = [Figure(str(state.label), self.counts[state], f"state={state}") for state in OUTCOMES]
        return [*said, Figure(_("left to do"), self.left, urlencode({"state": LEFT}))]

    @property
    def review_tally(self) -> list["Figure"]:
        """The items by what the review found."""
        said = [
            Figure(verdict_words(self.kind, verdict), self.verdicts[verdict], f"verdict={verdict}")
            for verdict in Verdict
        ]
        return [*said, Figure(_("not looked at"), self.verdicts["unseen"], f"verdict={UNSEEN}")]

    # before the start

    @cached_property
    def full_review(self) -> Price:
        return review_price(self.job, self.verdicts["unseen"])

    @cached_property
    def sample_review(self) -> Price | None:
        """None where looking at all costs little more."""
        return review_price(self.job, SAMPLE) if self.verdicts["unseen"] > control.LARGE else None

    @property
    def sample_size(self) -> int:
        return SAMPLE

    @property
    def full_duration(self) -> str:
        return length(self.full_review.seconds)

    @property
    def again_calls(self) -> int:
        """What reviewing it once more costs: only what was not looked at, unless all was."""
        all_of_them = self.total - self.verdicts[Verdict.MISSING]
        return review_price(self.job, self.verdicts["unseen"] or all_of_them).calls if self.kind else 0

    @property
    def saved(self) -> int:
        """Calls that a sample saves."""
        return self.full_review.calls - (self.sample_review.calls if self.sample_review else 0)

    @cached_property
    def price(self) -> Price:
        return price(self.job) if self.kind else of(self.job, 0)

    @property
    def duration(self) -> str:
        return length(self.price.seconds)

    @property
    def share_words(self) -> str:
        """Of what is left today for jobs, per cent."""
        if self.price.share is None:
            return "–"
        percent = 100 * self.price.share
        return _("less than 0.1 %") if percent < 0.1 else f"{number_format(percent, 1)} %"

    @property
    def ends_at(self) -> str:
        """The time; with its day where that is not today."""
        ends, today = localtime(self.price.ends_at), localtime(clock.moment()).date()
        return date_format(ends, "TIME_FORMAT" if ends.date() == today else "DATETIME_FORMAT")

    @property
    def will_change(self) -> int:
        """Records that the run does something to: at most, where not all were looked at."""
        return self.verdicts[Verdict.CHANGES] + self.verdicts[Verdict.UNREAD] + self.verdicts["unseen"]

    @property
    def seen(self) -> int:
        return self.total - self.verdicts["unseen"]

    @property
    def start_words(self) -> str:
        return (
            start_words(self.kind, self.will_change, self.will_change > self.verdicts[Verdict.CHANGES])
            if self.kind
            else ""
        )

    @property
    def is_danger(self) -> bool:
        return self.job.kind.startswith("delete-")

    @property
    def start_look(self) -> str:
        """Of the start button: red where nothing takes back what the job does."""
        return "danger" if self.is_danger or self.job.kind.startswith("cancel-") else "primary"

    @property
    def has_form(self) -> bool:
        """Edits come from a form that can be filled in anew."""
        return self.job.kind.startswith("edit-")

    @property
    def form(self) -> StartForm:
        return self.sent_form or StartForm(initial={"when": "now"})

    @property
    def tonight(self) -> datetime:
        return tonight()

    @cached_property
    def tonight_price(self) -> Price:
        """What it is, if it starts tonight."""
        return of(self.job, self.price.calls, tonight())

    @property
    def may_mail(self) -> bool:
        """Mails go to the owner, where there is a server for them and an address."""
        owner = self.job.user
        return bool(settings.EMAIL_HOST and self.is_owner and owner and owner.email)

    @property
    def warnings(self) -> list[str]:
        return self.kind.warnings(self.job) if self.kind else []

    @property
    def tree(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.job.tree
        return found | {"rows": found["rows"][:TREE], "more": len(found["rows"]) > TREE} if found else None

    @cached_property
    def first_items(self) -> list[Item]:
        """Those shown before the start, in the order of an index: a hundred thousand are not sorted for ten."""
        if self.job.state != S.READY:
            return []
        changing = self.job.items.filter(verdict=Verdict.CHANGES).defer("kept").order_by("state", "pk")
        return list(changing[:FIRST])

    @property
    def first(self) -> list[ShownItem]:
        return [ShownItem(item, self.kind) for item in self.first_items]

    # beside it

    @property
    def log(self) -> list[Event]:
        return list(self.job.events.order_by("-pk")[:LOG])

    @property
    def files(self) -> list[JobFile]:
        return list(self.job.files.annotate(size=Length("content")).defer("content").order_by("pk"))

    @property
    def files_days(self) -> int:
        return settings.JOB_FILES_DAYS

    @property
    def targets(self) -> str:
        """The name of the file of what was asked; an undo has none, nor a job that has forgotten it."""
        return "" if self.job.undoes_id or (self.kind and not self.kind.keeps_given) else TARGETS
