"""The records of a job: narrowed, read on the page, and taken along as CSV and XLSX."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from almaportal.changes.models import Change
from almaportal.jobs.exports import CHUNK, rows
from almaportal.jobs.models import Job
from almaportal.tables import harmless
from tests.jobs.making import NOON, make
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

S = Job.State
ITEMS = [
    {"title": "Alpha", "state": "done", "verdict": "changes", "path": "61/62/999"},
    {"title": "Beta", "state": "failed", "verdict": "changes", "code": "60169", "message": "Bad license"},
    {"title": "Gamma", "state": "failed", "code": "unreachable", "message": "No answer"},
    {"title": "Delta", "state": "skipped", "verdict": "refused", "message": "Not for the Community Zone"},
    {"title": "Epsilon", "state": "pending"},
    {"title": "Zeta", "state": "sent", "verdict": "changes"},
]
FILTERS = [
    ("", ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"]),
    ("state=failed", ["Beta", "Gamma"]),
    ("state=left+to+do", ["Epsilon", "Zeta"]),
    ("verdict=changes", ["Alpha", "Beta", "Zeta"]),
    ("verdict=unseen", ["Gamma", "Epsilon"]),
    ("state=failed&verdict=changes", ["Beta"]),
    ("code=60169", ["Beta"]),
    ("q=gamm", ["Gamma"]),
    ("q=62/999", ["Alpha"]),
    ("q=community+zone", ["Delta"]),
    ("q=100%25", []),
]


@pytest.fixture
def job(owner):
    return make(owner, S.RUNNING, items=ITEMS)


def shown(client, job, query=""):
    response = client.get(f"/jobs/{job.pk}/items/?{query}")
    assert response.status_code == 200
    rows = [row.all("td") for row in read(response).one("tbody").all("tr") if not row.all("td", "empty")]
    return [next(one.text for one in row[0] if one.attrs.get("dir") == "auto") for row in rows]


def as_csv(client, job, query=""):
    response = client.get(f"/jobs/{job.pk}/items.csv?{query}")
    assert response.headers["Content-Disposition"] == f'attachment; filename="job-{job.pk}-items.csv"'
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline="")))


def as_xlsx(client, job, query=""):
    response = client.get(f"/jobs/{job.pk}/items.xlsx?{query}")
    head, *rows = load_workbook(BytesIO(b"".join(response.streaming_content))).active.iter_rows()
    return [dict(zip([cell.value for cell in head], row, strict=True)) for row in rows]


@pytest.mark.parametrize(("query", "titles"), FILTERS)
def test_a_filter_leaves_exactly_its_records_on_the_page_and_in_both_files(editor, job, query, titles):
    make(job.user, S.DONE, items=[{"title": "of another job", "state": "failed", "code": "60169"}])
    assert shown(editor, job, query) == titles
    assert [row["Title"] for row in as_csv(editor, job, query)] == titles
    assert [row["Title"].value for row in as_xlsx(editor, job, query)] == titles


def test_the_links_to_the_files_keep_the_filter_and_drop_the_page(editor, owner):
    job = make(owner, S.DONE, items=[{"state": "failed"}] * 1)
    links = read(editor.get(f"/jobs/{job.pk}/items/?state=failed&page=1&size=20")).links
    assert links["These as CSV"] == f"/jobs/{job.pk}/items.csv?state=failed"
    assert links["These as XLSX"] == f"/jobs/{job.pk}/items.xlsx?state=failed"


def test_more_than_a_chunk_comes_whole_and_in_order(editor, owner):
    count = 2 * CHUNK + 1
    job = make(owner, S.DONE, items=[{"title": str(n), "state": "done"} for n in range(count)])
    assert [row["Title"] for row in as_csv(editor, job)] == [str(n) for n in range(count)]


def test_a_row_says_all_about_its_record(editor, owner):
    ids = ["61100000000004711", "62100000000004711", "53100000000004711"]
    change = Change.objects.create(at=NOON, action="edit", kind="portfolio", ids=ids, record_id=ids[-1])
    item = {
        "path": "/".join(ids),
        "title": "Alpha",
        "verdict": "changes",
        "state": "done",
        "message": "Alma did not take: Proxy",
        "code": "60168",
        "tracking_id": "E01-1",
        "before": {"public_note": "Old", "internal_description": None},
        "after": {"public_note": "New", "internal_description": "Said"},
        "change": change,
    }
    job = make(owner, S.DONE, items=[item])
    (row,) = as_csv(editor, job)
    assert row == {
        "Path": item["path"],
        "Collection ID": "61100000000004711",
        "Service ID": "62100000000004711",
        "Portfolio ID": "53100000000004711",
        "Title": "Alpha",
        "Review": "will change",
        "State": "done",
        "Message": "Alma did not take: Proxy",
        "Alma's code": "60168",
        "Tracking ID": "E01-1",
        "Fields": "Public note: Old → New\nInternal description: – → Said",
        "Change": str(change.pk),
    }
    (cells,) = as_xlsx(editor, job)
    assert {name: cell.value for name, cell in cells.items()} == row
    assert {cell.data_type for cell in cells.values()} == {"s"}, "IDs as texts keep their digits"
    page = read(editor.get(f"/jobs/{job.pk}/items/"))
    assert page.links[f"Change {change.pk}"] == f"/changes/{change.pk}/"
    assert page.rows == [
        [
            f"Alpha {item['path']}",
            f"● done Change {change.pk}",
            "Public note Old → New Internal description – → Said",
            "Alma did not take: Proxy Alma knows no proxy with this code. Alma's code 60168 Tracking ID E01-1",
        ]
    ]


def test_a_record_that_exists_is_linked_and_one_that_does_not_is_not(editor, owner):
    job = make(owner, S.READY, "review", [{"title": "There"}, {"title": "Gone", "verdict": "missing"}])
    links = read(editor.get(f"/jobs/{job.pk}/items/")).links
    assert links["There"] == "/ecollections/61/services/62/portfolios/530/"
    assert "Gone" not in links


def made(ids):
    return Change.objects.create(at=NOON, action="create", kind="portfolio", ids=ids, record_id="".join(ids[-1:]))


def test_what_was_made_is_named_by_its_new_ids(editor, owner):
    items = [
        {"title": "Created", "path": "61/62/+1", "change": made(["61", "62", "539"])},
        {"title": "Moved", "path": "61/62/531", "change": made(["71", "72", "538"])},
        {"title": "Refused", "path": "61/62/+2", "change": made([])},
        {"title": "To come", "path": "61/62/+3"},
    ]
    job = make(owner, S.DONE, items=items, kind="create-portfolios")
    names = ("Path", "Collection ID", "Service ID", "Portfolio ID")
    expected = [
        ("61/62/+1", "61", "62", "539"),
        ("61/62/531", "71", "72", "538"),
        ("61/62/+2", "61", "62", ""),
        ("61/62/+3", "61", "62", ""),
    ]
    assert [tuple(row[name] for name in names) for row in as_csv(editor, job)] == expected
    assert [tuple(row[name].value or "" for name in names) for row in as_xlsx(editor, job)] == expected
    page = read(editor.get(f"/jobs/{job.pk}/items/"))
    assert [row[0] for row in page.rows] == [
        "Created 61/62/539",
        "Moved 61/62/531 → 71/72/538",
        "Refused 61/62/+2",
        "To come 61/62/+3",
    ]
    assert page.links["Created"] == "/ecollections/61/services/62/portfolios/539/"


def test_the_new_ids_cost_one_statement_a_chunk(owner, django_assert_max_num_queries):
    items = [{"path": f"61/62/+{n}", "change": made(["61", "62", str(n)])} for n in range(30)]
    job = make(owner, S.DONE, items=items)
    with django_assert_max_num_queries(3):
        assert len(list(rows(job.items.all(), None))) == 30


def test_records_come_in_the_order_they_were_found_whatever_their_stage(editor, owner):
    job = make(owner, S.DONE, items=[{"title": "top", "stage": 2}, {"title": "below", "stage": 0}])
    assert shown(editor, job) == ["top", "below"]


def test_of_very_many_there_is_a_csv_alone_and_that_is_said(editor, owner, monkeypatch):
    monkeypatch.setattr("almaportal.tables.XLSX_MOST", 3)
    job = make(owner, S.DONE, items=[{"state": "failed", "title": "A"}] * 3 + [{"state": "done"}])
    few, all_of_them = (read(editor.get(f"/jobs/{job.pk}/items/?{query}")) for query in ("state=failed", ""))
    assert "These as XLSX" in few.links
    assert len(as_xlsx(editor, job, "state=failed")) == 3
    assert "These as XLSX" not in all_of_them.links
    assert "These as CSV" in all_of_them.links
    assert "More than 3 records come as CSV only" in all_of_them.text
    response = editor.get(f"/jobs/{job.pk}/items.xlsx?q=61")
    assert (response.status_code, response.url) == (302, f"/jobs/{job.pk}/items/?q=61")


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_runs_as_a_formula(editor, owner, text):
    item = {"title": text, "message": text, "code": text, "tracking_id": text}
    job = make(owner, S.DONE, items=[item | {"before": {"public_note": ""}, "after": {"public_note": text}}])
    (row,) = as_csv(editor, job)
    (cells,) = as_xlsx(editor, job)
    for name in ("Title", "Message", "Alma's code", "Tracking ID"):
        assert row[name] == f"'{text}"
        assert cells[name].data_type == "s"
        assert cells[name].value.startswith("'")


@pytest.mark.parametrize("text", ["", "A", "1-2", "a=b", "'", "Ümläut"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == text


def test_signs_that_a_workbook_cannot_hold_are_left_out(editor, owner):
    (cells,) = as_xlsx(editor, make(owner, S.DONE, items=[{"title": "a\x00b\x0bc"}]))
    assert cells["Title"].value == "abc"


def test_a_filter_without_sense_is_said_and_narrows_nothing(editor, job):
    assert len(shown(editor, job, "state=nonsense&verdict=x")) == 6
    assert "makes no sense" in read(editor.get(f"/jobs/{job.pk}/items/?state=nonsense")).text


def test_it_is_paged_and_comes_as_rows_alone_under_htmx(editor, owner):
    job = make(owner, S.DONE, items=[{"title": str(n)} for n in range(25)])
    assert shown(editor, job, "size=20&page=2") == ["20", "21", "22", "23", "24"]
    page = read(editor.get(f"/jobs/{job.pk}/items/", headers={"HX-Request": "true"}))
    assert page.all("h1") == []
    assert len(page.rows) == 25


def test_an_empty_list_says_why(editor, owner):
    job = make(owner, S.RUNNING, "plan")
    assert "The job has no records yet" in read(editor.get(f"/jobs/{job.pk}/items/")).text
    assert "No record matches" in read(editor.get(f"/jobs/{job.pk}/items/?q=x")).text
