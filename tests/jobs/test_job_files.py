"""The files of a job: made when its review and when it ends, kept for some days."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.utils import timezone

from almaportal.jobs import control, files
from almaportal.jobs.models import Job, JobFile
from almaportal.jobs.sweep import sweep
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import make
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

S = Job.State


def text(client, job, name):
    response = client.get(f"/jobs/{job.pk}/files/{name}")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == f'attachment; filename="job-{job.pk}-{name}"'
    return b"".join(response.streaming_content).decode()


def rows(client, job, name):
    return list(csv.DictReader(StringIO(text(client, job, name).removeprefix("\ufeff"), newline="")))


def test_the_review_and_the_results_are_kept(editor, owner, tree, emulator):
    targets = [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 3)]
    actions = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}
    job = run(control.submit("edit-portfolios", targets, actions, owner))
    review = rows(editor, job, "review.csv")
    assert [(row["Path"], row["Review"], row["State"]) for row in review] == [
        (target, "will change", "pending") for target in targets
    ]
    assert review[0]["Fields"].startswith("Public note: ")
    assert not JobFile.objects.filter(name="results.csv").exists()
    control.start(job)
    run(job)
    assert [row["State"] for row in rows(editor, job, "results.csv")] == ["done"] * 3
    assert rows(editor, job, "review.csv") == review, "as it was when it was started"
    assert text(editor, job, "targets.txt").splitlines() == targets


def test_the_page_lists_them_with_their_size(editor, owner, clock):
    job = make(owner, S.DONE, items=[{"state": "done"}] * 1)
    files.keep_results(job)
    page = read(editor.get(f"/jobs/{job.pk}/"))
    assert page.links["results.csv"] == f"/jobs/{job.pk}/files/results.csv"
    size = len(JobFile.objects.get().content)
    assert f"results.csv 1 {size}\xa0bytes 15 Jan 2027, 12:00".replace("\xa0", " ") in page.text
    assert "Files are kept 30 days." in page.text


def test_a_file_made_again_stands_in_for_the_old_one(editor, owner):
    job = make(owner, S.READY, "review", [{"verdict": "same"}])
    files.keep_review(job)
    job.items.update(verdict="changes")
    files.keep_review(job)
    assert [row["Review"] for row in rows(editor, job, "review.csv")] == ["will change"]


def test_records_that_are_deleted_are_kept_whole_and_with_what_became_of_them(editor, owner):
    record = {"id": "531", "public_note": "Žluť\n2", "unknown": [{"a": None}]}
    job = make(owner, S.READY, "review", [{"title": "A", "kept": record}, {"title": "not read"}])
    files.keep_review(job)
    facts = {"path": "61/62/530", "title": "A", "state": "pending", "record": record}
    assert [json.loads(line) for line in text(editor, job, "records.jsonl").splitlines()] == [facts]
    job.items.update(state="done")
    files.keep_results(job)
    assert json.loads(text(editor, job, "records.jsonl")) == facts | {"state": "done"}


def test_a_sign_of_life_is_given_every_thousand_rows(owner):
    job = make(owner, S.READY, "review", [{}] * 2500)
    for keep in (files.keep_review, files.keep_results):
        beats = []
        keep(job, lambda beats=beats: beats.append(job.files.count()))
        assert len(beats) == 2
    job.items.update(kept={"id": "1"})
    keep(job, lambda: beats.append(1))
    assert len(beats) == 2 + 2 + 2, "for the records too"


def test_without_such_records_there_is_no_such_file(owner):
    job = make(owner, S.READY, "review", [{}])
    files.keep_review(job)
    assert list(job.files.values_list("name", flat=True)) == ["review.csv"]


def test_targets_that_are_more_than_a_path_are_json(editor, owner):
    job = make(owner, S.READY, "review", targets=["61/62", {"mms_id": "99", "note": "ü"}])
    assert text(editor, job, "targets.txt") == '61/62\n{"mms_id": "99", "note": "ü"}\n'


@pytest.mark.parametrize("name", ["review.csv", "nothing.csv", "..%2Fsettings.py"])
def test_a_file_that_is_not_there_is_not_found(editor, owner, name):
    assert editor.get(f"/jobs/{make(owner, S.DONE).pk}/files/{name}").status_code == 404


def test_files_go_after_their_days_and_their_jobs_stay(owner, settings):
    settings.JOB_FILES_DAYS = 7
    job, now = make(owner, S.DONE), timezone.now()
    for name, days in (("review.csv", 7.1), ("results.csv", 6.9)):
        JobFile.objects.create(job=job, name=name, made=now - timedelta(days=days), rows=0, content=b"")
    sweep()
    assert list(JobFile.objects.values_list("name", flat=True)) == ["results.csv"]
    assert Job.objects.get() == job
