"""A transaction in words, for its page and for the list."""

from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record, code, words
from almaportal.people import verdict
from circulation import dcb, record, seen
from circulation.models import Step, Transaction
from circulation.steps import was_done

Status = Transaction.Status
# step → the names of its calls
CALLS = {
    "patron": ("find_patron", "renew", "create_patron"),
    "item": ("find_item", "bib", "holding", "item"),
    "hold": ("hold",),
    "sent": ("sent",),
    "loan": ("loan",),
    "back": ("back",),
    "close": ("read_request",),
}
TAKEN_BACK = {"patron": "delete_patron", "item": "delete_item", "hold": "cancel"}  # step → the call that undoes it
UNDONE = ("cancel", "delete_item", "delete_holding", "delete_bib", "delete_patron", "keep_patron")


@dataclass(frozen=True)
class Shown:
    """A step on the page. label; does: what it sends, a sentence; price: calls, in words; button: its words; tries:
    its calls so far; state: "done", "undone" (by a roll back), "now" (can be pressed), "later", "failed", "unsure";
    reached: the status that it leads to, in words; is_next: the first that is not done."""

    name: str
    label: str
    does: str
    price: str
    button: str
    tries: list[Step]
    state: str
    reached: str
    is_next: bool

    @property
    def mark(self) -> str:
        return {"done": "●", "failed": "■", "unsure": "◐"}.get(self.state, "○")

    @property
    def look(self) -> str:
        return {"done": "good", "failed": "bad", "unsure": "warn"}.get(self.state, "")


def steps(one: Transaction) -> list[Shown]:
    tries = list(one.steps.all())
    return [_shown(one, name, [each for each in tries if each.name in CALLS[name]]) for name in dcb.STEPS]


def _shown(one: Transaction, name: str, tries: list[Step]) -> Shown:
    label, does, price, button, reached = _words(one)[name]
    state = _state(one, name, tries)
    if state == "unsure":
        button = _("Look; if Alma did not do it: %(what)s") % {"what": button}
        price = _("a look, then %(price)s") % {"price": price}
    elif state == "failed":
        button = _("Try again: %(what)s") % {"what": button}
    return Shown(
        name,
        label,
        does,
        price,
        button,
        tries,
        state,
        str(reached.label) if reached else "",
        dcb.next_step(one) == name,
    )


def _state(one: Transaction, name: str, tries: list[Step]) -> str:
    if was_done(one, TAKEN_BACK.get(name, "")):
        return "undone"
    if dcb.is_done(one, name):
        return "done"
    last = tries[-1] if tries else None
    if last and last.is_undecided and last.method != "GET":
        return "unsure"
    if last and last.state == Step.State.FAILED:
        return "failed"
    return "now" if dcb.may(one, name) else "later"


def _words(one: Transaction) -> dict[str, tuple[str, str, str, str, Status | None]]:
    """step → label, what it sends, its price, the words of its button, the status that it reaches."""
    at = _("%(library)s, desk %(desk)s") % {"library": one.library, "desk": one.desk}
    pickup = " · ".join(filter(None, (one.pickup_library, one.pickup_desk)))
    said = {"id": one.patron, "day": date_format(one.until), "barcode": one.barcode, "at": at, "pickup": pickup}
    patron = _("Looks for %(id)s; renews them until %(day)s if they expired; makes them if nobody has the ID.") % said
    patron_price, make = _("2 calls at most"), _("Find or make the patron")
    if one.nobody:
        patron_price, make = _("1 call"), _("Make the patron")
    if one.is_virtual:
        item = _("Makes a title, a holding and an item with the barcode %(barcode)s, suppressed from publishing.")
        left = [one.mms_id, one.holding_id, one.item_id].count("") or 3
        item_price = ngettext("%(n)d call", "%(n)d calls", left) % {"n": left}
        find = _("Make the item")
    else:
        item, item_price, find = _("Looks for the barcode %(barcode)s."), _("2 calls"), _("Find the item")
    hold = _("Places a hold of %(id)s on this item, to be picked up at %(pickup)s.")
    sent = _("Scans the item in at %(at)s: Alma sends it to the place of pickup. Staff may do it in Alma instead.")
    loan = _("Lends the item to %(id)s at %(at)s, when the reader has it at the borrowing side.")
    back, back_price = _("Scans the item in at %(at)s: Alma ends the loan."), _("1 call")
    if not one.is_virtual:
        back = _("Looks whether the loan is over already; if not, scans the item in at %(at)s: Alma ends the loan.")
        back_price = _("2 calls at most")
    close = _("Looks whether the hold and the loan are over.")
    one_call = _("1 call")
    return {
        "patron": (_("Patron"), patron, patron_price, make, Status.VERIFIED),
        "item": (_("Item"), item % said, item_price, find, Status.RESOLVED),
        "hold": (_("Hold"), hold % said, one_call, _("Place the hold"), Status.AT_SUPPLIER),
        "sent": (_("Sent out"), sent % said, one_call, _("Scan it in: it goes out"), Status.SENT),
        "loan": (_("Loan"), loan % said, one_call, _("Make the loan"), Status.LOANED),
        "back": (_("Back again"), back % said, back_price, _("Scan it in: it is back"), None),
        "close": (_("Close"), close, one_call, _("Close the transaction"), Status.COMPLETED),
    }


def moved_nothing(name: str, item: Record) -> list[str]:
    """Of a scan that Alma took without doing what it was for. item: its answer, whose words are shown and not kept."""
    sentences = {
        "sent": _("Alma took the scan, and the item did not go out. Read again: the hold may be over."),
        "back": _("Alma took the scan, and the item is on loan still. Look at it in Alma."),
    }
    said = words(item.get("additional_info"))
    return [sentences[name], *([_("Alma says: %(said)s") % {"said": said}] if said else [])]


def advice(one: Transaction, error: AlmaError) -> str:
    """What to do about a refusal that cannot be corrected on this page, a sentence; "" where it can."""
    if error.said.code == "401168" and one.request_id:
        return _(
            "The patron's card has expired by now. It cannot be renewed here once the hold is placed: move the expiry"
            " date in Alma, then try this step again. Or roll the transaction back."
        )
    return ""


def undone(one: Transaction) -> list[Step]:
    """The calls and remarks of a roll back."""
    return [each for each in one.steps.all() if each.name in UNDONE]


def waits_for(one: Transaction) -> str:
    """What an open transaction waits for; "" when it is over."""
    if one.closed:
        return ""
    if one.rolling_back:
        return _("the rest of its roll back")
    name = dcb.next_step(one)
    if name in ("sent", "loan") and one.seen.get("request") == seen.OVER:
        return _("somebody to look: Alma's hold is over, and no loan is known")
    if name == "sent":
        return _("the item to be sent out")
    if name == "loan":
        ready = one.status == Status.READY
        return _("the reader to fetch the item") if ready else _("the item to be received and lent")
    if name == "back":
        return _("the item to come back")
    return {"patron": _("the patron"), "item": _("the item"), "hold": _("the hold")}.get(name, _("closing"))


def status_words(one: Transaction) -> str:
    return str(Status(one.status).label)


def timeline(one: Transaction) -> list[dict[str, Any]]:
    """The hub's statuses: code, words, whether reached, whether it can be noted now, by whom and when it was noted."""
    noted = {each.name: each for each in one.steps.all() if not each.method}
    at = dcb.ORDER.index(dcb.furthest(one) if one.status == Status.CANCELLED else Status(one.status))
    found = []
    for place, status in enumerate(dcb.ORDER):
        found.append(
            {
                "code": str(status),
                "words": status.label,
                "is_reached": place <= at,
                "is_now": status == one.status,
                "may_note": dcb.may_note(one, str(status)),
                "noted": noted.get(str(status)),
            }
        )
    return found


def alma_says(one: Transaction) -> list[tuple[str, str]]:
    """Label and words of what Alma last said."""
    said = one.seen
    base = {"1": _("item in place"), "0": _("item not in place")}
    found = [
        (_("Request status"), _state_words(said.get("request"))),
        (_("Process type"), said.get("process") or (_("none") if "process" in said else "")),
        (_("Base status"), base.get(said.get("base", ""), said.get("base", ""))),
        (_("Loan status"), _state_words(said.get("loan"))),
    ]
    return [(label, words or "–") for label, words in found]


def _state_words(state: str | None) -> str:
    if state == seen.OVER:
        return _("over")
    return record.status_words(state) if state else ""


def problems(one: Transaction, found: Record) -> list[str]:
    """What to know of the patron as Alma just sent them, sentences: why they may not borrow, and whether they may be
    somebody else. found: {} for nothing to judge by."""
    said = verdict.of(found) if found else None
    sentences = [said.text] if said and said.kind != "may" else []
    group = code(found.get("user_group"))
    if group and group != one.group:
        text = _(
            "Alma has this ID with the user group %(theirs)s, the transaction says %(ours)s: is it the same person?"
        )
        sentences.append(text % {"theirs": words(found.get("user_group")), "ours": one.group})
    return sentences
