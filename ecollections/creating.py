"""Making a record, sent once: what is like it already, the POST, its coverage by a PUT, and a look when no answer came.

Coverage in the POST of a portfolio is lost (facts 0.13), so it follows by a PUT: both are one change in the log.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaError, AlmaNotFound, AlmaRejected, AlmaUnreadable, Said
from almaportal.alma.paging import every
from almaportal.alma.records import Record, code, dig, normal, remove, rows
from almaportal.changes import log
from almaportal.changes.holds import hold
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from ecollections import alma, places
from ecollections.field import ROWS
from ecollections.fields import CELLS
from ecollections.kinds import BY_NAME, COLLECTION, KINDS, PORTFOLIO, Kind
from ecollections.values import agrees, described, is_known_shape, raw, write

COVERAGE = "coverage_details"
MOST_OF_A_TITLE = 1000  # portfolios of one title that are looked through
GIVEN_BY_ALMA = ("id", "link", "is_local", "is_standalone", "portfolios", "electronic_collection", "resource_metadata")


class TooMany(AlmaRejected):
    """The title has more portfolios than anybody looks through."""

    kind = "too_many"
    title = gettext_lazy("Nobody can tell whether it is there already")
    fallback_hint = gettext_lazy("Its title is in more than 1,000 places, and the portal looks through no more.")


@dataclass(frozen=True)
class Look:
    """What Alma has that is like a new record. key: its name or MMS ID; title: of the bib with that MMS ID;
    found: (ID, name) of records like it at the same place; trouble: why nobody could look, in words, else "";
    is_unknown: Alma has no title with this MMS ID."""

    key: str
    title: str = ""
    found: list[tuple[str, str]] = field(default_factory=list)
    trouble: str = ""
    is_unknown: bool = False

    @property
    def known(self) -> list[str] | None:
        """The IDs of what is like it; None when nobody could look."""
        return None if self.trouble else [alma_id for alma_id, _name in self.found]


def kind_below(above: Sequence[str]) -> Kind:
    return KINDS[len(above)]


def key_of(above: Sequence[str], body: Record) -> str:
    """By what a record like it is found again: the name of an e-collection, the MMS ID of a portfolio."""
    kind = kind_below(above)
    if kind is COLLECTION:
        return code(body.get("public_name"))
    return code(dig(body, "resource_metadata.mms_id")) if kind is PORTFOLIO else above[-1]


def look(above: Sequence[str], body: Record) -> Look:
    """Read what Alma has that is like the record in `body`: one call, for a portfolio two. Never raises."""
    key, kind = key_of(above, body), kind_below(above)
    title = ""
    try:
        with alma.reading_anew():
            if kind is PORTFOLIO:
                title = code(alma.proven(alma.bib(key)).data.get("title"))
            return Look(key, title, like(above, key))
    except AlmaNotFound:
        return Look(key, is_unknown=kind is PORTFOLIO)
    except AlmaError as error:
        said = f" ({error.said.code})" if error.said.code else ""
        return Look(key, title, trouble=f"{error.title}{said}. {error.hint}")


def like(above: Sequence[str], key: str) -> list[tuple[str, str]]:
    """(ID, name) of the records of this key (see `key_of`) there: one call, for a title in more than a hundred places
    one a hundred. Raises AlmaError; AlmaRejected where nobody can tell."""
    kind = kind_below(above)
    if kind is COLLECTION:
        if not (query := alma.query("name", key)):
            raise AlmaRejected(said=Said("60106"))
        pages = every(lambda limit, at: alma.proven(alma.collections(query, limit, at)), "electronic_collection")
        found = [row for row in pages if code(row.get("public_name")).casefold() == key.casefold()]
    elif kind is PORTFOLIO:
        pages = every(lambda limit, at: alma.proven(alma.portfolios_of_bib(key, limit, at)), "portfolio")
        listed = list(islice(pages, MOST_OF_A_TITLE + 1))
        found = [row for row in listed if places.home(row) == tuple(above)]
        if not found and len(listed) > MOST_OF_A_TITLE:
            raise TooMany
    else:
        found = rows(alma.proven(alma.services(*above)).data, "electronic_service")
    return [(code(row.get("id")), kind.title(row)) for row in found]


def create(above: Sequence[str], body: Record, seen: Look, token: str, why: Why) -> Change:
    """Make the record: one call, two with coverage.

    seen: what Alma had that is like it, just before; token: of the form, so that the same form is never sent twice
    (raises log.AlreadySent). Raises AlmaError; when its outcome is unknown nobody knows whether the record was made:
    `settle` looks. Coverage that Alma refused after the record was made is no error: the change says so.
    """
    with alone(above, body):
        change, answer = send(above, body, seen, token, why)
    try:
        complete(change, body, answer)
    except AlmaError as error:
        change.code, change.tracking_id = error.said.code[:60], error.said.tracking_id[:100]
        change.text = (error.said.text or error.hint)[: log.TEXT_KEPT]
        log.done(change)
    return change


@contextmanager
def alone(above: Sequence[str], body: Record) -> Iterator[None]:
    """Nobody else makes a record like this at the same place inside the block: for a look and what follows from it.
    Raises AlmaHeld when somebody does for too long."""
    key = "/".join([*above, key_of(above, body)])
    with hold(f"new {sha256(key.encode()).hexdigest()[:40]}"):
        yield


def send(above: Sequence[str], body: Record, seen: Look, token: str, why: Why) -> tuple[Change, Record]:
    """The POST of `create` alone, and Alma's answer: the rest is for `complete`."""
    kind = kind_below(above)
    title = seen.title or kind.title(body) or seen.key
    looked = {"key": seen.key, "known": seen.known}
    entries = _what_became(kind, body, body)
    change = log.begin(Change.Action.CREATE, kind.name, above, title, why, token, fields=entries, looked=looked)
    with log.sending(change):
        answer = alma.create(above, {name: part for name, part in body.items() if name != COVERAGE})
        if not code(answer.get("id")):
            raise AlmaUnreadable(_("Alma's answer has no ID."), unknown_outcome=True, area="electronic")
    ids = [*above, code(answer.get("id"))]
    log.done(change, ids=ids, record_id=ids[-1], fields=_what_became(kind, body, answer))
    return change, answer


def complete(change: Change, body: Record, made: Record | None = None) -> None:
    """Add to a record that was made what its POST could not bring: coverage, by a PUT.

    made: the record as Alma just answered it; without, it is read, and the change says what it has. Raises AlmaError.
    """
    kind = BY_NAME[change.kind]
    wanted = (one for one in kind.fields.values() if one.path.startswith(f"{COVERAGE}."))
    asked = [one for one in wanted if normal(raw(one, body)) is not None]
    if made and not asked:
        return

    def took(now: Record) -> bool:
        return all(agrees(one, raw(one, body), raw(one, now)) for one in asked)

    with hold(change.record_id):
        now = made or alma.newest(change.ids)
        if not took(now):
            record = deepcopy(now)
            for one in asked:
                write(one, record, raw(one, body))
            now = alma.write(change.ids, record, before=now, took=took)
    log.done(change, fields=_what_became(kind, body, now))


def _what_became(kind: Kind, body: Record, answer: Record) -> list[dict[str, Any]]:
    entries = []
    for one in kind.fields.values():
        asked = raw(one, body)
        if normal(asked) is not None:
            entry = {"path": one.path, "before": None, "after": raw(one, answer)}
            entries.append(entry if agrees(one, asked, entry["after"]) else {**entry, "asked": asked})
    return entries


def settle(change: Change) -> Look:
    """After a POST without an answer: look whether the record is there. Costs what `look` costs.

    Exactly one that was not there before is it: then the change is a finished one. When nobody could look before,
    nothing is concluded. Returns what is new, or may be.
    """
    looked = change.looked or {"key": "", "known": None}
    above, key, known = change.ids, looked["key"], looked["known"]
    body: Record = {"public_name": key, "resource_metadata": {"mms_id": key}}
    seen = look(above, body)
    new = [one for one in seen.found if one[0] not in (known or ())]
    if len(new) == 1 and known is not None:
        log.done(change, ids=[*above, new[0][0]], record_id=new[0][0], code="", text="", tracking_id="")
    return replace(seen, found=new)


def start_from(kind: Kind, record: Record) -> Record:
    """What the form of a new record begins with when it is a copy: a local record with the values in force.

    What the Community Zone manages and the institution overrides becomes the record's own value. Of rows only what a
    person can set: who wrote a note, and when, belongs to the other record.
    """
    start = deepcopy(record)
    for one in kind.fields.values():
        value = raw(one, start)
        if one.overrides and normal(value) is not None:
            write(kind.fields[one.overrides], start, value)
            write(one, start, "")
        if one.kind in ROWS and isinstance(value, list):
            cells = {cell.path for cell in CELLS[one.kind]}
            rows_ = [{key: part for key, part in row.items() if key in cells} for row in value if isinstance(row, dict)]
            write(one, start, rows_)
    return start


def made_again(kind: Kind, record: Record) -> tuple[Record, Record]:
    """(base, start) of the form that makes a deleted record again: base is what no form shows, which stays as it was.

    Left out is what Alma gives itself: ID, links, counts, the title of the bib.
    """
    base = deepcopy(record)
    for name in GIVEN_BY_ALMA:
        base.pop(name, None)
    for one in kind.fields.values():
        if raw(one, base) is not None:
            remove(base, one.path)
    start = deepcopy(record)
    for one in kind.fields.values():
        if one.overrides and normal(raw(one, start)) is not None:
            write(kind.fields[one.overrides], start, raw(one, start))
            write(one, start, "")
    return base, start


def body_of(kind: Kind, base: Record, start: Record) -> Record:
    """What makes the record that a form with this base and start (see `made_again`) would make, untouched."""
    body = {"is_local": True, **deepcopy(base)}
    for one in kind.fields.values():
        value = raw(one, start)
        if one.is_settable(True, is_new=True) and normal(value) is not None and is_known_shape(one, start):
            write(one, body, value, described(value))
    return body
