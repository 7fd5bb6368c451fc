"""Days that a list is narrowed to: they begin where the library is."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def sensible(day: date) -> None:
    """Days that a midnight can be told of in every time zone."""
    if not 2000 <= day.year <= 2999:
        raise forms.ValidationError(_("The year lies between 2000 and 2999."))


def day_field(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, validators=[sensible], widget=widget)


def between(column: str, since: date | None, until: date | None) -> dict[str, datetime]:
    """What a query set is filtered by, so that the moments of `column` lie on these days; None for open."""
    found = {}
    if since:
        found[f"{column}__gte"] = midnight(since)
    if until:
        found[f"{column}__lt"] = midnight(until + timedelta(days=1))
    return found


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
