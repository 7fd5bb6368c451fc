"""Telling the owner of a job that it is over."""

from almaportal.jobs.models import Job


def tell(job: Job) -> None:
    """The job is over: a mail to its owner, if they wanted one."""
