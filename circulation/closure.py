"""How a request came to its end, as far as Alma lets anybody tell.

Alma keeps no reason: a request that is over is HISTORY or gone (401694), as the institution has set it (facts 0.11).
What tells them apart is what the portal itself did or saw before: its own cancelling, the loan that came of it, the
day that passed while it was still there, the hold shelf it stood on. Rejected by staff, failed in the process, and
cancelled by somebody outside the portal look alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from almaportal.alma.records import Record, code, moment
from almaportal.changes.models import Change
from circulation import record

KIND = "request"


class Ending(models.TextChoices):
    COMPLETED = "completed", _lazy("completed")
    CANCELLED = "cancelled", _lazy("cancelled")
    EXPIRED = "expired", _lazy("expired")
    SHELF_EXPIRED = "shelf expired", _lazy("hold shelf expired")
    UNKNOWN = "unknown", _lazy("over; Alma does not say why")


@dataclass(frozen=True)
class Ended:
    """ending: of Ending; text: what speaks for it, a sentence; is_sure: whether it is known, and not only likely."""

    ending: Ending
    text: str
    is_sure: bool

    @property
    def words(self) -> str:
        return words(self.ending, self.is_sure)


def words(ending: str, is_sure: bool) -> str:
    """How it ended, and that this is a guess where it is one."""
    label = str(Ending(ending).label)
    return label if is_sure or ending == Ending.UNKNOWN else _("%(ending)s, most likely") % {"ending": label}


@dataclass(frozen=True)
class Last:
    """A request as it was last seen: state as of record.status; placed, wanted_until, held_until: as Alma has them,
    None for not said; seen_at: when somebody last saw that it was not over; over_by: when it was found over, None for
    now."""

    state: str = ""
    placed: datetime | None = None
    wanted_until: date | None = None
    held_until: date | None = None
    seen_at: datetime | None = None
    over_by: datetime | None = None

    @classmethod
    def of(cls, request: Record) -> "Last":
        shown = record.row(request)
        return cls(shown["state"], shown["placed"], shown["wanted_until"], shown["held_until"])

    def has_passed(self, until: date | None) -> bool:
        """Whether a day lies behind on which it was to end."""
        return record.is_past(until, self.over_by)

    def outlived(self, until: date | None) -> bool:
        """Whether it was still there on that day or later: only then the day speaks for how it ended."""
        seen_on = timezone.localdate(self.seen_at) if self.seen_at else None
        return until is not None and seen_on is not None and seen_on >= until and self.has_passed(until)


def cancelled_here(request_id: str) -> Change | None:
    """The cancelling by the portal that Alma did not refuse, or None."""
    found = Change.objects.filter(kind=KIND, action=Change.Action.DELETE, record_id=request_id)
    return found.exclude(state=Change.State.FAILED).order_by("-pk").first()


def of(request_id: str, last: Last, loan: Record | None = None) -> Ended:
    """How a request that is over came to its end. loan: of `loan_of`, where somebody looked for it."""
    if change := cancelled_here(request_id):
        text = _("Cancelled here by %(who)s, change %(number)d.") % {"who": change.who, "number": change.pk}
        return Ended(Ending.CANCELLED, text, change.state == Change.State.DONE)
    if loan is not None:
        text = _("The person has the item on loan since it was placed.")
        return Ended(Ending.COMPLETED, text, code(loan.get("request_id")) == request_id)
    if last.state == record.ON_SHELF and last.outlived(last.held_until):
        return Ended(
            Ending.SHELF_EXPIRED, _("It stood on the hold shelf, and the day it was kept until is over."), False
        )
    if last.outlived(last.wanted_until):
        return Ended(Ending.EXPIRED, _("The day it was wanted until is over."), False)
    if last.state == record.ON_SHELF:
        text = _("It stood on the hold shelf: most likely it was lent, or the person gave it up.")
        return Ended(Ending.UNKNOWN, text, False)
    if last.has_passed(last.wanted_until):
        text = _(
            "The day it was wanted until is over, but nobody looked on that day or later: it may have been completed or"
            " cancelled before."
        )
        return Ended(Ending.UNKNOWN, text, False)
    text = _(
        "Completed, rejected by staff, failed, or cancelled in Alma or by the person: Alma gives no reason, so these"
        " cannot be told apart."
    )
    return Ended(Ending.UNKNOWN, text, False)


def loan_of(request: Record, loans: Sequence[Record]) -> Record | None:
    """The loan, among a person's, that came of a request: named by it, or of its item or title since it was placed."""
    own, placed = record.request_id(request), record.placed(request)
    for loan in loans:
        if own and code(loan.get("request_id")) == own:
            return loan
    for loan in loans:
        lent = moment(loan.get("loan_date"))
        is_later = placed is not None and lent is not None and lent >= placed
        if is_later and _is_of(request, loan):
            return loan
    return None


def _is_of(request: Record, loan: Record) -> bool:
    """Of the same item; of the same title where the request names no item."""
    name = "item_id" if record.is_for_item(request) else "mms_id"
    return bool(code(request.get(name))) and code(request.get(name)) == code(loan.get(name))
