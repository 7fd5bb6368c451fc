"""The chain of a direct borrowing on the lending side: its steps in order, and how far it is by the hub's statuses."""

from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.alma.errors import AlmaError
from almaportal.alma.records import Record
from almaportal.changes.holds import hold
from circulation import acts, partner_patron, seen
from circulation.models import Step, Transaction
from circulation.partner_patron import Names
from circulation.steps import Act, run, settle, undecided

Status = Transaction.Status
STEPS = ("patron", "item", "hold", "sent", "loan", "back", "close")
# Statuses in the order they are reached, CANCELLED apart.
ORDER: list[Status] = [one for one in Status if one != Status.CANCELLED]
# What happens at the borrowing side and is only noted here.
NOTES = (Status.CONFIRMED, Status.AT_BORROWER, Status.RECEIVED, Status.READY, Status.RETURNING)


class NotNow(Exception):
    """The step cannot be done at this point: the sentence says why. Nothing was sent."""


class StillOpen(Exception):
    """What Alma still has open, sentences: the transaction was not closed."""

    def __init__(self, points: list[str]) -> None:
        self.points = points
        super().__init__(len(points))


def is_done(one: Transaction, name: str) -> bool:
    done = {
        "patron": one.primary_id,
        "item": one.item_id,
        "hold": one.request_id,
        "sent": one.went_out or one.loan_id,
        "loan": one.loan_id,
        "back": one.came_back,
        "close": one.status == Status.COMPLETED,
    }
    return bool(done[name])


def may(one: Transaction, name: str) -> bool:
    """Whether this step can be done now: in order, but sending out may be left to staff in Alma."""
    if one.closed or one.rolling_back or is_done(one, name):
        return False
    before = [each for each in STEPS[: STEPS.index(name)] if each != "sent"]
    return all(is_done(one, each) for each in before)


def next_step(one: Transaction) -> str:
    """The first step that is not done, "" when all are."""
    return next((name for name in STEPS if not is_done(one, name)), "")


def last_done(one: Transaction) -> str:
    """The last step that is done, "" for none."""
    return next((name for name in reversed(STEPS) if is_done(one, name)), "")


def may_note(one: Transaction, status: str) -> bool:
    """What the borrowing side says: of the reader's way to the book after the hold, of the way back after the loan."""
    if status not in NOTES or one.closed or one.rolling_back or not one.request_id:
        return False
    return _rank(status) > _rank(one.status) and (status != Status.RETURNING or bool(one.loan_id))


def note(one: Transaction, status: str, who: str) -> bool:
    """Write down what the borrowing side said; no call. Whether it could be."""
    with hold(key(one)):
        one.refresh_from_db()
        if not may_note(one, status):
            return False
        one.steps.create(name=status, state=Step.State.DONE, at=clock.moment(), who=who)
        reach(one)
    return True


def reach(one: Transaction) -> None:
    """Set the hub's status."""
    if not one.closed:
        one.status = furthest(one)
    one.save()


def furthest(one: Transaction) -> Status:
    """The hub's status by what a step or a note reached, that of one that was rolled back before it was."""
    by_steps = {
        Status.VERIFIED: one.primary_id,
        Status.RESOLVED: one.item_id,
        Status.AT_SUPPLIER: one.request_id,
        Status.SENT: one.went_out,
        Status.LOANED: one.loan_id,
    }
    noted = one.steps.filter(name__in=NOTES).values_list("name", flat=True)
    reached = [Status.SUBMITTED, *(status for status, is_there in by_steps.items() if is_there), *noted]
    return Status(max(reached, key=_rank))


def _rank(status: str) -> int:
    return [str(one) for one in ORDER].index(str(status)) if status != Status.CANCELLED else -1


def key(one: Transaction) -> str:
    """What is held while somebody works on the transaction."""
    return f"direct:{one.pk}"


def do(one: Transaction, name: str, names: Names | None = None) -> Record:
    """Do a step, or find what a try before it left; done already, nothing is sent. names: for a new patron.

    Returns what Alma said last, {} where nothing needs showing: of a scan that Alma took and that moved nothing its
    answer. Raises NotNow, StillOpen, partner_patron.NamesNeeded,
    AlmaError.
    """
    with hold(key(one)):
        one.refresh_from_db()
        if is_done(one, name):
            return {}
        if not may(one, name):
            raise NotNow
        try:
            said = _do(one, name, names or Names())
        except AlmaError:
            one.failed = name
            one.save()
            raise
        one.failed = ""
        reach(one)
    return said


def _do(one: Transaction, name: str, names: Names) -> Record:
    if name == "patron":
        return partner_patron.verify(one, names)
    if name == "item":
        _item(one)
    elif name == "close":
        _close(one)
    else:
        said = run(one, {"hold": acts.hold, "sent": acts.sent, "loan": acts.loan, "back": acts.back}[name](one))
        return {} if is_done(one, name) else said
    return {}


def _item(one: Transaction) -> None:
    """A real item by its barcode; else the title, its holding and its item, as far as they are not there yet."""
    if not one.is_virtual:
        run(one, acts.find_item(one))
        return
    for column, make in (("mms_id", acts.bib), ("holding_id", acts.holding), ("item_id", acts.item)):
        if not getattr(one, column):
            run(one, make(one))


def _close(one: Transaction) -> None:
    """One call: whether the hold is over. That the loan is, Alma said when the item was scanned in."""
    run(one, acts.read_request(one))
    if one.seen.get("request") != seen.OVER:
        raise StillOpen([_("The hold %(id)s is not over.") % {"id": one.request_id}])
    one.status, one.closed = Status.COMPLETED, clock.moment()


def read(one: Transaction) -> None:
    """Read Alma's state: what staff did in Alma itself counts as done. `seen.calls` calls."""
    with hold(key(one)):
        one.refresh_from_db()
        seen.look(one)
        reach(one)


def act(one: Transaction, name: str) -> Act:
    """A call that makes something, to look what became of it."""
    if name in ("create_patron", "renew"):
        if name == "renew":
            return partner_patron.renew(one, {"primary_id": one.primary_id or one.patron})
        return partner_patron.create(one, Names())
    known = {"bib": acts.bib, "holding": acts.holding, "item": acts.item, "hold": acts.hold}
    return {**known, "sent": acts.sent, "loan": acts.loan, "back": acts.back}[name](one)


def settle_all(one: Transaction) -> None:
    """Look what became of every call whose outcome nobody knows. Raises StillUnknown, AlmaError: not known yet."""
    for name in ("create_patron", "renew", "bib", "holding", "item", "hold", "sent", "loan", "back"):
        if step := undecided(one, name):
            settle(step, act(one, name))
