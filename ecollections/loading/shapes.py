"""What the steps from a file to a job hand to each other."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """A row of a file as it was read. number: as a spreadsheet program counts it, from 1, the header included; cells:
    texts, without blanks around them, as many as the header has; wrong: why it cannot be used, in a sentence that names
    the column where it is one."""

    number: int
    cells: list[str]
    wrong: str = ""


@dataclass(frozen=True)
class Sorted:
    """A row of a file and what is to become of it.

    number: as of Line, 0 for a portfolio that the file does not have; group: of rows "edit", "create", "delete",
    "same" (says nothing), "double", "wrong"; of KBART "new", "missing", "coverage", "url", "same", "unclear", "unread"
    (there, but its URL and coverage are not known), "wrong";
    path: the record's, "" for none yet; why: what there is to say about it, a sentence; data: what a job needs,
    {"set": {field path: text or rows}, "mms_id": text, …}, and what its page shows: {"lines": [[label, before, after]],
    "choices": [{"path", "title", "score", "why"}]}; key: what tells whether the last file said the same, at most 32
    characters.
    """

    number: int
    group: str
    path: str = ""
    title: str = ""
    why: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    key: str = ""
