"""What Alma's refusals and failures mean: every error envelope it is known to send becomes one of a few kinds.

Sources: the vendor's error list (seed 001) and the envelopes A-H that clients in production have met (facts 1.2, 1.3).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from defusedxml import ElementTree
from django.utils.translation import gettext_lazy as _

from almaportal.alma.hints import HINTS

# Areas whose texts may name a person: requests and loans are below bibs too, and task lists are of requests.
PERSONAL = frozenset({"users", "bibs", "task-lists"})


@dataclass(frozen=True)
class Said:
    """What an error body says: Alma's code, its text and its tracking ID, each "" when absent."""

    code: str = ""
    text: str = ""
    tracking_id: str = ""


class AlmaError(Exception):
    """Alma did not do what was asked.

    status: HTTP status of Alma's answer, None without one; said: Alma's code, text and tracking ID; detail: our words;
    unknown_outcome: a write whose effect nobody knows, so it must not be repeated on a guess;
    kind: one word for counting; page_status: HTTP status of the portal's own page about it.
    """

    kind = "rejected"
    page_status = 400
    retryable = False
    title = _("Alma refused this")
    fallback_hint = _("Alma's own words are below.")

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        said: Said | None = None,
        unknown_outcome: bool = False,
        area: str = "",
    ) -> None:
        self.said, self.detail = said or Said(), detail
        self.status, self.unknown_outcome, self.area = status, unknown_outcome, area
        super().__init__(self.said.code or detail or self.kind)

    @property
    def hint(self) -> str:
        """What it means and what to do next, in plain words."""
        if self.unknown_outcome:
            return str(_("Nobody knows yet whether Alma did it; it was not sent again. Look before trying again."))
        return str(HINTS.get(self.said.code, self.fallback_hint))

    @property
    def text_to_keep(self) -> str:
        """What of Alma's text may be written down; where it may name a person, what its code means; "" for nothing."""
        return str(HINTS.get(self.said.code, "")) if self.area in PERSONAL else self.said.text


class AlmaRejected(AlmaError):
    """Alma understood and said no: final, shown to the person as it is."""


class AlmaNotFound(AlmaError):
    """No such record: one of the codes that mean it (facts 0.1). A 404 without such a code is somebody else's word."""

    kind = "not_found"
    page_status = 404
    title = _("Alma has no such record")
    fallback_hint = _("The ID may be mistyped, or the record was deleted in Alma.")

    @property
    def is_gone(self) -> bool:
        """Whether Alma knows the address and has no such record: the gateway's NOT_FOUND is about the address."""
        return self.said.code in GONE


class AlmaDenied(AlmaError):
    """The key, its rights or the firewall: an administrator's matter, never mended by trying again."""

    kind = "denied"
    page_status = 403
    title = _("Alma does not let this portal in")
    fallback_hint = _("Tell your administrator: the API key, its rights or the allowed addresses need a change.")


class AlmaNoKey(AlmaDenied):
    """No API key is set for the area; nothing was sent."""

    kind = "no_key"
    title = _("No API key for this area")

    @property
    def hint(self) -> str:
        name = self.area.upper().replace("-", "_")
        return str(_("Set ALMA_API_KEY_%(area)s (or ALMA_API_KEY) and start again.") % {"area": name})


class AlmaReadOnly(AlmaDenied):
    """`ALMA_READ_ONLY` covers the area; nothing was sent."""

    kind = "read_only"
    title = _("This portal may only read here")

    @property
    def hint(self) -> str:
        return str(_("ALMA_READ_ONLY covers the area “%(area)s”.") % {"area": self.area})


class AlmaUnreachable(AlmaError):
    """Down, slow, or an answer nobody can read. Reads may be tried again."""

    kind = "unreachable"
    page_status = 502
    retryable = True
    title = _("Alma cannot be reached")
    fallback_hint = _("Alma or the network may be down: try again in a few minutes.")


class AlmaUnreadable(AlmaUnreachable):
    """An answer came that nobody can read: half a JSON, HTML, a redirect elsewhere."""

    kind = "unreadable"
    title = _("Alma's answer cannot be read")
    fallback_hint = _("Something else may have answered in its place: try again in a few minutes.")


class AlmaSlow(AlmaUnreachable):
    """The page gave up waiting."""

    kind = "slow"
    page_status = 503
    retryable = False
    title = _("Alma takes too long")
    fallback_hint = _("The page gave up waiting: try again in a moment.")


class AlmaHeld(AlmaError):
    """Somebody else is writing the record at this moment; Alma was not asked."""

    kind = "held"
    page_status = 503
    title = _("Somebody else is saving this record")
    fallback_hint = _("Nothing was sent. Try again in a moment.")


class AlmaTooFast(AlmaError):
    """HTTP 429 PER_SECOND_THRESHOLD: everybody pauses, then it may be repeated."""

    kind = "too_fast"
    page_status = 503
    retryable = True
    title = _("Alma asks everybody to slow down")
    fallback_hint = _("The institution's programs made too many calls in one second. Try again in a moment.")


class AlmaQuotaSpent(AlmaError):
    """HTTP 429 DAILY_THRESHOLD, or the breaker it opened: nothing more until 00:00 GMT. until: when calls go on, epoch
    seconds, as far as it was known when the call was refused, else None."""

    kind = "quota_spent"
    page_status = 503
    title = _("Today's API calls are used up")
    fallback_hint = _("The institution has no calls left until midnight GMT. Kept copies stay readable.")

    def __init__(self, detail: str = "", *, until: float | None = None, **about: Any) -> None:
        super().__init__(detail, **about)
        self.until = until


class AlmaBudget(AlmaQuotaSpent):
    """The calls that administrators give a role, or jobs of a kind, for a day are used up; nothing was sent."""

    kind = "budget"
    title = _("Today's calls for this work are used up")
    fallback_hint = _("Administrators set how many calls this role or kind of job may make a day; more at 00:00 GMT.")


class AlmaQuiet(AlmaQuotaSpent):
    """Administrators keep these hours free of jobs; nothing was sent."""

    kind = "quiet"
    title = _("Jobs rest in these hours")
    fallback_hint = _("Administrators keep some hours free of jobs. The job goes on by itself afterwards.")


class AlmaReserve(AlmaQuotaSpent):
    """What is left today is kept for people; jobs wait for midnight GMT."""

    kind = "reserve"
    title = _("The rest of today's calls is kept for people")
    fallback_hint = _("Jobs go on after midnight GMT.")


# 400s that mean "no such record" (facts 0.1 and the OpenAPI files).
GONE = frozenset({"60121", "60122", "60123", "60151", "401861", "401890", "401689", "401694", "402203"})
NOT_FOUND = GONE | {"NOT_FOUND"}
DENIED = frozenset({"UNAUTHORIZED", "INVALID_REQUEST", "FORBIDDEN", "60258", "60340"})


def error_for(status: int, body: bytes, *, write: bool, area: str) -> AlmaError:
    """The error that an answer stands for.

    status: its HTTP status; body: its bytes; write: whether the request may have changed something.
    """
    said = read_error(body)
    kind = _kind(status, said)
    unknown = write and issubclass(kind, AlmaUnreachable)
    return kind(status=status, said=said, unknown_outcome=unknown, area=area)


def _kind(status: int, said: Said) -> type[AlmaError]:
    if said.code == "DAILY_THRESHOLD":
        return AlmaQuotaSpent
    if said.code == "PER_SECOND_THRESHOLD" or status == 429:
        return AlmaTooFast
    if said.code in NOT_FOUND:
        return AlmaNotFound
    if said.code in DENIED:
        return AlmaDenied
    if status in (401, 403) and said.code != "REQUEST_TOO_LARGE":
        return AlmaDenied
    if status < 400 or status == 404:  # a success without sense, or somebody else's 404
        return AlmaUnreadable
    if status >= 500 or said.code == "GENERAL_ERROR":  # the gateway itself failed
        return AlmaUnreachable
    return AlmaRejected


def read_error(body: bytes) -> Said:
    """Code, text and tracking ID from any of the envelopes A-H (facts 1.2): sniffed, since headers lie."""
    text = body.decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t").strip()
    if text.startswith("{"):
        return _from_json(text)
    if re.match(r"(?i)<!doctype html|<html", text):
        title = re.search(r"(?is)<title[^>]*>(.*?)</title>", text)
        return Said(text=_tidy(title[1]) if title else "")
    if text.startswith("<"):
        return _from_xml(text)
    return Said(text=_tidy(text[:300]))


def _from_json(text: str) -> Said:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return Said()
    data = data.get("web_service_result") or data
    errors = data.get("errorList") if isinstance(data, dict) else None
    errors = errors.get("error") if isinstance(errors, dict) else None
    rows = [row for row in (errors if isinstance(errors, list) else [errors]) if isinstance(row, dict)]
    return _first([(row.get("errorCode"), row.get("errorMessage"), row.get("trackingId")) for row in rows])


def _from_xml(text: str) -> Said:
    try:
        root = ElementTree.fromstring(text)
    except Exception:  # not well-formed (envelope F), or a trap that defusedxml refused: take what can be seen
        return _first([tuple(_between(text, tag) for tag in ("errorCode", "errorMessage", "trackingId"))])
    rows = root.findall(".//{*}error")
    return _first(
        [tuple(row.findtext(f"{{*}}{t}") for t in ("errorCode", "errorMessage", "trackingId")) for row in rows]
    )


def _between(text: str, tag: str) -> str:
    found = re.search(rf"<(?:\w+:)?{tag}[^>]*>(.*?)</", text, re.DOTALL)
    return found[1] if found else ""


def _first(rows: list[tuple[Any, ...]]) -> Said:
    """The first row's code and tracking ID; the texts of all, since Alma may report several faults at once."""
    if not rows:
        return Said()
    code, _text, tracking_id = (_tidy(part) for part in rows[0])
    texts = dict.fromkeys(_tidy(row[1]) for row in rows)
    return Said(code, " ".join(filter(None, texts)), "" if tracking_id == "unknown" else tracking_id)


def _tidy(part: Any) -> str:
    """Alma's texts come with double blanks and trailing ones, and cut in the middle of a letter."""
    text = str(part or "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(text.replace("\0", " ").split())
