"""What the log of changes can be narrowed to."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from almaportal.changes.kinds import KINDS
from almaportal.changes.models import Change


def sensible(day: date) -> None:
    """Days that a midnight can be told of in every time zone."""
    if not 2000 <= day.year <= 2999:
        raise forms.ValidationError(_("The year lies between 2000 and 2999."))


class FilterForm(forms.Form):
    """Every field narrows the list; a value that makes no sense is said and narrows nothing."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    action = forms.ChoiceField(label=_("What"), required=False, choices=[("", _("any change")), *Change.Action.choices])
    state = forms.ChoiceField(label=_("Outcome"), required=False, choices=[("", _("any")), *Change.State.choices])
    record = forms.CharField(label=_("Record ID or title"), required=False, max_length=200)
    since = forms.DateField(
        label=_("From"), required=False, validators=[sensible], widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Until"), required=False, validators=[sensible], widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        ids = Change.objects.order_by().values_list("user_id", flat=True).distinct()
        people = get_user_model().objects.filter(pk__in=ids).order_by("username").values_list("pk", "username")
        self._choices("person", [("", _("everybody")), *((str(pk), name) for pk, name in people)])
        self._choices("kind", [("", _("every kind")), *((name, kind.label) for name, kind in KINDS.items())])

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
        if "since" in asked:
            changes = changes.filter(at__gte=midnight(asked["since"]))
        if "until" in asked:
            changes = changes.filter(at__lt=midnight(asked["until"] + timedelta(days=1)))
        return changes


def midnight(day: date) -> datetime:
    """The day begins where the library is."""
    return timezone.make_aware(datetime.combine(day, time.min))
