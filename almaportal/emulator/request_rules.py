"""What Alma checks before it keeps a request, in the order the emulator does it."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from . import circulation, items, loan_rules, loans, people, requests
from .errors import AlmaError
from .institution import CIRC_DESKS, LIBRARIES
from .merge import day
from .messages import Record, Request
from .people import code_of, rows_of
from .request_records import SENT, record

if TYPE_CHECKING:
    from .store import Row, Store

TYPES = ("HOLD", "DIGITIZATION", "BOOKING")
PICKUPS = ("LIBRARY", "CIRCULATION_DESK", "INSTITUTION", "USER_HOME_ADDRESS", "USER_WORK_ADDRESS")
# Process types of items that nobody can get.
_UNAVAILABLE = ("MISSING", "LOST_LOAN", "CLAIM_RETURNED_LOAN", "TECHNICAL", "ACQ")
_FLAGS = ("partial_digitization", "full_chapter", "copyrights_declaration_signed_by_patron")
_ADDRESSES = {"USER_HOME_ADDRESS": "home", "USER_WORK_ADDRESS": "work"}


class Target(NamedTuple):
    """What is requested: a bib, or one item of it."""

    mms_id: str
    item: items.Item | None


def by_query(store: "Store", request: Request) -> Target:
    """The target of `mms_id=` or `item_pid=`: 401664 without one, 60328 and 401683 for unknown ones."""
    item_id, mms = request.query.get("item_pid", ""), request.query.get("mms_id", "")
    if item_id:
        item = items.by_id(store, item_id)
        if item is None:
            raise AlmaError("60328")
        if mms and mms != item.mms_id:
            raise AlmaError("401684")
        return Target(item.mms_id, item)
    if not mms:
        raise AlmaError("401664", "Mandatory field is missing: mms_id")
    if store.bib(mms) is None:
        raise AlmaError("401683", f"Title {mms} for request was not found.")
    return Target(mms, None)


def check(
    store: "Store", request: Request, row: "Row", target: Target, body: Record
) -> tuple[Record, list[items.Item]]:
    """What was sent of a new request, and the items that can fulfil it. AlmaError says why there is none."""
    kind = code_of(body.get("request_type"))
    if not kind:
        raise AlmaError("401664", "Mandatory field is missing: request_type")
    if kind not in TYPES:
        raise AlmaError("40166411", f"Param value is invalid: request_type {kind}.")
    sent = sent_of(body)
    check_sent(store, row, kind, sent)
    loan_rules.check_patron(store, row)
    _check_same(store, request, row, target)
    found = fulfilling(store, row, target, kind)
    if kind == "BOOKING":
        found = [one for one in found if not _is_booked(store, one, sent)]
    if not found:
        raise AlmaError("401129")
    return sent, found


def sent_of(body: Record) -> Record:
    """What a body may say of a request; coded values as bare codes, flags as booleans."""
    sent: Record = {}
    for name in SENT:
        if name in body:
            value = body[name]
            plain = name != "material_type" and isinstance(value, dict) and "value" in value
            sent[name] = value["value"] if plain else value
            if name in _FLAGS:
                sent[name] = str(value).lower() == "true"
    return sent


def check_sent(store: "Store", row: "Row | None", kind: str, sent: Record) -> None:
    """Whether pickup, dates and digitization of a new or changed request can be."""
    if kind != "DIGITIZATION" or sent.get("pickup_location_type"):
        _check_pickup(store, row, kind, sent)
    last = sent.get("last_interest_date")
    if last and (day(last) is None or str(last)[:10] < _today(store)):
        raise AlmaError("60331", "Failed to create request. The last interest date is not valid.")
    if kind == "DIGITIZATION" and sent.get("partial_digitization") is True:
        _check_partial(sent)
    if kind == "BOOKING":
        booked(store, sent)


def fulfilling(store: "Store", row: "Row | None", target: Target, kind: str) -> list[items.Item]:
    """The items that could serve this person's request of this kind."""
    found = [target.item] if target.item else items.of_bib(store, target.mms_id)
    return [one for one in found if _can_serve(store, row, one, kind)]


def booked(store: "Store", sent: Record) -> tuple[datetime, datetime]:
    """From when till when a booking is for: 401664 without, 60331 for times that cannot be."""
    times = []
    for name in ("booking_start_date", "booking_end_date"):
        if not sent.get(name):
            raise AlmaError("401664", f"Mandatory field is missing: {name}")
        try:
            at = datetime.fromisoformat(str(sent[name]))
        except ValueError:
            raise AlmaError("60331", f"Failed to create request. {name} is not valid.") from None
        times.append(_utc(at))
    start, end = times
    if start >= end or end.timestamp() <= store.now():
        raise AlmaError("60331", "Failed to create request. The booking dates are not valid.")
    return start, end


def _can_serve(store: "Store", row: "Row | None", one: items.Item, kind: str) -> bool:
    if one.policy == "NOREQ" or circulation.process(store, one) in _UNAVAILABLE:
        return False
    if kind == "BOOKING":
        return one.policy == "BOOK"
    if kind == "HOLD":
        loan = loans.of_item(store, one)
        mine = row is not None and loan and loan["user_id"] == people.record(store, row).get("primary_id")
        return one.loanable and one.policy != "BOOK" and not mine
    return True


def _is_booked(store: "Store", one: items.Item, sent: Record) -> bool:
    start, end = booked(store, sent)
    return any(begin < end and start < until for begin, until, _ in bookings(store, one))


def bookings(store: "Store", one: items.Item) -> list[tuple[datetime, datetime, "Row"]]:
    """When an item is booked. A seeded booking of a title takes one of its items by its number."""
    found = []
    rows = requests.active(store, "mms = ? AND type = 'BOOKING'", int(one.mms_id))
    bookable = [other.number for other in items.of_bib(store, one.mms_id) if other.policy == "BOOK"]
    for row in rows:
        number = row["item"] or (bookable[row["id"] % len(bookable)] if bookable else None)
        sent = record(store, row)
        times = (sent.get("booking_start_date"), sent.get("booking_end_date"))
        if number == one.number and all(times):
            start, end = (_utc(datetime.fromisoformat(str(text))) for text in times)
            found.append((start, end, row))
    return sorted(found, key=lambda one: one[0])


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _today(store: "Store") -> str:
    return datetime.fromtimestamp(store.now(), UTC).date().isoformat()


def _check_same(store: "Store", request: Request, row: "Row", target: Target) -> None:
    allowed = request.query.get("allow_same_request", "false")
    if allowed not in ("true", "false"):
        raise AlmaError("40166411", "Param value is invalid: allow_same_request.")
    if allowed == "false" and requests.active(store, "person = ? AND mms = ?", row["number"], int(target.mms_id)):
        raise AlmaError("401136")


def _check_pickup(store: "Store", row: "Row | None", kind: str, sent: Record) -> None:
    place = code_of(sent.get("pickup_location_type"))
    if not place:
        raise AlmaError("401664", "Mandatory field is missing: pickup_location_type")
    if place not in PICKUPS:
        raise AlmaError("40166411", f"Param value is invalid: pickup_location_type {place}.")
    if place == "INSTITUTION":
        raise AlmaError("60324")
    if place in _ADDRESSES:
        _check_address(store, row, kind, _ADDRESSES[place])
        return
    library, desk = (code_of(sent.get(f"pickup_location_{name}")) for name in ("library", "circulation_desk"))
    if not any(has_shelf for _, _, has_shelf in CIRC_DESKS.get(library, [])) or library not in LIBRARIES:
        raise AlmaError("401891", f"Pickup library with code {library} was not found.")
    if place == "CIRCULATION_DESK" and desk not in (row[0] for row in CIRC_DESKS[library] if row[2]):
        message = f"Pickup circulation desk with code {desk} and library code {library} was not found."
        raise AlmaError("401895", message)


def _check_address(store: "Store", row: "Row | None", kind: str, wanted: str) -> None:
    if kind == "BOOKING":
        raise AlmaError("60308")
    contact = people.record(store, row).get("contact_info") if row is not None else None
    addresses = rows_of(contact.get("address")) if isinstance(contact, dict) else []
    if not addresses:
        raise AlmaError("60309")
    kinds = {code_of(one) for address in addresses for one in rows_of(address.get("address_type"))}
    if wanted not in kinds:
        raise AlmaError("60310")


def _check_partial(sent: Record) -> None:
    """A volume or issue must have a digit; there must be something to tell the part by."""
    for name in ("volume", "issue"):
        if sent.get(name) and not re.search(r"\d", str(sent[name])):
            raise AlmaError("60330")
    parts: tuple[Any, ...] = ("chapter_or_article_title", "required_pages_range", "volume", "issue", "part")
    if not any(sent.get(name) for name in parts):
        raise AlmaError("60330")
