"""A request as Alma sent it, read without believing its shape (facts 5.1, Appendix B)."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from almaportal.alma import clock
from almaportal.alma.records import Record, code, day, dig, moment, rows, whole_number, words

HISTORY, ON_SHELF = "HISTORY", "ON_HOLD_SHELF"
MOST_PLACES = 10**6  # no queue is longer: what says so is no place
# Alma's states in words; "Not Started" and NOT_STARTED are the same state (facts 5.1).
STATES: dict[str, str | Promise] = {
    "NOT_STARTED": _lazy("not started"),
    "IN_PROCESS": _lazy("in process"),
    ON_SHELF: _lazy("on hold shelf"),
    HISTORY: _lazy("over"),
}
KINDS: dict[str, str | Promise] = {
    "HOLD": _lazy("Hold"),
    "DIGITIZATION": _lazy("Digitization"),
    "BOOKING": _lazy("Booking"),
    "MOVE": _lazy("Move"),
    "WORK_ORDER": _lazy("Work order"),
    "GENERAL_DIGITIZATION": _lazy("General digitization"),
}
PLACES: dict[str, str | Promise] = {
    "INSTITUTION": _lazy("another institution"),
    "USER_HOME_ADDRESS": _lazy("home address"),
    "USER_WORK_ADDRESS": _lazy("work address"),
}


def named(record: Record, request_id: str) -> Record:
    """A request as Alma sent it, under the number by which it was asked for."""
    return {**record, "request_id": request_id}


def request_id(record: Record) -> str:
    return code(record.get("request_id"))


def person(record: Record) -> str:
    """The primary ID of whom it is for; "" for Alma's own work."""
    return code(record.get("user_primary_id"))


def status(record: Record) -> str:
    """The state in one spelling: NOT_STARTED, IN_PROCESS, ON_HOLD_SHELF, HISTORY, or what else Alma says so."""
    return "_".join(code(record.get("request_status")).upper().split())


def status_words(found: str) -> str:
    """A state of `status` in words; one that nobody knows as Alma has it."""
    return str(STATES.get(found, found.replace("_", " ").lower()))


def kind(record: Record) -> str:
    """HOLD, DIGITIZATION, BOOKING, MOVE, WORK_ORDER …"""
    return code(record.get("request_type")).upper()


def placed(record: Record) -> datetime | None:
    """When it was placed; where Alma has the day alone (request_date, deprecated), the beginning of that day."""
    found = moment(record.get("request_time"))
    on = day(record.get("request_date"))
    if found or not on:
        return found
    return timezone.make_aware(datetime(on.year, on.month, on.day))


def age(record: Record) -> int | None:
    """Whole days since it was placed, None when Alma does not say."""
    since = placed(record)
    return None if since is None else max(0, (clock.moment() - since) // timedelta(days=1))


def pickup(record: Record) -> str:
    """Where it is to be picked up, in words."""
    where = code(record.get("pickup_location_type")).upper()
    if where in PLACES:
        institution = words(record.get("pickup_location_institution"))
        return ": ".join(filter(None, (str(PLACES[where]), institution)))
    desk = words(record.get("pickup_location_circulation_desk"))
    coded = " · ".join(filter(None, (pickup_library(record), desk)))
    return words(record.get("pickup_location")) or coded  # the name that Alma sends has the desk in it


def pickup_library(record: Record) -> str:
    """The code of the pickup library, "" for another kind of place."""
    return code(record.get("pickup_location_library"))


def place_in_queue(record: Record) -> int | None:
    """Its place among those that wait, from 1; None once it does not wait."""
    found = whole_number(record.get("place_in_queue"))
    return found if found is not None and 0 < found < MOST_PLACES else None


def is_for_item(record: Record) -> bool:
    """Whether for one item; Alma names an item too once it has chosen one."""
    return bool(code(record.get("item_id")))


def pages(record: Record) -> str:
    """The pages that are to be digitized, "" for none said."""
    found = [
        "–".join(filter(None, (code(one.get("from_page")), code(one.get("to_page")))))
        for one in rows(record, "required_pages_range")
    ]
    return ", ".join(filter(None, found))


def row(record: Record) -> dict[str, Any]:
    """A request in a table, and on its own page: texts and days in words."""
    state, sort = status(record), kind(record)
    return {
        "id": _linked(request_id(record)),
        "person": person(record),
        "kind": KINDS.get(sort, sort.replace("_", " ").capitalize()) or _("Request"),
        "sub_kind": words(record.get("request_sub_type")),
        "title": code(record.get("title")) or _("without a title"),
        "author": code(record.get("author")),
        "mms_id": _linked(code(record.get("mms_id"))),
        "item_id": _linked(code(record.get("item_id"))),
        "barcode": code(record.get("barcode")),
        "description": code(record.get("description")) or code(record.get("manual_description")),
        "volume": " ".join(filter(None, (code(record.get(name)) for name in ("volume", "issue", "part")))),
        "state": state,
        "status": status_words(state),
        "is_over": state == HISTORY,
        "is_ready": state == ON_SHELF,
        "place": place_in_queue(record),
        "pickup": pickup(record),
        "task": words(record.get("task_name")),
        "placed": placed(record),
        "wanted_until": day(record.get("last_interest_date")),
        "held_until": day(record.get("expiry_date")),
        "begins": booking_day(record, "begins"),
        "ends": booking_day(record, "ends"),
        "chapter": code(record.get("chapter_or_article_title")),
        "pages": pages(record),
        "comment": code(record.get("comment")),
        "managed_by": " · ".join(
            filter(None, (words(record.get(f"managed_by_{name}")) for name in ("library", "circulation_desk")))
        ),
        "partner": words(dig(record, "resource_sharing.status")),
    }


def _linked(alma_id: str) -> str:
    """An ID as part of an address of ours; "" for what can be none."""
    return "" if "/" in alma_id else alma_id


def booking_day(record: Record, which: str) -> datetime | None:
    """When a booking begins or ends, as Alma adjusted it."""
    name = "booking_start_date" if which == "begins" else "booking_end_date"
    return moment(record.get(f"adjusted_{name}")) or moment(record.get(name))


def is_past(on: date | None, at: datetime | None = None) -> bool:
    """Whether a day lies behind at a point in time, or now, by the library's calendar."""
    return on is not None and on < timezone.localdate(at or clock.moment())
