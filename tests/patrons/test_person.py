"""A patron's record in any shape becomes plain lists."""

from datetime import UTC, date, datetime

import pytest

from almaportal.alma.records import day_of, moment
from almaportal.people import person

# What may stand in the place of a list or of an object (facts 0.2, 0.3).
ODD = [None, "", {}, [], "text", 7, True, ["text", None, 7], [{}], [[]], {"value": None}, [{"value": {"value": {}}}]]
LISTS = ("user_identifier", "user_block", "user_note", "user_role", "user_statistic", "proxy_for_user")
READERS = (
    *(person.name, person.names, person.preferred_name, person.primary_id, person.identifiers, person.emails),
    *(person.phones, person.addresses, person.notes, person.roles, person.statistics, person.proxies),
    *(person.blocks, person.owed, person.more),
)


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_an_odd_shape_in_any_place_is_no_trouble(odd):
    for name in (*LISTS, "contact_info", "first_name", "primary_id", "status", "loans", "fees", "link", "new_field"):
        for read in READERS:
            read({name: odd})
    for kind in ("email", "phone", "address"):
        info = {"contact_info": {kind: odd}}
        assert [len(read(info)) for read in (person.emails, person.phones, person.addresses)] == [0, 0, 0]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_may_be_a_single_object_or_wrapped_in_its_own_name(name):
    row = {"value": "x"}
    assert person.listed({name: row}, name) == person.listed({name: {name: [row]}}, name) == [row]


def test_nothing_of_an_empty_record_is_made_up():
    assert person.name({}) == person.primary_id({}) == person.preferred_name({}) == ""
    assert person.count({}, "loans") is person.owed({}) is None


def test_the_name_is_as_lists_have_it():
    assert person.name({"first_name": "Ada", "middle_name": "K.", "last_name": "Berg"}) == "Berg, Ada K."
    assert person.name({"last_name": "Berg", "first_name": None}) == "Berg"
    assert person.name({"full_name": "Ada Berg"}) == "Ada Berg"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"pref_first_name": "Addie"}, "Berg, Addie"),
        ({"pref_last_name": "Lund"}, "Lund"),
        ({"pref_first_name": "Ada", "pref_last_name": "BERG"}, ""),
        ({"pref_first_name": "", "pref_last_name": None}, ""),
    ],
)
def test_a_preferred_name_is_told_where_it_is_another(chosen, said):
    assert person.preferred_name({"first_name": "Ada", "last_name": "Berg"} | chosen) == said


@pytest.mark.parametrize(
    "record",
    [
        {"primary_id": "no primary id (123456789023)"},
        {"primary_id": "x", "link": "https://api/almaws/v1/users/-"},
        {"primary_id": None},
    ],
)
def test_a_contact_without_an_id_has_none(record):
    assert person.primary_id(record) == ""


@pytest.mark.parametrize("own", ["a/b", "50%", "x+y@z?#", "читатель 7", "-"])
def test_an_id_is_any_text(own):
    assert person.primary_id({"primary_id": own}) == own


def test_active_identifiers_come_first_and_a_status_that_is_missing_is_active():
    rows = [{"value": "1", "status": "inactive"}, {"value": "2", "id_type": {"value": "B", "desc": "Barcode"}}, {}]
    found = person.identifiers({"user_identifier": rows})
    assert [(one.value, one.is_active, one.kind) for one in found] == [("2", True, "Barcode"), ("1", False, "")]


def test_an_id_is_held_in_any_case_and_an_active_row_counts_more_than_an_inactive_one():
    rows = [
        {"value": "b1", "status": "INACTIVE"},
        {"value": "B1", "status": "ACTIVE"},
        {"value": "B2", "status": "INACTIVE"},
    ]
    record = {"primary_id": "Me", "user_identifier": rows}
    asked = ("ME", " b1 ", "b2", "b3", "")
    assert [person.holds(record, one) for one in asked] == ["active", "active", "inactive", "", ""]
    assert person.holds({"primary_id": "straße"}, "strasse") == "", "two people"


def test_the_preferred_contact_comes_first():
    rows = [
        {"email_address": "a@x.example", "preferred": "false"},
        {"email_address": "b@x.example", "preferred": "true", "email_type": [{"value": "work", "desc": "Work"}, {}]},
        {"email_address": None},
    ]
    found = person.emails({"contact_info": {"email": rows}})
    assert [(one.lines, one.kinds, one.preferred) for one in found] == [
        (["b@x.example"], "Work", True),
        (["a@x.example"], "", False),
    ]


def test_an_address_has_the_lines_that_say_something():
    row = {"line1": "Main Road 1", "line2": None, "city": "Bern", "postal_code": "3000"}
    row |= {"country": {"value": "CHE", "desc": "Switzerland"}, "state_province": ""}
    assert person.addresses({"contact_info": {"address": row}})[0].lines == ["Main Road 1", "3000 Bern", "Switzerland"]


def test_notes_that_pop_up_come_first_then_the_newest():
    rows = [
        {"note_text": "old", "created_date": "2020-01-01T10:00:00Z"},
        {"note_text": "new", "created_date": "2024-01-01T10:00:00Z"},
        {"note_text": "popup", "popup_note": True},
        {"note_text": ""},
    ]
    assert [one.text for one in person.notes({"user_note": rows})] == ["popup", "new", "old"]


def test_a_role_says_where_it_counts_and_its_parameters():
    desk = {"type": {"value": "CirculationDesk"}, "scope": {}, "value": {"value": "D", "desc": "Desk 1"}}
    row = {"role_type": {"value": "32", "desc": "Operator"}, "scope": {"value": "M", "desc": "Main"}}
    row |= {"status": {"value": "Inactive"}, "parameter": [desk], "expiry_date": "2030-01-01Z"}
    (role,) = person.roles({"user_role": row})
    assert (role.code, role.kind, role.scope, role.is_active, role.ends) == (
        "32",
        "Operator",
        "Main",
        False,
        date(2030, 1, 1),
    )
    assert role.lines == ["CirculationDesk: Desk 1"]


@pytest.mark.parametrize(
    ("sent", "read"), [(None, None), ({"value": 3, "link": "x"}, 3), ({"value": "3"}, 3), ({}, None)]
)
def test_counts_come_as_number_as_text_or_not_at_all(sent, read):
    assert person.count({"loans": sent}, "loans") == read


@pytest.mark.parametrize(
    ("sent", "read"), [({"value": 12.5}, 12.5), ({"value": "0.0"}, 0.0), (None, None), ("x", None)]
)
def test_what_is_owed_is_a_sum(sent, read):
    assert person.owed({"fees": sent}) == read


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2019-12-18T14:36:48.659Z", datetime(2019, 12, 18, 14, 36, 48, 659000, UTC)),
        ("2019-12-18t14:36:48z", datetime(2019, 12, 18, 14, 36, 48, 0, UTC)),
        ("2019-12-18T14:36:48", datetime(2019, 12, 18, 14, 36, 48, 0, UTC)),
        ("1395446400000", datetime(2014, 3, 22, 0, 0, 0, 0, UTC)),
        (1395446400000, datetime(2014, 3, 22, 0, 0, 0, 0, UTC)),
        ("2019-12-18Z", None),
        ("202712312359", None),
        ("20201231235959", None),
        ("9999-99-99T00:00:00Z", None),
        ("soon", None),
        ({}, None),
    ],
)
def test_a_point_in_time_comes_in_many_spellings(sent, at):
    assert moment(sent) == at


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("2024-05-01T22:30:00Z", date(2024, 5, 2)), ("2024-05-01Z", date(2024, 5, 1)), ("", None), ("x", None)],
)
def test_a_moments_day_is_the_librarys_and_a_calendar_date_is_itself(settings, sent, meant):
    settings.TIME_ZONE = "Europe/Zurich"
    assert day_of(sent) == meant


def test_what_has_no_place_of_its_own_is_shown_in_words_and_what_is_secret_is_not():
    record = {"pin_number": "1234", "password": "x", "job_description": "Cook", "primary_id": "1", "gender": {}}
    record |= {"rs_library": [{"code": {"value": "R", "desc": "Resource"}}], "is_researcher": False}
    record |= {"library_notice": [{"code": {"value": "COURTESY"}, "value": True}], "purge_date": "2029-06-14Z"}
    record |= {"odd": {"deep": [{"er": 1}]}, "empty": {}, "another_number": "20200101"}
    assert person.more(record) == [
        ("Job", "Cook"),
        ("Resource sharing libraries", "Resource"),
        ("Library notices", "COURTESY: yes"),
        ("Researcher", "no"),
        ("Purge date", "14 Jun 2029"),
    ]
    assert person.others(record) == [("odd", "deep: er: 1"), ("another_number", "20200101")]
