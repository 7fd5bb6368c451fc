"""What the requests of a job are narrowed to: each filter a text, as forms and the command line give it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from almaportal import codes
from almaportal.alma.records import Record, day
from circulation import record
from circulation.cancelling import OPEN_TYPES

OFF_SHELF = "NOT_ON_HOLD_SHELF"
STATES: dict[str, str | Promise] = {
    OFF_SHELF: gettext_lazy("not on the hold shelf"),
    **{name: words for name, words in record.STATES.items() if name != record.HISTORY},
}
# state: of STATES; type: of OPEN_TYPES; pickup: code of a library; older: whole days; expired: "true" for those whose
# day until which they are wanted is over.
FILTERS = ("state", "type", "pickup", "older", "expired")
MOST_DAYS = 9999
LIBRARIES = "libraries"
Said = Mapping[str, Any]


def why_left(request: Record, said: Said) -> str:
    """Which of the filters a request does not fit, a sentence; "" where it fits all."""
    return next(_misfits(request, said), "")


def _misfits(request: Record, said: Said) -> Iterator[str]:
    state, kind, age = record.status(request), record.kind(request), record.age(request)
    wanted = said.get("state")
    if wanted and (state == record.ON_SHELF if wanted == OFF_SHELF else state != wanted):
        yield _("Its state is: %(state)s.") % {"state": record.status_words(state)}
    if said.get("type") not in (None, "", kind):
        yield _("Its type is: %(type)s.") % {"type": record.KINDS.get(kind, kind)}
    if said.get("pickup") not in (None, "", record.pickup_library(request)):
        yield _("It is picked up elsewhere: %(place)s.") % {"place": record.pickup(request) or "–"}
    if said.get("older") and age is None:
        yield _("Alma does not say when it was placed.")
    elif said.get("older") and age is not None and age < int(said["older"]):
        yield ngettext("Placed %d day ago.", "Placed %d days ago.", age) % age if age else _("Placed today.")
    until = day(request.get("last_interest_date"))
    if said.get("expired") == "true" and not record.is_past(until):
        yield _("Wanted until %(day)s.") % {"day": date_format(until)} if until else _("Wanted without an end.")


def sentences(said: Said) -> list[str]:
    """What the filters ask for, in sentences."""
    found = []
    if said.get("state"):
        found.append(_("Only those whose state is: %(state)s.") % {"state": STATES[said["state"]]})
    if said.get("type"):
        found.append(_("Only those of the type: %(type)s.") % {"type": record.KINDS[said["type"]]})
    if code := said.get("pickup"):
        name = codes.tables([LIBRARIES])[LIBRARIES].options.get(code, code)
        found.append(_("Only those picked up in: %(library)s.") % {"library": name})
    if said.get("older"):
        days = int(said["older"])
        text = ngettext("Only those placed %d day ago or earlier.", "Only those placed %d days ago or earlier.", days)
        found.append(text % days)
    if said.get("expired") == "true":
        found.append(_("Only those whose day until which they are wanted is over."))
    return found


def problems(said: Said) -> list[str]:
    """What of the filters makes no sense, in sentences."""
    wrong = []
    for name, known in (("state", tuple(STATES)), ("type", OPEN_TYPES), ("expired", ("true", "false"))):
        if said.get(name) and said[name] not in known:
            wrong.append(_("%(name)s is one of: %(all)s") % {"name": name, "all": ", ".join(known)})
    older = str(said.get("older") or "0")
    if not (older.isascii() and older.isdigit() and int(older[:9]) <= MOST_DAYS and len(older) < 9):
        wrong.append(_("older is a number of days, at most 9999"))
    libraries = codes.tables([LIBRARIES])[LIBRARIES].options if said.get("pickup") else {}
    if libraries and said["pickup"] not in libraries:
        wrong.append(_("Alma knows no library with the code “%(code)s”.") % {"code": said["pickup"]})
    return wrong
