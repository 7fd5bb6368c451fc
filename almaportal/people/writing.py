"""The whole record of a person as Alma takes it in a PUT, which replaces everything (facts 3.3)."""

import json
from collections.abc import Sequence
from typing import Any

from almaportal.alma.records import Record, code, normal
from almaportal.people import person

IDENTIFIERS = "user_identifier"
ROLES = "user_role"
LISTS = (
    *(IDENTIFIERS, ROLES, "user_block", "user_note", "user_statistic"),
    *("proxy_for_user", "rs_library", "library_notice"),
)
# What Alma keeps of external users when it was changed by hand, unless it is named in `override` (facts 3.3).
PROTECTED = (
    *("user_group", "job_category", "pin_number", "preferred_language", "campus_code", "rs_libraries"),
    *("user_title", "library_notices", "pref_first_name", "pref_middle_name", "pref_last_name", "cataloger_level"),
)
# Made by Alma of other things, or another at each read.
NOT_COMPARED = {
    *("link", "password", "full_name", "status_date", "last_patron_activity_date", "requests", "loans", "fees"),
}


def prepared(record: Record) -> Record:
    """The record for a PUT that replaces everything (facts 3.3).

    Lists are flat lists. Of an identifier that stands there twice the inactive row is left out, for Alma refuses both.
    Roles are left out: Alma keeps those it has, and some that it holds itself it would refuse.
    """
    body = {**record}
    for name in LISTS:
        if isinstance(body.get(name), dict):
            body[name] = person.listed(body, name)
    if left_out := doubles(record):
        body[IDENTIFIERS] = [row for row in person.listed(body, IDENTIFIERS) if not _is_one_of(row, left_out)]
    body.pop(ROLES, None)
    return body


def doubles(record: Record) -> list[Record]:
    """Inactive identifiers whose value another identifier of the person has, in whatever case of letters: two that
    only look alike (ß and SS) are two, which Alma takes."""
    found = person.listed(record, IDENTIFIERS)
    kept = {_value(row) for row in found if not _is_inactive(row)}
    left_out = []
    for row in found:
        if _is_inactive(row) and _value(row) in kept:
            left_out.append(row)
        kept.add(_value(row))
    return [row for row in left_out if _value(row)]


def _value(row: Record) -> str:
    return code(row.get("value")).lower()


def _is_inactive(row: Record) -> bool:
    return code(row.get("status")).upper() == "INACTIVE"


def _is_one_of(row: Record, others: Sequence[Record]) -> bool:
    return any(row is other for other in others)


def dropped(row: Record) -> dict[str, Any]:
    """The entry of the log for an identifier that goes with a write."""
    return {"path": IDENTIFIERS, "before": row, "after": None}


def other_changes(newest: Record, body: Record, answer: Record, besides: str) -> list[dict[str, Any]]:
    """Entries of the log for what else is another in Alma's answer than it was: by the names of the fields alone, for
    nobody asked about them. body: what was sent; besides: the field that was asked for."""
    expected = {**newest, IDENTIFIERS: body.get(IDENTIFIERS)}
    names = sorted((expected.keys() | answer.keys()) - NOT_COMPARED - {besides})
    moved = (name for name in names if _content(expected.get(name)) != _content(answer.get(name)))
    return [{"path": name, "before": None, "after": None, "by_alma": True} for name in moved]


def _content(found: Any) -> Any:
    """In one spelling; the order of a list says nothing."""
    told = normal(found)
    return sorted(json.dumps(one, sort_keys=True) for one in told) if isinstance(told, list) else told
