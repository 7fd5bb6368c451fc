"""Whole lists, 100 rows a call: the most that Alma gives."""

from collections.abc import Callable, Iterator
from typing import Any

from almaportal.alma.gateway import Answer
from almaportal.alma.records import rows

MOST = 100


def every(read: Callable[[int, int], Answer], name: str) -> Iterator[dict[str, Any]]:
    """Each row of a list, read page by page as they are asked for.

    read: takes limit and offset; name: the singular name of the rows. Ends on a page that is not full: Alma's counts
    may exceed the rows one can page to (facts 0.9).
    """
    offset = 0
    while found := rows(read(MOST, offset).data, name):
        yield from found
        if len(found) < MOST:
            return
        offset += MOST
