"""What people type on the pages of e-collections."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ecollections import alma


class SearchForm(forms.Form):
    """Search in the list of e-collections."""

    field = forms.ChoiceField(
        label=_("Search in"),
        required=False,
        choices=[
            ("name", _("Name")),
            ("keywords", _("Keywords")),
            ("interface_name", _("Interface")),
            ("po_line_id", _("PO line")),
        ],
    )
    q = forms.CharField(
        label=_("Search e-collections"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Words to look for"), "autocomplete": "off"}),
    )

    def clean_q(self) -> str:
        text = str(self.cleaned_data["q"])
        if text and not alma.query("name", text):
            raise forms.ValidationError(_("Type at least one letter or digit. This is the whole list."))
        return text

    def query(self) -> str:
        """The search as Alma takes it; "" for the whole list, also when what was typed cannot be searched for."""
        if not self.is_valid():
            return ""
        return alma.query(self.cleaned_data["field"] or "name", self.cleaned_data["q"])
