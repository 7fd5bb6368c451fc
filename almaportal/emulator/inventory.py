"""The operations that read holdings and items."""

from typing import Any

from . import holdings, item_records, items, loans
from .errors import AlmaError
from .holdings import Holding
from .institution import LIBRARIES, LOCATION_NAMES
from .items import Item
from .merge import day
from .messages import Record, Reply, Request
from .search import fold, page
from .store import Store

_ORDERS = {
    "chron_i": "chronology_i",
    "description": "description",
    "enum_a": "enumeration_a",
    "enum_b": "enumeration_b",
    "enum_c": "enumeration_c",
    "library": "library",
    "location": "location",
    "temporary_location": "location",
    "receive_date": "arrival_date",
    "expected_receive_date": "expected_arrival_date",
}
_DATES = {
    "create": "creation_date",
    "modify": "modification_date",
    "receive": "arrival_date",
    "expected_receive": "expected_arrival_date",
}
_SEARCHED = {
    "enum_a": "enumeration_a",
    "enum_b": "enumeration_b",
    "chron_i": "chronology_i",
    "chron_j": "chronology_j",
    "description": "description",
}


def holding_list(store: Store, request: Request, mms: str) -> Reply:
    """GET /bibs/{mms}/holdings; an unknown bib has none, and is no error."""
    bib = store.bib(mms)
    if bib is None:
        return Reply({"total_record_count": 0}, "holdings")
    rows = [item_records.holding_row(one) for one in holdings.of_bib(store, mms)]
    record: Record = {"holding": rows} if rows else {}
    return Reply(record | {"bib_data": item_records.bib_data(bib), "total_record_count": len(rows)}, "holdings")


def holding(store: Store, request: Request, mms: str, holding_id: str) -> Reply:
    """GET /bibs/{mms}/holdings/{holding}"""
    return Reply(item_records.holding_record(find_holding(store, mms, holding_id)), "holding")


def item_list(store: Store, request: Request, mms: str, holding_id: str) -> Reply:
    """GET …/holdings/{holding or ALL}/items?limit=&offset=&q=&order_by=&direction=&current_library=&…"""
    limit, offset = page(request)
    library, location = (request.query.get(f"current_{name}", "") for name in ("library", "location"))
    order, direction = request.query.get("order_by", "none"), request.query.get("direction", "desc").lower()
    if library and library not in LIBRARIES:
        raise AlmaError("402469", "Current library is not valid.")
    if order not in ("none", *_ORDERS) or direction not in ("asc", "desc"):
        raise AlmaError("60216")
    if location and location not in LOCATION_NAMES:
        raise AlmaError("60215")
    words, dates = _query(request.query.get("q", "")), _dates(request)
    bib = store.bib(mms)
    if bib is None:
        raise AlmaError("402203", "The Bib Record is not valid.")
    found = items.of_bib(store, mms)
    if holding_id != "ALL":
        if holdings.by_id(store, mms, holding_id) is None:
            raise AlmaError("401688", f"Search failed for Items with mmsId {mms} and holdingId {holding_id}.")
        found = [one for one in found if one.holding_id == holding_id]
    found = [one for one in found if library in ("", one.library) and location in ("", one.location)]
    if words is None and not dates and order == "none":
        total, shown = len(found), found[offset : offset + limit]
        rows = [item_records.record(store, one, bib) for one in shown]
    else:
        pairs = [(item_records.record(store, one, bib), one) for one in found]
        pairs = [pair for pair in pairs if all(_has(pair[0], *condition) for condition in words or [])]
        pairs = [pair for pair in pairs if all(_is_within(pair[0], *condition) for condition in dates)]
        if order != "none":
            pairs.sort(key=lambda pair: _key(pair[0], _ORDERS[order]), reverse=direction == "desc")
        rows, shown = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        total, rows, shown = len(rows), rows[offset : offset + limit], shown[offset : offset + limit]
    for one, row in zip(shown, rows, strict=True):
        _expand(store, request, one, row)
    return Reply({"item": rows, "total_record_count": total}, "items")


def item(store: Store, request: Request, mms: str, holding_id: str, item_id: str) -> Reply:
    """GET …/holdings/{holding or ALL}/items/{item}?expand=due_date,due_date_policy&user_id="""
    one = find_item(store, mms, holding_id, item_id)
    record = item_records.record(store, one)
    _expand(store, request, one, record)
    return Reply(record, "item")


def by_barcode(store: Store, request: Request) -> Reply:
    """GET /items?item_barcode=: 302 to the address of the item."""
    barcode = request.query.get("item_barcode", "")
    one = items.by_barcode(store, barcode)
    if one is None:
        raise AlmaError("401689", f"No items found for barcode {barcode}.")
    return Reply(location=item_records.link(one))


def find_holding(store: Store, mms: str, holding_id: str) -> Holding:
    """The holding of an address, or 402208."""
    found = holdings.by_id(store, mms, holding_id) if store.bib(mms) else None
    if found is None:
        raise AlmaError("402208", f"Search failed for Holdings ID: {holding_id}")
    return found


def find_item(store: Store, mms: str, holding_id: str, item_id: str) -> Item:
    """The item of an address, whose holding may be ALL, or 401690."""
    one = items.by_id(store, item_id)
    if one is None or one.mms_id != mms or holding_id not in ("ALL", one.holding_id):
        message = f"Failed to find the Item with mms_id {mms}, holding_id {holding_id} and item_pid {item_id}."
        raise AlmaError("401690", message)
    return one


def _query(text: str) -> list[tuple[str, str]] | None:
    """`description~v.2 AND enum_a~2` as conditions, None without any; 60106 for anything else."""
    if not text:
        return None
    found = []
    for part in text.split(" AND "):
        field, mark, words = part.partition("~")
        if not mark or not words or field not in (*_SEARCHED, "ALL"):
            raise AlmaError("60106")
        found.append((field, fold(words.replace("_", " "))))
    return found


def _dates(request: Request) -> list[tuple[str, str, str]]:
    """(field, from, to) of the filters by date; 402217 for what is no date."""
    found = []
    for prefix, name in _DATES.items():
        texts = [request.query.get(f"{prefix}_date_{end}", "") for end in ("from", "to")]
        if any(text and (len(text) != 10 or day(text) is None) for text in texts):
            raise AlmaError("402217", "Invalid date format for item filter.")
        if any(texts):
            found.append((name, texts[0], texts[1]))
    return found


def _is_within(record: Record, name: str, first: str, last: str) -> bool:
    text = str(_part(record, name) or "")[:10]
    return bool(text) and first <= text and (not last or text <= last)


def _has(record: Record, field: str, words: str) -> bool:
    names = _SEARCHED.values() if field == "ALL" else [_SEARCHED[field]]
    return any(words in fold(str(_part(record, name) or "")) for name in names)


def _key(record: Record, name: str) -> tuple[int, str]:
    """Numbers by their size, then texts."""
    value = _part(record, name)
    text = items.code(value) if isinstance(value, dict) else str(value or "")
    return (int(text), "") if text.isascii() and text.isdigit() else (10**9, text)


def _part(record: Record, name: str) -> Any:
    data = record.get("item_data")
    return data.get(name) if isinstance(data, dict) else None


def _expand(store: Store, request: Request, one: Item, record: Record) -> None:
    """The due date of a loan, and for how long the person would get the item."""
    expand = request.query.get("expand", "").split(",")
    data = record.get("item_data")
    if not isinstance(data, dict):
        return
    loan = loans.of_item(store, one)
    if "due_date" in expand and loan:
        data["due_date"] = loan["due_date"]
    if "due_date_policy" in expand:
        days = {"NOLOAN": "Non-circulating", "SHORT": "1 Week Loan"}.get(one.policy, "28 Days Loan")
        data["due_date_policy"] = days
