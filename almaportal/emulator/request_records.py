"""The record of a request, from its row: the keys of recorded answers, both spellings of the status."""

import json
from typing import TYPE_CHECKING

from . import items, people, requests, titles
from .institution import CIRC_DESKS, INSTITUTION, LIBRARIES
from .messages import Record
from .user_parts import calendar, instant

if TYPE_CHECKING:
    from .store import Row, Store

_WORDS = {
    "NOT_STARTED": "Not Started",
    "IN_PROCESS": "In Process",
    "ON_HOLD_SHELF": "On Hold Shelf",
    "HISTORY": "HISTORY",
}
_SUB_TYPES = {
    "HOLD": ("PATRON_PHYSICAL", "Patron physical item request"),
    "DIGITIZATION": ("PATRON_DIGITIZATION", "Patron digitization request"),
    "BOOKING": ("BOOKING", "Booking"),
    "MOVE": ("TRANSIT_FOR_RESHELVING", "Transit for reshelving"),
    "WORK_ORDER": ("WORK_ORDER", "Work order"),
}
# What a POST or PUT may say of a request beside its type and place of pickup.
SENT = (
    "description", "manual_description", "comment", "last_interest_date", "partial_digitization",
    "chapter_or_article_title", "chapter_or_article_author", "required_pages_range", "full_chapter", "volume", "issue",
    "part", "date_of_publication", "booking_start_date", "booking_end_date", "copyrights_declaration_signed_by_patron",
    "pickup_location_type", "pickup_location_library", "pickup_location_circulation_desk",
    "pickup_location_institution", "material_type", "additional_id", "destination_location",
)  # fmt: skip


def record(store: "Store", row: "Row") -> Record:
    """The record of a request as it is now."""
    if row["raw"]:
        raw: Record = json.loads(row["record"])
        return raw
    sent: Record = json.loads(row["record"]) if row["record"] else _seeded(store, row)
    bib = store.bib(str(row["mms"]))
    sub_type, text = _SUB_TYPES[row["type"]]
    item = items.item(store, row["item"]) if row["item"] else None
    found: Record = {
        "user_primary_id": _primary_id(store, row["person"]),
        "request_id": requests.id_of(row),
        "request_type": row["type"],
        "request_sub_type": {"value": sub_type, "desc": text},
        "mms_id": str(row["mms"]),
        "title": bib.title if bib else "",
        "author": bib.author if bib else "",
        "description": None,
        "comment": None,
        "material_type": {"value": None, "desc": None},
        "request_status": _spelled(row),
        "barcode": item.barcode if item else None,
    }
    if found["user_primary_id"] is None:
        del found["user_primary_id"]
    found |= _pickup(sent, row) | _managing(store, row, item) | sent
    if item is not None:
        found["item_id"] = item.item_id
    if row["task"]:
        found["task_name"] = row["task"]
    if row["state"] == requests.WAITING and row["type"] == "HOLD":
        found["place_in_queue"] = requests.place_in_queue(store, row)
    return found


def pickup_name(kind: str, library: str, desk: str) -> str:
    """The place of pickup as Alma shows it."""
    if kind.startswith("USER_"):
        return "Home Address" if kind == "USER_HOME_ADDRESS" else "Work Address"
    if kind == "INSTITUTION":
        return INSTITUTION
    name = LIBRARIES[library][0] if library in LIBRARIES else library
    desks = {code: text for code, text, _ in CIRC_DESKS.get(library, [])}
    return f"{name} - {desks.get(desk, desk)}" if kind == "CIRCULATION_DESK" else name


def _spelled(row: "Row") -> str:
    state = str(row["state"])
    return _WORDS[state] if row["id"] % 3 == 1 else state


def _primary_id(store: "Store", person: int | None) -> str | None:
    found = None if person is None else store.row("SELECT * FROM people WHERE number = ?", person)
    return str(people.record(store, found).get("primary_id")) if found else None


def _pickup(sent: Record, row: "Row") -> Record:
    kind = sent.get("pickup_location_type") or "LIBRARY"
    library = sent.get("pickup_location_library") or row["library"]
    desk = sent.get("pickup_location_circulation_desk") or ""
    found = {"pickup_location": pickup_name(kind, library, desk), "pickup_location_type": kind}
    return found | ({"pickup_location_library": library} if not kind.startswith("USER_") else {})


def _managing(store: "Store", row: "Row", item: items.Item | None) -> Record:
    """Who deals with the request; one of eight rows does not say."""
    if row["id"] % 8 == 5:
        return {}
    code = row["library"] if row["state"] == requests.SHELF or item is None else item.library
    code = code if CIRC_DESKS.get(code) else "MAIN"
    desk = CIRC_DESKS[code][0]
    return {
        "managed_by_library": LIBRARIES[code][0],
        "managed_by_library_code": code,
        "managed_by_circulation_desk": desk[1],
        "managed_by_circulation_desk_code": desk[0],
    }


def _seeded(store: "Store", row: "Row") -> Record:
    """What was sent with a seeded request; dates lie around today."""
    n, day = row["id"], people.today(store)
    found: Record = {
        "request_date": calendar(day, -row["age"]),
        "request_time": instant(day, -row["age"], 8 + n % 10),
        "volume": "",
        "issue": "",
        "part": "",
        "date_of_publication": "",
    }
    if row["person"] is not None and row["type"] != "DIGITIZATION":
        if n % 11 == 4:
            found |= {"pickup_location_type": "CIRCULATION_DESK", "pickup_location_library": row["library"]}
            found["pickup_location_circulation_desk"] = "DEFAULT_CIRC_DESK"
        elif n % 13 == 5 and row["state"] == requests.WAITING and row["type"] == "HOLD" and row["kind"] == 0:
            found["pickup_location_type"] = "USER_HOME_ADDRESS"
    if n % 4 == 2:
        found["last_interest_date"] = calendar(day, 30 + n % 60).replace("Z", "z" if n % 8 == 2 else "Z")
    if n % 9 == 4:
        found["comment"] = '<b>Urgent</b>, please: exam on "Friday"'
    if row["state"] == requests.SHELF:
        found["expiry_date"] = calendar(day, -3 - n % 9 if row["kind"] == 7 else 2 + n % 6)
    if row["type"] == "DIGITIZATION":
        found |= {"partial_digitization": True, "chapter_or_article_title": "On harbour lights", "volume": "2"}
        found |= {"required_pages_range": [{"from_page": "11", "to_page": "25"}]}
        found |= {"copyrights_declaration_signed_by_patron": True}
    if row["type"] == "BOOKING":
        # One after the other for the same title: no two of them overlap.
        start = 2 + (n - 40_000_000) // 10 // (titles.SPECIMENS // len(titles.KINDS)) * 3
        times = {"booking_start_date": instant(day, start), "booking_end_date": instant(day, start + 1, 17)}
        found |= times | {f"adjusted_{name}": text for name, text in times.items()}
    return found
