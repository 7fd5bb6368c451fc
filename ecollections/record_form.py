"""The form of one record, built from the table of fields: what was typed becomes a copy of the record as it was shown.

Names in the form: `<kind>-<path>` for a field; `<kind>-<path>-<n>-<cell>` within the nth row of a repeated one, whose
`…-<n>-origin` says which row of the record it was, or is empty for a new one.
"""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, day, dig, is_empty, normal, tidy
from almaportal.codes import Table
from ecollections import checks, coverage
from ecollections.field import CELLED, Field, Label
from ecollections.fields import CELLS
from ecollections.kinds import Kind
from ecollections.show import text_of
from ecollections.values import is_known_shape, meant, raw, same, write

LONG_TEXT = 80  # characters; what is longer gets a field of several lines


def tables_of(kind: Kind) -> list[str]:
    """The names of the code tables that its form needs."""
    own = [one.table for one in kind.fields.values() if one.table]
    cells = [cell.table for one in kind.fields.values() for cell in CELLS.get(one.kind, ()) if cell.table]
    return list(dict.fromkeys([*own, *cells]))


def _control(one: Field, text: str, tables: Mapping[str, Table], held: str) -> forms.Field:
    """The form's field for a scalar one that shows `text`; held: what the record has."""
    known = checks.options(one, tables)
    label, help_text = str(one.label), str(one.help)
    if one.table and known is None:
        label = _("%(label)s (code)") % {"label": label}
        help_text = help_text or _("Alma's list of codes cannot be read: type the code.")
    can_be_blank = not held or not (one.required or one.kind == "flag")
    widget: forms.Widget
    if known is not None:
        if text and text not in known:
            known = {text: text, **known}
        blank = [("", str(one.blank) or "–")] if can_be_blank else []
        widget = forms.Select(choices=[*blank, *known.items()])
    elif one.kind == "date" and (not text or day(text)):
        widget = forms.DateInput(attrs={"type": "date", "max": "9999-12-31"})
    elif one.kind == "long" or "\n" in text:
        widget = forms.Textarea(attrs={"rows": min(12, max(2, text.count("\n") + 1, len(text) // LONG_TEXT + 1))})
    else:
        widget = forms.TextInput(attrs={"inputmode": "url"} if one.kind == "url" else {})
    widget.attrs["dir"] = "auto"
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


class Controls(forms.Form):
    """The scalar fields of a record, or the cells of one of its rows. Only what was changed is checked.

    shown: what it begins with; base: what a text is a change of, where that is another; quiet: nothing is checked.
    """

    use_required_attribute = False

    def __init__(
        self,
        named: Iterable[Field],
        shown: Record,
        tables: Mapping[str, Table],
        base: Record | None = None,
        quiet: bool = False,
        **kwargs: Any,
    ) -> None:
        self.named, self.tables, self.quiet = {one.path: one for one in named}, tables, quiet
        self.base = shown if base is None else base
        self.cleaned_data: dict[str, Any] = {}  # so that Alma's refusals find room in a form nobody has sent yet
        initial = {one.path: meant(one, dig(shown, one.path)) for one in named}
        super().__init__(initial=initial, auto_id="%s", **kwargs)
        for one in named:
            text = str(self.data.get(f"{self.prefix}-{one.path}", initial[one.path]))
            self.fields[one.path] = _control(one, text, tables, initial[one.path])

    def typed(self) -> Iterator[tuple[Field, str]]:
        """The fields whose text is another than what the record holds. One that the form did not send is none."""
        for path, one in self.named.items():
            if self.is_bound and self[path].html_name not in self.data:
                continue
            text = tidy(str(self[path].value() or ""))
            if not same(one, text, dig(self.base, path)):
                yield one, text

    def full_clean(self) -> None:
        if self.quiet:
            self._errors = ErrorDict()
            self.cleaned_data = {}
            return
        super().full_clean()

    def clean(self) -> dict[str, Any]:
        super().clean()
        for one, text in self.typed():
            if one.path not in self.errors and (wrong := checks.problem(one, text, self.tables)):
                self.add_error(one.path, wrong)
        return self.cleaned_data

    def words(self, one: Field, text: str) -> str:
        return (checks.options(one, self.tables) or {}).get(text, "")


@dataclass
class Row:
    """One row of a repeated field in the form. origin: its place in the record as shown, None for a new one."""

    prefix: str
    origin: int | None
    controls: Controls
    kind: str

    @property
    def html_id(self) -> str:
        """Its prefix as a selector can name it."""
        return self.prefix.replace(".", "_")

    @property
    def value(self) -> Record:
        """The row as the record shall have it: that of the record with the changed cells, so unknown keys stay."""
        result = deepcopy(self.controls.base)
        for cell, text in self.controls.typed():
            write(cell, result, text, self.controls.words(cell, text))
        return result

    @property
    def is_blank(self) -> bool:
        return self._says_nothing(self.value)

    @property
    def is_dropped(self) -> bool:
        """A row that says nothing is left out; unless that was so before: it may hold what nobody here knows."""
        return self.is_blank and (self.origin is None or not self._says_nothing(self.controls.base))

    def _says_nothing(self, value: Record) -> bool:
        return all(is_empty(dig(value, cell.path)) for cell in CELLS[self.kind])

    @property
    def statement(self) -> str:
        """What the row says, in words."""
        if self.kind == "coverage":
            return coverage.statement(self.value)
        return coverage.embargo(self.value) if self.kind == "embargo" else ""


@dataclass
class Rows:
    """The rows of a repeated field, or the one row of an embargo."""

    field: Field
    name: str
    rows: list[Row]
    errors: list[str] = dataclasses.field(default_factory=list)

    @property
    def is_single(self) -> bool:
        return self.field.kind == "embargo"

    @property
    def value(self) -> Any:
        if self.is_single:  # cleared cell by cell: what is missing Alma leaves alone (facts 2.5)
            [row] = self.rows
            return {} if row.origin is None and row.is_blank else row.value
        return [row.value for row in self.rows if not row.is_dropped]


@dataclass(frozen=True)
class Item:
    """One field in the form: a control, rows, or, in a shape nobody knows, its value alone. zone: the Community Zone's
    value beside it, in words; overrides: whether it stands in for that, so that one can go back to it."""

    field: Field
    bound: forms.BoundField | None = None
    rows: Rows | None = None
    overrides: bool = False
    zone: str = ""
    effect: Label = ""
    odd: str = ""


class RecordForm:
    """The form of a record.

    base: the record as it was read, {} for a new one; start: what the form begins with, where that is something else;
    data: what was posted, None for a form not yet filled in; quiet: what was posted is shown again and not checked.
    """

    def __init__(
        self,
        kind: Kind,
        base: Record,
        tables: Mapping[str, Table],
        data: Mapping[str, Any] | None = None,
        start: Record | None = None,
        is_new: bool = False,
        quiet: bool = False,
    ) -> None:
        self.kind, self.base, self.tables, self.data, self.is_new = kind, base, tables, data, is_new
        self.quiet = quiet
        self.start = base if start is None else start
        self.is_local = is_new or base.get("is_local") is not False
        offered = [one for one in kind.fields.values() if self._is_offered(one)]
        self.settable = [one for one in offered if is_known_shape(one, base) and is_known_shape(one, self.start)]
        self.odd = [one for one in offered if one not in self.settable]
        scalars = [one for one in self.settable if one.kind not in CELLED]
        self.controls = self._controls(scalars, self.start, base, kind.name, data)
        self.rows = {one.path: self._rows(one) for one in self.settable if one.kind in CELLED}
        self.errors: list[str] = []

    def _is_offered(self, one: Field) -> bool:
        """On local records an override has nothing to stand in for, unless it has something in it."""
        if not one.is_settable(self.is_local, self.is_new):
            return False
        return not one.overrides or not self.is_local or not is_empty(normal(raw(one, self.start)))

    def _controls(
        self, named: Iterable[Field], shown: Record, base: Record, prefix: str, data: Mapping[str, Any] | None
    ) -> Controls:
        return Controls(named, shown, self.tables, base=base, quiet=self.quiet, data=data, prefix=prefix)

    # rows

    def _rows(self, one: Field) -> Rows:
        name = f"{self.kind.name}-{one.path}"
        found = raw(one, self.start)
        shown = [found] if isinstance(found, dict) and found else found if isinstance(found, list) else []
        if self.data is None or f"{name}-rows" not in self.data:  # what the form did not send is not touched
            rows = [self._row(one, name, n, n, shown, None) for n in range(len(shown))]
        else:
            rows = [self._row(one, name, n, origin, shown, self.data) for n, origin in self._posted_rows(name)]
        if one.kind == "embargo" and not rows:
            rows = [self._row(one, name, 0, None, shown, None)]
        return Rows(one, name, rows)

    def _posted_rows(self, name: str) -> Iterator[tuple[int, int | None]]:
        """The places of the rows in the form, and of those that were in the record the places there."""
        pattern = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-origin")
        found = sorted(int(match[1]) for key in self.data or {} if (match := pattern.fullmatch(key)))
        for n in found:
            origin = str((self.data or {}).get(f"{name}-{n}-origin", ""))
            yield n, int(origin) if origin.isascii() and origin.isdigit() and len(origin) < 7 else None

    def _row(
        self, one: Field, name: str, n: int, origin: int | None, shown: list[Record], data: Mapping[str, Any] | None
    ) -> Row:
        known = origin is not None and origin < len(shown)
        start = shown[origin] if known and origin is not None else {}
        prefix = f"{name}-{n}"
        controls = self._controls(CELLS[one.kind], start, start, prefix, data)
        return Row(prefix, origin if known else None, controls, one.kind)

    def add_row(self, path: str, focus: str) -> None:
        """One more empty row of this field. focus: the attribute that gives its first control the focus."""
        found = self.rows.get(path)
        if not found or found.is_single:
            return
        last = max((int(row.prefix.rpartition("-")[2]) for row in found.rows), default=-1)
        prefix = f"{found.name}-{last + 1}"
        controls = self._controls(CELLS[found.field.kind], {}, {}, prefix, None)
        next(iter(controls.fields.values())).widget.attrs[focus] = True
        found.rows.append(Row(prefix, None, controls, found.field.kind))

    # what was typed

    def is_valid(self) -> bool:
        valid = self.controls.is_valid()
        for one in self.settable if self.is_new else ():  # nothing typed is no change, and so was not checked
            if one.required and not meant(one, raw(one, self.mine())):
                valid = False
                self.say(one.path, checks.problem(one, "", self.tables))
        for rows in self.rows.values():
            for row in rows.rows:
                valid = self._check_row(row) and valid
        if valid:
            were_so = checks.record_problems(self.base)
            for path, sentence in checks.record_problems(self.mine()).items():
                if path not in were_so:
                    valid = False
                    self.say(path, sentence)
        return valid

    def _check_row(self, row: Row) -> bool:
        if row.is_dropped or normal(row.value) == normal(row.controls.base):
            return True
        if not row.controls.is_valid():
            return False
        were_so = checks.row_problems(row.kind, row.controls.base)
        for name, sentence in checks.row_problems(row.kind, row.value).items():
            if name not in were_so:
                row.controls.add_error(name, sentence)
        for cell in CELLS[row.kind]:  # a new row's empty cell is no change, and so was not checked
            if cell.required and is_empty(dig(row.value, cell.path)) and cell.path not in row.controls.errors:
                row.controls.add_error(cell.path, _("This cannot be empty."))
        return not row.controls.errors

    def mine(self) -> Record:
        """The record as shown, with what was typed in it. Only what differs in meaning is touched."""
        record = deepcopy(self.base)
        for one, text in self.controls.typed():
            write(one, record, text, self.controls.words(one, text))
        for rows in self.rows.values():
            if not same(rows.field, rows.value, raw(rows.field, self.base)):
                write(rows.field, record, rows.value)
        return record

    # what Alma said

    def refuse(self, error: AlmaError) -> None:
        """Put Alma's refusal on the field it is about, where its code tells; else on top."""
        for path in self._about(error):
            self.say(path, error.hint)

    def _about(self, error: AlmaError) -> list[str]:
        """The changed fields that the code belongs to; of a record too large, the longest changed one."""
        mine = self.mine()
        changed = [one for one in self.settable if not same(one, raw(one, mine), raw(one, self.base))]
        if error.said.code == "REQUEST_TOO_LARGE" and changed:
            return [max(changed, key=lambda one: len(str(raw(one, mine)))).path]
        return [one.path for one in changed if error.said.code in one.errors]

    def say(self, path: str, sentence: str) -> None:
        """Put a sentence about what is wrong on a field; on top when the form has no such field."""
        if path in self.rows:
            self.rows[path].errors.append(sentence)
        elif path in self.controls.fields:
            self.controls.add_error(path, sentence)
        else:
            self.errors.append(sentence)

    # what the page shows

    @cached_property
    def groups(self) -> list[tuple[str, list[Item]]]:
        """The groups of the table with the fields that can be set; first what a new record is about."""
        offered = {one.path for one in [*self.settable, *self.odd]}
        found = (
            (str(group.label), [self._item(one) for one in group.fields if one.path in offered])
            for group in self.kind.groups
        )
        shown = [(label, items) for label, items in found if items]
        return sorted(shown, key=lambda group: not any(item.field.settable == "new" for item in group[1]))

    def _item(self, one: Field) -> Item:
        if one in self.odd:
            return Item(one, odd=text_of(one, raw(one, self.base)))
        if one.path in self.rows:
            beside = self.kind.fields.get(one.beside)
            shown = text_of(beside, raw(beside, self.base)) if beside and not self.is_local else ""
            return Item(one, rows=self.rows[one.path], zone=shown)
        zone = text_of(self.kind.fields[one.overrides], dig(self.base, one.overrides)) if one.overrides else ""
        effect = "" if self.is_new else one.effect  # there is nothing below a new one yet
        return Item(one, bound=self.controls[one.path], overrides=bool(one.overrides), zone=zone, effect=effect)

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong, in the form's order."""
        found = [("record-form", str(self.kind.label), sentence) for sentence in self.errors]
        for _label, items in self.groups:
            for item in items:
                if item.bound is not None:
                    found += [(item.bound.id_for_label, str(item.field.label), str(e)) for e in item.bound.errors]
                if item.rows:
                    found += [(f"{item.rows.name}-fields", str(item.field.label), e) for e in item.rows.errors]
                    found += [
                        (row.controls[cell].id_for_label, f"{item.field.label}: {row.controls[cell].label}", str(e))
                        for row in item.rows.rows
                        for cell, errors in row.controls.errors.items()
                        for e in errors
                    ]
        return found

    @property
    def closed_tables(self) -> bool:
        """Whether some list of codes could not be read."""
        return any(table.error for table in self.tables.values())
