"""The table of fields: all that Alma's records have, and nothing that leads nowhere."""

import pytest

from almaportal.alma.hints import HINTS
from almaportal.emulator import fields as emulated
from ecollections import fields
from ecollections.field import CELLED
from ecollections.kinds import BY_NAME

ROWS = {"public_note", "authentication_note", "notes", "group_settings"}
# facts 2.2-2.4: what a person may set. Overrides, notes and what the library decides: everywhere.
ALWAYS = {
    "collection": ROWS
    | {
        *("public_name_override", "description_override", "internal_description", "library", "number", "process_type"),
        *("access_type", "public_access_model", "activation_date", "expected_activation_date", "po_line", "license"),
        *("counter_platform", "url_override", "free", "proxy_enabled", "proxy", "cdi_local_notes"),
        "do_not_show_as_full_text_available_in_cdi_even_if_active_in_alma",
        "resource_metadata.mms_id",
    },
    "service": ROWS
    | {
        *("public_description_override", "internal_description", "activation_status", "activate_new_portfolios"),
        *("delete_removed_portfolios", "deactivate_removed_portfolios", "active_from_date", "active_until_date"),
        *("service_temporarily_unavailable", "service_unavailable_date", "service_unavailable_until_date"),
        *("service_unavailable_reason", "parser_override", "parser_parameters_override", "url_type_override"),
        *("dynamic_url_override", "free", "crossref_enabled", "proxy_enabled", "proxy"),
    },
    "portfolio": ROWS
    | {
        *("availability", "material_type", "access_type", "public_access_model", "activation_date"),
        *("expected_activation_date", "library", "po_line", "license", "counter_platform", "number"),
        "internal_description",
        *(f"linking_details.{name}" for name in ("url_type_override", "dynamic_url_override", "static_url_override")),
        *(f"linking_details.{name}" for name in ("parser_parameters_override", "proxy_enabled", "proxy")),
        "coverage_details.coverage_in_use",
        *(f"coverage_details.{which}_date_coverage_parameters" for which in ("local", "perpetual")),
        *(f"coverage_details.{which}_embargo_information" for which in ("local", "perpetual")),
    },
}
# What the Community Zone manages.
LOCAL = {
    "collection": {
        *("public_name", "alternative_title", "type", "is_selective", "description", "interface.name", "source"),
        *("creator", "category", "language", "url"),
    },
    "service": {
        *("public_description", "parser", "parser_parameters", "link_resolver_plugin", "url_type", "dynamic_url"),
        *("linking_level", "crossref_supported"),
    },
    "portfolio": {
        *(f"linking_details.{name}" for name in ("url_type", "dynamic_url", "static_url", "parser_parameters")),
        "coverage_details.global_date_coverage_parameters",
        "coverage_details.global_embargo_information",
    },
}
NEW = {"collection": set(), "service": {"type"}, "portfolio": {"resource_metadata.mms_id"}}
KINDS = list(BY_NAME)


def every(kind):
    return list(BY_NAME[kind].fields.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("settable", "wanted"), [("always", ALWAYS), ("local", LOCAL), ("new", NEW)])
def test_every_field_of_alma_can_be_set_where_alma_lets_it(kind, settable, wanted):
    assert {one.path for one in every(kind) if one.settable == settable} == wanted[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_person_may_set_alma_takes(kind):
    """Against the emulator's own table: no field of ours is its output, or the Community Zone's where we say always."""
    for one in every(kind):
        table = emulated.FIELDS[kind]
        *above, last = one.path.split(".")
        zone = False
        for name in above:
            zone, table = zone or table[name].zone, table[name].fields
        known = table.get(last)
        if one.settable == "always":
            assert known is not None, one.path
            assert known.kind != "output", one.path
            assert not zone, one.path
            assert not known.zone, one.path
        if one.settable == "local":
            assert known is not None, one.path
            assert zone or known.zone, one.path


@pytest.mark.parametrize("kind", KINDS)
def test_labels_and_paths_are_unique(kind):
    groups = BY_NAME[kind].groups
    for names in (
        [str(one.label) for group in groups for one in group.fields],
        [one.path for group in groups for one in group.fields],
        [str(group.label) for group in groups],
    ):
        assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("kind", KINDS)
def test_overrides_and_neighbours_exist_and_are_of_the_same_kind(kind):
    paths = BY_NAME[kind].fields
    for one in every(kind):
        for other in filter(None, (one.overrides, one.beside)):
            assert paths[other].kind == one.kind, one.path
            assert paths[other].settable == "local", one.path
        if one.overrides:
            assert one.settable == "always"
            assert paths[one.overrides].prefix == one.prefix
        assert one.path.endswith("_override") == bool(one.overrides), one.path


@pytest.mark.parametrize("kind", KINDS)
def test_each_code_of_alma_has_a_hint_in_plain_words(kind):
    assert [number for one in every(kind) for number in one.errors if number not in HINTS] == []


# facts 2.2-2.4: Alma's codes that are about a value
ERRORS = {
    # 60139-60141 and 60162-60165 say only that the record could not be saved
    "collection": "60126 60127 60128 60129 60130 60131 60132 60133 60134 60135 60137 60142 60143 60152 60158 60296"
    " 402469",
    "service": "60127 60130 60132 60133 60135 60138 60142 60144 60145 60146 60147 60148 60152 60153",
    "portfolio": "60159 60161 60166 60167 60168 60169 60170 60171 60172 60296 200797 300465 402469",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_code_of_alma_about_a_value_belongs_to_a_field(kind):
    known = {number for one in every(kind) for number in one.errors}
    assert [number for number in ERRORS[kind].split() if number not in known] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_with_rows_has_cells_and_the_others_have_none(kind):
    for one in every(kind):
        assert (one.kind in fields.CELLS) == (one.kind in CELLED), one.path
        assert one.kind != "raw" or one.settable == "never", one.path
        assert not (one.table and one.choices), one.path
        assert one.kind == "code" or not one.choices, one.path


@pytest.mark.parametrize("kind", fields.CELLS)
def test_cells_are_unique_and_known_to_alma(kind):
    names = [cell.path for cell in fields.CELLS[kind]]
    assert sorted(names) == sorted(set(names))
    labels = [str(cell.label) for cell in fields.CELLS[kind]]
    assert sorted(labels) == sorted(set(labels))
    known = {
        "coverage": emulated.COVERAGE_ROW,
        "notes": emulated.NOTE,
        "groups": emulated.GROUP,
        "numbers": emulated.COLLECTION["number"].fields,
        "embargo": dict.fromkeys(("embargo_operator", "number_of_years", "number_of_months")),
    }
    assert set(names) <= set(known[kind])


def test_a_field_is_settable_where_its_word_says():
    always, local, new, never = (
        next(one for one in every("portfolio") if one.settable == word) for word in ("always", "local", "new", "never")
    )
    asked = [(True, False), (False, False), (False, True), (True, True)]
    assert [always.is_settable(*row) for row in asked] == [True, True, True, True]
    assert [local.is_settable(*row) for row in asked] == [True, False, False, True]
    assert [new.is_settable(*row) for row in asked] == [False, False, True, True]
    assert [never.is_settable(*row) for row in asked] == [False] * 4
