"""The fields of the three electronic records: kind, allowed codes, Alma's error, and who may set them.

Field names are those of recorded answers and of published client models. `zone=True` marks what the
Community Zone manages: on a record with `is_local: false` Alma ignores it in a PUT. Which fields those are is
documented only in general terms; this table is the emulator's reading.
"""

from typing import Any, NamedTuple


class Field(NamedTuple):
    """One field. `kind`: output (never set), text, flag (boolean), date, code ({value, desc}), link ({value,
    link}), plain (text that must be a known code), rows (list of records), map (record), any (kept as sent).

    `table` names the allowed codes, `error` is Alma's code for another value, with its own `message` where
    the code has several; a `required` field may not be made empty.
    """

    kind: str
    table: str = ""
    error: str = ""
    zone: bool = False
    required: bool = False
    message: str | None = None
    fields: "dict[str, Field]" = {}


Fields = dict[str, Field]

OUTPUT, TEXT, FLAG, ANY = Field("output"), Field("text"), Field("flag"), Field("any")
ZONE_TEXT = Field("text", zone=True)

NOTE: Fields = {"content": ANY, "creation_date": ANY, "created_by": ANY, "type": ANY}
LINKING_PARAMETER: Fields = {"code": Field("plain", "linking_parameters", "60353"), "value": ANY}
GROUP: Fields = {
    "group": Field("code", "UserGroups", "60152"),
    "proxy_enabled": Field("code", "BooleanYesNo", "60135"),
    "proxy": Field("plain", "proxies", "60135"),
    "public_name": ANY,
    "authentication_note": ANY,
    "public_note": ANY,
    "linking_parameters": Field("rows", fields={"code": Field("plain", "linking_parameters", "60354"), "value": ANY}),
}

COLLECTION: Fields = {
    "id": OUTPUT,
    "is_local": OUTPUT,
    "public_name": Field("text", error="60126", zone=True, required=True),
    "public_name_override": TEXT,
    "alternative_title": ZONE_TEXT,
    "description": ZONE_TEXT,
    "description_override": TEXT,
    "internal_description": TEXT,
    "library": Field("link", "libraries", "402469"),
    "type": Field("code", "ElectronicCollectionType", "60127", zone=True, required=True),
    "interface": Field(
        "map",
        zone=True,
        fields={"name": Field("plain", "interfaces", "60134"), "vendor": OUTPUT},
    ),
    "process_type": Field("code", "ElectronicCollectionProcessType", "60158"),
    "access_type": Field("code", "CollectionAccessType", "60128"),
    "free": Field("code", "IsFree", "60130"),
    "proxy_enabled": Field("code", "BooleanYesNo", "60132"),
    "proxy": Field("plain", "proxies", "60133"),
    "language": Field("link", "languages", "60131", zone=True),
    "category": ZONE_TEXT,
    "source": ZONE_TEXT,
    "creator": ZONE_TEXT,
    "po_line": Field("link", "po_lines", "60137"),
    "license": Field("link", "licenses", "60129"),
    "activation_date": Field("date", error="60142"),
    "expected_activation_date": Field("date", error="60142"),
    "url": ZONE_TEXT,
    "url_override": TEXT,
    "authentication_note": TEXT,
    "public_note": TEXT,
    "resource_metadata": Field(
        "map",
        fields={
            "mms_id": Field("link", "mms", "60143"),
            "title": OUTPUT,
            "author": OUTPUT,
            "issn": OUTPUT,
        },
    ),
    "portfolios": OUTPUT,
    "is_selective": Field("flag", zone=True),
    "counter_platform": Field("code", "CounterPlatform", "60296"),
    "public_access_model": Field("code", "PublicAccessModel", "60141"),
    "number": Field("rows", fields={"value": ANY, "type": ANY, "desc": ANY}),
    "notes": Field("rows", fields=NOTE),
    "group_settings": Field("rows", fields=GROUP),
    "linking_parameters": Field("rows", fields=LINKING_PARAMETER),
    "cdi_info": OUTPUT,
    "cdi_search_activation_status": OUTPUT,
    "cdi_local_notes": TEXT,
    "do_not_show_as_full_text_available_in_cdi_even_if_active_in_alma": FLAG,
    "link": OUTPUT,
}

SERVICE_DATE = Field("date", error="60142", message="The service date is not valid.")

SERVICE: Fields = {
    "id": OUTPUT,
    "is_local": OUTPUT,
    "type": Field("code", "ElectronicServiceType", "60127", zone=True, required=True),
    "public_description": ZONE_TEXT,
    "public_description_override": TEXT,
    "internal_description": TEXT,
    "activation_status": Field("code", "ElectronicBaseStatus", "60138", required=True),
    "activate_new_portfolios": FLAG,
    "delete_removed_portfolios": FLAG,
    "deactivate_removed_portfolios": FLAG,
    "active_from_date": SERVICE_DATE,
    "active_until_date": SERVICE_DATE,
    "service_temporarily_unavailable": Field("code", "BooleanYesNoNumericCode", "60144"),
    "service_unavailable_date": SERVICE_DATE,
    "service_unavailable_until_date": SERVICE_DATE,
    "service_unavailable_reason": TEXT,
    "parser": ZONE_TEXT,
    "parser_override": TEXT,
    "parser_parameters": ZONE_TEXT,
    "parser_parameters_override": TEXT,
    "link_resolver_plugin": Field("code", "ElectronicLinkResolver", "60145", zone=True),
    "url_type": Field("code", "ElectronicUrlType", "60146", zone=True),
    "url_type_override": Field("code", "ElectronicUrlType", "60146"),
    "dynamic_url": ZONE_TEXT,
    "dynamic_url_override": TEXT,
    "free": Field("code", "IsFree", "60130"),
    "crossref_supported": Field("code", "BooleanYesNo", "60147", zone=True),
    "crossref_enabled": Field("code", "BooleanYesNo", "60147"),
    "proxy_enabled": Field("code", "BooleanYesNo", "60132"),
    "proxy": Field("plain", "proxies", "60133"),
    "linking_level": Field("code", "ElectronicLinkingLevel", "60148", zone=True),
    "authentication_note": TEXT,
    "public_note": TEXT,
    "notes": Field("rows", fields=NOTE),
    "group_settings": Field("rows", fields=GROUP),
    "linking_parameters": Field("rows", fields=LINKING_PARAMETER),
    "portfolios": OUTPUT,
    "link": OUTPUT,
}

COVERAGE_ROW: Fields = {
    f"{edge}_{part}": ANY for edge in ("from", "until") for part in ("year", "month", "day", "volume", "issue")
}

PORTFOLIO: Fields = {
    "id": OUTPUT,
    "is_local": OUTPUT,
    "is_standalone": OUTPUT,
    "resource_metadata": OUTPUT,
    "electronic_collection": OUTPUT,
    "availability": Field("code", "ElectronicBaseStatus", "60161", required=True),
    "material_type": Field("code", "ElectronicMaterialType", "60171"),
    "activation_date": Field("date", error="300465"),
    "expected_activation_date": Field("date", error="300465"),
    "active_from_date": Field("date", error="300465"),
    "active_until_date": Field("date", error="300465"),
    "library": Field("link", "libraries", "402469"),
    "po_line": Field("link", "po_lines", "60172"),
    "license": Field("link", "licenses", "60169"),
    "access_type": Field("code", "CollectionAccessType", "60165"),
    "counter_platform": Field("code", "CounterPlatform", "60296"),
    "public_access_model": Field("code", "PublicAccessModel", "60165"),
    "provenance": Field("code", "ProvenanceCode", "60360"),
    "linking_details": Field(
        "map",
        fields={
            "url": OUTPUT,
            "url_type": Field("code", "ElectronicUrlType", "60166", zone=True),
            "url_type_override": Field("code", "ElectronicUrlType", "60166"),
            "dynamic_url": ZONE_TEXT,
            "dynamic_url_override": TEXT,
            "static_url": ZONE_TEXT,
            "static_url_override": TEXT,
            "parser_parameters": ZONE_TEXT,
            "parser_parameters_override": TEXT,
            "proxy_enabled": Field("code", "BooleanYesNo", "60167"),
            "proxy": Field("plain", "proxies", "60168"),
        },
    ),
    "coverage_details": Field(
        "map",
        fields={
            "coverage_in_use": Field("code", "PortfolioCoverageInUse", "60170"),
            "global_date_coverage_parameters": Field("rows", zone=True, fields=COVERAGE_ROW),
            "local_date_coverage_parameters": Field("rows", fields=COVERAGE_ROW),
            "perpetual_date_coverage_parameters": Field("rows", fields=COVERAGE_ROW),
            "global_embargo_information": Field("any", zone=True),
            "local_embargo_information": ANY,
            "perpetual_embargo_information": ANY,
        },
    ),
    "pda": OUTPUT,
    "authentication_note": TEXT,
    "public_note": TEXT,
    "internal_description": TEXT,
    "interface": OUTPUT,
    "number": Field("rows", fields={"value": ANY, "type": ANY, "desc": ANY}),
    "notes": Field("rows", fields=NOTE),
    "group_settings": Field("rows", fields=GROUP),
    "link": OUTPUT,
}

FIELDS = {"collection": COLLECTION, "service": SERVICE, "portfolio": PORTFOLIO}

# The keys of a list row: exactly those of recorded lists for collections and portfolios.
BRIEF: dict[str, tuple[str, ...]] = {
    "collection": (
        "id", "is_local", "public_name", "description", "library", "type", "license", "source", "creator",
        "url", "free", "proxy", "language", "category", "portfolios", "link",
    ),
    "service": (
        "id", "is_local", "type", "public_description", "activation_status", "portfolios", "link",
    ),
    "portfolio": (
        "id", "is_local", "is_standalone", "resource_metadata", "electronic_collection", "availability",
        "library", "license", "pda", "link",
    ),
}  # fmt: skip


# Texts that a list row shows as "" when they are empty; everything else empty is null there.
_SHOWN_EMPTY = ("public_name", "description", "public_description")


def brief(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    """The list row of a record: its keys are always there, null for what is empty."""
    row = {name: record.get(name) for name in BRIEF[kind]}
    for name, value in row.items():
        if isinstance(value, dict) and set(value) <= {"value", "desc", "link"}:
            empty = value.get("value") in (None, "")
        else:
            empty = value == "" and name not in _SHOWN_EMPTY
        if empty:
            row[name] = None
    if kind == "portfolio" and isinstance(row["resource_metadata"], dict):
        row["resource_metadata"] = {key: row["resource_metadata"].get(key) for key in ("mms_id", "title")}
    return row
