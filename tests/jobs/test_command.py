"""`manage.py job`: the jobs of scripts and cron."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from almaportal.jobs.models import Job
from tests.ecollections.conftest import tree as tree
from tests.jobs.test_edit_jobs import person, run

pytestmark = pytest.mark.thorough

__all__ = ["person"]


def job(*words):
    out = StringIO()
    try:
        call_command("job", *words, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def one(tree, person):
    """The words that name one portfolio and whoever edits it."""
    return ("--target", f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}", "--user", person.username)


def puts(emulator):
    return [call for call in emulator.calls if call.method == "PUT"]


def test_without_yes_it_prints_the_review_and_the_price_and_starts_nothing(one, emulator):
    code, text = job("submit", "edit-portfolios", *one, "--set", "public_note=New")
    assert code == 0
    assert "1 would change, 0 need no change, 0 left alone, 0 refused" in text
    assert "Public note: – → New" in text
    assert "2 calls" in text
    assert puts(emulator) == []
    assert Job.objects.get().state == "ready"


def test_with_yes_and_wait_it_is_done(one, emulator, tree):
    code, text = job("submit", "edit-portfolios", *one, "--set", "availability.value=10", "--yes", "--wait", "--json")
    assert code == 0
    facts = json.loads(text)
    assert (facts["state"], facts["done"], facts["total"]) == ("done", 1, 1)
    assert facts["calls"] == 3, "a look, then a read and a write"
    assert emulator.record("portfolio", tree.portfolio_id)["availability"]["value"] == "10"


def test_its_keys_are_the_documented_ones(one):
    _code, text = job("submit", "edit-portfolios", *one, "--clear", "public_note", "--json")
    assert set(json.loads(text)) == {
        *("id", "kind", "state", "total", "done", "unchanged", "skipped", "failed", "unsure", "pending", "sent"),
        *("calls", "created", "started", "finished"),
    }


def test_a_ready_job_is_started_by_its_number_and_undone(one, emulator, tree):
    job("submit", "edit-portfolios", *one, "--append", "public_note=More")
    number = str(Job.objects.get().pk)
    before = emulator.record("portfolio", tree.portfolio_id)
    job("resume", number)
    run(Job.objects.get())
    assert emulator.record("portfolio", tree.portfolio_id)["public_note"] == "More"
    code, text = job("undo", number, "--user", one[-1], "--yes", "--wait", "--json")
    assert (code, json.loads(text)["state"]) == (0, "done")
    assert emulator.record("portfolio", tree.portfolio_id) == before


def test_what_failed_ends_with_two(one):
    code, _text = job("submit", "edit-portfolios", *one, "--set", "license=NONE", "--yes", "--wait")
    assert code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("submit", "edit-portfolios", "--user", "e-resources", "--set", "public_note=x"),
        ("submit", "edit-portfolios", "--user", "nobody", "--target", "1/2/3", "--set", "public_note=x"),
        ("submit", "edit-portfolios", "--user", "e-resources", "--target", "1/2/3"),
        ("submit", "edit-portfolios", "--user", "e-resources", "--target", "1/2/3", "--set", "public_note"),
        ("submit", "edit-portfolios", "--user", "e-resources", "--target", "1/2/3", "--set", "nothing=x"),
        ("submit", "edit-portfolios", "--target", "1/2/3", "--set", "public_note=x"),
        (
            "submit",
            "edit-portfolios",
            "--user",
            "e-resources",
            "--target",
            "1/2",
            "--clear",
            "license",
            "--bib",
            "retain",
        ),
        ("submit", "edit-portfolios", "--user", "e-resources", "--target", "1/2", "--clear", "license", "--at", "soon"),
        ("submit", "edit-portfolios", "--user", "e-resources", "--target", "1/2", "--clear", "license", "--only", "x"),
        ("submit", "edit-portfolios", "--user", "e-resources", "--file", "/no/such/file", "--clear", "license"),
        ("submit", "delete-portfolios", "--user", "e-resources", "--target", "1/2/3"),
        ("submit", "delete-portfolios", "--user", "e-resources", "--target", "1/2/3", "--bib", "banana"),
        ("submit", "delete-tree", "--user", "e-resources", "--target", "1", "--bib", "retain", "--set", "a=b"),
        ("submit", "create-portfolios", "--user", "e-resources", "--file", "/no/such/file"),
        ("show", "99"),
        ("pause", "99"),
    ],
)
def test_what_makes_no_sense_is_refused_and_starts_nothing(person, words):
    with pytest.raises(CommandError) as refused:
        call_command("job", *words, stdout=StringIO())
    assert refused.value.returncode == 1
    assert Job.objects.count() == 0


def test_roles_decide(sign_in, tree):
    sign_in("viewer")
    words = ("--target", f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}", "--user", "viewer")
    with pytest.raises(CommandError, match="roles"):
        call_command("job", "submit", "edit-portfolios", *words, "--set", "public_note=x", stdout=StringIO())


def test_the_list_and_one_are_shown(one):
    job("submit", "edit-portfolios", *one, "--set", "public_note=x")
    assert "edit-portfolios" in job("list")[1]
    assert "state ready" in job("show", str(Job.objects.get().pk))[1]


@pytest.mark.thorough
def test_a_tree_is_deleted_whole(person, tree, emulator):
    words = ("--target", tree.collection_id, "--bib", "suppress", "--user", person.username)
    code, text = job("submit", "delete-tree", *words, "--yes", "--wait", "--json")
    assert (code, json.loads(text)["done"]) == (0, 132)
    assert tree.collection_id not in emulator.collections()


def test_portfolios_are_made_from_the_lines_of_a_file(person, tree, emulator, tmp_path):
    mms_id = emulator.record("portfolio", tree.portfolio_id)["resource_metadata"]["mms_id"]["value"]
    collection = emulator.collections()[1]
    service = emulator.services(collection)[0]
    before = set(emulator.portfolios(service, 10**6))
    rows = tmp_path / "rows.txt"
    rows.write_text(f"{mms_id}\thttps://one.example.org/\n")
    words = ("--target", f"{collection}/{service}", "--file", str(rows), "--set", "availability=11")
    code, _text = job("submit", "create-portfolios", *words, "--user", person.username, "--yes", "--wait")
    assert code == 0
    (made,) = set(emulator.portfolios(service, 10**6)) - before
    record = emulator.record("portfolio", made)
    assert record["availability"]["value"] == "11"
    assert record["linking_details"]["static_url"].endswith("https://one.example.org/")


def test_only_some_of_the_records_are_edited(person, tree):
    words = ("--target", f"{tree.collection_id}/{tree.service_id}", "--only", "availability", "is-not", "11")
    _code, text = job("submit", "edit-portfolios", *words, "--set", "availability=11", "--user", person.username)
    changes, left = (int(text.split(word)[0].split()[-1]) for word in (" would change", " left alone"))
    assert changes > 0
    assert changes + left == 130


def test_it_can_start_later(one, clock):
    job("submit", "edit-portfolios", *one, "--set", "public_note=x", "--yes", "--at", "tonight")
    made = Job.objects.get()
    assert (made.state, f"{made.wait_until:%H:%M}") == ("waiting", "22:00")


def test_without_a_name_it_is_the_one_administrators(sign_in, tree):
    sign_in("administrator")
    target = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    job("submit", "edit-portfolios", "--target", target, "--set", "public_note=x")
    assert Job.objects.get().who == "administrator"


def test_a_record_that_is_not_there_is_no_success(person, tree):
    target = f"{tree.collection_id}/{tree.service_id}/53999999999994711"
    words = ("--target", target, "--set", "public_note=x", "--user", person.username, "--yes", "--wait")
    assert job("submit", "edit-portfolios", *words)[0] == 2


def test_a_review_that_cannot_be_ended_says_why(one, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"electronic": ""}
    code, _text = job("submit", "edit-portfolios", *one, "--set", "public_note=x")
    assert code == 3


def test_a_kind_that_only_reads_starts_with_yes_and_without_it_nothing(tree, person, emulator):
    words = ("submit", "index-titles", "--target", f"{tree.collection_id}/{tree.service_id}", "--user", person.username)
    with pytest.raises(CommandError, match="say --yes"):
        job(*words)
    assert (emulator.calls, Job.objects.exists()) == ([], False)
    code, text = job(*words, "--identifiers", "--yes", "--wait", "--json")
    assert (code, json.loads(text)["state"], len(emulator.calls)) == (0, "done", 4)


def test_a_file_changes_each_record_by_its_row(tree, person, emulator, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text(f"Portfolio ID,Availability\n{tree.portfolio_id},10\n")
    path = f"{tree.collection_id}/{tree.service_id}"
    job("submit", "index-titles", "--target", path, "--user", person.username, "--yes", "--wait")
    words = ("submit", "load-portfolios", "--file", str(file), "--user", person.username)
    assert job(*words, "--yes", "--wait")[0] == 0
    assert emulator.record("portfolio", tree.portfolio_id)["availability"]["value"] == "10"
