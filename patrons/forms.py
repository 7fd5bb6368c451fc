"""What people type to find a person."""

from django import forms
from django.utils.translation import gettext_lazy as _

from patrons import finding


class SearchForm(forms.Form):
    """A search in one field; it is sent by POST, so that no name stands in an address."""

    field = forms.ChoiceField(label=_("Search in"), choices=[(name, one.label) for name, one in finding.FIELDS.items()])
    text = forms.CharField(
        label=_("Search people"),
        max_length=200,
        error_messages={"required": _("Type what to look for.")},
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Maria Berg, or Berg, Maria"), "autocomplete": "off"}
        ),
    )
    shown = forms.ChoiceField(choices=field.choices, required=False, widget=forms.HiddenInput)
    loose = forms.BooleanField(label=_("Show also what Alma finds besides"), required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=10**6, widget=forms.HiddenInput)
    back = forms.IntegerField(required=False, min_value=1, max_value=10**6, widget=forms.HiddenInput)
