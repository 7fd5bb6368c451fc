"""From what was scanned or typed to people: an ID goes straight to its person, all else is a search that is filtered
here, since Alma's own matches more than was asked for (facts 3.5)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, code, rows, whole_number, words
from almaportal.pager import Pager
from almaportal.people import alma, person

ROWS = 20  # a page of a search: whole records, so not many
PAGES = 5  # read for one page that holds anybody
Texts = Callable[[Record], list[str]]


@dataclass(frozen=True)
class Field:
    """label: in words; texts: what a record says there, None where that cannot be seen; by: how it is compared, as a
    whole ("same"), by its digits, or by the beginnings of its words."""

    label: str | Promise
    texts: Texts | None = None
    by: str = "same"


def _plain(*paths: str) -> Texts:
    return lambda record: [code(record.get(path)) for path in paths]


def _coded(path: str) -> Texts:
    return lambda record: [code(record.get(path)), words(record.get(path))]


def _coded_rows(name: str, path: str) -> Texts:
    return lambda record: [said(row.get(path)) for row in person.listed(record, name) for said in (code, words)]


def _ids(record: Record) -> list[str]:
    return [person.primary_id(record), *(one.value for one in person.identifiers(record))]


FIELDS = {
    "name": Field(_("Name"), lambda record: [person.names(record)], "words"),
    "any_name": Field(_("Name, in any order"), lambda record: [person.names(record)], "words"),
    "last_name": Field(_("Last name"), _plain("last_name", "pref_last_name"), "words"),
    "first_name": Field(_("First name"), _plain("first_name", "pref_first_name"), "words"),
    "middle_name": Field(_("Middle name"), _plain("middle_name", "pref_middle_name"), "words"),
    "email": Field(_("E-mail"), lambda record: [one.lines[0] for one in person.emails(record)]),
    "phone_number": Field(_("Telephone"), lambda record: [one.lines[0] for one in person.phones(record)], "digits"),
    "primary_id": Field(_("Primary ID"), lambda record: [person.primary_id(record)]),
    "identifiers": Field(_("Any identifier, also inactive"), _ids),
    "birth_date": Field(_("Date of birth (YYYY-MM-DD)"), lambda record: [code(record.get("birth_date"))[:10]]),
    "user_group": Field(_("User group"), _coded("user_group")),
    "campus_code": Field(_("Campus"), _coded("campus_code")),
    "job_category": Field(_("Job category"), _coded("job_category")),
    "block_type": Field(_("Type of block"), _coded_rows("user_block", "block_type")),
    "note_text": Field(_("Text of a note"), lambda record: [one.text for one in person.notes(record)], "words"),
    "note_type": Field(_("Type of note"), _coded_rows("user_note", "note_type")),
    "id_type": Field(_("Type of identifier"), _coded_rows("user_identifier", "id_type")),
    "statistic_category": Field(_("Statistical category"), _coded_rows("user_statistic", "statistic_category")),
    "fines_fees_sum": Field(_("Sum of fees")),
    "general_info": Field(_("General information")),
    "ALL": Field(_("Everything Alma searches")),
}


@dataclass(frozen=True)
class Found:
    """field: where it was looked for; people: whole records; pager: which page of Alma's rows this is; others: how many
    Alma sent besides that do not hold what was asked for, on the pages passed over too; not_understood: Alma says that
    it did not take the search."""

    field: str
    people: list[Record]
    pager: Pager
    others: int = 0
    not_understood: bool = False


def scanned(wanted: str) -> list[Record]:
    """The person with this unique identifier: one call.

    Where it is nobody's, or only an inactive identifier of who was answered, it is looked for once more among all
    identifiers: everybody who has it, those first with whom it is active (facts 9.3). So is what has a "/". Of several
    with whom a card is active Alma answers one: `alma.holders` knows the others.
    """
    if "/" in wanted:
        people = alma.searched_for(wanted)
        return [alma.whole(people[0], alma.COUNTS)] if len(people) == 1 else people
    try:
        one = alma.find_one(wanted, alma.COUNTS)
    except AlmaNotFound as error:
        if error.said.code == "NOT_FOUND":  # the gateway's word about its address, not about a person
            raise
        return [] if likely_field(wanted) or not alma.query("identifiers", wanted) else alma.holders(wanted)
    if person.holds(one, wanted) != "inactive":
        return [one]
    others = [other for other in alma.holders(wanted) if person.primary_id(other) != person.primary_id(one)]
    return sorted([one, *others], key=lambda each: person.holds(each, wanted) != "active")


def likely_field(wanted: str) -> str:
    """In which field to look for what is nobody's ID: an e-mail, a name; "" for what looks like a mistyped ID."""
    if "@" in wanted:
        return "email"
    return "" if any(letter.isdigit() for letter in wanted) else "name"


def searched(name: str, text: str, page: int = 1, loose: bool = False, step: int = 1) -> Found:
    """The first page from `page` on, or back (step -1), that holds anybody, of a search in a field of FIELDS: one call,
    PAGES at most; one more for a name that is none in this order. loose: what Alma found besides is shown, too."""
    others = 0
    for here in range(page, max(0, page + step * PAGES), step):
        found = _page(name, text, here, loose)
        others += found.others
        if found.people or (step > 0 and not found.pager.has_next):
            break
    if name == "name" and page == 1 and not found.people and not found.pager.has_next:
        return searched("any_name", text, loose=loose)
    return replace(found, others=others)


def _page(name: str, text: str, page: int, loose: bool) -> Found:
    """One page: one call. An empty one ends the list: Alma's count may be higher than the rows one can page to, and
    below zero for a search that it did not understand."""
    pager = Pager(page, ROWS)
    q = _query(name, text)
    if not q:
        return Found(name, [], pager, not_understood=True)
    data = alma.search(q, ROWS, pager.offset).data
    sent, total = rows(data, "user"), whole_number(data.get("total_record_count"))
    people = [one for one in sent if loose or matches(one, name, text)]
    refused = total is not None and total < 0
    return Found(name, people, pager.got(len(sent), total), len(sent) - len(people), refused and not sent)


def _query(name: str, text: str) -> str:
    """ "Berg, Maria" and "Maria Berg" ask for both names, one word for the last. Quotes make a phrase."""
    own = FIELDS[name]
    is_phrase = text.startswith('"') or (own.by != "words" and own.texts is not None)
    between, plain = "_" if is_phrase else ",", text.strip('"')
    if name != "name":
        return alma.query("ALL" if name == "any_name" else name, plain, between)
    last, comma, first = plain.partition(",")
    if not comma and not is_phrase:
        first, _blank, last = plain.strip().rpartition(" ")
    both = (alma.query("last_name", last, between), alma.query("first_name", first, between))
    return " AND ".join(filter(None, both))


def matches(record: Record, name: str, text: str) -> bool:
    """Whether the record holds what was asked for: all words at the beginnings of its own, in quotes one after the
    other; an ID, an e-mail or a code as a whole; a telephone number by its digits. No case, no accents."""
    own = FIELDS[name]
    if own.texts is None:
        return True
    there = [fold(one) for one in own.texts(record)]
    wanted = fold(text)
    if own.by == "digits":
        digits = re.sub(r"\D", "", wanted).lstrip("0")
        return bool(digits) and any(re.sub(r"\D", "", one).endswith(digits) for one in there)
    if own.by == "same":
        return " ".join(wanted.strip('"').split()) in there
    if wanted.startswith('"'):
        return any(_begins(" ".join(wanted.strip('"').split()), one) for one in there)
    return all(any(_begins(word, one) for one in there) for word in re.split(r'[\s,"]+', wanted) if word)


def _begins(word: str, text: str) -> bool:
    """Whether a word of the text begins so; in scripts that put no blanks between words, whether it stands in it."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<!\w){re.escape(word)}", text) is not None


def fold(text: Any) -> str:
    """Without case and accents."""
    decomposed = unicodedata.normalize("NFKD", str(text).casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
