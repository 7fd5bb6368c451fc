"""A worker's slice of a job: a minute at most, then the others get their turn.

An item is marked *sent* before its request leaves; one that is found so at the beginning of a slice was left by a
worker that died, and is settled by a look at Alma before anything else. As many items are under way as threads fit the
pace: at 25 calls a second and 500 ms about 13.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Thread

from django.conf import settings
from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaHeld, AlmaQuotaSpent, AlmaTooFast, AlmaUnreachable
from almaportal.alma.gateway import alma
from almaportal.jobs import claims
from almaportal.jobs.kinds import KINDS, Kind, Outcome, Verdict
from almaportal.jobs.models import Item, Job

SLICE_SECONDS = 60
ITEM_SECONDS = 100  # after that nobody waits for an item any more: with a slice less than claims.STALE
BEAT_SECONDS = 2
BATCH = 50
TRIES = 3
FAILURES_IN_A_ROW = 20  # then Alma is down, and the job rests
REST = timedelta(minutes=5)
State = Item.State
logger = logging.getLogger(__name__)


def work(job_id: int) -> None:
    """Called by the queue: takes the job up, works a slice, hands it back."""
    job = claims.claim(job_id)
    if job is None:
        return
    kind = KINDS.get(job.kind)
    if kind is None or job.attempts > claims.DEATHS or not may_run(job, kind):
        claims.hand_back(job, Job.State.FAILED, message=_why_not(job, kind), finished=clock.moment())
        return
    Slice(job, kind).run()


def may_run(job: Job, kind: Kind) -> bool:
    return job.user is not None and job.user.is_active and job.user.has_perm(kind.may)


def _why_not(job: Job, kind: Kind | None) -> str:
    if kind is None:
        return _("The portal does not know this kind of job.")
    if job.attempts > claims.DEATHS:
        return _("The worker died %d times in a row while it worked on this job.") % claims.DEATHS
    return _("Whoever started it may not do this any more.")


class Slice:
    """One worker's minute with one job."""

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        self.ends_at = clock.monotonic() + SLICE_SECONDS
        self.next_beat = 0.0
        self.state: str = job.state
        self.trouble: AlmaError | None = None
        self.failed_in_a_row = 0

    def run(self) -> None:
        finished = False
        try:
            if self.state == Job.State.STOPPING:
                self._settle_what_was_left()
            else:
                finished = {Job.Phase.PLAN: self._plan, Job.Phase.REVIEW: self._review, Job.Phase.RUN: self._run}[
                    Job.Phase(self.job.phase)
                ]()
        except AlmaError as error:
            self.trouble = error
        self._hand_back(finished)

    @property
    def goes_on(self) -> bool:
        """Whether there is time left, and nobody wants the job to pause or stop."""
        now = clock.monotonic()
        if now >= self.next_beat:
            self.state = claims.beat(self.job)
            self.next_beat = now + BEAT_SECONDS
        return self.state == Job.State.RUNNING and now < self.ends_at and self.trouble is None

    def _caller(self) -> Caller:
        give_up_at = clock.monotonic() + ITEM_SECONDS
        return Caller(lane="jobs", user_id=self.job.user_id or 0, job_id=self.job.pk, give_up_at=give_up_at)

    # the phases: each returns whether it is finished

    def _plan(self) -> bool:
        """Pages that were read before come from the cache, and their items are there already: a plan goes on."""
        position = 0
        with calling(self._caller()):
            for page in self.kind.plan(self.job.params):
                rows = [
                    Item(job=self.job, position=position + n, path=path, title=title[:300])
                    for n, (path, title) in enumerate(page)
                ]
                Item.objects.bulk_create(rows, ignore_conflicts=True)
                position += len(rows)
                if not self.goes_on:
                    return False
        return True

    def _review(self) -> bool:
        waiting = self.job.items.filter(verdict="").order_by("position")
        if self.job.sample is not None:
            waiting = waiting.filter(position__lt=self.job.sample)
        self._each(waiting, self._look_at)
        return not waiting.exists()

    def _run(self) -> bool:
        self._settle_what_was_left()
        self._each(self.job.items.filter(state=State.PENDING).order_by("position"), self._do)
        return not self.job.items.filter(state__in=(State.PENDING, State.SENT)).exists()

    def _settle_what_was_left(self) -> None:
        for item in self.job.items.filter(state=State.SENT):
            with calling(self._caller()):
                self._settle(item)

    # many items at a time

    def _each(self, waiting: QuerySet[Item], do: Callable[[Item], None]) -> None:
        while self.goes_on and (batch := list(waiting[:BATCH])):
            todo: SimpleQueue[Item] = SimpleQueue()
            for item in batch:
                todo.put(item)
            if settings.JOB_THREADS:
                self._in_threads(todo, do)
            else:  # tests: their database is one thread's
                self._take(todo, do)

    def _in_threads(self, todo: "SimpleQueue[Item]", do: Callable[[Item], None]) -> None:
        """This thread keeps the job alive, and sees whether somebody paused it, while the others work."""
        threads = [Thread(target=self._thread, args=(todo, do)) for _n in range(settings.JOB_THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
                _going = self.goes_on

    def _thread(self, todo: "SimpleQueue[Item]", do: Callable[[Item], None]) -> None:
        try:
            self._take(todo, do)
        finally:
            connection.close()

    def _take(self, todo: "SimpleQueue[Item]", do: Callable[[Item], None]) -> None:
        while self.trouble is None and self.state == Job.State.RUNNING:
            try:
                item = todo.get_nowait()
            except Empty:
                return
            with calling(self._caller()):
                do(item)

    # one item

    def _look_at(self, item: Item) -> None:
        try:
            found = self.kind.review(self.job, item)
        except AlmaError as error:
            if self._is_everybodys(error):
                return
            found = Verdict(Item.Verdict.REFUSED, error.said.text or error.hint, error.said.code)
        Item.objects.filter(pk=item.pk).update(
            verdict=found.verdict,
            message=found.message[:500],
            code=found.code[:60],
            before=found.before,
            after=found.after,
        )

    def _do(self, item: Item) -> None:
        """Marked as sent first; if somebody else has it by now, it is left to them."""
        ours = Item.objects.filter(pk=item.pk, state=State.PENDING)
        if not ours.update(state=State.SENT, tries=F("tries") + 1):
            return
        try:
            outcome = self.kind.apply(self.job, item)
        except AlmaError as error:
            outcome = self._failed(item, error)
        except Exception:
            logger.exception("Job %s, item %s", self.job.pk, item.pk)
            outcome = Outcome(State.FAILED, _("A fault of the portal; it was written to its log."), is_final=False)
        else:
            self.failed_in_a_row = 0
        self._write(item, outcome)

    def _settle(self, item: Item) -> None:
        try:
            outcome = self.kind.settle(self.job, item) or Outcome(State.PENDING)
        except AlmaError as error:
            if self._is_everybodys(error):
                return
            outcome = Outcome(State.UNSURE, error.said.text or error.hint, error.said.code, is_final=False)
        self._write(item, outcome)

    @staticmethod
    def _write(item: Item, outcome: Outcome) -> None:
        Item.objects.filter(pk=item.pk).update(
            state=outcome.state,
            message=outcome.message[:500],
            code=outcome.code[:60],
            tracking_id=outcome.tracking_id[:100],
            is_final=outcome.is_final,
            change_id=outcome.change,
        )

    def _failed(self, item: Item, error: AlmaError) -> Outcome:
        """What an error means for the item: another try, the end, or nobody knows."""
        text, code, tracking_id = (
            error.said.text or str(error.hint),
            error.said.code or error.kind,
            error.said.tracking_id,
        )
        if error.unknown_outcome:
            return Outcome(State.UNSURE, text, code, tracking_id, is_final=False)
        if self._is_everybodys(error) or isinstance(error, AlmaHeld):
            return Outcome(State.PENDING)
        if isinstance(error, AlmaUnreachable):
            self.failed_in_a_row += 1
            if self.failed_in_a_row >= FAILURES_IN_A_ROW:
                self.trouble = error
            if item.tries + 1 < TRIES:
                return Outcome(State.PENDING)
            return Outcome(State.FAILED, text, code, tracking_id, is_final=False)
        return Outcome(State.FAILED, text, code, tracking_id)

    def _is_everybodys(self, error: AlmaError) -> bool:
        """The day's calls, the pace, the key: what would meet every item ends the slice."""
        if isinstance(error, AlmaQuotaSpent | AlmaTooFast | AlmaDenied):
            self.trouble = error
            return True
        return False

    # the end of the slice

    def _hand_back(self, finished: bool) -> None:
        state = claims.beat(self.job)
        if state == Job.State.STOPPING:
            self._stopped()
        elif state == Job.State.PAUSED:
            claims.hand_back(self.job, Job.State.PAUSED)
        elif self.trouble is not None:
            self._rest(self.trouble)
        elif not finished:
            claims.hand_back(self.job, Job.State.QUEUED)
        elif self.job.phase == Job.Phase.PLAN:
            claims.hand_back(self.job, Job.State.QUEUED, phase=Job.Phase.REVIEW)
        elif self.job.phase == Job.Phase.REVIEW:
            claims.hand_back(self.job, Job.State.READY)
        else:
            bad = self.job.items.filter(state__in=(State.FAILED, State.UNSURE)).exists()
            over = Job.State.DONE_WITH_ERRORS if bad else Job.State.DONE
            claims.hand_back(self.job, over, finished=clock.moment(), message="")

    def _stopped(self) -> None:
        left = self.job.items.filter(state=State.PENDING)
        left.update(
            state=State.SKIPPED, message=_("The job was stopped before it came to this record."), is_final=False
        )
        claims.hand_back(self.job, Job.State.STOPPED, finished=clock.moment())

    def _rest(self, error: AlmaError) -> None:
        """Until Alma can be asked again; a key that was refused is for a person to mend."""
        text = f"{error.title}. {error.hint}"[:500]
        if isinstance(error, AlmaDenied):
            claims.hand_back(self.job, Job.State.PAUSED, message=text)
            return
        quota = alma().quota.state()
        until = clock.moment() + REST
        if isinstance(error, AlmaQuotaSpent):
            until = quota.blocked_until or quota.resets_at
        claims.hand_back(self.job, Job.State.WAITING, wait_until=until, message=text)
