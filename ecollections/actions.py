"""What a bulk edit does to a field: the same for every record, by the one table of fields.

An action is a dict, as jobs keep it: {"path": dotted, "do": "set" | "clear" | "replace" | "append", "value": text,
"find": text, "how": one of HOWS}. A field without one is not changed. The value that sets coverage or an embargo is
rows or a row, as Alma has them; no form offers that.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from math import prod
from typing import Any

import regex
from django.utils.translation import gettext as _

from almaportal.alma.records import Record
from almaportal.codes import Table
from ecollections import checks
from ecollections.field import CELLED, Field
from ecollections.fields import CELLS
from ecollections.kinds import Kind
from ecollections.show import text_of
from ecollections.values import agrees, described, is_known_shape, meant, raw, same, write

Action = dict[str, Any]
DOES = ("set", "clear", "replace", "append")
HOWS = ("exact", "ignore case", "pattern")
TEXTS = ("text", "long", "url")
SET_AS_ROWS = ("coverage", "embargo")
PATTERN_SECONDS = 0.2  # for one text: some patterns would never end
PATTERN_LONGEST = 500
COUNT = regex.compile(r"\\.|\{([\d\s]*),?([\d\s]*)\}", regex.DOTALL)  # {5}, {,5}, {1,5}; skips what is escaped
MOST_PARTS = 200_000  # that a pattern becomes, at most: its counts times its length. Compiling cannot be broken off
NOT_A_PATTERN = (regex.error, IndexError, OverflowError, ValueError, RecursionError)


class Refused(Exception):
    """Why this action cannot be done to this record, in a sentence."""


def problems(kind: Kind, actions: Sequence[Action], tables: Mapping[str, Table]) -> list[str]:
    """What is wrong with the actions themselves, before any record is looked at."""
    found = [] if actions else [_("Choose at least one field to change.")]
    for action in actions:
        one = named(kind, str(action.get("path")))
        if one is None or one.settable not in ("always", "local"):
            found.append(_("“%s” is no field that can be set.") % action.get("path"))
        elif sentence := problem(one, action, tables):
            found.append(f"{one.label}: {sentence}")
    paths = [str(action.get("path")).removesuffix(".value") for action in actions]
    if len(set(paths)) < len(paths):
        found.append(_("A field is named twice."))
    return found


def named(kind: Kind, path: str) -> Field | None:
    """The field of this path; of a coded one also by the path of its code, such as availability.value."""
    return kind.fields.get(path) or kind.fields.get(path.removesuffix(".value"))


def problem(one: Field, action: Action, tables: Mapping[str, Table]) -> str:
    """What is wrong with an action on this field, in a sentence; "" when nothing is."""
    do, value = action.get("do"), str(action.get("value", ""))
    if do not in DOES:
        return _("One of: %s.") % ", ".join(DOES)
    if do in ("replace", "append") and one.kind not in TEXTS:
        return _("Only texts and addresses can be replaced in or added to.")
    if do == "clear":
        return checks.problem(one, "", tables)
    if one.kind in CELLED:
        has_rows = one.kind in SET_AS_ROWS and isinstance(action.get("value"), list | dict)
        return rows_problem(one, action["value"]) if has_rows else _("Rows can only be cleared here.")
    if do == "set":
        return checks.problem(one, value, tables) if value else _("Say the value, or choose to clear the field.")
    if do == "replace":
        return _find_problem(str(action.get("find", "")), value, str(action.get("how", "exact")))
    return "" if value else _("Say what to add.")


def rows_problem(one: Field, value: Any) -> str:
    """What is wrong with rows of coverage or an embargo, in a sentence; "" when nothing is."""
    found = [value] if one.kind == "embargo" else value
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        return _("This takes rows.")
    return next((text for row in found for text in checks.row_problems(one.kind, row).values()), "")


def _find_problem(find: str, value: str, how: str) -> str:
    if not find:
        return _("Say what to look for.")
    if how not in HOWS:
        return _("One of: %s.") % ", ".join(HOWS)
    return _pattern_problem(find, value) if how == "pattern" else ""


def _pattern_problem(find: str, value: str) -> str:
    if len(find) > PATTERN_LONGEST:
        return _("A pattern has at most %d characters.") % PATTERN_LONGEST
    if _counted(find) * len(find) > MOST_PARTS:
        return _("Its counts, such as {20}, are too large together: use smaller or fewer ones, or * and +.")
    try:
        regex.compile(find)
    except NOT_A_PATTERN as error:
        words = {"why": getattr(error, "msg", "") or error, "position": (getattr(error, "pos", None) or 0) + 1}
        return _("This is no pattern: %(why)s, at character %(position)d.") % words
    try:  # with a match that is always there: otherwise what replaces it is not looked at
        # On a line of its own: the pattern may end with a comment.
        regex.compile(f"(?:{find}\n)|").sub(value, "", timeout=PATTERN_SECONDS)
    except NOT_A_PATTERN as error:
        return _("The text to put in refers to a group that the pattern does not have: %s.") % error
    return ""


def _counted(find: str) -> int:
    """All its counts multiplied, as if each stood within the others."""
    counts = (max(int("".join(digits.split()) or 0) for digits in one.groups("")) for one in COUNT.finditer(find))
    return prod(max(1, count) for count in counts)


def apply(kind: Kind, actions: Sequence[Action], record: Record, tables: Mapping[str, Table]) -> Record:
    """The record as it would become. Raises Refused, also for a result that Alma or a reader could not use."""
    result = deepcopy(record)
    for action in actions:
        one = named(kind, action["path"])
        assert one is not None  # `problems` was asked first
        if not is_known_shape(one, record):
            raise Refused(_("%s: in a shape that the portal does not know.") % one.label)
        old = raw(one, record)
        is_celled = one.kind in CELLED
        after = _rows_after(one, action, old) if is_celled else _after(one, action, meant(one, old))
        if same(one, after, old) if is_celled else after == meant(one, old):
            continue
        if not one.is_settable(record.get("is_local") is not False):
            raise Refused(_("%s: the Community Zone manages it; set its override.") % one.label)
        if sentence := "" if is_celled else checks.problem(one, after, tables):
            raise Refused(f"{one.label}: {sentence}")
        write(one, result, after, "" if is_celled else (checks.options(one, tables) or {}).get(after, ""))
    for path, sentence in checks.record_problems(result).items():
        if path not in checks.record_problems(record):
            raise Refused(f"{kind.fields[path].label}: {sentence}")
    return result


def _rows_after(one: Field, action: Action, old: Any) -> Any:
    """The rows as they shall be: one that is there already stays as it is, and one in the place of another keeps of it
    what nobody here knows."""
    if action["do"] != "set":
        return None
    wanted = action["value"]
    if agrees(one, wanted, old):
        return old
    if sentence := rows_problem(one, wanted):
        raise Refused(f"{one.label}: {sentence}")
    if one.kind == "embargo":
        return _row_over(one, wanted, old or {})
    there = list(old or [])
    kept = [next((row for row in there if agrees(one, [new], [row])), None) for new in wanted]
    free = [None if any(row is one_kept for one_kept in kept) else row for row in there]
    over = [*free, *[None] * len(wanted)]
    return [
        row if row is not None else _row_over(one, new, under or {})
        for new, row, under in zip(wanted, kept, over, strict=False)
    ]


def _row_over(one: Field, new: Record, old: Record) -> Record:
    """The old row with the cells of the new one: a cell that this does not have is emptied."""
    row = deepcopy(old)
    for cell in CELLS[one.kind]:
        if not same(cell, new.get(cell.path), row.get(cell.path)):
            write(cell, row, new.get(cell.path), described(new.get(cell.path)))
    return row


def _after(one: Field, action: Action, before: Any) -> Any:
    value = str(action.get("value", "")).removeprefix(one.prefix)
    match action["do"]:
        case "set":
            return value
        case "clear":
            return ""
        case "append":
            return f"{before}{value}"
    return _replaced(one, str(before), str(action["find"]), value, str(action.get("how", "exact")))


def _replaced(one: Field, text: str, find: str, value: str, how: str) -> str:
    if how == "exact":
        return text.replace(find.removeprefix(one.prefix), value)
    if how == "ignore case":
        wanted = re.escape(find.removeprefix(one.prefix))
        return re.sub(wanted, lambda _match: value, text, flags=re.IGNORECASE)
    try:
        return regex.sub(find, value, text, timeout=PATTERN_SECONDS, concurrent=True)
    except TimeoutError:
        raise Refused(_("%s: looking for the pattern takes too long in this text.") % one.label) from None


def words(kind: Kind, action: Action, tables: Mapping[str, Table]) -> str:
    """What an action does, such as “Set Availability: Available”."""
    one, value = named(kind, str(action.get("path"))), action.get("value", "")
    value = text_of(one, value).replace("\n", "; ") if one and one.kind in CELLED else str(value)
    label = one.label if one else action.get("path")
    match action.get("do"):
        case "set":
            said = (checks.options(one, tables) or {}).get(value, value) if one else value
            return _("Set %(label)s: %(value)s") % {"label": label, "value": said}
        case "clear":
            return _("Clear %s") % label
        case "append":
            return _("Add to %(label)s: %(value)s") % {"label": label, "value": value}
    texts = {"label": label, "find": action.get("find", ""), "value": value}
    return _("Replace in %(label)s: %(find)s → %(value)s") % texts
