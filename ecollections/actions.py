"""What a bulk edit does to a field: the same for every record, by the one table of fields.

An action is a dict, as jobs keep it: {"path": dotted, "do": "set" | "clear" | "replace" | "append", "value": text,
"find": text, "how": "exact" | "ignore case"}. A field without one is not changed.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.records import Record
from almaportal.codes import Table
from ecollections import checks
from ecollections.field import CELLED, Field
from ecollections.kinds import Kind
from ecollections.values import is_known_shape, meant, raw, write

Action = dict[str, Any]
DOES = ("set", "clear", "replace", "append")
HOWS = ("exact", "ignore case")
TEXTS = ("text", "long", "url")


class Refused(Exception):
    """Why this action cannot be done to this record, in a sentence."""


def problems(kind: Kind, actions: Sequence[Action], tables: Mapping[str, Table]) -> list[str]:
    """What is wrong with the actions themselves, before any record is looked at."""
    found = [] if actions else [_("Choose at least one field to change.")]
    for action in actions:
        one = named(kind, str(action.get("path")))
        if one is None or one.settable not in ("always", "local"):
            found.append(_("“%s” is no field that can be set.") % action.get("path"))
        elif sentence := _problem(one, action, tables):
            found.append(f"{one.label}: {sentence}")
    paths = [str(action.get("path")).removesuffix(".value") for action in actions]
    if len(set(paths)) < len(paths):
        found.append(_("A field is named twice."))
    return found


def named(kind: Kind, path: str) -> Field | None:
    """The field of this path; of a coded one also by the path of its code, such as availability.value."""
    return kind.fields.get(path) or kind.fields.get(path.removesuffix(".value"))


def _problem(one: Field, action: Action, tables: Mapping[str, Table]) -> str:
    do, value = action.get("do"), str(action.get("value", ""))
    if do not in DOES:
        return _("One of: %s.") % ", ".join(DOES)
    if do in ("replace", "append") and one.kind not in TEXTS:
        return _("Only texts and addresses can be replaced in or added to.")
    if do == "clear":
        return checks.problem(one, "", tables)
    if one.kind in CELLED:
        return _("Rows can only be cleared here.")
    if do == "set":
        return checks.problem(one, value, tables) if value else _("Say the value, or choose to clear the field.")
    if do == "replace":
        return _find_problem(str(action.get("find", "")), str(action.get("how", "exact")))
    return "" if value else _("Say what to add.")


def _find_problem(find: str, how: str) -> str:
    if not find:
        return _("Say what to look for.")
    if how not in HOWS:
        return _("One of: %s.") % ", ".join(HOWS)
    return ""


def apply(kind: Kind, actions: Sequence[Action], record: Record, tables: Mapping[str, Table]) -> Record:
    """The record as it would become. Raises Refused, also for a result that Alma or a reader could not use."""
    result = deepcopy(record)
    for action in actions:
        one = named(kind, action["path"])
        assert one is not None  # `problems` was asked first
        if not one.is_settable(record.get("is_local") is not False):
            raise Refused(_("%s: the Community Zone manages it; set its override.") % one.label)
        if not is_known_shape(one, record):
            raise Refused(_("%s: in a shape that the portal does not know.") % one.label)
        before = meant(one, raw(one, record))
        after = _after(one, action, before)
        if one.kind in CELLED:
            write(one, result, None)
        elif after != before:
            if sentence := checks.problem(one, after, tables):
                raise Refused(f"{one.label}: {sentence}")
            write(one, result, after, (checks.options(one, tables) or {}).get(after, ""))
    for path, sentence in checks.record_problems(result).items():
        if path not in checks.record_problems(record):
            raise Refused(f"{kind.fields[path].label}: {sentence}")
    return result


def _after(one: Field, action: Action, before: Any) -> Any:
    value = str(action.get("value", "")).removeprefix(one.prefix)
    match action["do"]:
        case "set":
            return value
        case "clear":
            return ""
        case "append":
            return f"{before}{value}"
    return _replaced(str(before), str(action["find"]), value, str(action.get("how", "exact")))


def _replaced(text: str, find: str, value: str, how: str) -> str:
    if how == "exact":
        return text.replace(find, value)
    return re.sub(re.escape(find), lambda _match: value, text, flags=re.IGNORECASE)
