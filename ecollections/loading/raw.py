"""What the readers of texts and of workbooks have in common: rows as they stand in the file."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

MOST_LETTERS = 32_767  # of a cell, as spreadsheet programs have it
MOST_NUMBER = 1_048_576  # of a row, as spreadsheet programs have it


class Unreadable(Exception):
    """Why a whole file cannot be used: a sentence that also says what to do."""


@dataclass
class Raw:
    """A row before anybody looked into its cells. number: from 1, as a spreadsheet program counts; faults: {index of a
    column: what is wrong there, a sentence}."""

    number: int
    cells: list[str]
    faults: dict[int, str] = field(default_factory=dict)


def fault(number: int, column: int, header: list[str], what: str) -> str:
    """A sentence that names the row and the column: by its header, if it has one, and by its letter."""
    letter = get_column_letter(column + 1)
    name = " ".join(header[column].split())[:60] if column < len(header) else ""
    shown = f"{name} ({letter})" if name else letter
    return _("Row %(row)s, column %(column)s: %(what)s") % {"row": number, "column": shown, "what": what}


def too_many_rows(number: int, most: int) -> Unreadable:
    """number: of the first row that is not read any more."""
    text = _("Row %(row)s: a file may have %(most)s rows at most. Divide it into several files.")
    return Unreadable(text % {"row": number, "most": most})
