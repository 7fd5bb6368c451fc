"""Where Alma keeps titles, their holdings and items, requests and loans, and the desks' pick lists.

Shapes: facts 4 to 7. Nothing that names a person is ever kept; bibs and desks are. Errors: AlmaError; AlmaNotFound
(is_gone): there is no such record.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from almaportal.alma.call import Ids, Params
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import Record, code, dig, rows, whole_number

BIBS = "/bibs"
BIB = f"{BIBS}/{{mms_id}}"
HOLDINGS = f"{BIB}/holdings"
HOLDING = f"{HOLDINGS}/{{holding_id}}"
ITEMS = f"{HOLDING}/items"
ITEM = f"{ITEMS}/{{item_id}}"
BARCODE = "/items"
BIB_OPTIONS, ITEM_OPTIONS = f"{BIB}/request-options", f"{ITEM}/request-options"
BIB_BOOKINGS, ITEM_BOOKINGS = f"{BIB}/booking-availability", f"{ITEM}/booking-availability"
BIB_REQUESTS, ITEM_REQUESTS = f"{BIB}/requests", f"{ITEM}/requests"
BIB_REQUEST, ITEM_REQUEST = f"{BIB_REQUESTS}/{{request_id}}", f"{ITEM_REQUESTS}/{{request_id}}"
USER_REQUESTS = "/users/{user_id}/requests"
USER_REQUEST = f"{USER_REQUESTS}/{{request_id}}"
USER_LOANS = "/users/{user_id}/loans"
ITEM_LOANS = f"{ITEM}/loans"
DESKS = "/conf/libraries/{library}/circ-desks/"
LOCATIONS = "/conf/libraries/{library}/locations"
PICK_LIST = "/task-lists/requested-resources"

ANY = "ALL"  # in the place of a holding ID, or of a user ID (facts 5.3, 6.3)
MOST = 100  # rows a call
DAY = 24 * 3600  # seconds that titles and desks count as fresh


# titles


def item_of(barcode: str) -> Record:
    """The item with this barcode: two calls, for Alma answers by a redirect (facts 9.10)."""
    return alma().get(BARCODE, params={"item_barcode": barcode}).data


def item(mms_id: str, item_id: str, holding_id: str = ANY) -> Record:
    """One item: one call."""
    return alma().get(ITEM, item_ids(mms_id, item_id, holding_id)).data


def item_ids(mms_id: str, item_id: str, holding_id: str = ANY) -> Ids:
    return {"mms_id": mms_id, "holding_id": holding_id or ANY, "item_id": item_id}


def bib(mms_id: str) -> Answer:
    """A title; kept for a day. One that does not exist: AlmaNotFound."""
    return alma().get(BIB, {"mms_id": mms_id}, fresh_for=DAY)


def has_bib(mms_id: str) -> bool:
    """Whether there is such a title at this moment: one call."""
    try:
        alma().get(BIB, {"mms_id": mms_id})
    except AlmaNotFound as error:
        if error.is_gone:
            return False
        raise
    return True


def titles(mms_ids: Iterable[str]) -> dict[str, Record]:
    """MMS ID → bib of those that exist, a call for each hundred that is not kept."""
    wanted = list(dict.fromkeys(one for one in mms_ids if one.isascii() and one.isdigit()))
    found: list[Record] = []
    for start in range(0, len(wanted), MOST):
        params: Params = {"mms_id": ",".join(wanted[start : start + MOST]), "view": "brief"}
        found += rows(alma().get(BIBS, params=params, fresh_for=DAY).data, "bib")
    return {code(one.get("mms_id")): one for one in found}


def items(mms_id: str, offset: int = 0) -> Answer:
    """Rows "item" of all holdings of a title, at most MOST, with their due dates: one call, never kept."""
    ids = {"mms_id": mms_id, "holding_id": ANY}
    return alma().get(ITEMS, ids, {"limit": MOST, "offset": offset, "expand": "due_date"})


# requests


def options(user_id: str, mms_id: str, item_id: str = "", holding_id: str = ANY) -> list[Record]:
    """What this person may ask for, of a title or of one of its items: rows "request_option"; one call."""
    operation, ids = (ITEM_OPTIONS, item_ids(mms_id, item_id, holding_id)) if item_id else (BIB_OPTIONS, None)
    return rows(alma().get(operation, ids or {"mms_id": mms_id}, {"user_id": user_id}).data, "request_option")


def taken_times(mms_id: str, item_id: str, holding_id: str, user_id: str, days: int) -> list[Record]:
    """When a title, or with an item ID that item, cannot be booked in the next `days`: rows "booking_availability";
    one call."""
    operation, ids = (ITEM_BOOKINGS, item_ids(mms_id, item_id, holding_id)) if item_id else (BIB_BOOKINGS, None)
    params: Params = {"period": days, "period_type": "days", "user_id": user_id}
    return rows(alma().get(operation, ids or {"mms_id": mms_id}, params).data, "booking_availability")


def of_person(user_id: str, offset: int = 0, status: str = "active", kind: str = "") -> Record:
    """A person's requests: rows "user_request", at most MOST, and "total_record_count": one call.

    user_id: one that can stand in a path; status: "active" or "history"; kind: a request_type, "" for all.
    """
    params: dict[str, str | int] = {"limit": MOST, "offset": offset, "status": status}
    if kind:
        params["request_type"] = kind
    return alma().get(USER_REQUESTS, {"user_id": user_id}, params).data


def of_title(mms_id: str, status: str = "active") -> list[Record]:
    """All requests of a title and of its items: one call, this list has no pages (facts 0.10)."""
    return rows(alma().get(BIB_REQUESTS, {"mms_id": mms_id}, {"status": status}).data, "user_request")


def of_item(mms_id: str, item_id: str, holding_id: str = ANY, status: str = "active") -> list[Record]:
    """All requests of an item, Alma's own without a person too: one call."""
    ids = item_ids(mms_id, item_id, holding_id)
    return rows(alma().get(ITEM_REQUESTS, ids, {"status": status}).data, "user_request")


def request(request_id: str) -> Record:
    """One request, whoever placed it: one call (facts 5.3). AlmaNotFound (is_gone, 401694): it is over, and Alma keeps
    no history of it, or never was."""
    return alma().get(USER_REQUEST, {"user_id": ANY, "request_id": request_id}).data


def place(user_id: str, body: Record, mms_id: str, item_id: str = "", again: bool = False) -> Record:
    """POST a request for a title, or for one item of it; sent once (Gateway.post). Returns the request.

    user_id: one that can stand in a path; again: although the person has the same request already (else 401136).
    """
    params: Params = {"item_pid": item_id} if item_id else {"mms_id": mms_id}
    more: Params = {"allow_same_request": "true"} if again else {}
    return alma().post(USER_REQUESTS, {"user_id": user_id}, body, {**params, **more})


def cancel(request: Record, reason: str, note: str, notify: bool) -> None:
    """DELETE a request, as read; one call. reason: a code of RequestCancellationReasons; notify: Alma mails the person.

    Of one without a person, or whose ID cannot stand in a path, by its title or item.
    """
    operation, ids = where(request)
    params = {"reason": reason, "notify_user": "true" if notify else "false"}
    alma().delete(operation, ids, params | ({"note": note} if note else {}))


def where(request: Record) -> tuple[str, Ids]:
    """The operation and the IDs of a request's own address."""
    names = ("request_id", "user_primary_id", "mms_id", "item_id", "holding_id")
    own, user_id, mms_id, item_id, holding_id = (code(request.get(name)) for name in names)
    if user_id and "/" not in user_id:
        return USER_REQUEST, {"user_id": user_id, "request_id": own}
    if item_id:
        return ITEM_REQUEST, {**item_ids(mms_id, item_id, holding_id), "request_id": own}
    return BIB_REQUEST, {"mms_id": mms_id, "request_id": own}


def pick_list(library: str, desk: str, offset: int = 0) -> Record:
    """What a desk is asked to take from the shelves: rows "requested_resource", at most MOST, each with rows
    "request", and "total_record_count": one call (facts 5.3)."""
    params: Params = {"library": library, "circ_desk": desk, "limit": MOST, "offset": offset}
    return alma().get(PICK_LIST, params=params).data


def desks(library: str) -> list[tuple[str, str]]:
    """(code, name) of a library's desks; kept for a day."""
    found = alma().get(DESKS, {"library": library}, {"limit": MOST}, fresh_for=DAY).data
    return [(code(one.get("code")), code(one.get("name"))) for one in rows(found, "circ_desk") if one.get("code")]


def locations(library: str) -> list[tuple[str, str]]:
    """(code, name) of a library's locations; kept for a day."""
    found = alma().get(LOCATIONS, {"library": library}, fresh_for=DAY).data
    return [(code(one.get("code")), code(one.get("name"))) for one in rows(found, "location") if one.get("code")]


# lending


def lend(user_id: str, item_id: str, library: str, desk: str, request_id: str = "") -> Record:
    """POST a loan, sent once. Returns the loan. library, desk: where it is lent; request_id: the hold it fulfils."""
    body: Record = {"library": {"value": library}, "circ_desk": {"value": desk}}
    if request_id:
        body["request_id"] = {"value": request_id}
    return alma().post(USER_LOANS, {"user_id": user_id}, body, {"item_pid": item_id})


def loans_of(user_id: str) -> list[Record]:
    """The person's active loans, at most MOST, the newest first: one call."""
    params: Params = {"limit": MOST, "order_by": "loan_date", "direction": "DESC"}
    return rows(alma().get(USER_LOANS, {"user_id": user_id}, params).data, "item_loan")


def loans_of_item(ids: Ids) -> list[Record]:
    """Who has an item now: its active loans, one at most; one call. ids: of `item_ids`."""
    return rows(alma().get(ITEM_LOANS, ids).data, "item_loan")


def scan_in(ids: Ids, library: str, desk: str, request_id: str = "") -> Record:
    """Scan an item in at a desk, sent once; not counted as used in the library. Returns the item, with
    "additional_info", Alma's words on where it goes, which may name a person. ids: of `item_ids`; request_id: the one
    it is for: else Alma chooses where several wait."""
    params: Params = {"op": "scan", "library": library, "circ_desk": desk, "register_in_house_use": "false"}
    more: Params = {"request_id": request_id} if request_id else {}
    return alma().post(ITEM, ids, {}, {**params, **more})


# the records of direct borrowing


def add_bib(xml: str) -> Record:
    """POST a title; XML only (60105), sent once. Returns Alma's record."""
    return alma().post(BIBS, None, xml)


def bibs_with(other_id: str) -> list[Record]:
    """The titles with this number in 035, newly made ones as soon as Alma has indexed them: one call."""
    return rows(alma().get(BIBS, params={"other_system_id": other_id}).data, "bib")


def add_holding(mms_id: str, xml: str) -> Record:
    """POST a holding; XML only, sent once."""
    return alma().post(HOLDINGS, {"mms_id": mms_id}, xml)


def add_item(mms_id: str, holding_id: str, body: Record) -> Record:
    """POST an item, sent once. A barcode that another item has is refused."""
    return alma().post(ITEMS, {"mms_id": mms_id, "holding_id": holding_id}, body)


def held(mms_id: str) -> Answer:
    """Rows "holding" of a title; none for an unknown one (facts 6.2). One call, never kept."""
    return alma().get(HOLDINGS, {"mms_id": mms_id})


def holdings(mms_id: str) -> list[Record]:
    return rows(held(mms_id).data, "holding")


def delete_item(mms_id: str, holding_id: str, item_id: str) -> None:
    """Its holding and its title stay, empty or not."""
    alma().delete(ITEM, item_ids(mms_id, item_id, holding_id), {"holdings": "retain", "bib": "retain"})


def delete_holding(mms_id: str, holding_id: str) -> None:
    alma().delete(HOLDING, {"mms_id": mms_id, "holding_id": holding_id}, {"bib": "retain"})


def delete_bib(mms_id: str) -> None:
    alma().delete(BIB, {"mms_id": mms_id})


# of records


def ids_of_item(record: Record) -> tuple[str, str, str]:
    """(MMS ID, holding ID, item ID) of an item record, "" for what it does not say."""
    paths: Sequence[str] = ("bib_data.mms_id", "holding_data.holding_id", "item_data.pid")
    mms_id, holding_id, item_id = (code(dig(record, path)) for path in paths)
    return mms_id, holding_id, item_id


def total(data: Record) -> int | None:
    """How many rows a list has in all, None when Alma does not say, or lies (-1)."""
    found: Any = whole_number(data.get("total_record_count"))
    return found if found is not None and found >= 0 else None
