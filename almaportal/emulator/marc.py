"""MARCXML that somebody sends: read, checked, and kept as the inside of its <record>."""

import re
from typing import Any
from xml.etree.ElementTree import tostring

from defusedxml.ElementTree import fromstring

from .errors import AlmaError
from .messages import Request

_TAG = re.compile(r"\d{3}")


class Sent:
    """The body of a bib or holding: its flag, and its MARC record."""

    def __init__(self, root: Any, record: Any) -> None:
        """Keep the two elements."""
        self._root, self._record = root, record

    @property
    def suppressed(self) -> bool | None:
        """`suppress_from_publishing`, None when it is not said."""
        text = (self._root.findtext("suppress_from_publishing") or "").strip().lower()
        return text == "true" if text else None

    def first(self, tag: str, code: str) -> str:
        """The first subfield of this code in fields of this tag, "" without one."""
        for field in self._record.iter("datafield"):
            if field.get("tag") == tag:
                for one in field.iter("subfield"):
                    if one.get("code") == code and one.text:
                        return str(one.text)
        return ""

    def control(self, tag: str) -> str:
        """The text of a control field."""
        return next((str(one.text or "") for one in self._record.iter("controlfield") if one.get("tag") == tag), "")

    def inside(self, record_id: str) -> str:
        """The inside of the record, with its own ID in 001."""
        parts = []
        for child in self._record:
            if child.tag == "controlfield" and child.get("tag") == "001":
                continue
            child.tail = None
            parts.append(tostring(child, encoding="unicode"))
            if child.tag == "leader":
                parts.append(f'<controlfield tag="001">{record_id}</controlfield>')
        return "".join(parts)


def read(request: Request, root_name: str, error: str) -> Sent:
    """The record in the body of a request: 60105 for JSON, `error` for what is no MARCXML of this kind."""
    kind = request.content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        raise AlmaError("60105")
    if not request.body.strip():
        raise AlmaError(error)
    root = fromstring(request.body)
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    record = root.find("record")
    if root.tag != root_name or record is None or not _is_marc(record):
        raise AlmaError(error)
    return Sent(root, record)


def _is_marc(record: Any) -> bool:
    """A leader of 24 characters first; fields with tags of three digits, subfields with codes."""
    children = list(record)
    if not children or children[0].tag != "leader" or len(children[0].text or "") != 24:
        return False
    for child in children[1:]:
        if child.tag not in ("controlfield", "datafield") or not _TAG.fullmatch(child.get("tag") or ""):
            return False
        if child.tag == "datafield":
            subfields = list(child)
            if not subfields or any(one.tag != "subfield" or len(one.get("code") or "") != 1 for one in subfields):
                return False
    return True
