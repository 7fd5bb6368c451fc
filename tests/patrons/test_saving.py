"""The write road of a person: two calls, nothing lost, Alma's traps passed, its silence heard."""

import json

import pytest

from almaportal.alma.errors import AlmaHeld, AlmaNotFound, AlmaRejected, AlmaUnreachable
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.people import creating, writing
from patrons import blocks, saving
from tests.patrons.blocked import LOST, UNPAID, blocked, card, change

pytestmark = pytest.mark.django_db
NEW = blocks.new("GENERAL", "CONDUCT", "Shouted", None, "desk")
WHY = Why("ticket 7")


def add(own, **more):
    return saving.save(own, lambda record: blocks.add(record, NEW), WHY, **more)


def lift(own, row, how="inactive"):
    return saving.save(own, lambda record: blocks.replace(record, row, blocks.lifted(row, how)), WHY)


def sent(emulator):
    """The body of the one PUT."""
    (call,) = [call for call in emulator.calls if call.method == "PUT"]
    return call


@pytest.fixture(autouse=True)
def _alma(transport):
    pass


def test_a_block_is_added_in_two_calls_and_all_else_stays(emulator):
    own = blocked(emulator, LOST)
    before = emulator.person(own)
    saved = add(own)
    assert [call.method for call in emulator.calls] == ["GET", "PUT"]
    after = emulator.person(own)
    assert after["user_block"][0] == before["user_block"][0]
    assert after["user_block"][1]["block_note"] == "Shouted"
    assert {**after, "user_block": 0} == {**before, "user_block": 0}
    assert saved.ignored == []
    assert saved.record["user_block"] == after["user_block"]


def test_the_log_holds_the_primary_id_and_the_block_and_nothing_else_of_the_person(emulator):
    own = blocked(emulator, LOST)
    record = emulator.person(own)
    add(own)
    found = Change.objects.get()
    assert (found.state, found.kind, found.record_id, found.ids, found.title) == ("done", "patron", own, [own], own)
    assert found.reason == "ticket 7"
    assert [entry["path"] for entry in found.fields] == ["user_block"]
    assert found.fields[0]["before"] is None
    assert found.fields[0]["after"]["created_date"]  # as Alma made it
    text = json.dumps(found.fields, ensure_ascii=False)
    for name in ("first_name", "last_name", "birth_date"):
        assert record[name] not in text
    assert found.record is None


def test_nothing_is_sent_when_nothing_differs(emulator):
    own = blocked(emulator, LOST)
    assert add(own).change
    assert add(own).change is None
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET"]
    assert Change.objects.count() == 1


def test_what_others_changed_elsewhere_meanwhile_is_kept(emulator):
    own = blocked(emulator, LOST, UNPAID)
    change(emulator, own, user_block=[LOST, UNPAID | {"block_note": "Paid half"}], job_description="Archivist")
    lift(own, LOST)
    after = emulator.person(own)
    assert [row["block_status"] for row in after["user_block"]] == ["INACTIVE", "ACTIVE"]
    assert after["user_block"][1]["block_note"] == "Paid half"
    assert after["job_description"] == "Archivist"


def test_a_block_that_others_changed_is_not_written_over(emulator):
    own = blocked(emulator, LOST | {"block_note": "Asked again"})
    with pytest.raises(blocks.Changed):
        lift(own, LOST)
    assert [call.method for call in emulator.calls] == ["GET"]
    assert not Change.objects.exists()


def test_the_last_block_is_removed_by_an_empty_list(emulator):
    own = blocked(emulator, LOST)
    saved = lift(own, LOST, "removed")
    assert emulator.person(own)["user_block"] == []
    assert saved.ignored == []
    assert saved.change.fields == [{"path": "user_block", "before": LOST, "after": None}]


def test_an_identifier_that_stands_there_twice_goes_once_and_the_log_keeps_it(emulator):
    twin = card("2900000042", status="INACTIVE") | {"note": "old"}
    own = blocked(emulator, LOST, user_identifier=[twin, card("2900000042"), card("2900000099", status="INACTIVE")])
    saved = add(own)
    assert [row["value"] for row in emulator.person(own)["user_identifier"]] == ["2900000042", "2900000099"]
    assert emulator.person(own)["user_identifier"][0]["status"] == "ACTIVE"
    assert {"path": "user_identifier", "before": twin, "after": None} in saved.change.fields
    assert not [entry for entry in saved.change.fields if entry.get("by_alma")]


def test_two_active_identifiers_of_one_value_are_for_alma_to_refuse(emulator):
    own = blocked(emulator, LOST, user_identifier=[card("2900000042"), card("2900000042", "OTHER")])
    with pytest.raises(AlmaRejected) as refused:
        add(own)
    assert refused.value.said.code == "401851"
    found = Change.objects.get()
    assert (found.state, found.code) == ("failed", "401851")
    assert found.tracking_id
    assert emulator.person(own)["user_block"] == [LOST]


def test_a_wrapped_list_of_notes_is_sent_flat(emulator):
    note = {"note_type": {"value": "GENERAL"}, "note_text": "Hello", "segment_type": "Internal"}
    prepared = writing.prepared({"user_note": {"user_note": [note]}, "user_statistic": {"statistic_note": "x"}})
    assert prepared == {"user_note": [note], "user_statistic": [{"statistic_note": "x"}]}


def test_roles_are_left_to_alma_and_stay(emulator):
    own = blocked(emulator, LOST)
    roles = emulator.person(own)["user_role"]
    change(emulator, own, user_role=roles * 91)
    saved = add(own)
    assert emulator.person(own)["user_role"] == roles * 91
    assert len(saved.change.fields) == 1
    assert "user_role" not in writing.prepared(emulator.person(own))


def test_an_external_user_keeps_both_segments(emulator):
    outside = UNPAID | {"segment_type": "External"}
    own = blocked(emulator, LOST, outside, kind="external")
    saved = add(own)
    assert [row["segment_type"] for row in emulator.person(own)["user_block"]] == ["Internal", "External", "Internal"]
    assert len(saved.change.fields) == 1


def test_a_block_that_alma_silently_keeps_is_named(emulator):
    """Of an external user, a segment of which no row comes is not replaced (facts 3.3)."""
    outside = UNPAID | {"segment_type": "External"}
    own = blocked(emulator, LOST, outside, kind="external")
    saved = lift(own, LOST, "removed")
    assert saved.ignored == ["user_block"]
    assert saved.change.fields == [{"path": "user_block", "before": LOST, "after": LOST, "asked": None}]
    assert saving.pairs_of(saved.change) == []


def test_override_is_sent_only_when_somebody_chose_it(emulator):
    own = blocked(emulator, kind="external")
    add(own)
    assert "override" not in sent(emulator).query
    lost = blocks.new("USER", "LOST-CARD", "Found", None)
    saving.save(own, lambda record: blocks.add(record, lost), WHY, override=["user_group", "job_category"])
    last = [call for call in emulator.calls if call.method == "PUT"][-1]
    assert last.query["override"] == "user_group,job_category"


def test_a_person_whom_the_id_leads_to_by_a_barcode_is_not_written(emulator):
    own = blocked(emulator, LOST)
    barcode = emulator.person(own)["user_identifier"][0]["value"]
    with pytest.raises(AlmaNotFound):
        add(barcode)
    assert [call.method for call in emulator.calls] == ["GET"]


def test_of_two_people_whose_ids_only_look_alike_the_right_one_is_written_to(emulator):
    for nth, (odd, value) in enumerate({"straße/1": "2999999941", "strasse/1": "2999999942"}.items()):
        record = emulator.person(blocked(emulator, LOST, nth=nth))
        emulator.set_person(record | {"primary_id": odd, "user_identifier": [card(value)]})
    assert add("strasse/1").change.record_id == "strasse/1"
    assert [len(emulator.person(odd)["user_block"]) for odd in ("straße/1", "strasse/1")] == [1, 2]


def test_an_id_that_leads_to_one_who_only_looks_alike_leads_to_nobody(emulator, monkeypatch):
    own = blocked(emulator, LOST)
    change(emulator, own, primary_id="straße", user_identifier=[card("strasse")])
    with pytest.raises(AlmaNotFound):
        add("strasse")
    assert [call.method for call in emulator.calls] == ["GET"]


def test_a_part_of_a_record_is_never_written_back(emulator):
    """What it does not say would be taken away."""
    own = blocked(emulator, LOST)
    change(emulator, own, account_type=None, user_group={}, user_block=None)
    with pytest.raises(saving.OnlyAPart) as refused:
        add(own)
    assert "says nothing about blocks" in refused.value.hint
    assert [call.method for call in emulator.calls] == ["GET"]
    assert not Change.objects.exists()


def test_the_case_of_a_primary_id_makes_no_difference(emulator):
    own = blocked(emulator, LOST)
    assert add(own.upper()).change.record_id == own


@pytest.mark.parametrize("odd", ["a/b", "a+b@c", "x y#%?", "читатель", "MiXeD"])
def test_a_block_is_added_whatever_the_primary_id(emulator, odd):
    own = blocked(emulator, LOST)
    emulator.set_person(emulator.person(own) | {"primary_id": odd, "user_identifier": [card("2999999942")]})
    assert add(odd).change.record_id == odd
    assert len(emulator.person(odd)["user_block"]) == 2


@pytest.mark.parametrize("shape", ["odd", [LOST, "odd"]])
def test_a_list_of_blocks_that_cannot_be_read_is_not_written_over(emulator, shape):
    own = blocked(emulator)
    change(emulator, own, user_block=shape)
    with pytest.raises(saving.BlocksUnreadable):
        add(own)
    assert [call.method for call in emulator.calls] == ["GET"]
    assert not Change.objects.exists()


@pytest.mark.parametrize("shape", [None, {}, {"user_block": None}, [None]])
def test_a_block_is_added_to_a_record_of_any_shape(emulator, shape):
    own = blocked(emulator)
    change(emulator, own, user_block=shape, user_note=None, user_statistic={}, contact_info=None)
    assert add(own).ignored == []
    assert [row["block_note"] for row in emulator.person(own)["user_block"]] == ["Shouted"]


def test_identifiers_that_only_look_alike_both_stay():
    rows = [card("STRASSE1"), card("Straße1", status="INACTIVE"), card("strasse1", status="INACTIVE")]
    assert writing.doubles({"user_identifier": rows}) == rows[2:]


@pytest.mark.parametrize("own", ["P1", "a/b"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_that_was_lost_leads_to_one_block(emulator, own, when):
    emulator.set_person(
        emulator.person(blocked(emulator, LOST)) | {"primary_id": own, "user_identifier": [card("2999999942")]}
    )
    emulator.faults.add(kind="drop", method="PUT", count=1, when=when)
    assert add(own).change.state == "done"
    assert len(emulator.person(own)["user_block"]) == 2


def test_a_person_with_a_slash_is_never_written_to_by_an_id_that_leads_to_another(emulator):
    first, second = emulator.people("student")[:2]
    shared = emulator.person(first) | {"primary_id": "a/b", "user_identifier": [card("S-1", "OTHER"), card("S-2")]}
    emulator.set_person(shared)
    emulator.set_person(emulator.person(second) | {"user_identifier": [card("S-1")]})
    saving.save("a/b", lambda record: blocks.add(record, blocks.new("GENERAL", "CONDUCT", "Loud", None)), Why(""))
    assert [row["block_note"] for row in emulator.person("a/b")["user_block"]] == ["Loud"]
    assert emulator.person(second)["user_block"] == []


def test_an_inactive_card_of_a_person_with_a_slash_is_never_used_to_reach_them(emulator):
    old = [card("OLD-1", status="INACTIVE")]
    emulator.set_person(emulator.person(blocked(emulator, LOST)) | {"primary_id": "a/b", "user_identifier": old})
    with pytest.raises(AlmaRejected):
        add("a/b")
    assert {call.method for call in emulator.calls} == {"GET"}
    assert not [call for call in emulator.calls if "OLD-1" in call.path]


def test_while_somebody_saves_a_person_nobody_else_does(emulator, meanwhile):
    """Else the second read would be older than the first write, and its block lost."""
    own = blocked(emulator)
    other = blocks.new("USER", "LOST-CARD", "Found", None)

    def second():
        with pytest.raises(AlmaHeld):
            saving.save(own.upper(), lambda record: blocks.add(record, other), WHY)

    meanwhile("PUT", second)
    add(own)
    assert [call.method for call in emulator.calls] == ["GET", "PUT"]
    saving.save(own, lambda record: blocks.add(record, other), WHY)
    assert [row["block_note"] for row in emulator.person(own)["user_block"]] == ["Shouted", "Found"]


def test_while_somebody_makes_a_patron_nobody_else_makes_the_same(emulator, meanwhile):
    body = emulator.person(blocked(emulator)) | {"primary_id": "New-1", "user_identifier": []}

    def second():
        with pytest.raises(AlmaHeld):
            creating.create(body, "second form", WHY)

    meanwhile("POST", second)
    assert creating.create(body, "first form", WHY).record_id == "New-1"
    assert [call.method for call in emulator.calls] == ["POST"]


@pytest.fixture
def silent(transport, monkeypatch):
    """Alma takes a PUT and sends nothing back, as a 204 does."""
    plain = transport._call

    def call(request):
        status, headers, body = plain(request)
        return (204, [], b"") if request.method == "PUT" else (status, headers, body)

    monkeypatch.setattr(transport, "_call", call)


def test_where_alma_sends_no_person_back_they_are_read(emulator, silent):
    own = blocked(emulator, LOST)
    saved = add(own)
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET"]
    assert (saved.ignored, saved.change.state) == ([], "done")
    assert saved.record["user_block"] == emulator.person(own)["user_block"]


def test_where_alma_sends_somebody_else_back_the_right_one_is_read(emulator, transport, monkeypatch):
    own, other = blocked(emulator, LOST), blocked(emulator, UNPAID, nth=1)
    plain = transport._call

    def call(request):
        status, headers, body = plain(request)
        if request.method != "PUT":
            return status, headers, body
        return status, [("Content-Type", "application/json")], json.dumps(emulator.person(other)).encode()

    monkeypatch.setattr(transport, "_call", call)
    saved = add(own)
    assert [call.method for call in emulator.calls] == ["GET", "PUT", "GET"]
    assert saved.record["primary_id"] == own
    assert [entry["path"] for entry in saved.change.fields] == ["user_block"]
    assert Change.objects.get().state == "done"


def test_where_they_cannot_be_read_either_nobody_knows(emulator, silent, meanwhile):
    own = blocked(emulator, LOST)
    meanwhile("PUT", lambda: emulator.faults.add(kind="drop", method="GET", count=None))
    with pytest.raises(AlmaUnreachable) as error:
        add(own)
    assert error.value.unknown_outcome
    assert Change.objects.get().state == "unsure"
