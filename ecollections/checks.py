"""What is wrong with a value before Alma is asked: the same rules for the form, for bulk edits and for files.

Only what Alma is known to refuse, or what could harm a reader; lengths are Alma's own matter, but for the 512 kB of a
whole record, which the gateway refuses.
"""

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.records import Record, code, day, is_empty
from almaportal.codes import Table
from ecollections.field import Field

ONLY_GLOBAL = "1"
BEFORE_AFTER = (
    ("active_from_date", "active_until_date"),
    ("service_unavailable_date", "service_unavailable_until_date"),
)
LIMITS = {
    "year": (1000, 9999, gettext_lazy("A year has four digits.")),
    "month": (1, 12, gettext_lazy("A month is a number from 1 to 12.")),
    "day": (1, 31, gettext_lazy("A day is a number from 1 to 31.")),
}
SCRIPTS = re.compile(r"(?i)^[\s\x00-\x1f]*(javascript|vbscript|data)\s*:")


def options(field: Field, tables: Mapping[str, Table]) -> dict[str, str] | None:
    """Code → words of what the field takes; None when any code may be typed: no table, or it cannot be read."""
    if field.kind == "flag":
        return {"true": _("Yes"), "false": _("No")}
    if field.table:
        table = tables.get(field.table, Table())
        return table.options or None
    return {value: str(words) for value, words in field.choices} or None


def problem(field: Field, text: str, tables: Mapping[str, Table]) -> str:
    """What is wrong with this text for the field, in a sentence; "" when nothing is."""
    if not text:
        return _("This cannot be empty.") if field.required else ""
    if "url" in field.path and SCRIPTS.match(text.removeprefix("jkey=")):
        return _("This would run as a script in a reader's browser. Nothing was sent.")
    known = options(field, tables)
    if known is not None and text not in known:
        return _("“%(text)s” is not one of Alma's codes for this field.") % {"text": text[:100]}
    if field.kind == "date":
        return _date_problem(text)
    if field.kind == "url":
        return _url_problem(text.removeprefix(field.prefix))
    if field.path == "resource_metadata.mms_id" and not (text.isascii() and text.isdigit()):
        return _("An MMS ID has digits only.")
    return ""


def _date_problem(text: str) -> str:
    try:
        sensible = bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII)) and bool(date.fromisoformat(text))
    except ValueError:
        sensible = False
    if not sensible:
        return _("“%(text)s” is no date. Alma takes YYYY-MM-DD, such as 2026-03-31.") % {"text": text[:40]}
    return ""


def _url_problem(text: str) -> str:
    if any(letter.isspace() for letter in text):
        return _("A web address has no spaces: write %20 for a space.")
    try:
        parts = urlsplit(text)
    except ValueError:
        return _("This is no web address.")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return _("A web address begins with https:// or http://, and has a host.")
    return ""


def row_problems(kind: str, row: Record) -> dict[str, str]:
    """What is wrong within a row of coverage or an embargo: cell → sentence. Other rows have no such rules."""
    if kind == "coverage":
        return _coverage_problems(row)
    if kind == "embargo":
        numbers = {name: code(row.get(name)) for name in ("number_of_years", "number_of_months")}
        found = {
            name: _("This takes a whole number.")
            for name, text in numbers.items()
            if text and not _is_number(text, 0, 999)
        }
        return found or _half_an_embargo(code(row.get("embargo_operator")), any(numbers.values()))
    return {}


def _half_an_embargo(operator: str, has_length: bool) -> dict[str, str]:
    if operator and not has_length:
        return {"number_of_years": _("An embargo needs its years or months.")}
    return (
        {"embargo_operator": _("Say whether older or newer issues are available.")}
        if has_length and not operator
        else {}
    )


def _coverage_problems(row: Record) -> dict[str, str]:
    found = {}
    for side in ("from", "until"):
        parts = {part: code(row.get(f"{side}_{part}")) for part in LIMITS}
        for part, (low, high, sentence) in LIMITS.items():
            if parts[part] and not _is_number(parts[part], low, high):
                found[f"{side}_{part}"] = str(sentence)
        if parts["month"] and not parts["year"]:
            found.setdefault(f"{side}_year", _("A month needs its year."))
        if parts["day"] and not parts["month"]:
            found.setdefault(f"{side}_month", _("A day needs its month."))
        if all(parts.values()) and not any(name.startswith(side) for name in found):
            try:
                date(*(int(part) for part in parts.values()))
            except ValueError:
                found[f"{side}_day"] = _("This month has no such day.")
    if not found and _is_backwards(row):
        found["until_year"] = _("The end lies before the beginning.")
    return found


def _is_backwards(row: Record) -> bool:
    """Compared as far as both sides say something: 2004 until 2004 is one year."""
    for part in ("year", "month", "day"):
        start, end = code(row.get(f"from_{part}")), code(row.get(f"until_{part}"))
        if not start or not end or int(start) < int(end):
            return False
        if int(start) > int(end):
            return True
    return False


def _is_number(text: str, low: int, high: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high


def record_problems(record: Record) -> dict[str, str]:
    """What no single field can tell: path → sentence."""
    found = {}
    for first, last in BEFORE_AFTER:
        begin, end = day(record.get(first)), day(record.get(last))
        if begin and end and end < begin:
            found[last] = _("This day lies before the first one.")
    both = ("delete_removed_portfolios", "deactivate_removed_portfolios")
    if all(code(record.get(name)) == "true" for name in both):
        found[both[1]] = _("Alma takes only one of the two: delete removed portfolios, or deactivate them.")
    return found


def remarks(record: Record) -> list[str]:
    """What is odd about a record, though Alma takes it."""
    details = record.get("coverage_details")
    details = details if isinstance(details, dict) else {}
    local = any(
        not is_empty(details.get(f"local_{name}")) for name in ("date_coverage_parameters", "embargo_information")
    )
    if local and code(details.get("coverage_in_use")) == ONLY_GLOBAL:
        return [_("The local coverage has no effect: “Coverage in use” says “Only global”.")]
    return []
