"""Which operation answers which method and path, below /almaws/v1."""

import re
from collections.abc import Callable

from . import (
    catalog,
    catalog_write,
    conf,
    ecollections,
    eservices,
    fees,
    inventory,
    item_write,
    lending,
    loans,
    pick_list,
    portfolios,
    request_ops,
    request_options,
    scan,
    users,
)
from .errors import not_found
from .messages import Reply, Request, segment

Operation = Callable[..., Reply]

_COLLECTIONS = "/electronic/e-collections"
_COLLECTION = f"{_COLLECTIONS}/{{}}"
_SERVICES = f"{_COLLECTION}/e-services"
_SERVICE = f"{_SERVICES}/{{}}"
# The list of portfolios and of desks answers with and without the final slash.
_PORTFOLIOS = f"{_SERVICE}/portfolios/?"
_PORTFOLIO = f"{_SERVICE}/portfolios/{{}}"
_LOAN = "/users/{}/loans/{}"
_HOLDINGS = "/bibs/{}/holdings"
_HOLDING = f"{_HOLDINGS}/{{}}"
_ITEMS = f"{_HOLDING}/items"
_ITEM = f"{_ITEMS}/{{}}"
# Whose, or for what, a request is.
_ASKED = ("/users/{}", "/bibs/{}", _ITEM)

# {} is one ID or code: exactly one segment, not empty.
ROUTES: list[tuple[str, str, Operation]] = [
    ("GET", _COLLECTIONS, ecollections.listing),
    ("POST", _COLLECTIONS, ecollections.create),
    ("GET", _COLLECTION, ecollections.get),
    ("PUT", _COLLECTION, ecollections.update),
    ("DELETE", _COLLECTION, ecollections.delete),
    ("GET", _SERVICES, eservices.listing),
    ("POST", _SERVICES, eservices.create),
    ("GET", _SERVICE, eservices.get),
    ("PUT", _SERVICE, eservices.update),
    ("DELETE", _SERVICE, eservices.delete),
    ("GET", _PORTFOLIOS, portfolios.listing),
    ("POST", _PORTFOLIOS, portfolios.create),
    ("GET", _PORTFOLIO, portfolios.get),
    ("PUT", _PORTFOLIO, portfolios.update),
    ("DELETE", _PORTFOLIO, portfolios.delete),
    ("GET", "/conf/libraries", conf.libraries),
    ("GET", "/conf/libraries/{}", conf.library),
    ("GET", "/conf/libraries/{}/circ-desks/?", conf.circ_desks),
    ("GET", "/conf/libraries/{}/circ-desks/{}", conf.circ_desk),
    ("GET", "/conf/libraries/{}/locations", conf.locations),
    ("GET", "/conf/departments", conf.departments),
    ("GET", "/conf/general", conf.general),
    ("GET", "/conf/code-tables", conf.code_tables),
    ("GET", "/conf/code-tables/{}", conf.code_table),
    ("GET", "/conf/integration-profiles", conf.integration_profiles),
    ("GET", "/conf/integration-profiles/{}", conf.integration_profile),
    *(
        (method, path, conf.test)
        for method in ("GET", "POST")
        for path in ("/conf/test", "/bibs/test", "/users/operation/test")
    ),
    # After /bibs/test, which the pattern of a single bib would take.
    ("GET", "/bibs", catalog.listing),
    ("GET", "/bibs/{}", catalog.get),
    ("GET", "/bibs/{}/portfolios", catalog.portfolios),
    ("POST", "/bibs", catalog_write.create_bib),
    ("PUT", "/bibs/{}", catalog_write.update_bib),
    ("DELETE", "/bibs/{}", catalog_write.delete_bib),
    ("POST", _HOLDINGS, catalog_write.create_holding),
    ("PUT", _HOLDING, catalog_write.update_holding),
    ("DELETE", _HOLDING, catalog_write.delete_holding),
    ("POST", _ITEMS, item_write.create),
    ("PUT", _ITEM, item_write.update),
    ("DELETE", _ITEM, item_write.delete),
    ("POST", _ITEM, scan.scan_in),
    ("GET", _HOLDINGS, inventory.holding_list),
    ("GET", _HOLDING, inventory.holding),
    ("GET", _ITEMS, inventory.item_list),
    ("GET", _ITEM, inventory.item),
    ("GET", "/items", inventory.by_barcode),
    ("GET", "/bibs/{}/loans", lending.of_bib),
    ("GET", f"{_ITEM}/loans", lending.of_item),
    ("POST", f"{_ITEM}/loans", lending.create_on_item),
    ("GET", f"{_ITEM}/loans/{{}}", lending.get_of_item),
    ("GET", "/bibs/{}/request-options", request_options.of_bib),
    ("GET", f"{_ITEM}/request-options", request_options.of_item),
    ("GET", "/bibs/{}/booking-availability", request_options.bookings_of_bib),
    ("GET", f"{_ITEM}/booking-availability", request_options.bookings_of_item),
    ("GET", "/task-lists/requested-resources", pick_list.listing),
    ("GET", "/users/{}/requests", request_ops.of_user),
    ("POST", "/users/{}/requests", request_ops.create),
    ("GET", "/bibs/{}/requests", request_ops.of_bib),
    ("POST", "/bibs/{}/requests", request_ops.create_on_bib),
    ("GET", f"{_ITEM}/requests", request_ops.of_item),
    ("POST", f"{_ITEM}/requests", request_ops.create_on_item),
    *(
        (method, f"{above}/requests/{{}}", operation)
        for above in _ASKED
        for method, operation in (
            ("GET", request_ops.get),
            ("PUT", request_ops.update),
            ("DELETE", request_ops.cancel),
            ("POST", request_ops.act),
        )
    ),
    ("GET", "/users", users.listing),
    ("POST", "/users", users.create),
    ("GET", "/users/{}", users.get),
    ("POST", "/users/{}", users.act),
    ("PUT", "/users/{}", users.update),
    ("DELETE", "/users/{}", users.delete),
    ("GET", "/users/{}/loans", loans.listing),
    ("POST", "/users/{}/loans", lending.create),
    ("GET", _LOAN, loans.get),
    ("POST", _LOAN, loans.act),
    ("PUT", _LOAN, loans.update),
    ("GET", "/users/{}/fees", fees.listing),
    ("GET", "/users/{}/fees/{}", fees.get),
]

_COMPILED = [(method, re.compile(path.replace("{}", "([^/]+)")), operation) for method, path, operation in ROUTES]


def match(request: Request) -> tuple[Operation, list[str]]:
    """The operation and the IDs of its path; 404 for anything else, other methods of a known path too."""
    for method, pattern, operation in _COMPILED:
        found = pattern.fullmatch(request.path) if method == request.method else None
        if found:
            return operation, [segment(text) for text in found.groups()]
    raise not_found()
