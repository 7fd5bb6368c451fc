"""What Alma says of the request, the item and the loan of a transaction: kept beside the hub's status, codes only."""

from almaportal.alma import clock
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record, code, dig
from almaportal.people import person
from circulation import alma, record
from circulation.models import Transaction

AWAY = ("TRANSIT", "HOLDSHELF")  # process types of an item on its way to the reader
LENT = ("LOAN", "LOST_LOAN", "CLAIM_RETURNED_LOAN")
OVER = "OVER"  # a request or loan that Alma has no more


def process(item: Record) -> str:
    return code(dig(item, "item_data.process_type")).upper()


def away(item: Record) -> bool:
    return process(item) in AWAY


def lent(item: Record) -> bool:
    return process(item) in LENT


def is_on_its_way(item: Record, request: Record) -> bool:
    """Whether the item left for this hold. Where several wait it may have left for another: ours has not begun then.
    request: {} for one that is over."""
    return away(item) and record.status(request) not in ("", "NOT_STARTED", record.HISTORY)


def see_item(one: Transaction, item: Record) -> None:
    if item:
        _see(one, process=process(item), base=code(dig(item, "item_data.base_status")))


def see_request(one: Transaction, request: Record) -> None:
    """request: {} for one that is over."""
    _see(one, request=OVER if not request or record.status(request) == record.HISTORY else record.status(request))


def see_loan(one: Transaction, loan: Record) -> None:
    """loan: {} for one that is over."""
    is_over = not loan or code(loan.get("loan_status")).upper() == "COMPLETE"
    _see(one, loan=OVER if is_over else code(loan.get("loan_status")).upper() or "ACTIVE")


def _see(one: Transaction, **said: str) -> None:
    one.seen = {**one.seen, **said}
    one.seen_at = clock.moment()


def request_now(one: Transaction) -> Record:
    """The hold; {} when Alma has it no more: one call."""
    try:
        return alma.request(one.request_id)
    except AlmaNotFound as error:
        if not error.is_gone:
            raise
        return {}


def item_now(one: Transaction) -> Record:
    """The item as it is: one call."""
    return alma.item(one.mms_id, one.item_id, one.holding_id)


def loan_of_item(one: Transaction) -> Record | None:
    """The loan of this transaction while it lasts, None for none: one call. The item may be lent to somebody else by
    now, or to the same patron once more; a loan that is over may be gone (facts 4)."""
    found = alma.loans_of_item(alma.item_ids(one.mms_id, one.item_id, one.holding_id))
    theirs = (loan for loan in found if person.is_same_id(one.primary_id, code(loan.get("user_id"))))
    return next((loan for loan in theirs if one.loan_id in ("", code(loan.get("loan_id")))), None)


def look(one: Transaction) -> None:
    """Read what Alma says now of all there is: two or three calls. What staff did in Alma itself counts as done."""
    item = item_now(one)
    see_item(one, item)
    request = request_now(one) if one.request_id else {}
    if one.request_id:
        see_request(one, request)
    if one.request_id and not one.came_back and (one.loan_id or lent(item)):
        found = loan_of_item(one) or {}
        one.loan_id = one.loan_id or code(found.get("loan_id"))
        if one.loan_id:
            see_loan(one, found)
            one.came_back = not found
    one.went_out = one.went_out or is_on_its_way(item, request)
    one.save()


def calls(one: Transaction) -> int:
    """What `look` costs at most."""
    return 1 + bool(one.request_id) + bool(one.request_id and not one.came_back)
