"""What each parameter of Alma's GETs means, in our words. See operations.py."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["text", "number", "day"]


@dataclass(frozen=True)
class Meaning:
    """default: what Alma takes where nothing is sent; choices: all that it takes, () where that is not known."""

    text: str | Promise
    default: str = ""
    choices: tuple[str, ...] = ()
    kind: Kind = "text"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an operation. name: Alma's."""

    name: str
    meaning: Meaning
    is_required: bool = False
    in_path: bool = False


def _choice(text: str | Promise, choices: str, default: str = "") -> Meaning:
    return Meaning(text, default, tuple(choices.split()))


def _number(text: str | Promise, default: str = "") -> Meaning:
    return Meaning(text, default, kind="number")


def _day(text: str | Promise) -> Meaning:
    return Meaning(text, kind="day")


_YES_NO = "true false"
_LIMIT, _SORTED = _("How many rows at most, 0 to 100"), _("Upwards or downwards")
_USER_TYPE = _("Which type of ID it is, a code of Alma's table of identifier types")

PARAMETERS: dict[str, Meaning] = {
    # Of paths
    "attachment_id": Meaning(_("ID of the attached file; the user's record lists them")),
    "authority_record_id": Meaning(_("ID of the authority record")),
    "circDeskCode": Meaning(_("Code of the desk")),
    "codeTableName": Meaning(_("Name of the code table, such as UserGroups")),
    "collection_id": Meaning(_("ID of the e-collection, which begins with 61")),
    "deposit_id": Meaning(_("ID of the deposit")),
    "deposit_profile_id": Meaning(_("ID of the deposit profile")),
    "fee_id": Meaning(_("ID of the fine or fee")),
    "file_id": Meaning(_("ID of the file")),
    "holding_id": Meaning(_("ID of the holding, which begins with 22; the list of items takes ALL, too")),
    "id": Meaning(_("ID of the integration profile")),
    "instance_id": Meaning(_("ID of the run; the list of runs tells it")),
    "item_id": Meaning(_("ID of the item, which begins with 23; no barcode")),
    "item_pid": Meaning(_("ID of the item, which begins with 23; no barcode")),
    "job_id": Meaning(_("ID of the job; with the ID of a run, ALL does, too")),
    "letterCode": Meaning(_("Code of the letter")),
    "libraryCode": Meaning(_("Code of the library, not its name")),
    "license_term_code": Meaning(_("Code of the license term")),
    "loan_id": Meaning(_("ID of the loan")),
    "locationCode": Meaning(_("Code of the location")),
    "mappingTableName": Meaning(_("Name of the mapping table")),
    "mms_id": Meaning(_("MMS ID of the title, which begins with 99")),
    "pid": Meaning(_("ID of the digital collection, which begins with 81")),
    "portfolio_id": Meaning(_("ID of the portfolio, which begins with 53")),
    "printer_id": Meaning(_("ID of the printer")),
    "profile_id": Meaning(_("ID of the profile")),
    "purchase_request_id": Meaning(_("ID of the purchase request")),
    "reminder_id": Meaning(_("ID of the reminder")),
    "rep_id": Meaning(_("ID of the digital representation")),
    "request_id": Meaning(_("ID of the request")),
    "service_id": Meaning(_("ID of the electronic service, which begins with 62")),
    "set_id": Meaning(_("ID of the set")),
    "user_id": Meaning(_("Primary ID, barcode, or another ID that only this user has")),
    "user_name": Meaning(_("Primary ID of the user")),
    # Of many lists
    "direction": _choice(_SORTED, "asc desc", "asc"),
    "direction:items": _choice(_SORTED, "asc desc", "desc"),
    "direction:users": _choice(_SORTED, "ASC DESC", "ASC"),
    "from": _day(_("The first day; without it today")),
    "limit": _number(_LIMIT, "10"),
    "limit:title": _number(_LIMIT, "99999"),
    "offset": _number(_("How many rows to pass over first"), "0"),
    "to": _day(_("The last day; without it Alma takes the first one or the week from there")),
    # Searches
    "q:collections": Meaning(
        _("Words in interface_name, keywords, name or po_line_id, with ~ before them: name~nature")
    ),
    "q:digital": Meaning(
        _("Words in a field, with ~ before them, several with AND: external_system~x; not with level")
    ),
    "q:items": Meaning(_("Words in enum_a, enum_b, chron_i, chron_j or description, with ~ before them: enum_a~12")),
    "q:names": Meaning(_("Words in name or created_by, with ~ before them: name~monthly")),
    "q:users": Meaning(
        _("Words in a field such as last_name, email, identifiers, user_group or ALL: last_name~smith, _ for a blank")
    ),
    # Users
    "expand:attachment": _choice(
        _("Whether the file itself comes, and how it is packed"), "content content_no_encoding"
    ),
    "expand:loans": _choice(_("renewable: says of each loan whether it can be renewed"), "renewable"),
    "expand:user": Meaning(_("What is counted as well: loans, requests, fees, with commas between"), "none"),
    "expand:users": _choice(_("full: whole records instead of a few fields"), "none full", "none"),
    "loan_status": _choice(
        _("Complete: loans that are over, as far as Alma still knows whose they were"), "Active Complete", "Active"
    ),
    "login_date_from": _day(_("Sign-ins from this day on")),
    "login_date_to": _day(_("Sign-ins up to this day")),
    "modify_date_from:users": _day(_("Only users that were changed after this day; not together with a search")),
    "notificationType": Meaning(_("Code of the type of notification, of the table SystemEventTypes")),
    "order_by:deposits": _choice(_("What the deposits are sorted by"), "name modification_date", "name"),
    "order_by:loans": _choice(
        _("What the loans are sorted by"), "id loan_date due_date barcode title author return_date", "id"
    ),
    "order_by:users": _choice(_("What the users are sorted by"), "last_name first_name primary_id"),
    "request_id_type": _choice(_("external: the ID above is the one of the other system"), "external"),
    "request_type": _choice(_("Only requests of this type"), "HOLD DIGITIZATION BOOKING"),
    "request_type:title": _choice(_("Only requests of this type"), "HOLD DIGITIZATION BOOKING MOVE WORK_ORDER"),
    "source_institution_code": Meaning(_("Code of the institution that a linked user comes from")),
    "source_user_id": Meaning(_("ID of a linked user in the institution they come from")),
    "status:deposits": Meaning(_("Only deposits in this state, a code")),
    "status:fees": _choice(_("Only fees in this state"), "ACTIVE INDISPUTE EXPORTED CLOSED", "ACTIVE"),
    "status:purchases": _choice(_("Only purchase requests in this state"), "INREVIEW APPROVED REJECTED DEFERRED"),
    "status:requests": _choice(
        _("history: requests that are over, as far as Alma still knows whose they were"), "active history", "active"
    ),
    "successful": _choice(
        _("Which attempts: all, those that worked, those that did not"), "all true failed-login-attempts", "true"
    ),
    "unread": _choice(_("true: only what the user has not looked at yet"), _YES_NO, "false"),
    "user_id_type": Meaning(_USER_TYPE, "all_unique"),
    "user_id_type:must": Meaning(_USER_TYPE),
    "view:user": _choice(_("brief: names, e-mail, IDs and statistics alone"), "full brief", "full"),
    # Bibs
    "consider_dlr": _choice(_("true: the rules of what is displayed count, too"), _YES_NO, "false"),
    "create_date_from": _day(_("Only items made from this day on")),
    "create_date_to": _day(_("Only items made before this day")),
    "current_library": Meaning(_("Only items that are in this library now, a code")),
    "current_location": Meaning(_("Only items that are at this location now, a code")),
    "cz_mms_id": Meaning(_("MMS ID of the title in the Community Zone")),
    "expand:bib": Meaning(
        _("What is added: p_avail, e_avail, d_avail for what there is of it, requests for their number; with commas"),
        "None",
    ),
    "expand:files": _choice(_("url: an address that each file can be loaded from"), "url"),
    "expand:items": Meaning(_("What is added: due_date_policy, due_date, with a comma between")),
    "expected_receive_date_from": _day(_("Only items expected from this day on")),
    "expected_receive_date_to": _day(_("Only items expected before this day")),
    "holdings_id": Meaning(_("The title that has the holding of this ID")),
    "ie_id": Meaning(_("The title that has the intellectual entity of this ID")),
    "item_barcode": Meaning(_("Barcode of the item")),
    "level": _number(_("How deep: 1 the collections themselves, 2 those below them, too"), "1"),
    "lod_uri": Meaning(_("Address of the BIBFRAME work or instance")),
    "mms_id:several": Meaning(_("MMS IDs of up to 100 titles, with commas between")),
    "modify_date_from": _day(_("Only items changed from this day on")),
    "modify_date_to": _day(_("Only items changed before this day")),
    "nz_mms_id": Meaning(_("MMS ID of the title in the Network Zone")),
    "order_by:items": _choice(
        _("What the items are sorted by"),
        "chron_i description enum_a enum_b enum_c library location temporary_location receive_date "
        "expected_receive_date",
    ),
    "order_by:reminders": _choice(_("What the reminders are sorted by"), "type status reminder_date", "type"),
    "originating_record_id": Meaning(_("ID of the object in the system that it comes from")),
    "originating_system": Meaning(_("Code of the system that the record comes from")),
    "originating_system_id": Meaning(_("ID of the record there; needs originating_system")),
    "other_system_id": Meaning(_("An ID that another system has for the record")),
    "period": _number(_("For how many days, weeks or months")),
    "period_type": _choice(_("What the period is counted in"), "days weeks months", "days"),
    "receive_date_from": _day(_("Only items received from this day on")),
    "receive_date_to": _day(_("Only items received before this day")),
    "representation_id": Meaning(_("The title that has the digital representation of this ID")),
    "use_updated_terminology": _choice(_("true: the usage type is called PRIMARY, not MASTER"), _YES_NO, "false"),
    "user_id:for": Meaning(_("ID of the user that the answer is for")),
    "user_id:guest": Meaning(_("ID of the user that the answer is for"), "GUEST"),
    "view:authority": _choice(_("brief: without the MARC record"), "full brief", "full"),
    "view:bib": _choice(
        _(
            "brief: without the MARC record; local_fields: the local fields of a record of the network; "
            "ld_enrich: linked data"
        ),
        "full brief local_fields ld_enrich",
        "full",
    ),
    "view:bibs": _choice(_("brief: without the MARC records"), "full brief", "full"),
    "view:item": _choice(_("label: what is printed on labels, too"), "brief label", "brief"),
    # Configuration
    "category": Meaning(_("Only jobs of this category, a code")),
    "code": Meaning(_("Only the printer of this code"), "ALL"),
    "content_type": Meaning(_("Only sets of this content, a code of the table SetContentType")),
    "download_format": _choice(_("How the MARC records are written"), "XML BINARY", "XML"),
    "entity_id": Meaning(_("Only reminders about the record of this ID")),
    "entity_type": _choice(_("What kind of record that is"), "BIB_MMS", "BIB_MMS"),
    "expand:general": _choice(_("ingest_form: the form of digital ingest, too"), "ingest_form"),
    "ie_type": Meaning(_("Only profiles that make this kind of record"), "ALL"),
    "lang": Meaning(_("Language of the descriptions, two letters such as de")),
    "library": Meaning(_("Only those of this library, a code")),
    "line_type": Meaning(
        _("Which lines of the run's result, a word that the run's record names"), "TOTAL_RECORDS_IMPORTED"
    ),
    "name": Meaning(_("Only printers of this name"), "ALL"),
    "owner": Meaning(_("Only fees of this library, or of the institution: a code")),
    "population": _choice(_("Records that match one of Alma's, or several"), "SINGLE_MATCHES MULTI_MATCHES"),
    "printout_queue": Meaning(_("Only printers with, or without, a printout queue: true or false"), "ALL"),
    "profile_id:jobs": Meaning(_("Only the scheduled job of this profile")),
    "received_by_circ_desk": Meaning(_("Only what this desk took, a code; needs the library")),
    "received_by_circ_library": Meaning(_("Only what a desk of this library took, a code")),
    "scope": Meaning(_("Code of a library, for what is set there; without it the institution's")),
    "scope:must": Meaning(_("Code of the institution or of a library")),
    "scope:relations": Meaning(_("Code of a library, or All")),
    "set_origin": _choice(_("Sets of the institution, or of the Community Zone"), "UI UI_CZ", "UI"),
    "set_type": _choice(_("Sets that are lists, or that are searches"), "ITEMIZED LOGICAL"),
    "status:instances": Meaning(_("Only runs in this state, a code such as COMPLETED_SUCCESS")),
    "status:reminders": Meaning(_("Only reminders in this state, a code of the table ReminderStatuses")),
    "submit_date_from": _day(_("Runs begun from this day on")),
    "submit_date_to": _day(_("Runs begun up to this day")),
    "transaction_from_date": _day(_("From this day on; without it today")),
    "transaction_to_date": _day(_("Up to this day, at most seven days later")),
    "transaction_type": Meaning(_("Only payments, or only waivers: a code"), "BOTH"),
    "type:departments": _choice(_("DIGI: only those that digitize"), "ALL DIGI", "ALL"),
    "type:imports": Meaning(_("Only profiles of this type, a code")),
    "type:integrations": Meaning(_("Only profiles of this type, a code of the table IntegrationTypes")),
    "type:jobs": _choice(_("Jobs that people start, that a schedule starts, others"), "MANUAL SCHEDULED OTHER"),
    "type:letters": _choice(_("Whole letters, or the parts that they share"), "LETTER COMPONENT", "LETTER"),
    "type:reminders": Meaning(_("Only reminders of this type, a code of the table ReminderTypes")),
    "user_group": Meaning(_("Only profiles for this user group, a code")),
    "view:departments": _choice(_("brief: without their operators"), "FULL brief", "FULL"),
}
