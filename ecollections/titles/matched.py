"""All portfolios that a search of the title index matches, for jobs."""

from collections.abc import Iterator
from typing import Any

from almaportal.jobs.kinds import Found
from almaportal.jobs.models import Job
from ecollections import targets
from ecollections.kinds import PORTFOLIO
from ecollections.titles import search


def paths(query: dict[str, Any]) -> list[str]:
    """query: as of Query.as_json. No call to Alma: what is gone meanwhile, a review finds."""
    return [search.path(title) for titles in search.every(search.Query.from_json(query)) for title in titles]


def matched(job: Job) -> Iterator[list[Found]]:
    """What job.params["match"]["index"] matches. It is written down as the job's targets first: a plan that was
    interrupted goes on behind the items that there are, whatever the index learns meanwhile."""
    if not job.targets:
        job.targets = paths(job.params["match"]["index"])
        Job.objects.filter(pk=job.pk).update(targets=job.targets)
    yield from targets.found(PORTFOLIO, job.targets[job.items.count() :])
