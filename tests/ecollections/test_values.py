"""Values of fields: what means the same, what is written, and the merge of three records, field by field."""

from copy import deepcopy

import pytest

from almaportal.alma.records import dig, is_empty, normal
from ecollections.field import CELLED, ROWS, Field
from ecollections.kinds import BY_NAME
from ecollections.values import agrees, is_known_shape, meant, merge, raw, same, write

TEXT, URL = Field("note", "note"), Field("url", "url", kind="url", prefix="jkey=")
CODE, LINK, FLAG, DATE = (Field(kind, kind, kind=kind) for kind in ("code", "reference", "flag", "date"))
ACCESS_MODEL = Field("public_access_model", "public_access_model", kind="code", table="PublicAccessModel")
NOTES, COVERAGE, EMBARGO = (Field(kind, kind, kind=kind) for kind in ("notes", "coverage", "embargo"))

EMPTY = [None, "", " \t", {}, {"value": None}, {"value": "", "desc": None}, {"value": "", "link": None}]

CELLS = {
    "coverage": ("from_year", "1990", "1991", "1992"),
    "embargo": ("number_of_years", "1", "2", "3"),
    "notes": ("content", "a", "b", "c"),
    "groups": ("public_note", "a", "b", "c"),
    "numbers": ("value", "1", "2", "3"),
}


def each_field(check):
    """A test of every field that can be set, for each kind of record: check(kind, one)."""

    @pytest.mark.parametrize("kind", list(BY_NAME))
    def run(kind):
        for one in settable(kind):
            check(kind, one)

    return run


def settable(kind):
    return [one for one in BY_NAME[kind].fields.values() if one.settable != "never"]


def three(one):
    """Three raw values of a field, as Alma has them."""
    if one.kind in CELLED:
        cell, *texts = CELLS[one.kind]
        rows = [{cell: text, "odd": {"a": [None]}} for text in texts]
        return rows if one.kind == "embargo" else [[row] for row in rows]
    if one.kind == "flag":
        return [True, False, None]
    if one.kind == "date":
        return ["2020-01-01Z", "2021-01-01z", "2022-01-01Z"]
    if one.kind == "code":
        return [{"value": text, "desc": text.upper(), "odd": 1} for text in "abc"]
    if one.kind == "reference":
        return [{"value": text, "link": f"https://alma/{text}", "odd": 1} for text in "abc"]
    return [f"{one.prefix}{text}" for text in "abc"]


def record_with(one, value, **more):
    """A record with that value in it, and with keys that nobody knows at every level."""
    *above, last = one.path.split(".")
    inner = {last: deepcopy(value), "odd": {"a": [None, ""]}}
    for name in reversed(above):
        inner = {name: inner, "odd": "x"}
    return inner | more


def but(record, one):
    """All that is not the field."""
    left = deepcopy(record)
    *above, last = one.path.split(".")
    level = left
    for name in above:
        level = level[name]
    level.pop(last, None)
    return left


# --- the merge -----------------------------------------------------------------------------------------------------


@each_field
def test_of_each_field_my_change_is_taken_over_into_the_newest_record(kind, one):
    first, second, _third = three(one)
    base, mine = record_with(one, first), record_with(one, second)
    newest = record_with(one, first, new_of_alma={"a": 1})
    kept = deepcopy((base, mine, newest))
    merged = merge(BY_NAME[kind].fields.values(), base, mine, newest)
    assert (base, mine, newest) == kept
    assert [change.field for change in merged.changes] == [one]
    assert (merged.others, merged.conflicts) == ([], [])
    assert same(one, raw(one, merged.record), second)
    assert but(merged.record, one) == but(newest, one)


@each_field
def test_of_each_field_the_others_change_is_kept(kind, one):
    first, second, _third = three(one)
    newest = record_with(one, second, new_of_alma={"a": 1})
    merged = merge(BY_NAME[kind].fields.values(), record_with(one, first), record_with(one, first), newest)
    assert [other.field for other in merged.others] == [one]
    assert (merged.changes, merged.conflicts) == ([], [])
    assert merged.record == newest


@each_field
def test_of_each_field_two_different_changes_are_a_conflict(kind, one):
    first, second, third = three(one)
    newest = record_with(one, second)
    merged = merge(BY_NAME[kind].fields.values(), record_with(one, first), record_with(one, third), newest)
    [conflict] = merged.conflicts
    assert (conflict.field, conflict.base, conflict.theirs, conflict.mine) == (one, first, second, third)
    assert merged.newest == newest
    assert same(one, raw(one, merged.record), third)


@each_field
def test_of_each_field_the_same_change_twice_is_none(kind, one):
    first, second, _third = three(one)
    newest = record_with(one, second)
    merged = merge(BY_NAME[kind].fields.values(), record_with(one, first), record_with(one, second), newest)
    assert (merged.changes, merged.others, merged.conflicts) == ([], [], [])
    assert merged.record == newest


@each_field
def test_of_each_field_an_unchanged_record_is_left_alone(kind, one):
    record = record_with(one, three(one)[0])
    merged = merge(BY_NAME[kind].fields.values(), record, deepcopy(record), deepcopy(record))
    assert (merged.changes, merged.others, merged.conflicts) == ([], [], [])
    assert merged.record == record


@each_field
def test_of_each_field_one_emptiness_is_as_good_as_another(kind, one):
    for gone in EMPTY if one.kind not in CELLED else ():
        merged = merge(BY_NAME[kind].fields.values(), record_with(one, gone), {}, record_with(one, None))
        assert (merged.changes, merged.others, merged.conflicts) == ([], [], [])


def test_changes_of_different_fields_meet_in_one_record():
    base = {"public_note": "0", "url_override": "0", "odd": 0}
    mine, newest = base | {"public_note": "1"}, base | {"url_override": "2", "odd": 3}
    merged = merge(BY_NAME["collection"].fields.values(), base, mine, newest)
    assert merged.record == {"public_note": "1", "url_override": "2", "odd": 3}


@each_field
def test_a_list_that_shall_be_none_is_written_as_an_empty_one(kind, one):
    """null clears dates and the public access model only (facts 2.3): for a list Alma would leave what is there."""
    if one.kind not in ROWS:
        return
    there = record_with(one, three(one)[0])
    merged = merge(BY_NAME[kind].fields.values(), there, record_with(one, None), there)
    assert raw(one, merged.record) == []


# --- what means the same -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [TEXT, URL, CODE, LINK, FLAG, DATE, NOTES, COVERAGE, EMBARGO], ids=lambda one: one.kind)
@pytest.mark.parametrize("value", EMPTY)
def test_all_emptiness_is_the_same(one, value):
    assert same(one, value, None)
    assert not meant(one, value)


@pytest.mark.parametrize(
    ("one", "first", "second"),
    [
        (TEXT, " a\r\nb\rc\x07 ", "a\nb\nc"),
        (TEXT, 5, "5"),
        (URL, "jkey=https://x/", "https://x/"),
        (CODE, {"value": "1", "desc": "Ja"}, {"value": "1", "desc": "Yes"}),
        (CODE, {"value": "1"}, "1"),
        (LINK, {"value": "1", "link": None}, {"value": "1", "link": "https://alma/1"}),
        (FLAG, True, "true"),
        (FLAG, {"value": "false", "desc": "No"}, False),
        (DATE, "2020-02-29z", "2020-02-29"),
        (DATE, "2020-02-29Z", "2020-02-29T12:00:00.000Z"),
        (COVERAGE, [{"from_month": {"value": "1", "desc": "January"}}], [{"from_month": "1", "from_day": None}]),
        (NOTES, [{"content": "a", "type": {}}], [{"content": "a ", "created_by": ""}]),
        (
            EMBARGO,
            {"number_of_years": 1, "embargo_operator": {"value": ">"}},
            {"number_of_years": "1", "embargo_operator": ">"},
        ),
    ],
)
def test_spellings_of_one_value_are_the_same(one, first, second):
    assert same(one, first, second)
    assert same(one, second, first)


@pytest.mark.parametrize(
    ("one", "first", "second"),
    [
        (TEXT, "a", "A"),
        (TEXT, "a\nb", "a b"),
        (FLAG, False, None),
        (DATE, "2020-02-29Z", "2020-02-28Z"),
        (DATE, "2020-02-30Z", "2020-02-29Z"),
        (CODE, "1", "01"),
        (NOTES, [{"content": "a"}, {"content": "b"}], [{"content": "b"}, {"content": "a"}]),
        (NOTES, [{"content": "a"}], [{"content": "a", "created_by": "ann"}]),
    ],
)
def test_different_values_are_not_the_same(one, first, second):
    assert not same(one, first, second)


# --- what is written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "old", "value", "new"),
    [
        (TEXT, "a", "b", "b"),
        (TEXT, "a", "", ""),
        (TEXT, None, "b", "b"),
        (URL, None, "https://x/", "jkey=https://x/"),
        (URL, "jkey=https://y/", "jkey=https://x/", "jkey=https://x/"),
        (URL, "jkey=https://y/", "", ""),
        (CODE, {"value": "1", "desc": "One", "odd": 5}, "2", {"value": "2", "odd": 5}),
        (CODE, {}, "2", {"value": "2"}),
        (CODE, None, "2", {"value": "2"}),
        (CODE, "1", "2", "2"),
        (CODE, {"value": "1", "desc": "One"}, "", {"value": ""}),
        (LINK, {"value": "1", "link": "https://alma/1", "odd": 5}, "2", {"value": "2", "odd": 5}),
        (ACCESS_MODEL, {"value": "1", "desc": "One"}, "", None),
        (ACCESS_MODEL, {}, "2", {"value": "2"}),
        (FLAG, True, "false", False),
        (FLAG, None, "true", True),
        (FLAG, "true", "false", "false"),
        (FLAG, {"value": "true", "odd": 1}, "false", {"value": "false", "odd": 1}),
        (DATE, "2020-02-29Z", "2021-01-01", "2021-01-01"),
        (DATE, None, "2021-01-01z", "2021-01-01"),
        (DATE, "2020-02-29Z", "", None),
        (DATE, "2020-02-29Z", None, None),
        (DATE, None, "someday", "someday"),
        (NOTES, [], [{"content": "a", "odd": 1}], [{"content": "a", "odd": 1}]),
        (NOTES, [{"content": "a"}], [], []),
    ],
)
def test_a_value_is_written_in_the_shape_that_stands_there(one, old, value, new):
    record = {one.path: deepcopy(old), "odd": 1}
    write(one, record, value)
    assert record == {one.path: new, "odd": 1}


def test_the_words_of_a_code_are_those_of_the_new_one():
    record = {"code": {"value": "1", "desc": "One"}}
    write(CODE, record, "2", "Two")
    assert record == {"code": {"value": "2", "desc": "Two"}}


def test_levels_above_are_made_when_they_are_missing():
    record = {"linking_details": None}
    write(Field("linking_details.proxy", "linking_details.proxy"), record, "P")
    assert record == {"linking_details": {"proxy": "P"}}


def test_what_is_written_is_a_copy():
    rows, record = [{"content": "a"}], {}
    write(NOTES, record, rows)
    rows[0]["content"] = "b"
    assert record["notes"] == [{"content": "a"}]


@each_field
def test_what_is_written_is_what_was_meant(kind, one):
    for start in (*three(one), None):
        for value in three(one):
            record = record_with(one, start)
            write(one, record, value)
            assert same(one, raw(one, record), value)
            assert but(record, one) == but(record_with(one, start), one)


# --- shapes --------------------------------------------------------------------------------------------------------


@each_field
def test_documented_shapes_and_emptiness_are_known(kind, one):
    for value in [*three(one), *EMPTY[:4]]:
        assert is_known_shape(one, record_with(one, value))
    assert is_known_shape(one, {})
    assert is_known_shape(one, {one.path.split(".")[0]: None})


@each_field
def test_other_shapes_are_not(kind, one):
    shapes = ["x", ["x"]] if one.kind in CELLED else [["x"], [{"value": "x"}], {"value": ["x"]}, {"value": {"a": "x"}}]
    for value in shapes:
        assert not is_known_shape(one, record_with(one, value)), value
    if "." in one.path:
        for level in ("x", ["x"], [{"a": "x"}], 5):
            assert not is_known_shape(one, {one.path.split(".")[0]: level}), level


# --- what Alma answered --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "asked", "answered"),
    [
        (TEXT, "a", "a "),
        (DATE, "2020-01-01", "2020-01-01Z"),
        (DATE, None, None),
        (CODE, {"value": "1"}, {"value": "1", "desc": "One"}),
        (NOTES, [{"content": "a"}], [{"content": "a", "created_by": "ann", "creation_date": "2026-01-01Z"}]),
        (NOTES, [{"content": "a", "odd": 1}], [{"content": "a"}]),
        (NOTES, [], None),
        (COVERAGE, [{"from_year": "1990", "from_month": "1"}], [{"from_year": "1990", "from_month": {"value": "1"}}]),
        (EMBARGO, {"number_of_years": ""}, None),
        (EMBARGO, {"number_of_years": "1"}, {"number_of_years": 1, "embargo_operator": {}}),
    ],
)
def test_what_alma_adds_by_itself_is_no_contradiction(one, asked, answered):
    assert agrees(one, asked, answered)


@pytest.mark.parametrize(
    ("one", "asked", "answered"),
    [
        (TEXT, "a", "b"),
        (TEXT, "a", None),
        (TEXT, "", "a"),
        (DATE, None, "2020-01-01Z"),
        (NOTES, [{"content": "a"}], []),
        (NOTES, [{"content": "a"}], None),
        (NOTES, [], [{"content": "a"}]),
        (NOTES, [{"content": "a"}, {"content": "b"}], [{"content": "b"}, {"content": "a"}]),
        (COVERAGE, [{"from_year": "1990"}], [{"from_year": "1991"}]),
        (EMBARGO, {"number_of_years": "1"}, {"number_of_years": "2"}),
        (EMBARGO, {"number_of_years": ""}, {"number_of_years": "2"}),
    ],
)
def test_what_alma_did_not_take_is_seen(one, asked, answered):
    assert not agrees(one, asked, answered)


@each_field
def test_the_helpers_of_this_file_tell_the_truth(kind, one):
    values = three(one)
    assert len({str(normal(value)) for value in values}) == 3
    assert dig(record_with(one, values[0]), one.path) == values[0]
    assert is_empty(dig(but(record_with(one, values[0]), one), one.path))
