"""What the log of changes must know of requests."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.accounts.roles import CHANGE_REQUESTS, VIEW_REQUESTS
from almaportal.alma.records import code
from almaportal.changes.kinds import RecordKind, register
from almaportal.changes.models import Change
from almaportal.request import Request
from circulation import cancelling, placing, record
from circulation.cancelling import REASONS
from circulation.closure import KIND
from circulation.place_forms import PLACES

LABELS: dict[str, str | Promise] = {
    "reason": gettext_lazy("Reason"),
    "note": gettext_lazy("Note"),
    "notify_user": gettext_lazy("Alma mails the person"),
    "request_type": gettext_lazy("Type"),
    "pickup_location_type": gettext_lazy("Picked up at"),
    "pickup_location_library": gettext_lazy("Library"),
    "pickup_location_circulation_desk": gettext_lazy("Desk"),
    "pickup_location_institution": gettext_lazy("Institution"),
    "last_interest_date": gettext_lazy("Wanted until"),
    "booking_start_date": gettext_lazy("Booked from"),
    "booking_end_date": gettext_lazy("Booked until"),
}

WORDS: dict[str, str | Promise] = {
    Change.Action.CREATE: gettext_lazy("placed"),
    Change.Action.DELETE: gettext_lazy("cancelled"),
    "deleting": gettext_lazy("being cancelled"),
    "accepted": gettext_lazy("Alma accepted it; this page checks whether the request is over"),
    "gone": gettext_lazy("Cancelled: the request is over"),
    "take_back": gettext_lazy("Cancel it…"),
}

WORDS_OF: dict[str, dict[str, str | Promise]] = {"request_type": record.KINDS, "pickup_location_type": dict(PLACES)}


def describe(path: str, raw: Any) -> tuple[str, str]:
    """Label and words of what was said with a cancelling, or asked for with a request."""
    said = code(raw)
    if path == "reason":
        said = codes.tables([REASONS])[REASONS].options.get(said, said)
    elif path == "notify_user":
        said = {"true": _("yes"), "false": _("no")}.get(said, said)
    elif path in WORDS_OF:
        said = str(WORDS_OF[path].get(said, said))
    return str(LABELS.get(path, path)), said


def settle(change: Change) -> None:
    (placing.settle if change.action == Change.Action.CREATE else cancelling.settle)(change)


def undo(_request: Request, change: Change) -> HttpResponse:
    """What was placed is cancelled; a cancelled one has lost its place in the queue and is not brought back."""
    return redirect("circulation:cancel", change.ids[0])


def is_gone(ids: Sequence[str]) -> bool:
    return cancelling.is_over(ids[0])


def register_kinds() -> None:
    register(
        RecordKind(
            name=KIND,
            label=gettext_lazy("request"),
            may_view=VIEW_REQUESTS,
            may_change=CHANGE_REQUESTS,
            address=lambda ids: reverse("circulation:request", args=ids),
            parent_address=lambda _ids: reverse("circulation:circulation"),
            describe=describe,
            is_gone=is_gone,
            undo=undo,
            settle=settle,
            words=WORDS,
        )
    )
