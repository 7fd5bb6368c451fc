"""The files of a job: its review as it was when it was started, its results, the records it deleted."""

from almaportal.jobs.models import Job


def keep_review(job: Job) -> None:
    """Write the review down as a file: the run writes over the items' messages."""


def keep_results(job: Job) -> None:
    """Write down what became of each item."""
