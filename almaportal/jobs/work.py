"""A worker's slice of a job: a minute at most, then the others get their turn.

An item is marked *sent* before its request leaves; one that is found so at the beginning of a slice was left by a
worker that died, or by a call without an answer, and is settled by a look at Alma before anything else.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import calling
from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import alma
from almaportal.jobs import claims, control
from almaportal.jobs.crew import Crew
from almaportal.jobs.each import Each
from almaportal.jobs.ending import Ending, leave_out
from almaportal.jobs.kinds import KINDS, Found, Halt, Kind, NotYet
from almaportal.jobs.models import PATH_LENGTH, Item, Job
from almaportal.jobs.sweep import say_alive
from almaportal.usage import spent

SLICE_SECONDS = 60
BEAT_SECONDS = 2
logger = logging.getLogger(__name__)
LATENCY, ENOUGH_CALLS = 0.7, 20  # seconds, until so many calls of the job tell its own
SPARE = 1.15  # for what a thread does between its calls
State = Item.State


class Fault(Exception):
    """What the queue is told of a fault of ours, for it keeps the words of exceptions, and those may name a person."""


def work(job_id: int) -> None:
    """Called by the queue: a slice of the job; then a worker sees after the others."""
    try:
        work_a_slice(job_id)
    except Exception as error:
        logger.exception("Job %s", job_id)
        raise Fault(type(error).__name__) from None
    say_alive()
    claims.revive()


def work_a_slice(job_id: int) -> None:
    """Take the job up, work a slice, hand it back; nothing when somebody else has it."""
    job = claims.claim(job_id)
    if job is None:
        return
    kind = KINDS.get(job.kind)
    if kind is None or job.attempts > claims.DEATHS or not may_run(job, kind):
        Ending(job, job.state).fail(_why_not(job, kind))
    else:
        Slice(job, kind).run()


def may_run(job: Job, kind: Kind) -> bool:
    return job.user is not None and job.user.is_active and job.user.has_perm(kind.may)


def _why_not(job: Job, kind: Kind | None) -> str:
    if kind is None:
        return _("The portal does not know this kind of job.")
    if job.attempts > claims.DEATHS:
        return _("The worker died %d times in a row on this job, and nothing of it was done.") % claims.DEATHS
    return _("Whoever started it may not do this any more.")


class Slice:
    """One worker's minute with one job."""

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        self.each = Each(job, kind)
        self.ends_at = clock.monotonic() + SLICE_SECONDS
        self.next_beat = 0.0
        self.state: str = job.state
        self.at_a_time = at_a_time(job)
        self.rules = alma().quota.stored_rules()
        self.beats: list[tuple[float, int]] = []  # (when, calls of the job by then), of the last seconds

    def run(self) -> None:
        finished = False
        phases = {Job.Phase.PLAN: self._plan, Job.Phase.REVIEW: self._review, Job.Phase.RUN: self._run}
        try:
            if self.state == Job.State.STOPPING:
                self._settle_what_was_left()
            else:
                finished = phases[Job.Phase(self.job.phase)]()
        except (AlmaError, Halt) as trouble:
            self.each.trouble = trouble
        self._hand_back(finished)

    def goes_on(self) -> bool:
        """Whether there is time left, and nobody wants the job to pause or stop."""
        return self._is_alive() and self.state == Job.State.RUNNING

    def _is_alive(self) -> bool:
        now = clock.monotonic()
        if now >= self.next_beat:
            self.state = claims.beat(self.job, **self._spent(now))
            self.next_beat = now + BEAT_SECONDS
        return self.state in claims.WORKED_ON and now < self.ends_at and self.each.trouble is None

    def _spent(self, now: float) -> dict[str, float]:
        """The calls of the job so far, and how many a second it makes now."""
        calls, _seconds = spent.by_job(self.job.pk)
        self.beats = [*self.beats[-5:], (now, calls)]
        since, before = self.beats[0]
        return {"calls": calls, "speed": round((calls - before) / (now - since), 1) if now > since else 0}

    # the phases: each returns whether it is finished

    def _plan(self) -> bool:
        """Pages that were read since the job was made come from the cache, whatever was written meanwhile, and their
        items are there already: a plan goes on."""
        last = self.job.items.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        with calling(replace(self.each.caller(), keeps=True, since=self.job.created.timestamp())):
            for page in self.kind.plan(self.job):
                Item.objects.bulk_create(self._items(page, position), ignore_conflicts=True)
                position += len(page)
                if not self.goes_on():
                    return False
            forgotten: dict[str, Any] = {} if self.kind.keeps_given else {"targets": []}
            Job.objects.filter(pk=self.job.pk).update(tree=self.kind.tree(self.job), **forgotten)
        return True

    def _items(self, page: list[Found], position: int) -> list[Item]:
        return [
            Item(
                job=self.job,
                position=position + n,
                stage=found.stage,
                path=found.path[:PATH_LENGTH],
                title=found.title[:300],
                input=found.input,
                verdict=Item.Verdict.MISSING if found.missing else Item.Verdict.REFUSED if found.refused else "",
                message=(found.missing or found.refused)[:500],
            )
            for n, found in enumerate(page)
        ]

    def _review(self) -> bool:
        waiting = self.job.items.filter(verdict="")
        if self.job.sample is not None:
            waiting = waiting.filter(pk__in=sampled(self.job))
        self._each(waiting, self.each.look_at)
        return not waiting.exists()

    def _run(self) -> bool:
        """Stage by stage: what is of a higher one waits until all below it is over."""
        self._settle_what_was_left()
        leave_out(self.job)
        unfinished = self.job.items.filter(state__in=(State.PENDING, State.SENT))
        while (
            self.goes_on()
            and (stage := unfinished.order_by("stage").values_list("stage", flat=True).first()) is not None
        ):
            self._each(self.job.items.filter(state=State.PENDING, stage=stage), self.each.do)
            if unfinished.filter(stage=stage).exists():
                return False
        return not unfinished.exists()

    def _settle_what_was_left(self) -> None:
        Crew(self.job.items.filter(state=State.SENT), self.each.settle, self._is_alive, self.at_a_time).work()

    def _each(self, waiting: QuerySet[Item], do: Callable[[Item], None]) -> None:
        Crew(waiting, do, self.goes_on, self.at_a_time).work()

    # the end of the slice

    def _hand_back(self, finished: bool) -> None:
        """What becomes of the job is decided on the state that it has; when somebody was quicker, once more."""
        while state := claims.beat(self.job, **self._spent(clock.monotonic())):
            if self._handed_back(Ending(self.job, state, self._beat), finished):
                return

    def _beat(self) -> None:
        claims.beat(self.job)

    def _handed_back(self, ending: Ending, finished: bool) -> bool:
        trouble = self.each.trouble
        if ending.found == Job.State.STOPPING or isinstance(trouble, Halt):
            return ending.stop(trouble.text if isinstance(trouble, Halt) else "")
        if ending.found in (Job.State.PAUSED, Job.State.QUEUED):  # the latter: paused, and resumed already
            return ending.to(ending.found)
        if trouble is not None:
            if self.each.is_down:  # nobody's fault
                self.job.items.filter(state=State.PENDING).update(tries=0)
            return self._rested(ending, trouble)
        if not finished:
            return ending.to(Job.State.QUEUED)
        if self.job.phase == Job.Phase.PLAN and self.kind.only_reads:
            return ending.to(Job.State.QUEUED, phase=Job.Phase.RUN, started=clock.moment())
        if self.job.phase == Job.Phase.PLAN:
            state = Job.State.DRAFT if control.asks_how_far(self.job) else Job.State.QUEUED
            return ending.to(state, phase=Job.Phase.REVIEW)
        return ending.review() if self.job.phase == Job.Phase.REVIEW else ending.done()

    def _rested(self, ending: Ending, trouble: AlmaError | NotYet | Halt) -> bool:
        """Rules that changed while the slice ended did not find the job resting."""
        rests = ending.rest(trouble)
        if rests and alma().quota.stored_rules() != self.rules:
            claims.wake()
        return rests


def at_a_time(job: Job) -> int:
    """How many items are under way at a time: as many calls as fit the pace, at 24 a second and 500 ms about 16."""
    calls, seconds = spent.by_job(job.pk)
    latency = seconds / calls if calls >= ENOUGH_CALLS else LATENCY
    return min(settings.JOB_THREADS, 2 + ceil(alma().quota.state().rules.pace * latency * SPARE))


def sampled(job: Job) -> list[int]:
    """The numbers of the items that a sample looks at: spread over all that there are."""
    if "sample" not in job.memo:
        found = list(job.items.exclude(verdict=Item.Verdict.MISSING).order_by("position").values_list("pk", flat=True))
        wanted = min(len(found), max(1, job.sample or 1))
        job.memo["sample"] = [found[n * len(found) // wanted] for n in range(wanted)]
    chosen: list[int] = job.memo["sample"]
    return chosen
