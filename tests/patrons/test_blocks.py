"""Blocks in a record: which one is meant, and what adding, editing and lifting make of the list."""

from copy import deepcopy
from datetime import date

import pytest

from almaportal.people.person import has_readable_blocks
from patrons import blocks
from patrons.blocks import Changed, Pair

LOST = {
    "block_type": {"value": "LOAN", "desc": "Loan"},
    "block_description": {"value": "LOST-CARD", "desc": "Card reported lost"},
    "block_status": "ACTIVE",
    "block_note": "Reported by phone",
    "created_by": "exl_impl",
    "created_date": "2026-03-01T09:12:44.120Z",
    "expiry_date": "2027-12-18T14:36:48.659Z",
    "segment_type": "Internal",
    "something_new": {"value": "kept"},
}
OLD = {"block_type": {"value": "GENERAL"}, "block_description": {"value": "ADDRESS"}, "block_status": "Inactive"}
NEW = blocks.new("GENERAL", "CONDUCT", "Shouted", date(2027, 3, 31), "desk")


def person(*rows, **more):
    return {"primary_id": "P1", "unknown": {"a": [1]}, "user_block": list(rows), **more}


def test_a_block_has_the_same_key_whatever_the_language_and_the_emptiness():
    german = deepcopy(LOST) | {"block_type": {"value": "LOAN", "desc": "Ausleihe"}, "item_loan_id": None}
    german["block_status"] = "Active"
    assert blocks.key(german) == blocks.key(LOST)


@pytest.mark.parametrize("name", ["block_note", "block_status", "expiry_date", "created_date", "something_new"])
def test_a_block_has_another_key_once_anything_in_it_is_another(name):
    assert blocks.key(LOST | {name: "INACTIVE"}) != blocks.key(LOST)


def test_a_new_block_ends_with_its_last_day_where_the_library_is(settings):
    settings.TIME_ZONE = "America/New_York"
    row = blocks.new("GENERAL", "CONDUCT", "Shouted", date(2027, 1, 31))
    assert row["expiry_date"] == "2027-02-01T04:59:59.000Z"
    assert blocks.last_day(row) == date(2027, 1, 31)


def test_a_new_block_is_active_internal_and_made_by_who_made_it():
    assert NEW["block_status"] == "ACTIVE"
    assert NEW["segment_type"] == "Internal"
    assert NEW["created_by"] == "desk"
    assert blocks.new("GENERAL", "CONDUCT", "Shouted", None).keys() & {"created_by", "expiry_date"} == set()


@pytest.mark.parametrize("shape", [None, [], {}, {"user_block": None}, {"user_block": []}, "", [None, {}]])
def test_a_block_is_added_whatever_emptiness_stood_in_the_place_of_the_list(shape):
    record = person() | {"user_block": shape}
    assert has_readable_blocks(record)
    assert blocks.add(record, NEW)["user_block"] == [NEW]


@pytest.mark.parametrize("shape", ["odd", 5, [None, 3], [[LOST]], [LOST, "odd"], {"user_block": "odd"}])
def test_what_is_no_block_is_not_taken_for_nothing(shape):
    assert not has_readable_blocks(person() | {"user_block": shape})


@pytest.mark.parametrize("shape", [[LOST], LOST, {"user_block": [LOST]}, {"user_block": LOST}])
def test_blocks_are_read_in_each_form_of_a_list(shape):
    assert has_readable_blocks(person() | {"user_block": shape})
    assert blocks.of(person() | {"user_block": shape}) == [LOST]


def test_a_block_is_added_where_the_list_is_missing_or_wrapped():
    assert blocks.add({"primary_id": "P1"}, NEW) == {"primary_id": "P1", "user_block": [NEW]}
    assert blocks.add(person(user_block={"user_block": [LOST]}), NEW)["user_block"] == [LOST, NEW]
    assert blocks.add(person(user_block=LOST), NEW)["user_block"] == [LOST, NEW]


def test_adding_a_block_leaves_all_else_and_the_record_itself_as_it_was():
    before = person(LOST, OLD)
    kept = deepcopy(before)
    after = blocks.add(before, NEW)
    assert after == kept | {"user_block": [LOST, OLD, NEW]}
    assert before == kept


def test_a_block_that_stands_there_already_is_not_added_once_more(clock):
    has = NEW | {"created_by": "somebody", "created_date": "2027-01-15T12:00:00Z", "block_status": "Active"}
    before = person(has)
    assert blocks.add(before, NEW) is before


def test_a_block_that_ended_today_is_none_that_stands_there_already(clock):
    """It stops the person no more, although it has the same last day."""
    today = blocks.new("GENERAL", "CONDUCT", "Shouted", date(2027, 1, 15))
    over = today | {"expiry_date": "2027-01-15T10:00:00.000Z"}
    assert blocks.agrees(today, over)
    assert blocks.add(person(over), today)["user_block"] == [over, today]


def test_a_block_is_replaced_in_its_place_and_its_unknown_keys_stay():
    wanted = blocks.edited(LOST, "Found", None)
    after = blocks.replace(person(OLD, LOST, NEW), LOST, wanted)
    assert after["user_block"][0::2] == [OLD, NEW]
    row = after["user_block"][1]
    assert row == {name: value for name, value in LOST.items() if name != "expiry_date"} | {"block_note": "Found"}


def test_an_edit_to_the_same_day_leaves_the_moment_as_it_was():
    assert blocks.edited(LOST, "Found", date(2027, 12, 18))["expiry_date"] == LOST["expiry_date"]
    assert blocks.edited(LOST, LOST["block_note"], date(2027, 12, 18)) == LOST


def test_a_lifted_block_is_inactive_or_gone_as_the_institution_does_it():
    assert blocks.lifted(LOST, "inactive") == LOST | {"block_status": "INACTIVE"}
    assert blocks.lifted(LOST, "inactive", "Found")["block_note"] == "Found"
    assert blocks.lifted(LOST, "removed") is None
    assert blocks.replace(person(OLD, LOST), LOST, None)["user_block"] == [OLD]


def test_what_others_did_to_other_blocks_is_kept():
    since = person(NEW, LOST | {"block_note": "Asked"}, OLD)
    wanted = blocks.lifted(OLD, "inactive", "Known now")
    assert blocks.replace(since, OLD, wanted)["user_block"] == [NEW, LOST | {"block_note": "Asked"}, wanted]


def test_a_block_that_others_changed_is_refused_with_what_it_is_now():
    theirs = LOST | {"block_note": "Asked"}
    with pytest.raises(Changed) as refused:
        blocks.replace(person(OLD, theirs), LOST, blocks.edited(LOST, "Found", None))
    assert (refused.value.shown, refused.value.theirs) == (LOST, theirs)


def test_a_block_that_others_removed_is_refused_unless_it_was_to_be_removed():
    with pytest.raises(Changed) as refused:
        blocks.replace(person(OLD), LOST, blocks.edited(LOST, "Found", None))
    assert refused.value.theirs is None
    assert blocks.replace(person(OLD), LOST, None) == person(OLD)


def test_what_others_made_of_a_block_as_it_was_wanted_is_left_so():
    wanted = blocks.lifted(LOST, "inactive")
    since = person(LOST | {"block_status": "Inactive"})
    assert blocks.replace(since, LOST, wanted) is since


def test_two_blocks_that_say_nothing_of_their_making_are_told_apart_by_what_was_shown():
    bare = {"block_type": {"value": "USER"}, "block_description": {"value": "CONDUCT"}, "block_status": "ACTIVE"}
    one, other = bare | {"block_note": "one"}, bare | {"block_note": "other"}
    since = person(other, one | {"block_note": "one, changed"})
    with pytest.raises(Changed) as refused:
        blocks.replace(since, one, blocks.edited(one, "mine", None), others=[blocks.key(other)])
    assert refused.value.theirs["block_note"] == "one, changed"


def test_of_two_blocks_that_are_alike_one_is_lifted():
    after = blocks.replace(person(OLD, LOST, LOST), LOST, blocks.lifted(LOST, "inactive"))
    assert [blocks.status(row) for row in after["user_block"]] == ["INACTIVE", "INACTIVE", "ACTIVE"]


@pytest.mark.parametrize("how", ["inactive", "removed"])
def test_of_two_blocks_that_are_alike_the_same_form_lifts_one_however_often_it_is_sent(how):
    wanted = blocks.lifted(LOST, how)
    once = blocks.replace(person(OLD, LOST, LOST), LOST, wanted, [blocks.key(OLD), blocks.key(LOST)])
    assert [blocks.status(row) for row in blocks.of(once)].count("ACTIVE") == 1
    assert blocks.replace(once, LOST, wanted, [blocks.key(OLD), blocks.key(LOST)]) is once


def test_the_difference_of_two_records_names_each_block_once():
    edited = LOST | {"block_note": "Asked"}
    found = blocks.difference(person(OLD, LOST), person(NEW, edited))
    assert found == [Pair(LOST, edited), Pair(None, NEW), Pair(OLD, None)]
    assert blocks.difference(person(OLD, LOST), person(LOST, OLD)) == []


def test_a_write_is_seen_to_stand_only_when_it_was_not_so_before():
    twin = LOST | {"block_note": NEW["block_note"]}
    before, added = person(NEW, twin), Pair(None, NEW)
    assert not added.stands_in(before, before)
    assert added.stands_in(person(NEW, NEW), before)
    assert added.stands_in(person(NEW))
    assert Pair(LOST, None).stands_in(person(LOST), person(LOST, LOST))
    assert not Pair(LOST, None).stands_in(person(LOST), person(LOST))
    assert not Pair(LOST, None).stands_in(person(LOST))


@pytest.mark.parametrize(
    "change",
    [
        lambda record: blocks.add(record, NEW),
        lambda record: blocks.replace(record, LOST, blocks.edited(LOST, "Found", date(2028, 1, 1))),
        lambda record: blocks.replace(record, LOST, blocks.lifted(LOST, "inactive")),
        lambda record: blocks.replace(record, LOST, None),
    ],
)
def test_what_is_taken_back_is_as_it_was(change):
    before = person(OLD, LOST)
    after = change(before)
    back = blocks.taken_back(after, blocks.difference(before, after))
    assert sorted(map(blocks.key, blocks.of(back))) == sorted(map(blocks.key, blocks.of(before)))


def test_what_was_changed_again_since_is_not_taken_back():
    lifted = LOST | {"block_status": "INACTIVE"}
    with pytest.raises(Changed):
        blocks.taken_back(person(lifted | {"block_note": "later"}), [Pair(LOST, lifted)])
