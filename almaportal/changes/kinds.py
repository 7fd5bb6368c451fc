"""What the log must know of the records it tells about; each area registers its own (AppConfig.ready)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from almaportal.changes.models import Change
from almaportal.request import Request

# What is done to most records: the actions, how a delete ends, and the button that takes back what was made.
WORDS: dict[str, Any] = {
    **{action: action.label for action in Change.Action},
    "deleting": _("being deleted"),
    "accepted": _("Alma accepted the delete; this page checks whether the record is gone"),
    "gone": _("Deleted: Alma has no such record any more"),
    "take_back": _("Delete it…"),
}


@dataclass(frozen=True)
class RecordKind:
    """name: as in Change.kind; label: as people say it; may_view, may_change: permissions;
    address(ids), parent_address(ids above it): pages; describe(path, raw): label and words of a field's value;
    is_gone(ids): asks Alma, one call; undo(request, change): the page that takes a change back;
    settle(change): of one whose outcome nobody knows, asks Alma and writes down what it says; stays: why what was made
    here is not deleted here, a sentence, "" where it can be; words: what is said otherwise than of most records, by the
    names of WORDS; seen(request, change): somebody was shown it, for kinds where looks are on record."""

    name: str
    label: Any
    may_view: str
    may_change: str
    address: Callable[[Sequence[str]], str]
    parent_address: Callable[[Sequence[str]], str]
    describe: Callable[[str, Any], tuple[str, str]]
    is_gone: Callable[[Sequence[str]], bool]
    undo: Callable[[Request, Change], HttpResponse]
    settle: Callable[[Change], None]
    stays: Any = ""
    words: Mapping[str, Any] = field(default_factory=dict)
    seen: Callable[[Request, Change], None] = lambda _request, _change: None


KINDS: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> None:
    KINDS[kind.name] = kind
