"""Files as people bring them through the pages, and their rows sorted as a worker does it."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from almaportal.jobs.control import OVER
from almaportal.jobs.models import Job
from almaportal.jobs.work import work
from ecollections.models import Load
from tests.portal.reading import Element, read

FILES = "/ecollections/files/"


def csv(*rows: list[str], name: str = "changes.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "".join(",".join(row) + "\n" for row in rows).encode(), "text/csv")


def bring(client: Client, file: Any, **more: str) -> Load:
    response = client.post(FILES, {"what": "portfolio", "file": file, **more})
    assert response.status_code == 302, read(response).text
    load = Load.objects.latest("pk")
    assert response.url == f"{FILES}{load.pk}/columns/"
    return load


def selects(page: Element) -> dict[str, str]:
    """Name → what is chosen."""
    return {
        one.attrs["name"]: next((o.attrs.get("value", o.text) for o in one.all("option") if "selected" in o.attrs), "")
        for one in page.all("select")
    }


def send_columns(client: Client, load: Load, **changed: str) -> Any:
    """Press “Check the rows”, with what the form shows."""
    address = f"{FILES}{load.pk}/columns/"
    return client.post(address, selects(read(client.get(address))) | changed)


def worked_off(job: Job) -> Job:
    """What a worker does with a job that needs nobody."""
    for _n in range(20):
        job.refresh_from_db()
        if job.state in (*OVER, Job.State.WAITING, Job.State.PAUSED):
            return job
        work(job.pk)
    raise AssertionError(job.state)


def sort(client: Client, load: Load) -> Load:
    """Loaded as the portal guessed, and its rows sorted."""
    assert send_columns(client, load).status_code == 302
    return sorted_now(load)


def sorted_now(load: Load) -> Load:
    load = Load.objects.get(pk=load.pk)
    assert load.job is not None
    worked_off(load.job)
    return Load.objects.get(pk=load.pk)


def groups(page: Element) -> dict[str, int]:
    """Words of each group that has rows → how many."""
    rows = page.one("table", "loadgroups").one("tbody").all("tr")
    return {row.one("span", "status").text.split(" ", 1)[1]: int(row.one("b").text) for row in rows}


def press(client: Client, load: Load, group: str, deed: str, **more: Any) -> Any:
    """A button of a group: “edit all”, “create ticked”, …; on the page of the rows as `load` has them sorted."""
    data = {"group": group, "deed": deed, "sorted": str(load.job_id), **more}
    return client.post(f"{FILES}{load.pk}/job/", data)
