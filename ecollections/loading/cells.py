"""The cell of a file and the value of a field: what an exported cell says, and what a loaded one means.

An empty cell leaves its field alone; one that says EMPTY clears it. So no file clears by accident. What `text` says of
a value, `value` brings back in the same meaning, whatever Alma's spelling was.

Coverage: rows joined by " ; ", each "1997-01-15 v.12 i.3 – 2004-12 v.20"; an open end is left out: "1997 –", "– 2004".
What is no plain word stands in double quotes, and a quote in them twice: v."12 a". Embargo: ">1Y6M", "<=10Y".
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from almaportal.alma.records import Record, code, day, tidy
from almaportal.codes import Table
from ecollections import checks
from ecollections.actions import Refused
from ecollections.field import Field, Label
from ecollections.fields import CELLS
from ecollections.values import meant, write

EMPTY = "(empty)"
NOT_CARRIED = frozenset({"notes", "groups", "numbers", "raw"})
SIDES = ("from", "until")
# of coverage
DATE = r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,4}))?(?:-(?P<day>[0-9]{1,4}))?"
QUOTED = r'"(?:[^"]|"")*"'
TOKEN = re.compile(
    rf"""\s*(?: (?P<end> ; )
      | (?P<dash> [–—] | (?:-|to|TO) (?=\s|;|$) )
      | (?P<date> {DATE} ) (?=[\s;–—]|$)
      | (?P<years> [0-9]{{4}}- | -[0-9]{{4}} ) (?=\s|;|$)
      | (?P<part> [VvIi] ) (?:ol|ss)?\. (?P<text> {QUOTED} | [^\s;"–—]+ ) (?=[\s;–—]|$) )""",
    re.VERBOSE,
)
PLAIN = re.compile(r"[\w./,:+()#*&]+")
YEARS = re.compile(r"([0-9]{4})?-([0-9]{4})?")
PARTS = ("year", "month", "day", "volume", "issue")
# of an embargo
LENGTH = re.compile(r"\s*(?:(\d{1,4})\s*y)?\s*(?:(\d{1,4})\s*m)?\s*", re.ASCII | re.IGNORECASE)
# of dates, as people and spreadsheets write them
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?Z?", re.ASCII)
YEAR_LAST = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{4})", re.ASCII)


def spoken(label: Label) -> set[str]:
    """A label as people may write it, folded: translated, and in English."""
    with translation.override("en"):
        english = str(label)
    return {str(label).casefold(), english.casefold()}


def text(field: Field, value: Any) -> str:
    """What the exported cell of a raw value says; "" for emptiness, and for what `value` could not bring back."""
    if field.kind in NOT_CARRIED:
        return ""
    if field.kind == "coverage":
        known = isinstance(value, list) and all(isinstance(row, dict) for row in value)
        return " ; ".join(filter(None, map(_statement, value))) if known else ""
    if field.kind == "embargo":
        return _embargo_text(value) if isinstance(value, dict) else ""
    if field.kind == "date":
        found = day(code(value))
        return found.isoformat() if found else ""
    said = str(meant(field, value))
    if field.kind == "flag":
        return said if said in ("true", "false") else ""
    if field.prefix and said.startswith(field.prefix):  # it has it twice
        return ""
    return f'"{said}"' if _is_empty_word(said.strip('"')) else said


def value(field: Field, text: str, tables: Mapping[str, Table]) -> Any:
    """What a cell means: a text (of a code the code, of a date YYYY-MM-DD), rows of coverage, the cells of an embargo;
    "" for what clears. Raises Refused, a sentence without the field's name."""
    if field.kind in NOT_CARRIED:
        raise Refused(_("Files do not carry this: change it on the page of the record."))
    said = tidy(text)
    if not said or _is_empty_word(said):
        return _checked(field, "", tables)
    if said[0] == said[-1] == '"' and _is_empty_word(said.strip('"')):  # the word itself
        said = said[1:-1]
    if field.kind == "coverage":
        return _rows(said)
    if field.kind == "embargo":
        return _embargo(said)
    if field.kind == "date":
        return _checked(field, _date(said), tables)
    if field.kind in ("code", "flag"):
        return _checked(field, _code(field, said, tables), tables)
    return _checked(field, said.removeprefix(field.prefix).strip(), tables)


def _is_empty_word(said: str) -> bool:
    if said[-1:] not in (")", "）"):  # asking for the translation takes its time
        return False
    # Translators: keep the brackets.
    return said.casefold() in (EMPTY, _("(empty)").casefold())


def _checked(field: Field, said: str, tables: Mapping[str, Table]) -> str:
    if sentence := checks.problem(field, said, tables):
        raise Refused(sentence)
    return said


def _code(field: Field, said: str, tables: Mapping[str, Table]) -> str:
    """Alma's code, also for its words and whatever the case; what is not known is left to the check."""
    known = checks.options(field, tables)
    if known is None or said in known:
        return said
    names = [(value, {value.casefold(), words.casefold()}) for value, words in known.items()]
    names += [(value, spoken(words)) for value, words in field.choices]
    if field.kind == "flag":
        names += [("true", {"1", "yes"}), ("false", {"0", "no"})]
    found = {value for value, words in names if said.casefold() in words}
    if len(found) > 1:
        sentence = _("“%(text)s” may be one of %(codes)s: write the code.")
        raise Refused(sentence % {"text": said[:100], "codes": ", ".join(sorted(found))})
    return found.pop() if found else said


def _date(said: str) -> str:
    """YYYY-MM-DD where it is clear which day is meant; what is no date is left to the check."""
    if match := YEAR_FIRST.fullmatch(said):
        year, month, of_month = match.groups()
    elif match := YEAR_LAST.fullmatch(said):
        of_month, mark, month, year = match.groups()
        if mark == "/" and int(month) > 12:
            of_month, month = month, of_month
        elif mark == "/" and int(of_month) <= 12 and int(of_month) != int(month):
            raise Refused(_("“%s” may be one of two days: write YYYY-MM-DD.") % said)
    else:
        return said
    try:
        return date(int(year), int(month), int(of_month)).isoformat()
    except ValueError:
        return said


# coverage


def _statement(row: Record) -> str:
    sides = [_side_text(*(tidy(code(row.get(f"{side}_{part}"))) for part in PARTS)) for side in SIDES]
    return " – ".join(sides).strip() if any(sides) else ""


def _side_text(year: str, month: str, day: str, volume: str, issue: str) -> str:
    when = "-".join([year, month, day]).rstrip("-")
    match = re.fullmatch(DATE, when)
    if when and (not match or match.groups("") != (year, month, day)):
        when = _quoted(when)  # nobody can take it for another date
    numbers = [f"{mark}.{_plain(text)}" for mark, text in (("v", volume), ("i", issue)) if text]
    return " ".join(filter(None, [when, *numbers]))


def _plain(said: str) -> str:
    return said if PLAIN.fullmatch(said) else _quoted(said)


def _quoted(said: str) -> str:
    return '"{}"'.format(said.replace('"', '""'))


def _rows(said: str) -> list[Record]:
    found: list[Record] = []
    tokens: list[re.Match[str]] = []
    at = 0
    while at < len(said):
        match = TOKEN.match(said, at)
        if match is None:
            sentence = _("“%(text)s” is not understood. Coverage is written like %(example)s.")
            raise Refused(sentence % {"text": said[at : at + 40].strip(), "example": _example()})
        at = match.end()
        if match["end"] is None:
            tokens.append(match)
        if tokens and (match["end"] or at == len(said)):
            found.append(_row(tokens))
            tokens = []
    if not found:
        raise Refused(_("This says nothing. Coverage is written like %s.") % _example())
    return found


def _row(tokens: list[re.Match[str]]) -> Record:
    dashes = [n for n, token in enumerate(tokens) if token["dash"]]
    if not dashes and len(tokens) == 1 and (years := YEARS.fullmatch(tokens[0][0].strip())):
        row = {f"{side}_year": year for side, year in zip(SIDES, years.groups(), strict=True) if year}
    elif len(dashes) != 1 or len(tokens) == 1:
        sentence = _("“%(text)s” does not say from when until when: write it like %(example)s.")
        raise Refused(sentence % {"text": _said(tokens), "example": _example()})
    else:
        [at] = dashes
        row = _side("from", tokens[:at]) | _side("until", tokens[at + 1 :])
    for sentence in checks.row_problems("coverage", row).values() if row else [_("This says nothing.")]:
        raise Refused(f"“{_said(tokens)}”: {sentence}")
    return row


def _side(side: str, tokens: list[re.Match[str]]) -> Record:
    found: Record = {}
    for token in tokens:
        if token["part"]:
            text = token["text"]
            text = text[1:-1].replace('""', '"').strip() if text.startswith('"') else text
            said = {"volume" if token["part"] in "vV" else "issue": text}
        else:
            said = {"year": token["year"], "month": token["month"], "day": token["day"]}
        said = {f"{side}_{part}": text for part, text in said.items() if text}
        if token["years"] or found.keys() & said.keys():
            sentence = _("“%(text)s” is not understood. Coverage is written like %(example)s.")
            raise Refused(sentence % {"text": _said(tokens), "example": _example()})
        found |= said
    return found


def _said(tokens: list[re.Match[str]]) -> str:
    return "".join(token[0] for token in tokens).strip()[:100]


def _example() -> str:
    return "1997-01 v.12 – 2004 ; 2010 –"


# embargo


def _embargo_text(row: Record) -> str:
    said = [code(row.get(cell.path)) for cell in CELLS["embargo"]]
    operator, years, months = said
    if operator and operator not in dict(CELLS["embargo"][0].choices):
        operator = _quoted(operator)
    return operator + (f"{years}Y" if years else "") + (f"{months}M" if months else "")


def _embargo(said: str) -> Record:
    operator_cell, *_numbers = CELLS["embargo"]
    names = [(name, value) for value, words in operator_cell.choices for name in {value, *spoken(words)}]
    folded = said.casefold()
    found = max((one for one in names if folded.startswith(one[0])), key=lambda one: len(one[0]), default=("", ""))
    length = LENGTH.fullmatch(folded, len(found[0]))
    if not found[0] or length is None:
        raise Refused(_("“%s” is no embargo. It is written like >1Y6M or <=10Y.") % said[:100])
    row: Record = {}
    for cell, text in zip(CELLS["embargo"], (found[1], *length.groups("")), strict=True):
        if text:
            write(cell, row, text, (checks.options(cell, {}) or {}).get(text, ""))
    for sentence in checks.row_problems("embargo", row).values():
        raise Refused(sentence)
    return row
