"""What a PUT or POST body does to a record of the electronic area.

Missing keys stay, `""` clears (for dates and the public access model `null` too), lists replace, unknown and
output keys are ignored; of a coded value only `value` counts, its `desc` comes from the code table. Source:
the vendor's page on the electronic APIs, and what published clients send.
"""

import re
from datetime import date
from typing import Any

from . import codes, institution
from .errors import AlmaError
from .fields import Field, Fields
from .messages import LINK_BASE, Record

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})[Zz]?")
_LINKS = {
    "libraries": "/conf/libraries/",
    "licenses": "/acq/licenses/",
    "po_lines": "/acq/po-lines/",
    "mms": "/bibs/",
}


def merge(fields: Fields, record: Record, body: Record, local: bool) -> Record:
    """The record after the body. AlmaError with the field's own code for a value Alma does not know.

    `local` False: the fields that the Community Zone manages are ignored.
    """
    result = dict(record)
    for name, field in fields.items():
        if name not in body or field.kind == "output" or (field.zone and not local):
            continue
        old, new = record.get(name), body[name]
        if new == old:
            continue
        if field.kind == "date":
            _set_date(result, name, field, new)
        elif new is None:
            if field.table == "PublicAccessModel":
                result[name] = {}
        else:
            result[name] = _changed(field, old, new, local)
    return result


def _changed(field: Field, old: Any, new: Any, local: bool) -> Any:
    if field.kind == "any":
        return new
    if field.kind == "map":
        return merge(field.fields, old if isinstance(old, dict) else {}, _as_record(new, field), local)
    if field.kind == "rows":
        return _rows(field, new)
    if field.kind == "flag":
        return _flag(new)
    if field.kind in ("code", "link"):
        return _coded(field, old, new)
    text = _scalar(new)
    _check(field, text)
    return text


def _as_record(new: Any, field: Field) -> Record:
    """A nested record as sent; `""` clears each of its fields."""
    if new == "":
        return {name: [] if inner.kind == "rows" else "" for name, inner in field.fields.items()}
    if not isinstance(new, dict):
        raise AlmaError("60101")
    return new


def _rows(field: Field, new: Any) -> list[Record]:
    rows = [] if new == "" else new
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AlmaError("60101")
    return [merge(field.fields, {}, row, local=True) for row in rows]


def _flag(new: Any) -> bool:
    if isinstance(new, bool):
        return new
    if new in ("true", "false", ""):
        return bool(new == "true")
    raise AlmaError("60101")


def _coded(field: Field, old: Any, new: Any) -> Any:
    """`{"value": …}` or the bare value, as XML has it, to what is stored; the same value keeps its shape."""
    value = new.get("value") if isinstance(new, dict) else new
    if value is None:
        return old
    value = _scalar(value)
    if isinstance(old, dict) and old.get("value") == value:
        return old
    _check(field, value)
    if value == "":
        return {} if field.kind == "code" else {"value": ""}
    return coded(field, value)


def coded(field: Field, value: str) -> Record:
    """The stored object of a known code: with its text, or with its link."""
    if field.kind == "code":
        return {"value": value, "desc": codes.describe(field.table, value)}
    path = _LINKS.get(field.table)
    return {"value": value, "link": f"{LINK_BASE}{path}{value}"} if path else {"value": value}


def _check(field: Field, value: str) -> None:
    """Raise the field's error for an unknown code, or a required value left empty.

    MMS IDs are checked by the operation, which knows the bibs.
    """
    if field.required and not value.strip():
        raise AlmaError(field.error, field.message)
    if not value or field.table in ("", "mms"):
        return
    references = institution.REFERENCES.get(field.table)
    known = value in references if references is not None else codes.has(field.table, value)
    if not known:
        raise AlmaError(field.error, field.message)


def _scalar(new: Any) -> str:
    if isinstance(new, bool):
        return str(new).lower()
    if isinstance(new, (str, int, float)):
        return str(new)
    raise AlmaError("60101")


def _set_date(result: Record, name: str, field: Field, new: Any) -> None:
    """Store a date as `2021-08-10Z`; null and "" remove it; the day already stored keeps its spelling."""
    if new in (None, ""):
        result.pop(name, None)
        return
    match = _DATE.fullmatch(new) if isinstance(new, str) else None
    if match is None or day(new) is None:
        raise AlmaError(field.error, field.message)
    if str(result.get(name) or "")[:10] != match[1]:
        result[name] = f"{match[1]}Z"


def day(text: Any) -> date | None:
    """The calendar day of a stored date, None when there is none or it cannot be read."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def describe(fields: Fields, record: Record, lang: str) -> Record:
    """The record with the `desc` texts it has in another language of the institution."""
    if lang not in codes.LANGUAGES or lang == "en":
        return record
    result = dict(record)
    for name, field in fields.items():
        value = record.get(name)
        if field.kind == "map" and isinstance(value, dict):
            result[name] = describe(field.fields, value, lang)
        elif field.kind == "rows" and isinstance(value, list):
            result[name] = [describe(field.fields, row, lang) if isinstance(row, dict) else row for row in value]
        elif field.kind == "code" and isinstance(value, dict) and value.get("desc"):
            text = codes.describe(field.table, str(value.get("value")), lang)
            result[name] = {**value, "desc": text or value["desc"]}
    return result
