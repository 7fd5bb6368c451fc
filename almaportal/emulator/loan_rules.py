"""Why Alma does not lend: the errors of a new loan, in Alma's order as far as it is known."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from . import people
from .errors import AlmaError
from .institution import CIRC_DESKS
from .items import Item
from .messages import Record
from .people import code_of, rows_of

if TYPE_CHECKING:
    from .store import Row, Store

LIMIT = 150


def check_item(
    store: "Store", item: Item, library: str, desk: str, loan: Record | None, own: "Row | None" = None
) -> None:
    """Whether the item may leave the house from this desk: of its own library, or where the own request is held."""
    held = own["library"] if own is not None and own["item"] == item.number else item.library
    if library not in (item.library, held) or desk not in (row[0] for row in CIRC_DESKS.get(library, [])):
        raise AlmaError("401153", "Item cannot be loaned from this circulation desk.")
    if not item.loanable:
        raise AlmaError("401651", "Item is not loanable.")
    if loan is not None:
        raise AlmaError("400042", "Item is already loaned.")


def check_person(store: "Store", row: "Row", item: Item, loans: list[Record]) -> None:
    """Whether the person may borrow; limits are checked here and shown nowhere."""
    check_patron(store, row)
    active = [loan for loan in loans if loan["loan_status"] == "ACTIVE"]
    if len(active) >= LIMIT:
        raise AlmaError("401161", "Patron has reached the limit of loans.")
    if any(loan["mms_id"] == item.mms_id for loan in active):
        raise AlmaError("401198", "Patron has another item of this title on loan.")


def check_patron(store: "Store", row: "Row") -> None:
    """Whether the person may use the library at all: role, expiry, blocks."""
    record = people.record(store, row)
    today = datetime.fromtimestamp(store.now(), UTC)
    patron = [
        role
        for role in rows_of(record.get("user_role"))
        if code_of(role.get("role_type")) == "200" and code_of(role.get("status")) == "ACTIVE"
    ]
    if not patron or code_of(record.get("status")) != "ACTIVE":
        raise AlmaError("401151", "User does not have an active patron role.")
    expiry = str(record.get("expiry_date") or "")[:10]
    if expiry and expiry < today.date().isoformat():
        raise AlmaError("401168", "Patron's card has expired.")
    for block in rows_of(record.get("user_block")):
        if is_active(block, today):
            kind, text = (code_of(block.get(name)) for name in ("block_type", "block_description"))
            note = block.get("block_note") or ""
            raise AlmaError("401163", f"Type {kind} - {text} description. {note} Scope: Institution")


def is_active(block: Record, now: datetime) -> bool:
    """Whether a block counts now."""
    if str(block.get("block_status") or "").upper() != "ACTIVE":
        return False
    try:
        until = datetime.fromisoformat(str(block.get("expiry_date") or ""))
    except ValueError:
        return True
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) > now
