"""The operations that make, change and withdraw items."""

from datetime import UTC, datetime
from typing import Any

from . import bibs, catalog_write, circulation, codes, holdings, inventory, item_records, items, loans, requests
from .errors import AlmaError
from .holdings import Holding
from .institution import LIBRARIES, PO_LINES
from .items import Item, code
from .messages import Record, Reply, Request, required_body
from .store import Store

_TEXTS = (
    "barcode", "description", "public_note", "fulfillment_note", "internal_note_1", "internal_note_2",
    "internal_note_3", "statistics_note_1", "statistics_note_2", "statistics_note_3", "year_of_issue", "pages",
    "pieces", "po_line", "inventory_number", "inventory_price", "receiving_operator", "alternative_call_number",
    "storage_location_id", "inventory_date", "arrival_date", "expected_arrival_date", "issue_date", "type_of_unit",
    "linking_number", "retention_note",
    *(f"enumeration_{letter}" for letter in "abcdefgh"), *(f"chronology_{letter}" for letter in "ijklm"),
)  # fmt: skip
_CODED = {"policy": "ItemPolicy", "physical_material_type": "PhysicalMaterialType"}
_KEPT = ("pid", "creation_date", "process_type", "work_order_type", "work_order_at")


def create(store: Store, request: Request, mms: str, holding_id: str) -> Reply:
    """POST …/holdings/{holding}/items"""
    body = required_body(request)
    if store.bib(mms) is None:
        raise AlmaError("402203", "The Bib Record is not valid.")
    holding = inventory.find_holding(store, mms, holding_id)
    number = items.new_number(store)
    ids = {"pid": bibs.make_id("23", number), "creation_date": _today(store)}
    return Reply(_keep(store, number, holding, body, ids | {"process_type": {"value": "", "desc": None}}), "item")


def update(store: Store, request: Request, mms: str, holding_id: str, item_id: str) -> Reply:
    """PUT …/items/{item}: swap-all; what the body does not name is emptied. Library and location are the holding's."""
    body = required_body(request)
    one = inventory.find_item(store, mms, holding_id, item_id)
    holding = inventory.find_holding(store, mms, one.holding_id)
    old = item_records.record(store, one).get("item_data") or {}
    kept = {name: old[name] for name in _KEPT if name in old} | {"pid": one.item_id}
    kept["process_type"] = item_records.coded("PROCESSTYPE", one.process)
    return Reply(_keep(store, one.number, holding, body, kept), "item")


def delete(store: Store, request: Request, mms: str, holding_id: str, item_id: str) -> Reply:
    """DELETE …/items/{item}?override=&holdings=&bib=: never while on loan; with requests only when overridden."""
    one = inventory.find_item(store, mms, holding_id, item_id)
    override, left, bib = (
        request.query.get(*pair) for pair in (("override", "false"), ("holdings", "retain"), ("bib", "retain"))
    )
    for name, wrong in {
        "override": override not in ("true", "false"),
        "holdings": left not in catalog_write.LEFT,
        "bib": bib not in catalog_write.LEFT,
    }.items():
        if wrong:
            raise AlmaError("40166411", f"Param value is invalid: {name}.")
    if loans.of_item(store, one):
        raise AlmaError("401849", "Item delete errors: Item is on loan.")
    asked = circulation.set_aside(store, one)
    if asked and override == "false":
        raise AlmaError("401849", "Item delete errors: Item has requests.")
    for row in asked:
        requests.close(store, row)
    items.put(store, one, None)
    holding = holdings.by_id(store, mms, one.holding_id)
    if holding and not any(other.holding_id == one.holding_id for other in items.of_bib(store, mms)):
        _leave_holding(store, holding, str(left), str(bib))
    return Reply()


def _leave_holding(store: Store, holding: Holding, action: str, bib: str) -> None:
    if action == "delete":
        holdings.remove(store, holding)
        catalog_write.leave_bib(store, holding.mms_id, bib)
    elif action == "suppress":
        holdings.put(store, holding._replace(suppressed=True))


def _keep(store: Store, number: int, holding: Holding, body: Record, kept: Record) -> Record:
    """Check and keep an item; the record of the answer."""
    sent, above = (_map(body.get(name)) for name in ("item_data", "holding_data"))
    temporary = str(above.get("in_temp_location", "false")).lower() == "true"
    data: Record = {name: _text(name, sent.get(name)) for name in _TEXTS}
    _check(store, number, data, sent)
    library, location = holding.library, holding.location
    temp: Record = {"in_temp_location": temporary, "copy_id": str(above.get("copy_id") or "")}
    if temporary:
        library, location = (code(above.get(f"temp_{name}")) for name in ("library", "location"))
        if location not in catalog_write.locations_of(library):
            raise _invalid("temp_location" if library in LIBRARIES else "temp_library")
        temp |= {"temp_library": item_records.library(library), "temp_location": item_records.location(location)}
        temp["temp_policy"] = _coded("ItemPolicy", "temp_policy", above.get("temp_policy"))
    data |= {name: _coded(table, name, sent.get(name)) for name, table in _CODED.items()}
    data |= {"library": item_records.library(library), "location": item_records.location(location)}
    data |= {"is_magnetic": str(sent.get("is_magnetic", "")).lower() == "true", "modification_date": _today(store)}
    data |= {"provenance": {"value": "", "desc": None}, "edition": None, "imprint": None, "language": None} | kept
    process = code(kept.get("process_type"))
    policy = code(temp.get("temp_policy")) or code(data["policy"])
    more = (library, location, policy, process, code(data["physical_material_type"]))
    ids = bibs.make_id("23", number), holding.holding_id, holding.mms_id
    one = Item(number, *ids, str(data["barcode"]), *more)
    items.put(store, one, {"holding_data": temp, "item_data": data})
    return item_records.record(store, one)


def _check(store: Store, number: int, data: Record, sent: Record) -> None:
    """Places that do not exist, barcodes of other items, PO lines that do not fit."""
    library, location = (code(sent.get(name)) for name in ("library", "location"))
    if library and library not in LIBRARIES:
        raise _invalid("library")
    if location and library and location not in catalog_write.locations_of(library):
        raise _invalid("location")
    other = items.by_barcode(store, data["barcode"])
    if other is not None and other.number != number:
        raise AlmaError("40166404", f"Barcode {data['barcode']} already exists.")
    if data["po_line"] and data["po_line"] not in PO_LINES:
        raise AlmaError("401885", "Given poline does not fit item; POLine's type must be physical one time.")


def _coded(table: str, name: str, value: Any) -> Record:
    found = code(value)
    if found and not codes.has(table, found):
        raise _invalid(name)
    return item_records.coded(table, found)


def _text(name: str, value: Any) -> str:
    if value is None or isinstance(value, dict):
        return ""
    if not isinstance(value, (str, int, float)):
        raise _invalid(name)
    return str(value)


def _map(value: Any) -> Record:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise AlmaError("60101")
    return value


def _invalid(name: str) -> AlmaError:
    """The mangled text is Alma's own: it names the field and no value."""
    return AlmaError("40166404", f"Invalid field value. Field: [Ljava.lang.Object;@4711. Value: {{1}} ({name})")


def _today(store: Store) -> str:
    return f"{datetime.fromtimestamp(store.now(), UTC):%Y-%m-%d}Z"
