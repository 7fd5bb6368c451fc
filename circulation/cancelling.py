"""Cancelling a request: one DELETE, then a look at what Alma has now. The log has the request's number and what was
said with it, and nothing of whom it was for."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound
from almaportal.alma.records import Record, code
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from circulation import alma, record, watching
from circulation.closure import KIND
from circulation.placing import LONGEST

REASONS = "RequestCancellationReasons"
OPEN_TYPES = ("HOLD", "DIGITIZATION", "BOOKING")
OVER_CODES = ("401694", "401697")  # of a DELETE: Alma has no such request any more (facts 5.3)
IS_OVER = ("gone", "history")


@dataclass(frozen=True)
class Words:
    """What goes along: reason: a code of REASONS; note: for the person, "" for none; notify: Alma mails the person,
    which it does by default (facts 5.3)."""

    reason: str
    note: str
    notify: bool

    @property
    def fields(self) -> list[dict[str, Any]]:
        """For the log of changes."""
        said = {"reason": self.reason, "note": self.note, "notify_user": "true" if self.notify else "false"}
        return [{"path": name, "before": None, "after": text} for name, text in said.items() if text]


@dataclass(frozen=True)
class Cancelled:
    """change: of the log; after: "gone" (Alma has it no more), "history" (Alma keeps it as over), "there" (still as it
    was), "unread" (nobody could look), "over" (Alma had no such request any more: nothing was cancelled);
    error: Alma's, of "over", and where no answer came and nobody knows whether the request is going; else None."""

    change: Change
    after: str
    error: AlmaError | None = None


def why_not(request: Record) -> str:
    """Why a request cannot be cancelled, a sentence; "" where it can."""
    if record.status(request) == record.HISTORY:
        return _("It is over already.")
    if not record.person(request):
        return _("It is Alma's own work on the item and nobody's request.")
    if record.kind(request) not in OPEN_TYPES:
        return _("Requests of this type are ended in Alma.")
    return ""


def cancel(request: Record, words: Words, why: Why, token: str | None = None) -> Cancelled:
    """Cancel it, as read: two calls. token: of the form; the same form sent again raises log.AlreadySent. Raises
    AlmaError: Alma refused, nothing was cancelled."""
    own = record.request_id(request)
    with hold(f"request:{own}"):
        title = code(request.get("mms_id"))
        change = log.begin(Change.Action.DELETE, KIND, [own], title, why, token, fields=words.fields)
        try:
            with log.sending(change):
                alma.cancel(request, words.reason, words.note, words.notify)
        except AlmaError as error:
            return _without_success(change, error)
        return _seen(change, look(own))


def _without_success(change: Change, error: AlmaError) -> Cancelled:
    """Over already; or no answer came, and a look says whether it is over now."""
    if error.said.code in OVER_CODES:
        return Cancelled(change, "over", error)
    if not error.unknown_outcome:
        raise error
    after = look(change.ids[0])
    return _seen(change, after) if after in IS_OVER else Cancelled(change, after, error)


def seconds_left(change: Change) -> float:
    """So long a cancelling without an answer may still be under way."""
    return max(0.0, (change.at + LONGEST - clock.moment()).total_seconds())


def _seen(change: Change, after: str) -> Cancelled:
    """Alma took it. What is still there, or could not be looked at, is looked at again by the portal."""
    if after in IS_OVER:
        log.done(change, look_at=None, code="", text="", tracking_id="")
        watching.cancelled(change.ids[0])
    else:
        log.going(change)
    return Cancelled(change, after)


def look(request_id: str) -> str:
    """What Alma has of a request now, as in `Cancelled.after`: one call. Never raises."""
    try:
        return "history" if record.status(alma.request(request_id)) == record.HISTORY else "there"
    except AlmaNotFound as error:
        return "gone" if error.is_gone else "unread"
    except AlmaError:
        return "unread"


def is_over(request_id: str) -> bool:
    """Whether Alma has it no more, or as history: one call; raises AlmaError."""
    try:
        return record.status(alma.request(request_id)) == record.HISTORY
    except AlmaNotFound as error:
        if error.is_gone:
            return True
        raise


def settle(change: Change) -> None:
    """After a cancelling without an answer: over is done; still there, a minute later, it was never made."""
    if is_over(change.ids[0]):
        log.done(change, look_at=None, code="", text="", tracking_id="")
        watching.cancelled(change.ids[0])
    elif not seconds_left(change):
        log.done(change, state=Change.State.FAILED, look_at=None, text=_("Asked: the request is as it was before."))
