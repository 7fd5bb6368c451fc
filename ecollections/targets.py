"""What a bulk job is about: targets as people give them, and the records that they mean.

A target is a text: a path of Alma IDs (C, C/S or C/S/P; a shorter one for everything below it), or an ID alone, whose
first two digits tell what it is of (facts 8).
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.errors import AlmaNotFound, AlmaRejected
from almaportal.jobs.kinds import Found
from ecollections import alma, places
from ecollections.finding import COLLECTION, PORTFOLIO, SERVICE
from ecollections.kinds import KINDS, Kind
from ecollections.models import Place
from ecollections.record_job import below

PAGE = 900  # targets that are looked up at a time: fewer than SQLite takes in one query
LOST = alma.NOWHERE
FIRST = 20  # duplicates that are named
DEPTHS = {COLLECTION: 1, SERVICE: 2, PORTFOLIO: 3}
SPOILED = re.compile(r"\d([.,]\d+)?E\+?\d{1,2}", re.ASCII | re.IGNORECASE)
IN_A_LIST = re.compile(r"(53|61|62)\d{6,38}|\d{1,40}/(\d{1,40}/)?\d{8,40}", re.ASCII)  # no day such as 12/05/2020


@dataclass
class Given:
    """A list of targets as somebody gave it. targets: in their order, each once, also those that are no ID: the review
    lists them; lines: how many said something; duplicates: those that came again; wrong: (number of the line, its
    text, what is wrong with it)."""

    targets: list[str] = field(default_factory=list)
    lines: int = 0
    duplicates: list[str] = field(default_factory=list)
    wrong: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def summary(self) -> dict[str, Any]:
        """For the job's params."""
        return {"lines": self.lines, "duplicates": len(self.duplicates), "first_duplicates": self.duplicates[:FIRST]}

    @property
    def usable(self) -> int:
        return len(self.targets) - len({text for _number, text, _why in self.wrong})


def each_once(targets: Sequence[str]) -> Given:
    """What was ticked: nothing can be wrong with it."""
    found = list(dict.fromkeys(targets))
    return Given(found, len(found))


def from_text(text: str) -> Given:
    """A pasted list or the text of a file: of each line the first cell that looks like an ID or a path of IDs.

    A first line without digits is a heading, and none of the lines.
    """
    found, seen = Given(), set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or (number == 1 and not re.search(r"\d", line)):
            continue
        found.lines += 1
        target = _first_target(line)
        if target in seen:
            found.duplicates.append(target)
            continue
        seen.add(target)
        found.targets.append(target)
        if why := wrong_with(target):
            found.wrong.append((number, target, why))
    return found


def _first_target(line: str) -> str:
    """A cell may be written as a spreadsheet writes texts: in quotation marks, as ="…", with an apostrophe."""
    cells = [cell.strip(" \"'=\ufeff\xa0").rstrip("/") for cell in re.split(r"[\t,;]", line)]
    known = next((cell for cell in cells if IN_A_LIST.fullmatch(cell)), "")
    spoiled = SPOILED.search(line)
    return known or (spoiled[0] if spoiled else " ".join(line.split())[:100])


def text_of_file(data: bytes) -> str:
    """Raises ValueError for what is no text, such as a spreadsheet's own format."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        raise ValueError
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def wrong_with(text: str) -> str:
    """Why this can be no target, in a sentence; "" when it can."""
    if SPOILED.fullmatch(text):
        return _("A spreadsheet has rounded this ID, and its digits are lost: format the column as text, export again.")
    parts = text.split("/")
    if len(parts) > len(KINDS) or not all(part.isascii() and part.isalnum() and len(part) <= 40 for part in parts):
        return _("This is neither an ID nor a path of IDs.")
    if len(parts) == 1 and (text[:2] not in DEPTHS or not text.isdigit()):
        return _("The IDs of e-collections begin with 61, of services with 62, of portfolios with 53.")
    return ""


def depth_of(target: str) -> int:
    """1 for an e-collection, 2 for a service, 3 for a portfolio, as far as the target itself tells."""
    parts = target.split("/")
    return len(parts) if len(parts) > 1 else DEPTHS.get(target[:2], 1)


def places_of(targets: Sequence[str]) -> dict[str, Place]:
    """Where the records were last seen, by the last ID of each target."""
    ids = list({target.rpartition("/")[2] for target in targets})
    found: dict[str, Place] = {}
    for start in range(0, len(ids), PAGE):
        found |= places.seen(ids[start : start + PAGE])
    return found


def found(kind: Kind, targets: Sequence[Any]) -> Iterator[list[Found]]:
    """The records of this kind at and below the targets, in their order, a page at a time.

    What is none is found as missing, with the reason.
    """
    for start in range(0, len(targets), PAGE):
        texts = [str(target).strip() for target in targets[start : start + PAGE]]
        known = places_of(texts)
        page: list[Found] = []
        for text in texts:
            ids, why = _resolved(kind, text, known.get(text.rpartition("/")[2]))
            if why:
                page.append(Found(text, missing=why))
            elif len(ids) == kind.depth:
                place = known.get(ids[-1])
                page.append(Found("/".join(ids), place.name if place else ""))
            else:
                if page:
                    yield page
                page = []
                yield from all_below(kind, ids)
        if page:
            yield page


def _resolved(kind: Kind, text: str, place: Place | None) -> tuple[list[str], str]:
    """The path of IDs that a target means; or why there is none."""
    if why := wrong_with(text):
        return [], why
    ids = text.split("/")
    if len(ids) == 1 and not text.startswith(COLLECTION):
        if text.startswith(SERVICE):
            if not place:
                return [], _("The portal has not seen this service yet: open its e-collection once, then try again.")
            ids = [place.collection_id, text]
        else:
            is_known = place and place.collection_id and place.service_id
            ids = [place.collection_id, place.service_id, text] if place and is_known else [LOST, LOST, text]
    if len(ids) > kind.depth:
        words = {"given": KINDS[len(ids) - 1].label, "asked": kind.label}
        return [], _("This is an ID of another kind: %(given)s, not %(asked)s.") % words
    return ids, ""


def all_below(kind: Kind, ids: Sequence[str]) -> Iterator[list[Found]]:
    """As record_job.below; a path that Alma does not know is found as missing."""
    try:
        yield from below(ids, kind)
    except (AlmaNotFound, AlmaRejected) as error:
        yield [Found("/".join(ids), missing=error.said.text or error.hint)]
