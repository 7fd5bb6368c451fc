"""A worker's slice of a job: a minute at most, then the others get their turn.

An item is marked *sent* before its request leaves; one that is found so at the beginning of a slice was left by a
worker that died, or by a call without an answer, and is settled by a look at Alma before anything else.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import calling
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaQuotaSpent
from almaportal.alma.gateway import alma
from almaportal.jobs import claims, control, files, telling
from almaportal.jobs.crew import Crew
from almaportal.jobs.each import Each
from almaportal.jobs.events import note
from almaportal.jobs.kinds import KINDS, Found, Halt, Kind, NotYet
from almaportal.jobs.models import Item, Job
from almaportal.usage.models import Bucket

SLICE_SECONDS = 60
BEAT_SECONDS = 2
REST = timedelta(minutes=5)
LATENCY, ENOUGH_CALLS = 0.7, 20  # seconds, until so many calls of the job tell its own
SPARE = 1.15  # for what a thread does between its calls
LEFT_OUT = (Item.Verdict.REFUSED, Item.Verdict.LEFT, Item.Verdict.MISSING)  # by the review
State = Item.State


def work(job_id: int) -> None:
    """Called by the queue: takes the job up, works a slice, hands it back."""
    job = claims.claim(job_id)
    if job is None:
        return
    kind = KINDS.get(job.kind)
    if kind is None or job.attempts > claims.DEATHS or not may_run(job, kind):
        _fail(job, kind)
    else:
        Slice(job, kind).run()


def may_run(job: Job, kind: Kind) -> bool:
    return job.user is not None and job.user.is_active and job.user.has_perm(kind.may)


def _fail(job: Job, kind: Kind | None) -> None:
    text = _("Whoever started it may not do this any more.")
    if kind is None:
        text = _("The portal does not know this kind of job.")
    elif job.attempts > claims.DEATHS:
        text = _("The worker died %d times in a row on this job, and nothing of it was done.") % claims.DEATHS
    if claims.hand_back(job, Job.State.FAILED, message=text, finished=clock.moment()):
        note(job, text)
        telling.tell(job)


class Slice:
    """One worker's minute with one job."""

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        self.each = Each(job, kind)
        self.ends_at = clock.monotonic() + SLICE_SECONDS
        self.next_beat = 0.0
        self.state: str = job.state
        self.at_a_time = at_a_time(job)
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
        calls = Bucket.objects.filter(job_id=self.job.pk).aggregate(n=Sum("calls"))["n"] or 0
        self.beats = [*self.beats[-5:], (now, calls)]
        since, before = self.beats[0]
        return {"calls": calls, "speed": round((calls - before) / (now - since), 1) if now > since else 0}

    # the phases: each returns whether it is finished

    def _plan(self) -> bool:
        """Pages that were read before come from the cache, and their items are there already: a plan goes on."""
        position = 0
        with calling(self.each.caller(keeps=True)):
            for page in self.kind.plan(self.job):
                Item.objects.bulk_create(self._items(page, position), ignore_conflicts=True)
                position += len(page)
                if not self.goes_on():
                    return False
            Job.objects.filter(pk=self.job.pk).update(tree=self.kind.tree(self.job))
        return True

    def _items(self, page: list[Found], position: int) -> list[Item]:
        return [
            Item(
                job=self.job,
                position=position + n,
                stage=found.stage,
                path=found.path[:130],
                title=found.title[:300],
                input=found.input,
                verdict=Item.Verdict.MISSING if found.missing else "",
                message=found.missing[:500],
            )
            for n, found in enumerate(page)
        ]

    def _review(self) -> bool:
        waiting = self.job.items.filter(verdict="")
        if self.job.sample is not None:
            waiting = waiting.filter(position__in=sampled(self.job))
        self._each(waiting, self.each.look_at)
        return not waiting.exists()

    def _run(self) -> bool:
        """Stage by stage: what is of a higher one waits until all below it is over."""
        self._settle_what_was_left()
        self.job.items.filter(state=State.PENDING, verdict__in=LEFT_OUT).update(state=State.SKIPPED)
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
        state = claims.beat(self.job, **self._spent(clock.monotonic()))
        trouble = self.each.trouble
        if state == Job.State.STOPPING or isinstance(trouble, Halt):
            self._stopped(trouble.text if isinstance(trouble, Halt) else "")
        elif state == Job.State.PAUSED:
            claims.hand_back(self.job, Job.State.PAUSED, speed=0)
        elif trouble is not None:
            self._rest(trouble)
        elif not finished:
            claims.hand_back(self.job, Job.State.QUEUED)
        elif self.job.phase == Job.Phase.PLAN:
            self._planned()
        elif self.job.phase == Job.Phase.REVIEW:
            self._reviewed()
        else:
            self._over()

    def _planned(self) -> None:
        """On to the review; a person is asked first how far it shall go, where that was wished."""
        state = Job.State.DRAFT if control.asks_how_far(self.job) else Job.State.QUEUED
        claims.hand_back(self.job, state, phase=Job.Phase.REVIEW)

    def _reviewed(self) -> None:
        files.keep_review(self.job)
        if claims.hand_back(self.job, Job.State.READY, speed=0, review_key=get_random_string(20)):
            note(self.job, _("The review is complete."))

    def _over(self) -> None:
        bad = self.job.items.filter(state__in=(State.FAILED, State.UNSURE)).exists()
        self._end(Job.State.DONE_WITH_ERRORS if bad else Job.State.DONE, "")

    def _stopped(self, text: str) -> None:
        """Nothing stays *sent* in a job that is over: what Alma would not tell is for a person."""
        unknown = _("The job was stopped before Alma said what became of this.")
        self.job.items.filter(state=State.SENT).update(state=State.UNSURE, message=unknown, is_final=False)
        left = text or _("The job was stopped before it came to this record.")
        self.job.items.filter(state=State.PENDING).update(state=State.SKIPPED, message=left[:500], is_final=False)
        self._end(Job.State.STOPPED, text)

    def _end(self, state: str, text: str) -> None:
        files.keep_results(self.job)
        if claims.hand_back(self.job, state, finished=clock.moment(), message=text[:500], speed=0):
            note(self.job, text or _("Over: %s.") % Job.State(state).label)
            telling.tell(self.job)

    def _rest(self, trouble: AlmaError | NotYet) -> None:
        """Until Alma can be asked again; a key that was refused is for a person to mend."""
        if isinstance(trouble, NotYet):
            until, text = clock.moment() + timedelta(seconds=trouble.seconds), trouble.text[:500]
        else:
            until, text = _until(trouble), f"{trouble.title}. {trouble.hint}"[:500]
            if self.each.is_down:  # nobody's fault
                self.job.items.filter(state=State.PENDING).update(tries=0)
        state = Job.State.PAUSED if isinstance(trouble, AlmaDenied) else Job.State.WAITING
        wait_until = None if state == Job.State.PAUSED else until
        if claims.hand_back(self.job, state, wait_until=wait_until, message=text, speed=0):
            note(self.job, text)


def at_a_time(job: Job) -> int:
    """How many items are under way at a time: as many calls as fit the pace, at 24 a second and 500 ms about 16."""
    spent = Bucket.objects.filter(job_id=job.pk).aggregate(calls=Sum("calls"), seconds=Sum("seconds"))
    latency = spent["seconds"] / spent["calls"] if (spent["calls"] or 0) >= ENOUGH_CALLS else LATENCY
    return min(settings.JOB_THREADS, 2 + ceil(alma().quota.rate * latency * SPARE))


def _until(error: AlmaError) -> datetime:
    if isinstance(error, AlmaQuotaSpent):
        quota = alma().quota.state()
        return quota.blocked_until or quota.resets_at
    return clock.moment() + REST


def sampled(job: Job) -> list[int]:
    """The positions of the items that a sample looks at: spread over all of them."""
    total, wanted = job.items.count(), max(1, job.sample or 1)
    return [n * total // wanted for n in range(wanted)] if total > wanted else list(range(total))
