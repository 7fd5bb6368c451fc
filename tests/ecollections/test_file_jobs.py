"""The groups of a file's rows become jobs: all of a group, the ticked rows, or all but those."""

import pytest

from almaportal.jobs.models import Job
from ecollections.models import Load
from tests.ecollections.bringing import FILES, bring, csv, press, sort
from tests.ecollections.conftest import tree as tree
from tests.jobs.places import done, mms_ids
from tests.jobs.places import local as local
from tests.portal.reading import read

pytestmark = pytest.mark.thorough

HEAD = ["Path", "Public note", "Action", "MMS ID", "Availability", "Service ID"]


@pytest.fixture
def editor(sign_in):
    return sign_in("e-resources")


@pytest.fixture
def load(editor, local, emulator):
    """Three changes, two new portfolios and two to be deleted."""
    changes = [[path, f"Note {n}", "", "", "", ""] for n, path in enumerate(local.paths[:3])]
    new = [["", "", "create", mms_id, "11", local.service] for mms_id in mms_ids(emulator, 2)]
    gone = [[path, "", "delete", "", "", ""] for path in local.paths[3:5]]
    load = sort(editor, bring(editor, csv(HEAD, *changes, *new, *gone)))
    assert load.counts == {"edit": 3, "create": 2, "delete": 2}
    return load


def made(response):
    job = Job.objects.latest("pk")
    assert (response.status_code, response.url) == (302, f"/jobs/{job.pk}/")
    return job


def page_of(client, load, query=""):
    return read(client.get(f"{FILES}{load.pk}/{query}"))


def test_changes_become_a_job_that_is_reviewed_and_then_done(editor, load, local, emulator):
    job = made(press(editor, load, "edit", "edit all"))
    assert (job.kind, job.params["load"], job.params["file"]) == ("load-portfolios", load.pk, "changes.csv")
    assert [row["set"] for row in job.targets] == [{"public_note": f"Note {n}"} for n in range(3)]
    assert done(job).state == "done"
    assert emulator.record("portfolio", local.ids[1])["public_note"] == "Note 1"


def test_new_portfolios_become_a_job_that_makes_them(editor, load, local, emulator):
    job = made(press(editor, load, "create", "create all"))
    assert job.kind == "create-portfolios"
    expected = [{"mms_id": one, "to": local.service, "set": {"availability": "11"}} for one in mms_ids(emulator, 2)]
    assert job.targets == expected
    assert done(job).state == "done"
    assert len(emulator.portfolios(local.service_id)) == 9


def test_new_portfolios_go_to_the_service_that_was_said_with_the_file(editor, local, emulator):
    [mms_id] = mms_ids(emulator, 1)
    load = sort(editor, bring(editor, csv(["MMS ID", "Availability"], [mms_id, "11"]), to=local.service))
    assert load.counts == {"create": 1}
    assert made(press(editor, load, "create", "create all")).targets[0]["to"] == local.service


def test_deletions_become_a_job_once_it_is_said_what_becomes_of_the_titles(editor, load, local):
    page = page_of(editor, load, "?group=delete")
    chosen = [one.attrs["value"] for one in page.by_id("selection").all("input", name="bib") if "checked" in one.attrs]
    assert chosen == ["retain"]
    job = made(press(editor, load, "delete", "delete all", bib="suppress"))
    assert (job.kind, job.params["bib"], job.targets) == ("delete-portfolios", "suppress", local.paths[3:5])


@pytest.mark.parametrize("bib", ["", "nonsense"])
def test_without_that_nothing_is_made(editor, load, bib):
    response = press(editor, load, "delete", "delete all", bib=bib)
    assert response.status_code == 422
    assert "Say first what becomes of titles" in read(response).one("section", "bad").text
    assert Job.objects.exclude(kind="sort-file").count() == 0


@pytest.mark.parametrize(("which", "notes"), [("ticked", ["Note 1", "Note 2"]), ("others", ["Note 0"])])
def test_ticked_rows_alone_or_all_but_those(editor, load, which, notes):
    page = page_of(editor, load, "?group=edit")
    _first, second, third = (one.attrs["value"] for one in page.all("input", name="pick"))
    job = made(press(editor, load, "edit", f"edit {which}", pick=[second], more=f"{third} x"))
    assert [row["set"]["public_note"] for row in job.targets] == notes


def test_nothing_ticked_is_refused(editor, load):
    response = press(editor, load, "edit", "edit ticked")
    assert response.status_code == 422
    assert "There is nothing to do it to" in read(response).one("section", "bad").text


def test_rows_of_another_group_cannot_be_smuggled_in(editor, load):
    other = load.rows.filter(group="delete").first()
    assert press(editor, load, "edit", "edit ticked", pick=[str(other.pk)]).status_code == 422


def test_a_second_click_makes_no_second_job(editor, load):
    first = made(press(editor, load, "create", "create all"))
    assert press(editor, load, "create", "create all").url == f"/jobs/{first.pk}/"
    assert Job.objects.filter(kind="create-portfolios").count() == 1


def test_once_it_is_over_there_can_be_another(editor, load):
    first = made(press(editor, load, "create", "create all"))
    editor.post(f"/jobs/{first.pk}/stop/")
    done_with = Job.objects.get(pk=first.pk)
    Job.objects.filter(pk=done_with.pk).update(state="stopped")
    assert made(press(editor, load, "create", "create all")).pk != first.pk


@pytest.mark.parametrize(
    ("group", "deed"), [("wrong", "edit all"), ("edit", "delete all"), ("edit", "edit"), ("nonsense", "edit all")]
)
def test_what_is_no_button_of_the_page_is_refused(editor, load, group, deed):
    assert press(editor, load, group, deed).status_code == 400


def test_before_its_rows_are_sorted_there_is_no_job(editor, load):
    Load.objects.update(counts=None)
    assert press(editor, load, "edit", "edit all").status_code == 422
    assert not Job.objects.exclude(kind="sort-file").exists()


def test_its_jobs_are_listed_with_their_state_and_lead_back(editor, load):
    assert [one for one in page_of(editor, load) if one.attrs.get("id") == "jobs"] == []
    job = made(press(editor, load, "edit", "edit all"))
    [row] = page_of(editor, load).by_id("jobs").rows
    assert "Changes of 3 records from changes.csv" in row[0]
    assert "finding the records" in row[1]
    assert read(editor.get(f"/jobs/{job.pk}/")).links["changes.csv"] == f"{FILES}{load.pk}/"


def test_ticks_belong_to_one_sorting_of_one_group(editor, load):
    lists = [
        page_of(editor, load, f"?group={group}").by_id("selection").attrs["data-list"] for group in ("edit", "delete")
    ]
    assert len(set(lists)) == 2
    assert all(str(load.job_id) in one for one in lists)


@pytest.mark.parametrize("which", ["all", "ticked", "others"])
def test_what_was_chosen_before_its_rows_were_sorted_anew_counts_no_more(editor, load, which):
    ticked = page_of(editor, load, "?group=delete").all("input", name="pick")[0].attrs["value"]
    sort(editor, load)
    response = press(editor, load, "delete", f"delete {which}", bib="retain", pick=[ticked])
    assert response.status_code == 422
    assert "sorted anew" in read(response).one("section", "bad").text
    assert not Job.objects.exclude(kind="sort-file").exists()


def test_the_page_says_which_sorting_it_shows(editor, load):
    said = [one.attrs["value"] for one in page_of(editor, load).all("input", name="sorted")]
    assert len(said) >= 4
    assert set(said) == {str(load.job_id)}


def test_a_second_click_on_ticked_rows_makes_no_second_job(editor, load):
    ticked = [one.attrs["value"] for one in page_of(editor, load, "?group=edit").all("input", name="pick")]
    first = made(press(editor, load, "edit", "edit ticked", pick=ticked[:2]))
    assert press(editor, load, "edit", "edit ticked", pick=ticked[:2]).url == f"/jobs/{first.pk}/"
    assert made(press(editor, load, "edit", "edit ticked", pick=ticked[1:])).pk != first.pk


def test_another_choice_for_the_titles_is_another_job(editor, load):
    first = made(press(editor, load, "delete", "delete all", bib="retain"))
    other = made(press(editor, load, "delete", "delete all", bib="suppress"))
    assert (first.params["bib"], other.params["bib"]) == ("retain", "suppress")
