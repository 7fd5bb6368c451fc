"""What the columns of a file are loaded into."""

import pytest

from ecollections.kinds import COLLECTION, KINDS, PORTFOLIO, SERVICE
from ecollections.loading import columns

STATIC, COVERAGE = "linking_details.static_url", "coverage_details.local_date_coverage_parameters"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_headers_of_an_export_are_known_again(kind):
    targets, headers = zip(*columns.headers(kind), strict=True)
    assert columns.guess(kind, headers) == list(targets)
    for target, header in columns.headers(kind):
        assert columns.guess(kind, [header]) == [target]
    assert len(set(headers)) == len(headers)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_can_be_chosen_is_what_exports_have(kind):
    groups = columns.choices(kind)
    offered = [target for _group, pairs in groups for target, _label in pairs]
    assert sorted(offered) == sorted(target for target, _header in columns.headers(kind))
    assert [target for target, _label in groups[0][1]][:2] == ["@do", "@id"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_files_carry_all_that_can_be_set_but_notes_groups_and_numbers(kind):
    left_out = {path for path, one in kind.fields.items() if one.settable in ("always", "local")}
    left_out -= columns.LOADED[kind.name].keys()
    assert left_out <= {"notes", "group_settings", "number"}
    assert all(one.settable in ("always", "local") for one in columns.LOADED[kind.name].values())


@pytest.mark.parametrize(
    ("kind", "header", "target"),
    [
        (PORTFOLIO, "Portfolio ID", "@id"),
        (PORTFOLIO, "portfolio_id", "@id"),
        (PORTFOLIO, "PORTFOLIO-PID", "@id"),
        (PORTFOLIO, "PID", "@id"),
        (PORTFOLIO, "id", "@id"),
        (PORTFOLIO, "Path", "@id"),
        (PORTFOLIO, "mms_id", "resource_metadata.mms_id"),
        (PORTFOLIO, "MMS ID", "resource_metadata.mms_id"),
        (PORTFOLIO, "Collection ID", "@collection"),
        (PORTFOLIO, "Electronic Collection Id", "@collection"),
        (PORTFOLIO, "Service ID", "@service"),
        (PORTFOLIO, "Action", "@do"),
        (PORTFOLIO, "Static URL", STATIC),
        (PORTFOLIO, "url", STATIC),
        (PORTFOLIO, "title_url", STATIC),
        (PORTFOLIO, "linking_details.static_url", STATIC),
        (PORTFOLIO, "static_url_override", f"{STATIC}_override"),
        (PORTFOLIO, "Static URL (override)", f"{STATIC}_override"),
        (PORTFOLIO, "availability.value", "availability"),
        (PORTFOLIO, "AVAILABILITY", "availability"),
        (PORTFOLIO, "Library", "library"),
        (PORTFOLIO, "Coverage statement", COVERAGE),
        (PORTFOLIO, "Portfolio Public Note", "public_note"),
        (PORTFOLIO, "Portfolio Availability", "availability"),
        (PORTFOLIO, "Portfolio Static URL", "linking_details.static_url"),
        (PORTFOLIO, "Local\u00a0coverage", COVERAGE),
        (PORTFOLIO, "Proxy enabled", "linking_details.proxy_enabled"),
        (PORTFOLIO, "Title", ""),
        (PORTFOLIO, "Collection", ""),
        (PORTFOLIO, "Notes", ""),
        (PORTFOLIO, "", ""),
        (SERVICE, "Service ID", "@id"),
        (SERVICE, "Collection ID", "@collection"),
        (SERVICE, "Proxy enabled", "proxy_enabled"),
        (SERVICE, "MMS ID", ""),
        (SERVICE, "Service type", ""),
        (COLLECTION, "Collection ID", "@id"),
        (COLLECTION, "Service ID", ""),
        (COLLECTION, "MMS ID", "resource_metadata.mms_id"),
        (COLLECTION, "URL", "url"),
        (COLLECTION, "Name", "public_name"),
    ],
)
def test_a_header_is_known_by_its_usual_names(kind, header, target):
    assert columns.guess(kind, [header]) == [target]


def test_a_target_is_taken_once_and_by_its_own_name_first():
    assert columns.guess(COLLECTION, ["Name", "Public name"]) == ["", "public_name"], "not of the interface"
    assert columns.guess(PORTFOLIO, ["URL", "Static URL", "static_url", "PID", "ID"]) == ["", STATIC, "", "@id", ""]


@pytest.mark.parametrize(
    ("kind", "targets", "said"),
    [
        (PORTFOLIO, ["@id", "", "availability"], []),
        (PORTFOLIO, ["@id", "@do"], []),
        (PORTFOLIO, ["resource_metadata.mms_id", "availability"], []),
        (PORTFOLIO, ["availability", STATIC], ["No column says which record"]),
        (COLLECTION, ["resource_metadata.mms_id"], ["No column says which record"]),
        (PORTFOLIO, ["@id", STATIC, STATIC], ["Static URL: two columns"]),
        (PORTFOLIO, ["@id", "resource_metadata.mms_id"], ["nothing to change"]),
        (COLLECTION, ["@id", "@do"], ["nothing to change"]),
        (PORTFOLIO, ["@id", "notes", "availability"], ["“notes” is nothing"]),
    ],
)
def test_columns_that_make_no_sense_are_told(kind, targets, said):
    found = columns.problems(kind, targets)
    assert len(found) == len(said)
    assert all(words in sentence for words, sentence in zip(said, found, strict=True))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_template_has_every_column_and_examples(kind):
    head, row = columns.template(kind)
    assert head == [header for _target, header in columns.headers(kind)]
    assert len(row) == len(head)
    assert row[0] == "-"
    assert columns.problems(kind, columns.guess(kind, head)) == []


def test_the_public_name_comes_before_what_is_only_called_a_name():
    headers = ["Electronic Collection Name", "Electronic Collection Public Name"]
    assert columns.guess(COLLECTION, headers) == ["", "public_name"]
