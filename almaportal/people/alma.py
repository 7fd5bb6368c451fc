"""The users area of Alma: patrons, their loans and fees.

Shapes: facts 3 and 4. Nothing read here is ever kept. Errors: AlmaError; AlmaNotFound (is_gone): nobody has the ID.
"""

from collections.abc import Callable, Iterator, Sequence

from django.utils.translation import gettext as _

from almaportal.alma.call import Params
from almaportal.alma.errors import AlmaNotFound, AlmaRejected, Said
from almaportal.alma.gateway import Answer, alma
from almaportal.alma.records import Record, code, rows, whole_number
from almaportal.people import person

USERS = "/users"
USER = f"{USERS}/{{user_id}}"
LOANS = f"{USER}/loans"
LOAN = f"{LOANS}/{{loan_id}}"
FEES = f"{USER}/fees"

COUNTS = "loans,requests,fees"  # what the desk reads along with a person
MOST = 100  # rows a call
MOST_LOANS = 5 * MOST


def find_one(user_id: str, expand: str = "") -> Record:
    """The whole person who has this primary ID or any other unique identifier: one call.

    expand: COUNTS for how many loans and requests and what is owed. An ID with "/" is looked for by a search (facts
    3.4), and the person is then read by another ID: two calls at least. Raises AlmaNotFound (is_gone) when nobody has
    it.
    """
    if "/" not in user_id:
        return _read(user_id, expand)
    for found in searched_for(user_id):
        return whole(found, expand)
    raise AlmaNotFound(status=400, said=Said("401861"), area="users")


def searched_for(user_id: str) -> list[Record]:
    """Who has an ID that cannot stand in a path (facts 3.4): the one whose primary ID it is, one call, or all who have
    it as another identifier, one call more."""
    own = [one for one in holders(user_id, "primary_id") if person.is_same_id(person.primary_id(one), user_id)]
    return own or holders(user_id)


def whole(found: Record, expand: str = "") -> Record:
    """A person of `searched_for`, read by an ID that can stand in a path; where none leads to them, as the search sent
    them, and so a contact, who has no page to be read for."""
    if not person.primary_id(found):
        return found
    return next(_read_by_others(found, expand), (found, ""))[0]


def _read(user_id: str, expand: str = "") -> Record:
    return alma().get(USER, {"user_id": user_id}, {"expand": expand} if expand else None).data


def _read_by_others(found: Record, expand: str = "") -> Iterator[tuple[Record, str]]:
    """The person read by each other ID that can stand in a path and leads to nobody else, and that ID. Raises
    AlmaRejected for a brief row: what is not there must never be taken for empty."""
    if not person.is_whole(found):
        raise AlmaRejected(_("Of an ID with “/” Alma sends only a part of the record. Open the person by another ID."))
    own = person.primary_id(found)
    for other in (one.value for one in person.identifiers(found) if one.is_active and "/" not in one.value):
        try:
            record = _read(other, expand)
        except AlmaNotFound:
            continue
        if person.primary_id(record) == own:
            yield record, other


def holders(user_id: str, field: str = "identifiers") -> list[Record]:
    """The whole people who have exactly this ID, those with whom it is active first: one call, at most 100 rows."""
    found = rows(search(query(field, user_id), MOST, 0).data, "user")
    held = [(person.holds(one, user_id), one) for one in found]
    return [one for state, one in sorted(held, key=lambda pair: pair[0] != "active") if state]


def query(field: str, text: str, between: str = "_") -> str:
    """A search for the words of `text` in a field; "" when there is none. Alma refuses blanks (facts 3.5).

    between: "_" for a phrase, "," for words that may stand anywhere.
    """
    words = text.replace("~", " ").replace(",", " ").split()
    return f"{field}~{between.join(words)}" if words else ""


def search(q: str, limit: int, offset: int) -> Answer:
    """Whole rows "user" that match; more than match, and a count that lies, are usual (facts 3.5)."""
    return alma().get(USERS, params={"q": q, "limit": limit, "offset": offset, "expand": "full"})


def loans(user_id: str, skip: int = 0) -> tuple[list[Record], int]:
    """The active loans, the first due first, from `skip` on, at most MOST_LOANS: a call for each hundred. And how many
    to skip for those that follow, 0 when there are no more.

    What is no loan among the rows counts too: Alma's offset does not know that.
    """
    found: list[Record] = []
    params: Params = {"limit": MOST, "order_by": "due_date", "direction": "ASC", "expand": "renewable"}
    at = skip
    while at < skip + MOST_LOANS:
        data = alma().get(LOANS, {"user_id": user_id}, {**params, "offset": at}).data
        some = rows(data, "item_loan")
        found += some
        sent = data.get("item_loan")
        here = len(sent if isinstance(sent, list) else some)
        at += here
        total = whole_number(data.get("total_record_count")) or 0
        if not here or (at >= total if total > 0 else here < MOST):
            return found, 0
    return found, at


def loan(user_id: str, loan_id: str) -> Record:
    """One loan as it is now."""
    return alma().get(LOAN, {"user_id": user_id, "loan_id": loan_id}).data


def renew(user_id: str, loan_id: str) -> Record:
    """Ask Alma to renew a loan, once. The answer is the loan, which may be not renewed at all (facts 0.12)."""
    return alma().post(LOAN, {"user_id": user_id, "loan_id": loan_id}, {}, {"op": "renew"})


def fees(user_id: str) -> Record:
    """Rows "fee" that are not settled, with "total_sum" and "currency": one call, this list has no paging."""
    return alma().get(FEES, {"user_id": user_id}).data


def write(before: Record, record: Record, took: Callable[[Record], bool], override: Sequence[str] = ()) -> Record:
    """PUT the whole person and return Alma's answer.

    before: as read just before, by find_one without `expand`; took: see Gateway.put; override: fields of an external
    user that are set although somebody changed them by hand in Alma (facts 3.3).
    """
    params: Params | None = {"override": ",".join(override)} if override else None
    return alma().put(USER, {"user_id": address(before)}, record, params, before=before, took=took)


def create(record: Record) -> Record:
    """POST a new person, sent once (Gateway.post). Returns Alma's answer."""
    return alma().post(USERS, None, record)


def delete(record: Record) -> None:
    """DELETE a person, as read. Alma refuses while there are loans or unpaid fees (401850); their requests go too."""
    alma().delete(USER, {"user_id": address(record)})


def address(record: Record) -> str:
    """An ID of the person that can stand in a path: the primary one; for one with "/" another (facts 3.4), with a
    call to see that it is nobody else's."""
    own = person.primary_id(record)
    if own and "/" not in own:
        return own
    for _record, other in _read_by_others(record):
        return other
    raise AlmaRejected(_("No ID of this person without “/” leads to them, and Alma takes no other. Nothing was sent."))


def place(user_id: str) -> str:
    """What stands in Alma's path for an ID: the ID itself; of one with "/" another of the person, for two calls or
    more."""
    return address(find_one(user_id)) if "/" in user_id else user_id


def loan_id(row: Record) -> str:
    return code(row.get("loan_id"))
