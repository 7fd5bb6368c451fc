"""Where an item is, and whether it is to be had (facts 6.3)."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from almaportal.alma.records import Record, code, day_of, dig, moment, words

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


def policy(item: Record) -> str:
    """The rules it is lent by, in words; a temporary policy goes first."""
    return words(dig(item, "holding_data.temp_policy")) or words(dig(item, "item_data.policy"))
