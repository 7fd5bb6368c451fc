"""The pages of blocks: add, edit, lift, take back; what was typed stays, and Alma's word stands beside it."""

from urllib.parse import quote

import pytest

from almaportal.alma import clock
from almaportal.carried import pack
from almaportal.changes.models import Change
from almaportal.people.models import Access
from patrons import blocks
from tests.ecollections.filling import form_of, send
from tests.patrons.blocked import LOST, UNPAID, blocked, card, change
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

TYPED = {"type": "USER", "description": "CONDUCT", "note": "Shouted", "expiry": "2027-03-31", "reason": "ticket 7"}


@pytest.fixture
def own(emulator):
    return blocked(emulator, LOST, UNPAID)


def new(own):
    return f"/patrons/{own}/blocks/new/"


def at(own, row, what=""):
    return f"/patrons/{own}/blocks/{blocks.key(row)}/{what}"


def of_users(emulator):
    return [call.method for call in emulator.calls if call.path.startswith("/users")]


def test_a_block_is_added_and_the_answer_is_the_person_without_a_third_call(desk, emulator, own):
    page = desk.get(new(own))
    emulator.calls.clear()
    response = send(desk, page, **TYPED)
    assert of_users(emulator) == ["GET", "PUT"]
    text = read(response).text
    assert "Saved: patron" in text
    assert "House rules" in text
    row = emulator.person(own)["user_block"][2]
    assert (row["block_type"]["value"], row["block_note"], row["segment_type"]) == ("USER", "Shouted", "Internal")
    assert (row["created_by"], row["expiry_date"]) == ("circulation", "2027-03-31T23:59:59.000Z")
    assert Change.objects.get().reason == "ticket 7"


def test_the_same_form_sent_twice_adds_one_block(desk, emulator, own):
    page = desk.get(new(own))
    send(desk, page, **TYPED)
    assert "Nothing was sent" in read(send(desk, page, **TYPED)).text
    assert len(emulator.person(own)["user_block"]) == 3


def test_types_and_descriptions_come_from_almas_tables(desk, own):
    page = read(desk.get(new(own)))
    assert "Card reported lost" in page.by_id("id_description").text
    assert [one.attrs["value"] for one in page.by_id("id_type").all("option")] == ["GENERAL", "LOAN", "CASH", "USER"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"note": "  "}, "Note"),
        ({"description": ""}, "Description"),
        ({"expiry": "2027-01-14"}, "lies behind"),
        ({"expiry": "0001-01-01"}, "between 2000 and 2999"),
        ({"note": "x" * 2001}, "2,000 characters; these are 2001"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk, emulator, own, typed, said):
    page = desk.get(new(own))
    emulator.calls.clear()
    response = send(desk, page, **TYPED | typed)
    assert response.status_code == 422
    assert said in read(response).by_id("wrong").text
    assert 'value="ticket 7"' in response.content.decode()
    assert not emulator.calls


def test_where_the_tables_cannot_be_read_codes_are_typed_and_almas_refusal_stands_beside_them(
    desk, emulator, own, settings
):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": ""}
    page = desk.get(new(own))
    assert "type the code" in read(page).text
    response = send(desk, page, **TYPED | {"description": "NO-SUCH"})
    assert response.status_code == 422
    tree = read(response)
    assert tree.by_id("id_description").attrs["value"] == "NO-SUCH"
    assert "Invalid field value" in tree.by_id("id_description_error").text
    assert "40166404" in tree.text
    assert "Shouted" in tree.by_id("id_note").text
    assert len(emulator.person(own)["user_block"]) == 2


def test_a_note_and_a_last_day_are_edited_and_the_rest_of_the_block_stays(desk, emulator, own):
    page = desk.get(at(own, LOST))
    form = form_of(page)
    assert form.one("textarea").text == "Reported by phone"
    assert form.one("input", name="expiry").attrs["value"] == "2027-12-18"
    send(desk, page, note="Asked again", expiry="")
    row = {name: value for name, value in LOST.items() if name != "expiry_date"} | {"block_note": "Asked again"}
    assert emulator.person(own)["user_block"] == [row, UNPAID]


def test_an_unchanged_form_sends_nothing(desk, emulator, own):
    response = send(desk, desk.get(at(own, LOST)))
    assert "Nothing was sent" in read(response).text
    assert "PUT" not in of_users(emulator)


def test_a_block_that_others_changed_meanwhile_shows_both_and_what_was_typed(desk, emulator, own):
    page = desk.get(at(own, LOST))
    change(emulator, own, user_block=[LOST | {"block_note": "Card is here"}, UNPAID])
    response = send(desk, page, note="Asked again")
    assert response.status_code == 409
    tree = read(response)
    assert "Reported by phone" in tree.facts["As you saw it"]
    assert "Card is here" in tree.facts["In Alma now"]
    assert tree.by_id("id_note").text == "Asked again"
    assert emulator.person(own)["user_block"][0]["block_note"] == "Card is here"
    send(desk, response)  # chosen: saved once more
    assert emulator.person(own)["user_block"][0]["block_note"] == "Asked again"


def test_a_block_that_others_removed_meanwhile_is_said_to_be_gone(desk, emulator, own):
    page = desk.get(at(own, LOST))
    change(emulator, own, user_block=[UNPAID])
    response = send(desk, page, note="Asked again")
    assert response.status_code == 409
    assert "not there any more" in read(response).text
    assert emulator.person(own)["user_block"] == [UNPAID]


@pytest.mark.parametrize("what", ["", "lift/"])
def test_the_address_of_a_block_that_is_not_there_says_so(desk, own, what):
    response = desk.get(f"/patrons/{own}/blocks/0123456789abcdef/{what}")
    assert response.status_code == 404
    assert "not there any more" in read(response).text


def test_a_lifted_block_stays_as_inactive_with_its_new_note(desk, emulator, own):
    page = desk.get(at(own, LOST, "lift/"))
    emulator.calls.clear()
    send(desk, page, note="Found in the tram", reason="card is back")
    assert of_users(emulator) == ["GET", "PUT"]
    lifted = LOST | {"block_status": "INACTIVE", "block_note": "Found in the tram"}
    assert emulator.person(own)["user_block"] == [lifted, UNPAID]
    assert Change.objects.get().reason == "card is back"


def test_a_lifted_block_is_removed_where_the_institution_wants_that(desk, emulator, own, settings):
    settings.LIFTED_BLOCKS = "removed"
    page = desk.get(at(own, LOST, "lift/"))
    assert not form_of(page).all("textarea")
    send(desk, page)
    assert emulator.person(own)["user_block"] == [UNPAID]


def test_what_alma_silently_kept_of_an_external_user_is_named(desk, emulator, settings):
    settings.LIFTED_BLOCKS = "removed"
    own = blocked(emulator, LOST, UNPAID | {"segment_type": "External"}, kind="external")
    response = send(desk, desk.get(at(own, LOST, "lift/")))
    assert "did not take" in read(response).text
    assert len(emulator.person(own)["user_block"]) == 2


def test_only_of_an_external_user_fields_to_override_can_be_chosen(desk, emulator, own):
    assert not form_of(desk.get(new(own))).all("input", name="override")
    other = blocked(emulator, kind="external")
    boxes = form_of(desk.get(new(other))).all("input", name="override")
    assert len(boxes) == 12
    assert not [box for box in boxes if "checked" in box.attrs]


@pytest.mark.parametrize("ticked", [(), ("user_group", "campus_code")])
def test_fields_are_overridden_only_where_somebody_ticked_them(desk, emulator, ticked):
    own = blocked(emulator, kind="external")
    about = form_of(desk.get(new(own))).one("input", name="about").attrs["value"]
    assert desk.post(new(own), TYPED | {"about": about, "override": ticked}).status_code == 200
    (put,) = [call for call in emulator.calls if call.method == "PUT"]
    assert put.query.get("override") == (",".join(ticked) or None)


def test_a_list_of_blocks_that_cannot_be_read_is_said_to_be_so_and_what_was_typed_stays(desk, emulator, own):
    page = desk.get(new(own))
    change(emulator, own, user_block="odd")
    response = send(desk, page, **TYPED)
    assert response.status_code == 422
    tree = read(response)
    assert "list of blocks cannot be read" in tree.text
    assert "Nothing was changed in Alma" in tree.text
    assert "Shouted" in tree.by_id("id_note").text
    assert "PUT" not in of_users(emulator)
    assert "list of blocks cannot be read" in read(desk.get(new(own))).text


@pytest.mark.parametrize("how", ["inactive", "removed"])
def test_of_two_blocks_that_are_alike_a_form_sent_twice_lifts_one(desk, emulator, settings, how):
    settings.LIFTED_BLOCKS = how
    own = blocked(emulator, LOST, LOST)
    page = desk.get(at(own, LOST, "lift/"))
    send(desk, page)
    assert "Nothing was sent" in read(send(desk, page)).text
    assert [blocks.status(row) for row in emulator.person(own)["user_block"]].count("ACTIVE") == 1


def test_identifiers_that_would_go_are_said_before(desk, emulator, own):
    change(emulator, own, user_identifier=[card("2900000042"), card("2900000042", status="INACTIVE")])
    assert "BARCODE 2900000042" in read(desk.get(new(own))).text


@pytest.mark.parametrize("what", ["add", "lift", "remove"])
def test_a_change_of_a_block_is_taken_back_from_the_log(desk, emulator, own, settings, what):
    before = emulator.person(own)["user_block"]
    settings.LIFTED_BLOCKS = "removed" if what == "remove" else "inactive"
    if what == "add":
        send(desk, desk.get(new(own)), **TYPED)
    else:
        send(desk, desk.get(at(own, LOST, "lift/")))
    assert emulator.person(own)["user_block"] != before
    number = Change.objects.get().pk
    review = desk.get(f"/changes/{number}/undo/")
    assert review.status_code == 200
    send(desk, review)
    back = emulator.person(own)["user_block"]
    assert sorted(map(blocks.key, back)) == sorted(map(blocks.key, before))
    assert Change.objects.latest("pk").undoes_id == number


def test_a_block_that_was_changed_again_is_not_taken_back(desk, emulator, own):
    send(desk, desk.get(at(own, LOST, "lift/")))
    change(emulator, own, user_block=[LOST | {"block_note": "Later"}, UNPAID])
    response = desk.get(f"/changes/{Change.objects.get().pk}/undo/")
    assert response.status_code == 409
    assert "Later" in read(response).facts["In Alma now"]


def test_a_change_that_was_followed_by_another_one_here_names_that_one(desk, sign_in, emulator, own):
    send(desk, desk.get(at(own, LOST, "lift/")))
    lifted = emulator.person(own)["user_block"][0]
    send(desk, desk.get(at(own, lifted)), note="Card is here")
    first, later = Change.objects.order_by("pk")
    page = read(desk.get(f"/changes/{first.pk}/undo/"))
    assert "You changed this block since" in page.text
    assert page.links[f"Change {later.pk}"] == f"/changes/{later.pk}/"
    others = read(sign_in("circulation", "administrator").get(f"/changes/{first.pk}/undo/"))
    assert "circulation changed this block since" in others.text


def test_a_patron_who_was_made_here_is_not_offered_to_be_deleted_and_the_page_says_why(desk, emulator, own):
    made = Change.objects.create(
        at=clock.moment(), action="create", kind="patron", ids=[own], record_id=own, title=own, state="done"
    )
    page = read(desk.get(f"/changes/{made.pk}/"))
    assert "deletes no patrons" in page.text
    assert f"/changes/{made.pk}/undo/" not in page.links.values()
    assert desk.get(f"/changes/{made.pk}/undo/").status_code == 302
    assert of_users(emulator) == []


def test_what_a_reload_says_again_was_done_is_said_with_its_time(desk, own, django_user_model):
    who = django_user_model.objects.get(username="circulation")
    made = Change.objects.create(
        at=clock.moment(), action="create", kind="patron", ids=[own], record_id=own, title=own, state="done", user=who
    )
    notice = read(desk.get(f"/patrons/{own}/?changes={made.pk}")).one("section", role="status")
    assert "Created: patron" in notice.text
    assert notice.one("time").attrs["datetime"].startswith("2027-01-15T12:00")
    assert f"/changes/{made.pk}/undo/" not in notice.links.values()


@pytest.mark.parametrize(("stands", "state"), [(True, "done"), (False, "failed")])
def test_alma_is_asked_what_became_of_a_change_nobody_knows_about(desk, emulator, own, stands, state):
    send(desk, desk.get(new(own)), **TYPED)
    Change.objects.update(state="unsure")
    if not stands:
        change(emulator, own, user_block=[LOST, UNPAID])
    found = Change.objects.get()
    send(desk, desk.get(f"/changes/{found.pk}/"))
    found.refresh_from_db()
    assert found.state == state


def test_what_became_of_a_change_is_never_read_from_somebody_else(desk, emulator, own):
    send(desk, desk.get(new(own)), **TYPED)
    Change.objects.update(state="unsure", ids=["was-theirs"], record_id="was-theirs")
    change(emulator, own, user_identifier=[card("was-theirs")])
    found = Change.objects.get()
    response = send(desk, desk.get(f"/changes/{found.pk}/"))
    assert response.status_code == 404
    assert "leads to another person now" in read(response).text
    found.refresh_from_db()
    assert found.state == "unsure"


def test_the_log_says_a_block_in_words(desk, own):
    send(desk, desk.get(at(own, LOST, "lift/")))
    text = read(desk.get(f"/changes/{Change.objects.get().pk}/")).text
    assert "Card reported lost (USER), active, until 18 Dec 2027: Reported by phone" in text
    assert "Card reported lost (USER), inactive" in text


def test_who_saw_and_who_changed_a_block_is_on_record(desk, own):
    send(desk, desk.get(at(own, LOST, "lift/")))
    assert list(Access.objects.values_list("patron", "action")) == [(own, "view"), (own, "block")]


def test_whoever_reads_a_block_in_the_log_of_changes_is_on_record(desk, sign_in, own):
    send(desk, desk.get(at(own, LOST, "lift/")))
    Access.objects.all().delete()
    address = f"/changes/{Change.objects.get().pk}/"
    reader = sign_in("circulation", "administrator")
    reader.get(address)
    reader.get(address, headers={"HX-Request": "true"})  # its state alone
    reader.get("/changes/")
    assert list(Access.objects.values_list("patron", "action", "who")) == [(own, "view", "circulation-administrator")]


def test_a_form_of_before_an_update_is_refused(desk, own):
    assert desk.post(new(own), TYPED | {"about": pack("block", {"user_id": own})}).status_code == 400


def test_of_a_part_of_a_record_there_is_no_form(desk, emulator, own):
    change(emulator, own, account_type=None, user_group=None, user_block=None)
    response = desk.get(new(own))
    assert response.status_code == 400
    assert "Alma sent only a part of the record" in read(response).text
    text = read(desk.get(f"/patrons/{own}/")).text
    assert "No blocks." not in text
    assert "Alma did not say" in text


@pytest.mark.parametrize("said", ["EXTERNAL", "External"])
def test_what_alma_protects_is_offered_for_an_external_user_however_it_is_written(desk, emulator, own, said):
    change(emulator, own, account_type={"value": said})
    assert "Fields that Alma protects" in read(desk.get(new(own))).text


def test_the_form_of_another_person_is_refused(desk, emulator, own):
    other = blocked(emulator, LOST, nth=1)
    page = desk.get(new(own))
    assert send_to(desk, page, new(other)).status_code == 400
    assert len(emulator.person(other)["user_block"]) == 1


def send_to(desk, page, address):
    about = form_of(page).one("input", name="about").attrs["value"]
    return desk.post(address, TYPED | {"about": about})


def test_a_contact_without_an_id_gets_no_block(desk, emulator):
    contact = next(one for one in emulator.people() if one.startswith("no primary"))
    assert desk.get(new(quote(contact))).status_code == 400
    assert of_users(emulator) == ["GET"]


@pytest.mark.parametrize("role", ["viewer", "e-resources"])
def test_others_see_no_form(sign_in, own, role, emulator):
    assert sign_in(role).get(new(own)).status_code == 403
    assert not emulator.calls
