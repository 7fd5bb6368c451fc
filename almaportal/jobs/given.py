"""What people gave to a job whose kind does not keep it (kinds: keeps_given), and when that is forgotten."""

from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from almaportal.alma import clock
from almaportal.jobs import control
from almaportal.jobs.events import note
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Item, Job

UNSTARTED = timedelta(days=1)
LEFT_LYING = (Job.State.DRAFT, Job.State.READY, Job.State.PAUSED)  # until a person does something


def forget(job: Job) -> None:
    """Of a job that ends. An item that still has what was given has no record known: nothing of it was sent, and
    nobody can try it again."""
    kind = KINDS.get(job.kind)
    if kind is None or kind.keeps_given:
        return
    unknown = job.items.filter(input__isnull=False)
    if job.phase == Job.Phase.PLAN or (job.phase == Job.Phase.REVIEW and unknown.exists()):
        job.items.update(is_final=True)  # else only a part of what was asked would be tried again
    unknown.filter(state=Item.State.UNSURE).update(state=Item.State.FAILED)
    unknown.update(input=None, is_final=True)
    Job.objects.filter(pk=job.pk).update(targets=[])


def stop_left_lying() -> None:
    """Jobs that hold what was given, and that nobody started for a day, or went on with as long as files are kept: they
    end, and so it is forgotten."""
    now = clock.moment()
    kinds = [kind.name for kind in KINDS.values() if not kind.keeps_given]
    lying = Job.objects.filter(kind__in=kinds, state__in=LEFT_LYING).annotate(last=Max("events__at"))
    unstarted = ~Q(phase=Job.Phase.RUN) & Q(last__lt=now - UNSTARTED)
    for job in lying.filter(unstarted | Q(last__lt=now - timedelta(days=settings.JOB_FILES_DAYS))):
        if job.targets or job.items.filter(input__isnull=False).exists():
            with suppress(control.Refused):  # somebody went on with it just now
                control.stop(job)
                note(job, _("Nobody went on with it, and what was given is not kept any longer."))
