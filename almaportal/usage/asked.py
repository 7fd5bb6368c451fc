"""What the usage page is asked for: the words of its address, and the addresses that lead on from it."""

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from almaportal.usage.figures import DIMENSIONS, NUMBERS, PERIODS

BY = tuple(word for word in DIMENSIONS if word != "lane")
STACKS = ("lane", "feature")
SORTS = ("name", "calls", "share", "saved", "too_fast", "waited", "not_made", "median", "p95")
LONGEST = 250  # letters of a value: none that was counted is as long
NOBODY = "-1"  # of a number: matches nothing
NEXT = {"operation": "person", "role": "person"}  # what is asked next of who opened one of these; else "operation"


@dataclass(frozen=True)
class Asked:
    """period, by, stack: what is shown, told apart by what, the chart's bars too; sort: a word of SORTS, with "-" for
    descending; whole: all rows, not the first ones alone; filters: word of DIMENSIONS → value as in the address."""

    period: str = "today"
    by: str = "person"
    stack: str = "lane"
    sort: str = "-calls"
    whole: str = ""
    filters: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, sent: QueryDict) -> "Asked":
        """From an address. What is none of the words counts as not said; a value that nothing has matches nothing."""
        sorts = (*SORTS, *(f"-{word}" for word in SORTS))
        known = {"period": PERIODS, "by": BY, "stack": STACKS, "sort": sorts, "whole": ("yes",)}
        said = {word: str(sent[word]) for word, values in known.items() if sent.get(word) in values}
        filters = {word: str(sent[word]).replace("\0", "\ufffd")[:LONGEST] for word in DIMENSIONS if word in sent}
        return cls(**said, filters=filters)

    @property
    def conditions(self) -> dict[str, str]:
        """The filters as figures.py takes them."""
        return {word: NOBODY if self.is_odd(word) else text for word, text in self.filters.items()}

    def is_odd(self, word: str) -> bool:
        """Whether the filter asks for a number and says none."""
        text = self.filters[word]
        return word in NUMBERS and not (text.isascii() and text.isdigit() and len(text) <= 18)

    def address(self, **changes: Any) -> str:
        """The query of the page with these words changed; what goes without saying is not said."""
        wanted, usual = replace(self, **changes), Asked()
        words = ("period", "by", "stack", "sort", "whole")
        said = {word: getattr(wanted, word) for word in words if getattr(wanted, word) != getattr(usual, word)}
        return f"?{urlencode(said | wanted.filters)}"

    def sorted_by(self, word: str) -> str:
        """Sorted by this column; the other way round where it is already."""
        first = word if word == "name" else f"-{word}"
        other = {word: f"-{word}", f"-{word}": word}
        return self.address(sort=other.get(self.sort, first))

    def narrowed(self, **values: Any) -> str:
        """To the calls of these values of dimensions, told apart by what one asks next."""
        filters = self.filters | {word: str(value) for word, value in values.items()}
        wanted = next((NEXT[word] for word in values if word in NEXT), "operation")
        by = next((one for one in (wanted, "person", "feature", "outcome") if one not in filters), self.by)
        return self.address(filters=filters, by=by, sort="-calls", whole="")

    def without(self, word: str) -> str:
        return self.address(filters={one: text for one, text in self.filters.items() if one != word}, whole="")
