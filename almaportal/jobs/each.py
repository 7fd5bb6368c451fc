"""One item of a job: looked at, done, settled; and what an error of Alma's means for it."""

import logging
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from almaportal.accounts.roles import strongest_role
from almaportal.alma import clock
from almaportal.alma.caller import Caller, calling
from almaportal.alma.errors import AlmaDenied, AlmaError, AlmaHeld, AlmaQuotaSpent, AlmaTooFast, AlmaUnreachable
from almaportal.jobs.kinds import Halt, Kind, NotYet, Outcome, Verdict
from almaportal.jobs.models import PATH_LENGTH, Item, Job

ITEM_SECONDS = 100  # after that nobody waits for an item any more: with a slice less than claims.STALE
TRIES, MOST_TRIES = 3, 9  # the latter where Alma answered nothing else meanwhile
DEATHS = 10  # of workers, at the same item: then it is what kills them
FAILURES_IN_A_ROW = 20  # then Alma is down, and the job rests
State = Item.State
logger = logging.getLogger(__name__)


class Each:
    """What is done with each item of a slice, in whatever thread.

    trouble: what ends the slice for all items: an AlmaError that would meet each of them, NotYet or Halt; else None.
    """

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        role = strongest_role(job.user) if job.user else ""
        self._caller = Caller("jobs", job.user_id or 0, job.pk, keeps=False, role=role, feature=job.kind)
        self.trouble: AlmaError | NotYet | Halt | None = None
        self.failed_in_a_row = 0
        self.has_progress = False

    def caller(self) -> Caller:
        """Records are not kept in the cache: thousands would drive out what people look at."""
        return replace(self._caller, give_up_at=clock.monotonic() + ITEM_SECONDS)

    def look_at(self, item: Item) -> None:
        """Review it, and write down what was found."""
        try:
            with calling(self.caller()):
                found = self.kind.review(self.job, item)
        except AlmaError as error:
            if self._is_everybodys(error):
                return
            verdict = Item.Verdict.REFUSED
            if isinstance(error, AlmaUnreachable):
                if self._has_another_try(item, error):
                    Item.objects.filter(pk=item.pk).update(tries=F("tries") + 1)
                    return
                verdict = Item.Verdict.UNREAD
            found = Verdict(verdict, error.text_to_keep or error.hint, error.said.code)
        except Exception:
            logger.exception("Job %s, review of item %s", self.job.pk, item.pk)
            found = Verdict(Item.Verdict.UNREAD, _fault())
        else:
            self.failed_in_a_row = 0
        self._write_verdict(item, found)

    def _write_verdict(self, item: Item, found: Verdict) -> None:
        fields: dict[str, Any] = {
            "verdict": found.verdict,
            "message": found.message[:500],
            "code": found.code[:60],
            "before": found.before,
            "after": found.after,
            "kept": found.kept,
        }
        moved = {
            name: value for name, value in (("path", found.path[:PATH_LENGTH]), ("title", found.title[:300])) if value
        }
        if not self.kind.keeps_given and ("path" in moved or found.verdict == Item.Verdict.MISSING):
            fields["input"] = None
        own = Item.objects.filter(pk=item.pk)
        self._goes_forward()
        try:
            with transaction.atomic():
                own.update(**fields, **moved)
        except IntegrityError:  # found under the ID of another line
            left = {
                "verdict": Item.Verdict.LEFT,
                "message": _("This record is on the list already."),
                "path": item.path,
            }
            own.update(**{**fields, **moved, **left, "before": None, "after": None, "kept": None})

    def do(self, item: Item) -> None:
        """Marked as sent first; if somebody else has it by now, it is left to them."""
        ours = Item.objects.filter(pk=item.pk, state=State.PENDING)
        if item.tries >= DEATHS:
            text = _("Tried %d times, and each time the worker died or Alma gave no answer.") % item.tries
            self._write(item, Outcome(State.FAILED, text, is_final=False))
            return
        if not ours.update(state=State.SENT, tries=F("tries") + 1):
            return
        outcome: Outcome | None
        try:
            with calling(self.caller()):
                outcome = self.kind.apply(self.job, item)
        except AlmaError as error:
            outcome = self._failed(item, error)
        except (NotYet, Halt) as trouble:
            self.trouble = trouble
            outcome = None
        except Exception:
            logger.exception("Job %s, item %s", self.job.pk, item.pk)
            outcome = self._after_a_fault(item)
        else:
            self.failed_in_a_row = 0
        if outcome:
            self._write(item, outcome)
        else:  # as if it had not been taken
            Item.objects.filter(pk=item.pk).update(state=State.PENDING, tries=item.tries)

    def _goes_forward(self) -> None:
        """The first thing done in this slice: whatever kills workers, it is not the job as such."""
        if not self.has_progress:
            self.has_progress = True
            Job.objects.filter(pk=self.job.pk, claimed_by=self.job.claimed_by).update(attempts=1)

    def settle(self, item: Item) -> None:
        """Of an item that a worker left behind: what became of it."""
        try:
            with calling(replace(self.caller(), settles=True)):
                outcome = self.kind.settle(self.job, item) or Outcome(State.PENDING)
        except AlmaError as error:
            if self._is_everybodys(error) or isinstance(error, AlmaUnreachable):
                self.trouble = error
                return
            outcome = Outcome(State.UNSURE, error.text_to_keep or error.hint, error.said.code, is_final=False)
        except Exception:
            logger.exception("Job %s, settling of item %s", self.job.pk, item.pk)
            outcome = Outcome(State.UNSURE, _fault(), is_final=False)
        self._write(item, outcome)

    @staticmethod
    def _after_a_fault(item: Item) -> Outcome:
        """A fault of ours may have come after the request left: the next slice asks Alma what became of it."""
        state = State.SENT if item.tries + 1 < TRIES else State.UNSURE
        return Outcome(state, _fault(), is_final=False)

    def _write(self, item: Item, outcome: Outcome) -> None:
        if outcome.state not in (State.PENDING, State.SENT):
            self._goes_forward()
        Item.objects.filter(pk=item.pk).update(
            state=outcome.state,
            message=outcome.message[:500],
            code=outcome.code[:60],
            tracking_id=outcome.tracking_id[:100],
            is_final=outcome.is_final,
            change_id=outcome.change,
        )

    def _failed(self, item: Item, error: AlmaError) -> Outcome | None:
        """What an error means for the item: the end, or a look at Alma by the next slice; None for nothing done, and
        another try."""
        text, code = error.text_to_keep or str(error.hint), error.said.code or error.kind
        tracking_id = error.said.tracking_id
        if error.unknown_outcome:
            self._has_another_try(item, error)
            return Outcome(State.SENT, text, code, tracking_id, is_final=False)
        if self._is_everybodys(error) or isinstance(error, AlmaHeld):
            return None
        if isinstance(error, AlmaUnreachable):
            again = self._has_another_try(item, error)
            return Outcome(State.PENDING if again else State.FAILED, text, code, tracking_id, is_final=False)
        return Outcome(State.FAILED, text, code, tracking_id)

    def _has_another_try(self, item: Item, error: AlmaError) -> bool:
        """After Alma did not answer. When it did not for many items, or for nothing else, it is down: the job rests."""
        self.failed_in_a_row += 1
        tried = item.tries + 1
        if self.is_down or (tried >= TRIES and not self.has_progress):
            self.trouble = error
        return tried < (MOST_TRIES if self.trouble else TRIES)

    @property
    def is_down(self) -> bool:
        return self.failed_in_a_row >= FAILURES_IN_A_ROW

    def _is_everybodys(self, error: AlmaError) -> bool:
        """The day's calls, the pace, the key: what would meet every item ends the slice."""
        if isinstance(error, AlmaQuotaSpent | AlmaTooFast | AlmaDenied):
            self.trouble = error
            return True
        return False


def _fault() -> str:
    return _("A fault of the portal; it was written to its log.")
