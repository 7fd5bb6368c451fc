"""What the log of changes can be narrowed to."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from almaportal.changes.kinds import RecordKind
from almaportal.changes.models import Change
from almaportal.days import between, day_field


class FilterForm(forms.Form):
    """Every field narrows the list; a value that makes no sense is said and narrows nothing."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    action = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("any change")), *Change.Action.choices])
    state = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("any")), *Change.State.choices])
    record = forms.CharField(label=_("Record ID or title"), required=False, max_length=200)
    since = day_field(_("From"))
    until = day_field(_("Until"))

    def __init__(self, data: Any, visible: QuerySet[Change], kinds: Sequence[RecordKind]) -> None:
        """visible, kinds: the changes and the kinds of records that may be seen."""
        super().__init__(data)
        ids = visible.order_by().values_list("user_id", flat=True).distinct()
        people = get_user_model().objects.filter(pk__in=ids).order_by("username").values_list("pk", "username")
        self._choices("person", [("", _("everybody")), *((str(pk), name) for pk, name in people)])
        self._choices("kind", [("", _("every kind")), *((kind.name, kind.label) for kind in kinds)])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def filter(self, changes: QuerySet[Change]) -> QuerySet[Change]:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        for name, column in (("person", "user_id"), ("kind", "kind"), ("action", "action"), ("state", "state")):
            if name in asked:
                changes = changes.filter(**{column: asked[name]})
        if "record" in asked:
            text = asked["record"].strip()
            changes = changes.filter(Q(record_id=text) | Q(title__icontains=text))
        return changes.filter(**between("at", asked.get("since"), asked.get("until")))
