"""The pages of bulk edits and jobs: nothing that axe finds wrong, and nothing cut off, with texts that never break."""

import pytest
from playwright.sync_api import expect

from almaportal.jobs.models import Recipe
from tests.browser.test_axe import FAILED, UNBROKEN, axe, change_in_alma, check_all
from tests.browser.test_create_delete import button
from tests.jobs.making import NOON, NOTE, make

__all__ = ["axe"]
pytestmark = pytest.mark.browser
BEFORE, AFTER = {"public_note": UNBROKEN}, {"public_note": "New"}
DONE = {"state": "done", "verdict": "changes", "title": UNBROKEN, "before": BEFORE, "after": AFTER}
MISSED = {"state": "failed", "verdict": "changes", "code": "60123", "tracking_id": "E01-2201", "message": UNBROKEN}
LOOKED_AT = [
    DONE | {"state": "pending"},
    {"verdict": "same", "title": "A title"},
    {"verdict": "refused", "message": UNBROKEN},
    {"verdict": "missing", "code": "60123"},
]


def job_in(state, person):
    """A job of this person that stands so."""
    match state:
        case "draft":
            return make(person, "draft", "review", [{}] * 201, asks=True)
        case "ready":
            given = {"lines": 6, "duplicates": 1, "first_duplicates": ["53100000000004711"]}
            params = NOTE | {"given": given, "expected": 9, "found": 4}
            return make(person, "ready", "review", [*LOOKED_AT, {}], title=UNBROKEN, params=params, sample=4)
        case "plan":
            row = {"path": "61100000140004711/62100000110004711", "title": UNBROKEN, "portfolios": 7}
            rows = [row | {"depth": 0, "kind": "collection"}, row | {"depth": 1, "kind": "service"}]
            tree = {"rows": rows, "portfolios": 7, "services": 1, "collections": 1}
            more = {"kind": "delete-tree", "params": {"bib": "delete"}, "tree": tree}
            return make(person, "ready", "review", LOOKED_AT[:1], **more)
        case "running":
            items = [DONE, LOOKED_AT[0], MISSED | {"state": "unsure"}]
            return make(person, "running", items=items, calls=5, speed=9.5, claimed_by="a worker", heartbeat=NOON)
        case "waiting":
            return make(person, "waiting", items=LOOKED_AT[:1], wait_until=NOON, message=f"{UNBROKEN}.")
    items = [DONE, MISSED, {"state": "skipped", "verdict": "refused", "message": UNBROKEN}]
    return make(person, "done with errors", items=items, title=UNBROKEN, reason=UNBROKEN, calls=5, finished=NOON)


@pytest.mark.parametrize("state", ["draft", "ready", "plan", "running", "waiting", "done"])
def test_a_job(axe, wide, person, state):
    wide.clock.install()  # nothing is asked again meanwhile
    job = job_in(state, person)
    wide.goto(f"/jobs/{job.pk}/")
    expect(wide.locator("#state")).to_be_visible()
    check_all(axe, wide, f"job: {state}")


def test_the_jobs_and_the_records_of_one(axe, wide, person):
    jobs = [job_in(state, person) for state in ("done", "ready", "running", "done", "done")]
    wide.goto("/jobs/?state=nonsense")
    expect(wide.get_by_role("alert").filter(has_text="makes no sense")).to_be_visible()
    expect(wide.locator(".notice").filter(has_text="is over, done with errors")).to_have_count(2)
    check_all(axe, wide, "jobs, with notices")
    wide.goto(f"/jobs/{jobs[0].pk}/items/")
    expect(wide.locator("tbody tr")).to_have_count(3)
    check_all(axe, wide, "records of a job")


def test_the_rows_ticked_and_the_form_of_a_bulk_edit(axe, wide, addresses, emulator, watch):
    watch.allow(FAILED)
    change_in_alma(emulator, addresses["portfolio"], public_note=UNBROKEN)
    wide.goto(f"{addresses['service']}?size=20")
    wide.get_by_role("checkbox", name="Select all on this page").check()
    expect(wide.locator("#selection [data-some]")).to_be_visible()
    check_all(axe, wide, "rows ticked")
    button(wide, "Bulk edit…").click()
    wide.get_by_label("Condition 1: value").fill(UNBROKEN)
    wide.get_by_label("Public note", exact=True).select_option("replace text")
    wide.get_by_label("Availability", exact=True).select_option("set to")
    button(wide, "Review…").click()
    expect(wide.locator("#wrong")).to_be_visible()
    wide.get_by_text("Save these actions as a recipe").click()
    check_all(axe, wide, "bulk edit with what is wrong")


def test_a_list_of_ids_and_the_recipes(axe, wide, person, grace, watch):
    watch.allow(FAILED)
    for owner, name in ((person, UNBROKEN[:100]), (grace, "Hers")):
        Recipe.objects.create(
            name=name, owner=owner, kind="edit-portfolios", params=NOTE, is_shared=True, is_locked=True, changed=NOON
        )
    wide.goto("/ecollections/recipes/")
    check_all(axe, wide, "recipes")
    wide.goto("/ecollections/bulk/")
    wide.get_by_label("IDs, one a line").fill(f"{UNBROKEN}\n5.31E+16")
    button(wide, "Continue").click()
    expect(wide.get_by_role("alert").filter(has_text="There is no ID in it")).to_be_visible()
    check_all(axe, wide, "a list without an ID")
    wide.get_by_label("IDs, one a line").fill(f"53100000000004711\n53100000000004711\n{UNBROKEN}\n62999999999999999")
    button(wide, "Continue").click()
    expect(wide.locator("h1")).to_contain_text("Bulk edit: ")
    check_all(axe, wide, "bulk edit of a list")


def test_several_portfolios_at_once(axe, wide, addresses, watch):
    watch.allow(FAILED)
    wide.goto(f"{addresses['service']}portfolios/several/")
    wide.get_by_label("MMS IDs, one a line").fill(UNBROKEN)
    button(wide, "Review new portfolios…").click()
    expect(wide.get_by_role("alert").filter(has_text="Nothing was sent")).to_be_visible()
    check_all(axe, wide, "several, with what is wrong")


def test_deleting_the_ticked_rows(axe, wide, addresses, emulator):
    wide.goto(f"{addresses['service']}?size=20")
    wide.get_by_role("checkbox", name="Select all on this page").check()
    button(wide, "Delete…").click()
    expect(wide.locator("h1")).to_have_text("Delete 20 portfolios")
    check_all(axe, wide, "delete ticked rows")
