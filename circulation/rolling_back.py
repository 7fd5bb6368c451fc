"""Taking back what a transaction made, in reverse order: the loan by a scan, the hold, item, holding and bib, and the
patron where nothing else stands on them. Each removal is a step of its own, and what fails can be tried again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError, AlmaNotFound
from almaportal.alma.records import Record, code, rows
from almaportal.changes import log
from almaportal.changes.models import Change
from circulation import acts, alma, cancelling, partner_patron, seen
from circulation.acts import path, why
from circulation.cancelling import Words
from circulation.dcb import settle_all
from circulation.models import Step, Transaction
from circulation.partner_patron import InUse
from circulation.steps import Act, StillUnknown, run, undecided, was_done

RECORDS = ("delete_item", "delete_holding", "delete_bib")
KEPT = "keep_patron"  # a note: why the patron stays
OVER_BEFORE: Record = {"was_over": True}  # the answer where there was nothing to be removed any more


@dataclass(frozen=True)
class Plan:
    """goes: (call, what it takes back, its price in calls) in order; stays: sentences."""

    goes: list[tuple[str, str, int]]
    stays: list[str]

    @property
    def key(self) -> str:
        """What a page showed: nobody takes back what they did not see."""
        return " ".join(name for name, _text, _price in self.goes)

    @property
    def calls(self) -> int:
        return sum(price for _name, _text, price in self.goes)


def plan(one: Transaction) -> Plan:
    """What rolling back would do now; of a completed transaction only the records made for it go. No call."""
    goes: list[tuple[str, str, int]] = []
    if one.loan_id and not one.came_back:
        text = _("The loan %(id)s: the item is scanned in") % {"id": one.loan_id}
        goes.append(("back", text, 1 if one.is_virtual else 2))
    if one.request_id and not one.closed and not was_done(one, "cancel"):
        goes.append(("cancel", _("The hold %(id)s: cancelled without a mail") % {"id": one.request_id}, 2))
    made = (
        ("item", _("The item %(id)s"), one.item_id),
        ("holding", _("The holding %(id)s"), one.holding_id),
        ("bib", _("The title %(id)s"), one.mms_id),
    )
    for name, text, own in made:
        if was_done(one, name) and not was_done(one, f"delete_{name}"):
            goes.append((f"delete_{name}", text % {"id": own}, 1))
    if was_done(one, "create_patron") and not was_done(one, "delete_patron") and not _patron_stays(one):
        goes.append(("delete_patron", _("The patron %(id)s, made for it") % {"id": one.primary_id}, 2))
    return Plan(goes, _stays(one))


def needs_reason(one: Transaction) -> bool:
    """Whether there is a hold to be cancelled, or may be one that nobody knows of."""
    return any(name == "cancel" for name, _text, _price in plan(one).goes) or bool(undecided(one, "hold"))


def _stays(one: Transaction) -> list[str]:
    found = []
    if one.item_id and not one.is_virtual:
        found.append(_("The item %(barcode)s was there before.") % {"barcode": one.barcode})
        if one.went_out and not one.came_back and not one.loan_id:
            found.append(_("It was sent out: scan it in when it is here again."))
    if one.primary_id and not was_done(one, "create_patron"):
        found.append(_("The patron %(id)s was there before.") % {"id": one.primary_id})
        if was_done(one, "renew"):
            found.append(_("Their new expiry date stays, for others may count on it."))
    elif one.primary_id and not was_done(one, "delete_patron") and (kept := _patron_stays(one)):
        found.append(kept)
    return found


def _patron_stays(one: Transaction) -> str:
    """Why a patron who was made stays, a sentence; "" where they go."""
    said = {"id": one.primary_id}
    if one.status == Transaction.Status.COMPLETED:
        return _("The patron %(id)s stays: the next transaction finds them.") % said
    others = Transaction.objects.filter(primary_id__iexact=one.primary_id, closed=None).exclude(pk=one.pk)
    if other := others.first():
        return _("The patron %(id)s stays: transaction %(number)s names them too.") % {**said, "number": other.number}
    note = one.steps.filter(name=KEPT).last()
    return _("The patron %(id)s stays.") % said + f" {note.text}" if note else ""


def roll_back(one: Transaction, reason: str) -> None:
    """Do what the plan says until something fails. reason: of cancelling.REASONS, for the hold. Whoever calls holds the
    transaction. Raises AlmaError: what is left stands in the plan then; StillUnknown: too early to know what there is.
    """
    if not one.closed:
        one.rolling_back = True
        one.save()
    settle_all(one)
    while (goes := plan(one).goes) and _undo(one, goes[0][0], reason):
        pass
    if not one.closed:
        one.closed, one.status, one.failed = clock.moment(), Transaction.Status.CANCELLED, ""
        one.save()


def _undo(one: Transaction, name: str, reason: str) -> bool:
    try:
        run(one, act(one, name, reason))
    except InUse as error:
        now = clock.moment()
        one.steps.create(name=KEPT, attempt=one.steps.count(), state=Step.State.DONE, text=error.detail, at=now)
    except AlmaError:
        one.failed = name
        one.save()
        raise
    if name == "back" and not one.came_back:
        raise StillUnknown  # Alma took the scan, and still says that the item is on loan
    return True


def act(one: Transaction, name: str, reason: str = "") -> Act:
    """The call that takes this back."""
    if name == "cancel":
        return _cancel(one, reason)
    if name == "delete_patron":
        return partner_patron.delete(one)
    return _delete(one, name) if name in RECORDS else acts.back(one)


def _cancel(one: Transaction, reason: str) -> Act:
    """Two calls: a look afterwards. One that is over already is what was wanted; the loan usually ended it."""
    own = one.request_id
    request: Record = {"request_id": own, "user_primary_id": one.primary_id, "mms_id": one.mms_id}
    request |= {"item_id": one.item_id, "holding_id": one.holding_id}

    def send(token: str) -> Record:
        if one.loan_id and cancelling.is_over(own):
            return OVER_BEFORE
        done = cancelling.cancel(request, Words(reason, "", notify=False), why(one), token)
        if done.after not in (*cancelling.IS_OVER, "over"):
            raise done.error or StillUnknown
        return OVER_BEFORE if done.after == "over" else {}

    def look() -> Record | None:
        return {} if cancelling.is_over(own) else None

    shown = path(alma.USER_REQUEST, request_id=own)

    def keep(_ids: Sequence[str], _answer: Record) -> None:
        seen.see_request(one, {})
        one.save()

    return Act("cancel", "DELETE", shown, send, lambda _answer: [own], keep, look, told=_told)


def _told(answer: Record) -> dict[str, str]:
    return {"text": _("It was gone already.")} if answer is OVER_BEFORE else {}


def _nothing(_ids: Sequence[str], _answer: Record) -> None:
    """The step itself says that it is gone."""


def _delete(one: Transaction, name: str) -> Act:
    mms_id, holding_id, item_id = one.mms_id, one.holding_id, one.item_id
    known: dict[str, tuple[str, str, list[str], Callable[[], None]]] = {
        "delete_item": (
            *(acts.ITEM, alma.ITEM, [mms_id, holding_id, item_id]),
            lambda: alma.delete_item(mms_id, holding_id, item_id),
        ),
        "delete_holding": (
            *(acts.HOLDING, alma.HOLDING, [mms_id, holding_id]),
            lambda: alma.delete_holding(mms_id, holding_id),
        ),
        "delete_bib": (acts.TITLE, alma.BIB, [mms_id], lambda: alma.delete_bib(mms_id)),
    }
    kind, operation, ids, call = known[name]

    def send(token: str) -> Record:
        change = log.begin(Change.Action.DELETE, kind, ids, one.number, why(one), token)
        was_gone = False
        with log.sending(change):
            try:
                call()
            except AlmaError as error:
                if error.unknown_outcome or not is_gone(ids):
                    raise
                was_gone = True
        log.done(change, look_at=None)
        return OVER_BEFORE if was_gone else {}

    def look() -> Record | None:
        return {} if is_gone(ids) else None

    shown = path(operation, mms_id=mms_id, holding_id=holding_id, item_id=item_id)
    return Act(name, "DELETE", shown, send, lambda _answer: ids, _nothing, look, told=_told)


def is_gone(ids: Sequence[str]) -> bool:
    """Whether Alma has no such bib, holding or item (one ID, two, three) any more: one call."""
    try:
        if len(ids) == 1:
            return not alma.has_bib(ids[0])
        if len(ids) == 2:
            return ids[1] not in [code(found.get("holding_id")) for found in alma.holdings(ids[0])]
        found = rows(alma.items(ids[0]).data, "item")
    except AlmaNotFound as error:
        if error.is_gone:
            return True
        raise
    return ids[2] not in [alma.ids_of_item(each)[2] for each in found]
