"""KBART's dates, volumes, issues and embargo as Alma has them, and back (NISO RP-9-2014; facts 2.4)."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from sys import intern
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.records import Record, code, is_empty, tidy
from ecollections.coverage import Row, statements

SIDES = {
    "from": ("date_first_issue_online", "num_first_vol_online", "num_first_issue_online"),
    "until": ("date_last_issue_online", "num_last_vol_online", "num_last_issue_online"),
}
COLUMNS = (*SIDES["from"], *SIDES["until"])
STILL_GOING = frozenset({"present", "current", "ongoing", "to present"})
YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ]\d{1,2}:\d\d.*)?", re.ASCII)
YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:[T ]\d{1,2}:\d\d.*)?", re.ASCII)
LIMITS = (("year", 1000, 9998), ("month", 1, 12), ("day", 1, 31))
EMBARGO = re.compile(r"([RP])(\d{1,3})([DMY])", re.ASCII)
DAYS_OF_A_MONTH = 30
# P: the last n are not there, so what is older is; R: only the last n are.
OPERATORS = {"P": ">", "R": "<"}
LETTERS = {">": "P", ">=": "P", "<": "R", "<=": "R"}


class WrongCell(Exception):
    """A cell that cannot be used: the name of its column, and why, in a sentence."""

    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column, self.why = column, why


def alma_row(cells: Mapping[str, str]) -> Row:
    """A row of Alma's coverage from the six cells of a KBART row; {} when they say nothing. Raises WrongCell."""
    first, last = (_point(cells, side) for side in ("from", "until"))
    shared = min(len(first), len(last))
    if last[:shared] < first[:shared]:
        raise WrongCell(SIDES["until"][0], _("The end lies before the beginning."))
    row: Row = {}
    for side, point in (("from", first), ("until", last)):
        row |= {
            intern(f"{side}_{part}"): intern(str(number))
            for (part, *_limits), number in zip(LIMITS, point, strict=False)
        }
        for part, column in zip(("volume", "issue"), SIDES[side][1:], strict=True):
            if text := cells.get(column, ""):
                row[intern(f"{side}_{part}")] = intern(text)
    return row


def _point(cells: Mapping[str, str], side: str) -> tuple[int, ...]:
    """Year, month and day, as far as they are said; () for an open end."""
    column = SIDES[side][0]
    text = cells.get(column, "")
    if not text or (side == "until" and (text.lower() in STILL_GOING or text.startswith("9999"))):
        return ()
    try:
        point = _numbers(text)
        date(*(*point, 1, 1)[:3])
        if LIMITS[0][1] <= point[0] <= LIMITS[0][2]:
            return point
    except ValueError:
        pass
    if (found := YEAR_LAST.fullmatch(text)) and max(int(found[1]), int(found[3])) <= LIMITS[1][2]:
        sentence = _("“%s” can be read in two ways: write YYYY-MM-DD, such as 1997-01-31.")
    else:
        sentence = _("“%s” is no date: write YYYY-MM-DD, YYYY-MM or YYYY.")
    raise WrongCell(column, sentence % text[:40])


def _numbers(text: str) -> tuple[int, ...]:
    """ValueError for what is no date, or could be two."""
    if found := YEAR_FIRST.fullmatch(text):
        return tuple(int(part) for part in found.groups() if part)
    if not (found := YEAR_LAST.fullmatch(text)):
        raise ValueError
    one, other, year = int(found[1]), int(found[3]), int(found[4])
    if found[2] == "." or one > LIMITS[1][2]:
        return year, other, one
    if other > LIMITS[1][2] or one == other:
        return year, one, other
    raise ValueError


def kbart_cells(row: Record) -> dict[str, str]:
    """The six cells of a row of Alma's coverage; what KBART has no words for, such as a month “Spring”, is left out."""
    cells = {}
    for side, (when, volume, issue) in SIDES.items():
        cells[when] = _date(row, side)
        cells[volume], cells[issue] = (one_line(code(row.get(f"{side}_{part}"))) for part in ("volume", "issue"))
    return cells


def one_line(text: str) -> str:
    """A text as a cell of a KBART file can hold it: without tabs, line ends and control characters."""
    return " ".join(tidy(text).split()) if text else ""


def _date(row: Record, side: str) -> str:
    point: list[int] = []
    for part, low, high in LIMITS:
        text = code(row.get(f"{side}_{part}"))
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and low <= int(text) <= high):
            break
        point.append(int(text))
    if len(point) == len(LIMITS):
        try:
            date(*point)
        except ValueError:
            point.pop()
    return "-".join(f"{number:02}" for number in point)


def alma_embargo(text: str) -> tuple[Record | None, str]:
    """(the embargo as Alma has it, {} for none, None when Alma cannot say it; then the remark on that)."""
    parts = [part for part in "".join(text.split()).upper().split(";") if part]
    if not parts:
        return {}, ""
    if len(parts) > 1:
        return None, _("Embargo “%s”: Alma has one embargo only.") % text[:40]
    found = EMBARGO.fullmatch(parts[0])
    if not found or (found[1] == "R" and not int(found[2])):
        return None, _("Embargo “%s” is none that KBART knows.") % text[:40]
    number, unit = int(found[2]), found[3]
    if not number:
        return {}, ""
    if unit == "D":
        if number % DAYS_OF_A_MONTH:
            return None, _("Embargo “%s”: Alma counts in years and months.") % text[:40]
        number //= DAYS_OF_A_MONTH
    # Both are said, because what is missing keeps its old value in Alma.
    length = {"number_of_years": "", "number_of_months": ""}
    length["number_of_years" if unit == "Y" else "number_of_months"] = str(number)
    return {"embargo_operator": {"value": OPERATORS[found[1]]}, **length}, ""


def kbart_embargo(info: Any) -> str:
    """Alma's embargo, such as P1Y or R18M; "" for none."""
    letter, years, months = _embargo(info)
    if not letter:
        return ""
    return f"{letter}{12 * years + months}M" if months else f"{letter}{years}Y"


def _embargo(info: Any) -> tuple[str, int, int]:
    """P or R, years, months; ("", 0, 0) for none."""
    if not isinstance(info, dict) or is_empty(info):
        return "", 0, 0
    years, months = (_count(info.get(name)) for name in ("number_of_years", "number_of_months"))
    letter = LETTERS.get(code(info.get("embargo_operator")), "")
    return (letter, years, months) if letter and (years or months) else ("", 0, 0)


def _count(sent: Any) -> int:
    text = code(sent)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0


def same_coverage(rows: Any, other: Any) -> bool:
    """Whether both say the same, as far as KBART has words for it."""
    return bool(rows == other) or _meant(rows) == _meant(other)


def _meant(rows: Any) -> list[tuple[str, ...]]:
    found = rows if isinstance(rows, Iterable) else ()
    said = (tuple(text.lstrip("0") for text in kbart_cells(row).values()) for row in found if isinstance(row, dict))
    return sorted(cells for cells in said if any(cells))


def same_embargo(info: Any, other: Any) -> bool:
    """Whether both say the same, as far as KBART has words for it: twelve months are a year."""
    return _months(info) == _months(other)


def _months(info: Any) -> tuple[str, int]:
    letter, years, months = _embargo(info)
    return letter, 12 * years + months


def said(rows: Any) -> str:
    """All rows in words, “–” for none."""
    return "; ".join(statements(list(rows or []))) or "–"
