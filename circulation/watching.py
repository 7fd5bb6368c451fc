"""The watch list: what is looked at, what changed since, and how a request that is over came to its end."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from almaportal.accounts.models import User
from almaportal.accounts.roles import CHANGE_REQUESTS
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound
from almaportal.alma.records import Record
from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.people.alma import place
from circulation import alma, closure, record
from circulation.closure import Ended, Ending
from circulation.models import Watched

REFRESH = "refresh-watched"
# What a look finds out.
LOOKED_AT = (
    *("state", "kind", "mms_id", "place", "pickup", "placed", "wanted_until", "held_until", "ending"),
    *("looked_at", "seen_at", "changed_at", "is_sure"),
)
HOURS = range(2, 6)  # of the library's night: a worker that was away tries again, but not at noon


def add(request_ids: list[str], user: User) -> list[Watched]:
    """Those that were not on the list yet, not looked at."""
    known = set(Watched.objects.filter(request_id__in=request_ids).values_list("request_id", flat=True))
    new = [one for one in dict.fromkeys(request_ids) if one not in known]
    who, now = user.get_username(), clock.moment()
    made = [Watched(request_id=one, user=user, who=who, since=now) for one in new]
    return Watched.objects.bulk_create(made, ignore_conflicts=True)


def look(watched: Watched) -> str:
    """Ask Alma how it stands: one call, and for one that is kept as history another for the person's loans. Returns
    what changed since the last look, a sentence, "" for nothing. Raises AlmaError."""
    try:
        found = alma.request(watched.request_id)
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return gone(watched)
    return note(watched, found)


def gone(watched: Watched) -> str:
    """Alma has it no more, as `look`."""
    return _ended(watched, closure.of(watched.request_id, watched.last))


def note(watched: Watched, found: Record) -> str:
    """Keep what was just read of it; as `look`, without its first call."""
    if record.status(found) == record.HISTORY:
        return _ended(watched, _ending(watched, found))
    before, shown = _stood(watched), record.row(found)
    watched.state, watched.kind, watched.mms_id = shown["state"][:40], record.kind(found)[:40], shown["mms_id"][:40]
    watched.place, watched.pickup, watched.placed = shown["place"], shown["pickup"][:40], shown["placed"]
    watched.wanted_until, watched.held_until, watched.ending = shown["wanted_until"], shown["held_until"], ""
    watched.seen_at = clock.moment()
    return _saved(watched, before)


def stands(watched: Watched) -> str:
    """Its state and its place in the queue, or how it ended, in words."""
    if watched.ending:
        return closure.words(watched.ending, watched.is_sure)
    place = _("place %(n)d in the queue") % {"n": watched.place} if watched.place else ""
    return ", ".join(filter(None, (record.status_words(watched.state), place)))


def cancelled(request_id: str) -> None:
    """The portal itself has just cancelled it."""
    for watched in Watched.objects.filter(request_id=request_id, ending=""):
        _ended(watched, closure.of(request_id, watched.last))


def _ending(watched: Watched, found: Record) -> Ended:
    """Of one that Alma keeps as history: its record names the person, whose loans may tell. That they cannot be read is
    no reason not to say the rest."""
    own, last = record.person(found), watched.last if watched.state else closure.Last.of(found)
    ended = closure.of(watched.request_id, last)
    if ended.ending == Ending.CANCELLED or not own:
        return ended
    try:
        loan = closure.loan_of(found, alma.loans_of(place(own)))
    except AlmaError:
        return ended
    return closure.of(watched.request_id, last, loan)


def _ended(watched: Watched, ended: Ended) -> str:
    """The state stays as it was seen last: it tells how it ended."""
    before = _stood(watched)
    watched.place, watched.ending, watched.is_sure = None, ended.ending, ended.is_sure
    return _saved(watched, before)


def _stood(watched: Watched) -> str:
    """As `stands`; "" for one that was not looked at yet."""
    return stands(watched) if watched.looked_at else ""


def _saved(watched: Watched, before: str) -> str:
    """One that was dropped meanwhile stays dropped."""
    watched.looked_at, after = clock.moment(), stands(watched)
    has_changed = before not in ("", after)
    if has_changed:
        watched.changed_at = watched.looked_at
    Watched.objects.filter(pk=watched.pk).update(**{name: getattr(watched, name) for name in LOOKED_AT})
    return _("%(before)s → %(after)s") % {"before": before, "after": after} if has_changed else ""


def start() -> None:
    """Each minute, from the sweep: once a night all that goes on is read, unless WATCH_NIGHTLY is off; in the name of
    who put something on the list last and still may."""
    now = timezone.localtime(clock.moment())
    if not settings.WATCH_NIGHTLY or now.hour not in HOURS:
        return
    night = f"{now:%Y-%m-%d}"
    owner = next(filter(_may, _owners()), None)
    if owner:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=owner.pk)  # two workers may sweep at once
            nightly = Job.objects.filter(kind=REFRESH)
            going_on = nightly.filter(state__in=(*control.UNDER_WAY, Job.State.WAITING))
            if not nightly.filter(params__night=night).exists() and not going_on.exists():
                control.submit(REFRESH, [], {"night": night}, owner)


def _owners() -> list[User]:
    """Who has something on the list that goes on, the latest first."""
    waiting = Watched.objects.filter(ending="").exclude(user=None).order_by("-since").select_related("user")
    return list(dict.fromkeys(one.user for one in waiting if one.user))


def _may(user: User) -> bool:
    return user.is_active and user.has_perm(CHANGE_REQUESTS)


def numbers(text: str) -> tuple[list[str], list[str]]:
    """(request IDs, what is none) of a text as people paste it: one a line, or with commas between."""
    words = dict.fromkeys(text.replace(",", " ").replace(";", " ").split())
    found = [one for one in words if is_number(one)]
    return found, [one for one in words if not is_number(one)]


def is_number(text: str) -> bool:
    """Whether it can be the ID of a request: Alma's have up to 19 digits (facts 8)."""
    return text.isascii() and text.isdigit() and 5 <= len(text) <= 30
