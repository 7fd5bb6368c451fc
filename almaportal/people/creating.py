"""Making a patron, sent once: who is like them already, the POST, and a look when no answer came.

A primary ID is unique, so that a look by it settles what a lost answer left open. The log has the primary ID and
nothing else of the new record.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound, AlmaUnreadable
from almaportal.alma.records import Record, code, day, dig, rows
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import alma, person

KIND = "patron"
LONGEST = timedelta(seconds=60)  # after that nothing of a POST is under way any more


@dataclass(frozen=True)
class Like:
    """Somebody whom Alma has already. why: "email" or "name", what is the same; born: "" when Alma does not say."""

    primary_id: str
    name: str
    born: str
    why: str


@dataclass(frozen=True)
class Look:
    """What Alma has that is like a new patron. taken: ID → primary ID of who has it, so Alma would refuse it; like:
    others who may be the same person; trouble: why nobody could look, or None."""

    taken: dict[str, str] = field(default_factory=dict)
    like: list[Like] = field(default_factory=list)
    trouble: AlmaError | None = None


def ids_of(body: Record) -> list[str]:
    """The primary ID and the other identifiers of a record that is to be made."""
    found = [code(body.get("primary_id")), *(one.value for one in person.identifiers(body))]
    return list(dict.fromkeys(one for one in found if one))


def look(body: Record) -> Look:
    """Look for people like the record in `body`: a call for each of its IDs, for its e-mail address and for its name.
    Never raises."""
    found = Look()
    try:
        found.taken.update((one, owner) for one in ids_of(body) if (owner := _owner(one)))
        if not found.taken:
            found.like.extend(_like(body))
    except AlmaError as error:
        return Look(found.taken, found.like, error)
    return found


def _owner(one: str) -> str:
    """The primary ID of who has this ID, "" for nobody."""
    try:
        return person.primary_id(alma.find_one(one))
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return ""


def _like(body: Record) -> Iterator[Like]:
    """Each once, those with the same e-mail address first. Alma finds more than matches, so it is filtered here."""
    seen = set()
    for why, query in _queries(body):
        for record in rows(alma.search(query, alma.MOST, 0).data, "user"):
            own = person.primary_id(record)
            if own not in seen and _is_like(why, body, record):
                seen.add(own)
                born = day(record.get("birth_date"))
                yield Like(own, person.name(record), born.isoformat() if born else "", why)


def _queries(body: Record) -> Iterator[tuple[str, str]]:
    for address in _emails(body):
        yield "email", alma.query("email", address)
    parts = [alma.query(name, code(body.get(name))) for name in ("last_name", "first_name")]
    if query := " AND ".join(filter(None, parts)):
        yield "name", query


def _emails(record: Record) -> list[str]:
    found = [code(row.get("email_address")) for row in rows(dig(record, "contact_info") or {}, "email")]
    return [one.casefold() for one in found if one]


def _is_like(why: str, body: Record, other: Record) -> bool:
    if why == "email":
        return not set(_emails(body)).isdisjoint(_emails(other))
    born, others = day(body.get("birth_date")), day(other.get("birth_date"))
    is_same_day = born is None or others is None or born == others
    names = ("last_name", "first_name")
    return is_same_day and all(_same(body, other, name) for name in names)


def _same(body: Record, other: Record, name: str) -> bool:
    return code(body.get(name)).casefold() == code(other.get(name)).casefold()


def create(body: Record, token: str, why: Why) -> Change:
    """Make the patron, as `made` does."""
    return made(body, token, why)[0]


def made(body: Record, token: str, why: Why) -> tuple[Change, Record]:
    """Make the patron: one call. Returns the row of the log, and the record as Alma answered.

    token: of the form, so that the same form is never sent twice (raises log.AlreadySent). Raises AlmaError; when its
    outcome is unknown nobody knows whether the patron was made: `settle` looks.
    """
    wanted = code(body.get("primary_id"))
    with hold(f"user:{wanted.casefold()}"):
        change = log.begin(Change.Action.CREATE, KIND, [], wanted, why, token, looked={"key": wanted, "known": []})
        with log.sending(change):
            answer = alma.create(body)
            own = person.primary_id(answer)
            if not own:
                raise AlmaUnreadable(_("Alma's answer has no primary ID."), unknown_outcome=True, area="users")
        log.done(change, ids=[own], record_id=own)
    return change, answer


def settle(change: Change) -> None:
    """After a POST without an answer: look whether somebody has the primary ID now. One call; raises AlmaError.

    Nobody had it before, or Alma would have refused. Nobody has it a minute later: then nothing was made. Whose barcode
    it is, is somebody else.
    """
    wanted = (change.looked or {}).get("key", "")
    owner = _owner(wanted)
    if person.is_same_id(owner, wanted):
        log.done(change, ids=[owner], record_id=owner, code="", text="", tracking_id="")
    elif clock.moment() - change.at > LONGEST:
        log.done(change, state=Change.State.FAILED, text=_("Asked: Alma has nobody with this primary ID."))
