"""Bringing a file: how it is read, what its columns are loaded into, and the page of what becomes of its rows."""

import csv as csv_module
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from almaportal.jobs.models import Job
from ecollections.kinds import BY_NAME
from ecollections.loading import columns, reading
from ecollections.models import Load
from tests.ecollections.bringing import FILES, bring, csv, groups, selects, send_columns, sort, sorted_now
from tests.ecollections.conftest import tree as tree
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

HEAD = ["Path", "Public note", "Remark"]


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def paths(tree, emulator):
    return [f"{tree.collection_id}/{tree.service_id}/{pid}" for pid in emulator.portfolios(tree.service_id, 5)]


@pytest.fixture
def load(editor, paths):
    return bring(editor, csv(HEAD, *([path, f"Note {n}", "x"] for n, path in enumerate(paths))))


def page_of(client, load, query=""):
    return read(client.get(f"{FILES}{load.pk}/{query}"))


def test_its_columns_are_shown_with_their_first_values(editor, load, paths, emulator):
    page = read(editor.get(f"{FILES}{load.pk}/", follow=True))
    cells = [(row[0], row[2]) for row in page.rows]
    assert cells[0] == ("A Path", " ".join(paths[:3]))
    assert cells[1] == ("B Public note", "Note 0 Note 1 Note 2")
    chosen = selects(page)
    assert chosen == {
        "encoding": "utf-8",
        "delimiter": ",",
        "column-0": "@id",
        "column-1": "public_note",
        "column-2": "",
    }
    assert emulator.calls == []


def test_what_a_column_is_loaded_into_can_be_changed(editor, load):
    assert send_columns(editor, load, **{"column-1": "", "column-2": "authentication_note"}).status_code == 302
    load = sorted_now(load)
    assert load.counts == {"edit": 5}
    assert load.rows.first().data["set"] == {"authentication_note": "x"}


def test_columns_that_make_no_sense_are_said_and_stay_chosen(editor, load):
    response = send_columns(editor, load, **{"column-2": "public_note"})
    assert response.status_code == 422
    page = read(response)
    assert "Public note: two columns are loaded into it" in page.one("section", "bad").text
    assert selects(page)["column-2"] == "public_note"
    assert Job.objects.count() == 0


def test_it_can_be_read_otherwise(editor, tree):
    text = "Path;Public note\n61/62/53100000000004711;caf\xe9\n"
    load = bring(editor, SimpleUploadedFile("x.csv", text.encode("cp1252")))
    assert load.layout["delimiter"] == ";"
    response = send_columns(editor, load, encoding="cp1251")
    assert response.url == f"{FILES}{load.pk}/columns/?reread"
    page = read(editor.get(response.url))
    assert "cafй" in page.rows[1][2]
    assert selects(page)["encoding"] == "cp1251"
    assert Job.objects.count() == 0


def test_what_cannot_be_so_is_said(editor, load):
    response = send_columns(editor, load, encoding="nonsense")
    assert response.status_code == 422
    assert "no encoding “nonsense”" in read(response).one("section", "bad").text


def test_another_sheet_of_a_workbook_can_be_read(editor):
    book = Workbook()
    book.active.append(["Path", "Public note"])
    book.active.append(["61/62/53", "first"])
    other = book.create_sheet("Other")
    other.append(["Public note", "Path"])
    other.append(["second", "61/62/54"])
    out = BytesIO()
    book.save(out)
    load = bring(editor, SimpleUploadedFile("x.xlsx", out.getvalue()))
    send_columns(editor, load, sheet="Other")
    load.refresh_from_db()
    assert load.columns == [["Public note", "public_note"], ["Path", "@id"]]


def test_cells_can_be_pasted(editor, paths):
    cells = f"Path\tPublic note\n{paths[0]}\tNew\n"
    response = editor.post(FILES, {"what": "portfolio", "cells": cells})
    load = sort(editor, Load.objects.get())
    assert response.status_code == 302
    assert (load.name, load.counts) == ("Pasted cells", {"edit": 1})


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file, or paste cells"),
        ({"file": SimpleUploadedFile("x.csv", b"%PDF-1.7 ...")}, "no table, but a PDF"),
        ({"file": SimpleUploadedFile("x.csv", b"ID\n1\n"), "cells": "ID\n1"}, "choose one of the two"),
        ({"cells": "ID\n1", "to": "nonsense"}, "New portfolios go into a service"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_that_was_typed_is_lost(editor, sent, sentence):
    response = editor.post(FILES, {"what": "service", "to": "61/62", **sent})
    assert response.status_code == 422
    page = read(response)
    assert sentence in page.one("section", "bad").text
    [what] = [one for one in page.all("input", type="radio") if "checked" in one.attrs]
    assert what.attrs["value"] == "service"
    assert page.by_id("to").attrs["value"] == sent.get("to", "61/62")
    assert page.by_id("cells").text == " ".join(sent.get("cells", "").split())
    assert Load.objects.count() == 0


def test_a_file_that_is_too_large_is_refused(editor, monkeypatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    response = editor.post(FILES, {"what": "portfolio", "file": csv(HEAD)})
    assert response.status_code == 422
    assert "Divide it into several files" in read(response).one("section", "bad").text


def test_the_browser_is_told_how_large_a_file_may_be(editor):
    control = read(editor.get(FILES)).by_id("file").attrs
    assert control["data-most"] == str(reading.MOST_BYTES)
    assert "50 MB" in control["data-too-large"]


@pytest.mark.parametrize("kind", ["portfolio", "service", "collection"])
def test_a_template_has_the_columns_that_are_known(editor, kind):
    response = editor.get(f"{FILES}template/?what={kind}&format=csv")
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    header = next(csv_module.reader(text.splitlines()))
    assert columns.guess(BY_NAME[kind], header) == [target for target, _header in columns.headers(BY_NAME[kind])]
    assert read(editor.get(FILES)).one("form", enctype="multipart/form-data").all("a")[0].attrs["href"] in (
        f"{FILES}template/?what=portfolio&format=csv"
    )


def test_a_template_comes_as_a_workbook_too_and_nothing_comes_of_it(editor):
    response = editor.get(f"{FILES}template/?what=portfolio&format=xlsx")
    file = SimpleUploadedFile("x.xlsx", b"".join(response.streaming_content))
    assert sort(editor, bring(editor, file)).counts == {"same": 1}


# what becomes of its rows


def test_wrong_and_double_rows_come_first_with_number_and_reason(editor, paths):
    rows = [[paths[0], "New", ""], [paths[0], "Again", ""], ["5.31E+16", "x", ""], [paths[1], "", ""]]
    load = sort(editor, bring(editor, csv(HEAD, *rows)))
    page = page_of(editor, load)
    assert groups(page) == {"Wrong": 1, "Double": 1, "Changes": 1, "Nothing to do": 1}
    [row] = page.by_id("rows").rows
    assert row[0] == "4"
    assert "rounded this ID" in row[-1]
    [double] = page_of(editor, load, "?group=double").by_id("rows").rows
    assert (double[0], double[-1]) == ("3", "Row 2 is about the same record.")
    assert "they hinder nothing else" in page.text


def test_the_rows_of_a_group_can_be_downloaded(editor, paths):
    load = sort(editor, bring(editor, csv(HEAD, ["5.31E+16", "x", ""], [paths[0], "x", ""])))
    page = page_of(editor, load, "?group=wrong")
    address = page.links["These as CSV"]
    text = b"".join(editor.get(address).streaming_content).decode("utf-8-sig")
    head, row = csv_module.reader(text.splitlines())
    assert row[0] == "2"
    assert "rounded this ID" in row[head.index("Why")]


def test_the_rows_of_a_group_come_in_pages(editor, tree, emulator):
    ids = emulator.portfolios(tree.service_id, 60)
    load = sort(editor, bring(editor, csv(HEAD, *([f"{tree.collection_id}/{tree.service_id}/{i}", "x"] for i in ids))))
    page = read(
        editor.get(f"{FILES}{load.pk}/?group=edit&page=2", headers={"HX-Request": "true", "HX-Target": "results"})
    )
    assert [row[1] for row in page.rows] == [str(n) for n in range(52, 62)]
    assert page.all("main") == []


def test_what_a_row_sets_is_said(editor, load):
    page = page_of(editor, sort(editor, load), "?group=edit")
    assert page.by_id("rows").head[-1] == "What it sets"
    assert page.by_id("rows").rows[0][-1] == "Public note Note 0"


def test_while_its_rows_are_sorted_the_page_asks_again_and_then_no_more(editor, load):
    send_columns(editor, load)
    page = page_of(editor, load)
    assert page.by_id("progress").attrs["hx-trigger"] == "every 2s"
    sorted_now(load)
    part = read(editor.get(f"{FILES}{load.pk}/", headers={"HX-Request": "true", "HX-Target": "state"}))
    assert part.all("main") == []
    assert groups(part) == {"Changes": 5}
    assert [one for one in part if one.attrs.get("hx-trigger") == "every 2s"] == []


def test_a_paused_job_is_for_a_person_and_not_waited_for(editor, load):
    send_columns(editor, load)
    editor.post(f"/jobs/{Job.objects.get().pk}/pause/")
    progress = page_of(editor, load).by_id("progress")
    assert "paused" in progress.text
    assert "hx-trigger" not in progress.attrs


def test_who_sees_the_page_need_not_be_told_that_it_was_read(editor, load):
    sort(editor, load)
    assert "is over" not in page_of(editor, load).text.split("Files")[0]
    assert Job.objects.get().is_told


def test_where_its_rows_could_not_be_sorted_it_says_why_and_can_be_tried_again(editor, load, monkeypatch):
    send_columns(editor, load)
    monkeypatch.setattr(reading, "MOST_ROWS", 2)
    load = sorted_now(load)
    page = page_of(editor, load)
    text = page.one("section", "bad").text
    assert "at most. Divide it" in text
    assert "Nothing was changed in Alma" in text
    monkeypatch.undo()
    assert "Try again" in [button.text for button in page.all("button")]
    editor.post(f"{FILES}{load.pk}/again/")
    assert sorted_now(load).counts == {"edit": 5}


def test_a_second_try_waits_for_the_first(editor, load):
    send_columns(editor, load)
    editor.post(f"{FILES}{load.pk}/again/")
    assert Job.objects.count() == 1


# whose it is


def test_the_list_has_ones_own_files_and_an_administrators_all(editor, load, admin, sign_in, django_user_model):
    other = sign_in("e-resources", "viewer")
    assert [row[0] for row in read(editor.get(FILES)).by_id("results").rows] == ["changes.csv rows of a table"]
    assert "No file was loaded yet" in read(other.get(FILES)).by_id("results").text
    assert len(read(admin.get(FILES)).by_id("results").rows) == 1
    assert other.get(f"{FILES}{load.pk}/").status_code == 404
    assert other.get(f"{FILES}{load.pk}/columns/").status_code == 404
    assert other.get(f"{FILES}{load.pk}/rows.csv").status_code == 404


def test_an_administrator_looks_and_does_nothing_with_it(editor, load, admin):
    assert send_columns(admin, load).status_code == 403
    sort(editor, load)
    page = page_of(admin, load)
    assert groups(page) == {"Changes": 5}
    assert [one.attrs["action"] for one in page.all("form", method="post")] == ["/accounts/logout/"]
    for act in ("job", "again", "remove", "decisions"):
        assert admin.post(f"{FILES}{load.pk}/{act}/", {"group": "edit", "deed": "edit all"}).status_code == 403
    assert Load.objects.count() == 1


def test_its_owner_can_remove_it(editor, load):
    sort(editor, load)
    response = editor.post(f"{FILES}{load.pk}/remove/")
    assert response.url == FILES
    assert Load.objects.count() == 0
    assert Job.objects.count() == 1


def test_who_comes_back_to_where_something_was_sent_comes_to_the_file(editor, load):
    assert editor.get(f"{FILES}{load.pk}/job/").url == f"{FILES}{load.pk}/"
