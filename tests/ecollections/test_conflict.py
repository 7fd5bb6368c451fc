"""Several people at one record: nobody's edit is lost, and nobody writes over another's without being asked."""

from urllib.parse import urlsplit

import pytest
from django.db.models.signals import post_save

from almaportal.alma.records import code, dig
from almaportal.changes.holds import PATIENCE_SECONDS, SECONDS, hold
from almaportal.changes.models import Change, Hold
from ecollections import alma
from tests.ecollections import test_edit
from tests.ecollections.filling import form_of, send, values
from tests.ecollections.test_edit import (
    KINDS,
    UNKNOWN,
    as_sent,
    change,
    filled,
    ids_of,
    is_there,
    puts,
    record_of,
    settable,
    typed_for,
)
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

code_answers, keep_codes = test_edit.code_answers, test_edit.keep_codes
editor, local = test_edit.editor, test_edit.local


@pytest.fixture
def other(sign_in, editor):
    """Somebody else who may edit."""
    return sign_in("administrator")


def type_in(kind, **texts):
    return {f"{kind}-{path}": text for path, text in texts.items()}


def choices(response):
    """Legend → (theirs, mine) of each field that is asked about."""
    return {
        box.one("legend").text: tuple(label.one("span", cls="long").text for label in box.all("label"))
        for box in read(response).all("fieldset", cls="choice")
    }


# --- one after the other -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_field_in_two_tabs_is_asked_and_nothing_is_written(editor, other, tree, emulator, kind):
    first, second = editor.get(f"{tree[kind]}edit/"), other.get(f"{tree[kind]}edit/")
    assert send(other, second, **type_in(kind, public_note="Theirs")).status_code == 302
    response = send(editor, first, **type_in(kind, public_note="Mine", internal_description="Also"), reason="Why")
    assert response.status_code == 409
    page = read(response)
    assert page.one("h1").text == "Somebody else changed it too"
    assert choices(response) == {"Public note": ("Theirs", "Mine")}
    assert ["Internal description", "–", "Also"] in page.rows
    assert "Reason: Why" in page.text
    assert len(puts(emulator)) == 1
    assert record_of(emulator, tree, kind)["public_note"] == "Theirs"
    assert Change.objects.count() == 1


@pytest.fixture
def asked(editor, other, tree, emulator):
    """The page that asks about two fields, after somebody else changed both and one more."""
    page = editor.get(f"{tree.portfolio}edit/")
    theirs = type_in("portfolio", public_note="T note", material_type="SCORE", authentication_note="T only")
    send(other, page, **theirs)
    mine = type_in("portfolio", public_note="M note", material_type="VIDEO", internal_description="M only")
    return send(editor, page, **mine)


def test_what_is_in_conflict_is_asked_in_words(asked):
    assert asked.status_code == 409
    assert choices(asked) == {"Public note": ("T note", "M note"), "Material type": ("Score", "Streaming video")}


@pytest.mark.parametrize("chosen", [{}, {"public_note": "mine"}, {"public_note": "mine", "material_type": "both"}])
def test_without_a_choice_for_every_field_nothing_is_sent(editor, tree, emulator, asked, chosen):
    emulator.calls.clear()
    response = send(editor, asked, **type_in("portfolio-choice", **chosen))
    assert response.status_code == 422
    assert "Nothing was sent: choose a value for every field first" in read(response).text
    assert emulator.calls == []
    assert "Material type" in choices(response)


@pytest.mark.parametrize(("note", "material"), [("mine", "mine"), ("mine", "theirs"), ("theirs", "mine")])
def test_what_was_chosen_is_saved_and_all_else_is_kept(editor, tree, emulator, asked, note, material):
    emulator.calls.clear()
    response = send(editor, asked, **type_in("portfolio-choice", public_note=note, material_type=material))
    assert response.status_code == 302
    assert [call.method for call in emulator.calls] == ["GET", "PUT"]
    record = record_of(emulator, tree, "portfolio")
    assert record["public_note"] == {"mine": "M note", "theirs": "T note"}[note]
    assert code(record["material_type"]) == {"mine": "VIDEO", "theirs": "SCORE"}[material]
    assert (record["authentication_note"], record["internal_description"]) == ("T only", "M only")


def test_a_choice_may_be_made_in_two_steps(editor, tree, emulator, asked):
    half = send(editor, asked, **type_in("portfolio-choice", public_note="theirs"))
    assert list(choices(half)) == ["Material type"]
    assert send(editor, half, **type_in("portfolio-choice", material_type="mine")).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert (record["public_note"], code(record["material_type"])) == ("T note", "VIDEO")


def test_there_is_no_way_back_to_the_form_past_the_choice(editor, tree, emulator, asked):
    """In the form the other's value would not be seen any more."""
    assert read(asked).all("button", name="form") == []
    written = len(puts(emulator))
    forged = send(editor, asked, form="1")
    assert forged.status_code == 422
    assert sorted(choices(forged)) == ["Material type", "Public note"]
    assert len(puts(emulator)) == written


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_changed_again_while_one_chooses_it_is_asked_again(editor, tree, emulator, asked, choice):
    change(emulator, tree, "portfolio", public_note="T again")
    written = len(puts(emulator))
    response = send(editor, asked, **type_in("portfolio-choice", public_note=choice, material_type="mine"))
    if choice == "mine":
        assert response.status_code == 409
        assert choices(response) == {"Public note": ("T again", "M note")}
        assert len(puts(emulator)) == written
        assert send(editor, response, **type_in("portfolio-choice", public_note="mine")).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert record["public_note"] == {"mine": "M note", "theirs": "T again"}[choice]
    assert code(record["material_type"]) == "VIDEO"


@pytest.mark.parametrize(("kind", "order"), [("collection", (0, 1)), ("service", (1, 0)), ("portfolio", (0, 1))])
def test_different_fields_of_two_people_are_both_kept(editor, other, tree, emulator, kind, order):
    people, texts = (editor, other), (type_in(kind, public_note="One"), type_in(kind, authentication_note="Two"))
    pages = [person.get(f"{tree[kind]}edit/") for person in people]
    for n in order:
        assert send(people[n], pages[n], **texts[n]).status_code == 302
    record = record_of(emulator, tree, kind)
    assert (record["public_note"], record["authentication_note"]) == ("One", "Two")


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_one_person_is_kept_while_another_sets_all_others(editor, other, local, emulator, kind):
    """Half of the table each, and Alma's unknown keys, in one merge."""
    change(emulator, local, kind, **UNKNOWN)
    if kind == "service":
        change(emulator, local, kind, deactivate_removed_portfolios=False)
    left_out = ("resource_metadata.mms_id", "deactivate_removed_portfolios")
    chosen = [one for one in settable(kind, True) if not one.effect and not one.overrides and one.path not in left_out]
    seen = alma.newest(ids_of(local, kind))
    for person, fields in ((other, chosen[::2]), (editor, chosen[1::2])):
        typed = {name: text for one in fields for name, text in filled(one, kind, seen).items()}
        response = person.post(f"{local[kind]}edit/", as_sent(ids_of(local, kind), seen, kind, **typed))
        assert response.status_code == 302, read(response).text
    record = record_of(emulator, local, kind)
    assert [one.path for one in chosen if not is_there(one, typed_for(one, seen), dig(record, one.path))] == []
    for body in puts(emulator):
        assert {name: body[name] for name in UNKNOWN} == UNKNOWN
    assert {name: record[name] for name in UNKNOWN} == UNKNOWN


@pytest.mark.parametrize("kind", KINDS)
def test_two_people_who_want_the_same_have_no_conflict(editor, other, tree, emulator, kind):
    page = editor.get(f"{tree[kind]}edit/")
    send(other, page, **type_in(kind, public_note="Same", activation_date="2026-01-31"))
    response = send(editor, page, **type_in(kind, public_note="Same ", activation_date="2026-01-31"))
    assert response.url == f"{tree[kind]}?unchanged=1"
    assert len(puts(emulator)) == 1


def test_of_three_tabs_each_asks_about_what_it_did_not_see(editor, tree, emulator):
    tabs = [editor.get(f"{tree.portfolio}edit/") for _ in range(3)]
    assert send(editor, tabs[0], **type_in("portfolio", public_note="First")).status_code == 302
    assert send(editor, tabs[1], **type_in("portfolio", authentication_note="Second")).status_code == 302
    response = send(editor, tabs[2], **type_in("portfolio", public_note="Third", authentication_note="Third"))
    assert choices(response) == {"Public note": ("First", "Third"), "Authentication note": ("Second", "Third")}
    chosen = type_in("portfolio-choice", public_note="theirs", authentication_note="mine")
    assert send(editor, response, **chosen).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert (record["public_note"], record["authentication_note"]) == ("First", "Third")


@pytest.mark.parametrize("chosen", ["mine", "theirs"])
def test_a_list_that_two_people_changed_is_asked_about_as_a_whole(editor, tree, emulator, chosen):
    change(emulator, tree, "portfolio", notes=[{"content": "Old", "created_by": "ann", "odd": 1}])
    page = editor.get(f"{tree.portfolio}edit/")
    theirs = [{"content": "Old", "created_by": "ann", "odd": 1}, {"content": "Theirs", "created_by": "bob", "odd": 2}]
    change(emulator, tree, "portfolio", notes=theirs)
    response = send(editor, page, **{"portfolio-notes-0-content": "Mine"})
    assert response.status_code == 409
    assert choices(response)["Notes"][0].startswith("Old")
    assert puts(emulator) == []
    send(editor, response, **type_in("portfolio-choice", notes=chosen))
    if chosen == "mine":
        assert [row["content"] for row in record_of(emulator, tree, "portfolio")["notes"]] == ["Mine"]
        assert puts(emulator)[0]["notes"] == [{"content": "Mine", "created_by": "ann", "odd": 1}]
    else:
        assert record_of(emulator, tree, "portfolio")["notes"] == theirs


def test_an_undo_asks_about_what_was_changed_since(editor, tree, emulator):
    page = editor.get(f"{tree.portfolio}edit/")
    send(editor, page, **type_in("portfolio", public_note="One", authentication_note="Two"))
    change(emulator, tree, "portfolio", public_note="Later", internal_description="Later")
    number = Change.objects.get().pk
    review = editor.get(f"/changes/{number}/undo/")
    assert choices(review) == {"Public note": ("Later", "–")}
    assert len(puts(emulator)) == 1
    assert send(editor, review).status_code == 422
    assert send(editor, review, **type_in("portfolio-choice", public_note="theirs")).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert [record[name] for name in ("public_note", "authentication_note", "internal_description")] == [
        "Later",
        "",
        "Later",
    ]
    assert Change.objects.get(undoes=number).fields[0]["path"] == "authentication_note"


def test_changed_between_the_undos_page_and_its_save_it_is_asked(editor, tree, emulator):
    send(editor, editor.get(f"{tree.portfolio}edit/"), **type_in("portfolio", public_note="One"))
    review = editor.get(f"/changes/{Change.objects.get().pk}/undo/")
    change(emulator, tree, "portfolio", public_note="Later")
    response = send(editor, review)
    assert response.status_code == 409
    assert len(puts(emulator)) == 1


# --- at the same moment --------------------------------------------------------------------------------------------


@pytest.fixture
def between_read_and_write():
    """between_read_and_write(do): `do` is run once, after the next save has read the record and before it writes."""
    receivers = []

    def plan(do):
        def receive(created, **kwargs):
            post_save.disconnect(receive, sender=Change)
            do()

        receivers.append(receive)
        post_save.connect(receive, sender=Change, weak=False)

    yield plan
    for receive in receivers:
        post_save.disconnect(receive, sender=Change)


@pytest.mark.parametrize(
    ("kind", "field", "mine_first"),
    [
        ("collection", "public_note", True),
        ("service", "authentication_note", True),
        ("portfolio", "public_note", False),
        ("portfolio", "authentication_note", False),
    ],
)
def test_two_saves_at_the_same_moment_lose_nothing(
    editor,
    other,
    tree,
    emulator,
    between_read_and_write,
    kind,
    field,
    mine_first,
):
    """The second waits for the first; when that takes too long it says so, and can be sent again."""
    first, second = (editor, other) if mine_first else (other, editor)
    pages = [one.get(f"{tree[kind]}edit/") for one in (first, second)]
    late = []
    between_read_and_write(lambda: late.append(send(second, pages[1], **type_in(kind, **{field: "Second"}))))
    assert send(first, pages[0], **type_in(kind, public_note="First")).status_code == 302
    assert late[0].status_code == 503
    assert "Somebody else is saving this record" in read(late[0]).text
    assert values(form_of(late[0]))[f"{kind}-{field}"] == "Second"
    assert [body["public_note"] for body in puts(emulator)] == ["First"]
    again = send(second, late[0])
    if field == "public_note":
        assert again.status_code == 409
        assert choices(again) == {"Public note": ("First", "Second")}
        assert record_of(emulator, tree, kind)["public_note"] == "First"
    else:
        assert again.status_code == 302
        record = record_of(emulator, tree, kind)
        assert (record["public_note"], record["authentication_note"]) == ("First", "Second")
    assert not Hold.objects.exists()


@pytest.mark.parametrize("field", ["public_note", "authentication_note"])
def test_who_waited_reads_the_record_after_the_other_wrote(editor, tree, emulator, clock, monkeypatch, field):
    page = editor.get(f"{tree.portfolio}edit/")
    Hold.objects.create(key=tree.portfolio_id, until=clock.now() + SECONDS)
    sleep = clock.sleep

    def others_finish(seconds):
        sleep(seconds)
        if len(clock.slept) == 3:
            change(emulator, tree, "portfolio", public_note="Theirs")
            Hold.objects.all().delete()

    monkeypatch.setattr("almaportal.alma.clock.sleep", others_finish)
    response = send(editor, page, **type_in("portfolio", **{field: "Mine"}))
    record = record_of(emulator, tree, "portfolio")
    assert record["public_note"] == "Theirs"
    assert response.status_code == (409 if field == "public_note" else 302)
    if field != "public_note":
        assert record["authentication_note"] == "Mine"
    assert sum(clock.slept) < 1


def test_another_record_is_saved_meanwhile(editor, other, tree, emulator, between_read_and_write):
    pages = [editor.get(f"{tree.portfolio}edit/"), other.get(f"{tree.service}edit/")]
    done = []
    between_read_and_write(lambda: done.append(send(other, pages[1], **type_in("service", public_note="Two"))))
    assert send(editor, pages[0], **type_in("portfolio", public_note="One")).status_code == 302
    assert done[0].status_code == 302
    assert [record_of(emulator, tree, kind)["public_note"] for kind in ("portfolio", "service")] == ["One", "Two"]


def test_a_hold_that_a_dead_process_left_ends_by_its_time(editor, tree, emulator, clock):
    Hold.objects.create(key=tree.portfolio_id, until=clock.now() + SECONDS)
    page = editor.get(f"{tree.portfolio}edit/")
    before = clock.now()
    refused = send(editor, page, **type_in("portfolio", public_note="New"))
    assert refused.status_code == 503
    assert PATIENCE_SECONDS <= clock.now() - before < PATIENCE_SECONDS + 1
    assert [call.method for call in emulator.calls] == ["GET"]
    assert not Change.objects.exists()
    clock.time += SECONDS
    assert send(editor, refused).status_code == 302
    assert record_of(emulator, tree, "portfolio")["public_note"] == "New"
    assert not Hold.objects.exists()


def test_a_hold_is_let_go_whatever_happens(db, clock):
    with pytest.raises(Hold.DoesNotExist), hold("x"):
        Hold.objects.get(pk="another")
    assert not Hold.objects.exists()


def test_who_was_away_too_long_does_not_end_the_hold_of_another(db, clock):
    with hold("x"):
        clock.time += SECONDS + 1
        Hold.objects.filter(pk="x", until__lt=clock.now()).update(until=clock.now() + SECONDS)  # the other takes it
    assert Hold.objects.filter(pk="x").exists()


def test_a_record_that_is_read_from_a_copy_is_never_written(editor, tree, emulator):
    """The read before a write asks Alma itself, even when the page was read a moment ago."""
    page = editor.get(f"{tree.portfolio}edit/")
    change(emulator, tree, "portfolio", authentication_note="Theirs")
    assert send(editor, page, **type_in("portfolio", public_note="Mine")).status_code == 302
    record = record_of(emulator, tree, "portfolio")
    assert (record["public_note"], record["authentication_note"]) == ("Mine", "Theirs")


def test_a_conflict_goes_back_to_the_address_of_the_form(editor, tree, asked):
    assert urlsplit(form_of(asked).attrs["action"]).path == f"{tree.portfolio}edit/"
    assert read(asked).links["Cancel"] == tree.portfolio
