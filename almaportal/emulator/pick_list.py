"""What is to be fetched from the shelves of a library: the pick list of its desk."""

from typing import TYPE_CHECKING

from . import circulation, holdings, item_records, items, requests
from .errors import AlmaError
from .institution import CIRC_DESKS, LIBRARIES
from .messages import LINK_BASE, Record, Reply, Request
from .request_records import record
from .search import page

if TYPE_CHECKING:
    from .store import Row, Store


def listing(store: "Store", request: Request) -> Reply:
    """GET /task-lists/requested-resources?library=&circ_desk=&limit=&offset=: a row for each title and holding."""
    limit, offset = page(request)
    library, desk = request.query.get("library", ""), request.query.get("circ_desk", "")
    for name, value in (("library", library), ("circ_desk", desk)):
        if not value:
            raise AlmaError("401664", f"Mandatory field is missing: {name}")
    if library not in LIBRARIES:
        raise AlmaError("40166411", "Param value is invalid: library.")
    if desk not in (row[0] for row in CIRC_DESKS[library]):
        raise AlmaError("40166411", "Param value is invalid: circ_desk.")
    groups = _groups(store, library)
    rows = [_row(store, key, rows) for key, rows in list(groups.items())[offset : offset + limit]]
    found: Record = {"requested_resource": rows} if rows else {}
    return Reply(found | {"total_record_count": len(groups)}, "requested_resources")


def _groups(store: "Store", library: str) -> dict[tuple[str, str], list["Row"]]:
    """(MMS ID, holding ID) → the requests to be fetched there."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in requests.active(store, "task = ?", requests.PICK):
        one = _fetched(store, row, library)
        if one is not None:
            groups.setdefault((one.mms_id, one.holding_id), []).append(row)
    return groups


def _fetched(store: "Store", row: "Row", library: str) -> items.Item | None:
    """The first item in this library that the request could be served with."""
    if row["level"] == "item":
        one = items.item(store, row["item"])
        found = [one] if one else []
    else:
        found = items.of_bib(store, str(row["mms"]))
    there = (one for one in found if one.loanable and not circulation.process(store, one))
    first = next(there, None)
    return first if first and first.library == library else None


def _row(store: "Store", key: tuple[str, str], rows: list["Row"]) -> Record:
    mms, holding_id = key
    bib, holding = store.bib(mms), holdings.by_id(store, mms, holding_id)
    assert bib
    assert holding
    copies = [one for one in items.of_bib(store, mms) if one.holding_id == holding_id]
    return {
        "resource_metadata": {
            "mms_id": {"value": mms, "link": f"{LINK_BASE}/bibs/{mms}"},
            "title": bib.title,
            "author": bib.author or None,
            "issn": bib.identifier.get("issn"),
            "isbn": bib.identifier.get("isbn"),
        },
        "location": {
            "holding_id": {"value": holding_id, "link": f"{LINK_BASE}/bibs/{mms}/holdings/{holding_id}"},
            "library": item_records.library(holding.library),
            "shelving_location": holding.location,
            "call_number": holding.call_number,
            "copy": [_copy(store, one) for one in copies],
        },
        "request": [_asked(store, row) for row in rows],
    }


def _copy(store: "Store", one: items.Item) -> Record:
    data = circulation.state(store, one)
    return {
        "pid": one.item_id,
        "barcode": one.barcode,
        "base_status": data["base_status"],
        "link": item_records.link(one),
    }


def _asked(store: "Store", row: "Row") -> Record:
    found = record(store, row)
    user = found.get("user_primary_id")
    link = f"{LINK_BASE}/bibs/{row['mms']}/requests/{requests.id_of(row)}"
    return {
        "id": {"value": requests.id_of(row), "link": link},
        "request_type": found.get("request_type"),
        "request_sub_type": found.get("request_sub_type"),
        "requester": {"value": user, "link": f"{LINK_BASE}/users/{user}"} if user else {},
        "destination": {"value": row["library"], "desc": found.get("pickup_location")},
        "request_date": found.get("request_date"),
        "request_status": found.get("request_status"),
        "comment": found.get("comment"),
        "volume": found.get("volume"),
    }
