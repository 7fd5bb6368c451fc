"""The records of items and of what they belong to, with the keys and the odd empty values of recorded answers."""

import json
from typing import TYPE_CHECKING, Any

from . import circulation, codes, holdings, items, titles
from .bibs import Bib, number_of
from .holdings import Holding
from .institution import LIBRARIES, LOCATION_NAMES
from .items import Item
from .messages import LINK_BASE, Record

if TYPE_CHECKING:
    from .store import Store

_PLAIN = (
    "enumeration_b", "enumeration_c", "enumeration_d", "enumeration_e", "enumeration_f", "enumeration_g",
    "enumeration_h", "chronology_j", "chronology_k", "chronology_l", "chronology_m", "alternative_call_number",
    "inventory_number", "inventory_price", "pages", "pieces", "receiving_operator", "storage_location_id",
    "statistics_note_1", "statistics_note_2", "statistics_note_3", "internal_note_2", "internal_note_3",
    "type_of_unit", "linking_number",
)  # fmt: skip
_NOTE = '<b>Handle with care</b> & "gloves"'


def library(code: str) -> Record:
    """A library as a coded value."""
    return {"value": code, "desc": LIBRARIES[code][0] if code in LIBRARIES else None}


def location(code: str) -> Record:
    """A location as a coded value."""
    return {"value": code, "desc": LOCATION_NAMES.get(code)}


def coded(table: str, code: str, odd: bool = False) -> Record:
    """A coded value; an empty one is `{"value": "", "desc": null}`, or `{"value": ""}` in newer answers."""
    if code:
        return {"value": code, "desc": codes.describe(table, code)}
    return {"value": ""} if odd else {"value": "", "desc": None}


def bib_data(bib: Bib) -> Record:
    """What an item or a list of holdings says of the bib."""
    n = number_of(bib.mms_id)
    record: Record = {
        "mms_id": bib.mms_id,
        "title": bib.title,
        "author": bib.author or None,
        "issn": bib.identifier.get("issn"),
        "isbn": bib.identifier.get("isbn"),
        "complete_edition": "",
        "network_number": [f"(DEMO)cat{n}"],
        "place_of_publication": "Harbourton",
        "publisher_const": "Quillmere Press",
        "link": f"{LINK_BASE}/bibs/{bib.mms_id}",
    }
    if n % 4:
        record |= {"date_of_publication": str(1950 + n * 7 % 75)}
        record["bib_suppress_from_publishing"] = str(bib.suppressed).lower()
    return record


def holding_row(one: Holding) -> Record:
    """The row of a list of holdings."""
    row: Record = {
        "link": f"{LINK_BASE}/bibs/{one.mms_id}/holdings/{one.holding_id}",
        "holding_id": one.holding_id,
        "library": library(one.library),
        "location": location(one.location),
        "call_number": one.call_number,
    }
    if one.number % 3:
        row["suppress_from_publishing"] = str(one.suppressed).lower()
    return row


def holding_record(one: Holding) -> Record:
    """A single holding."""
    return {
        "holding_id": one.holding_id,
        "created_by": "import",
        "created_date": "2012-03-04Z",
        "originating_system": "ILS",
        "originating_system_id": f"hol{one.number}",
        "suppress_from_publishing": str(one.suppressed).lower(),
        "anies": [f'<?xml version="1.0" encoding="UTF-16"?>{holdings.marcxml(one)}'],
    }


def record(store: "Store", one: Item, bib: Bib | None = None) -> Record:
    """The record of an item as it is now: with what its loan and its requests make of it."""
    row = store.row("SELECT record, raw FROM items WHERE id = ?", one.number)
    kept: Record = json.loads(row["record"]) if row and row["record"] else {}
    if row and row["raw"]:
        return kept
    bib = bib or store.bib(one.mms_id)
    holding = holdings.holding(store, int(one.holding_id[2:10]))
    data = kept.get("item_data") or _data(one)
    return {
        "bib_data": bib_data(bib) if bib else {},
        "holding_data": _holding_data(one, holding, kept.get("holding_data") or {}),
        "item_data": data | circulation.state(store, one),
        "link": link(one),
    }


def link(one: Item) -> str:
    """The address of an item."""
    return f"{LINK_BASE}/bibs/{one.mms_id}/holdings/{one.holding_id}/items/{one.item_id}"


def _holding_data(one: Item, holding: Holding | None, kept: Record) -> Record:
    odd = one.number % 2 == 1
    temporary = _kind(one) == "temporary"
    nothing: Any = {} if odd else {"value": None, "desc": None}
    data: Record = {
        "holding_id": one.holding_id,
        "call_number_type": {"value": "0", "desc": "Library of Congress classification"},
        "call_number": holding.call_number if holding else "",
        "accession_number": "",
        "copy_id": "" if one.number % 3 else "1",
        "in_temp_location": temporary,
        "temp_library": library(one.library) if temporary else nothing,
        "temp_location": location(one.location) if temporary else nothing,
        "temp_call_number_type": coded("", "", odd),
        "temp_call_number": "",
        "temp_policy": coded("", "", odd),
        "link": f"{LINK_BASE}/bibs/{one.mms_id}/holdings/{one.holding_id}",
    }
    if odd and holding:
        data |= {"holding_suppress_from_publishing": str(holding.suppressed).lower(), "temp_call_number_source": ""}
        data |= {"permanent_call_number": holding.call_number, "permanent_call_number_type": data["call_number_type"]}
    return data | {name: kept[name] for name in kept if name in TEMPORARY}


TEMPORARY = (
    "in_temp_location", "temp_library", "temp_location", "temp_call_number_type", "temp_call_number", "temp_policy",
    "due_back_date", "copy_id", "accession_number",
)  # fmt: skip


def _kind(one: Item) -> str:
    place = titles.title_of(one.mms_id)
    return titles.kind_of(place) if place is not None and one.number < titles.FIRST_NEW else ""


def _data(one: Item) -> Record:
    """The item's own part of a seeded item, before loans and requests."""
    n, odd = one.number, one.number % 2 == 1
    volumes = _kind(one) == "volumes"
    volume = n % titles.SPECIMEN_SLOTS + 1
    data: Record = dict.fromkeys(_PLAIN, "") if n % 3 else {}
    data |= {
        "pid": one.item_id,
        "barcode": one.barcode,
        "creation_date": f"{2004 + n % 18}-0{1 + n % 9}-1{n % 10}Z",
        "modification_date": f"202{n % 5}-0{1 + n % 9}-2{n % 8}Z",
        "arrival_date": f"{2004 + n % 18}-0{1 + n % 9}-1{n % 10}Z" if n % 11 else None,
        "policy": coded("ItemPolicy", one.policy, odd),
        "provenance": coded("", "", odd),
        "po_line": f"POL-{1001 + n % 240}" if n % 7 == 0 else "",
        "is_magnetic": False,
        "year_of_issue": str(1900 + volume) if volumes else "",
        "enumeration_a": str(volume) if volumes else "",
        "chronology_i": str(1900 + volume) if volumes else "",
        "description": f"v.{volume} ({1900 + volume})" if volumes else items.description(n),
        "physical_material_type": coded("PhysicalMaterialType", one.material),
        "library": library(one.library),
        "location": location(one.location),
        "alternative_call_number_type": coded("", "", odd),
        "public_note": _NOTE if n % 17 == 4 else "",
        "fulfillment_note": "Count the plates at return." if n % 13 == 6 else "",
        "internal_note_1": "" if n % 19 else "Gift of the harbour board",
        "edition": None,
        "imprint": None,
        "language": None,
        "process_type": coded("PROCESSTYPE", one.process),
    }
    if odd:
        data |= {"physical_condition": {}, "break_indicator": {"value": ""}, "pattern_type": {"value": ""}}
        data |= {"committed_to_retain": {}, "retention_reason": {"value": ""}, "retention_note": ""}
    if one.process == "WORK_ORDER_DEPARTMENT":
        data |= {"work_order_type": {"value": "BINDING", "desc": "Binding"}}
        data["work_order_at"] = {"value": "BindMAIN", "desc": "Bindery"}
    return _oddly(data, n) if _kind(one) == "odd" else data


def _oddly(data: Record, n: int) -> Record:
    """A record as bad as answers get: keys missing, nulls and empty objects in the place of values."""
    kept = ("pid", "barcode", "library", "location")
    if n % 2:
        return {name: data[name] if name in kept else None for name in data}
    return {name: data[name] for name in kept} | {"policy": {}, "process_type": {}, "physical_material_type": {}}
