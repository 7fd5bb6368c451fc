"""What was counted, in words: names of people, jobs, parts of the portal, outcomes; times and lengths of time."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.accounts.roles import ROLE_NAMES
from almaportal.alma.errors import AlmaError
from almaportal.alma.hints import HINTS
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.views import visible
from almaportal.request import Request
from almaportal.usage.models import OTHERS

Words = dict[str, str | Promise]
DIMENSIONS: Words = {
    "person": gettext_lazy("Person"),
    "role": gettext_lazy("Role"),
    "job": gettext_lazy("Job"),
    "feature": gettext_lazy("Feature"),
    "area": gettext_lazy("Area"),
    "operation": gettext_lazy("Operation"),
    "method": gettext_lazy("Method"),
    "outcome": gettext_lazy("Outcome"),
    "key": gettext_lazy("Key"),
    "lane": gettext_lazy("Lane"),
    "code": gettext_lazy("Error code"),
}
PERIODS: Words = {
    "today": gettext_lazy("Today"),
    "24h": gettext_lazy("24 hours"),
    "7d": gettext_lazy("7 days"),
    "60d": gettext_lazy("60 days"),
    "13m": gettext_lazy("13 months"),
}
LANES: Words = {
    "people": gettext_lazy("people"),
    "jobs": gettext_lazy("jobs"),
    OTHERS: gettext_lazy("other programs"),
}
FEATURES: Words = {  # the namespaces and names of URLs; kinds of jobs have labels of their own
    "": gettext_lazy("the portal by itself"),
    "home": gettext_lazy("Home"),
    "find": gettext_lazy("Search box"),
    "ecollections": gettext_lazy("E-collections"),
    "patrons": gettext_lazy("Patrons"),
    "circulation": gettext_lazy("Circulation"),
    "changes": gettext_lazy("Changes"),
    "jobs": gettext_lazy("Jobs"),
    "usage": gettext_lazy("API usage"),
    "accounts": gettext_lazy("Sign-in"),
}
AREAS: Words = {
    "electronic": gettext_lazy("Electronic resources"),
    "users": gettext_lazy("Users"),
    "bibs": gettext_lazy("Bibs and inventory"),
    "conf": gettext_lazy("Configuration"),
    "task-lists": gettext_lazy("Task lists"),
}
OUTCOMES: Words = {  # ok, and the kinds of alma/errors.py
    "ok": gettext_lazy("ok"),
    "rejected": gettext_lazy("refused by Alma"),
    "not_found": gettext_lazy("not found"),
    "denied": gettext_lazy("key not let in"),
    "no_key": gettext_lazy("no key for this area"),
    "read_only": gettext_lazy("only reading is set"),
    "unreachable": gettext_lazy("Alma not reached"),
    "unreadable": gettext_lazy("answer not readable"),
    "slow": gettext_lazy("given up waiting"),
    "held": gettext_lazy("held by another save"),
    "too_fast": gettext_lazy("429: too fast"),
    "quota_spent": gettext_lazy("the day is used up"),
    "budget": gettext_lazy("the budget is used up"),
    "quiet": gettext_lazy("quiet hours"),
    "reserve": gettext_lazy("the rest is for people"),
}
EMPTY: Words = {
    "role": gettext_lazy("no role"),
    "key": gettext_lazy("no key"),
    "code": gettext_lazy("an error without a code"),
}
TABLES: dict[str, Words] = {"role": ROLE_NAMES, "area": AREAS, "outcome": OUTCOMES, "lane": LANES}


def names(by: str, values: Iterable[Any], request: Request) -> dict[Any, str]:
    """Value of a dimension → what it is called. A job's title only for who may see the job. One statement at most."""
    if by == "person":
        return _people(values)
    if by == "job":
        return _jobs(values, request)
    if by == "feature":
        return {value: feature(value) for value in values}
    table = TABLES.get(by, {})
    return {value: str(table.get(value) or value or EMPTY.get(by, "–")) for value in values}


def feature(name: str) -> str:
    return str(FEATURES.get(name) or (KINDS[name].label if name in KINDS else name))


def _people(ids: Iterable[int]) -> dict[Any, str]:
    found = get_user_model().objects.in_bulk(set(ids) - {0})
    return {
        one: found[one].get_username()
        if one in found
        else _("deleted person %d") % one
        if one
        else _("the portal by itself")
        for one in ids
    }


def _jobs(ids: Iterable[int], request: Request) -> dict[Any, str]:
    titles = {pk: job.title for pk, job in visible(request).only("title").in_bulk(set(ids) - {0}).items()}
    return {one: _job(one, titles.get(one, "")) if one else _("no job") for one in ids}


def _job(pk: int, title: str) -> str:
    return _("Job %(number)d: %(title)s") % {"number": pk, "title": title} if title else _("Job %d") % pk


def meaning(code: str, outcome: str) -> str:
    """What an error of Alma's means and what to do, as its page says it."""
    return str(HINTS.get(code) or ERRORS.get(outcome, AlmaError).fallback_hint)


def _errors(of: type[AlmaError]) -> Iterable[type[AlmaError]]:
    yield of
    for one in of.__subclasses__():
        yield from _errors(one)


ERRORS = {one.kind: one for one in reversed(list(_errors(AlmaError)))}  # a kind that several share is the first one's


def seconds(found: float | None) -> str:
    """A length of time; “–” for none, and what is longer than the classes of answer times tell as such."""
    if found is None:
        return "–"
    if found == float("inf"):
        return _("over 10 s")
    places = 0 if found >= 100 or not found else 1 if found >= 10 else 2
    return _("%s\u00a0s") % number_format(round(found, places), places, force_grouping=True)


def percent(found: float) -> str:
    """A share of 100: what is not all is never told as all, nor what is something as nothing."""
    return _("%s %%") % ("< 1" if 0 < found < 1 else "> 99" if 99 < found < 100 else round(found))


def clock_time(moment: datetime, now: datetime) -> str:
    """Here, with the day's name where it is not today's."""
    here = timezone.localtime(moment)
    return date_format(here, "H:i" if here.date() == timezone.localtime(now).date() else "D H:i")


def gmt(moment: datetime) -> str:
    return f"{moment:%H:%M} GMT"
