"""Pages of a list that Alma cuts: what to ask for, and what to say about what came."""

from dataclasses import dataclass

from django.http import HttpRequest

SIZES = (20, 50, 100)
LAST_PAGE = 10**7


@dataclass(frozen=True)
class Pager:
    """page: from 1; size: rows a page; total: Alma's count or None when it has none; shown: rows on this page."""

    page: int
    size: int
    total: int | None = None
    shown: int = 0

    sizes = SIZES

    @classmethod
    def asked(cls, request: HttpRequest, size: int = 50) -> "Pager":
        """From `?page=` and `?size=`; whatever is no such number counts as not said."""
        page, wanted = _number(request.GET.get("page")), _number(request.GET.get("size"))
        return cls(page=min(max(page, 1), LAST_PAGE), size=wanted if wanted in SIZES else size)

    def got(self, shown: int, total: int | None) -> "Pager":
        """The page as it came. A count below zero is Alma's word for not having understood (facts 3.5)."""
        return Pager(self.page, self.size, total if total is not None and total >= 0 else None, shown)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    @property
    def first(self) -> int:
        return self.offset + 1

    @property
    def last(self) -> int:
        return self.offset + self.shown

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1

    @property
    def pages(self) -> int | None:
        return None if self.total is None else max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        """Alma's counts may exceed the rows one can page to, so an empty page ends the list too."""
        return self.shown > 0 and (self.last < self.total if self.total is not None else self.shown == self.size)

    @property
    def is_past_the_end(self) -> bool:
        return self.page > 1 and not self.shown


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
