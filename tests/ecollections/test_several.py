"""The page that puts several portfolios into a service: lists of lines become jobs."""

import pytest

from almaportal.jobs.models import Job
from ecollections.several_views import rows_of
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import empty as empty
from tests.jobs.places import local as local
from tests.jobs.places import mms_ids
from tests.jobs.test_edit_jobs import S, run
from tests.portal.reading import read

pytestmark = pytest.mark.thorough


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def address(empty):
    return f"/ecollections/{empty.collection_id}/services/{empty.service_id}/portfolios/several/"


def test_the_service_leads_to_it(editor, address):
    service = address.removesuffix("portfolios/several/")
    page = read(editor.get(service))
    assert page.links["Add several"] == "portfolios/several/"
    assert read(editor.get(address)).links["Cancel"] == service


def test_a_pasted_list_becomes_a_job_that_makes_them(editor, address, empty, emulator):
    first, second, third = mms_ids(emulator, 3)
    lines = f"{first}\n\n {second}\thttps://new.example.org/2\r\n{third}, https://new.example.org/3?a,b\n"
    typed = {"do": "create", "lines": lines, "availability": "10", "reason": "New"}
    response = editor.post(address, typed)
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, f"/jobs/{job.pk}/")
    assert (job.kind, job.reason, job.asks) == ("create-portfolios", "New", True)
    assert [row["mms_id"] for row in job.targets] == [first, second, third]
    assert job.targets[2]["set"]["linking_details.static_url"] == "https://new.example.org/3?a,b"
    assert job.params == {"set": {"availability": "10"}}
    assert emulator.portfolios(empty.service_id) == []


def test_wrong_lines_are_listed_with_their_numbers_and_nothing_is_lost(editor, address, emulator):
    [first] = mms_ids(emulator, 1)
    lines = f"{first}\nabc\n\n{first} not-an-address\n{first} javascript:alert(1)"
    response = editor.post(address, {"do": "create", "lines": lines, "availability": "10", "reason": "R & D"})
    assert response.status_code == 422
    page = read(response)
    text = page.one("section", "bad").text
    assert [f"Line {n}:" in text for n in (1, 2, 3, 4, 5)] == [False, True, False, True, True]
    create, move = page.all("textarea")
    assert create.text == " ".join(lines.split())
    assert move.text == ""
    assert page.by_id("create_reason").attrs["value"] == "R & D"
    chosen = [one for one in page.by_id("availability").all("option") if "selected" in one.attrs]
    assert [one.attrs["value"] for one in chosen] == ["10"]
    assert Job.objects.count() == 0


def test_a_list_of_portfolios_becomes_a_job_that_moves_them(editor, address, empty, local):
    paths = local.paths[:2]
    editor.get(f"/ecollections/{local.collection_id}/services/{local.service_id}/")
    lines = f"{paths[0]}\n{local.ids[1]}\n"
    response = editor.post(address, {"do": "move", "lines": lines})
    job = Job.objects.get()
    assert (response.status_code, job.kind, job.params["to"]) == (302, "move-portfolios", empty.service)
    job.asks = False
    job.save()
    assert run(job).state == S.READY
    assert list(job.items.order_by("position").values_list("path", flat=True)) == paths


def test_a_line_that_is_no_portfolio_moves_nothing(editor, address, local):
    response = editor.post(address, {"do": "move", "lines": f"{local.paths[0]}\nnonsense"})
    assert response.status_code == 422
    page = read(response)
    assert "Line 2:" in page.one("section", "bad").text
    assert page.all("textarea")[1].text == f"{local.paths[0]} nonsense"
    assert Job.objects.count() == 0


@pytest.mark.parametrize("do", ["create", "move", ""])
def test_an_empty_list_is_refused(editor, address, do):
    response = editor.post(address, {"do": do, "lines": " \n", "availability": "11"})
    assert response.status_code == 422
    assert "There is nothing to do it to" in read(response).text


def test_where_the_codes_cannot_be_read_a_code_is_typed(editor, address, settings):
    settings.ALMA_KEYS = settings.ALMA_KEYS | {"conf": ""}
    page = read(editor.get(address))
    assert page.by_id("availability").tag == "input"


def test_into_a_service_that_is_gone_nothing_can_be_put(editor):
    nowhere = "/ecollections/61999999990004711/services/62999999990004711/portfolios/several/"
    assert editor.get(nowhere).status_code == 404


def test_cells_of_a_spreadsheet_are_understood():
    rows, wrong = rows_of('\ufeff="99100000000004711"\t"https://x.example.org/1"\n\'99100000010004711\n', "6/7")
    assert [row["mms_id"] for row in rows] == ["99100000000004711", "99100000010004711"]
    assert rows[0]["set"]["linking_details.static_url"] == "https://x.example.org/1"
    assert wrong == []
