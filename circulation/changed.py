"""What the log of changes must know of requests."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.accounts.roles import CHANGE_REQUESTS, VIEW_REQUESTS
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import code, day, dig, moment
from almaportal.changes.kinds import RecordKind, register
from almaportal.changes.models import Change
from almaportal.request import Request
from circulation import alma, cancelling, placing, record
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
    "manual_description": gettext_lazy("Which volume"),
    "partial_digitization": gettext_lazy("What is digitized"),
    "full_chapter": gettext_lazy("The whole chapter"),
    "chapter_or_article_title": gettext_lazy("Title of the chapter or article"),
    "chapter_or_article_author": gettext_lazy("Its author"),
    "required_pages_range": gettext_lazy("Pages"),
    "volume": gettext_lazy("Volume number"),
    "issue": gettext_lazy("Issue number"),
    "part": gettext_lazy("Part"),
    "copyrights_declaration_signed_by_patron": gettext_lazy("The person has signed the copyright declaration"),
}

WORDS: dict[str, str | Promise] = {
    Change.Action.CREATE: gettext_lazy("placed"),
    Change.Action.DELETE: gettext_lazy("cancelled"),
    "deleting": gettext_lazy("being cancelled"),
    "accepted": gettext_lazy("Alma accepted it; this page checks whether the request is over"),
    "gone": gettext_lazy("Cancelled: the request is over"),
    "take_back": gettext_lazy("Cancel it…"),
}

YES: dict[str, str | Promise] = {"true": gettext_lazy("yes"), "false": gettext_lazy("no")}
WORDS_OF: dict[str, dict[str, str | Promise]] = {
    "request_type": record.KINDS,
    "pickup_location_type": dict(PLACES),
    "notify_user": YES,
    "full_chapter": YES,
    "copyrights_declaration_signed_by_patron": YES,
    "partial_digitization": {"true": gettext_lazy("a part"), "false": gettext_lazy("the whole")},
}


def describe(path: str, raw: Any) -> tuple[str, str]:
    """Label and words of what was said with a cancelling, or asked for with a request."""
    said = code(raw)
    if path in WORDS_OF:
        said = str(WORDS_OF[path].get(said, said))
    elif path in IN_WORDS and raw:
        said = IN_WORDS[path](raw) or said
    return str(LABELS.get(path, path)), said


def _of_table(name: str, raw: Any) -> str:
    return codes.tables([name])[name].options.get(code(raw), "")


def _desk(raw: Any) -> str:
    """The desk's name; its list is kept for a day, and not asked for where the Configuration is closed."""
    library = code(dig(raw, "library"))
    if not library or codes.tables(["libraries"])["libraries"].error:
        return ""
    try:
        return dict(alma.desks(library)).get(code(raw), "")
    except AlmaError:
        return ""


def _day(raw: Any) -> str:
    on = day(raw)
    return date_format(on) if on else ""


def _time(raw: Any) -> str:
    at = moment(raw)
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


def _pages(raw: Any) -> str:
    return record.pages({"required_pages_range": raw})


# path → its value in words, "" where nobody knows them
IN_WORDS: dict[str, Callable[[Any], str]] = {
    "reason": lambda raw: _of_table(REASONS, raw),
    "pickup_location_library": lambda raw: _of_table("libraries", raw),
    "pickup_location_circulation_desk": _desk,
    "last_interest_date": _day,
    "booking_start_date": _time,
    "booking_end_date": _time,
    "required_pages_range": _pages,
}


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
