"""A record is the dict that Alma sent. These read it without believing its shape.

Missing, null, "" and {} are the same emptiness (facts 0.2, 0.3). Paths are dotted: "linking_details.url_type".
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

EPOCH_MS = re.compile(r"\d{13}")  # since 2001; 12 or 14 digits may be a date without signs
Record = dict[str, Any]


def rows(data: Record, name: str) -> list[Record]:
    """The list `name` of an answer: missing, null or a single object are met too."""
    found = data.get(name)
    if isinstance(found, dict):
        found = [found]
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def dig(record: Any, path: str) -> Any:
    """What stands at the path, or None."""
    for name in path.split("."):
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def code(found: Any) -> str:
    """The code of a {value, desc} object, or the plain value itself; "" for emptiness."""
    if isinstance(found, dict):
        found = found.get("value")
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None or isinstance(found, dict | list) else str(found).strip()


def words(found: Any) -> str:
    """What people call it: the description (or name) of a code object when Alma sent one, else the code."""
    if isinstance(found, dict):
        for name in ("desc", "description", "name"):
            if text := code(found.get(name)):
                return text
    return code(found)


def is_empty(found: Any) -> bool:
    """Whether nothing is said: also for an object of which nothing but emptiness is left."""
    if isinstance(found, dict):
        return all(is_empty(part) for part in found.values())
    if isinstance(found, list):
        return all(is_empty(part) for part in found)
    return found is None or (isinstance(found, str) and not found.strip())


def day(found: Any) -> date | None:
    """A calendar date such as "2021-08-10Z": its first ten characters. The Z means no time zone (facts 8)."""
    try:
        return date.fromisoformat(str(found or "")[:10])
    except ValueError:
        return None


def moment(found: Any) -> datetime | None:
    """A point in time: ISO (UTC where it says no zone), or the milliseconds of old days; None for a mere date."""
    text = code(found).upper()
    try:
        if EPOCH_MS.fullmatch(text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        at = datetime.fromisoformat(text) if "T" in text else None
    except (ValueError, OverflowError, OSError):
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def day_of(found: Any) -> date | None:
    """The day in the library's time zone of a point in time; a calendar date is that date (facts 8)."""
    at = moment(found)
    if at is None:
        return day(found)
    try:
        return timezone.localdate(at)
    except OverflowError:  # at the ends of the calendar
        return at.date()


def whole_number(found: Any) -> int | None:
    """A count, which Alma sends as number, as text, in a {value} object or not at all."""
    try:
        return int(code(found))
    except ValueError:
        return None


def put(record: Record, path: str, value: Any) -> None:
    """Set what stands at the path, in a record of one's own; levels above that are missing or empty are made."""
    *above, last = path.split(".")
    for name in above:
        if not isinstance(record.get(name), dict):
            record[name] = {}
        record = record[name]
    record[last] = value


def remove(record: Record, path: str) -> None:
    """Take away what stands at the path, and levels above that are left with nothing."""
    name, _, rest = path.partition(".")
    if rest and isinstance(record.get(name), dict):
        remove(record[name], rest)
        if record[name]:
            return
    record.pop(name, None)


def tidy(text: str) -> str:
    """A text as a browser's form brings it back: one kind of line end, no control characters, no blanks around it."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def normal(found: Any) -> Any:
    """One spelling for what means the same: None for every emptiness, a code object as its code, all else as text."""
    if is_empty(found):
        return None
    if isinstance(found, dict):
        said = {name: part for name, part in found.items() if not is_empty(part)}
        if "value" in said and set(said) <= {"value", "desc", "link"} and not isinstance(said["value"], dict | list):
            return normal(code(said))
        return {name: normal(part) for name, part in said.items()}
    if isinstance(found, list):
        return [normal(part) for part in found]
    return tidy(code(found))
