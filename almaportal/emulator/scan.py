"""Scanning an item in: it is returned, goes to whom it is for, goes home, or is counted as used in the house."""

from typing import TYPE_CHECKING, NamedTuple

from . import circulation, inventory, item_records, items, loans, people, request_ops, requests
from .conf import DEPARTMENTS
from .errors import AlmaError
from .institution import CIRC_DESKS, LIBRARIES
from .items import Item
from .messages import Record, Reply, Request
from .request_records import pickup_name, record

if TYPE_CHECKING:
    from .store import Row, Store

_FLAGS = {
    "external_id": "false",
    "done": "false",
    "auto_print_slip": "false",
    "place_on_hold_shelf": "false",
    "confirm": "false",
    "register_in_house_use": "true",
}
WORK_ORDER_TYPES = ("BINDING", "REPAIR")


class Place(NamedTuple):
    """Where somebody scans: a desk of a library, or a department."""

    library: str
    desk: str
    department: str


def scan_in(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """POST …/items/{item}?op=scan&library=&circ_desk=|department= and the rest: the item, and `additional_info`."""
    if request.query.get("op") != "scan":
        raise AlmaError("401666", "op parameter is not valid.")
    place, flags = _place(request), _flags(request)
    one = items.by_id(store, item_id)
    if one is None or one.mms_id != mms or holding not in ("ALL", one.holding_id):
        raise AlmaError("402504")
    if place.department:
        info = _at_department(store, request, one, place, flags["done"])
    elif flags["done"] or request.query.get("work_order_type") or request.query.get("status"):
        raise AlmaError("402502", "Scan in of item failed. Work orders are done at a department.")
    else:
        info = _at_desk(store, request, one, place, flags)
    one = inventory.find_item(store, mms, holding, item_id)
    return Reply(item_records.record(store, one) | {"additional_info": info}, "item")


def _place(request: Request) -> Place:
    library, desk, department = (request.query.get(name, "") for name in ("library", "circ_desk", "department"))
    if not library:
        raise AlmaError("401664", "Mandatory field is missing: library")
    if not desk and not department:
        raise AlmaError("401664", "Mandatory field is missing: circ_desk")
    if library not in LIBRARIES:
        raise AlmaError("40166415", "Invalid parameter value: library.")
    if desk and (department or desk not in (row[0] for row in CIRC_DESKS[library])):
        raise AlmaError("40166415", "Invalid parameter value: circ_desk.")
    if department and (department, library) not in ((row["code"], row["library"]["value"]) for row in DEPARTMENTS):
        raise AlmaError("40166415", "Invalid parameter value: department.")
    return Place(library, desk, department)


def _flags(request: Request) -> dict[str, bool]:
    found = {}
    for name, default in _FLAGS.items():
        text = request.query.get(name, default)
        if text not in ("true", "false"):
            raise AlmaError("40166415", f"Invalid parameter value: {name}.")
        found[name] = text == "true"
    return found


def _at_department(store: "Store", request: Request, one: Item, place: Place, done: bool) -> str:
    """Work on the item begins, or is done: then it goes home."""
    kind = request.query.get("work_order_type", "")
    if kind and kind not in WORK_ORDER_TYPES:
        raise AlmaError("40166415", "Invalid parameter value: work_order_type.")
    if loans.of_item(store, one):
        raise AlmaError("402502", "Scan in of item failed. The item is on loan.")
    working = [row for row in circulation.set_aside(store, one) if row["type"] == "WORK_ORDER"]
    if done:
        if not working and one.process != "WORK_ORDER_DEPARTMENT":
            raise AlmaError("402502", "Scan in of item failed. There is no work order for the item.")
        for row in working:
            store.run("DELETE FROM requests WHERE id = ?", row["id"])
        return _route(store, _found_again(store, one), place, "Work order")
    if not working:
        if not kind:
            raise AlmaError("402502", "Scan in of item failed. work_order_type is missing.")
        _internal(store, one, "WORK_ORDER", "In Department", place.library)
    return f"Item's destination is: {place.department}. Request/Process Type: Work order."


def _at_desk(store: "Store", request: Request, one: Item, place: Place, flags: dict[str, bool]) -> str:
    loan = loans.of_item(store, one)
    if loan:
        _return(store, one, loan, place)
    before = circulation.process(store, one)
    if before == "WORK_ORDER_DEPARTMENT" and not flags["confirm"]:
        raise AlmaError("402502", "Scan in of item failed. The item is in a work order; confirm the scan.")
    one = _found_again(store, one)
    asked = _for_whom(store, request, one)
    if asked is not None:
        return _serve(store, one, asked, place, flags["place_on_hold_shelf"])
    info = _route(store, one, place, "Return" if loan else "Scan")
    if not loan and not before and one.library == place.library and flags["register_in_house_use"]:
        used = store.meta("in_house_uses", {})
        store.set_meta("in_house_uses", used | {one.item_id: used.get(one.item_id, 0) + 1})
        info += " In-house use was registered."
    return info


def _return(store: "Store", one: Item, loan: Record, place: Place) -> None:
    """The loan is over."""
    desks = {code: name for code, name, _ in CIRC_DESKS[place.library]}
    closed = loan | {
        "loan_status": "COMPLETE",
        "return_date": loans.moment(store),
        "return_circ_desk": {"value": place.desk, "desc": desks[place.desk]},
        "returned_by": {"value": "exl_api", "desc": "API, Ex Libris"},
    }
    person = people.find(store, str(loan["user_id"]), people.PRIMARY)
    loans.put(store, person["number"] if person else -1, one.number, closed)


def _found_again(store: "Store", one: Item) -> Item:
    """The item without what its own record says of being away: missing, in process, in transit home."""
    requests.drop_transit(store, one.number)
    if not one.process:
        return one
    record = item_records.record(store, one)
    data = record["item_data"] | {"process_type": item_records.coded("PROCESSTYPE", "")}
    data = {name: value for name, value in data.items() if name not in ("work_order_type", "work_order_at")}
    items.put(store, one, {"holding_data": record["holding_data"], "item_data": data})
    return one._replace(process="")


def _for_whom(store: "Store", request: Request, one: Item) -> "Row | None":
    """The request that gets the item: the one it is set aside for, the one asked for, the first that waits."""
    bound = [row for row in circulation.set_aside(store, one) if row["type"] == "HOLD" and row["task"] in _BOUND]
    wanted = request.query.get("request_id", "")
    if wanted:
        for row in bound or circulation.waiting(store, one):
            if requests.id_of(row) == wanted:
                return row
        raise AlmaError("402502", "Scan in of item failed. The request is not one for this item.")
    if bound:
        return bound[0]
    waiting = circulation.waiting(store, one) if one.loanable and one.policy != "NOREQ" else []
    return waiting[0] if waiting else None


_BOUND = (requests.TRANSIT, requests.ON_SHELF, requests.TO_SHELF)


def _serve(store: "Store", one: Item, asked: "Row", place: Place, on_shelf: bool) -> str:
    """On the hold shelf of the place of pickup, or on the way there."""
    sent = record(store, asked)
    kind, desk = sent.get("pickup_location_type") or "LIBRARY", sent.get("pickup_location_circulation_desk") or ""
    shelves = [code for code, _, has_shelf in CIRC_DESKS[place.library] if has_shelf]
    here = asked["library"] == place.library and place.desk in shelves and desk in ("", place.desk)
    text = pickup_name(kind, asked["library"], desk)
    if kind.startswith("USER_"):
        requests.move(store, asked, requests.WORKING, requests.DELIVERY, one.number)
        return f"Item's destination is: {text}. Request/Process Type: Personal delivery."
    if not here:
        requests.move(store, asked, requests.WORKING, requests.TRANSIT, one.number)
        return f"Item's destination is: {text}. Request/Process Type: Patron physical item request."
    if on_shelf or asked["state"] == requests.SHELF:
        if asked["state"] != requests.SHELF:
            requests.move(store, asked, requests.SHELF, requests.ON_SHELF, one.number)
            request_ops.mail(store, asked, "FulPlaceOnHoldShelfLetter")
        return f"Item's destination is: On Hold Shelf. {text}. Request/Process Type: Patron physical item request."
    requests.move(store, asked, requests.WORKING, requests.TO_SHELF, one.number)
    return f"Item's destination is: Hold Shelf Processing. {text}. Request/Process Type: Patron physical item request."


def _route(store: "Store", one: Item, place: Place, why: str) -> str:
    """Back on its shelf, or on the way to its library."""
    name = LIBRARIES[one.library][0] if one.library in LIBRARIES else one.library
    if one.library == place.library:
        return f"Item's destination is: Reshelve to {name}. Request/Process Type: {why}."
    _internal(store, one, "MOVE", requests.TRANSIT, one.library)
    return f"Item's destination is: {name}. Request/Process Type: Transit for reshelving."


def _internal(store: "Store", one: Item, kind: str, task: str, library: str) -> None:
    """A request of nobody, for Alma's own work."""
    columns = {"mms": int(one.mms_id), "item": one.number, "level": "item", "type": kind}
    columns |= {"state": requests.WORKING, "task": task, "library": library}
    requests.add(store, None, columns, {"request_date": f"{loans.moment(store)[:10]}Z"})
