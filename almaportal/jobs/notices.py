"""What every page says about a person's jobs: how many are under way, and which are over or wait for them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from almaportal.accounts.roles import VIEW_ALL_JOBS, VIEW_JOBS
from almaportal.jobs import control
from almaportal.jobs.kinds import hidden_from
from almaportal.jobs.models import Item, Job
from almaportal.templatetags.portal import number

S = Job.State
NOTICED = (*control.OVER, S.DRAFT, S.READY, S.PAUSED)
UNASKED = Q(state=S.PAUSED, message="") | Q(state=S.DRAFT, asks=False)  # by a person; for a moment only
SHOWN = 3
MANY = 5000  # items: they are not counted for every page
LOOKS = {S.DONE: ("good", "●"), S.FAILED: ("bad", "■")}


@dataclass(frozen=True)
class Notice:
    """number: of the job; text: one sentence; look, mark: as of a status."""

    number: int
    text: str
    look: str
    mark: str


@dataclass(frozen=True)
class Own:
    """running: jobs under way, everybody's for who sees all; notices: the newest that are to be told; has_more: than
    these."""

    running: int = 0
    notices: tuple[Notice, ...] = ()
    has_more: bool = False


def of(user: Any) -> Own:
    """For every full page: two short statements, and two more when a job that is over is to be told."""
    if not user.has_perm(VIEW_JOBS):
        return Own()
    under_way = Job.objects.filter(state__in=control.UNDER_WAY)
    if not user.has_perm(VIEW_ALL_JOBS):
        under_way = under_way.filter(user=user)
    told = list(_untold(user).order_by("-pk").only("title", "state", "message")[: SHOWN + 1])
    return Own(under_way.count(), tuple(_notices(told[:SHOWN])), len(told) > SHOWN)


def _untold(user: Any) -> QuerySet[Job]:
    own = Job.objects.filter(user=user, is_told=False, state__in=NOTICED)
    return own.exclude(UNASKED).exclude(kind__in=hidden_from(user))


def dismiss(user: Any, numbers: Sequence[int] | None = None) -> None:
    """Their owner has read the notices about these jobs, or about all."""
    jobs = _untold(user) if numbers is None else Job.objects.filter(user=user, pk__in=numbers)
    jobs.update(is_told=True)


def _notices(jobs: list[Job]) -> Iterable[Notice]:
    counts = _counts([job.pk for job in jobs if job.state in control.OVER])
    for job in jobs:
        look, mark = LOOKS.get(S(job.state), ("warn", "◐"))
        yield Notice(job.pk, _text(job, counts.get(job.pk)), look, mark)


def _counts(numbers: list[int]) -> dict[int, dict[str, int]]:
    """Number of job → its items by state; without the jobs that have many."""
    if not numbers:
        return {}
    large = Exists(Item.objects.filter(job=OuterRef("pk"), position__gte=MANY))
    found: dict[int, dict[str, int]] = {
        pk: {} for pk in Job.objects.filter(~large, pk__in=numbers).values_list("pk", flat=True)
    }
    rows = Item.objects.filter(job__in=list(found)).values_list("job", "state").annotate(Count("pk"))
    for job_id, state, count in rows:
        found[job_id][state] = count
    return found


def _text(job: Job, counts: dict[str, int] | None) -> str:
    facts = {"number": job.pk, "title": Truncator(job.title).chars(80), "state": job.get_state_display()}
    if job.state == S.DRAFT:
        return _("Job %(number)d “%(title)s” asks how many of its records shall be looked at.") % facts
    if job.state == S.READY:
        return _("Job %(number)d “%(title)s” is reviewed: it can be started.") % facts
    if job.state == S.PAUSED:
        return _("Job %(number)d “%(title)s” is paused: %(why)s") % {**facts, "why": job.message}
    if counts is None:
        return _("Job %(number)d “%(title)s” is over, %(state)s.") % facts
    parts = [f"{number(counts[state])} {Item.State(state).label}" for state in Item.State.values if counts.get(state)]
    done = ", ".join(parts) or _("there was nothing to do")
    return _("Job %(number)d “%(title)s” is over, %(state)s: %(done)s.") % {**facts, "done": done}


def seen(job: Job, user: Any) -> None:
    """The owner has seen how the job stands."""
    if job.user_id == user.pk and not job.is_told and job.state in NOTICED:
        Job.objects.filter(pk=job.pk, state=job.state).update(is_told=True)
