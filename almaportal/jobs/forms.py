"""What the lists of jobs and of their items can be narrowed to, and when a job is started."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from almaportal.accounts.roles import VIEW_ALL_JOBS
from almaportal.alma import clock
from almaportal.days import between, day_field
from almaportal.jobs.kinds import KINDS, hidden_from
from almaportal.jobs.models import Item, Job

EVERYBODY = "all"
UNSEEN = "unseen"  # no verdict yet
LEFT = "left to do"  # pending or sent
OTHERWISE = "otherwise"  # went or will go otherwise than wanted
WRONG = (Item.State.FAILED, Item.State.UNSURE, Item.State.SKIPPED)
LEFT_OUT = (Item.Verdict.REFUSED, Item.Verdict.LEFT, Item.Verdict.MISSING, Item.Verdict.UNREAD)
TONIGHT = 22  # o'clock
AHEAD = timedelta(days=366)


class FilterForm(forms.Form):
    """Every field narrows the list; a value that makes no sense is said and narrows nothing. Who sees all jobs begins
    with their own."""

    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("any")), *Job.State.choices])
    since = day_field(_("From"))
    until = day_field(_("Until"))

    def __init__(self, data: Any, user: Any) -> None:
        super().__init__(data)
        self.user = user
        hidden = hidden_from(user)
        kinds = [(name, kind.label) for name, kind in KINDS.items() if name not in hidden]
        self._choices("kind", [("", _("every kind")), *kinds])
        if not user.has_perm(VIEW_ALL_JOBS):
            del self.fields["person"]
            return
        ids = Job.objects.order_by().values_list("user_id", flat=True).distinct()
        others = get_user_model().objects.filter(pk__in=ids).exclude(pk=user.pk).order_by("username")
        names = ((str(pk), name) for pk, name in others.values_list("pk", "username"))
        self._choices("person", [("", _("mine")), (EVERYBODY, _("everybody")), *names])

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def filter(self, jobs: QuerySet[Job]) -> QuerySet[Job]:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        person = asked.get("person")
        if person != EVERYBODY:
            jobs = jobs.filter(user_id=person or self.user.pk)
        jobs = jobs.filter(**{name: asked[name] for name in ("kind", "state") if name in asked})
        return jobs.filter(**between("created", asked.get("since"), asked.get("until")))


class ItemsForm(forms.Form):
    """The same for the items of a job."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("any")),
            (LEFT, _("left to do")),
            (OTHERWISE, _("all that went otherwise")),
            *Item.State.choices,
        ],
    )
    verdict = forms.ChoiceField(
        label=_("Review"),
        required=False,
        choices=[
            ("", _("any")),
            (UNSEEN, _("not looked at")),
            (OTHERWISE, _("all that is left out")),
            *Item.Verdict.choices,
        ],
    )
    code = forms.CharField(label=_("Alma's code"), required=False, max_length=60)
    q = forms.CharField(label=_("Title, path or message"), required=False, max_length=500)

    def filter(self, items: QuerySet[Item]) -> QuerySet[Item]:
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        if state := asked.get("state"):
            several = {LEFT: (Item.State.PENDING, Item.State.SENT), OTHERWISE: WRONG}
            items = items.filter(state__in=several.get(state, (state,)))
        if verdict := asked.get("verdict"):
            items = items.filter(verdict__in={UNSEEN: ("",), OTHERWISE: LEFT_OUT}.get(verdict, (verdict,)))
        if "code" in asked:
            items = items.filter(code=asked["code"])
        if text := asked.get("q"):
            items = items.filter(Q(title__icontains=text) | Q(path__icontains=text) | Q(message__icontains=text))
        return items


class StartForm(forms.Form):
    """When, and whether a mail is wanted at the end. review_key: of the review that was shown."""

    when = forms.ChoiceField(choices=[("now", _("now")), ("tonight", _("tonight")), ("at", _("at a time"))])
    at = forms.DateTimeField(label=_("Start at"), required=False)
    mails = forms.BooleanField(required=False)
    review_key = forms.CharField(max_length=20, required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("when") != "at" and found.get("at"):
            self.add_error("at", _("A time was given, and “at” was not chosen: say which of the two is meant."))
        elif found.get("when") == "at" and not self.errors:
            at, now = found.get("at"), clock.moment()
            if at is None:
                self.add_error("at", _("Say at which time it shall start."))
            elif not now < at <= now + AHEAD:
                self.add_error("at", _("The time to start lies ahead, within a year."))
        return found

    @property
    def moment(self) -> datetime | None:
        """When a valid form says that the job starts; None for now."""
        match self.cleaned_data["when"]:
            case "at":
                at: datetime = self.cleaned_data["at"]
                return at
            case "tonight":
                return tonight()
        return None


def tonight() -> datetime:
    """The next time that it is ten in the evening where the library is."""
    now = timezone.localtime(clock.moment())
    at = now.replace(hour=TONIGHT, minute=0, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)
