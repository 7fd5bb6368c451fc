"""Parts that the record of a user is made of."""

from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

from . import codes
from .messages import LINK_BASE, Record


def coded(table: str, code: str) -> Record:
    """A coded value with its text."""
    return {"value": code, "desc": codes.describe(table, code)}


@cache
def calendar(day: date, days: int) -> str:
    """A calendar date, so many days after `day`."""
    return f"{(day + timedelta(days=days)).isoformat()}Z"


def instant(day: date, days: int, hour: int = 9) -> str:
    """A moment, so many days after `day`, as Alma writes it."""
    return f"{day + timedelta(days=days)}T{hour:02d}:12:44.120Z"


def identifier(kind: str, value: str, segment: str = "Internal", status: str = "ACTIVE") -> Record:
    """A row of identifiers."""
    text = coded("UserIdentifierTypes", kind)
    return {"value": value, "id_type": text, "note": None, "status": status, "segment_type": segment}


def block(description: str, kind: str = "GENERAL", status: str = "ACTIVE", **more: Any) -> Record:
    """A row of blocks; `more` are its other keys."""
    return {
        "block_type": coded("UserBlockTypes", kind),
        "block_description": coded("UserBlockDescription", description),
        "block_status": status,
        "segment_type": "Internal",
        **more,
    }


def note(kind: str, text: str, popup: bool = False, **more: Any) -> Record:
    """A row of notes."""
    return {
        "note_type": coded("NoteTypes", kind),
        "note_text": text,
        "user_viewable": False,
        "popup_note": popup,
        "created_by": "demo_desk",
        "segment_type": "Internal",
        **more,
    }


def user_link(primary_id: str) -> str:
    """The address of a person."""
    return f"{LINK_BASE}/users/{quote(primary_id, safe='-@')}"
