"""Making a record, sent once: what is like it already, the POST, its coverage by a PUT, and a look when no answer came.

Coverage in the POST of a portfolio is lost (facts 0.13), so it follows by a PUT: both are one change in the log.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, code, dig, normal, rows
from almaportal.changes import log
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from ecollections import alma, places
from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, Kind
from ecollections.values import agrees, raw, write

COVERAGE = "coverage_details"


@dataclass(frozen=True)
class Look:
    """What Alma has that is like a new record. key: its name or MMS ID; title: of the bib with that MMS ID;
    found: (ID, name) of records like it at the same place; trouble: why nobody could look, in words."""

    key: str
    title: str = ""
    found: list[tuple[str, str]] = field(default_factory=list)
    trouble: str = ""


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
                title = code(alma.bib(key).data.get("title"))
            return Look(key, title, _like(above, key))
    except AlmaError as error:
        said = f" ({error.said.code})" if error.said.code else ""
        return Look(key, title, trouble=f"{error.title}{said}. {error.hint}")


def _like(above: Sequence[str], key: str) -> list[tuple[str, str]]:
    kind = kind_below(above)
    if kind is COLLECTION:
        query = alma.query("name", key)
        found = rows(alma.collections(query, 100, 0).data, "electronic_collection") if query else []
        found = [row for row in found if code(row.get("public_name")).casefold() == key.casefold()]
    elif kind is PORTFOLIO:
        found = rows(alma.portfolios_of_bib(key).data, "portfolio")
        found = [row for row in found if places.home(row) == tuple(above)]
    else:
        found = rows(alma.services(*above).data, "electronic_service")
    return [(code(row.get("id")), kind.title(row)) for row in found]


def create(above: Sequence[str], body: Record, title: str, token: str, why: Why) -> Change:
    """Make the record: one call, two with coverage.

    token: of the form, so that the same form is never sent twice (raises log.AlreadySent). Raises AlmaError; when its
    outcome is unknown nobody knows whether the record was made: `settle` looks. Coverage that Alma refused after the
    record was made is no error: the change says so.
    """
    kind = kind_below(above)
    wanted = {one.path: raw(one, body) for one in kind.fields.values() if normal(raw(one, body)) is not None}
    entries = [{"path": path, "before": None, "after": value} for path, value in wanted.items()]
    change = log.begin(Change.Action.CREATE, kind.name, above, title, why, token, fields=entries)
    with log.sending(change):
        answer = alma.create(above, {name: part for name, part in body.items() if name != COVERAGE})
    _made(change, above, answer)
    if kind is PORTFOLIO and COVERAGE in body:
        answer = _add_coverage(change, answer, body)
    change.fields = _what_became(kind, body, answer)
    change.save()
    return change


def _made(change: Change, above: Sequence[str], answer: Record) -> None:
    new_id = code(answer.get("id"))
    log.done(change, ids=[*above, new_id], record_id=new_id, title=(change.title or new_id)[:300])


def _add_coverage(change: Change, made: Record, body: Record) -> Record:
    """The record with its coverage; as it was made, when Alma did not take it: the change says why."""
    record = deepcopy(made)
    for one in PORTFOLIO.fields.values():
        if one.path.startswith(f"{COVERAGE}.") and normal(raw(one, body)) is not None:
            write(one, record, raw(one, body))
    try:
        return alma.write(change.ids, record, before=made)
    except AlmaError as error:
        change.code, change.tracking_id = error.said.code[:60], error.said.tracking_id[:100]
        change.text = (error.said.text or error.hint)[: log.NO_PLACE_FOR_TEXT]
        return made


def _what_became(kind: Kind, body: Record, answer: Record) -> list[dict[str, Any]]:
    entries = []
    for one in kind.fields.values():
        asked = raw(one, body)
        if normal(asked) is not None:
            entry = {"path": one.path, "before": None, "after": raw(one, answer)}
            entries.append(entry if agrees(one, asked, entry["after"]) else {**entry, "asked": asked})
    return entries


def settle(change: Change, above: Sequence[str], key: str, known: Sequence[str]) -> Look:
    """After a POST without an answer: look whether the record is there. known: IDs that were there before.

    Found, the change becomes a finished one. Costs what `look` costs.
    """
    body: Record = {"public_name": key, "resource_metadata": {"mms_id": key}}
    found = look(above, body)
    new = [alma_id for alma_id, _name in found.found if alma_id not in known]
    if len(new) == 1:
        log.done(change, ids=[*above, new[0]], record_id=new[0])
    return found


def start_from(kind: Kind, record: Record) -> Record:
    """What the form of a new record begins with when it is a copy: a local record with the values in force.

    What the Community Zone manages and the institution overrides becomes the record's own value.
    """
    start = deepcopy(record)
    for one in kind.fields.values():
        if one.overrides and normal(raw(one, start)) is not None:
            write(kind.fields[one.overrides], start, raw(one, record))
        if one.overrides:
            write(one, start, "")
    return start
