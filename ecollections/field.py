"""What a field of a record is: where it stands, how its value is read, and who may set it.

Read by pages, forms, comparisons and the log of changes: a new field needs its line in fields.py and nothing else.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise

Label = str | Promise
# text, long, url: plain text. code, reference: {value, desc} and {value, link}. flag: a boolean. date: "2021-08-10Z".
# coverage, notes, groups, numbers: lists of rows with the cells of fields.CELLS; embargo: one such row, no list.
# raw: anything else, shown only.
FieldKind = Literal[
    "text", "long", "url", "code", "reference", "flag", "date",
    "coverage", "embargo", "notes", "groups", "numbers", "raw",
]  # fmt: skip
# never: Alma's output. new: when the record is made. local: not on records of the Community Zone. always: everywhere.
Settable = Literal["never", "new", "local", "always"]
ROWS: frozenset[str] = frozenset({"coverage", "notes", "groups", "numbers"})
CELLED = ROWS | {"embargo"}


@dataclass(frozen=True)
class Field:
    """One field of a record.

    path: dotted, in the record; label: as Alma's editor says it; kind: how its value is to be read;
    settable: whether and where it may be set;
    table: the code table of its codes, or "libraries" or "proxies" (almaportal.codes); choices: its codes where no
    table is known, as (code, words); blank: what an empty value means; help: a hint in the form;
    effect: what setting it does to other records, which cannot be undone: said before saving;
    overrides: the path of the Community Zone's value that it stands in for; beside: a path whose value is good to see
    when setting it; prefix: what Alma wants before the value;
    errors: Alma's codes that are about it (facts 2.2-2.4).
    """

    path: str
    label: Label
    kind: FieldKind = "text"
    settable: Settable = "never"
    table: str = ""
    choices: tuple[tuple[str, Label], ...] = ()
    blank: Label = ""
    help: Label = ""
    effect: Label = ""
    required: bool = False
    overrides: str = ""
    beside: str = ""
    prefix: str = ""
    errors: tuple[str, ...] = ()

    def is_settable(self, record_is_local: bool, is_new: bool = False) -> bool:
        """Whether a person may set it: on a new record, or on a local or a Community Zone one."""
        return (
            self.settable == "always"
            or (self.settable == "local" and record_is_local)
            or (self.settable == "new" and is_new)
        )


@dataclass(frozen=True)
class Group:
    """Fields that stand together in Alma's editor."""

    label: Label
    fields: tuple[Field, ...]
