"""How a slice of a job ends: back into the queue, ready, waiting, or over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaQuotaSpent, AlmaTooFast, AlmaUnreachable
from almaportal.alma.gateway import alma
from almaportal.jobs import claims, files, given, telling
from almaportal.jobs.events import note
from almaportal.jobs.kinds import Halt, NotYet
from almaportal.jobs.models import Item, Job

REST = timedelta(minutes=5)
LEFT_OUT = (Item.Verdict.REFUSED, Item.Verdict.LEFT, Item.Verdict.MISSING)  # by the review
PASSING = (AlmaUnreachable, AlmaTooFast, AlmaQuotaSpent, AlmaDenied)
State = Item.State


def leave_out(job: Job) -> None:
    """What the review said not to do is not done, and says why."""
    job.items.filter(state=State.PENDING, verdict__in=LEFT_OUT).update(state=State.SKIPPED)


class Ending:
    """found: the state of the job that this is decided on. Every way returns whether the job still was in it, and ours:
    if not, it must be decided anew. beat: a sign of life, while files are written."""

    def __init__(self, job: Job, found: str, beat: Callable[[], object] = lambda: None) -> None:
        self.job, self.found, self.beat = job, found, beat

    def to(self, state: str, **fields: object) -> bool:
        return claims.hand_back(self.job, self.found, state, **fields)

    def review(self) -> bool:
        files.keep_review(self.job, self.beat)
        ready = self.to(Job.State.READY, speed=0, review_key=get_random_string(20))
        if ready:
            note(self.job, _("The review is complete."))
        return ready

    def done(self) -> bool:
        bad = self.job.items.filter(state__in=(State.FAILED, State.UNSURE)).exists()
        return self._over(Job.State.DONE_WITH_ERRORS if bad else Job.State.DONE, "")

    def stop(self, text: str) -> bool:
        self._leave_nothing_open(text or _("The job was stopped before it came to this record."))
        return self._over(Job.State.STOPPED, text)

    def fail(self, text: str) -> bool:
        self._leave_nothing_open(text)
        return self._over(Job.State.FAILED, text)

    def _leave_nothing_open(self, text: str) -> None:
        """In a job that is over nothing is pending, and nothing *sent*: what Alma would not tell is for a person."""
        leave_out(self.job)
        unknown = _("The job ended before Alma said what became of this.")
        self.job.items.filter(state=State.SENT).update(state=State.UNSURE, message=unknown, is_final=False)
        self.job.items.filter(state=State.PENDING).update(state=State.SKIPPED, message=text[:500], is_final=False)

    def _over(self, state: str, text: str) -> bool:
        given.forget(self.job)
        files.keep_results(self.job, self.beat)
        over = self.to(state, finished=clock.moment(), message=text[:500], speed=0)
        if over:
            note(self.job, text or _("Over: %s.") % Job.State(state).label)
            telling.tell(self.job)
        return over

    def rest(self, trouble: AlmaError | NotYet | Halt) -> bool:
        """Until Alma can be asked again. A key that was refused is for a person to mend; what does not pass, and met no
        single record but the job, ends it."""
        text = trouble.text if isinstance(trouble, NotYet | Halt) else _words(trouble)
        if not isinstance(trouble, (*PASSING, NotYet)):
            return self.fail(text)
        denied = isinstance(trouble, AlmaDenied)
        state, until = (Job.State.PAUSED, None) if denied else (Job.State.WAITING, _until(trouble))
        rests = self.to(state, wait_until=until, message=text[:500], speed=0)
        if rests:
            note(self.job, text)
        return rests


def _words(error: AlmaError) -> str:
    said = ": ".join(filter(None, (error.said.code, error.text_to_keep)))
    said = f" ({said})" if said else ""
    return f"{error.title}{said}. {error.hint}"


def _until(trouble: AlmaError | NotYet | Halt) -> datetime:
    """As it was known when the call was refused: a day may have ended since."""
    if isinstance(trouble, NotYet):
        return clock.moment() + timedelta(seconds=trouble.seconds)
    if not isinstance(trouble, AlmaQuotaSpent):
        return clock.moment() + REST
    if trouble.until:
        return datetime.fromtimestamp(trouble.until, UTC)
    return alma().quota.state().blocked_until or clock.moment()
