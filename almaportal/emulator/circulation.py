"""What loans and requests make of an item: where it is now and who has it."""

from typing import TYPE_CHECKING

from . import codes, loans, requests
from .items import Item
from .messages import Record

if TYPE_CHECKING:
    from .store import Row, Store

_IN_PLACE = {"value": "1", "desc": "Item in place"}
_NOT_IN_PLACE = {"value": "0", "desc": "Item not in place"}
# process_status of a loan → process type of its item
_LOANS = {"LOST": "LOST_LOAN", "CLAIMED_RETURN": "CLAIM_RETURNED_LOAN"}


def process(store: "Store", one: Item) -> str:
    """The process type of an item now, "" in place."""
    loan = loans.of_item(store, one)
    if loan:
        return _LOANS.get(loan["process_status"], "LOAN")
    for row in set_aside(store, one):
        if row["state"] == requests.SHELF or row["task"] == requests.TO_SHELF:
            return "HOLDSHELF"
        if row["task"] in (requests.TRANSIT, requests.DELIVERY):
            return "TRANSIT"
        if row["type"] == "WORK_ORDER":
            return "WORK_ORDER_DEPARTMENT"
    return one.process


def set_aside(store: "Store", one: Item) -> list["Row"]:
    """The active requests that name this item."""
    return requests.active(store, "item = ?", one.number)


def state(store: "Store", one: Item) -> Record:
    """The keys of `item_data` that tell where the item is."""
    now = process(store, one)
    found: Record = {"base_status": _NOT_IN_PLACE if now else _IN_PLACE}
    if now or one.number % 2 == 0:
        found["process_type"] = {"value": now, "desc": codes.describe("PROCESSTYPE", now) if now else None}
    else:
        found["process_type"] = {"value": ""}
    found["requested"] = bool(set_aside(store, one)) or bool(waiting(store, one))
    if one.number % 4 == 1:
        found["awaiting_reshelving"] = False
    return found


def waiting(store: "Store", one: Item) -> list["Row"]:
    """The requests that this item could be given to, the first in the queue first."""
    condition = "mms = ? AND type = 'HOLD' AND person IS NOT NULL AND (level = 'title' AND item IS NULL OR item = ?)"
    return requests.active(store, condition, int(one.mms_id), one.number)
