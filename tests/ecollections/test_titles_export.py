"""A filtered list of titles taken along as CSV and XLSX, fit to be loaded again."""

import csv
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from almaportal.jobs import control
from almaportal.jobs.kinds import KINDS
from ecollections.kinds import PORTFOLIO
from ecollections.loading import cells, columns
from ecollections.models import Title
from ecollections.titles import facts, index
from ecollections.titles.exports import Columns
from tests.ecollections.titles_seen import titles as titles
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

ADDRESS = "/ecollections/titles/"


def as_csv(client, query=""):
    response = client.get(f"{ADDRESS}export/?format=csv&{query}")
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def as_xlsx(client, query=""):
    response = client.get(f"{ADDRESS}export/?format=xlsx&{query}")
    head, *rows = load_workbook(BytesIO(b"".join(response.streaming_content))).active.iter_rows()
    return [{name.value: cell for name, cell in zip(head, row, strict=True)} for row in rows]


def test_all_that_match_come_and_no_other(viewer, titles):
    rows = as_csv(viewer, "origin=local&sort=url")
    assert sorted(row["Portfolio ID"] for row in rows) == sorted(one["id"] for one in titles if one["is_local"])


def test_a_row_says_what_the_record_says(viewer, titles, tree):
    record = titles[0]
    (row,) = as_csv(viewer, f"q={record['id']}")
    assert (row["Portfolio ID"], row["Service ID"], row["Collection ID"]) == (
        record["id"],
        tree.service_id,
        tree.collection_id,
    )
    assert row["Title"] == record["resource_metadata"]["title"]
    assert row["MMS ID"] == record["resource_metadata"]["mms_id"]["value"]
    assert row["Availability"] == record["availability"]["value"]


def test_what_may_be_loaded_is_found_by_its_header_and_means_the_same(viewer, titles):
    """Every cell of every record that was read whole comes back as the value that the record has."""
    found = Columns.all()
    loaded = columns.guess(PORTFOLIO, found.head)
    assert loaded == [*found.targets, *[""] * (len(found.head) - len(found.targets))]
    assert set(facts.PATHS) & set(columns.LOADED["portfolio"]) <= set(loaded)
    checked = 0
    for record in titles[:6]:
        (row,) = as_csv(viewer, f"q={record['id']}")
        for target, header in zip(found.targets, found.head, strict=False):
            field = PORTFOLIO.fields.get(target)
            if field is None or not row[header]:
                continue
            wanted = facts.kept(target, record)
            assert facts.kept(target, _record_of(target, cells.value(field, row[header], {}))) == wanted, target
            checked += 1
    assert checked > 20


def _record_of(path, value):
    from ecollections.values import write

    record = {}
    write(PORTFOLIO.fields[path], record, value)
    return record


def test_what_was_not_read_is_left_empty_which_loads_nothing(viewer, titles):
    (row,) = as_csv(viewer, f"q={titles[-1]['id']}")
    unread = [header for path, header in columns.headers(PORTFOLIO) if path in facts.PATHS]
    assert {row[header] for header in unread} == {""}


def test_ids_are_texts_in_a_workbook_too(viewer, titles):
    (row,) = as_xlsx(viewer, f"q={titles[0]['id']}")
    assert {cell.data_type for cell in row.values() if cell.value is not None} == {"s"}
    assert row["Portfolio ID"].value == titles[0]["id"]
    assert row["Title"].value == titles[0]["resource_metadata"]["title"]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-1", "+1"])
def test_no_title_runs_as_a_formula(viewer, titles, text):
    Title.objects.filter(alma_id=titles[0]["id"]).update(title=text)
    (row,) = as_csv(viewer, f"q={titles[0]['id']}")
    assert row["Title"] == f"'{text}"
    (cells_,) = as_xlsx(viewer, f"q={titles[0]['id']}")
    assert (cells_["Title"].value, cells_["Title"].data_type) == (f"'{text}", "s")


def test_of_very_many_there_is_no_workbook_and_that_is_said(viewer, titles, monkeypatch):
    monkeypatch.setattr("almaportal.tables.XLSX_MOST", 50)
    page = read(viewer.get(ADDRESS))
    assert "XLSX: up to 50 titles" in page.text
    assert "as XLSX" not in page.links
    response = viewer.get(f"{ADDRESS}export/?format=xlsx&sort=id")
    assert (response.status_code, response["Location"]) == (302, f"{ADDRESS}?sort=id")


def test_an_odd_format_is_csv_and_nothing_indexed_the_head_alone(viewer):
    response = viewer.get(f"{ADDRESS}export/?format=pdf")
    assert response["Content-Disposition"] == 'attachment; filename="titles.csv"'
    assert len(b"".join(response.streaming_content).splitlines()) == 1


@pytest.mark.parametrize("nth", [0, 14])  # of the Community Zone, and the institution's own
def test_an_exported_file_that_is_loaded_unchanged_changes_nothing(sign_in, emulator, django_user_model, nth):
    client = sign_in("e-resources")
    collection = emulator.collections()[nth]
    service = emulator.services(collection)[0]
    records = [emulator.record("portfolio", one) for one in emulator.portfolios(service, 7)]
    index.see((one, (collection, service)) for one in records)
    text = b"".join(client.get(f"{ADDRESS}export/?c={collection}").streaming_content).decode()
    rows = KINDS["load-portfolios"].given([], text.splitlines(keepends=True))
    assert len(rows) == 7
    job = run(control.submit("load-portfolios", rows, {}, django_user_model.objects.get()))
    assert {name: n for name, n in control.verdicts(job).items() if n} == {"same": 7}
