"""The forms of direct borrowing: a transaction, the patron's names, what the list is narrowed to."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import tidy
from almaportal.days import sensible
from almaportal.people.verdict import today
from circulation import alma
from circulation.cancelling import REASONS
from circulation.models import Transaction
from circulation.partner_patron import Names
from circulation.steps import undecided, was_done

# field → its code table
CODES = {
    "group": "UserGroups",
    "library": "libraries",
    "pickup_library": "libraries",
    "material": "PhysicalMaterialType",
    "policy": "ItemPolicy",
}
OPTIONAL = {"policy", "material"}
AS_BEFORE = ("partner", "group", "library", "desk", "location", "material", "policy", "pickup_library", "pickup_desk")
MOST_NAMED = 20  # desks or locations in a sentence
OF_VIRTUAL = ("title", "material", "location")  # what only a virtual item needs


def wrong(form: forms.BaseForm) -> list[tuple[str, str, str]]:
    """(id of the control, label, sentence) of everything that is wrong."""
    named = [(form[name].id_for_label, str(form[name].label), errors) for name, errors in form.errors.items()]
    return [(html_id, label, str(sentence)) for html_id, label, errors in named for sentence in errors]


class TransactionForm(forms.ModelForm):
    """A transaction; of one that has begun, what was sent to Alma already cannot be changed."""

    use_required_attribute = False

    class Meta:
        model = Transaction
        fields = (
            *("number", "partner", "patron", "group", "until", "is_virtual", "barcode", "title", "author"),
            *("material", "policy", "library", "desk", "location", "pickup_library", "pickup_desk"),
        )
        labels = {
            "number": gettext_lazy("Number at the hub"),
            "partner": gettext_lazy("Partner"),
            "patron": gettext_lazy("ID of the patron"),
            "group": gettext_lazy("User group"),
            "until": gettext_lazy("Valid until"),
            "is_virtual": gettext_lazy("The item"),
            "barcode": gettext_lazy("Barcode"),
            "title": gettext_lazy("Title"),
            "author": gettext_lazy("Author"),
            "material": gettext_lazy("Material type"),
            "policy": gettext_lazy("Item policy"),
            "library": gettext_lazy("Lending library"),
            "desk": gettext_lazy("Lending desk (code)"),
            "location": gettext_lazy("Location (code)"),
            "pickup_library": gettext_lazy("Pickup library"),
            "pickup_desk": gettext_lazy("Pickup desk (code)"),
        }
        error_messages = {"number": {"unique": gettext_lazy("There is a transaction with this number already.")}}
        help_texts = {
            "number": gettext_lazy("One number is one transaction: the same cannot be begun twice."),
            "patron": gettext_lazy(
                "Primary ID, barcode or another ID. If nobody has it, a patron is made with it as the primary ID. No"
                " name here."
            ),
            "until": gettext_lazy("A new patron expires on this day; an expired one is renewed until then."),
            "location": gettext_lazy("The library's location for direct borrowing; only for a virtual item."),
            "pickup_desk": gettext_lazy("Empty: the library alone."),
        }

    PARTS = (
        (gettext_lazy("Transaction"), ("number", "partner")),
        (gettext_lazy("Patron"), ("patron", "group", "until")),
        (
            gettext_lazy("Item"),
            ("is_virtual", "barcode", "title", "author", "material", "policy", "location"),
        ),
        (gettext_lazy("Where"), ("library", "desk", "pickup_library", "pickup_desk")),
    )

    def __init__(self, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        is_virtual = forms.TypedChoiceField(
            label=self.Meta.labels["is_virtual"],
            choices=[
                ("", gettext_lazy("a real one of the library")),
                ("yes", gettext_lazy("a virtual one, made for it")),
            ],
            coerce=bool,
            required=False,
            widget=forms.RadioSelect,
        )
        self.fields["is_virtual"] = is_virtual
        self.initial["is_virtual"] = "yes" if self.initial.get("is_virtual") else ""
        self.fields["until"] = forms.DateField(
            label=self.Meta.labels["until"],
            help_text=self.Meta.help_texts["until"],
            validators=[sensible],
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )
        self._offer_codes()
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        for name in locked(self.instance) if self.instance.pk else ():
            self.fields[name].disabled = True

    def _offer_codes(self) -> None:
        """Lists of codes; where Alma's Configuration is closed codes are typed."""
        tables = codes.tables(CODES.values())
        self.closed_tables = any(tables[table].error for table in CODES.values())
        for name, table in CODES.items():
            if options := tables[table].options:
                self.fields[name] = forms.ChoiceField(
                    label=self.Meta.labels[name],
                    choices=[("", "–"), *self._with_own(name, options).items()],
                    required=name not in OPTIONAL,
                )

    def _with_own(self, name: str, options: Mapping[str, str]) -> dict[str, str]:
        """A code that stands there already stays to choose, whether the list has it or not."""
        own = self.initial.get(name) or ""
        return dict(options) if not own or own in options else {**options, own: own}

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < today() and not self.fields["until"].disabled:
            raise forms.ValidationError(_("This day lies behind."))
        return until

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        found = {name: tidy(value) if isinstance(value, str) else value for name, value in found.items()}
        found["is_virtual"] = bool(found.get("is_virtual"))
        for name in ("number", "partner", "patron", "barcode"):
            if found.get(name) == "":  # nothing but signs that nobody sees
                self.add_error(name, _("This field is required."))
        if found.get("is_virtual"):
            for name in OF_VIRTUAL:
                if not found.get(name) and name not in self.errors:
                    self.add_error(name, _("A virtual item needs this."))
        no_desk = _("This library has no such desk. It has: %(places)s.")
        self._check_place(found, "desk", "library", alma.desks, no_desk)
        self._check_place(found, "pickup_desk", "pickup_library", alma.desks, no_desk)
        if found["is_virtual"]:
            no_location = _("This library has no such location. It has: %(places)s.")
            self._check_place(found, "location", "library", alma.locations, no_location)
        return found

    def _check_place(
        self, found: dict[str, Any], name: str, library: str, of: Callable[[str], list[tuple[str, str]]], wrong: str
    ) -> None:
        """Desks and locations are codes of their library; one call a library and day."""
        if not found.get(name) or not found.get(library) or self.fields[name].disabled:
            return
        try:
            known = dict(of(found[library]))
        except AlmaError:
            return
        if found[name] not in known:
            some = [f"{place} ({words})" for place, words in known.items()][:MOST_NAMED]
            listed = ", ".join([*some, *(["…"] if len(known) > MOST_NAMED else [])]) or _("none")
            self.add_error(name, wrong % {"places": listed})

    @property
    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(label), [self[name] for name in names]) for label, names in self.PARTS]

    def corrected(self) -> Transaction:
        """The transaction with what was corrected; what was found by an ID that is another now must be found again."""
        one: Transaction = self.instance
        if "patron" in self.changed_data:
            one.primary_id, one.nobody = "", False
        if {"barcode", "is_virtual"} & set(self.changed_data) and not was_done(one, "bib"):
            one.mms_id = one.holding_id = one.item_id = ""
        return one


def locked(one: Transaction) -> set[str]:
    """The fields that Alma has already, or may have."""

    def has(*names: str) -> bool:
        return any(was_done(one, name) or undecided(one, name) for name in names)

    asked = bool(one.request_id) or has("hold")
    found = {"number"}
    if asked or has("create_patron", "renew"):
        found |= {"patron", "group", "until"}
    if asked or has("bib"):
        found |= {"title", "author", "is_virtual"}
    if has("holding"):
        found |= {"library", "location"}
    if asked or has("item"):
        found |= {"barcode", "material", "policy", "location"}
    if asked:
        found |= {"pickup_library", "pickup_desk"}
    return found


class NamesForm(forms.Form):
    """Of a patron to be made: they go to Alma and are kept nowhere."""

    use_required_attribute = False
    last_name = forms.CharField(label=gettext_lazy("Last name"), required=False, max_length=255)
    first_name = forms.CharField(label=gettext_lazy("First name"), required=False, max_length=255)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for field in self.fields.values():
            field.widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    @property
    def names(self) -> Names:
        self.is_valid()
        return Names(*(tidy(self.cleaned_data.get(name, "")) for name in ("last_name", "first_name")))


class ReasonForm(forms.Form):
    """Why the hold is cancelled: a code of Alma's list, or typed where that cannot be read."""

    use_required_attribute = False
    reason = forms.CharField(label=gettext_lazy("Reason for the hold's end (code)"), max_length=100)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        if options := codes.tables([REASONS])[REASONS].options:
            choices = [("", "–"), *options.items()]
            self.fields["reason"] = forms.ChoiceField(label=_("Reason for the hold's end"), choices=choices)


class FilterForm(forms.Form):
    """Every field narrows the list."""

    state = forms.ChoiceField(
        label=gettext_lazy("Which"),
        required=False,
        choices=[("", gettext_lazy("all")), ("open", gettext_lazy("open")), ("closed", gettext_lazy("closed"))],
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[
            ("", gettext_lazy("any")),
            ("ERROR", gettext_lazy("error: a step was refused")),
            *Transaction.Status.choices,
        ],
    )
    whose = forms.ChoiceField(
        label=gettext_lazy("Whose"),
        required=False,
        choices=[("", gettext_lazy("everybody's")), ("mine", gettext_lazy("mine"))],
    )

    def filter(self, found: QuerySet[Transaction], user_id: int) -> QuerySet[Transaction]:
        self.is_valid()
        said = self.cleaned_data
        if said.get("state"):
            found = found.filter(closed__isnull=said["state"] == "open")
        if said.get("status") == "ERROR":
            found = found.exclude(failed="")
        elif said.get("status"):
            found = found.filter(status=said["status"])
        return found.filter(user_id=user_id) if said.get("whose") else found
