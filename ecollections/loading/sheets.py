"""The XML of a sheet, tag by tag → rows of cells, each as the text it means."""

import datetime
import re

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel

from ecollections.loading.raw import MOST_LETTERS, MOST_NUMBER, Raw, Unreadable, too_many_rows

MOST_COLUMN = 16_384
EXACT = 15  # digits that spreadsheet programs keep
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def damaged() -> Unreadable:
    return Unreadable(_("The workbook is damaged. Open it in a spreadsheet program, save it again, and load that."))


class Texts:
    """Texts of the elements "si" or "is": their "t"s together, without those of pronunciations."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._parts: list[str] = []
        self._length = 0
        self._is_text = self._is_sound = False

    def start(self, tag: str, _given: dict[str, str]) -> None:
        if tag == "t":
            self._is_text = not self._is_sound
        elif tag == "rPh":
            self._is_sound = True
        elif tag in ("si", "is"):
            self._parts = []
            self._length = 0

    def take(self, text: str) -> None:
        if self._is_text and self._length <= MOST_LETTERS:
            self._parts.append(text)
            self._length += len(text)

    def end(self, tag: str) -> None:
        if tag == "t":
            self._is_text = False
        elif tag == "rPh":
            self._is_sound = False
        elif tag in ("si", "is"):
            text = "".join(self._parts)
            if "_x" in text:
                text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
            self.texts.append(text.replace("\r\n", "\n").replace("\r", "\n"))


class Sheet:
    """Takes the tags of a sheet and gives its rows."""

    def __init__(self, texts: list[str], dates: frozenset[str], epoch: datetime.datetime) -> None:
        self.rows: list[Raw] = []
        self._texts, self._dates, self._epoch = texts, dates, epoch
        self._columns: dict[str, int] = {}
        self._number = 0
        self._cells: dict[int, str] = {}
        self._faults: dict[int, str] = {}
        self._column = -1
        self._kind = self._style = ""
        self._value: list[str] = []
        self._length = 0
        self._is_value = False
        self._inline: Texts | None = None

    def start(self, tag: str, given: dict[str, str]) -> None:
        if tag == "c":
            self._start_cell(given)
        elif tag == "v":
            self._is_value = True
        elif tag == "f":
            self._faults[self._column] = _("a formula. Paste its value instead.")
        elif tag == "row":
            self._number = max(self._number + 1, int(given.get("r", 0)))
            if self._number > MOST_NUMBER:
                raise too_many_rows(self._number, MOST_NUMBER)
            self._cells, self._faults, self._column = {}, {}, -1
        elif self._inline or tag == "is":
            self._inline = self._inline or Texts()
            self._inline.start(tag, given)

    def _start_cell(self, given: dict[str, str]) -> None:
        letters = given.get("r", "").rstrip("0123456789")
        if letters:
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = _index(letters)
        else:
            column = self._column + 1
        if column >= MOST_COLUMN:
            raise damaged()
        self._column = column
        self._kind = given.get("t", "n")
        self._style = given.get("s", "")
        self._value = []
        self._length = 0

    def take(self, text: str) -> None:
        if self._is_value:
            if self._length <= MOST_LETTERS:
                self._value.append(text)
                self._length += len(text)
        elif self._inline:
            self._inline.take(text)

    def end(self, tag: str) -> None:
        if tag == "c":
            if self._value:
                self._cells[self._column] = self._meant("".join(self._value))
        elif tag == "v":
            self._is_value = False
        elif tag == "row":
            width = max((*self._cells, *self._faults), default=-1) + 1
            get = self._cells.get
            if width:
                self.rows.append(Raw(self._number, [get(index, "") for index in range(width)], self._faults))
        elif self._inline:
            self._inline.end(tag)
            if tag == "is":
                self._cells[self._column] = "".join(self._inline.texts)
                self._inline = None

    def _meant(self, value: str) -> str:
        """The text of a cell's value."""
        if self._kind == "s":
            return self._texts[int(value)]
        if self._kind == "n":
            return (_date(value, self._epoch) if self._style in self._dates else "") or _number(value)
        if self._kind == "b":
            return "true" if value == "1" else "false"
        if self._kind == "e":
            self._faults.setdefault(self._column, _("an error, %(error)s. Put a value there.") % {"error": value[:20]})
        return value.removesuffix("T00:00:00") if self._kind == "d" else value


def _index(letters: str) -> int:
    """Of the column with these letters, from 0. Raises ValueError."""
    if not letters.isalpha() or not letters.isascii() or len(letters) > 3:
        raise ValueError
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _number(value: str) -> str:
    """As text: a whole number with all its digits, unless the spreadsheet program has lost some; it then says so, as
    "5.31826E+16"."""
    if value.isdecimal() and len(value) <= EXACT:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if not number.is_integer():
        return f"{number:.{EXACT}g}"
    return str(int(number)) if abs(number) < 10**EXACT else f"{number:.5E}"


def _date(value: str, epoch: datetime.datetime) -> str:
    """As YYYY-MM-DD, with the time where it has one; "" for a number that is no date."""
    try:
        found = from_excel(float(value), epoch)
    except (ValueError, OverflowError):
        return ""
    if isinstance(found, datetime.datetime) and found.time() == datetime.time():
        return found.date().isoformat()
    return found.isoformat(" ", "seconds") if isinstance(found, datetime.datetime) else str(found or "")
