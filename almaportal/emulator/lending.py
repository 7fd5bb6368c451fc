"""The operations that lend an item, at the person and at the item, and the loans of items and bibs."""

from typing import TYPE_CHECKING

from . import circulation, inventory, items, loan_rules, loans, people, requests
from .bibs import SUFFIX
from .errors import AlmaError
from .institution import CIRC_DESKS, LIBRARIES
from .messages import Record, Reply, Request, required_body
from .search import page

if TYPE_CHECKING:
    from .store import Row, Store


def create(store: "Store", request: Request, user_id: str) -> Reply:
    """POST /users/{id}/loans?item_barcode=|item_pid= with circ_desk and library in the body."""
    row = people.asked(store, request, user_id)
    return Reply(_lend(store, row, _asked_item(store, request), request), "item_loan")


def create_on_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """POST …/items/{item}/loans?user_id= with circ_desk and library in the body."""
    user_id = request.query.get("user_id", "")
    if not user_id:
        raise AlmaError("401664", "Mandatory field is missing: user_id")
    item = inventory.find_item(store, mms, holding, item_id)
    row = people.asked(store, request, user_id)
    return Reply(_lend(store, row, item, request), "item_loan")


def of_item(store: "Store", request: Request, mms: str, holding: str, item_id: str) -> Reply:
    """GET …/items/{item}/loans?loan_status=&limit=&offset="""
    item = inventory.find_item(store, mms, holding, item_id)
    return _listed(request, _loans(store, request, [item]), *page(request))


def of_bib(store: "Store", request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/loans?loan_status=&limit=&offset=; all at once unless `limit` says otherwise."""
    found = _loans(store, request, items.of_bib(store, mms) if store.bib(mms) else [])
    limit, offset = page(request)
    return _listed(request, found, limit if "limit" in request.query else 99_999, offset)


def get_of_item(store: "Store", request: Request, mms: str, holding: str, item_id: str, loan_id: str) -> Reply:
    """GET …/items/{item}/loans/{loan}"""
    item = inventory.find_item(store, mms, holding, item_id)
    for loan in filter(None, (loans.of_item(store, item), *loans.returned(store, item))):
        if loan["loan_id"] == loan_id:
            return Reply(loan, "item_loan")
    raise AlmaError("401652", "General Error - An error has occurred while processing the request.")


def _loans(store: "Store", request: Request, found: list[items.Item]) -> list[Record]:
    status = request.query.get("loan_status", "Active").upper()
    if status == "ACTIVE":
        return [loan for one in found if (loan := loans.of_item(store, one))]
    if status == "COMPLETE":
        return [loan for one in found for loan in loans.returned(store, one)]
    raise AlmaError("401666", "loan_status parameter is not valid.")


def _listed(request: Request, found: list[Record], limit: int, offset: int) -> Reply:
    order, direction = request.query.get("order_by", "id"), request.query.get("direction", "asc").upper()
    if order not in loans.ORDERS:
        raise AlmaError("401666", "order_by parameter is not valid.")
    found = sorted(found, key=lambda loan: (str(loan.get(loans.ORDERS[order]) or ""), loan["loan_id"]))
    shown = (found[::-1] if direction == "DESC" else found)[offset : offset + limit]
    record: Record = {"item_loan": shown} if shown else {}
    return Reply(record | {"total_record_count": len(found)}, "item_loans")


def _desk(request: Request) -> tuple[str, str]:
    """(desk, library) of the body, both needed."""
    body = required_body(request)
    desk, library = (people.code_of(body.get(name)) for name in ("circ_desk", "library"))
    for name, value in (("library", library), ("circ_desk", desk)):
        if not value:
            raise AlmaError("401664", f"Mandatory field is missing: {name}")
    return desk, library


def _asked_item(store: "Store", request: Request) -> items.Item:
    barcode, item_id = request.query.get("item_barcode", ""), request.query.get("item_pid", "")
    if not barcode and not item_id:
        raise AlmaError("401672", "PID field is empty.")
    found = items.by_barcode(store, barcode) if barcode else items.by_id(store, item_id)
    if found is None:
        raise AlmaError("401689", f"No items found for barcode {barcode or item_id}.")
    return found


def _lend(store: "Store", row: "Row", item: items.Item, request: Request) -> Record:
    """A new loan, if nothing speaks against it; it fulfils the person's own request."""
    desk, library = _desk(request)
    own = _own_request(store, row, item, people.code_of(request.data.get("request_id")))
    loan_rules.check_item(store, item, library, desk, loans.of_item(store, item), own)
    _check_in_place(store, row, item)
    loan_rules.check_person(store, row, item, loans.of_person(store, row))
    number = store.meta("next_loan", 90_000_000)
    store.set_meta("next_loan", number + 1)
    primary_id = str(people.record(store, row).get("primary_id"))
    desks = {code: name for code, name, _ in CIRC_DESKS[library]}
    record = loans.new_record(store, primary_id, item, f"13{number:08d}{SUFFIX}") | {
        "circ_desk": {"value": desk, "desc": desks[desk]},
        "library": {"value": library, "desc": LIBRARIES[library][0]},
        "loan_date": loans.moment(store),
        "due_date": loans.moment(store, loans.RENEW_DAYS),
        "process_status": "NORMAL",
        "last_renew_status": {"value": None, "desc": ""},
    }
    if own is not None:
        record["request_id"] = {"value": requests.id_of(own), "link": None}
        requests.close(store, own)
    requests.drop_transit(store, item.number)
    loans.put(store, row["number"], item.number, record)
    return record


def _own_request(store: "Store", row: "Row", item: items.Item, wanted: str) -> "Row | None":
    """The hold of the person that this loan fulfils: the one that was asked for, else the one this item was set aside
    for before any other."""
    condition = "person = ? AND mms = ? AND type = 'HOLD' AND (level = 'title' OR item = ?)"
    found = requests.active(store, condition, row["number"], int(item.mms_id), item.number)
    if wanted:
        found = [request for request in found if requests.id_of(request) == wanted]
        if not found:
            raise AlmaError("401651", "Item is not loanable. The request is none of this patron for this item.")
    found.sort(key=lambda request: request["item"] != item.number)
    return found[0] if found else None


def _check_in_place(store: "Store", row: "Row", item: items.Item) -> None:
    for request in circulation.set_aside(store, item):
        if request["person"] not in (None, row["number"]) and request["type"] == "HOLD":
            raise AlmaError("401651", "Item is not loanable. It is requested by another patron.")
    now = circulation.process(store, item)
    if now not in ("", "HOLDSHELF", "TRANSIT"):
        raise AlmaError("401651", f"Item is not loanable. Process type: {now}.")
