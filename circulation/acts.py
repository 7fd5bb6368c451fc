"""The calls of a direct borrowing that make, lend and take back: what each sends, what of its answer is kept, and how
what a lost answer left is found. Of the patron nothing but the primary ID is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from almaportal.alma.errors import AlmaRejected, AlmaUnreadable
from almaportal.alma.records import Record, code, dig, rows
from almaportal.changes import log
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import alma as people
from circulation import alma, marc, placing, record, seen, wanted
from circulation.models import Transaction
from circulation.steps import Act
from circulation.wanted import Target, Wanted

TITLE, HOLDING, ITEM, LOAN = "title", "holding", "item", "loan"  # kinds of the log of changes
INDEXED = timedelta(minutes=10)  # Alma's search may be so late
Ids = Sequence[str]


def mark(one: Transaction) -> str:
    """What items and holds of this transaction are known by in Alma."""
    return f"[almaportal {one.number}]"


def note(one: Transaction) -> str:
    return f"{mark(one)} {one.partner}"


def system_number(one: Transaction) -> str:
    """What the virtual bib is known by, in 035."""
    return f"(almaportal){one.number}"


def why(one: Transaction) -> Why:
    return Why(_("Direct borrowing %(number)s") % {"number": one.number})


def path(template: str, **ids: str) -> str:
    """An operation with its IDs, as people see it; the patron's is left out, for this stays."""
    return template.format_map({"holding_id": alma.ANY, "user_id": "{user_id}", **ids})


def creating(
    one: Transaction, kind: str, call: Callable[[], Record], ids: Callable[[Record], Ids]
) -> Callable[[str], Record]:
    """For Act.send: a POST with its row in the log. An answer without an ID is an unknown outcome."""

    def send(token: str) -> Record:
        change = log.begin(Change.Action.CREATE, kind, [], one.number, why(one), token)
        with log.sending(change):
            answer = call()
            found = list(ids(answer))
            if not all(found):
                raise AlmaUnreadable(_("Alma's answer has no ID."), unknown_outcome=True, area="bibs")
        log.done(change, ids=found, record_id=found[-1])
        return answer

    return send


def keeping(
    one: Transaction, columns: Ids, see: Callable[[Transaction, Record], None] | None = None, **more: Any
) -> Callable[[Ids, Record], None]:
    """For Act.keep: the IDs go into these columns, "" for one that is known; more: what else is true from now on."""

    def keep(ids: Ids, answer: Record) -> None:
        for column, found in zip(columns, ids, strict=True):
            if column:
                setattr(one, column, found)
        for column, value in more.items():
            setattr(one, column, value)
        if see and answer:
            see(one, answer)
        one.save()

    return keep


# the item


def find_item(one: Transaction) -> Act:
    """A real item by its barcode: two calls."""

    def send(_token: str) -> Record:
        found = alma.item_of(one.barcode)
        if not all(alma.ids_of_item(found)):
            raise AlmaRejected(_("Alma's answer does not say which item it is. Look at it in Alma."), area="bibs")
        return found

    def keep(ids: Ids, answer: Record) -> None:
        one.title = code(dig(answer, "bib_data.title"))[:300]
        one.author = code(dig(answer, "bib_data.author"))[:200]
        keeping(one, ("mms_id", "holding_id", "item_id"), seen.see_item)(ids, answer)

    return Act("find_item", "GET", f"{alma.BARCODE}?item_barcode={one.barcode}", send, alma.ids_of_item, keep)


def bib(one: Transaction) -> Act:
    def ids(answer: Record) -> Ids:
        return [code(answer.get("mms_id"))]

    def look() -> Record | None:
        """Alma's search may find more than asked for."""
        number = system_number(one)
        return next((found for found in alma.bibs_with(number) if _names(found, number)), None)

    xml = marc.bib_xml(one.title, one.author, system_number(one), note(one))
    send = creating(one, TITLE, lambda: alma.add_bib(xml), ids)
    return Act("bib", "POST", alma.BIBS, send, ids, keeping(one, ["mms_id"]), look, INDEXED)


def _names(bib: Record, number: str) -> bool:
    """Whether a bib has this number in 035."""
    numbers, texts = (bib.get(name) for name in ("network_number", "anies"))
    in_list = number in [code(one) for one in numbers] if isinstance(numbers, list) else False
    return in_list or f">{number}<" in str(texts)


def holding(one: Transaction) -> Act:
    def ids(answer: Record) -> Ids:
        return [one.mms_id, code(answer.get("holding_id"))]

    def look() -> Record | None:
        """The bib is this transaction's own: whatever holding it has is."""
        return next(iter(alma.holdings(one.mms_id)), None)

    xml = marc.holding_xml(one.library, one.location, note(one))
    send = creating(one, HOLDING, lambda: alma.add_holding(one.mms_id, xml), ids)
    shown = path(alma.HOLDINGS, mms_id=one.mms_id)
    return Act("holding", "POST", shown, send, ids, keeping(one, ["", "holding_id"]), look)


def item(one: Transaction) -> Act:
    def look() -> Record | None:
        """The holding is this transaction's own."""
        return next(iter(rows(alma.items(one.mms_id).data, "item")), None)

    data: Record = {"barcode": one.barcode, "internal_note_1": note(one)}
    coded = {"physical_material_type": one.material, "policy": one.policy, "library": one.library}
    coded["location"] = one.location
    data |= {name: {"value": value} for name, value in coded.items() if value}
    send = creating(one, ITEM, lambda: alma.add_item(one.mms_id, one.holding_id, {"item_data": data}), alma.ids_of_item)
    shown = path(alma.ITEMS, mms_id=one.mms_id, holding_id=one.holding_id)
    return Act("item", "POST", shown, send, alma.ids_of_item, keeping(one, ["", "", "item_id"], seen.see_item), look)


# hold and loan


def hold(one: Transaction) -> Act:
    def ids(answer: Record) -> Ids:
        return [record.request_id(answer)]

    def look() -> Record | None:
        """The patron's hold of the item that has the mark of this transaction."""
        found = alma.of_item(one.mms_id, one.item_id, one.holding_id)
        mine = (each for each in found if record.person(each) == one.primary_id)
        return next((each for each in mine if mark(one) in code(each.get("comment"))), None)

    def send(token: str) -> Record:
        target = Target(one.mms_id, one.title, item_id=one.item_id)
        user_id = one.primary_id
        asked = Wanted(user_id=user_id, place=people.place(user_id), target=target, level=wanted.ITEM, token=token)
        return placing.place(asked, _hold_body(one), again=False, why=why(one)).request

    shown = f"{path(alma.USER_REQUESTS)}?item_pid={one.item_id}"
    return Act("hold", "POST", shown, send, ids, keeping(one, ["request_id"], seen.see_request), look)


def _hold_body(one: Transaction) -> Record:
    desk = {"pickup_location_circulation_desk": one.pickup_desk} if one.pickup_desk else {}
    return {
        "request_type": "HOLD",
        "pickup_location_type": "CIRCULATION_DESK" if desk else "LIBRARY",
        "pickup_location_library": one.pickup_library,
        "comment": note(one),
        **desk,
    }


def loan(one: Transaction) -> Act:
    def ids(answer: Record) -> Ids:
        return [code(answer.get("loan_id"))]

    def call() -> Record:
        place = people.place(one.primary_id)
        return alma.lend(place, one.item_id, one.library, one.desk, one.request_id)

    send = creating(one, LOAN, call, ids)
    shown = f"{path(alma.USER_LOANS)}?item_pid={one.item_id}"
    keep = keeping(one, ["loan_id"], seen.see_loan)
    return Act("loan", "POST", shown, send, ids, keep, lambda: seen.loan_of_item(one))


# scanning in


def sent(one: Transaction) -> Act:
    """To the place of pickup: the hold tells Alma where that is. Whoever waits for the title too does not get it."""

    def keep(ids: Ids, answer: Record) -> None:
        keeping(one, ["", "", ""], seen.see_item, went_out=seen.away(answer) if answer else True)(ids, answer)

    def look() -> Record | None:
        found = seen.item_now(one)
        return found if seen.is_on_its_way(found, seen.request_now(one)) else None

    return _scan(one, "sent", keep, look, one.request_id)


def back(one: Transaction) -> Act:
    """Home again: Alma closes the loan. A real item is looked at first, one call more: the desk may have taken it back
    in Alma, and the scan would end the loan of the next reader."""

    def keep(ids: Ids, answer: Record) -> None:
        keeping(one, ["", "", ""], seen.see_item, came_back=not seen.lent(answer))(ids, answer)
        if one.came_back:
            seen.see_loan(one, {})
            one.save()

    def look() -> Record | None:
        found = seen.item_now(one)
        return None if seen.lent(found) else found

    scan = _scan(one, "back", keep, look)
    if one.is_virtual:
        return scan

    def send(token: str) -> Record:
        return scan.send(token) if seen.loan_of_item(one) else {}

    def told(answer: Record) -> dict[str, Any]:
        return {} if answer else {"text": _("The loan is over already: the item was not scanned.")}

    return replace(scan, send=send, told=told)


def _scan(
    one: Transaction,
    name: str,
    keep: Callable[[Ids, Record], None],
    look: Callable[[], Record | None],
    request_id: str = "",
) -> Act:
    ids = [one.mms_id, one.holding_id, one.item_id]
    at = f"{one.library} {one.desk}"

    def send(token: str) -> Record:
        fields = [{"path": "scan_in", "before": None, "after": at}]
        change = log.begin(Change.Action.EDIT, ITEM, ids, one.number, why(one), token, fields=fields)
        with log.sending(change):
            place = alma.item_ids(one.mms_id, one.item_id, one.holding_id)
            answer = alma.scan_in(place, one.library, one.desk, request_id)
        log.done(change)
        return answer

    shown = f"{path(alma.ITEM, mms_id=ids[0], holding_id=ids[1], item_id=ids[2])}?op=scan"
    return Act(name, "POST", shown, send, lambda _answer: ids, keep, look)


# closing


def read_request(one: Transaction) -> Act:
    def keep(_ids: Ids, answer: Record) -> None:
        seen.see_request(one, answer)
        one.save()

    def told(answer: Record) -> dict[str, Any]:
        return {} if answer else {"http": 400, "code": "401694", "text": _("The hold is over.")}

    shown = path(alma.USER_REQUEST, user_id=alma.ANY, request_id=one.request_id)
    return Act("read_request", "GET", shown, lambda _token: seen.request_now(one), lambda _answer: [], keep, told=told)
