"""The patron of a direct borrowing: found by any ID, renewed where expired, made where Alma has nobody, and deleted
again where a transaction that made them is rolled back. Their names go to Alma and stay nowhere."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound, AlmaRejected
from almaportal.alma.records import Record, code, day_of
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.models import Change
from almaportal.people import alma as people
from almaportal.people import creating, person, verdict, writing
from circulation.acts import path, why
from circulation.models import Transaction
from circulation.steps import Act, run, settle, undecided

KIND = "partner patron"  # in the log of changes: what direct borrowing does to a patron that was there
EXPIRY = "expiry_date"


@dataclass(frozen=True)
class Names:
    """As typed for a patron to be made; last: "" for not typed."""

    last: str = ""
    first: str = ""


class NamesNeeded(Exception):
    """Nobody has the ID: a patron is made when the names are typed. Nothing was sent but the question."""


class InUse(AlmaRejected):
    """The patron has other things than this transaction's. Nothing was sent."""

    kind = "in_use"

    title = gettext_lazy("The patron is needed for something else")


def verify(one: Transaction, names: Names) -> Record:
    """Find the patron, renew or make them: two calls at most, more only for an ID with “/”. Returns the record as Alma
    has it, {} where only the ID is known. Raises NamesNeeded, AlmaError."""
    before = undecided(one, "create_patron")
    if before and (made := settle(before, create(one, names))) is not None:
        return made
    if not one.nobody:
        with hold(f"user:{one.patron.casefold()}"):
            found = run(one, find(one))
            if found and (is_expired(found) or undecided(one, "renew")):
                found = run(one, renew(one, found)) or found
        if found:
            one.patron = one.primary_id = person.primary_id(found)
            one.save()
            return found
    return _make(one, names)


def _make(one: Transaction, names: Names) -> Record:
    if "/" in one.patron:
        text = _("Nobody has this ID, and a patron with “/” in the ID could be made, but never used: correct the ID.")
        raise AlmaRejected(text, area="users")
    if not names.last:
        raise NamesNeeded
    try:
        return run(one, create(one, names))
    except AlmaError as error:
        if error.said.code == "401851":  # somebody has the ID by now
            one.nobody = False
            one.save()
        raise


def _check_until(one: Transaction) -> None:
    if one.until < verdict.today():
        text = _("The day until which the patron shall be valid lies behind. Correct it first. Nothing was sent.")
        raise AlmaRejected(text, area="users")


def is_expired(record: Record) -> bool:
    last = day_of(record.get(EXPIRY))
    return last is not None and last < verdict.today()


def _ids(answer: Record) -> list[str]:
    return [person.primary_id(answer)]


def _nothing(_ids: Any, _answer: Record) -> None:
    """What is kept of the patron is written once all is done."""


def find(one: Transaction) -> Act:
    def send(_token: str) -> Record:
        try:
            found = people.find_one(one.patron)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return {}
        if not person.primary_id(found):
            raise AlmaRejected(_("This ID leads to a contact without a primary ID, who cannot borrow."), area="users")
        return found

    def keep(_ids: Any, answer: Record) -> None:
        one.nobody = not answer
        one.save()

    def told(answer: Record) -> dict[str, Any]:
        return {} if answer else {"http": 400, "code": "401861", "text": _("Nobody has this ID.")}

    return Act("find_patron", "GET", people.USER, send, _ids, keep, told=told)


def renew(one: Transaction, found: Record) -> Act:
    """Write the whole record with a later expiry: one call. found: read just now, under the hold of the ID it was found
    by; by another than the primary one, and written by the portal since, it is read once more."""
    own = person.primary_id(found)

    def send(token: str) -> Record:
        _check_until(one)
        if person.is_same_id(own, one.patron):
            return _renewed(one, found, token)
        with hold(f"user:{own.casefold()}"):
            return _renewed(one, people.find_one(own) if _may_be_old(own) else found, token)

    def look() -> Record | None:
        now = people.find_one(own)
        return None if is_expired(now) else now

    return Act("renew", "PUT", path(people.USER), send, _ids, _nothing, look)


def _may_be_old(own: str) -> bool:
    """Whether the portal may have written this person after they were read, by the log; longer no write takes."""
    return Change.objects.filter(record_id=own, at__gte=clock.moment() - creating.LONGEST).exists()


def _renewed(one: Transaction, newest: Record, token: str) -> Record:
    own, until = person.primary_id(newest), one.until
    wanted = deepcopy(newest) | {EXPIRY: f"{until.isoformat()}Z"}
    body = writing.prepared(wanted)
    dropped = [writing.dropped(row) for row in writing.doubles(wanted)]
    asked = {"path": EXPIRY, "before": newest.get(EXPIRY), "after": wanted[EXPIRY]}
    change = log.begin(Change.Action.EDIT, KIND, [own], own, why(one), token, fields=[asked, *dropped])
    with log.sending(change):
        answer = people.write(newest, body, lambda now: day_of(now.get(EXPIRY)) == until)
        answer = answer if person.primary_id(answer) else people.find_one(own)
    if day_of(answer.get(EXPIRY)) != until:
        asked = asked | {"after": answer.get(EXPIRY), "asked": wanted[EXPIRY]}
    others = writing.other_changes(newest, body, answer, EXPIRY)
    log.done(change, fields=[asked, *dropped, *others])
    return answer


def create(one: Transaction, names: Names) -> Act:
    body: Record = {
        "primary_id": one.patron,
        "last_name": names.last,
        "first_name": names.first,
        "record_type": {"value": "PUBLIC"},
        "account_type": {"value": "INTERNAL"},
        "status": {"value": "ACTIVE"},
        "user_group": {"value": one.group},
        EXPIRY: f"{one.until.isoformat()}Z",
    }

    def send(token: str) -> Record:
        _check_until(one)
        return creating.made(body, token, why(one))[1]

    def look() -> Record | None:
        """Who has the ID now, where it is the one that was sent: whoever else has it was not made for this."""
        try:
            found = people.find_one(one.patron)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
            return None
        if person.is_same_id(one.patron, person.primary_id(found)) and _is_as_sent(one, found):
            return found
        one.nobody = False  # they are found the next time
        one.save()
        return None

    def keep(ids: Any, _answer: Record) -> None:
        one.patron = one.primary_id = ids[-1]
        one.save()

    return Act("create_patron", "POST", people.USERS, send, _ids, keep, look)


def _is_as_sent(one: Transaction, found: Record) -> bool:
    return code(found.get("user_group")) == one.group and day_of(found.get(EXPIRY)) == one.until


def delete(one: Transaction) -> Act:
    """Two calls: nothing must stand on the patron any more, for Alma would cancel their requests with them."""
    own = one.primary_id

    def send(token: str) -> Record:
        with hold(f"user:{own.casefold()}"):
            found = people.find_one(own, people.COUNTS)
            if needed := _needed_for(found):
                raise InUse(needed, area="users")
            change = log.begin(Change.Action.DELETE, KIND, [own], own, why(one), token)
            with log.sending(change):
                people.delete(found)
            log.done(change, look_at=None)
        return {}

    def look() -> Record | None:
        return {} if is_gone([own]) else None

    return Act("delete_patron", "DELETE", path(people.USER), send, lambda _answer: [own], _nothing, look)


def _needed_for(found: Record) -> str:
    """For what else, a sentence; "" for nothing."""
    loans, requests, owed = person.count(found, "loans"), person.count(found, "requests"), person.owed(found)
    if loans == 0 and requests == 0 and not owed and owed is not None:
        return ""
    said = {"loans": loans, "requests": requests, "owed": owed}
    shown = {name: "?" if number is None else number for name, number in said.items()}
    return _("Loans: %(loans)s, requests: %(requests)s, owed: %(owed)s. They were not deleted.") % shown


def is_gone(ids: list[str]) -> bool:
    """Whether Alma has nobody of this primary ID any more: one call."""
    try:
        people.find_one(ids[0])
    except AlmaNotFound as error:
        if error.is_gone:
            return True
        raise
    return False
