"""What kinds of jobs there are; each area registers its own (AppConfig.ready). The runner knows nothing of records."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.http import HttpResponse

from almaportal.jobs.models import Item, Job
from almaportal.request import Request


@dataclass(frozen=True)
class Found:
    """A record of a plan. path, title, input, stage: as of Item; missing: why there is no such record, in words;
    refused: why nothing can be done with it: both are listed among the items, and nothing is done about them."""

    path: str
    title: str = ""
    input: Any = None
    stage: int = 0
    missing: str = ""
    refused: str = ""


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
    """What a review found about an item: a value of Item.Verdict, why, and field → raw value before and after.

    path, title: the item's from now on, "" for as they are; kept: the whole record, where it shall be kept.
    """

    verdict: str
    message: str = ""
    code: str = ""
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    path: str = ""
    title: str = ""
    kept: Any = None


@dataclass(frozen=True)
class Line:
    """A field of an item in words: before and after."""

    label: str
    before: str
    after: str


class NotYet(Exception):
    """Alma is not ready for this item: nothing was done; it is asked again in some seconds. text: why, a sentence."""

    def __init__(self, seconds: float, text: str) -> None:
        self.seconds, self.text = seconds, text
        super().__init__(text)


class Halt(Exception):
    """Something that nobody foresaw when the job was reviewed: the whole job stops here, with this sentence, and what
    is not done stays undone."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(text)


class Kind(Protocol):
    """A kind of job.

    name: as in commands and addresses; label: as people say it, such as “Edit portfolios”; may_view: the permission to
    see its records, without which nobody sees a job of this kind; may: to start one; calls: (least, most) calls to Alma
    an item costs when it runs: the least where nothing is to be changed; review_calls: what looking at an item costs;
    only_reads: nothing is changed in Alma, so the run begins without a review as soon as the items are found;
    keeps_given: what people gave stays: the job's targets once its items are there, an item's input once its record is
    known, or is nowhere, and both once the job is over (given.py); takes:
    the names of its params that people give, None where jobs of this kind are made by the portal only; words: value of
    Item.Verdict → what is said of it instead of the usual.
    """

    name: str
    label: Any
    may_view: str
    may: str
    calls: tuple[int, int]
    review_calls: int
    only_reads: bool
    keeps_given: bool
    words: Mapping[str, Any]

    @property
    def takes(self) -> frozenset[str] | None: ...

    def given(self, targets: list[str], lines: list[str]) -> list[Any]:
        """The job's targets: those named one by one, and the lines of a file. Raises ValueError, a sentence."""

    def check(self, targets: list[Any], params: dict[str, Any]) -> list[str]:
        """What is wrong with what was asked, in sentences; [] when the job can be planned."""

    def title(self, targets: list[Any], params: dict[str, Any]) -> str:
        """What the job is about, in a few words: “Set availability in service …”."""

    def does(self, params: dict[str, Any]) -> list[str]:
        """All that a job with these params does, in sentences; [] where its title says it."""

    def plan(self, job: Job) -> Iterator[list[Found]]:
        """The items, a page at a time, in the same order each time: a plan that was interrupted goes on."""

    def tree(self, job: Job) -> Any:
        """After the plan: what was found, summed up for the page, JSON; None for nothing to say."""

    def more_calls(self, job: Job) -> int:
        """Calls that what is left of the run makes beyond `calls` for each item."""

    def review(self, job: Job, item: Item) -> Verdict:
        """Look at a record and say what would become of it. Raises AlmaError."""

    def apply(self, job: Job, item: Item) -> Outcome:
        """Do it. Raises AlmaError: nothing was changed, unless its outcome is unknown; NotYet, Halt."""

    def settle(self, job: Job, item: Item) -> Outcome | None:
        """Of an item whose outcome nobody knows: what a look at Alma says; None when nothing left for Alma."""

    def undo(self, job: Job) -> tuple[str, list[Any], dict[str, Any]] | None:
        """Kind, targets and params of the job that takes this one back; None when nothing can be taken back."""

    def can_be_undone(self, job: Job) -> bool:
        """Whether `undo` has something to take back; asked at every view of the job."""

    def lines(self, item: Item) -> list[Line]:
        """What the review found, field by field, in words."""

    def address(self, item: Item) -> str:
        """The page of the item's record; "" when it has none."""

    def warnings(self, job: Job) -> list[str]:
        """What this job does that cannot be undone, in sentences."""

    def seen(self, request: Request, items: Iterable[Item]) -> None:
        """These were shown to somebody, with what they hold of their records: for kinds where looks are on record."""

    def again(self, request: Request, job: Job) -> HttpResponse | None:
        """The form this job was made with, filled in, to change it before it starts; None when there is none."""


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    KINDS[kind.name] = kind


def hidden_from(user: Any) -> list[str]:
    """The kinds whose records this person may not see."""
    return [name for name, kind in KINDS.items() if not user.has_perm(kind.may_view)]
