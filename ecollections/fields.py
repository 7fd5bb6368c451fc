"""The fields of e-collections, electronic services and portfolios: where they stand in Alma's record, what Alma's
editor calls them, and in which of its groups they are. Sources: facts 2.2-2.4.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Label = str | Promise
Kind = Literal["text", "url", "code", "reference", "flag", "date", "number", "list", "rows", "coverage", "embargo"]


@dataclass(frozen=True)
class Field:
    """path: dotted, in the record; label: as Alma's editor says it; kind: how its value is to be read."""

    path: str
    label: Label
    kind: Kind = "text"


@dataclass(frozen=True)
class Group:
    label: Label
    fields: tuple[Field, ...]


NOTES = Group(
    _("Notes"),
    (
        Field("public_note", _("Public note")),
        Field("authentication_note", _("Authentication note")),
        Field("notes", _("Notes"), "rows"),
    ),
)
GROUP_SETTINGS = Group(_("Group settings"), (Field("group_settings", _("Groups"), "rows"),))

COLLECTION = (
    Group(
        _("General information"),
        (
            Field("public_name", _("Public name")),
            Field("public_name_override", _("Public name (override)")),
            Field("alternative_title", _("Alternative title")),
            Field("type", _("Collection type"), "code"),
            Field("is_selective", _("Selective"), "flag"),
            Field("description", _("Description")),
            Field("description_override", _("Description (override)")),
            Field("internal_description", _("Internal description")),
            Field("library", _("Library"), "reference"),
            Field("interface.name", _("Interface")),
            Field("interface.vendor", _("Vendor"), "reference"),
            Field("source", _("Source")),
            Field("creator", _("Creator")),
            Field("category", _("Category")),
            Field("language", _("Language"), "code"),
            Field("number", _("Numbers"), "list"),
        ),
    ),
    Group(
        _("Activation and acquisition"),
        (
            Field("process_type", _("Process type"), "code"),
            Field("access_type", _("Access type"), "code"),
            Field("public_access_model", _("Public access model"), "code"),
            Field("activation_date", _("Activation date"), "date"),
            Field("expected_activation_date", _("Expected activation date"), "date"),
            Field("po_line", _("PO line"), "reference"),
            Field("license", _("License"), "reference"),
            Field("counter_platform", _("COUNTER platform"), "code"),
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("url", _("Collection URL"), "url"),
            Field("url_override", _("Collection URL (override)"), "url"),
            Field("free", _("Free"), "code"),
            Field("proxy_enabled", _("Proxy enabled"), "flag"),
            Field("proxy", _("Proxy")),
        ),
    ),
    Group(
        _("Discovery (CDI)"),
        (
            Field("cdi_search_activation_status", _("Search activation"), "code"),
            Field("cdi_only_full_text_activation", _("Only full text"), "flag"),
            Field(
                "do_not_show_as_full_text_available_in_cdi_even_if_active_in_alma",
                _("Not shown as full text available"),
                "flag",
            ),
            Field("is_suppressed_from_cdi", _("Suppressed from CDI"), "flag"),
            Field("cdi_local_notes", _("Local notes on CDI")),
            Field("cdi_info", _("About the CDI collection"), "rows"),
        ),
    ),
    Group(
        _("Descriptive record"),
        (
            Field("resource_metadata.title", _("Title")),
            Field("resource_metadata.author", _("Author")),
            Field("resource_metadata.issn", _("ISSN")),
            Field("resource_metadata.mms_id", _("MMS ID"), "reference"),
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

SERVICE = (
    Group(
        _("Service description"),
        (
            Field("type", _("Service type"), "code"),
            Field("public_description", _("Public description")),
            Field("public_description_override", _("Public description (override)")),
            Field("internal_description", _("Internal description")),
        ),
    ),
    Group(
        _("Activation"),
        (
            Field("activation_status", _("Activation status"), "code"),
            Field("active_from_date", _("Active from"), "date"),
            Field("active_until_date", _("Active until"), "date"),
            Field("activate_new_portfolios", _("Activate new portfolios"), "flag"),
            Field("delete_removed_portfolios", _("Delete removed portfolios"), "flag"),
            Field("deactivate_removed_portfolios", _("Deactivate removed portfolios"), "flag"),
            Field("service_temporarily_unavailable", _("Temporarily unavailable"), "code"),
            Field("service_unavailable_date", _("Unavailable from"), "date"),
            Field("service_unavailable_until_date", _("Unavailable until"), "date"),
            Field("service_unavailable_reason", _("Reason for being unavailable")),
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("parser", _("Parser")),
            Field("parser_override", _("Parser (override)")),
            Field("parser_parameters", _("Parser parameters")),
            Field("parser_parameters_override", _("Parser parameters (override)")),
            Field("link_resolver_plugin", _("Link resolver plug-in"), "code"),
            Field("url_type", _("URL type"), "code"),
            Field("url_type_override", _("URL type (override)"), "code"),
            Field("dynamic_url", _("Dynamic URL"), "url"),
            Field("dynamic_url_override", _("Dynamic URL (override)"), "url"),
            Field("linking_level", _("Linking level"), "code"),
            Field("free", _("Free"), "code"),
            Field("crossref_supported", _("CrossRef supported"), "code"),
            Field("crossref_enabled", _("CrossRef enabled"), "code"),
            Field("proxy_enabled", _("Proxy enabled"), "flag"),
            Field("proxy", _("Proxy")),
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

PORTFOLIO = (
    Group(
        _("General information"),
        (
            Field("availability", _("Availability"), "code"),
            Field("material_type", _("Material type"), "code"),
            Field("access_type", _("Access type"), "code"),
            Field("public_access_model", _("Public access model"), "code"),
            Field("activation_date", _("Activation date"), "date"),
            Field("expected_activation_date", _("Expected activation date"), "date"),
            Field("library", _("Library"), "reference"),
            Field("interface.name", _("Interface")),
            Field("interface.vendor", _("Vendor"), "reference"),
            Field("is_standalone", _("Standalone"), "flag"),
            Field("number", _("Numbers"), "list"),
            Field("internal_description", _("Internal description")),
        ),
    ),
    Group(
        _("Coverage"),
        (
            Field("coverage_details.coverage_in_use", _("Coverage in use"), "code"),
            Field("coverage_details.global_date_coverage_parameters", _("Global coverage"), "coverage"),
            Field("coverage_details.global_embargo_information", _("Global embargo"), "embargo"),
            Field("coverage_details.local_date_coverage_parameters", _("Local coverage"), "coverage"),
            Field("coverage_details.local_embargo_information", _("Local embargo"), "embargo"),
            Field("coverage_details.perpetual_date_coverage_parameters", _("Perpetual coverage"), "coverage"),
            Field("coverage_details.perpetual_embargo_information", _("Perpetual embargo"), "embargo"),
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("linking_details.url", _("URL"), "url"),
            Field("linking_details.url_type", _("URL type"), "code"),
            Field("linking_details.url_type_override", _("URL type (override)"), "code"),
            Field("linking_details.dynamic_url", _("Dynamic URL"), "url"),
            Field("linking_details.dynamic_url_override", _("Dynamic URL (override)"), "url"),
            Field("linking_details.static_url", _("Static URL"), "url"),
            Field("linking_details.static_url_override", _("Static URL (override)"), "url"),
            Field("linking_details.parser_parameters", _("Parser parameters")),
            Field("linking_details.parser_parameters_override", _("Parser parameters (override)")),
            Field("linking_details.proxy_enabled", _("Proxy enabled"), "flag"),
            Field("linking_details.proxy", _("Proxy")),
        ),
    ),
    Group(
        _("Acquisition"),
        (
            Field("po_line", _("PO line"), "reference"),
            Field("license", _("License"), "reference"),
            Field("pda", _("PDA"), "reference"),
            Field("counter_platform", _("COUNTER platform"), "code"),
        ),
    ),
    Group(
        _("Title"),
        (
            Field("resource_metadata.title", _("Title")),
            Field("resource_metadata.author", _("Author")),
            Field("resource_metadata.issn", _("ISSN")),
            Field("resource_metadata.isbn", _("ISBN")),
            Field("resource_metadata.publisher", _("Publisher")),
            Field("resource_metadata.mms_id", _("MMS ID"), "reference"),
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

# The keys within repeated rows, and of the values that Alma nests.
PARTS: dict[str, Label] = {
    "content": _("Note"),
    "type": _("Type"),
    "created_by": _("By"),
    "creation_date": _("On"),
    "group": _("Group"),
    "proxy_enabled": _("Proxy enabled"),
    "proxy": _("Proxy"),
    "public_name": _("Public name"),
    "authentication_note": _("Authentication note"),
    "public_note": _("Public note"),
}

# Said elsewhere on the page, or addresses of Alma's own.
SHOWN_ELSEWHERE = frozenset({"id", "is_local", "link", "portfolios", "electronic_collection"})
