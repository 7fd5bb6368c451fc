"""Every GET that Alma's OpenAPI files of the areas electronic, users, bibs and conf know (29 May 2026), and their
parameters: 6 + 19 + 34 + 41; and the one by an item's barcode, which the files tell of in words alone.

The paths, the names of the parameters, which are required and their defaults are those of the files; the words are our
own. A line here is a path, what it answers, and the parameters of its query: "!" marks those that Alma must have, and
"name:other" is described in parameters.py as "name:other", where a name means another thing elsewhere. Parameters of
the path are its placeholders. tests/usage/test_try.py holds the table against itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from almaportal.usage.parameters import PARAMETERS, Parameter

PAGED = "limit offset"
ID_TYPE = "user_id_type"
LOANS = "limit offset order_by:loans direction loan_status"
_SERVICES = "/electronic/e-collections/{collection_id}/e-services"
_USER = "/users/{user_id}"
_BIB = "/bibs/{mms_id}"
_HOLDING = f"{_BIB}/holdings/{{holding_id}}"
_ITEM = f"{_HOLDING}/items/{{item_pid}}"
_ITEM_ID = f"{_HOLDING}/items/{{item_id}}"  # the same place in Alma; the files call it both
_INSTANCE = "/conf/jobs/{job_id}/instances/{instance_id}"
_LIBRARY = "/conf/libraries/{libraryCode}"
_ITEM_DATES = " ".join(
    f"{what}_date_{end}" for what in ("create", "modify", "receive", "expected_receive") for end in ("from", "to")
)

AREAS: dict[str, list[tuple[str, str | Promise, str]]] = {
    "electronic": [
        ("/electronic/e-collections", _("E-collections"), f"q:collections {PAGED}"),
        ("/electronic/e-collections/{collection_id}", _("One e-collection"), ""),
        (_SERVICES, _("Services of an e-collection"), ""),
        (f"{_SERVICES}/{{service_id}}", _("One electronic service"), ""),
        (f"{_SERVICES}/{{service_id}}/portfolios", _("Portfolios of a service"), PAGED),
        (f"{_SERVICES}/{{service_id}}/portfolios/{{portfolio_id}}", _("One portfolio"), ""),
    ],
    "users": [
        (
            "/users",
            _("Search for users"),
            f"{PAGED} q:users order_by:users source_institution_code source_user_id expand:users "
            "modify_date_from:users",
        ),
        ("/users/ME", _("The user that the key belongs to"), ""),
        ("/users/operation/test", _("Test whether the key reads users"), ""),
        ("/users/staff-login-report", _("Sign-ins of staff"), f"login_date_from! login_date_to! successful {PAGED}"),
        (_USER, _("One user"), f"{ID_TYPE} view:user expand:user source_institution_code"),
        (f"{_USER}/attachments/{{attachment_id}}", _("A file attached to a user"), f"{ID_TYPE} expand:attachment"),
        (
            f"{_USER}/deposits",
            _("A user's deposits"),
            f"{ID_TYPE} status:deposits {PAGED} order_by:deposits direction:users",
        ),
        (f"{_USER}/deposits/{{deposit_id}}", _("One deposit of a user"), ID_TYPE),
        (f"{_USER}/fees", _("A user's fines and fees"), f"{ID_TYPE} status:fees"),
        (f"{_USER}/fees/{{fee_id}}", _("One fine or fee of a user"), ID_TYPE),
        (
            f"{_USER}/loans",
            _("A user's loans"),
            f"{ID_TYPE} expand:loans {PAGED} order_by:loans direction:users loan_status",
        ),
        (f"{_USER}/loans/{{loan_id}}", _("One loan of a user"), ""),
        (f"{_USER}/personal-data", _("All that Alma holds about a user"), ID_TYPE),
        (f"{_USER}/purchase-requests", _("A user's purchase requests"), f"{ID_TYPE}:must! {PAGED} status:purchases"),
        (f"{_USER}/purchase-requests/{{purchase_request_id}}", _("One purchase request of a user"), f"{ID_TYPE}:must!"),
        (f"{_USER}/requests", _("A user's requests"), f"request_type {ID_TYPE} {PAGED} status:requests"),
        (f"{_USER}/requests/{{request_id}}", _("One request of a user"), ID_TYPE),
        (
            f"{_USER}/resource-sharing-requests/{{request_id}}",
            _("One resource sharing request of a user"),
            "request_id_type",
        ),
        (
            "/users/{user_name}/leganto-notifications",
            _("A user's Leganto notifications"),
            "notificationType! limit from! to! unread",
        ),
    ],
    "bibs": [
        (
            "/bibs",
            _("Titles by their IDs"),
            "mms_id:several ie_id holdings_id representation_id nz_mms_id cz_mms_id view:bibs expand:bib "
            "other_system_id lod_uri",
        ),
        (
            "/bibs/authorities",
            _("Authority records by their IDs"),
            f"originating_system originating_system_id other_system_id {PAGED} view:authority",
        ),
        ("/bibs/authorities/{authority_record_id}", _("One authority record"), "view:authority"),
        ("/bibs/collections", _("Digital collections"), "level q:digital"),
        ("/bibs/collections/{pid}", _("One digital collection"), "level"),
        ("/bibs/collections/{pid}/bibs", _("Titles of a digital collection"), PAGED),
        ("/bibs/test", _("Test whether the key reads titles"), ""),
        (_BIB, _("One title"), "view:bib expand:bib"),
        (
            f"{_BIB}/booking-availability",
            _("When a title can be booked"),
            f"period! period_type! user_id:for {ID_TYPE}",
        ),
        (f"{_BIB}/e-collections", _("E-collections of a title"), PAGED),
        (f"{_BIB}/e-collections/{{collection_id}}", _("One e-collection of a title"), ""),
        (f"{_BIB}/holdings", _("Holdings of a title"), ""),
        (_HOLDING, _("One holding"), ""),
        (
            f"{_HOLDING}/items",
            _("Items of a holding"),
            f"{PAGED} expand:items user_id:for current_library current_location q:items order_by:items direction:items "
            f"{_ITEM_DATES} view:item",
        ),
        (f"{_ITEM_ID}/loans", _("Loans of an item"), LOANS),
        (f"{_ITEM_ID}/requests", _("Requests for an item"), "request_type status:requests"),
        (f"{_ITEM_ID}/requests/{{request_id}}", _("One request for an item"), ""),
        (_ITEM, _("One item"), "view:item expand:items user_id:guest"),
        (
            f"{_ITEM}/booking-availability",
            _("When an item can be booked"),
            f"period! period_type! user_id:for {ID_TYPE}",
        ),
        (f"{_ITEM}/loans/{{loan_id}}", _("One loan of an item"), ""),
        (f"{_ITEM}/request-options", _("How an item can be requested"), "user_id:guest"),
        (f"{_BIB}/loans", _("Loans of a title"), LOANS.replace("limit", "limit:title")),
        (f"{_BIB}/loans/{{loan_id}}", _("One loan of a title"), ""),
        (f"{_BIB}/portfolios", _("Portfolios of a title"), PAGED),
        (f"{_BIB}/portfolios/{{portfolio_id}}", _("One portfolio of a title"), ""),
        (
            f"{_BIB}/reminders",
            _("Reminders about a title"),
            f"type:reminders status:reminders from to order_by:reminders direction {PAGED}",
        ),
        (f"{_BIB}/reminders/{{reminder_id}}", _("One reminder about a title"), ""),
        (
            f"{_BIB}/representations",
            _("Digital representations of a title"),
            f"originating_record_id {PAGED} use_updated_terminology",
        ),
        (f"{_BIB}/representations/{{rep_id}}", _("One digital representation"), "use_updated_terminology"),
        (f"{_BIB}/representations/{{rep_id}}/files", _("Files of a representation"), "expand:files"),
        (f"{_BIB}/representations/{{rep_id}}/files/{{file_id}}", _("One file of a representation"), "expand:files"),
        (f"{_BIB}/request-options", _("How a title can be requested"), "user_id:guest consider_dlr"),
        (f"{_BIB}/requests", _("Requests for a title"), "request_type:title status:requests"),
        (f"{_BIB}/requests/{{request_id}}", _("One request for a title"), ""),
        ("/items", _("One item by its barcode"), "item_barcode!"),
    ],
    "conf": [
        ("/conf/code-tables", _("Code tables"), ""),
        ("/conf/code-tables/{codeTableName}", _("One code table"), "lang scope"),
        ("/conf/departments", _("Departments"), "type:departments view:departments library"),
        ("/conf/deposit-profiles", _("Deposit profiles"), f"{PAGED} user_group"),
        ("/conf/deposit-profiles/{deposit_profile_id}", _("One deposit profile"), ""),
        ("/conf/general", _("The institution's general settings"), "expand:general"),
        ("/conf/integration-profiles", _("Integration profiles"), f"type:integrations q:names {PAGED}"),
        ("/conf/integration-profiles/{id}", _("One integration profile"), ""),
        ("/conf/jobs", _("Alma's jobs"), f"{PAGED} category type:jobs profile_id:jobs"),
        ("/conf/jobs/{job_id}", _("One of Alma's jobs"), ""),
        (
            "/conf/jobs/{job_id}/instances",
            _("Runs of a job"),
            f"{PAGED} submit_date_from! submit_date_to! status:instances!",
        ),
        (_INSTANCE, _("One run of a job"), ""),
        (f"{_INSTANCE}/download", _("The file that a run imported"), "download_format line_type"),
        (f"{_INSTANCE}/events", _("Events of a run"), PAGED),
        (f"{_INSTANCE}/matches", _("Records that a run matched"), f"population {PAGED}"),
        ("/conf/letters", _("Letters"), "type:letters"),
        ("/conf/letters/{letterCode}", _("One letter"), ""),
        ("/conf/libraries", _("Libraries"), ""),
        (_LIBRARY, _("One library"), ""),
        (f"{_LIBRARY}/circ-desks/", _("Desks of a library"), PAGED),
        (f"{_LIBRARY}/circ-desks/{{circDeskCode}}", _("One desk"), ""),
        (f"{_LIBRARY}/locations", _("Locations of a library"), ""),
        (f"{_LIBRARY}/locations/{{locationCode}}", _("One location"), ""),
        (f"{_LIBRARY}/open-hours", _("Open hours of a library"), "from to"),
        ("/conf/license-terms", _("License terms"), ""),
        ("/conf/license-terms/{license_term_code}", _("One license term"), ""),
        ("/conf/mapping-tables", _("Mapping tables"), ""),
        ("/conf/mapping-tables/{mappingTableName}", _("One mapping table"), "scope"),
        ("/conf/md-import-profiles", _("Import profiles"), "type:imports ie_type"),
        ("/conf/md-import-profiles/{profile_id}", _("One import profile"), ""),
        ("/conf/open-hours", _("Rules of open hours"), "scope:must!"),
        ("/conf/printers", _("Printers"), f"library printout_queue name code {PAGED}"),
        ("/conf/printers/{printer_id}", _("One printer"), ""),
        ("/conf/relations", _("Relations between libraries"), "scope:relations!"),
        (
            "/conf/reminders",
            _("Reminders"),
            f"type:reminders status:reminders from to order_by:reminders direction entity_id entity_type {PAGED}",
        ),
        ("/conf/reminders/{reminder_id}", _("One reminder"), ""),
        ("/conf/sets", _("Sets"), f"content_type set_type q:names {PAGED} set_origin"),
        ("/conf/sets/{set_id}", _("One set"), ""),
        ("/conf/sets/{set_id}/members", _("Members of a set"), PAGED),
        ("/conf/test", _("Test whether the key reads the configuration"), ""),
        (
            "/conf/utilities/fee-transactions",
            _("Payments and waivers of fees"),
            f"{PAGED} transaction_from_date transaction_to_date transaction_type owner received_by_circ_library "
            "received_by_circ_desk",
        ),
    ],
}
# Paths, or ends of paths, whose answers tell of people.
_OF_PEOPLE = (
    "/loans",
    "/loans/{loan_id}",
    "/requests",
    "/requests/{request_id}",
    "/members",
    "/fee-transactions",
    "/events",  # of imports of users: those that were refused
)


@dataclass(frozen=True)
class Operation:
    """A GET. path: below /almaws/v1; name: what it answers; parameters: those of the path first."""

    path: str
    name: str | Promise
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        return f"GET {self.path}"

    @property
    def shows_people(self) -> bool:
        """Whether its answer may tell of a patron: known before it is asked for. What it did tell of is seen then."""
        names_one = any(one.name in ("user_id", "user_name") for one in self.parameters)
        of_users = self.path.startswith("/users") and not self.path.endswith("/test")
        return names_one or of_users or self.path.endswith(_OF_PEOPLE)


def _operation(path: str, name: str | Promise, query: str) -> Operation:
    return Operation(path, name, tuple(_parameters(path, query)))


def _parameters(path: str, query: str) -> Iterator[Parameter]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield Parameter(part[1:-1], PARAMETERS[part[1:-1]], is_required=True, in_path=True)
    for word in query.split():
        described = word.removesuffix("!")
        yield Parameter(described.partition(":")[0], PARAMETERS[described], is_required=word.endswith("!"))


OPERATIONS = {area: [_operation(*line) for line in lines] for area, lines in AREAS.items()}
BY_PATH = {one.path: one for operations in OPERATIONS.values() for one in operations}
