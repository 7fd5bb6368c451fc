"""People of the emulated institution with blocks of one's own choice."""

from copy import deepcopy
from typing import Any

from almaportal.emulator.app import Emulator

LOST: dict[str, Any] = {
    "block_type": {"value": "USER", "desc": "User"},
    "block_description": {"value": "LOST-CARD", "desc": "Card reported lost"},
    "block_status": "ACTIVE",
    "block_note": "Reported by phone",
    "created_by": "demo_desk",
    "created_date": "2026-12-16T09:00:00.000Z",
    "expiry_date": "2027-12-18T14:36:48.659Z",
    "segment_type": "Internal",
}
UNPAID: dict[str, Any] = {
    "block_type": {"value": "CASH", "desc": "Cash"},
    "block_description": {"value": "UNPAID", "desc": "Unpaid fees"},
    "block_status": "ACTIVE",
    "block_note": "See the fees",
    "created_by": "demo_desk",
    "created_date": "2027-01-02T09:00:00.000Z",
    "segment_type": "Internal",
}


def blocked(emulator: Emulator, *rows: dict[str, Any], kind: str = "student", nth: int = 0, **more: Any) -> str:
    """The primary ID of a person with these blocks, and what else is given."""
    own = [one for one in emulator.people() if one[0] == {"student": "s", "external": "e"}[kind]][nth]
    emulator.set_person(emulator.person(own) | {"user_block": deepcopy(list(rows))} | more)
    return own


def card(value: str, kind: str = "BARCODE", status: str = "ACTIVE") -> dict[str, Any]:
    """An identifier as Alma has it."""
    return {"value": value, "id_type": {"value": kind}, "status": status, "segment_type": "Internal"}


def change(emulator: Emulator, own: str, **fields: Any) -> None:
    """Somebody else changes the person in Alma meanwhile."""
    emulator.set_person(emulator.person(own) | fields)
