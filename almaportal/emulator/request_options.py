"""What a person could ask for of a title or item, and when it cannot be booked."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from . import catalog, inventory, items, loan_rules, people, request_rules
from .errors import AlmaError
from .messages import LINK_BASE, Record, Reply, Request
from .request_rules import Target

if TYPE_CHECKING:
    from .store import Row, Store

_TEXTS = {
    "HOLD": "Hold",
    "DIGITIZATION": "Digitization",
    "BOOKING": "Booking",
    "PURCHASE": "Purchase request",
    "GES": "General electronic service",
    "RS_BROKER": "Resource sharing broker",
}
_DAYS = {"days": 1, "weeks": 7, "months": 30}


def of_bib(store: "Store", request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/request-options?user_id=&consider_dlr="""
    catalog.find(store, mms)
    return _options(store, request, Target(mms, None), f"/bibs/{mms}")


def of_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """GET …/items/{item}/request-options?user_id="""
    one = inventory.find_item(store, mms, holding, item_id)
    return _options(store, request, Target(mms, one), f"/bibs/{mms}/holdings/{one.holding_id}/items/{item_id}")


def bookings_of_bib(store: "Store", request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/booking-availability?period=&period_type=: when no item of the title is free."""
    catalog.find(store, mms)
    return _unavailable(store, request, items.of_bib(store, mms))


def bookings_of_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """GET …/items/{item}/booking-availability?period=&period_type="""
    return _unavailable(store, request, [inventory.find_item(store, mms, holding, item_id)])


def _options(store: "Store", request: Request, target: Target, path: str) -> Reply:
    user_id = request.query.get("user_id", "GUEST")
    row = None if user_id == "GUEST" else people.asked(store, request, user_id)
    rows: list[Record] = []
    for kind in _kinds(store, row, target):
        option: Record = {"type": {"value": kind, "desc": _TEXTS[kind]}}
        option["request_url"] = f"{LINK_BASE}{path}/requests?user_id={user_id}"
        if kind == "GES":
            option["request_url"] = f"https://ask.example.org/?mms={target.mms_id}"
            option["general_electronic_service_details"] = {
                "id": "5000001",
                "code": "ASK",
                "public_name": "Ask a librarian",
                "public_note": "",
            }
        rows.append(option)
    return Reply({"request_option": rows} if rows else {}, "request_options")


def _kinds(store: "Store", row: "Row | None", target: Target) -> list[str]:
    """None for somebody who may not borrow; a guest has the general service only."""
    if row is None:
        return ["GES"]
    try:
        loan_rules.check_patron(store, row)
    except AlmaError:
        return []
    found = [kind for kind in request_rules.TYPES if request_rules.fulfilling(store, row, target, kind)]
    if target.item is None and not items.of_bib(store, target.mms_id):
        found.append("PURCHASE")
    if "HOLD" not in found:
        found.append("RS_BROKER")
    return [*found, "GES"]


def _unavailable(store: "Store", request: Request, found: list[items.Item]) -> Reply:
    """The times within the period in which every bookable item is taken."""
    text, kind = request.query.get("period", ""), request.query.get("period_type", "days").lower()
    if kind not in _DAYS:
        raise AlmaError("4018990")
    if not (text.isascii() and text.isdigit() and 0 < int(text[:5]) < 1_000):
        raise AlmaError("401664", "Mandatory field is missing: period")
    if request.query.get("user_id"):
        people.asked(store, request, request.query["user_id"])
    start = datetime.fromtimestamp(store.now(), UTC)
    end = start + timedelta(days=int(text) * _DAYS[kind])
    bookable = [one for one in found if request_rules.fulfilling(store, None, Target(one.mms_id, one), "BOOKING")]
    busy = [[(begin, until) for begin, until, _ in request_rules.bookings(store, one)] for one in bookable]
    edges = sorted({start, end, *(edge for times in busy for pair in times for edge in pair if start < edge < end)})
    rows: list[Record] = []
    for begin, until in pairwise(edges):
        if all(any(one[0] <= begin and until <= one[1] for one in times) for times in busy):
            if rows and rows[-1]["to_time"] == _text(begin):
                rows[-1]["to_time"] = _text(until)
            else:
                rows.append({"from_time": _text(begin), "to_time": _text(until)})
    record: Record = {"booking_availability": rows} if rows else {}
    return Reply(record | {"total_record_count": len(rows)}, "booking_availabilities")


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
