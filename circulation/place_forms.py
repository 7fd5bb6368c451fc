"""The form of a request: what Alma takes of each type (facts 5.1 to 5.3)."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal import codes
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, moment, tidy
from almaportal.days import day_field, sensible
from almaportal.people.verdict import today
from circulation import alma
from circulation.wanted import TITLE, Wanted

# Alma's library for what comes from and goes to other institutions: no place of pickup (facts 5.2). The flag
# `resource_sharing` says less: ordinary libraries that take part have it too.
NO_PICKUP = "RES_SHARE"
LIBRARY, DESK, INSTITUTION = "LIBRARY", "CIRCULATION_DESK", "INSTITUTION"
PLACES = [
    (LIBRARY, gettext_lazy("a library")),
    (DESK, gettext_lazy("a desk of a library")),
    ("USER_HOME_ADDRESS", gettext_lazy("sent to the home address")),
    ("USER_WORK_ADDRESS", gettext_lazy("sent to the work address")),
    (INSTITUTION, gettext_lazy("another institution")),
]
# Alma's code → the field that it is about (facts 5.3)
REFUSED = {
    "401891": "library",
    "401895": "desk",
    "60308": "where",
    "60309": "where",
    "60310": "where",
    "60324": "where",
    "60325": "institution",
    "60326": "their_library",
    "60327": "their_library",
    "60330": "pages",
}
PICKUP = ("where", "library", "desk", "institution", "their_library")
PART = ("chapter", "chapter_author", "pages", "number", "issue", "part")
NUMBERED = ("number", "issue")  # of a part; Alma refuses them without a digit (60330)
FIELDS = {
    "HOLD": (*PICKUP, "last_day", "volume", "comment"),
    "DIGITIZATION": ("extent", *PART, "volume", "copyright", "last_day", "comment"),
    "BOOKING": ("begins", "ends", *PICKUP, "volume", "comment"),
}
SENT = {"volume": "manual_description", "comment": "comment"}
SENT_OF_PART = {
    "chapter": "chapter_or_article_title",
    "chapter_author": "chapter_or_article_author",
    "number": "volume",
    "issue": "issue",
    "part": "part",
}


def _text(label: Any, length: int = 255, help_text: Any = "") -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    return forms.CharField(label=label, required=False, max_length=length, help_text=help_text, widget=widget)


def _time(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget, validators=[lambda at: sensible(at.date())])


class PlaceForm(forms.Form):
    """The fields of one type of request; where Alma's Configuration is closed codes are typed."""

    use_required_attribute = False
    where = forms.ChoiceField(label=gettext_lazy("Picked up at"), choices=PLACES, initial=LIBRARY)
    library = forms.CharField(label=gettext_lazy("Library"), required=False, max_length=100)
    desk = forms.CharField(label=gettext_lazy("Desk"), required=False, max_length=100)
    institution = _text(gettext_lazy("Institution (code)"), 100)
    their_library = _text(gettext_lazy("Its library (code)"), 100)
    begins = _time(gettext_lazy("From"))
    ends = _time(gettext_lazy("Until"))
    extent = forms.ChoiceField(
        label=gettext_lazy("What is digitized"),
        choices=[("part", gettext_lazy("a part")), ("whole", gettext_lazy("the whole"))],
        widget=forms.RadioSelect,
        initial="part",
    )
    chapter = _text(gettext_lazy("Title of the chapter or article"), 1000)
    chapter_author = _text(gettext_lazy("Its author"))
    pages = _text(gettext_lazy("Pages"), 500, gettext_lazy("Several parts with commas: 11–25, 40, 52–60."))
    number = _text(gettext_lazy("Volume number"), 100, gettext_lazy("With a digit in it; Alma refuses others."))
    issue = _text(gettext_lazy("Issue number"), 100, gettext_lazy("With a digit in it; Alma refuses others."))
    part = _text(gettext_lazy("Part"), 100)
    copyright = forms.BooleanField(
        label=gettext_lazy("The person has signed the copyright declaration"), required=False
    )
    volume = _text(gettext_lazy("Which volume"), 255, gettext_lazy("Of a title in several volumes: v.3 (1903)."))
    last_day = day_field(gettext_lazy("Wanted until"))
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )
    again = forms.BooleanField(label=gettext_lazy("Place it all the same"), required=False)

    def __init__(self, wanted: Wanted, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        first = {"library": wanted.target.library}
        super().__init__(data, initial=first | (initial or {}), auto_id="place-%s")
        self.wanted = wanted
        is_double = bool(wanted.kind) and bool(wanted.doubles or wanted.is_refused)
        names = [*FIELDS.get(wanted.kind, ()), *(["again"] if is_double else [])]
        for name in set(self.fields) - set(names):
            del self.fields[name]
        if wanted.level != TITLE:
            self.fields.pop("volume", None)
        self.order_fields(names)
        self.closed: AlmaError | None = None
        if "library" in self.fields:
            self._offer_libraries()
            if self._now("where") == DESK and self._now("library"):
                self._offer_desks()

    def _now(self, name: str) -> str:
        found = self.data.get(name) if self.is_bound else self.get_initial_for_field(self.fields[name], name)
        return str(found or "")

    def _offer_libraries(self) -> None:
        table = codes.tables(["libraries"])["libraries"]
        self.closed = table.error
        found = [(one, name) for one, name in table.options.items() if one != NO_PICKUP]
        if found:
            self._choose("library", found)

    def _offer_desks(self) -> None:
        try:
            found = alma.desks(self._now("library"))
        except AlmaError as error:
            self.closed = self.closed or error
            return
        if found:
            self._choose("desk", found)
            listed = {"desks": ", ".join(name for _code, name in found)}
            wrong = _("This library has no such desk. It has: %(desks)s.") % listed
            self.fields["desk"].error_messages["invalid_choice"] = wrong

    def _choose(self, name: str, found: list[tuple[str, str]]) -> None:
        """Names are shown and codes sent."""
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(label=label, choices=[("", "–"), *found], required=False)

    def clean_last_day(self) -> date | None:
        last: date | None = self.cleaned_data["last_day"]
        if last and last < today():
            raise forms.ValidationError(_("This day lies behind."))
        return last

    def clean_pages(self) -> list[Record]:
        """The ranges of pages as Alma takes them."""
        found = []
        for one in re.split(r"[,;]", tidy(self.cleaned_data["pages"])):
            first, _dash, last = (part.strip() for part in re.sub(r"[–—‐]", "-", one).partition("-"))
            if first or last:
                found.append({"from_page": first or last, "to_page": last or first})
            if first.isdecimal() and last.isdecimal() and int(last) < int(first):
                raise forms.ValidationError(_("“%(pages)s” ends before it begins.") % {"pages": one.strip()})
        return found

    def clean(self) -> dict[str, Any]:
        said = {name: tidy(one) if isinstance(one, str) else one for name, one in (super().clean() or {}).items()}
        self.cleaned_data = said
        if "where" in self.fields:
            self._check_pickup(said)
        if said.get("extent") == "part" and not self.errors and not any(said.get(name) for name in PART):
            self.add_error("pages", _("Say which part: a chapter, pages, or the number of a volume or issue."))
        for name in NUMBERED if said.get("extent") == "part" else ():
            if said.get(name) and not re.search(r"[0-9]", said[name]):
                self.add_error(name, _("Alma takes it with a digit in it only."))
        if self.wanted.kind == "BOOKING":
            self._check_times(said)
        if "again" in self.fields and not said.get("again"):
            self.add_error("again", _("The person has requested this title already. Tick this to place it once more."))
        return said

    def _check_pickup(self, said: dict[str, Any]) -> None:
        where = said.get("where")
        if where in (LIBRARY, DESK) and "library" not in self.errors and not said.get("library"):
            self.add_error("library", _("Choose the library of pickup."))
        elif where == DESK and "desk" not in self.errors and not said.get("desk"):
            self.add_error("desk", _("Choose the desk of pickup."))
        if where == INSTITUTION and not said.get("institution"):
            self.add_error("institution", _("Alma needs the code of the institution."))

    def _check_times(self, said: dict[str, Any]) -> None:
        begins, ends = said.get("begins"), said.get("ends")
        if not begins or not ends:
            return
        if ends <= begins:
            self.add_error("ends", _("It ends before it begins."))
        elif begins < clock.moment():
            self.add_error("begins", _("This time lies behind."))
        elif any(first < ends and begins < last for first, last in self.taken):
            self.add_error("begins", _("It is taken in this time; see below when."))

    @property
    def taken(self) -> list[tuple[datetime, datetime]]:
        """When it cannot be booked."""
        found = [(moment(first), moment(last)) for first, last in self.wanted.taken or []]
        return [(first, last) for first, last in found if first and last]

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the control, label, sentence) of everything that is wrong."""
        named = [(self[name].id_for_label, str(self[name].label), found) for name, found in self.errors.items()]
        return [(html_id, label, str(sentence)) for html_id, label, found in named for sentence in found]

    def refuse(self, error: AlmaError) -> None:
        """Put Alma's refusal beside the field that it is about."""
        name = REFUSED.get(error.said.code, "")
        if name in self.fields:
            self.add_error(name, error.hint)

    def body(self) -> Record:
        """The request as Alma takes it: of a valid form."""
        said = self.cleaned_data
        body: Record = {"request_type": self.wanted.kind}
        body |= {alma_name: said[name] for name, alma_name in SENT.items() if said.get(name)}
        if said.get("last_day"):
            body["last_interest_date"] = f"{said['last_day'].isoformat()}Z"
        if said.get("copyright"):
            body["copyrights_declaration_signed_by_patron"] = True
        return body | self._pickup() | self._part() | self._booked()

    def _pickup(self) -> Record:
        said = self.cleaned_data
        where = said.get("where")
        if not where:
            return {}
        body = {"pickup_location_type": where}
        if where in (LIBRARY, DESK):
            body["pickup_location_library"] = said["library"]
        if where == DESK:
            body["pickup_location_circulation_desk"] = said["desk"]
        if where == INSTITUTION:
            body["pickup_location_institution"] = said["institution"]
            body |= {"pickup_location_library": said["their_library"]} if said["their_library"] else {}
        return body

    def _part(self) -> Record:
        said = self.cleaned_data
        if said.get("extent") != "part":
            return {"partial_digitization": False} if "extent" in said else {}
        body: Record = {"partial_digitization": True}
        body |= {alma_name: said[name] for name, alma_name in SENT_OF_PART.items() if said.get(name)}
        if said["pages"]:
            body["required_pages_range"] = said["pages"]
        elif said.get("chapter"):
            body["full_chapter"] = True
        return body

    def _booked(self) -> Record:
        said = self.cleaned_data
        named = {"begins": "booking_start_date", "ends": "booking_end_date"}
        return {
            alma_name: said[name].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            for name, alma_name in named.items()
            if name in said
        }
