"""Items in a table."""

from typing import Any

from almaportal.alma.records import Record, code, dig, words
from circulation import alma
from circulation.item_state import policy, state
from circulation.wanted import of_item

NOTES = ("public_note", "fulfillment_note", "internal_note_1", "internal_note_2", "internal_note_3")


def row(mms_id: str, item: Record) -> dict[str, Any]:
    """An item of a title in a table. target: packed, for a form that requests it; own: where it belongs, "" where it
    is there."""
    data, holding = item.get("item_data"), item.get("holding_data")
    _mms_id, _holding_id, item_id = alma.ids_of_item(item)
    place = _place(data, "library", "location")
    temporary = _place(holding, "temp_library", "temp_location") if _is_away(holding) else ""
    return {
        "mms_id": mms_id,
        "id": item_id,
        "barcode": code(dig(data, "barcode")),
        "volume": code(dig(data, "description")),
        "state": state(item),
        "is_requested": code(dig(data, "requested")) == "true",
        "place": temporary or place,
        "is_temporary": bool(temporary),
        "own": place if temporary and temporary != place else "",
        "call_number": code(dig(holding, "temp_call_number")) or code(dig(holding, "call_number")),
        "copy": code(dig(holding, "copy_id")),
        "policy": policy(item),
        "material": words(dig(data, "physical_material_type")),
        "notes": [text for name in NOTES if (text := code(dig(data, name)))],
        "target": of_item(mms_id, item).packed if item_id else "",
    }


def holding(found: Record) -> tuple[str, str, str]:
    """(where it is, call number, holding ID) of a holding, in words."""
    place = " · ".join(filter(None, (words(found.get("library")), words(found.get("location")))))
    return place, code(found.get("call_number")), code(found.get("holding_id"))


def _is_away(holding: Any) -> bool:
    return code(dig(holding, "in_temp_location")) == "true"


def _place(record: Any, *names: str) -> str:
    return " · ".join(filter(None, (words(dig(record, name)) for name in names)))
