"""A job's own log: what people and the portal did with it."""

from almaportal.alma import clock
from almaportal.jobs.models import Event, Job


def note(job: Job, text: str, who: str = "") -> None:
    """Write a line. who: a user name, "" for the portal itself."""
    Event.objects.create(job=job, at=clock.moment(), who=who[:150], text=text[:500])
