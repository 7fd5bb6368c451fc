"""“Only where”: which records a bulk edit is about, and why others are left alone.

A condition is a dict, as jobs keep it: {"path": dotted, "is": one of TESTS, "value": a code, or words}. All must hold.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.records import Record
from almaportal.codes import Table
from ecollections import checks
from ecollections.actions import named
from ecollections.field import CELLED, Field
from ecollections.kinds import Kind
from ecollections.show import text_of
from ecollections.values import meant, raw

Condition = dict[str, Any]
TESTS: dict[str, str | Promise] = {
    "is": gettext_lazy("is"),
    "is not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "does not contain": gettext_lazy("does not contain"),
    "is empty": gettext_lazy("is empty"),
    "is not empty": gettext_lazy("is not empty"),
}
OF_EMPTINESS = ("is empty", "is not empty")


def problem(kind: Kind, condition: Condition, tables: Mapping[str, Table]) -> str:
    """What is wrong with a condition, in a sentence; "" when nothing is."""
    one = named(kind, str(condition.get("path")))
    if one is None:
        return _("“%s” is no field of these records.") % condition.get("path")
    test, value = condition.get("is"), str(condition.get("value") or "")
    if test not in TESTS:
        return _("One of: %s.") % ", ".join(TESTS)
    if test in OF_EMPTINESS:
        return ""
    if not value:
        return _("%s: say what to compare with.") % one.label
    known = checks.options(one, tables)
    if test in ("is", "is not") and known and not any(_same(value, each) for pair in known.items() for each in pair):
        words = {"label": one.label, "value": value[:100], "known": ", ".join(known.values())}
        return _("%(label)s: “%(value)s” is none of %(known)s.") % words
    return ""


def words(kind: Kind, condition: Condition, tables: Mapping[str, Table]) -> str:
    """A condition, such as “Only where Proxy is empty”."""
    one, value = named(kind, str(condition.get("path"))), str(condition.get("value") or "")
    said = (checks.options(one, tables) or {}).get(value, value) if one else value
    test = TESTS.get(str(condition.get("is")), "")
    return _("Only where %(what)s") % {"what": f"{one.label if one else condition.get('path')} {test} {said}".strip()}


def why_left(kind: Kind, conditions: Sequence[Condition], record: Record) -> str:
    """Why the record is left alone, in a sentence; "" when all conditions hold."""
    for condition in conditions:
        one = named(kind, condition["path"])
        if one is not None and not _holds(one, condition, record):
            text = text_of(one, raw(one, record)).replace("\n", "; ")
            words = {"label": one.label, "text": text[:200]}
            return _("Left alone: %(label)s is “%(text)s”.") % words if text else _left_empty(one)
    return ""


def _left_empty(one: Field) -> str:
    return _("Left alone: %s is empty.") % one.label


def _holds(one: Field, condition: Condition, record: Record) -> bool:
    """A code is met by itself and by Alma's words for it."""
    value = raw(one, record)
    texts = {text_of(one, value), "" if one.kind in CELLED else str(meant(one, value))} - {""}
    wanted = str(condition.get("value") or "").removeprefix(one.prefix)
    match condition["is"]:
        case "is" | "is not":
            holds = any(_same(wanted, text) for text in texts)
        case "contains" | "does not contain":
            holds = any(wanted.casefold() in text.casefold() for text in texts)
        case _:
            holds = not texts
    return holds != condition["is"].startswith(("is not", "does not"))


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
