"""What goes along with a cancelling: the form for one, and for many."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma.records import tidy
from circulation import narrowing, record
from circulation.cancelling import OPEN_TYPES, REASONS, Words


class CancelForm(forms.Form):
    """What goes along with a cancelling: why, and whether Alma mails the person."""

    use_required_attribute = False
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=100)
    note = forms.CharField(
        label=gettext_lazy("Note to the person"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=gettext_lazy("Alma puts it into the mail; without a mail it goes nowhere."),
    )
    notify = forms.ChoiceField(
        label=gettext_lazy("Shall Alma mail the person?"),
        choices=[("yes", gettext_lazy("yes, as Alma does by itself")), ("no", gettext_lazy("no mail"))],
        widget=forms.RadioSelect,
        initial="yes",
    )
    ticket = forms.CharField(
        label=gettext_lazy("Reason or ticket"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
        help_text=gettext_lazy("For the log of changes of this portal."),
    )

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        table = codes.tables([REASONS])[REASONS]
        label = gettext_lazy("Reason, by Alma's list")
        if table.options:
            self.fields["reason"] = forms.ChoiceField(label=label, choices=[("", "–"), *table.options.items()])
        else:
            self.fields["reason"].label = _("Reason (code)")
            self.fields["reason"].help_text = _("Alma's list of codes cannot be read: type the code.")

    def clean_note(self) -> str:
        return tidy(self.cleaned_data["note"])

    def clean_ticket(self) -> str:
        return tidy(self.cleaned_data["ticket"])

    @property
    def words(self) -> Words:
        said = self.cleaned_data
        return Words(said["reason"], said["note"], said["notify"] == "yes")

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong."""
        named = [(self[name].id_for_label, str(self[name].label), errors) for name, errors in self.errors.items()]
        return [(html_id, label, str(sentence)) for html_id, label, errors in named for sentence in errors]


class ManyForm(CancelForm):
    """The same for many, and which of them: every filter leaves those alone that do not fit."""

    field_order = (*narrowing.FILTERS, "reason", "note", "notify", "ticket")
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("every state")), *narrowing.STATES.items()],
    )
    type = forms.ChoiceField(
        label=gettext_lazy("Type"),
        required=False,
        choices=[("", gettext_lazy("every type")), *((one, record.KINDS[one]) for one in OPEN_TYPES)],
    )
    pickup = forms.CharField(label=gettext_lazy("Picked up in"), required=False, max_length=100)
    older = forms.IntegerField(
        label=gettext_lazy("Placed at least so many days ago"),
        required=False,
        min_value=0,
        max_value=narrowing.MOST_DAYS,
        help_text=gettext_lazy("Empty: however long ago."),
    )
    expired = forms.BooleanField(
        label=gettext_lazy("Only those whose day until which they are wanted is over"), required=False
    )

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial)
        self.fields["notify"].label = _("Shall Alma mail the people?")
        self.fields["note"].label = _("Note to the people")
        libraries = codes.tables([narrowing.LIBRARIES])[narrowing.LIBRARIES].options
        if libraries:
            choices = [("", _("every library")), *libraries.items()]
            self.fields["pickup"] = forms.ChoiceField(label=_("Picked up in"), required=False, choices=choices)
        else:
            self.fields["pickup"].label = _("Picked up in (code of a library)")
        self.order_fields(self.field_order)

    def clean_pickup(self) -> str:
        return tidy(self.cleaned_data["pickup"])

    @property
    def filters(self) -> list[forms.BoundField]:
        return [self[name] for name in narrowing.FILTERS]

    @property
    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in narrowing.FILTERS]

    @property
    def params(self) -> dict[str, Any]:
        """For the job."""
        said = self.cleaned_data
        found = {name: said[name] for name in ("reason", "note", "state", "type", "pickup")}
        found["older"] = str(said["older"] or "")
        found["expired"] = "true" if said["expired"] else ""
        found = {name: text for name, text in found.items() if text}
        return {"set": {**found, "notify": "true" if said["notify"] == "yes" else "false"}}
