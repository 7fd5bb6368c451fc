"""Records to XML and back, by Alma's habits.

A list stands in an element with the plural name; `{"value": "0", "desc": "No"}` is
`<free desc="No">0</free>`; the count of a list is an attribute of its root; empty things are left out; the
MARCXML that JSON has as texts in `anies` is part of the document.
"""

import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Characters that JSON may hold and XML may not.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Lists whose JSON name is plural already; every other list has the singular name in JSON.
_PLURAL = re.compile(r"notes|group_settings|linking_parameters|\w+_date_coverage_parameters")
# Lists whose plural is not their name and an s.
_PLURALS = {
    "address": "addresses",
    "rs_library": "rs_libraries",
    "booking_availability": "booking_availabilities",
    "copy": "copies",
}
_SINGULARS = {plural: single for single, plural in _PLURALS.items()}

# Keys that stand as attributes beside the `value` of a coded field.
_ATTRIBUTES = {"value", "desc", "link"}


def write(root: str, record: dict[str, Any]) -> str:
    """The XML document of a record, or of a list with its `total_record_count`."""
    if "value" in record:
        return f"{_HEAD}{_element(root, record)}"
    count = record.get("total_record_count")
    attributes = "" if count is None else f' total_record_count="{count}"'
    inner = []
    for name, value in record.items():
        if isinstance(value, list) and _PLURALS.get(name, f"{name}s") == root:
            inner += [_element(name, row) for row in value]
        elif name != "total_record_count":
            inner.append(_element(name, value))
    return f"{_HEAD}<{root}{attributes}>{''.join(inner)}</{root}>"


def _element(name: str, value: Any) -> str:
    if value is None or value == {}:
        return ""
    if isinstance(value, list):
        if name == "anies":
            return "".join(str(text).partition("?>")[2] for text in value)
        plural, single = (name, name[:-1]) if _PLURAL.fullmatch(name) else (_PLURALS.get(name, f"{name}s"), name)
        return f"<{plural}>{''.join(_element(single, row) for row in value)}</{plural}>"
    if not isinstance(value, dict):
        return f"<{name}>{escaped(value)}</{name}>"
    allowed = _ATTRIBUTES | {"type"} if name == "linked_record_id" else _ATTRIBUTES
    if "value" not in value or not value.keys() <= allowed:
        return f"<{name}>{''.join(_element(key, child) for key, child in value.items())}</{name}>"
    attributes = "".join(
        f" {key}={quoteattr(_text(child))}" for key, child in value.items() if key != "value" and child is not None
    )
    return f"<{name}{attributes}>{escaped(value['value'])}</{name}>"


def escaped(value: Any) -> str:
    """Any plain value as the text of an element."""
    return escape(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else _ILLEGAL.sub("", str(value))


def read(body: bytes) -> dict[str, Any]:
    """The record of an XML document; coded values are plain strings. ValueError if it is not well-formed."""
    try:
        value = _value(fromstring(body))
    except (ParseError, DefusedXmlException, RecursionError) as error:
        raise ValueError(str(error)) from None
    return value if isinstance(value, dict) else {}


def _value(element: Any) -> Any:
    children = list(element)
    if not children:
        return [] if _PLURAL.fullmatch(element.tag) else element.text or ""
    record: dict[str, Any] = {}
    for child in children:
        single = _SINGULARS.get(child.tag, child.tag.removesuffix("s"))
        rows = list(child)
        if rows and child.tag.endswith("s") and all(row.tag == single for row in rows):
            name = child.tag if _PLURAL.fullmatch(child.tag) else single
            record[name] = [_value(row) for row in rows]
        else:
            record[child.tag] = _value(child)
    return record
