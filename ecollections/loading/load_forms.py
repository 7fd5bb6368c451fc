"""A file as somebody brings it, and what its columns are loaded into."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import IO, Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from almaportal.alma import clock
from almaportal.request import Request
from ecollections.kinds import BY_NAME
from ecollections.loading import columns, reading
from ecollections.loading.reading import Layout, Unreadable
from ecollections.models import Load

FIRST = 3  # rows whose values are shown with the columns
LONGEST = 60  # letters of each
ENCODINGS = ("utf-8", "utf-16-le", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac-roman", "cp850")
DELIMITERS: dict[str, str | Promise] = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
    "|": gettext_lazy("vertical line"),
}


def brought(request: Request) -> tuple[str, IO[bytes]]:
    """The name and the content of what was uploaded or pasted. Raises Unreadable."""
    file, pasted = request.FILES.get("file"), request.POST.get("cells", "")
    if file and pasted.strip():
        raise Unreadable(_("There are a file and pasted cells: choose one of the two."))
    if file and file.file:
        return (file.name or "")[:200], file.file
    if not pasted.strip():
        raise Unreadable(_("Choose a file, or paste cells."))
    return _("Pasted cells"), BytesIO(pasted.encode())


def keep(request: Request, name: str, file: IO[bytes], **fields: Any) -> Load:
    """The file, kept with who brought it."""
    file.seek(0)
    content = gzip.compress(file.read(), 5)
    user: Any = request.user
    return Load.objects.create(
        name=name, content=content, user=user, who=user.get_username(), made=clock.moment(), **fields
    )


def found_out(kind_name: str, file: IO[bytes], **given: str) -> dict[str, Any]:
    """layout, columns and options of a file: what is given is taken, the rest found out. Raises Unreadable."""
    layout, lines = reading.opened(file, **given)
    header = next(lines).cells
    first = [[cell[:LONGEST] for cell in line.cells] for line in islice(lines, FIRST)]
    loaded = columns.guess(BY_NAME[kind_name], header)
    return {
        "layout": layout.as_json(),
        "columns": [list(pair) for pair in zip(header, loaded, strict=True)],
        "options": {"first": first},
    }


@dataclass(frozen=True)
class Column:
    """A column on its page. letter: as spreadsheet programs name it; first: values of its first rows; loaded: what it
    is loaded into."""

    number: int
    letter: str
    header: str
    loaded: str
    first: list[str]


class ColumnsForm:
    """How a file is read, and what its columns are loaded into; data: what was sent, None for what the portal found."""

    def __init__(self, load: Load, data: Mapping[str, str] | None = None) -> None:
        self.load, self.kind = load, BY_NAME[load.kind]
        self.layout = Layout.from_json(load.layout)
        self.data: Mapping[str, str] = {} if data is None else data

    @property
    def given(self) -> dict[str, str]:
        """How it is to be read, by names of `layout_of`."""
        if self.layout.format == "xlsx":
            return {"sheet": self.data.get("sheet", self.layout.sheet)}
        return {name: self.data.get(name, getattr(self.layout, name)) for name in ("encoding", "delimiter")}

    @property
    def is_read_otherwise(self) -> bool:
        """Whether somebody chose another way to read it."""
        return any(value != getattr(self.layout, name) for name, value in self.given.items())

    @property
    def loaded(self) -> list[str]:
        """What each column is loaded into."""
        return [self.data.get(f"column-{n}", loaded) for n, (_header, loaded) in enumerate(self.load.columns)]

    @property
    def problems(self) -> list[str]:
        return columns.problems(self.kind, self.loaded)

    @property
    def rows(self) -> list[Column]:
        first = self.load.options.get("first", [])
        return [
            Column(n, get_column_letter(n + 1), header, loaded, [row[n] for row in first if n < len(row)])
            for n, ((header, _found), loaded) in enumerate(zip(self.load.columns, self.loaded, strict=True))
        ]

    @property
    def choices(self) -> columns.Choices:
        return columns.choices(self.kind)

    @property
    def encodings(self) -> list[str]:
        return list(dict.fromkeys([self.given["encoding"], *ENCODINGS])) if self.layout.format == "text" else []

    @property
    def delimiters(self) -> list[tuple[str, str | Promise]]:
        known = DELIMITERS | ({"": gettext_lazy("none: one column")} if not self.layout.delimiter else {})
        given = self.given.get("delimiter", ",")
        return list((known | ({} if given in known else {given: given})).items())


def how_long() -> int:
    """Days that files are kept."""
    return settings.JOB_FILES_DAYS
