"""The form of a new patron: what Alma wants of each (facts 3.1), and what a desk knows of somebody who comes in."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, tidy
from almaportal.codes import Table
from almaportal.days import day_field
from almaportal.people import verdict

# field → its code table, and the code that is usual
CODES = {
    "user_group": ("UserGroups", ""),
    "record_type": ("AddNewUserOptions", "PUBLIC"),
    "account_type": ("UserUserType", "INTERNAL"),
    "status": ("ContentStructureStatus", "ACTIVE"),
}
TABLES = [name for name, _usual in CODES.values()]
EXTERNAL = "EXTERNAL"
TAKEN = "401851"  # whichever ID: its text has the type
# Alma's code → the field that it is about (facts 3.1, 3.3)
REFUSED = {
    TAKEN: "primary_id",
    "401852": "primary_id",
    "401853": "external_id",
    "401854": "external_id",
    "401855": "account_type",
    "401863": "email",
    "401864": "email",
}


class CreateForm(forms.Form):
    """Where Alma's code tables cannot be read its codes are typed."""

    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=255)
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=255, required=False)
    birth_date = forms.DateField(
        label=gettext_lazy("Birth date"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    primary_id = forms.CharField(label=gettext_lazy("Primary ID"), max_length=255)
    barcode = forms.CharField(label=gettext_lazy("Barcode"), max_length=255, required=False)
    user_group = forms.CharField(label=gettext_lazy("User group"), max_length=100)
    expiry_date = day_field(gettext_lazy("Expires on"))
    record_type = forms.CharField(label=gettext_lazy("Record type"), max_length=100)
    account_type = forms.CharField(label=gettext_lazy("Account type"), max_length=100)
    external_id = forms.CharField(
        label=gettext_lazy("External system"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Needed for external accounts: the code of the system that they come from."),
    )
    status = forms.CharField(label=gettext_lazy("Status"), max_length=100)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), required=False, max_length=255)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=100, required=False)
    line1 = forms.CharField(label=gettext_lazy("Street"), max_length=255, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=50, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=100, required=False)

    PERSON = ("last_name", "first_name", "birth_date", "primary_id", "barcode")
    ACCOUNT = ("user_group", "expiry_date", "record_type", "account_type", "external_id", "status")
    CONTACT = ("email", "phone", "line1", "postal_code", "city")

    def __init__(self, data: Any, tables: Mapping[str, Table]) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"  # what was typed of one patron is offered for no other
        for name, (table, usual) in CODES.items():
            if options := tables[table].options:
                self._choose(name, options)
            self.fields[name].initial = usual
        self.closed_tables = any(tables[table].error for table in TABLES)

    def _choose(self, name: str, options: Mapping[str, str]) -> None:
        """A list of codes; a group is chosen, never taken because it is the first."""
        old = self.fields[name]
        choices = [("", "–")] if name == "user_group" else []
        self.fields[name] = forms.ChoiceField(label=old.label, choices=[*choices, *options.items()])

    def clean_expiry_date(self) -> date | None:
        last: date | None = self.cleaned_data["expiry_date"]
        if last and last < verdict.today():
            raise forms.ValidationError(_("This day lies behind: the new patron would be expired at once."))
        return last

    def clean(self) -> dict[str, Any]:
        found = {
            name: tidy(value) if isinstance(value, str) else value for name, value in (super().clean() or {}).items()
        }
        for name in ("last_name", "primary_id"):
            if found.get(name) == "":  # nothing but signs that nobody sees
                self.add_error(name, _("This field is required."))
        is_external = found.get("account_type") == EXTERNAL
        if is_external and not found.get("external_id"):
            self.add_error("external_id", _("An external account needs the code of its system."))
        if found.get("external_id") and not is_external:
            self.add_error("external_id", _("Only an external account comes from an external system."))
        if any(found.get(name) for name in ("postal_code", "line1")) and not found.get("city"):
            self.add_error("city", _("An address needs its city."))
        if any(found.get(name) for name in ("postal_code", "city")) and not found.get("line1"):
            self.add_error("line1", _("An address needs its street."))
        return found

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Heading and fields, as the page shows them."""
        named = ((_("Person"), self.PERSON), (_("Account"), self.ACCOUNT), (_("Contact"), self.CONTACT))
        return [(label, [self[name] for name in names]) for label, names in named]

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id, label, sentence) of what must be corrected."""
        return [
            (self[name].id_for_label, str(self[name].label), str(sentence))
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]

    def refuse(self, error: AlmaError) -> None:
        """Put Alma's refusal beside the field that it is about, where its code or its words name one."""
        named = (name for name in self.fields if error.said.code == "401664" and error.said.text.endswith(f": {name}"))
        name = REFUSED.get(error.said.code) or next(named, "")
        if error.said.code == TAKEN and self.cleaned_data["barcode"] and "BARCODE" in error.said.text.upper():
            name = "barcode"
        if name:
            self.add_error(name, error.hint)

    def body(self) -> Record:
        """The record as Alma takes it: of a valid form."""
        said = self.cleaned_data
        record: Record = {name: {"value": said[name]} for name in CODES}
        record |= {name: said[name] for name in ("primary_id", "last_name", "first_name", "external_id") if said[name]}
        record |= {name: f"{said[name].isoformat()}Z" for name in ("birth_date", "expiry_date") if said[name]}
        segment = {"segment_type": "External" if said["account_type"] == EXTERNAL else "Internal"}
        if said["barcode"]:
            barcode = {"value": said["barcode"], "id_type": {"value": "BARCODE"}, "status": "ACTIVE", **segment}
            record["user_identifier"] = [barcode]
        if contacts := self._contacts(segment):
            record["contact_info"] = contacts
        return record

    def _contacts(self, segment: dict[str, str]) -> Record:
        said, first = self.cleaned_data, {"preferred": True, **segment}
        found: Record = {}
        if said["email"]:
            found["email"] = [{"email_address": said["email"], "email_type": [{"value": "personal"}], **first}]
        if said["phone"]:
            found["phone"] = [{"phone_number": said["phone"], "phone_type": [{"value": "home"}], **first}]
        if said["line1"]:
            address = {name: said[name] for name in ("line1", "postal_code", "city") if said[name]}
            found["address"] = [{**address, "address_type": [{"value": "home"}], **first}]
        return found
