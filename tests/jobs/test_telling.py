"""What tells people that a job of theirs is over or waits for them: every page, and a mail where they want one."""

import logging

import pytest
from django.core.mail.backends.base import BaseEmailBackend

from almaportal.jobs import control
from almaportal.jobs.models import Job
from almaportal.jobs.telling import tell
from tests.ecollections.conftest import tree as tree
from tests.jobs.making import make
from tests.jobs.test_edit_jobs import run
from tests.portal.quick import _quick_pages as _quick_pages
from tests.portal.reading import read

S = Job.State
FAILING = [OSError("no route"), ConnectionRefusedError(), UnicodeEncodeError("idna", "x", 0, 1, "no")]


class Broken(BaseEmailBackend):
    """A mail server that never takes anything."""

    error: Exception = OSError()

    def send_messages(self, messages):
        raise self.error


def notices(client, address="/"):
    return [one.all("span")[1].text for one in read(client.get(address)).all("section", cls="slim")]


def counter(client):
    links = {one.text.split(" ")[0]: one.text for one in read(client.get("/")).one("nav", cls="rail").all("a")}
    return links["Jobs"].removeprefix("Jobs").strip()


# --- On the pages


def test_a_job_that_is_over_is_said_on_the_next_page_with_its_counts(editor, owner):
    items = [{"state": "done"}] * 3 + [{"state": "failed"}]
    job = make(owner, S.DONE_WITH_ERRORS, items=items, title="Set a note")
    for address in ("/", "/changes/", "/nowhere/"):
        assert notices(editor, address) == [f"Job {job.pk} “Set a note” is over, done with errors: 3 done, 1 failed."]


def test_who_has_seen_the_job_is_told_no_more(editor, owner):
    job = make(owner, S.DONE, items=[{"state": "done"}])
    link = read(editor.get("/")).links["Look at it"]
    assert link == f"/jobs/{job.pk}/"
    assert notices(editor, link) == []
    assert notices(editor) == []


def test_a_notice_is_dismissed_and_one_stays_on_the_page(editor, owner):
    job = make(owner, S.DONE)
    form = read(editor.get("/changes/?state=unsure")).one("section", cls="slim").one("form")
    back = form.one("input", name="next").attrs["value"]
    response = editor.post(form.attrs["action"], {"next": back})
    assert (form.attrs["action"], response.url) == (f"/jobs/{job.pk}/dismiss/", "/changes/?state=unsure")
    assert notices(editor) == []


def test_all_notices_are_dismissed_at_once_but_no_job_that_changes_later(editor, owner, sign_in):
    for state in (S.DONE, S.READY, S.FAILED, S.DONE):
        job = make(owner, state)
    running = make(owner, S.RUNNING)
    form = read(editor.get("/")).one("form", cls="dismissing")
    response = editor.post(form.attrs["action"], {"next": "/usage/"})
    assert (notices(editor), response.url) == ([], "/usage/")
    Job.objects.filter(pk=running.pk).update(state=S.DONE)
    assert [one.split()[1] for one in notices(editor)] == [str(running.pk)]
    assert Job.objects.get(pk=job.pk).is_told


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "", "\\evil"])
def test_dismissing_leads_to_no_other_site(editor, owner, back):
    response = editor.post(f"/jobs/{make(owner, S.DONE).pk}/dismiss/", {"next": back})
    assert response.url == "/jobs/"


def test_jobs_that_wait_for_their_owner_are_said(editor, owner):
    ready = make(owner, S.READY, "review", title="A")
    paused = make(owner, S.PAUSED, title="B", message="Alma does not let this portal in.")
    make(owner, S.PAUSED, title="paused by a person")
    make(owner, S.DRAFT, "review")
    assert notices(editor) == [
        f"Job {paused.pk} “B” is paused: Alma does not let this portal in.",
        f"Job {ready.pk} “A” is reviewed: it can be started.",
    ]


def test_a_job_that_asks_how_far_to_look_is_said(editor, owner):
    draft = make(owner, S.DRAFT, "review", [{}] * 300, asks=True, title="C")
    make(owner, S.DRAFT, "review", title="asks nothing")
    assert notices(editor) == [f"Job {draft.pk} “C” asks how many of its records shall be looked at."]
    editor.get(f"/jobs/{draft.pk}/")
    assert notices(editor) == []
    editor.post(f"/jobs/{draft.pk}/review/", {"extent": "all"})
    Job.objects.update(state=S.READY)
    assert notices(editor)[0].endswith("it can be started."), "what came of it is news"


def test_a_tab_that_was_left_open_has_seen_nothing(editor, owner):
    job = make(owner, S.DONE, items=[{"state": "done"}])
    for address in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/?shown=run-moving"):
        editor.get(address, headers={"HX-Request": "true"})
    assert len(notices(editor)) == 1
    editor.get(f"/jobs/{job.pk}/")
    assert notices(editor) == []


def test_the_records_of_a_large_job_are_not_counted_for_every_page(editor, owner):
    large = make(owner, S.DONE, items=[{"state": "done"}, {"state": "done", "position": 5000}], title="L")
    small = make(owner, S.DONE, items=[{"state": "done"}, {"state": "done", "position": 4999}], title="S")
    empty = make(owner, S.DONE, title="E")
    assert notices(editor) == [
        f"Job {empty.pk} “E” is over, done: there was nothing to do.",
        f"Job {small.pk} “S” is over, done: 2 done.",
        f"Job {large.pk} “L” is over, done.",
    ]


def test_a_job_that_was_told_as_ready_is_told_again_at_its_end(editor, owner, tree):
    target = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    note = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}
    job = run(control.submit("edit-portfolios", [target], note, owner))
    assert len(notices(editor)) == 1
    editor.get(f"/jobs/{job.pk}/")
    assert notices(editor) == []
    editor.post(f"/jobs/{job.pk}/start/", {"when": "now", "review_key": job.review_key})
    run(job, (S.DONE,))
    (said,) = notices(editor)
    assert said.endswith("is over, done: 1 done.")


def test_of_many_the_newest_are_said(editor, owner):
    jobs = [make(owner, S.DONE) for _n in range(5)]
    assert [one.split()[1] for one in notices(editor)] == [str(job.pk) for job in reversed(jobs[2:])]
    assert read(editor.get("/")).links["More of your jobs are over or wait for you"] == "/jobs/"


def test_nobody_is_told_about_the_jobs_of_others(admin, sign_in, owner):
    job = make(owner, S.DONE)
    assert notices(admin) == []
    assert notices(sign_in("viewer")) == []
    admin.get(f"/jobs/{job.pk}/")
    admin.post(f"/jobs/{job.pk}/dismiss/")
    job.refresh_from_db()
    assert not job.is_told, "that is the owner's"


def test_the_navigation_counts_ones_own_jobs_and_everybodys_for_administrators(editor, admin, owner, django_user_model):
    assert counter(editor) == ""
    for state in (S.RUNNING, S.QUEUED, S.STOPPING, S.WAITING, S.PAUSED, S.DONE):
        make(owner, state, is_told=True)
    assert counter(editor) == counter(admin) == "3 under way"
    make(django_user_model.objects.get(username="administrator"), S.RUNNING)
    assert counter(editor) == "3 under way"
    assert counter(admin) == "4 under way"


def test_a_fragment_asks_nothing_about_jobs(editor, owner, django_assert_max_num_queries):
    make(owner, S.DONE)
    page = read(editor.get("/changes/", headers={"HX-Request": "true"}))
    assert "is over" not in page.text


# --- By mail


@pytest.fixture
def job(owner, settings):
    settings.EMAIL_HOST, settings.PORTAL_URL = "mail.example.edu", "https://portal.example.edu"
    owner.email = "owner@example.edu"
    owner.save()
    items = [{"state": "done", "title": "Secret title"}] * 1
    return make(owner, S.DONE, items=items, mails=True, title="Secret job")


def test_a_mail_says_how_it_ended_and_where(job, mailoutbox):
    tell(job)
    (mail,) = mailoutbox
    assert mail.to == ["owner@example.edu"]
    assert mail.subject == f"Job {job.pk}: done"
    assert f"\nhttps://portal.example.edu/jobs/{job.pk}/\n" in mail.body
    assert "1 done, 0 needed no change, 0 left out." in mail.body
    assert len(mail.body.splitlines()) == 5
    assert "Secret" not in mail.subject + mail.body


def test_without_the_portals_address_a_mail_names_the_number_only(job, settings, mailoutbox):
    settings.PORTAL_URL = ""
    tell(job)
    assert f"Job {job.pk} is over" in mailoutbox[0].body
    assert "/jobs/" not in mailoutbox[0].body


def test_nobody_gets_a_mail_who_did_not_ask_has_no_address_or_no_server(job, owner, settings, mailoutbox):
    Job.objects.update(mails=False)
    tell(job)
    Job.objects.update(mails=True)
    settings.EMAIL_HOST = ""
    tell(job)
    settings.EMAIL_HOST = "mail.example.edu"
    owner.email = ""
    owner.save()
    tell(job)
    Job.objects.update(user=None)
    tell(job)
    assert mailoutbox == []


@pytest.mark.parametrize("error", FAILING)
def test_a_mail_server_that_fails_harms_nothing(job, settings, monkeypatch, caplog, error):
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    monkeypatch.setattr(Broken, "error", error)
    with caplog.at_level(logging.WARNING):
        tell(job)
    assert f"The mail about job {job.pk} could not be sent" in caplog.text
    assert "owner@" not in caplog.text


def test_a_mail_is_offered_where_there_is_a_server_and_an_address(editor, owner, settings, job, admin):
    ready = make(owner, S.READY, "review", [{"verdict": "changes"}])
    assert "Send a mail to owner@example.edu when it is over" in read(editor.get(f"/jobs/{ready.pk}/")).text
    assert "Send a mail" not in read(admin.get(f"/jobs/{ready.pk}/")).text, "it goes to the owner"
    settings.EMAIL_HOST = ""
    assert "Send a mail" not in read(editor.get(f"/jobs/{ready.pk}/")).text


def test_from_the_start_to_one_mail_at_the_end(editor, owner, tree, job, mailoutbox):
    target = f"{tree.collection_id}/{tree.service_id}/{tree.portfolio_id}"
    note = {"actions": [{"path": "public_note", "do": "set", "value": "New"}]}
    made = run(control.submit("edit-portfolios", [target], note, owner))
    editor.post(f"/jobs/{made.pk}/start/", {"when": "now", "review_key": made.review_key, "mails": "on"})
    run(made, (S.DONE,))
    assert [mail.subject for mail in mailoutbox] == [f"Job {made.pk}: done"]
