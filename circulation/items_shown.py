"""Items in a table: where each is, and whether it is to be had (facts 6.3)."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from almaportal.alma.records import Record, code, day_of, dig, moment, words
from circulation import alma
from circulation.wanted import of_item

IN_PLACE = "1"
# process type → whether it comes back by itself, and in words
PROCESSES: dict[str, tuple[str, str | Promise]] = {
    "LOAN": ("warn", _lazy("on loan")),
    "TRANSIT": ("warn", _lazy("in transit")),
    "HOLDSHELF": ("warn", _lazy("on the hold shelf")),
    "REQUESTED": ("warn", _lazy("requested")),
    "WORK_ORDER_DEPARTMENT": ("warn", _lazy("work order")),
    "ACQ": ("warn", _lazy("being acquired")),
    "MISSING": ("bad", _lazy("missing")),
    "LOST_LOAN": ("bad", _lazy("lost by who had it")),
    "CLAIM_RETURNED_LOAN": ("bad", _lazy("claimed to be returned")),
    "TECHNICAL": ("bad", _lazy("in technical services")),
}
SIGNS = {"good": "●", "warn": "◐", "bad": "■", "": "○"}
NOTES = ("public_note", "fulfillment_note", "internal_note_1", "internal_note_2", "internal_note_3")


@dataclass(frozen=True)
class State:
    """look: the class of its colour; text: in words; details: where it is dealt with, until when it is lent."""

    look: str
    text: str
    details: str = ""
    due: Any = None

    @property
    def sign(self) -> str:
        return SIGNS[self.look]


def state(item: Record) -> State:
    """Where an item is now."""
    data = item.get("item_data")
    process = code(dig(data, "process_type")).upper()
    if process:
        look, text = PROCESSES.get(process, ("warn", words(dig(data, "process_type"))))
        named = (words(dig(data, name)) for name in ("work_order_type", "work_order_at"))
        due = dig(data, "due_date")
        return State(look, str(text), ", ".join(filter(None, named)), moment(due) or day_of(due))
    base = code(dig(data, "base_status"))
    if base == IN_PLACE:
        return State("good", _("in place"))
    return State("warn", _("not in place")) if base else State("", _("Alma does not say"))


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
        "policy": words(dig(holding, "temp_policy")) or words(dig(data, "policy")),
        "material": words(dig(data, "physical_material_type")),
        "notes": [text for name in NOTES if (text := code(dig(data, name)))],
        "target": of_item(mms_id, item).packed if item_id else "",
    }


def _is_away(holding: Any) -> bool:
    return code(dig(holding, "in_temp_location")) == "true"


def _place(record: Any, *names: str) -> str:
    return " · ".join(filter(None, (words(dig(record, name)) for name in names)))
