"""All portfolios that a search of the title index matches, for the plans of jobs."""

from collections.abc import Iterator
from typing import Any

from almaportal.jobs.kinds import Found
from ecollections.titles import search


def matched(query: dict[str, Any]) -> Iterator[list[Found]]:
    """query: as of Query.as_json. No call to Alma: what is gone meanwhile, the review finds."""
    for titles in search.every(search.Query.from_json(query)):
        yield [Found(search.path(title), title.title) for title in titles]
