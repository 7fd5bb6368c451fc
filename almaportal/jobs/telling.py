"""Telling the owner of a job that it is over: on their next page (notices.py), and by mail where they wanted one."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _

from almaportal.jobs import control
from almaportal.jobs.models import Job

logger = logging.getLogger(__name__)


def tell(job: Job) -> None:
    """The job is over: its owner is to know, and gets a mail if they wanted one. A mail server that fails is a line in
    the portal's log and harms nothing."""
    Job.objects.filter(pk=job.pk).update(is_told=False)
    over = Job.objects.select_related("user").get(pk=job.pk)
    if not (over.mails and over.user and over.user.email and settings.EMAIL_HOST):
        return
    subject = _("Job %(number)d: %(state)s") % {"number": over.pk, "state": over.get_state_display()}
    try:
        send_mail(subject, _text(over), None, [over.user.email])
    except (OSError, ValueError) as error:  # the server; an address that is none
        logger.warning("The mail about job %s could not be sent: %s", over.pk, type(error).__name__)


def _text(job: Job) -> str:
    """No titles and no names of records: mails travel through other people's machines."""
    counts = control.counts(job)
    lines = [
        _("Job %(number)d is over: %(state)s.") % {"number": job.pk, "state": job.get_state_display()},
        _("%(done)d done, %(unchanged)d needed no change, %(skipped)d left out.") % counts,
        _("%(failed)d failed, of %(unsure)d nobody knows what became of them; %(total)d in all.") % counts,
        f"{settings.PORTAL_URL}{reverse('jobs:job', args=[job.pk])}" if settings.PORTAL_URL else "",
        _("You asked for this mail when you started the job."),
    ]
    return "\n".join(filter(None, lines))
