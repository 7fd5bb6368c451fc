"""Blocks for many people: reviewed, done, taken back; and the form that makes such a job."""

import gzip
import json
from datetime import date

import pytest
from django.core.management import call_command

from almaportal.changes.models import Change
from almaportal.jobs import control, price
from almaportal.jobs.models import Item, Job, JobFile
from almaportal.people.models import Access
from patrons import blocks
from tests.ecollections.filling import send
from tests.jobs.places import dies, done, states
from tests.jobs.test_edit_jobs import run
from tests.patrons.blocked import LOST, UNPAID, blocked, card, change
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough
SAID = {"type": "USER", "description": "CONDUCT", "note": "Key not returned", "expiry": "2027-03-31"}


@pytest.fixture
def clerk(desk, django_user_model):
    return django_user_model.objects.get(username="circulation")


@pytest.fixture
def people(emulator):
    return [blocked(emulator, LOST, nth=0), blocked(emulator, nth=1), blocked(emulator, UNPAID, kind="external")]


def add(clerk, ids, **said):
    return control.submit("add-blocks", ids, {"set": SAID | said}, clerk, "ticket 7")


def lift(clerk, ids, **said):
    return control.submit("lift-blocks", ids, {"set": {"description": "LOST-CARD"} | said}, clerk)


def notes(emulator, own):
    return [(blocks.status(row), row["block_note"]) for row in emulator.person(own)["user_block"]]


def puts(emulator):
    return [call for call in emulator.calls if call.method == "PUT"]


def test_everybody_gets_the_block_after_a_review_and_two_calls_each(clerk, emulator, people):
    job = run(add(clerk, people))
    assert (job.state, puts(emulator)) == ("ready", [])
    assert control.verdicts(job)["changes"] == 3
    emulator.calls.clear()
    control.start(job)
    assert run(job).state == "done"
    assert len(puts(emulator)) == 3
    assert len([call for call in emulator.calls if call.path.startswith("/users")]) == 6
    for own in people:
        row = emulator.person(own)["user_block"][-1]
        assert (row["block_note"], row["expiry_date"]) == ("Key not returned", "2027-03-31T23:59:59.000Z")
    assert set(Change.objects.values_list("record_id", "reason")) == {(own, "ticket 7") for own in people}


def test_undo_takes_away_what_the_job_added_and_nothing_that_came_later(clerk, emulator, people):
    job = done(add(clerk, people))
    first = people[0]
    change(emulator, first, user_block=[*emulator.person(first)["user_block"], UNPAID])
    back = done(control.undo(job, clerk))
    assert states(back) == {"done": 3}
    assert [notes(emulator, own) for own in people] == [
        [("ACTIVE", "Reported by phone"), ("ACTIVE", "See the fees")],
        [],
        [("ACTIVE", "See the fees")],
    ]
    assert all(one.undoes.job_id == job.pk for one in Change.objects.filter(job_id=back.pk))


def test_a_block_that_was_changed_since_is_not_taken_back(clerk, emulator, people):
    job = done(add(clerk, people))
    row = emulator.person(people[1])["user_block"][0]
    change(emulator, people[1], user_block=[row | {"block_note": "Key returned broken"}])
    back = run(control.undo(job, clerk))
    refused = back.items.get(verdict="refused")
    assert (refused.title, refused.message) == (people[1], "The block was changed again since.")


def test_whoever_is_given_by_a_barcode_too_is_one_person(clerk, emulator, people):
    own = people[1]
    barcode = emulator.person(own)["user_identifier"][0]["value"]
    job = run(add(clerk, [barcode, own.upper(), own, "nobody-knows-this"]))
    assert control.verdicts(job) == {
        "unseen": 0,
        "changes": 1,
        "same": 0,
        "left": 1,
        "refused": 0,
        "missing": 1,
        "unread": 0,
    }
    assert states(done(job)) == {"done": 1, "skipped": 2}
    assert notes(emulator, own) == [("ACTIVE", "Key not returned")]


@pytest.mark.parametrize("odd", ["a/b", "a+b@c", "x y#%?", "читатель"])
def test_any_primary_id_will_do(clerk, desk, emulator, people, odd):
    emulator.set_person(emulator.person(people[1]) | {"primary_id": odd, "user_identifier": [card("2999999942")]})
    job = run(add(clerk, [odd]))
    emulator.calls.clear()
    promised = price.price(job).calls
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 1}
    assert len([call for call in emulator.calls if call.path.startswith("/users")]) == promised
    assert len(emulator.person(odd)["user_block"]) == 1
    cell = read(desk.get(f"/jobs/{job.pk}/items/")).one("tbody").all("td")[0]
    assert cell.text == odd, "its ID stands there once, as people know it"
    assert desk.get(cell.one("a").attrs["href"]).status_code == 200
    line = b"".join(desk.get(f"/jobs/{job.pk}/items.csv").streaming_content).decode().splitlines()[1]
    assert line.startswith(f"{odd},{odd},,,{odd},")


def test_who_has_such_a_block_is_left_alone_and_who_has_this_very_one_needs_none(clerk, emulator, people):
    row = blocks.new("USER", "CONDUCT", "Key not returned", date(2027, 3, 31))
    change(emulator, people[0], user_block=[row])
    change(emulator, people[1], user_block=[row | {"block_note": "Shouted"}])
    change(emulator, people[2], user_block=[row | {"block_status": "INACTIVE"}])
    job = run(add(clerk, people))
    assert list(job.items.order_by("position").values_list("verdict", flat=True)) == ["same", "left", "changes"]
    assert "Shouted" in job.items.get(verdict="left").message


def test_all_active_blocks_of_a_description_are_lifted(clerk, emulator, people):
    over = LOST | {"expiry_date": "2026-01-01T00:00:00.000Z", "block_note": "Over"}
    change(emulator, people[0], user_block=[LOST, UNPAID, over])
    job = done(lift(clerk, people))
    assert states(job) == {"done": 1, "unchanged": 2}
    assert notes(emulator, people[0]) == [
        ("INACTIVE", "Reported by phone"),
        ("ACTIVE", "See the fees"),
        ("ACTIVE", "Over"),
    ]
    done(control.undo(job, clerk))
    assert emulator.person(people[0])["user_block"] == [LOST, UNPAID, over]


def test_lifting_leaves_a_block_alone_that_was_changed_or_came_after_the_review(clerk, emulator, people):
    job = run(lift(clerk, people[:2], type="USER"))
    change(emulator, people[0], user_block=[LOST | {"block_note": "Other card"}])
    change(emulator, people[1], user_block=[LOST])
    control.start(job)
    job = run(job)
    assert job.items.get(title=people[0]).message == "The block was changed in Alma since."
    assert notes(emulator, people[0]) == [("ACTIVE", "Other card")]
    assert notes(emulator, people[1]) == [("ACTIVE", "Reported by phone")]


def test_what_a_sample_did_not_look_at_is_found_by_its_barcode_too(clerk, emulator, people):
    barcodes = [emulator.person(own)["user_identifier"][0]["value"] for own in people]
    given = [*barcodes, people[2], "Quill Ottoline", "2999999999"]
    job = run(control.submit("add-blocks", given, {"set": SAID}, clerk, sample=1))
    emulator.calls.clear()
    promised = price.price(job).calls
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 3, "skipped": 1, "failed": 2}
    assert len([call for call in emulator.calls if call.path.startswith("/users")]) <= promised
    assert set(Change.objects.values_list("record_id", flat=True)) == set(people)
    assert not [one for one in (*barcodes, "Quill") if one in kept_of(job)]
    assert "2999999999" in kept_of(job), "what is an ID and nobody's is said"


def test_an_entry_that_could_not_be_read_is_shown_and_stays_to_be_tried_again(clerk, desk, emulator, people):
    emulator.faults.add(kind="403html", path="/users/*", count=None)
    job = run(add(clerk, people[:1]))
    assert (job.state, job.items.get().verdict) == ("paused", "")
    assert people[0] in read(desk.get(f"/jobs/{job.pk}/items/")).one("tbody").text
    emulator.faults.clear()
    control.resume(job)
    assert control.verdicts(run(job))["changes"] == 1


def kept_of(job):
    """All that the job holds, its files unpacked."""
    kept = json.dumps([*Item.objects.values(), *Job.objects.values("targets", "params", "message")], default=str)
    return kept + "".join(gzip.decompress(one.content).decode() for one in JobFile.objects.filter(job=job))


def test_of_what_was_pasted_only_ids_are_kept(clerk, desk, emulator, people):
    barcode = emulator.person(people[0])["user_identifier"][0]["value"]
    names = ["Quill", "Quill, Ottoline", "quill@example.org", "Quill " * 50]
    job = run(add(clerk, [barcode, people[0], *names, "2999999999"]))
    assert control.verdicts(job) | {"changes": 1, "left": 1, "missing": 5} == control.verdicts(job)
    assert not [one for one in (barcode, "uill") if one in kept_of(job)]
    titles = list(job.items.order_by("position").values_list("title", flat=True))
    assert titles[:2] == [people[0]] * 2
    assert titles[2].startswith("Entry 3 ")
    assert titles[6] == "2999999999"
    page = read(desk.get(f"/jobs/{job.pk}/"))
    assert "targets.txt" not in page.text
    assert "Entry 3" in read(desk.get(f"/jobs/{job.pk}/items/")).text


def test_whoever_reads_blocks_on_a_job_s_pages_is_on_record(clerk, sign_in, people):
    reader = sign_in("circulation", "administrator")
    job = run(add(clerk, [*people[:2], "2999999999"]))
    control.start(run(lift(clerk, people[:2])))
    for address in ("", "?shown=review-moving", "items/", "items.csv", "items.xlsx", "files/review.csv"):
        Access.objects.all().delete()
        headers = {"HX-Request": "true"} if "shown" in address else {}  # it was looking on while people were read
        response = reader.get(f"/jobs/{job.pk}/{address}", headers=headers)
        response.close()
        assert response.status_code == 200
        seen = set(Access.objects.values_list("patron", "action", "who"))
        assert seen == {(own, "view", "circulation-administrator") for own in people[:2]}, address
    Access.objects.all().delete()
    reader.get("/jobs/")
    reader.get(f"/jobs/{Job.objects.latest('pk').pk}/")  # no record is on it any more
    assert not Access.objects.exists()


def test_somebody_whose_blocks_cannot_be_read_is_refused(clerk, emulator, people):
    change(emulator, people[0], user_block="odd")
    job = run(add(clerk, people))
    change(emulator, people[1], user_block=[LOST, "odd"])
    control.start(job)
    job = run(job)
    assert states(job) == {"done": 1, "skipped": 1, "failed": 1}
    assert all("is no block" in job.items.get(title=own).message for own in people[:2])
    assert len(puts(emulator)) == 1


def test_after_a_worker_died_nobody_gets_the_block_twice(clerk, emulator, people, transport, clock):
    job = run(add(clerk, people))
    control.start(job)
    job = dies(transport, clock, job, "PUT", nth=2)
    assert states(job) == {"done": 3}
    assert [len(emulator.person(own)["user_block"]) for own in people] == [2, 1, 2]
    assert len(puts(emulator)) == 3


def test_nothing_of_a_person_but_ids_and_blocks_is_kept(clerk, emulator, people):
    job = done(add(clerk, people))
    Job.objects.update(review_key="")  # random letters, which may be a name
    kept = json.dumps([*Item.objects.values(), *Job.objects.values(), *Change.objects.values()], default=str)
    kept += "".join(gzip.decompress(one.content).decode() for one in JobFile.objects.filter(job=job))
    for own in people:
        record = emulator.person(own)
        for name in ("first_name", "last_name", "birth_date"):
            assert record[name] not in kept
        assert record["contact_info"]["email"][0]["email_address"] not in kept
    assert set(Access.objects.values_list("patron", "action", "job_id")) == {
        (own, action, job.pk) for own in people for action in ("view", "block")
    }


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"note": ""}, "needs a note"),
        ({"note": "x" * 2001}, "longer than the 2,000"),
        ({"description": ""}, "Which block?"),
        ({"description": "NO-SUCH"}, "no description NO-SUCH"),
        ({"type": "General"}, "no type General"),
        ({"expiry": "31.3.2027"}, "a day such as"),
        ({"expiry": "2027-01-14"}, "lies behind"),
        ({"segment": "External"}, "segment is none of"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anybody_is_looked_at(clerk, emulator, people, said, sentence):
    with pytest.raises(control.Refused) as refused:
        add(clerk, people, **said)
    assert sentence in str(refused.value)
    assert not [call for call in emulator.calls if call.path.startswith("/users")]


def test_the_command_line_does_it_too(clerk, emulator, people, capsys):
    said = [f"--set={name}={value}" for name, value in SAID.items()]
    targets = [f"--target={own}" for own in people]
    with pytest.raises(SystemExit) as ended:
        call_command("job", "submit", "add-blocks", *targets, *said, "--user=circulation", "--yes", "--wait")
    assert ended.value.code == 0
    assert "3 would change" in capsys.readouterr().out
    assert notes(emulator, people[1]) == [("ACTIVE", "Key not returned")]


def test_the_form_makes_the_job_and_its_page_says_what_it_does(desk, emulator, people):
    page = desk.get("/patrons/-/blocks/")
    typed = {**SAID, "do": "add", "ids": "\n".join([*people, "", people[0]]), "reason": "ticket 7"}
    response = send(desk, page, **typed)
    assert response.status_code == 302
    assert Job.objects.get().targets == people
    job = run(Job.objects.get())
    assert response.url == f"/jobs/{job.pk}/"
    assert (job.kind, job.reason) == ("add-blocks", "ticket 7")
    assert list(job.items.order_by("position").values_list("title", flat=True)) == people
    text = read(desk.get(response.url)).text
    assert "Add block: House rules" in text
    assert "House rules (USER), active, until 31 Mar 2027: Key not returned" in text


def test_the_form_for_lifting_needs_no_note(desk, people):
    typed = {"do": "lift", "ids": "\n".join(people), "description": "LOST-CARD"}
    send(desk, desk.get("/patrons/-/blocks/"), **typed)
    job = Job.objects.get()
    assert (job.kind, job.params["set"]) == ("lift-blocks", {"description": "LOST-CARD"})


def test_what_is_wrong_in_the_form_is_said_and_what_was_typed_stays(desk):
    response = send(desk, desk.get("/patrons/-/blocks/"), ids="\n", description="CONDUCT", note="why")
    assert response.status_code == 422
    tree = read(response)
    assert "IDs of people" in tree.by_id("wrong").text
    assert tree.by_id("id_note").text == "why"
    assert not Job.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "e-resources"])
def test_others_may_not(sign_in, role):
    assert sign_in(role).get("/patrons/-/blocks/").status_code == 403
