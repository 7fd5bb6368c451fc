"""The rules about calls in words: each by itself, and what somebody changed of them."""

from typing import Any

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.accounts.roles import ROLE_NAMES
from almaportal.jobs.kinds import KINDS
from almaportal.templatetags.portal import number

DAYS = tuple(WEEKDAYS[n] for n in range(7))
BUDGET = "budget "  # and its name


def flat(stored: dict[str, Any]) -> dict[str, Any]:
    """Rules as stored_as writes them, with a key for each budget."""
    budgets = {f"{BUDGET}{name}": calls for name, calls in stored.get("budgets", {}).items()}
    return {name: value for name, value in stored.items() if name != "budgets"} | budgets


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of two such the part of each that the other has not."""
    old, new = flat(before), flat(after)
    return (
        {name: value for name, value in old.items() if new.get(name) != value},
        {name: value for name, value in new.items() if old.get(name) != value},
    )


def lines(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What differs: label, before, after."""
    names = sorted(before.keys() | after.keys(), key=_order)
    return [(label(name), _value(name, before, after), _value(name, after, before)) for name in names]


def _value(name: str, of: dict[str, Any], other: dict[str, Any]) -> str:
    """Where there are no quiet hours they have no days."""
    if name == "quiet_days" and "quiet" in other and "quiet" not in of:
        return _("none")
    return value(name, of.get(name))


_ORDER = ("pace", "reserve", "budget", "quiet", "quiet_days", "warn_at", "warn_of_end")


def _order(name: str) -> tuple[int, str]:
    word = name.partition(" ")[0]
    return (_ORDER.index(word) if word in _ORDER else len(_ORDER), name)


def label(name: str) -> str:
    if name.startswith(BUDGET):
        return _("daily budget, %(what)s") % {"what": budget(name.removeprefix(BUDGET))}
    labels = {
        "pace": _("pace"),
        "reserve": _("reserve for people"),
        "quiet": _("quiet hours for jobs"),
        "quiet_days": _("days of the quiet hours"),
        "warn_at": _("warnings"),
        "warn_of_end": _("warning when the calls would run out"),
    }
    return labels.get(name, name)


def budget(name: str) -> str:
    """Whose a budget is: of a role's people, or of jobs of a kind."""
    what, _colon, whose = name.partition(":")
    if what == "role":
        return _("role %(role)s") % {"role": ROLE_NAMES.get(whose, whose)}
    return _("jobs “%(kind)s”") % {"kind": KINDS[whose].label if whose in KINDS else whose}


def value(name: str, found: Any) -> str:
    """None: nobody set it."""
    if name.startswith(BUDGET):
        return _("none") if found is None else _("%s calls a day") % number(found)
    if name == "quiet":
        return "–".join(found) if found else _("none")
    if name == "quiet_days":
        return _("every day") if found is None else ", ".join(str(WEEKDAYS_ABBR[n]) for n in found)
    if name == "warn_at":
        return percents(found) if found is not None else _("as usual")
    if name == "warn_of_end":
        return _("no") if found is False else _("yes")
    if found is None:
        return _("not set: the settings hold")
    return _("%s calls a second") % plain(found) if name == "pace" else reserve(*found)


def percents(found: list[int]) -> str:
    return _("at %s %%") % get_text_list([str(n) for n in found], _("and")) if found else _("none")


def reserve(amount: float, is_share: bool) -> str:
    """As people type it."""
    if is_share:
        return f"{plain(100 * amount)}%"
    return ngettext("%s call", "%s calls", int(amount)) % number(int(amount))


def plain(found: float) -> str:
    """20.0 → 20."""
    return f"{found:.12g}"
