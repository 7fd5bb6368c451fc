"""The form of the rules about calls. What is left empty holds as the settings say."""

import re
from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import env
from almaportal.accounts.roles import ROLE_NAMES
from almaportal.alma.rules import WARN_AT, stored_as
from almaportal.jobs.kinds import KINDS
from almaportal.usage import rules_words

USUAL_LIMIT = 25  # calls a second, of most institutions (facts 1.1)
BUDGET = "budget_"  # and its name: a field's
NUMBER = {"inputmode": "decimal", "autocomplete": "off", "size": "8"}
PACE = gettext_lazy("A number of calls a second from 0.1 to 1000, such as 20 or 0.5; or nothing.")
CALLS = gettext_lazy("A whole number of calls a day from 1 on, such as 5000, without dots or commas; or nothing.")
TIME = gettext_lazy("A time such as 22:00.")


class WholeNumber(forms.IntegerField):
    """Digits alone: Django takes 5.000 for 5, and Python 1_000 for 1000."""

    pattern = "[0-9]+"

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not re.fullmatch(self.pattern, str(value).strip()):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class DecimalNumber(WholeNumber, forms.FloatField):
    pattern = r"[0-9]+(\.[0-9]+)?"


def _same(sentence: Any, *kinds: str) -> dict[str, Any]:
    return dict.fromkeys(kinds, sentence)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(
        label=label, required=False, widget=widget, input_formats=["%H:%M"], error_messages=_same(TIME, "invalid")
    )


class RulesForm(forms.Form):
    """stored: the rules that it begins with, as rules.stored_as writes them."""

    use_required_attribute = False
    pace = DecimalNumber(
        label=gettext_lazy("Calls a second, at most"),
        required=False,
        min_value=0.1,
        max_value=1000,
        widget=forms.TextInput(attrs=NUMBER),
        error_messages=_same(PACE, "invalid", "min_value", "max_value"),
    )
    reserve = forms.CharField(
        label=gettext_lazy("Calls that jobs leave for people"), required=False, widget=forms.TextInput(attrs=NUMBER)
    )
    quiet_from = _time(gettext_lazy("From"))
    quiet_to = _time(gettext_lazy("Until"))
    quiet_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days that they begin on"),
        required=False,
        coerce=int,
        choices=list(enumerate(rules_words.DAYS)),
        widget=forms.CheckboxSelectMultiple,
    )
    warn_at = forms.TypedMultipleChoiceField(
        label=gettext_lazy("When so much of the day's calls, or of a budget, is used"),
        required=False,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    warn_of_end = forms.BooleanField(
        label=gettext_lazy("When the calls would run out before 00:00 GMT at the present pace"), required=False
    )

    def __init__(self, stored: dict[str, Any], data: Any = None) -> None:
        super().__init__(data, initial=_shown(stored))
        self.fields["pace"].help_text = _(
            "%(limit)d is the institution's limit in most places, for all its programs together. "
            "Empty: ALMA_CALLS_PER_SECOND = %(pace)s holds."
        ) % ({"limit": USUAL_LIMIT} | _settings())
        self.fields["reserve"].help_text = (
            _(
                "A share of the day's calls such as 20%%, or a number of them such as 5000. "
                "Empty: ALMA_RESERVE = %(reserve)s holds."
            )
            % _settings()
        )
        for name, setting in _settings().items():
            self.fields[name].widget.attrs["placeholder"] = setting
        percents = sorted({*WARN_AT, *stored.get("warn_at", ())})
        self.fields["warn_at"].choices = [(n, f"{n} %") for n in percents]  # type: ignore[attr-defined]
        self.roles = [f"role:{role}" for role in ROLE_NAMES]
        others = {f"kind:{kind}" for kind in KINDS} | stored.get("budgets", {}).keys() - set(self.roles)
        self.kinds = sorted(others, key=_label)
        for name in (*self.roles, *self.kinds):
            self.fields[f"{BUDGET}{name}"] = WholeNumber(
                label=_label(name),
                required=False,
                min_value=1,
                max_value=10**9,
                widget=forms.TextInput(attrs=NUMBER),
                error_messages=_same(CALLS, "invalid", "min_value", "max_value"),
            )

    def clean_reserve(self) -> tuple[float, bool] | None:
        typed = self.cleaned_data["reserve"].replace(" ", "")
        found = env.as_share(typed) if typed else None
        if typed and found is None:
            raise forms.ValidationError(
                _(
                    "A share from 0% to 100%, or a whole number of calls such as 5000, without dots or commas; "
                    "or nothing."
                )
            )
        return found

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in {"quiet_from", "quiet_to"} & self.errors.keys():
            self.fields[name].widget.input_type = "text"  # type=time shows times only
        if {"quiet_from", "quiet_to", "quiet_days"} & self.errors.keys():
            return found
        begin, end = found.get("quiet_from"), found.get("quiet_to")
        if begin is None and end is None:
            return found
        if begin is None or end is None:
            name = "quiet_from" if begin is None else "quiet_to"
            self.add_error(name, _("Quiet hours need both times, or neither."))
        elif begin == end:
            self.add_error("quiet_to", _("They end at another time than they begin. Over midnight is fine."))
        elif not found.get("quiet_days"):
            self.add_error("quiet_days", _("Choose at least one day, or take both times away."))
        return found

    @property
    def stored(self) -> dict[str, Any]:
        """What a valid form says, as rules.stored_as writes it."""
        said = self.cleaned_data
        begin, end = said["quiet_from"], said["quiet_to"]
        budgets = {name: said[f"{BUDGET}{name}"] for name in (*self.roles, *self.kinds)}
        return stored_as(
            pace=said["pace"],
            reserve=said["reserve"],
            budgets={name: calls for name, calls in budgets.items() if calls is not None},
            quiet=(begin, end) if begin is not None else None,
            quiet_days=said["quiet_days"],
            warn_at=said["warn_at"],
            warn_of_end=said["warn_of_end"],
        )

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong."""
        return [
            (self[name].id_for_label or self[name].auto_id, str(self[name].label), str(sentence))
            for name, errors in self.errors.items()
            for sentence in errors
        ]

    @property
    def quiet_times(self) -> list[forms.BoundField]:
        return [self["quiet_from"], self["quiet_to"]]

    def budget(self, name: str) -> forms.BoundField:
        return self[f"{BUDGET}{name}"]


def _settings() -> dict[str, str]:
    """What holds where a field is empty."""
    return {"pace": rules_words.plain(settings.ALMA_CALLS_PER_SECOND), "reserve": _typed(settings.ALMA_RESERVE)}


def _label(name: str) -> str:
    """Of a budget, where others of its like stand around it."""
    what, _colon, whose = name.partition(":")
    if what == "role":
        return str(ROLE_NAMES[whose])
    return str(KINDS[whose].label) if whose in KINDS else whose


def _shown(stored: dict[str, Any]) -> dict[str, Any]:
    """The fields as people would have typed them."""
    begin, end = (time.fromisoformat(one) for one in stored["quiet"]) if "quiet" in stored else (None, None)
    fields = {
        "pace": rules_words.plain(stored["pace"]) if "pace" in stored else "",
        "reserve": _typed(stored["reserve"]) if "reserve" in stored else "",
        "quiet_from": begin,
        "quiet_to": end,
        "quiet_days": stored.get("quiet_days", list(range(7))),
        "warn_at": stored.get("warn_at", list(WARN_AT)),
        "warn_of_end": stored.get("warn_of_end", True),
    }
    return fields | {f"{BUDGET}{name}": calls for name, calls in stored.get("budgets", {}).items()}


def _typed(reserve: Sequence[Any]) -> str:
    amount, is_share = reserve
    return f"{rules_words.plain(100 * amount)}%" if is_share else rules_words.plain(amount)
