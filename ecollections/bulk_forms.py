"""The form of a bulk edit: for every field what to do with it, at first nothing; and which records are meant.

Names in the form: `do-<path>`, `value-<path>`, `find-<path>`, `how-<path>` of a field; `only-<n>-path`, `only-<n>-is`,
`only-<n>-value` of the nth condition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.records import tidy
from almaportal.codes import Table
from ecollections import actions, checks, conditions
from ecollections.actions import TEXTS, Action
from ecollections.conditions import Condition
from ecollections.field import CELLED, Field
from ecollections.kinds import Kind
from ecollections.record_form import Controls

CONDITIONS = 2  # rows for conditions that are always offered
MOST_CONDITIONS = 20
DOES: dict[str, str | Promise] = {
    "": gettext_lazy("don't change"),
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "replace": gettext_lazy("replace text"),
    "append": gettext_lazy("add at the end"),
}
HOWS: dict[str, str | Promise] = {
    "exact": gettext_lazy("exactly so"),
    "ignore case": gettext_lazy("in capitals or not"),
    "pattern": gettext_lazy("pattern (regular expression)"),
}


@dataclass(frozen=True)
class Row:
    """A field in the form. does: what can be done to it, (value, words); control: for the new value, None where it can
    only be cleared; error: what is wrong with what was typed."""

    field: Field
    do: str
    does: list[tuple[str, str | Promise]]
    control: forms.BoundField | None
    find: str
    how: str
    error: str = ""

    @property
    def has_text(self) -> bool:
        return ("replace", DOES["replace"]) in self.does

    @property
    def is_local(self) -> bool:
        """Whether records of the Community Zone are left out when it is changed."""
        return self.field.settable == "local"


@dataclass(frozen=True)
class ConditionRow:
    number: int
    path: str
    test: str
    value: str
    error: str = ""


class BulkForm:
    """data: what was typed, by the names above; None or {} for a form that nobody has filled in."""

    def __init__(self, kind: Kind, tables: Mapping[str, Table], data: Mapping[str, Any] | None = None) -> None:
        self.kind, self.tables, self.data = kind, tables, data or {}
        self.errors: list[str] = []
        self.is_checked = False
        self.settable = [one for one in kind.fields.values() if one.settable in ("always", "local")]
        scalars = [one for one in self.settable if one.kind not in CELLED]
        self.controls = Controls(scalars, {}, tables, data=self.data or None, prefix="value", quiet=True)
        for one in scalars:
            words = _("%(label)s: the text or value") % {"label": one.label}
            self.controls.fields[one.path].widget.attrs["aria-label"] = words

    # what was typed

    def _said(self, name: str) -> str:
        """Blanks at the ends are meant: somebody may add “ (archive)” to a text."""
        return str(self.data.get(name, "")).replace("\r\n", "\n")

    @cached_property
    def actions(self) -> list[Action]:
        return [found for one in self.settable if (found := self._action(one))]

    def _action(self, one: Field) -> Action | None:
        do, value = self._said(f"do-{one.path}"), self._said(f"value-{one.path}")
        match do:
            case "":
                return None
            case "clear":
                return {"path": one.path, "do": do}
            case "replace":
                texts = {"find": self._said(f"find-{one.path}"), "how": self._said(f"how-{one.path}") or "exact"}
                return {"path": one.path, "do": do, "value": value, **texts}
            case "append":
                return {"path": one.path, "do": do, "value": value}
        return {"path": one.path, "do": do, "value": tidy(value)}

    @cached_property
    def only(self) -> list[Condition]:
        rows = self._filled()
        return [{"path": row.path, "is": row.test, "value": row.value} for row in rows if row.path]

    def _filled(self) -> Iterator[ConditionRow]:
        for n in range(MOST_CONDITIONS):
            path, test, value = (self._said(f"only-{n}-{name}").strip() for name in ("path", "is", "value"))
            if path or value:
                yield ConditionRow(n, path, test or "is", value)

    @property
    def params(self) -> dict[str, Any]:
        """For the job, or a recipe."""
        return {"actions": self.actions, "only": self.only}

    def is_valid(self) -> bool:
        self.is_checked = True
        if not self.actions:
            self.errors.append(_("Nothing is chosen: every field says “don't change”. Choose what to do with one."))
        return not self.wrong

    # what the page shows

    @cached_property
    def rows(self) -> dict[str, Row]:
        chosen = {action["path"]: action for action in self.actions} if self.is_checked else {}
        return {one.path: self._row(one, chosen.get(one.path)) for one in self.settable}

    def _row(self, one: Field, action: Action | None) -> Row:
        return Row(
            one,
            self._said(f"do-{one.path}"),
            [(do, words) for do, words in DOES.items() if self._can(do, one)],
            self.controls[one.path] if one.kind not in CELLED else None,
            self._said(f"find-{one.path}"),
            self._said(f"how-{one.path}") or "exact",
            actions.problem(one, action, self.tables) if action else "",
        )

    def _can(self, do: str, one: Field) -> bool:
        if do in ("replace", "append"):
            return one.kind in TEXTS and checks.options(one, self.tables) is None
        return not do or (not one.required if do == "clear" else one.kind not in CELLED)

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        found = (
            (str(group.label), [self.rows[one.path] for one in group.fields if one.path in self.rows])
            for group in self.kind.groups
        )
        return [(label, rows) for label, rows in found if rows]

    @cached_property
    def condition_rows(self) -> list[ConditionRow]:
        """Those that were filled in, and empty ones to fill in."""
        filled = list(self._filled())
        shown = [
            ConditionRow(n, row.path, row.test, row.value, self._condition_error(row)) for n, row in enumerate(filled)
        ]
        more = range(len(filled), max(CONDITIONS, len(filled) + 1))
        return [*shown, *(ConditionRow(n, "", "is", "") for n in more)]

    def _condition_error(self, row: ConditionRow) -> str:
        if not self.is_checked:
            return ""
        if not row.path:
            return _("Choose the field that this is about.")
        return conditions.problem(self.kind, {"path": row.path, "is": row.test, "value": row.value}, self.tables)

    @property
    def choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """All fields by their groups, for conditions."""
        return [(str(group.label), [(one.path, str(one.label)) for one in group.fields]) for group in self.kind.groups]

    tests = conditions.TESTS
    hows = HOWS

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong."""
        fields = [(f"do-{path}", str(row.field.label), row.error) for path, row in self.rows.items() if row.error]
        only = [(f"only-{row.number}-path", _("Only where"), row.error) for row in self.condition_rows if row.error]
        return [*(("bulk-form", _("Bulk edit"), sentence) for sentence in self.errors), *fields, *only]

    @property
    def closed_tables(self) -> bool:
        """Whether some list of codes could not be read."""
        return any(table.error for table in self.tables.values())


def data_of(kind: Kind, params: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What the form holds for these params; and the fields that it has not, by their paths."""
    data: dict[str, str] = {}
    unknown = []
    for action in params.get("actions", []):
        one = actions.named(kind, str(action.get("path")))
        if one is None or one.settable not in ("always", "local"):
            unknown.append(str(action.get("path")))
            continue
        data |= {f"{name}-{one.path}": str(action[name]) for name in ("do", "value", "find", "how") if name in action}
    for n, condition in enumerate(params.get("only", [])):
        found = actions.named(kind, str(condition.get("path")))
        if found is None:
            unknown.append(str(condition.get("path")))
            continue
        said = {"path": found.path, "is": condition.get("is", ""), "value": condition.get("value", "")}
        data |= {f"only-{n}-{name}": str(text) for name, text in said.items()}
    return data, unknown
