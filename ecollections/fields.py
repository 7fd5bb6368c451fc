"""The fields of e-collections, electronic services and portfolios, in the groups of Alma's editor.

Sources: facts 2.2-2.4; which fields the Community Zone manages is documented in general terms only, so those that
Alma may ignore are found out by comparing its answer with what was asked (saving.py).
"""

from django.utils.translation import gettext_lazy as _

from ecollections.field import Field, Group, Label

YES_NO = "BooleanYesNo"
URL_TYPES: tuple[tuple[str, Label], ...] = (
    ("param", _("Parser parameters")),
    ("dynamic", _("Dynamic URL")),
    ("static", _("Static URL")),
)
INHERIT = _("inherited")
JKEY = _("The web address alone: the portal adds the “jkey=” that Alma wants before it.")
ADDRESS = _("Begins with https:// or http://")
FREE_CODE = _("Alma's code, not its name.")

CELLS: dict[str, tuple[Field, ...]] = {
    "coverage": (
        Field("from_year", _("From year")),
        Field("from_month", _("From month")),
        Field("from_day", _("From day")),
        Field("from_volume", _("From volume")),
        Field("from_issue", _("From issue")),
        Field("until_year", _("Until year")),
        Field("until_month", _("Until month")),
        Field("until_day", _("Until day")),
        Field("until_volume", _("Until volume")),
        Field("until_issue", _("Until issue")),
    ),
    "embargo": (
        Field(
            "embargo_operator",
            _("Issues available"),
            "code",
            choices=((">", _("older than")), ("<", _("newer than")), (">=", _("at least")), ("<=", _("at most"))),
        ),
        Field("number_of_years", _("Years")),
        Field("number_of_months", _("Months")),
    ),
    "notes": (Field("content", _("Note"), "long"), Field("type", _("Type"))),
    "groups": (
        Field("group", _("User group"), "code", table="UserGroups", required=True),
        Field("proxy_enabled", _("Proxy enabled"), "code", table=YES_NO, blank=INHERIT),
        Field("proxy", _("Proxy"), table="proxies"),
        Field("public_name", _("Public name")),
        Field("authentication_note", _("Authentication note")),
        Field("public_note", _("Public note")),
    ),
    "numbers": (Field("type", _("Type")), Field("value", _("Number"))),
}

PUBLIC_NOTE = Field("public_note", _("Public note"), "long", "always")
AUTHENTICATION_NOTE = Field("authentication_note", _("Authentication note"), "long", "always")
NOTES = Group(_("Notes"), (PUBLIC_NOTE, AUTHENTICATION_NOTE, Field("notes", _("Notes"), "notes", "always")))
GROUP_SETTINGS = Group(
    _("Group settings"), (Field("group_settings", _("Groups"), "groups", "always", errors=("60135", "60152")),)
)

# What two kinds of records have alike.
NUMBERS = Field("number", _("Numbers"), "numbers", "always")
PUBLIC_ACCESS_MODEL = Field(
    "public_access_model", _("Public access model"), "code", "always", table="PublicAccessModel"
)
COUNTER_PLATFORM = Field(
    "counter_platform", _("COUNTER platform"), "code", "always", table="CounterPlatform", errors=("60296",)
)
FREE = Field("free", _("Free"), "code", "always", table="IsFree", errors=("60130",))
PROXY = Field("proxy", _("Proxy"), "text", "always", table="proxies", errors=("60133",))

COLLECTION = (
    Group(
        _("General information"),
        (
            Field("public_name", _("Public name"), "text", "local", required=True, errors=("60126",)),
            Field("public_name_override", _("Public name (override)"), "text", "always", overrides="public_name"),
            Field("alternative_title", _("Alternative title"), "text", "local"),
            Field(
                "type",
                _("Collection type"),
                "code",
                "local",
                choices=(("0", _("Selective package")), ("1", _("Aggregator package")), ("6", _("Database"))),
                required=True,
                errors=("60127",),
            ),
            Field("is_selective", _("Selective"), "flag", "local"),
            Field("description", _("Description"), "long", "local"),
            Field("description_override", _("Description (override)"), "long", "always", overrides="description"),
            Field("internal_description", _("Internal description"), "long", "always"),
            Field(
                "library",
                _("Library"),
                "reference",
                "always",
                table="libraries",
                effect=_("Setting the library replaces the library of all its portfolios."),
                errors=("402469",),
            ),
            Field("interface.name", _("Interface"), "text", "local", help=_("Its name in Alma."), errors=("60134",)),
            Field("interface.vendor", _("Vendor"), "reference"),
            Field("source", _("Source"), "text", "local"),
            Field("creator", _("Creator"), "text", "local"),
            Field("category", _("Category"), "text", "local"),
            Field("language", _("Language"), "code", "local", help=_("Three letters, such as eng."), errors=("60131",)),
            NUMBERS,
        ),
    ),
    Group(
        _("Activation and acquisition"),
        (
            Field("process_type", _("Process type"), "code", "always", help=FREE_CODE, errors=("60158",)),
            Field("access_type", _("Access type"), "code", "always", table="CollectionAccessType", errors=("60128",)),
            PUBLIC_ACCESS_MODEL,
            Field("activation_date", _("Activation date"), "date", "always", errors=("60142",)),
            Field("expected_activation_date", _("Expected activation date"), "date", "always", errors=("60142",)),
            Field("po_line", _("PO line"), "reference", "always", help=_("For example POL-1042."), errors=("60137",)),
            Field("license", _("License"), "reference", "always", help=FREE_CODE, errors=("60129",)),
            COUNTER_PLATFORM,
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("url", _("Collection URL"), "url", "local", help=ADDRESS),
            Field("url_override", _("Collection URL (override)"), "url", "always", help=ADDRESS, overrides="url"),
            FREE,
            Field("proxy_enabled", _("Proxy enabled"), "code", "always", table=YES_NO, errors=("60132",)),
            PROXY,
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
                "always",
            ),
            Field("is_suppressed_from_cdi", _("Suppressed from CDI"), "flag"),
            Field("cdi_local_notes", _("Local notes on CDI"), "long", "always"),
            Field("cdi_info", _("About the CDI collection"), "raw"),
        ),
    ),
    Group(
        _("Descriptive record"),
        (
            Field("resource_metadata.title", _("Title")),
            Field("resource_metadata.author", _("Author")),
            Field("resource_metadata.issn", _("ISSN")),
            Field("resource_metadata.mms_id", _("MMS ID"), "reference", "always", errors=("60143",)),
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

SERVICE = (
    Group(
        _("Service description"),
        (
            Field(
                "type",
                _("Service type"),
                "code",
                "new",
                choices=(("getFullTxt", _("Full Text")), ("getSelectedFullTxt", _("Selected Full Text"))),
                required=True,
                errors=("60127", "60153"),
            ),
            Field("public_description", _("Public description"), "text", "local"),
            Field(
                "public_description_override",
                _("Public description (override)"),
                "text",
                "always",
                overrides="public_description",
            ),
            Field("internal_description", _("Internal description"), "long", "always"),
        ),
    ),
    Group(
        _("Activation"),
        (
            Field(
                "activation_status",
                _("Activation status"),
                "code",
                "always",
                table="ElectronicBaseStatus",
                required=True,
                errors=("60138",),
            ),
            Field("active_from_date", _("Active from"), "date", "always", errors=("60142",)),
            Field("active_until_date", _("Active until"), "date", "always", errors=("60142",)),
            Field("activate_new_portfolios", _("Activate new portfolios"), "flag", "always"),
            Field(
                "delete_removed_portfolios",
                _("Delete removed portfolios"),
                "flag",
                "always",
                help=_("What the Community Zone removes is deleted here too. Excludes deactivating."),
            ),
            Field("deactivate_removed_portfolios", _("Deactivate removed portfolios"), "flag", "always"),
            Field(
                "service_temporarily_unavailable",
                _("Temporarily unavailable"),
                "code",
                "always",
                table="BooleanYesNoNumericCode",
                errors=("60144",),
            ),
            Field("service_unavailable_date", _("Unavailable from"), "date", "always", errors=("60142",)),
            Field("service_unavailable_until_date", _("Unavailable until"), "date", "always", errors=("60142",)),
            Field("service_unavailable_reason", _("Reason for being unavailable"), "text", "always"),
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("parser", _("Parser"), "text", "local"),
            Field("parser_override", _("Parser (override)"), "text", "always", overrides="parser"),
            Field("parser_parameters", _("Parser parameters"), "text", "local"),
            Field(
                "parser_parameters_override",
                _("Parser parameters (override)"),
                "text",
                "always",
                overrides="parser_parameters",
            ),
            Field(
                "link_resolver_plugin", _("Link resolver plug-in"), "code", "local", help=FREE_CODE, errors=("60145",)
            ),
            Field("url_type", _("URL type"), "code", "local", choices=URL_TYPES, errors=("60146",)),
            Field(
                "url_type_override",
                _("URL type (override)"),
                "code",
                "always",
                choices=URL_TYPES,
                overrides="url_type",
                errors=("60146",),
            ),
            Field("dynamic_url", _("Dynamic URL"), "long", "local"),
            Field("dynamic_url_override", _("Dynamic URL (override)"), "long", "always", overrides="dynamic_url"),
            Field("linking_level", _("Linking level"), "code", "local", help=FREE_CODE, errors=("60148",)),
            FREE,
            Field("crossref_supported", _("CrossRef supported"), "code", "local", table=YES_NO, errors=("60147",)),
            Field("crossref_enabled", _("CrossRef enabled"), "code", "always", table=YES_NO, errors=("60147",)),
            Field(
                "proxy_enabled", _("Proxy enabled"), "code", "always", table=YES_NO, blank=INHERIT, errors=("60132",)
            ),
            PROXY,
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

PORTFOLIO = (
    Group(
        _("General information"),
        (
            Field(
                "availability",
                _("Availability"),
                "code",
                "always",
                table="ElectronicBaseStatus",
                required=True,
                errors=("60161", "200797"),
            ),
            Field(
                "material_type",
                _("Material type"),
                "code",
                "always",
                table="ElectronicMaterialType",
                errors=("60171",),
            ),
            Field("access_type", _("Access type"), "code", "always", table="CollectionAccessType"),
            PUBLIC_ACCESS_MODEL,
            Field("activation_date", _("Activation date"), "date", "always", errors=("300465",)),
            Field("expected_activation_date", _("Expected activation date"), "date", "always", errors=("300465",)),
            Field("library", _("Library"), "reference", "always", table="libraries", errors=("402469",)),
            Field("interface.name", _("Interface")),
            Field("interface.vendor", _("Vendor"), "reference"),
            Field("is_standalone", _("Standalone"), "flag"),
            NUMBERS,
            Field("internal_description", _("Internal description"), "long", "always"),
        ),
    ),
    Group(
        _("Coverage"),
        (
            Field(
                "coverage_details.coverage_in_use",
                _("Coverage in use"),
                "code",
                "always",
                choices=(
                    ("0", _("Only local")),
                    ("1", _("Only global")),
                    ("2", _("Global or local")),
                    ("3", _("Global and local")),
                ),
                errors=("60170",),
            ),
            Field(
                "coverage_details.global_date_coverage_parameters",
                _("Global coverage"),
                "coverage",
                "local",
            ),
            Field("coverage_details.global_embargo_information", _("Global embargo"), "embargo", "local"),
            Field(
                "coverage_details.local_date_coverage_parameters",
                _("Local coverage"),
                "coverage",
                "always",
                beside="coverage_details.global_date_coverage_parameters",
            ),
            Field(
                "coverage_details.local_embargo_information",
                _("Local embargo"),
                "embargo",
                "always",
                beside="coverage_details.global_embargo_information",
            ),
            Field("coverage_details.perpetual_date_coverage_parameters", _("Perpetual coverage"), "coverage", "always"),
            Field("coverage_details.perpetual_embargo_information", _("Perpetual embargo"), "embargo", "always"),
        ),
    ),
    Group(
        _("Linking"),
        (
            Field("linking_details.url", _("URL"), "url"),
            Field("linking_details.url_type", _("URL type"), "code", "local", choices=URL_TYPES, errors=("60166",)),
            Field(
                "linking_details.url_type_override",
                _("URL type (override)"),
                "code",
                "always",
                choices=URL_TYPES,
                overrides="linking_details.url_type",
                errors=("60166",),
            ),
            Field("linking_details.dynamic_url", _("Dynamic URL"), "long", "local"),
            Field(
                "linking_details.dynamic_url_override",
                _("Dynamic URL (override)"),
                "long",
                "always",
                overrides="linking_details.dynamic_url",
            ),
            Field("linking_details.static_url", _("Static URL"), "url", "local", help=JKEY, prefix="jkey="),
            Field(
                "linking_details.static_url_override",
                _("Static URL (override)"),
                "url",
                "always",
                help=JKEY,
                prefix="jkey=",
                overrides="linking_details.static_url",
            ),
            Field("linking_details.parser_parameters", _("Parser parameters"), "text", "local"),
            Field(
                "linking_details.parser_parameters_override",
                _("Parser parameters (override)"),
                "text",
                "always",
                overrides="linking_details.parser_parameters",
            ),
            Field(
                "linking_details.proxy_enabled",
                _("Proxy enabled"),
                "code",
                "always",
                table=YES_NO,
                blank=INHERIT,
                errors=("60167",),
            ),
            Field("linking_details.proxy", _("Proxy"), "text", "always", table="proxies", errors=("60168",)),
        ),
    ),
    Group(
        _("Acquisition"),
        (
            Field("po_line", _("PO line"), "reference", "always", help=_("For example POL-1042."), errors=("60172",)),
            Field("license", _("License"), "reference", "always", help=FREE_CODE, errors=("60169",)),
            Field("pda", _("PDA"), "reference"),
            COUNTER_PLATFORM,
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
            Field(
                "resource_metadata.mms_id",
                _("MMS ID"),
                "reference",
                "new",
                required=True,
                errors=("60159", "60172", "60143"),
            ),
        ),
    ),
    NOTES,
    GROUP_SETTINGS,
)

# The keys within repeated rows that are no cells of a form, and of the values that Alma nests.
PARTS: dict[str, Label] = {
    "content": _("Note"),
    "created_by": _("By"),
    "creation_date": _("On"),
} | {cell.path: cell.label for kind in ("groups", "numbers") for cell in CELLS[kind]}

# Said elsewhere on the page, or addresses of Alma's own.
SHOWN_ELSEWHERE = frozenset({"id", "is_local", "link", "portfolios", "electronic_collection"})
