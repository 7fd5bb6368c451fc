"""Records in words, without Alma."""

from datetime import date

import pytest

from ecollections import fields, show
from ecollections.field import Field, Group

TABLES = {"collection": fields.COLLECTION, "service": fields.SERVICE, "portfolio": fields.PORTFOLIO}


def shown(kind, value):
    """What a record of one field of this kind shows; None when the field counts as empty."""
    [group] = show.groups({"f": value}, (Group("G", (Field("f", "F", kind),)),))
    return group.fields[0] if group.fields else None


@pytest.mark.parametrize(
    "kind", ["text", "url", "code", "reference", "flag", "date", "raw", "notes", "coverage", "embargo"]
)
@pytest.mark.parametrize("empty", [None, "", "  ", {}, [], [None], [{}], {"value": ""}, {"value": None, "desc": ""}])
def test_what_says_nothing_is_empty(kind, empty):
    assert shown(kind, empty) is None


@pytest.mark.parametrize(
    ("kind", "value", "text", "code"),
    [
        ("text", "x", "x", ""),
        ("text", 5, "5", ""),
        ("text", 0, "0", ""),
        ("text", {"value": "v", "desc": "d"}, "d", ""),
        ("text", ["a", "b"], "a; b", ""),
        ("text", {"a": "b", "content": "n"}, "a: b · Note: n", ""),
        ("code", {"value": "11", "desc": "Available"}, "Available", "11"),
        ("code", {"value": "11"}, "11", ""),
        ("code", {"value": "11", "desc": "11"}, "11", ""),
        ("code", "11", "11", ""),
        ("code", {"desc": "only words"}, "only words", ""),
        ("reference", {"value": "POL-1", "link": "https://x"}, "POL-1", ""),
        ("flag", True, "Yes", ""),
        ("flag", False, "No", ""),
        ("flag", "true", "Yes", ""),
        ("flag", "FALSE", "No", ""),
        ("flag", "1", "Yes", ""),
        ("flag", 0, "No", ""),
        ("flag", {"value": "false", "desc": None}, "No", ""),
        ("flag", {"value": "true", "desc": "Oui"}, "Oui", ""),
        ("flag", "perhaps", "perhaps", ""),
    ],
)
def test_a_value_in_words(kind, value, text, code):
    found = shown(kind, value)
    assert (found.text, found.code) == (text, code)


def test_false_and_nought_are_not_nothing():
    assert shown("flag", False).text == "No"
    assert shown("text", False).text == "No"
    assert shown("code", 0).text == "0"


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2021-08-10Z", date(2021, 8, 10)),
        ("2021-08-10z", date(2021, 8, 10)),
        ("2021-08-10", date(2021, 8, 10)),
        ("2021-08-10T23:59:59+02:00", date(2021, 8, 10)),
        ("soon", None),
        ("2021-13-45Z", None),
        ({"value": "x"}, None),
    ],
)
def test_a_date(value, day):
    found = shown("date", value)
    assert found.day == day
    assert found.text


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://x.org/a?b=1&c=2", "https://x.org/a?b=1&c=2"),
        ("http://x.org", "http://x.org"),
        ("jkey=https://x.org", "https://x.org"),
        ("jkey= https://x.org ", "https://x.org"),
        ("HTTPS://X.org", "HTTPS://X.org"),
        ("", ""),
        ("jkey=", ""),
        ("x.org", ""),
        ("//x.org", ""),
        ("ftp://x.org", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("javascript:alert(1)", ""),
        ("JAVASCRIPT://x.org/%0aalert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("\x01javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("vbscript:x", ""),
        ("bkey=https://x.org", ""),
    ],
)
def test_only_web_addresses_may_be_opened(text, address):
    assert show.address(text) == address


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (["1", "2"], ["1", "2"]),
        ("1", ["1"]),
        ([{"content": "n", "type": {"value": "T", "desc": "Type"}, "created_by": "b"}], ["n · Type · b"]),
        ([{"content": "n", "creation_date": "2024-02-29Z"}], ["n · 2024-02-29"]),
        ([{"content": "two\nlines"}], ["two\nlines"]),
        (
            [{"group": {"value": "S", "desc": "Student"}, "proxy": "P", "public_note": ""}],
            ["User group: Student · Proxy: P"],
        ),
        ({"a": "b"}, ["a: b"]),
        ([None, "1", {}], ["1"]),
        ([["a", "b"]], ["a; b"]),
    ],
)
def test_the_lines_of_a_repeated_field(value, lines):
    assert shown("notes", value).lines == lines


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("odd", ["MARK", ["MARK"], [{"odd": "MARK"}], {"odd": {"deep": ["MARK"]}}, {"value": "MARK"}])
def test_nothing_of_a_record_stays_unseen(kind, odd):
    """Whatever stands in the place of a field is somewhere on the page."""
    for group in TABLES[kind]:
        for field in group.fields:
            record = odd
            for name in reversed(field.path.split(".")):
                record = {name: record}
            said = [one for section in show.groups(record, TABLES[kind]) for one in section.fields]
            assert any("MARK" in one.text or "MARK" in " ".join(one.lines) for one in said), field.path


@pytest.mark.parametrize("content", [{"odd": "MARK"}, ["MARK"], {"value": "MARK"}, "MARK"])
def test_nothing_of_a_note_stays_unseen(content):
    assert "MARK" in " ".join(shown("notes", [{"content": content, "type": ""}]).lines)


def test_unknown_fields_come_last_by_their_paths():
    record = {"id": "1", "link": "x", "new": 1, "interface": {"name": "I", "new": "deep"}, "none": None}
    *_, last = show.groups(record, fields.COLLECTION)
    assert str(last.label) == "Also sent by Alma"
    assert [(one.label, one.text) for one in last.fields] == [("new", "1"), ("interface.new", "deep")]


def test_without_unknown_fields_there_is_no_such_group():
    assert len(show.groups({"id": "1"}, fields.COLLECTION)) == len(fields.COLLECTION)


@pytest.mark.parametrize("kind", TABLES)
def test_every_field_has_a_place_of_its_own(kind):
    paths = [field.path for group in TABLES[kind] for field in group.fields]
    assert len(paths) == len(set(paths))
    for group in TABLES[kind]:
        labels = [str(field.label) for field in group.fields]
        assert len(labels) == len(set(labels))


@pytest.mark.parametrize("kind", TABLES)
def test_every_field_that_the_emulator_sends_is_known(emulator, kind):
    """What real captures hold is in the table, but for what the page shows elsewhere."""
    from almaportal.emulator.fields import FIELDS

    known = {field.path.split(".")[0] for group in TABLES[kind] for field in group.fields} | fields.SHOWN_ELSEWHERE
    assert set(FIELDS[kind]) - known <= {
        "linking_parameters",
        "is_standalone",
        "provenance",
        "active_from_date",
        "active_until_date",
    }
