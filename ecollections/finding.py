"""From an ID alone to its page. The first two digits of Alma's IDs tell the kind (facts 8)."""

from dataclasses import dataclass

from django.urls import reverse

from almaportal.alma.caller import current
from almaportal.alma.errors import AlmaNotFound, AlmaUnreachable
from almaportal.alma.paging import every
from almaportal.alma.records import code
from ecollections import alma, places
from ecollections.models import Place

COLLECTION, SERVICE, PORTFOLIO = "61", "62", "53"
ENOUGH_SECONDS = 8  # for one more call and the page
OF_BOOKS = (8, 10, 13)  # digits of an ISSN or ISBN: no ID of Alma's is so short


def find_page(alma_id: str) -> str:
    """The address of the ID's page; "" when nobody knows where it is.

    An e-collection's address needs nothing else. Services and portfolios are found where they were last seen. A
    portfolio never seen is asked for by its ID alone, in one call: Alma's description of that call checks nothing
    else (facts, Appendix A: only 60123).
    """
    if alma_id.startswith(COLLECTION):
        return reverse("ecollections:collection", args=[alma_id])
    place = places.seen([alma_id]).get(alma_id)
    if place and alma_id.startswith(SERVICE):
        return reverse("ecollections:service", args=[place.collection_id, alma_id])
    if place and alma_id.startswith(PORTFOLIO):
        return reverse("ecollections:portfolio", args=[place.collection_id, place.service_id, alma_id])
    return _ask_for_portfolio(alma_id) if alma_id.startswith(PORTFOLIO) else ""


def may_be_alma_id(digits: str) -> bool:
    """Whether these digits are an ID of a kind that has pages here, and no ISSN or ISBN."""
    return digits.startswith((COLLECTION, SERVICE, PORTFOLIO)) and len(digits) not in OF_BOOKS


@dataclass(frozen=True)
class Search:
    """How far looking for a service came.

    address: its page, or ""; looked: e-collections read; unread: those that Alma would not show; finished: all seen.
    """

    address: str = ""
    looked: int = 0
    unread: int = 0
    finished: bool = True


def look_for_service(service_id: str) -> Search:
    """Read the services of one e-collection after the other, until the service is found or the page's time runs short.

    One call for each e-collection that is not kept fresh, and one for each hundred of the list. What was read is kept,
    so looking again goes on where it stopped.
    """
    looked = unread = 0
    for row in every(lambda limit, offset: alma.collections("", limit, offset), "electronic_collection"):
        if current().seconds_left() < ENOUGH_SECONDS:
            return Search("", looked, unread, finished=False)
        try:
            alma.services(code(row.get("id")))
            looked += 1
        except (AlmaNotFound, AlmaUnreachable):  # deleted meanwhile, or one that Alma fails at: the others may have it
            unread += 1
        if Place.objects.filter(pk=service_id).exists():
            return Search(find_page(service_id), looked, unread)
    return Search("", looked, unread)


def _ask_for_portfolio(portfolio_id: str) -> str:
    """Alma may insist on the right e-collection and service after all; then it is simply not found by its ID alone."""
    try:
        record = alma.portfolio("0", "0", portfolio_id).data
    except AlmaNotFound:
        return ""
    home = places.home(record)
    return reverse("ecollections:portfolio", args=[*home, portfolio_id]) if home else ""
