"""Query parameters of lists: `limit`, `offset` and the brief search `q`."""

import re
import unicodedata

from .errors import AlmaError
from .messages import Record, Request

FIELDS = ("interface_name", "keywords", "name", "po_line_id")
_WORD = re.compile(r"[^\W_]+")


def page(request: Request) -> tuple[int, int]:
    """(limit, offset): 10 and 0 by default; 401666 outside 0–100, below 0, or not a number."""
    return _number(request, "limit", "10", 100), _number(request, "offset", "0", 10**12)


def _number(request: Request, name: str, default: str, most: int) -> int:
    text = request.query.get(name, default)
    if not (text.isascii() and text.isdigit() and len(text) < 14 and int(text) <= most):
        raise AlmaError("401666", f"{name} parameter is not valid.")
    return int(text)


def parse(query: str) -> list[tuple[str, list[str]]]:
    """`name~quiet_rooms AND keywords~law` as [(field, words)]; 60106 for anything else."""
    conditions = []
    for part in query.split(" AND "):
        field, mark, value = part.partition("~")
        words = _WORD.findall(fold(value))
        if not mark or field not in FIELDS or not words or " " in value:
            raise AlmaError("60106")
        conditions.append((field, words))
    return conditions


def fold(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))


def matches(record: Record, conditions: list[tuple[str, list[str]]]) -> bool:
    """Whether each word of each condition begins a word of its field."""
    for field, words in conditions:
        found = _WORD.findall(fold(_field_text(record, field)))
        if not all(any(there.startswith(word) for there in found) for word in words):
            return False
    return True


def _field_text(record: Record, field: str) -> str:
    names = str(record.get("public_name") or "") + " " + str(record.get("public_name_override") or "")
    if field == "name":
        return names
    if field == "interface_name":
        return str((record.get("interface") or {}).get("name") or "")
    if field == "po_line_id":
        return str((record.get("po_line") or {}).get("value") or "")
    others = ("alternative_title", "description", "description_override", "internal_description", "category")
    return " ".join([names, *(str(record.get(name) or "") for name in others)])
