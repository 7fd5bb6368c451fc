"""From an ID alone to its page. The first two digits of Alma's IDs tell the kind (facts 8)."""

from django.urls import reverse

from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import code, dig
from ecollections import alma
from ecollections.models import Place

COLLECTION, SERVICE, PORTFOLIO = "61", "62", "53"


def find_page(alma_id: str) -> str:
    """The address of the ID's page; "" when nobody knows where it is.

    An e-collection's address needs nothing else. Services and portfolios are found where they were last seen. A
    portfolio never seen is asked for by its ID alone, in one call: Alma's description of that call checks nothing
    else (facts, Appendix A: only 60123).
    """
    if alma_id.startswith(COLLECTION):
        return reverse("ecollections:collection", args=[alma_id])
    place = Place.objects.filter(pk=alma_id).first()
    if place and alma_id.startswith(SERVICE):
        return reverse("ecollections:service", args=[place.collection_id, alma_id])
    if place and alma_id.startswith(PORTFOLIO):
        return reverse("ecollections:portfolio", args=[place.collection_id, place.service_id, alma_id])
    return _ask_for_portfolio(alma_id) if alma_id.startswith(PORTFOLIO) else ""


def _ask_for_portfolio(portfolio_id: str) -> str:
    try:
        record = alma.portfolio("0", "0", portfolio_id).data
    except AlmaNotFound:
        return ""
    home = [code(dig(record, f"electronic_collection.{part}")) for part in ("id", "service")]
    return reverse("ecollections:portfolio", args=[*home, portfolio_id]) if all(home) else ""
