"""The operations on requests, at the person, the title and the item."""

from typing import TYPE_CHECKING, Any

from . import circulation, codes, inventory, items, loans, people, request_rules, requests
from .errors import AlmaError
from .messages import Record, Reply, Request, required_body
from .request_records import record
from .request_rules import Target
from .search import page

if TYPE_CHECKING:
    from .store import Row, Store

_STEPS = (requests.PICK, requests.DIGITIZE, requests.DELIVER)
_USER_TYPES = request_rules.TYPES
_BIB_TYPES = (*_USER_TYPES, "MOVE", "WORK_ORDER")


# lists


def of_user(store: "Store", request: Request, user_id: str) -> Reply:
    """GET /users/{id}/requests?request_type=&status=active|history&limit=&offset="""
    row = people.asked(store, request, user_id)
    limit, offset = page(request)
    found = _wanted(store, request, _USER_TYPES, "person = ?", row["number"])
    return _listed(store, found[offset : offset + limit], len(found))


def of_bib(store: "Store", request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/requests?request_type=&status=: all at once."""
    _check_mms(store, mms)
    found = _wanted(store, request, _BIB_TYPES, "mms = ?", int(mms))
    return _listed(store, found, len(found))


def of_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """GET …/items/{item}/requests?request_type=&status=: those for the item, and what Alma does with it."""
    _check_mms(store, mms)
    one = inventory.find_item(store, mms, holding, item_id)
    found = _wanted(store, request, _BIB_TYPES, "item = ?", one.number)
    return _listed(store, found, len(found))


def _wanted(store: "Store", request: Request, types: tuple[str, ...], condition: str, value: int) -> list["Row"]:
    kind, status = request.query.get("request_type", ""), request.query.get("status", "active").lower()
    if kind and kind.lower() != "all_types" and kind not in types:
        raise AlmaError("401666", "request_type parameter is not valid.")
    if status not in ("active", "history"):
        raise AlmaError("401666", "status parameter is not valid.")
    rows = (requests.active if status == "active" else requests.closed)(store, condition, value)
    return [row for row in rows if kind in ("", row["type"]) or kind.lower() == "all_types"]


def _listed(store: "Store", rows: list["Row"], total: int) -> Reply:
    found: Record = {"user_request": [record(store, row) for row in rows]} if rows else {}
    return Reply(found | {"total_record_count": total}, "user_requests")


# create


def create(store: "Store", request: Request, user_id: str) -> Reply:
    """POST /users/{id}/requests?mms_id=|item_pid=&allow_same_request="""
    row = people.asked(store, request, user_id)
    body = required_body(request)
    return _create(store, request, row, request_rules.by_query(store, request), body)


def create_on_bib(store: "Store", request: Request, mms: str) -> Reply:
    """POST /bibs/{mms}/requests?user_id="""
    _check_mms(store, mms)
    return _create(store, request, _asked(store, request), Target(mms, None), required_body(request))


def create_on_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """POST …/items/{item}/requests?user_id="""
    one = items.by_id(store, item_id)
    if one is None:
        raise AlmaError("60328")
    if one.mms_id != mms or holding not in ("ALL", one.holding_id):
        raise AlmaError("401684")
    return _create(store, request, _asked(store, request), Target(mms, one), required_body(request))


def _asked(store: "Store", request: Request) -> "Row":
    user_id = request.query.get("user_id", "")
    if not user_id:
        raise AlmaError("401664", "Mandatory field is missing: user_id")
    return people.asked(store, request, user_id)


def _create(store: "Store", request: Request, row: "Row", target: Target, body: Record) -> Reply:
    sent, found = request_rules.check(store, request, row, target, body)
    kind = people.code_of(body["request_type"])
    at = loans.moment(store)
    sent |= {"request_date": f"{at[:10]}Z", "request_time": at}
    item, in_place = target.item, any(not circulation.process(store, one) for one in found)
    if kind == "BOOKING":
        item = found[0]
        sent |= {f"adjusted_{name}": sent[name] for name in ("booking_start_date", "booking_end_date")}
    one = {
        "mms": int(target.mms_id),
        "item": item.number if item else None,
        "level": "item" if target.item else "title",
        "type": kind,
        "state": requests.WAITING,
        "task": requests.PICK if in_place and kind != "BOOKING" else "",
        "library": people.code_of(sent.get("pickup_location_library")) or "MAIN",
    }
    return Reply(record(store, requests.add(store, row["number"], one, sent)), "user_request")


# one


def get(store: "Store", request: Request, *ids: str) -> Reply:
    """GET of one request, at any of the three levels; /users/ALL/requests/{id} too."""
    return Reply(record(store, _find(store, request, ids)), "user_request")


def update(store: "Store", request: Request, *ids: str) -> Reply:
    """PUT of one request: pickup, dates, comment and parts are those of the body."""
    row = _find(store, request, ids)
    body = required_body(request)
    if row["state"] == requests.HISTORY:
        raise AlmaError("401694")
    if people.code_of(body.get("request_type")) not in ("", row["type"]):
        raise AlmaError("40166411", "Param value is invalid: request_type.")
    old = record(store, row)
    sent = request_rules.sent_of(body)
    person = store.row("SELECT * FROM people WHERE number = ?", row["person"])
    request_rules.check_sent(store, person, row["type"], sent)
    sent |= {name: old[name] for name in ("request_date", "request_time") if name in old}
    requests.put(store, row, sent, people.code_of(sent.get("pickup_location_library")) or row["library"])
    return Reply(record(store, _find(store, request, ids)), "user_request")


def cancel(store: "Store", request: Request, *ids: str) -> Reply:
    """DELETE of one request: ?reason= (a code), &note=, &notify_user=true|false (true by default)."""
    row = _find(store, request, ids)
    reason, notify = request.query.get("reason", ""), request.query.get("notify_user", "true").lower()
    if not reason:
        raise AlmaError("401664", "Mandatory field is missing: reason")
    if not codes.has("RequestCancellationReasons", reason):
        raise AlmaError("40166411", f"Param value is invalid: reason {reason}.")
    if notify not in ("true", "false"):
        raise AlmaError("40166411", "Param value is invalid: notify_user.")
    if row["state"] == requests.HISTORY:
        raise AlmaError("401694")
    if notify == "true":
        mail(store, row, "FulCancelRequestLetter", reason=reason, note=request.query.get("note", ""))
    requests.close(store, row)
    return Reply()


def act(store: "Store", request: Request, *ids: str) -> Reply:
    """POST ?op=next_step&release_item= of a digitization: on to its next task, and after the last it is over."""
    request_id = ids[-1]
    if request.query.get("op") != "next_step":
        raise AlmaError("401666", "op parameter is not valid.")
    if not request_id.isdigit():
        raise AlmaError("402205", f"Input parameter requestId ({request_id}) is not numeric.")
    row = _below(store, request, ids[:-1], request_id)
    if row is None:
        raise AlmaError("401907")
    if row["type"] != "DIGITIZATION":
        raise AlmaError("401932", f"Request {request_id} is not a Digitization request")
    step = _STEPS.index(row["task"]) if row["task"] in _STEPS else -1
    if row["state"] == requests.HISTORY or step == len(_STEPS) - 1:
        raise AlmaError("401933", f"Cannot move forward in workflow. Request ID: {request_id}, Step: {row['task']}")
    requests.move(store, row, requests.WORKING, _STEPS[step + 1])
    return Reply(record(store, _find(store, request, ids)), "user_request")


def mail(store: "Store", row: "Row", letter: str, **more: Any) -> None:
    """Note the mail that a person with an address would have got."""
    person = store.row("SELECT * FROM people WHERE number = ?", row["person"])
    contact = people.record(store, person).get("contact_info") if person else None
    addresses = people.rows_of(contact.get("email")) if isinstance(contact, dict) else []
    if addresses:
        address = str(addresses[0].get("email_address"))
        store.mails.append({"to": address, "letter": letter, "request_id": requests.id_of(row), **more})


def _find(store: "Store", request: Request, ids: tuple[str, ...]) -> "Row":
    """The request of an address: 401697 for what is no ID, 401694 for an unknown one."""
    *above, request_id = ids
    at_user = len(above) == 1 and request.path.startswith("/users/")
    if not (request_id.isascii() and request_id.isdigit()):
        if at_user:
            raise AlmaError("401697")
        raise AlmaError("402204", f"Input parameters requestId {request_id} is not numeric.")
    row = _below(store, request, tuple(above), request_id)
    if row is None:
        raise AlmaError("401694")
    return row


def _below(store: "Store", request: Request, above: tuple[str, ...], request_id: str) -> "Row | None":
    """The request of the person, title or item of the address."""
    row = requests.find(store, request_id)
    if request.path.startswith("/users/"):
        if above[0] == "ALL":
            return row
        column, value = "person", people.asked(store, request, above[0])["number"]
    else:
        _check_mms(store, above[0])
        column, value = "mms", int(above[0])
        if len(above) == 3:
            column, value = "item", inventory.find_item(store, *above).number
    return row if row is not None and row[column] == value else None


def _check_mms(store: "Store", mms: str) -> None:
    if not (mms.isascii() and mms.isdigit()):
        raise AlmaError("402204", f"Input parameters mmsId {mms} is not numeric.")
    if store.bib(mms) is None:
        raise AlmaError("402203", f"Input parameters mmsId {mms} is not valid.")
