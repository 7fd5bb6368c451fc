"""Placing a request, sent once: the POST, and a look when no answer came.

The log has the title and where it is to be picked up. For whom it is stands there only while nobody knows whether Alma
took it: the look needs it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaUnreadable
from almaportal.alma.records import Record, code, is_empty, moment
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import alma as people
from circulation import alma, record, wanted
from circulation.closure import KIND
from circulation.wanted import Wanted

LONGEST = timedelta(seconds=60)  # after that nothing of a POST is under way any more
SLACK = timedelta(seconds=60)  # Alma's clock and ours may differ so much
LOGGED = (
    *("request_type", "pickup_location_type", "pickup_location_library", "pickup_location_circulation_desk"),
    *("pickup_location_institution", "last_interest_date", "booking_start_date", "booking_end_date"),
    *("manual_description", "partial_digitization", "full_chapter", "chapter_or_article_title"),
    *("chapter_or_article_author", "required_pages_range", "volume", "issue", "part"),
    "copyrights_declaration_signed_by_patron",
)


@dataclass(frozen=True)
class Placed:
    """change: of the log; request: as Alma answered."""

    change: Change
    request: Record


def place(asked: Wanted, body: Record, again: bool, why: Why) -> Placed:
    """Place the request of `body`: one call.

    again: although the person has requested the title already. Raises log.AlreadySent for the same form sent again,
    and AlmaError; when its outcome is unknown nobody knows whether Alma took it: `settle` looks.
    """
    target = asked.target
    looked = {"key": asked.user_id, "known": asked.known, "mms_id": target.mms_id, "item_id": asked.item_id}
    said: list[dict[str, Any]] = [
        {"path": name, "before": None, "after": _logged(name, body)} for name in LOGGED if not is_empty(body.get(name))
    ]
    with hold(f"place:{asked.user_id.casefold()}:{target.mms_id}"):
        change = log.begin(Change.Action.CREATE, KIND, [], target.mms_id, why, asked.token, fields=said, looked=looked)
        try:
            with log.sending(change):
                request = alma.place(asked.place, body, target.mms_id, asked.item_id, again)
                own = record.request_id(request)
                if not own:
                    raise AlmaUnreadable(_("Alma's answer has no request ID."), unknown_outcome=True, area="users")
        except AlmaError as error:
            if not error.unknown_outcome:
                log.done(change, state=Change.State.FAILED, looked=None)
            raise
        log.done(change, ids=[own], record_id=own, looked=None)
    return Placed(change, request)


def _logged(name: str, body: Record) -> Any:
    """A desk with its library: its code means nothing without."""
    if name == "pickup_location_circulation_desk":
        return {"value": body[name], "library": body.get("pickup_location_library")}
    return body[name]


def unsettled(asked: Wanted) -> Change | None:
    """What was sent before of the same title for the same person, while nobody knows what became of it."""
    states = (Change.State.SENT, Change.State.UNSURE)
    found = Change.objects.filter(kind=KIND, action=Change.Action.CREATE, title=asked.target.mms_id, state__in=states)
    own = asked.user_id.casefold()
    return next((one for one in found if code((one.looked or {}).get("key")).casefold() == own), None)


def settle(change: Change) -> None:
    """After a POST without an answer: look through the person's requests, a call for each hundred. Raises AlmaError.

    Exactly one that was not there before is it. None, a minute later: nothing was placed.
    """
    looked = change.looked or {}
    found = wanted.all_of(people.place(looked.get("key", "")))
    same = [one for one in found if _is_same(one, looked, change)]
    fresh = [one for one in _of_nobody_else(same, change) if _is_fresh(one, looked.get("known"), change)]
    if len(fresh) == 1:
        own = record.request_id(fresh[0])
        log.done(change, ids=[own], record_id=own, looked=None, code="", text="", tracking_id="")
    elif not fresh and clock.moment() - change.at > LONGEST:
        text = _("Asked: the person has no such request.")
        log.done(change, state=Change.State.FAILED, looked=None, text=text)


def _of_nobody_else(found: list[Record], change: Change) -> list[Record]:
    """Without those that are known to come of another form of the portal."""
    ids = [record.request_id(one) for one in found]
    others = Change.objects.filter(kind=KIND, action=Change.Action.CREATE, record_id__in=ids).exclude(pk=change.pk)
    taken = set(others.values_list("record_id", flat=True))
    return [one for one in found if record.request_id(one) not in taken]


def _is_same(request: Record, looked: dict[str, Any], change: Change) -> bool:
    """Of the title, the type, and where one item was asked for, of that item."""
    kind = next((one["after"] for one in change.fields if one["path"] == "request_type"), "")
    is_title = code(request.get("mms_id")) == looked.get("mms_id") and record.kind(request) == kind
    return is_title and looked.get("item_id") in ("", code(request.get("item_id")))


def _is_fresh(request: Record, known: list[str] | None, change: Change) -> bool:
    """Not there before, and placed while the POST was under way; one without a time may be it. known: None where nobody
    had looked."""
    at = moment(request.get("request_time"))
    is_of_then = at is None or change.at - SLACK <= at <= change.at + LONGEST + SLACK
    return record.request_id(request) not in (known or ()) and is_of_then
