"""The API keys: which variable serves which area, what tests found them to be allowed, what they were used for."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaDenied
from almaportal.usage.key_tests import READS, WRITES, digest, price
from almaportal.usage.models import Bucket, KeyTest, Series
from almaportal.usage.periods import midnight

SHOWN_FROM = 12  # letters: of a shorter key four would be too much of it
RARE = 50  # series
WRITE_METHODS = ("PUT", "POST", "DELETE")

# Area → its name in the Developer Network.
NAMES: dict[str, str | Promise] = {
    "electronic": _("Electronic"),
    "users": _("Users"),
    "bibs": _("Bibs"),
    "conf": _("Configuration"),
    "task-lists": _("Task lists"),
}
USED_FOR: dict[str, str | Promise] = {
    "electronic": _("e-collections, services, portfolios"),
    "users": _("patrons, loans, fees, their requests"),
    "bibs": _("titles, holdings, items, requests for them"),
    "conf": _("code tables, libraries, desks"),
    "task-lists": _("only for pick lists"),
}
WRITTEN = {"electronic", "users", "bibs"}  # the portal only reads in the others


@dataclass(frozen=True)
class Key:
    """One area and what serves it. variable: "" for none; ending: its last letters, "" where they are not shown; test:
    the last one, None for none; is_same: whether it was of this very key; calls: today's; used, wrote: the latest rows
    of calls, and of writes that Alma took or refused; price: calls of a test at most, 0 where none can be made."""

    area: str
    variable: str
    ending: str
    test: KeyTest | None
    is_same: bool
    calls: int
    used: Bucket | None
    wrote: Bucket | None
    price: int

    @property
    def name(self) -> str:
        return str(NAMES[self.area])

    @property
    def used_for(self) -> str:
        return str(USED_FOR[self.area])

    @property
    def known(self) -> KeyTest | None:
        """The last test, where it tells something about this key."""
        return self.test if self.is_same else None

    @property
    def is_read_only(self) -> bool:
        """The portal itself refuses to write there."""
        return self.area in settings.ALMA_READ_ONLY

    @property
    def must_write(self) -> bool:
        return self.area in WRITTEN and not self.is_read_only

    @property
    def reads_can_be_tested(self) -> bool:
        return self.area in READS

    @property
    def writes_can_be_tested(self) -> bool:
        return self.area in WRITES

    @property
    def last_used(self) -> str:
        return _when(self.used) if self.used else gettext("never")

    @property
    def last_wrote(self) -> str:
        return _when(self.wrote) if self.wrote else ""

    @property
    def lacks(self) -> str:
        """What the portal needs and does not have: "key", "reads", "writes", or "" for nothing that is known."""
        if not self.variable:
            return "" if self.area == "task-lists" else "key"
        if self.known and self.known.reads == KeyTest.Right.NO:
            return "reads"
        return "writes" if self.known and self.known.writes == KeyTest.Right.NO and self.must_write else ""


def _when(bucket: Bucket) -> str:
    """When the calls of a row were made, as exactly as it is known."""
    at = date_format(localtime(bucket.start), "DATETIME_FORMAT")
    if bucket.span == Bucket.Span.TEN_MINUTES:
        return gettext("in the ten minutes from %(at)s") % {"at": at}
    if bucket.span == Bucket.Span.HOUR:
        return gettext("in the hour from %(at)s") % {"at": at}
    return date_format(bucket.start.astimezone(UTC), "DATE_FORMAT" if bucket.span == Bucket.Span.DAY else "F Y")


def keys() -> list[Key]:
    """All areas in their order. Costs no call."""
    tests = {test.area: test for test in KeyTest.objects.all()}
    calls = dict(_today().values_list("series__area").annotate(Sum("calls")))
    return [_key(area, tests.get(area), calls.get(area, 0)) for area in NAMES]


def _key(area: str, test: KeyTest | None, calls: int) -> Key:
    key = settings.ALMA_KEYS.get(area, "")
    writes = {"method__in": WRITE_METHODS, "outcome__in": ("ok", AlmaDenied.kind)}
    return Key(
        area=area,
        variable=settings.ALMA_KEY_NAMES.get(area, "") if key else "",
        ending=key[-4:] if len(key) >= SHOWN_FROM else "",
        test=test,
        is_same=bool(key) and test is not None and test.digest == digest(key),
        calls=calls,
        used=_latest(area=area),
        wrote=None if area in WRITES else _latest(area=area, **writes),
        price=price(area),
    )


def _latest(**wanted: Any) -> Bucket | None:
    """The latest row of calls of this kind, as fine as it is still known.

    What is rare is looked for by its series, all else from the newest rows back: either way few rows are read.
    """
    series = list(Series.objects.filter(**wanted).values_list("pk", flat=True)[: RARE + 1])
    rows = Bucket.objects.filter(calls__gt=0).select_related("series")
    if len(series) <= RARE:
        return rows.filter(series__in=series).order_by("span", "-start").first()
    of_kind = {f"series__{name}": value for name, value in wanted.items()}
    found = (rows.filter(span=span, **of_kind).order_by("-start").first() for span in Bucket.Span)
    return next(filter(None, found), None)


def _today() -> Any:
    return Bucket.objects.filter(span=Bucket.Span.TEN_MINUTES, start__gte=midnight(clock.moment()))


def institutions(found: list[Key]) -> dict[str, str]:
    """Institution code → the areas whose keys belong to it; more than one code is a mistake somewhere."""
    codes: dict[str, list[str]] = {}
    for key in found:
        if key.known and key.known.institution:
            codes.setdefault(key.known.institution, []).append(key.name)
    return {code: ", ".join(names) for code, names in codes.items()}


@dataclass(frozen=True)
class Refused:
    """calls: that Alma refused today because of the key of the area of this name."""

    name: str
    calls: int


def refused_today() -> list[Refused]:
    """Whose keys Alma refused today in the work of pages and jobs: tests of keys do not count."""
    denied = _today().filter(series__outcome=AlmaDenied.kind, calls__gt=0).exclude(series__feature="usage")
    calls = dict(denied.values_list("series__area").annotate(Sum("calls")))
    return [Refused(str(name), calls[area]) for area, name in NAMES.items() if area in calls]
