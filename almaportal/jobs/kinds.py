"""What kinds of jobs there are; each area registers its own (AppConfig.ready). The runner knows nothing of records."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from almaportal.jobs.models import Item, Job

Found = tuple[str, str]  # path of IDs, title


@dataclass(frozen=True)
class Outcome:
    """What became of an item. state: of Item.State; message, code, tracking_id: why, where it is not done;
    is_final: trying again makes no sense; change: the number of the write in the log of changes, or None."""

    state: str
    message: str = ""
    code: str = ""
    tracking_id: str = ""
    is_final: bool = True
    change: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a review found about an item: a value of Item.Verdict, why, and field → value before and after."""

    verdict: str
    message: str = ""
    code: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Kind(Protocol):
    """A kind of job.

    name, label; may: the permission to start one; calls: (least, most) calls to Alma an item costs when it runs.
    """

    name: str
    label: Any
    may: str
    calls: tuple[int, int]

    def check(self, params: dict[str, Any]) -> list[str]:
        """What is wrong with the params, in sentences; [] when the job can be planned."""

    def plan(self, params: dict[str, Any]) -> Iterator[list[Found]]:
        """The items, a page at a time, in the same order each time: a plan that was interrupted goes on."""

    def review(self, job: Job, item: Item) -> Verdict:
        """Look at a record and say what would become of it. Raises AlmaError."""

    def apply(self, job: Job, item: Item) -> Outcome:
        """Do it. Raises AlmaError: nothing was changed, unless its outcome is unknown."""

    def settle(self, job: Job, item: Item) -> Outcome | None:
        """Of an item whose outcome nobody knows: what a look at Alma says; None when nothing left for Alma."""

    def undo(self, job: Job) -> tuple[str, dict[str, Any]] | None:
        """Kind and params of the job that takes this one back; None when nothing can be taken back."""


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    KINDS[kind.name] = kind
