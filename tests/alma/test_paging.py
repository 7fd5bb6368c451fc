"""Whole lists, read a hundred at a time."""

from datetime import UTC, datetime

from almaportal.alma.gateway import Answer
from almaportal.alma.paging import every


class Pages:
    def __init__(self, *sizes: int) -> None:
        self.sizes, self.asked = list(sizes), []

    def __call__(self, limit: int, offset: int) -> Answer:
        self.asked.append((limit, offset))
        found = [{"id": str(offset + n)} for n in range(self.sizes.pop(0))]
        data = {"total_record_count": 999} | ({"portfolio": found} if found else {})
        return Answer(data, datetime.now(UTC))


def test_all_pages_are_read_in_order():
    read = Pages(100, 100, 30)
    assert [row["id"] for row in every(read, "portfolio")] == [str(n) for n in range(230)]
    assert read.asked == [(100, 0), (100, 100), (100, 200)]


def test_an_empty_page_ends_the_list_whatever_the_count_says():
    read = Pages(100, 0)
    assert len(list(every(read, "portfolio"))) == 100


def test_no_page_is_read_before_it_is_needed():
    read = Pages(100, 100)
    assert next(every(read, "portfolio"))["id"] == "0"
    assert len(read.asked) == 1
