"""A record as its page shows it: the groups of its fields that say something, and the names of those that are empty."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from almaportal.alma.records import Record, code, day, dig, is_empty, words
from ecollections import coverage
from ecollections.field import Field, Group
from ecollections.fields import PARTS, SHOWN_ELSEWHERE

CODED = {"value", "desc", "link"}
YES_OR_NO = ("BooleanYesNo", "BooleanYesNoNumericCode", "IsFree")  # tables of a yes and a no


@dataclass(frozen=True)
class Shown:
    """One field with something in it.

    text: in words; code: Alma's code where it tells more than the words; href: an address that may be opened;
    day: of a date; lines: the rows of a repeated field.
    """

    label: str
    text: str = ""
    code: str = ""
    href: str = ""
    day: date | None = None
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ShownGroup:
    label: str
    fields: list[Shown]
    empty: list[str]


def groups(record: Record, table: tuple[Group, ...]) -> list[ShownGroup]:
    """Every field of the table, and last whatever else Alma sent: nothing of a record stays unseen."""
    result = [_group(record, group) for group in table]
    if rest := list(_rest(record, table)):
        result.append(ShownGroup(_("Also sent by Alma"), rest, []))
    return result


def _group(record: Record, group: Group) -> ShownGroup:
    shown, empty = [], []
    for one in group.fields:
        value = dig(record, one.path)
        if is_empty(value):
            empty.append(str(one.label))
        else:
            shown.append(value_of(one, value))
    return ShownGroup(str(group.label), shown, empty)


def value_of(one: Field, value: Any) -> Shown:
    """A field's raw value in words; for a shape nobody knows the JSON itself, which is better than unseen."""
    said = _known(one, value)
    if said.text or said.lines or is_empty(value):
        return said
    return Shown(said.label, text=json.dumps(value, ensure_ascii=False))


def text_of(one: Field, value: Any) -> str:
    """The same as one text, its rows on lines of their own; "" for emptiness."""
    said = value_of(one, value)
    return "\n".join(said.lines) or (f"{said.day:%Y-%m-%d}" if said.day else said.text)


def _known(one: Field, value: Any) -> Shown:
    label = str(one.label)  # translated once: a lazy text is looked up at every use
    match one.kind:
        case "url":
            return Shown(label, text=code(value).removeprefix(one.prefix), href=address(code(value)))
        case "code" | "reference":
            said = _words(one, value)
            tells_more = said != code(value) and one.table not in YES_OR_NO
            return Shown(label, text=said, code=code(value) if tells_more else "")
        case "flag":
            return Shown(label, text=flag(value))
        case "date":
            return Shown(label, text=code(value), day=day(value))
        case "coverage":
            return Shown(label, lines=coverage.statements(value))
        case "embargo":
            return Shown(label, text=coverage.embargo(value))
        case "notes" | "groups" | "numbers" | "raw":
            return Shown(label, lines=list(_lines(value)))
    return Shown(label, text=plain(value))


def _words(one: Field, value: Any) -> str:
    """Alma's own words for the code; where it sends none, those that are known here."""
    said = words(value)
    if said != code(value):
        return said
    if one.table in YES_OR_NO:
        return flag(value)
    return str(dict(one.choices).get(said, said))


def address(text: str) -> str:
    """The web address in a URL field, without the literal `jkey=` that static URLs carry; "" for anything else.

    Alma's text is not trusted: only http and https may be opened.
    """
    text = text.removeprefix("jkey=").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in ("http", "https") and parts.netloc else ""


def flag(value: Any) -> str:
    """Alma says yes and no as a boolean, as text, as 1 and 0, or as a code object with its own words."""
    if isinstance(value, dict) and words(value) != code(value):
        return words(value)
    known = {"true": _("Yes"), "1": _("Yes"), "false": _("No"), "0": _("No")}
    return known.get(code(value).lower(), code(value))


def plain(value: Any) -> str:
    """Any value as one line of text."""
    if isinstance(value, dict):
        if "value" in value and set(value) <= CODED and not isinstance(value["value"], dict | list):
            return words(value)
        parts = ((PARTS.get(name, name), plain(part)) for name, part in value.items() if name != "link")
        return " · ".join(f"{label}: {text}" for label, text in parts if text)
    if isinstance(value, list):
        return "; ".join(filter(None, map(plain, value)))
    return flag(value) if isinstance(value, bool) else code(value)


def _lines(value: Any) -> Iterator[str]:
    """One line a row; a note's text comes first, then who and when."""
    for row in value if isinstance(value, list) else [value]:
        if not isinstance(row, dict) or "content" not in row:
            yield from filter(None, [plain(row)])
            continue
        about = [words(row.get("type")), code(row.get("created_by")), code(row.get("creation_date"))[:10]]
        yield " · ".join(filter(None, [plain(row["content"]), *about]))


def _rest(record: Record, table: Iterable[Group]) -> Iterator[Shown]:
    """Fields that the table does not name, told by their paths."""
    known = {one.path for group in table for one in group.fields}
    for path, value in _leaves(record, known):
        if not is_empty(value):
            yield Shown(path, text=plain(value))


def _leaves(record: Record, known: set[str], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        path = f"{above}{name}"
        if path in known or path in SHOWN_ELSEWHERE:
            continue
        if isinstance(value, dict) and any(one.startswith(f"{path}.") for one in known):
            yield from _leaves(value, known, f"{path}.")
        else:
            yield path, value
