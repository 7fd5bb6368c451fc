"""The search for people, `q=last_name~storm,west AND user_group~staff`, with its quirks.

Words divided by `,` may stand anywhere in the field, those divided by `_` only side by side; each begins a word of
the field, so there is no exact match. What Alma does not understand is no error: it counts -1.
"""

import re
from typing import TYPE_CHECKING, Any

from . import people
from .errors import AlmaError
from .fees import balance
from .messages import Record
from .people import code_of, rows_of
from .search import fold

if TYPE_CHECKING:
    from .store import Row, Store

# field → the texts in which it looks
_WORD = re.compile(r"[^\W_]+")
_NAMES = {"first_name": "pref_first_name", "last_name": "pref_last_name", "middle_name": "pref_middle_name"}
# Fields whose words are all in the column `words`.
_INDEXED = {"primary_id", "identifiers", "email", *_NAMES}
FIELDS = (
    "primary_id", "first_name", "last_name", "middle_name", "email", "phone_number", "job_category", "identifiers",
    "birth_date", "user_group", "campus_code", "block_type", "id_type", "note_text", "note_type",
    "statistic_category", "fines_fees_sum", "general_info", "ALL",
)  # fmt: skip
# Phrases: each a list of words that stand side by side.
Condition = tuple[str, list[list[str]]]


def parse(query: str) -> list[Condition] | None:
    """The conditions; None for a query that Alma does not understand. A blank inside a value is refused."""
    conditions = []
    parts = query.split(" AND ")
    for part in parts:
        field, mark, value = part.partition("~")
        if " " in value.strip() or (mark and " " in field):
            raise AlmaError("402119")
        phrases = [words for text in value.split(",") if (words := _WORD.findall(fold(text.replace("_", " "))))]
        if field not in FIELDS or not phrases or (field == "ALL" and len(parts) > 1):
            return None
        conditions.append((field, phrases))
    return conditions


def search(store: "Store", conditions: list[Condition], order: str) -> list["Row"]:
    """The rows of `people` that match, purged ones among them."""
    where, values = ["1"], []
    for field, phrases in conditions:
        if field in _INDEXED:
            for word in (word for words in phrases for word in words):
                where.append("words LIKE ?")
                values.append(f"%{word}%")
    rows = store.rows(f"SELECT * FROM people WHERE {' AND '.join(where)} ORDER BY {order}", *values)
    return [row for row in rows if _matches(store, row, conditions)]


def _matches(store: "Store", row: "Row", conditions: list[Condition]) -> bool:
    record = people.record(store, row)
    return all(_holds(_texts(store, row, record, field), phrases) for field, phrases in conditions)


def _holds(texts: list[str], phrases: list[list[str]]) -> bool:
    folded = fold("\n".join(texts))
    if not all(word in folded for phrase in phrases for word in phrase):
        return False
    found = [_WORD.findall(line) for line in folded.split("\n")]
    return all(any(_side_by_side(words, phrase) for words in found) for phrase in phrases)


def _side_by_side(words: list[str], phrase: list[str]) -> bool:
    starts = range(len(words) - len(phrase) + 1)
    return any(all(words[start + n].startswith(word) for n, word in enumerate(phrase)) for start in starts)


def _texts(store: "Store", row: "Row", record: Record, field: str) -> list[str]:
    """The texts of a field in a record."""
    if field in _NAMES:
        return _plain(record.get(field), record.get(_NAMES[field]))
    if field in ("primary_id", "birth_date"):
        return _plain(record.get(field))
    if field in ("job_category", "user_group", "campus_code"):
        return _coded(record.get(field))
    if field == "fines_fees_sum":
        return [f"{balance(store, row):.2f}"]
    if field in ("general_info", "ALL"):
        return _everything(record, ("email", "birth_date", "identifiers") if field == "general_info" else ())
    contact = record.get("contact_info")
    contact = contact if isinstance(contact, dict) else {}
    match field:
        case "email":
            return _plain(*(one.get("email_address") for one in rows_of(contact.get("email"))))
        case "phone_number":
            return _plain(*(one.get("phone_number") for one in rows_of(contact.get("phone"))))
        case "identifiers":
            return _plain(*(one.get("value") for one in rows_of(record.get("user_identifier"))))
        case "id_type":
            return _coded(*(one.get("id_type") for one in rows_of(record.get("user_identifier"))))
        case "block_type":
            return _coded(*(one.get("block_type") for one in rows_of(record.get("user_block"))))
        case "note_text":
            return _plain(*(one.get("note_text") for one in rows_of(record.get("user_note"))))
        case "note_type":
            return _coded(*(one.get("note_type") for one in rows_of(record.get("user_note"))))
    return _coded(*(one.get("statistic_category") for one in rows_of(record.get("user_statistic"))))


def _plain(*values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]


def _coded(*values: Any) -> list[str]:
    """Codes and their English texts."""
    texts = [value.get("desc") for value in values if isinstance(value, dict)]
    return [*filter(None, (code_of(value) for value in values)), *_plain(*texts)]


def _everything(record: Record, without: tuple[str, ...]) -> list[str]:
    """All texts of a record."""
    left_out = {"email": "email", "birth_date": "birth_date", "identifiers": "user_identifier"}
    names = {left_out[name] for name in without}
    texts: list[str] = []
    for name, value in record.items():
        if name in names:
            continue
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, dict):
            texts += _everything(value, without)
        elif isinstance(value, list):
            texts += [text for row in rows_of(value) for text in _everything(row, without)]
    return texts
