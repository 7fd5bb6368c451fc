"""A patron's record read without believing its shape, as plain lists for pages (facts 3.1, 3.2, Appendix B).

Any list may be missing, null, an object, wrapped once more, or hold odd things: what is no row is passed over.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from almaportal.alma.records import Record, code, day, day_of, is_empty, rows, whole_number, words

NO_ID = re.compile(r"no primary id\b", re.IGNORECASE)
# What has its place on the page, or none on any: passwords and PINs, and links of Alma's own.
SHOWN = {
    *("primary_id", "full_name", "first_name", "middle_name", "last_name", "status", "status_date", "expiry_date"),
    *("pref_first_name", "pref_middle_name", "pref_last_name", "pref_name_suffix", "record_type"),
    *("user_group", "account_type", "campus_code", "contact_info", "user_identifier", "user_block", "user_note"),
    *("user_role", "user_statistic", "proxy_for_user", "requests", "loans", "fees"),
    *("password", "force_password_change", "pin_number", "link"),
}
# The other fields of facts 3.1, in words and in the order of the page.
LABELS: dict[str, str | Promise] = {
    "user_title": _lazy("Title"),
    "birth_date": _lazy("Birth date"),
    "gender": _lazy("Gender"),
    "preferred_language": _lazy("Language"),
    "job_category": _lazy("Job category"),
    "job_description": _lazy("Job"),
    "web_site_url": _lazy("Website"),
    "external_id": _lazy("External system"),
    "cataloger_level": _lazy("Cataloger level"),
    "rs_library": _lazy("Resource sharing libraries"),
    "library_notice": _lazy("Library notices"),
    "is_researcher": _lazy("Researcher"),
    "researcher": _lazy("Researcher's profile"),
    "purge_date": _lazy("Purge date"),
}


def listed(record: Record, name: str) -> list[Record]:
    """The rows of a list that say anything. {"user_note": {"user_note": [...]}} is met too."""
    found = record.get(name)
    if isinstance(found, dict) and name in found:
        record = found
    return [row for row in rows(record, name) if not is_empty(row)]


def has_readable_blocks(record: Record) -> bool:
    """Whether all that stands in the place of the list is blocks: the rest would be lost when the list is written."""
    return is_readable(record, "user_block")


def is_readable(record: Record, name: str) -> bool:
    """Whether all that stands in the place of a list is its rows, or nothing."""
    found = record.get(name)
    if isinstance(found, dict):
        found = found.get(name, found)
    rows = found if isinstance(found, list) else [found]
    return all(isinstance(row, dict) or is_empty(row) for row in rows)


def is_whole(record: Record) -> bool:
    """Whether it is a record and no brief row of a list: both of these are mandatory in a record (facts 3.1, 3.5)."""
    return not (is_empty(record.get("account_type")) and is_empty(record.get("user_group")))


def primary_id(record: Record) -> str:
    """The ID that Alma has, in its own case; "" for a contact that has none (facts 3.5)."""
    found = code(record.get("primary_id"))
    return "" if NO_ID.match(found) or code(record.get("link")).endswith("/users/-") else found


def is_same_id(one: str, other: str) -> bool:
    """Whether two texts are the same ID, in whatever case of letters; those that only look alike (ß and SS) are two."""
    return bool(one) and one.lower() == other.strip().lower()


def name(record: Record) -> str:
    """As lists have it: "Last, First Middle"; what is there of it, "" for nothing."""
    first = _joined(record, "first_name", "middle_name")
    last = code(record.get("last_name"))
    return ", ".join(filter(None, (last, first))) or code(record.get("full_name"))


def preferred_name(record: Record) -> str:
    """The name that the person goes by, where it is another than the one above."""
    first = _joined(record, "pref_first_name", "pref_middle_name")
    last = _joined(record, "pref_last_name", "pref_name_suffix")
    chosen = ", ".join(filter(None, (last or (first and code(record.get("last_name"))), first)))
    return "" if chosen.casefold() == name(record).casefold() else chosen


def names(record: Record) -> str:
    """All names in one text, to look for words in."""
    parts = ("first_name", "middle_name", "last_name", "full_name")
    return _joined(record, *parts, "pref_first_name", "pref_middle_name", "pref_last_name")


def _joined(record: Record, *paths: str) -> str:
    return " ".join(filter(None, (code(record.get(path)) for path in paths)))


@dataclass(frozen=True)
class Identifier:
    """value; kind: its type in words; is_active: unless Alma says INACTIVE; note; segment: Internal or External."""

    value: str
    kind: str
    is_active: bool
    note: str
    segment: str


def identifiers(record: Record) -> list[Identifier]:
    """Active ones first."""
    found = [
        Identifier(
            code(row.get("value")),
            words(row.get("id_type")),
            code(row.get("status")).upper() != "INACTIVE",
            code(row.get("note")),
            words(row.get("segment_type")),
        )
        for row in listed(record, "user_identifier")
    ]
    return sorted((one for one in found if one.value), key=lambda one: not one.is_active)


def holds(record: Record, wanted: str) -> str:
    """How a person holds an ID, in any case of letters: "active" (the primary ID too), "inactive", or "" for not."""
    if is_same_id(primary_id(record), wanted):
        return "active"
    states = {one.is_active for one in identifiers(record) if is_same_id(one.value, wanted)}
    return "active" if True in states else "inactive" if states else ""


@dataclass(frozen=True)
class Contact:
    """lines: the address, the e-mail or the number; kinds: what it is for, in words; preferred: the one to use."""

    lines: list[str]
    kinds: str
    preferred: bool
    note: str = ""


def emails(record: Record) -> list[Contact]:
    return _contacts(record, "email", lambda row: [code(row.get("email_address"))], "description")


def phones(record: Record) -> list[Contact]:
    return _contacts(record, "phone", lambda row: [code(row.get("phone_number"))], "")


def addresses(record: Record) -> list[Contact]:
    return _contacts(record, "address", _address_lines, "address_note")


def _contacts(record: Record, kind: str, lines: Callable[[Record], list[str]], note: str) -> list[Contact]:
    info = record.get("contact_info")
    found = []
    for row in listed(info, kind) if isinstance(info, dict) else []:
        kinds = row.get(f"{kind}_type")
        said = ", ".join(filter(None, map(words, kinds if isinstance(kinds, list) else [kinds])))
        if text := [line for line in lines(row) if line]:
            found.append(Contact(text, said, flag(row.get("preferred")), code(row.get(note)) if note else ""))
    return sorted(found, key=lambda one: not one.preferred)


def _address_lines(row: Record) -> list[str]:
    place = _joined(row, "postal_code", "city")
    lines = [code(row.get(f"line{n}")) for n in range(1, 6)]
    return [*lines, place, code(row.get("state_province")), words(row.get("country"))]


@dataclass(frozen=True)
class Note:
    text: str
    kind: str
    pops_up: bool
    viewable: bool
    who: str
    day: date | None


def notes(record: Record) -> list[Note]:
    """Pop-up notes first, then the newest."""
    found = [
        Note(
            code(row.get("note_text")),
            words(row.get("note_type")),
            flag(row.get("popup_note")),
            flag(row.get("user_viewable")),
            code(row.get("created_by")),
            day_of(row.get("created_date")),
        )
        for row in listed(record, "user_note")
    ]
    return sorted((one for one in found if one.text), key=lambda one: (one.pops_up, one.day or date.min), reverse=True)


@dataclass(frozen=True)
class Role:
    """code: of the type ("200" is the patron's); scope: where; lines: its parameters; ends: its last day, or None;
    unread: what Alma says instead of a day, where that cannot be read."""

    code: str
    kind: str
    scope: str
    is_active: bool
    ends: date | None
    unread: str = ""
    lines: list[str] = field(default_factory=list)


def roles(record: Record) -> list[Role]:
    """Active ones first."""
    found = [
        Role(
            code(row.get("role_type")),
            words(row.get("role_type")),
            words(row.get("scope")),
            code(row.get("status")).upper() != "INACTIVE",
            day_of(code(row.get("expiry_date"))),
            unread_day(row.get("expiry_date")),
            [_parameter(one) for one in listed(row, "parameter")],
        )
        for row in listed(record, "user_role")
    ]
    return sorted(found, key=lambda one: not one.is_active)


def unread_day(found: Any) -> str:
    """What Alma says where a day should stand, when that is none: it must not be taken for no end. "" for emptiness."""
    return "" if is_empty(found) or day_of(code(found)) else str(found)[:40]


def _parameter(row: Record) -> str:
    return ": ".join(filter(None, (words(row.get("type")), words(row.get("value")))))


def statistics(record: Record) -> list[tuple[str, str, str]]:
    """Category, its type, note."""
    names = ("statistic_category", "category_type", "statistic_note")
    found = [tuple(words(row.get(one)) for one in names) for row in listed(record, "user_statistic")]
    return [(category, kind, note) for category, kind, note in found if category or kind or note]


def proxies(record: Record) -> list[tuple[str, str]]:
    """Primary ID and name of those for whom this person may borrow."""
    found = [(code(row.get("primary_id")), code(row.get("full_name"))) for row in listed(record, "proxy_for_user")]
    return [one for one in found if any(one)]


def blocks(record: Record) -> list[Record]:
    """The raw rows in Alma's order."""
    return listed(record, "user_block")


def count(record: Record, what: str) -> int | None:
    """How many "loans" or "requests" there are; None when the read did not ask for it, or Alma did not say."""
    return whole_number(record.get(what))


def owed(record: Record) -> float | None:
    """The sum of the fees, in the institution's currency; None when Alma did not say."""
    return amount(record.get("fees"))


def amount(found: Any) -> float | None:
    """A sum of money, which Alma sends as number, as text, or in a {value} object."""
    try:
        return float(code(found))
    except ValueError:
        return None


def more(record: Record) -> list[tuple[str, str]]:
    """Label and text of the LABELS that say anything."""
    return [(str(label), text) for field, label in LABELS.items() if (text := _text(field, record.get(field)))]


def others(record: Record) -> list[tuple[str, str]]:
    """Alma's name and text of what else it sent: nothing of a record stays unseen but what is secret."""
    unknown = [(field, found) for field, found in record.items() if field not in SHOWN and field not in LABELS]
    return [(field, text) for field, found in unknown if (text := _text(field, found))]


def _text(field: str, found: Any) -> str:
    """In words; a calendar date as the page writes dates."""
    if field.endswith("_date") and (at := day(found)):
        return date_format(at)
    return "; ".join(_said(found))


def _said(found: Any) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _said(one)
    elif isinstance(found, dict) and "code" in found:  # of a library, a notice: what it is, and perhaps yes or no
        yield ": ".join(filter(None, ("; ".join(_said(one)) for one in found.values())))
    elif isinstance(found, dict) and "value" not in found and not words(found):
        yield from (f"{part}: {said}" for part, one in found.items() if (said := "; ".join(_said(one))))
    elif said := words(found):
        yield {"true": _("yes"), "false": _("no")}.get(said, said)


def flag(found: Any) -> bool:
    """Booleans come as text, too (facts 8)."""
    return code(found).lower() == "true"
