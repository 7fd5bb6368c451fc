"""What people do with jobs: submit, review, start, pause, go on, stop, try again, undo. Pages and the command line both
come here."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.jobs.events import note
from almaportal.jobs.kinds import KINDS, Kind
from almaportal.jobs.models import Item, Job
from almaportal.jobs.queue import enqueue

S = Job.State
OVER = (S.DONE, S.DONE_WITH_ERRORS, S.STOPPED, S.FAILED)
DOES = "does"  # of Job.params: what the job does, in sentences, as they were true when it was made
LARGE = 200  # records: from there on looking at a sample saves something
UNDER_WAY = (S.QUEUED, S.RUNNING, S.STOPPING)


class Refused(Exception):
    """Why it cannot be done, in sentences. Nothing was done."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences))


def submit(
    kind: str,
    targets: list[Any],
    params: dict[str, Any],
    user: Any,
    reason: str = "",
    sample: int | None = None,
    asks: bool = False,
) -> Job:
    """A new job, whose records are found and looked at in the background; nothing is changed before `start`.

    sample: how many records the review looks at, None for all; asks: where they are many, it waits as a draft, once
    they are found, until `review` is called. Raises Refused, PermissionDenied.
    """
    found = _kind(kind, user)
    if wrong := found.check(targets, params):
        raise Refused(*wrong)
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            title=found.title(targets, params)[:200],
            targets=targets,
            params=_told(found, params),
            user=user,
            who=user.get_username(),
            reason=reason[:300],
            sample=sample,
            asks=asks,
            state=S.QUEUED,
            created=clock.moment(),
        )
        note(job, _("Submitted."), job.who)
        enqueue(job.pk)
    return job


def _told(kind: Kind, params: dict[str, Any]) -> dict[str, Any]:
    sentences = kind.does(params)
    return {**params, DOES: sentences} if sentences else params


def _kind(name: str, user: Any) -> Kind:
    found = KINDS.get(name)
    if found is None:
        raise Refused(_("There is no job of the kind “%s”.") % name)
    if not user.has_perm(found.may):
        raise PermissionDenied
    return found


def change(job: Job, params: dict[str, Any], user: Any, reason: str = "") -> None:
    """Ask for something else of the same records, before the start: what was reviewed counts no more."""
    if wrong := _kind(job.kind, user).check(job.targets, params):
        raise Refused(*wrong)
    title = KINDS[job.kind].title(job.targets, params)[:200]
    fields = {
        "params": _told(KINDS[job.kind], params),
        "reason": reason[:300],
        "title": title,
        "review_key": "",
        "sample": None,
    }
    phase = Job.Phase.REVIEW if job.phase == Job.Phase.RUN else job.phase
    with transaction.atomic():
        if not _move(job, (S.READY, S.DRAFT), S.DRAFT, phase=phase, is_told=False, **fields):
            raise Refused(_("It can only be changed before it is started, and not while it is being reviewed."))
        _forget_the_review(job)
        note(job, _("Changed: it is to be reviewed again."), user.get_username())
        if not asks_how_far(job):
            _move(job, (S.DRAFT,), S.QUEUED)


def asks_how_far(job: Job) -> bool:
    """Whether a person is asked how many of the records shall be reviewed."""
    return job.asks and job.items.filter(verdict="").count() > LARGE


def review(job: Job, sample: int | None, who: str = "") -> None:
    """Look at the records, all or a sample of so many; at those that were looked at once more only when all were.
    Raises Refused."""
    whole = job.state == S.READY and job.sample is None
    with transaction.atomic():
        if not _move(job, (S.DRAFT, S.READY), S.DRAFT, sample=sample, phase=Job.Phase.REVIEW, review_key=""):
            raise Refused(_("It can only be reviewed before it is started."))
        if whole:
            _forget_the_review(job)
        _move(job, (S.DRAFT,), S.QUEUED)
        text = _("Review of all records.") if sample is None else _("Review of a sample of %d records.") % sample
        note(job, text, who)


def _forget_the_review(job: Job) -> None:
    looked_at = job.items.exclude(verdict=Item.Verdict.MISSING)
    looked_at.update(verdict="", message="", code="", before=None, after=None, kept=None, tries=0)


def start(job: Job, at: datetime | None = None, who: str = "", review_key: str | None = None) -> None:
    """Begin the run, now or at a time.

    review_key: of the review that the person saw. Raises Refused unless that one is complete and still holds.
    """
    if review_key is not None and review_key != job.review_key:
        raise Refused(_("The job was changed or reviewed again since this page was shown. Look at it once more."))
    now = clock.moment()
    later = at if at and at > now else None
    fields = {"phase": Job.Phase.RUN, "started": later or now, "wait_until": later, "message": ""}
    with transaction.atomic():
        ready = Job.objects.filter(pk=job.pk, review_key=job.review_key, state=S.READY).exists()
        state = S.WAITING if later else S.QUEUED
        if not ready or not _move(job, (S.READY,), state, **fields):
            raise Refused(_("It can only be started once its review is complete, and only once."))
        job.items.update(tries=0)
    note(job, _("Started.") if state == S.QUEUED else _("To be started at %s GMT.") % f"{at:%Y-%m-%d %H:%M}", who)


def pause(job: Job, who: str = "") -> None:
    if not _move(job, (S.QUEUED, S.RUNNING, S.WAITING), S.PAUSED):
        raise Refused(_("Only a job that is queued, running or waiting can be paused."))
    note(job, _("Paused."), who)


def resume(job: Job, who: str = "") -> None:
    scheduled = job.state == S.PAUSED and not job.message and job.wait_until and job.wait_until > clock.moment()
    moved = scheduled and _move(job, (S.PAUSED,), S.WAITING)
    if not moved and not _move(job, (S.PAUSED, S.WAITING), S.QUEUED, message="", wait_until=None):
        raise Refused(_("Only a paused or waiting job can go on."))
    note(job, _("Resumed."), who)


def stop(job: Job, who: str = "") -> None:
    """What is not done yet is left out for good. A worker that has the job ends its items first."""
    if not _move(job, (S.DRAFT, S.READY, S.QUEUED, S.RUNNING, S.PAUSED, S.WAITING), S.STOPPING):
        raise Refused(_("It is over already, or stopping."))
    note(job, _("Stopped."), who)


def can_be_retried(job: Job) -> bool:
    if job.state not in OVER:
        return False
    again = job.items.filter(is_final=False, state__in=(Item.State.FAILED, Item.State.SKIPPED))
    return again.exists() or job.items.filter(state=Item.State.UNSURE).exists()


def retry(job: Job, who: str = "") -> None:
    """What failed and is not Alma's last word is tried again; what is unsure is looked at again."""
    with transaction.atomic():
        to = S.DRAFT if job.phase == Job.Phase.REVIEW and asks_how_far(job) else S.QUEUED
        if not can_be_retried(job) or not _move(job, OVER, to, finished=None, message="", is_told=False):
            raise Refused(_("There is nothing that could be tried again."))
        again = job.items.filter(is_final=False, state__in=(Item.State.FAILED, Item.State.SKIPPED))
        again.update(state=Item.State.PENDING, tries=0, message="", code="", tracking_id="")
        job.items.filter(state=Item.State.UNSURE).update(state=Item.State.SENT, tries=0)
        note(job, _("Tried again."), who)


def can_be_undone(job: Job) -> bool:
    """Whether it is over and left something in Alma that can be taken back."""
    return job.state in OVER and job.kind in KINDS and KINDS[job.kind].can_be_undone(job)


def undo(job: Job, user: Any, reason: str = "", asks: bool = False) -> Job:
    """A job of its own that takes this one back, reviewed before it starts like any other."""
    found = KINDS[job.kind].undo(job) if job.kind in KINDS else None
    if job.state not in OVER or found is None:
        raise Refused(_("There is nothing to take back, or the job is not over."))
    kind, targets, params = found
    with transaction.atomic():
        if other := job.undone_by.exclude(state__in=(S.STOPPED, S.FAILED)).first():
            raise Refused(_("Job %d takes it back already.") % other.pk)
        made = submit(kind, targets, params, user, reason or _("Undo of job %d") % job.pk, asks=asks)
        Job.objects.filter(pk=made.pk).update(undoes=job, title=_("Undo of job %d") % job.pk)
        note(job, _("Job %d takes it back.") % made.pk, user.get_username())
    return made


def counts(job: Job) -> dict[str, int]:
    """Items by state, all states named, and "total": they always add up to it."""
    found = dict.fromkeys(Item.State.values, 0) | dict(job.items.values_list("state").annotate(Count("pk")))
    return found | {"total": sum(found.values())}


def verdicts(job: Job) -> dict[str, int]:
    """Items by what the review found, all verdicts named; "unseen": those it did not look at."""
    found = dict(job.items.values_list("verdict").annotate(Count("pk")))
    return {"unseen": found.pop("", 0), **dict.fromkeys(Item.Verdict.values, 0), **found}


def _move(job: Job, states: tuple[str, ...], to: str, **fields: Any) -> bool:
    """From one of these states to another, unless somebody was quicker."""
    with transaction.atomic():
        moved = Job.objects.filter(pk=job.pk, state__in=states).update(state=to, **fields)
        if moved and to in UNDER_WAY:
            enqueue(job.pk)
    job.refresh_from_db()
    return bool(moved)
