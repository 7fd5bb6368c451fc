"""The forms of blocks: for one person, and for many."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import code, tidy
from almaportal.codes import Table
from almaportal.days import sensible
from almaportal.people import verdict
from almaportal.people.writing import PROTECTED
from patrons import blocks
from patrons.blocks import NOTE_LIMIT, Row

TYPES, DESCRIPTIONS = "UserBlockTypes", "UserBlockDescription"
TABLES = (TYPES, DESCRIPTIONS)
REASON_LIMIT = 300
# Which field Alma's refusals of a PUT are about, when its text names what was typed there (facts 3.3, 9.2).
ABOUT_A_CODE = {"40166404", "40166410", "40166411"}
ABOUT_A_VALUE = {"401863", "401864", "401652", "401676", *ABOUT_A_CODE}


class BlockForm(forms.Form):
    """A block. row: the one that is edited, whose type and description stay; None for a new one."""

    use_required_attribute = False
    type = forms.CharField(label=gettext_lazy("Type"), max_length=255)
    description = forms.CharField(label=gettext_lazy("Description"), max_length=255)
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))
    expiry = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: until somebody lifts it."),
        widget=forms.DateInput(attrs={"type": "date", "max": "2999-12-31"}, format="%Y-%m-%d"),
        validators=[sensible],
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason or ticket"),
        required=False,
        max_length=REASON_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        help_text=gettext_lazy("For the log of changes of this portal."),
    )

    def __init__(
        self, tables: Mapping[str, Table], row: Row | None = None, data: Any = None, is_external: bool = False
    ) -> None:
        self.tables = tables
        super().__init__(data, initial={"type": "GENERAL"} if row is None else _shown(row))
        self.row = row
        self.fields["note"].required = row is None
        for name, table in (("type", TYPES), ("description", DESCRIPTIONS)):
            if row is not None:
                del self.fields[name]
            else:
                self._offer(name, tables[table])
        if is_external:
            self.fields["override"] = forms.MultipleChoiceField(
                label=_("Fields that Alma protects"),
                required=False,
                choices=[(name, name.replace("_", " ")) for name in PROTECTED],
                widget=forms.CheckboxSelectMultiple,
            )

    def _offer(self, name: str, table: Table) -> None:
        """A choice where Alma's table can be read; else a code is typed."""
        label = self.fields[name].label
        if table.error or not table.options:
            self.fields[name].label = _("%(label)s (code)") % {"label": label}
            self.fields[name].help_text = _("Alma's list of codes cannot be read: type the code.")
            return
        first = [] if name == "type" else [("", "–")]
        self.fields[name] = forms.ChoiceField(label=label, choices=[*first, *table.options.items()])

    def clean_note(self) -> str:
        note = tidy(self.cleaned_data["note"])
        if not note and self.fields["note"].required:
            raise forms.ValidationError(_("Say why: whoever is asked at the desk reads this."))
        if len(note) > NOTE_LIMIT:
            raise forms.ValidationError(_("Alma takes 2,000 characters; these are %(n)d.") % {"n": len(note)})
        return note

    def clean_expiry(self) -> Any:
        last = self.cleaned_data["expiry"]
        if last and last < verdict.today() and not (self.row and last == blocks.last_day(self.row)):
            raise forms.ValidationError(_("This day lies behind. To end a block now, lift it."))
        return last

    def clean_reason(self) -> str:
        return tidy(self.cleaned_data["reason"])

    @property
    def plain(self) -> list[forms.BoundField]:
        """The fields one after another; what is rarely wanted stands apart."""
        return [self[name] for name in self.fields if name != "override"]

    @property
    def override_boxes(self) -> forms.BoundField:
        return self["override"]

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong."""
        named = [(self[name].id_for_label, str(self[name].label), errors) for name, errors in self.errors.items()]
        return [(html_id, label, str(sentence)) for html_id, label, errors in named for sentence in errors]

    @property
    def override(self) -> list[str]:
        found: list[str] = self.cleaned_data.get("override", [])
        return found

    def new_row(self, who: str) -> Row:
        said = self.cleaned_data
        called = self.tables[DESCRIPTIONS].options.get(said["description"], "")
        return blocks.new(said["type"], said["description"], said["note"], said["expiry"], who, called)

    def refuse(self, error: AlmaError) -> None:
        """Alma's word beside the field whose value it names; where it names none, beside the code that is new."""
        if error.said.code not in ABOUT_A_VALUE:
            return
        for name in ("description", "type", "expiry", "note"):
            typed = str(self.data.get(name, "")).strip()
            if name in self.fields and typed and typed in error.said.text:
                self.add_error(name, _("Alma: %(text)s") % {"text": error.said.text})
                return
        if error.said.code in ABOUT_A_CODE and "description" in self.fields:
            self.add_error("description", _("Alma: %(text)s") % {"text": error.said.text})


class LiftForm(BlockForm):
    """What is said when a block is lifted; a note only where the block stays (keeps)."""

    def __init__(self, row: Row, keeps: bool, data: Any = None, is_external: bool = False) -> None:
        super().__init__({}, row, data, is_external)
        del self.fields["expiry"]
        self.fields["reason"].label = _("Why it is lifted")
        self.fields["note"].label = _("Note on the block")
        if not keeps:
            del self.fields["note"]


class BulkForm(BlockForm):
    """Blocks for many people: added, or lifted, which takes the description alone."""

    field_order = ("do", "ids")
    do = forms.ChoiceField(
        label=gettext_lazy("What shall be done?"),
        choices=[("add", gettext_lazy("Add a block")), ("lift", gettext_lazy("Lift blocks"))],
        widget=forms.RadioSelect,
        initial="add",
    )
    ids = forms.CharField(
        label=gettext_lazy("IDs of people, one a line"),
        help_text=gettext_lazy(
            "Primary IDs, barcodes or other identifiers; of a table, the first column. The job keeps the primary IDs, "
            "and of what nobody has only what looks like an ID. What nobody let it look up for a day is forgotten, and "
            "the job ends."
        ),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "dir": "auto"}),
    )

    def __init__(self, tables: Mapping[str, Table], data: Any = None) -> None:
        super().__init__(tables, data=data)
        self.is_lift = bool(data) and data.get("do") == "lift"
        self.fields["note"].required = not self.is_lift
        self.order_fields(self.field_order)

    def clean_ids(self) -> list[str]:
        lines = (tidy(line.split("\t")[0]) for line in self.cleaned_data["ids"].splitlines())
        found = list(dict.fromkeys(line for line in lines if line))
        if not found:
            raise forms.ValidationError(_("There is no ID in it."))
        return found

    def clean_note(self) -> str:
        return "" if self.is_lift else super().clean_note()

    def clean_expiry(self) -> Any:
        return None if self.is_lift else super().clean_expiry()

    @property
    def params(self) -> dict[str, Any]:
        """For the job."""
        said = self.cleaned_data
        if self.is_lift:
            return {"set": {"description": said["description"]}}
        found = {"type": said["type"], "description": said["description"], "note": said["note"]}
        found["expiry"] = said["expiry"].isoformat() if said["expiry"] else ""
        return {"set": {name: value for name, value in found.items() if value}}


def _shown(row: Row) -> dict[str, Any]:
    return {"note": code(row.get("block_note")), "expiry": blocks.last_day(row)}
