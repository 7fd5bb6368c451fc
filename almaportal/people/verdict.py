"""May this person borrow, and if not, why and who can lift it? Computed from status, expiry and blocks of one record.

Alma's own limits (loans, fines, overdue items) are judged by Alma, and only when the act is tried.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma import clock
from almaportal.alma.records import Record, code, day, day_of, moment, words
from almaportal.people import person

Kind = Literal["may", "blocked", "expired", "inactive", "no role", "unclear"]
ORDER: tuple[Kind, ...] = ("blocked", "inactive", "expired", "no role", "unclear")
PATRON_ROLE = "200"
NOTE_SHOWN = 300  # characters of a block's note
NEAR = 60  # days that are counted; a day further away is told by its date


@dataclass(frozen=True)
class Reason:
    """Why not. text: in a few words; details: when, by whom, until when; who: who can lift it, and what to look at
    first; block: the raw row, None when it is not about a block; note: the block's, its beginning."""

    kind: Kind
    text: str
    details: list[str]
    who: str
    block: Record | None = None
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """kind: the gravest; reasons: all there are, the gravest first."""

    kind: Kind
    reasons: list[Reason] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The verdict in words, all reasons in it."""
        if self.kind == "may":
            return _("May borrow")
        blocks = ", ".join(dict.fromkeys(one.text for one in self.reasons if one.kind == "blocked"))
        others = [one.text for one in self.reasons if one.kind != "blocked"]
        said = [_("Blocked: %(blocks)s") % {"blocks": blocks}] if blocks else []
        return " · ".join([*said, *others])

    @property
    def look(self) -> str:
        """The class of its colour, which never stands without the sign."""
        return {"may": "good", "unclear": "warn"}.get(self.kind, "bad")

    @property
    def sign(self) -> str:
        return {"good": "●", "warn": "◐", "bad": "■"}[self.look]


def of(record: Record) -> Verdict:
    """The verdict on a whole record."""
    owed = person.owed(record)
    reasons = [_block(row, owed) for row in person.blocks(record) if stops(row)]
    checks = (_status, _expiry, _role, _kind_of_record, _part_of_record, _odd_blocks)
    reasons += [reason for check in checks if (reason := check(record))]
    reasons.sort(key=lambda one: ORDER.index(one.kind))
    return Verdict(reasons[0].kind if reasons else "may", reasons)


def stops(block: Record) -> bool:
    """Whether a block is active and not over. The case of Alma's status varies (facts 3.2); where it says none, or a
    word that nobody knows, the block is taken for active: a person let go wrongly costs more than a question."""
    return code(block.get("block_status")).upper() != "INACTIVE" and not is_over(block.get("expiry_date"))


def is_over(expiry: object) -> bool:
    """Whether a block's expiry lies behind: a point in time by the second, a mere date at its end."""
    if at := moment(expiry):
        return at <= clock.moment()
    last = day(expiry)
    return last is not None and last < today()


def today() -> date:
    """In the library's time zone."""
    return timezone.localdate(clock.moment())


def block_name(block: Record) -> str:
    """What people call it: its description, else its type."""
    return words(block.get("block_description")) or words(block.get("block_type")) or _("a block without a name")


def _block(block: Record, owed: float | None) -> Reason:
    """An active block, and what there is to say about it. owed: the sum of the fees, None when nobody asked."""
    details = []
    if set_on := day_of(block.get("created_date")):
        details.append(_("set %(day)s") % {"day": date_format(set_on)})
    if by := code(block.get("created_by")):
        details.append(_("by %(who)s") % {"who": by})
    ends = day_of(block.get("expiry_date"))
    details.append(_("ends %(day)s") % {"day": date_format(ends)} if ends else _("no expiry"))
    note = code(block.get("block_note"))
    note = note if len(note) <= NOTE_SHOWN else f"{note[:NOTE_SHOWN]}…"
    return Reason("blocked", block_name(block), details, _who_lifts(block, owed), block, note)


def _who_lifts(block: Record, owed: float | None) -> str:
    """The type alone proves little: a desk may give a house rule the type Cash, so the fees are asked."""
    if loan := code(block.get("item_loan_id")):
        return _("It is about loan %(loan)s: settle that first, or circulation staff lift it.") % {"loan": loan}
    kind = code(block.get("block_type")).upper()
    if kind == "CASH" and owed == 0:
        return _("Its type is about money, but no fees are open: circulation staff lift it.")
    if kind == "CASH":
        return _("Its type is about money: look at the fees first, or circulation staff lift it.")
    if kind == "LOAN":
        return _("Its type is about loans: look at them first, or circulation staff lift it.")
    return _("Circulation staff lift it.")


def _status(record: Record) -> Reason | None:
    """ACTIVE or INACTIVE (facts 3.1)."""
    status = code(record.get("status")).upper()
    if status == "ACTIVE":
        return None
    since = day_of(record.get("status_date"))
    details = [_("since %(day)s") % {"day": date_format(since)}] if since else []
    who = _("Whoever manages users in Alma sets the status.")
    if status == "INACTIVE":
        return Reason("inactive", _("Inactive"), details, who)
    said = words(record.get("status"))
    text = _("Alma's status is “%(status)s”") % {"status": said} if said else _("Alma says no status")
    return Reason("unclear", text, details, who)


def _expiry(record: Record) -> Reason | None:
    """The last day itself still counts. What cannot be read is not taken for none."""
    last = day_of(code(record.get("expiry_date")))
    who = _("Whoever registers patrons moves the expiry date in Alma.")
    if unread := person.unread_day(record.get("expiry_date")):
        return Reason("unclear", _("Alma's expiry date cannot be read: “%(date)s”") % {"date": unread}, [], who)
    if last is None or last >= today():
        return None
    return Reason("expired", _("Expired"), [expires(last)], who)


def _kind_of_record(record: Record) -> Reason | None:
    if code(record.get("record_type")).upper() != "CONTACT":
        return None
    return Reason("unclear", _("A contact, no patron"), [], _("Somebody who borrows needs a user record in Alma."))


def _part_of_record(record: Record) -> Reason | None:
    """A brief row says nothing about blocks and expiry (facts 3.5)."""
    if person.is_whole(record) or code(record.get("record_type")).upper() == "CONTACT":
        return None
    return Reason("unclear", _("Alma sent only a part of the record"), [], _("Open the person to see."))


def _odd_blocks(record: Record) -> Reason | None:
    if person.has_readable_blocks(record):
        return None
    return Reason("unclear", _("Alma's list of blocks cannot be read"), [], _("Look at the person in Alma."))


def _role(record: Record) -> Reason | None:
    """Alma lends nothing to somebody without an active patron role (facts 4: 401151).

    No roles at all say nothing: Alma leaves empty lists out (facts 0.2), so they look like roles that were not sent,
    and everybody would be unclear where it sends none. Alma says no at the loan then.
    """
    roles = person.roles(record)
    mine = [one for one in roles if one.code == PATRON_ROLE and one.is_active]
    if any(not one.unread and not (one.ends and one.ends < today()) for one in mine):
        return None
    if unread := next((one.unread for one in mine if one.unread), ""):
        text = _("The patron role's expiry date cannot be read: “%(date)s”") % {"date": unread}
        return Reason("unclear", text, [], _("Look at the person in Alma."))
    if not person.is_readable(record, "user_role"):
        return Reason("unclear", _("Alma's list of roles cannot be read"), [], _("Look at the person in Alma."))
    if not roles:
        return None
    who = _("Alma lends nothing to somebody without one. Whoever manages users in Alma adds it.")
    return Reason("no role", _("No active patron role"), [], who)


def expires(last: date) -> str:
    """A person's last day in words: expires in 12 days, expired 3 days ago."""
    days = (last - today()).days
    if days == 0:
        return _("expires today")
    if days > NEAR:
        return _("expires %(day)s") % {"day": date_format(last)}
    if days < -NEAR:
        return _("expired %(day)s") % {"day": date_format(last)}
    if days > 0:
        return ngettext("expires in %(n)d day", "expires in %(n)d days", days) % {"n": days}
    return ngettext("expired %(n)d day ago", "expired %(n)d days ago", -days) % {"n": -days}
