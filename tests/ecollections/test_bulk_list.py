"""Bulk edits of a pasted or uploaded list of IDs."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Job
from ecollections import bulk_views
from ecollections.models import Place
from tests.ecollections.filling import send
from tests.ecollections.test_bulk import BULK, submitted, verdicts
from tests.jobs.test_edit_jobs import S, run
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

NOTE = {"do-public_note": "set", "value-public_note": "New"}


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


def test_what_the_list_held_is_said_first(editor, tree, emulator):
    Place.objects.create(id=tree.portfolio_id, collection_id=tree.collection_id, service_id=tree.service_id)
    lines = ["ID;Title", f"{tree.portfolio_id};A", f"{tree.portfolio_id};A", "53999999999999999", "5.31826E+16", "what"]
    page = read(editor.post(BULK, {"ids": "\n".join(lines), "what": "portfolio"}))
    said = page.one("section", cls="notice").text
    assert "5 lines were read" in said
    assert "1 ID that the portal can place" in said
    assert "1 portfolio that the portal has not seen yet" in said
    assert f"1 duplicate, left out: {tree.portfolio_id}" in said
    assert "Line 5: 5.31826E+16 – A spreadsheet has rounded" in said
    assert "Line 6: what – The IDs of e-collections begin with 61" in said
    assert emulator.calls == [] or {call.path.split("/")[-2] for call in emulator.calls} <= {"code-tables", "conf"}


def test_an_unknown_portfolio_is_found_by_its_id_alone_and_written_at_its_own_place(editor, tree, emulator):
    ids = [*emulator.portfolios(tree.service_id, 2), "53999999999999999", "5.31826E+16"]
    page = editor.post(BULK, {"ids": "\n".join([*ids, ids[0]]), "what": "portfolio"})
    job = submitted(send(editor, page, **NOTE))
    assert verdicts(job) == {"changes": 2, "missing": 2}
    assert job.params["given"] == {"lines": 5, "duplicates": 1, "first_duplicates": [ids[0]]}
    items = list(job.items.order_by("position"))
    assert items[0].path == f"{tree.collection_id}/{tree.service_id}/{ids[0]}"
    assert items[0].title == emulator.record("portfolio", ids[0])["resource_metadata"]["title"]
    assert "60123" in (items[2].code, items[2].message)
    assert "digits are lost" in items[3].message
    control.start(job)
    assert run(job).state == S.DONE
    written = [call.path for call in emulator.calls if call.method == "PUT"]
    assert all(f"/{tree.collection_id}/e-services/{tree.service_id}/" in path for path in written)
    assert len(written) == 2


def test_it_is_written_at_its_own_place_also_without_a_review(editor, tree, emulator, django_user_model):
    person = django_user_model.objects.get(username="e-resources")
    ids = emulator.portfolios(tree.service_id, 3)
    params = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}
    job = run(control.submit("edit-portfolios", ids, params, person, sample=1))
    control.start(job)
    assert run(job).state == S.DONE
    written = [call.path for call in emulator.calls if call.method == "PUT"]
    assert len(written) == 3
    assert not [path for path in written if "/0/" in path]
    assert {emulator.record("portfolio", one)["public_note"] for one in ids} == {"New"}


def test_the_same_record_by_two_names_is_changed_once(editor, tree, emulator):
    path = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    page = editor.post(BULK, {"ids": f"{path}\n{tree.portfolio_id}", "what": "portfolio"})
    job = submitted(send(editor, page, **NOTE))
    assert verdicts(job) == {"changes": 1, "left": 1}
    control.start(job)
    run(job)
    assert len([call for call in emulator.calls if call.method == "PUT"]) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_file_is_as_good_as_pasting(editor, tree, encoding):
    text = f"Titel;ID\r\nTäler;{tree.portfolio_id}\r\n"
    file = SimpleUploadedFile("list.csv", text.encode(encoding))
    page = read(editor.post(BULK, {"file": file, "what": "portfolio", "ids": ""}))
    assert page.one("h1").text == "Bulk edit: 1 portfolio"


def test_a_file_that_is_no_text_or_too_large_is_refused(editor, monkeypatch):
    spreadsheet = SimpleUploadedFile("list.xlsx", b"PK\x03\x04\0\0")
    response = editor.post(BULK, {"file": spreadsheet, "what": "portfolio"})
    assert (response.status_code, "no text" in read(response).text) == (422, True)
    monkeypatch.setattr(bulk_views, "MOST_BYTES", 10)
    response = editor.post(BULK, {"file": SimpleUploadedFile("list.txt", b"53100000000004711"), "what": "portfolio"})
    assert (response.status_code, "larger than 5 MB" in read(response).text) == (422, True)
    assert Job.objects.count() == 0


@pytest.mark.parametrize("ids", ["", "Nothing\nthat is an ID"])
def test_a_list_without_an_id_is_refused_and_kept(editor, ids):
    response = editor.post(BULK, {"ids": ids, "what": "service"})
    page = read(response)
    assert response.status_code == 422
    assert page.by_id("ids").text.split() == ids.split()
    assert page.one("input", name="what", value="service").attrs.get("checked") == ""


def test_an_e_collection_stands_for_all_its_portfolios(editor, tree):
    page = editor.post(BULK, {"ids": tree.collection_id, "what": "portfolio"})
    assert read(page).one("h1").text == "Bulk edit: all portfolios of 1 e-collection"
    assert submitted(send(editor, page, **NOTE)).items.count() == 130


def test_a_list_that_grew_meanwhile_is_said_before_the_start(editor, tree, emulator, django_user_model):
    page = read(editor.get(tree.service))
    everything = page.one("button", name="everything").attrs["value"]
    form = editor.post(f"{BULK}portfolios/", {"everything": everything})
    person = django_user_model.objects.get(username="e-resources")
    job = submitted(send(editor, form, **NOTE))
    assert KINDS[job.kind].warnings(job) == []
    params = job.params | {"expected": 131}
    other = run(control.submit(job.kind, job.targets, {k: v for k, v in params.items() if k != "found"}, person))
    assert KINDS[other.kind].warnings(other) == ["The list said that there are 131; 130 were found."]
