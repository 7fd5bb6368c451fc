"""A page as its reader sees it: a small tree of its elements, which refuses HTML that is not well nested."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse

INLINE = {"a", "b", "button", "code", "i", "label", "small", "span"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Element:
    def __init__(self, tag: str, attrs: dict[str, str]) -> None:
        self.tag, self.attrs = tag, attrs
        self.children: list[Element | str] = []

    def __iter__(self) -> Iterator["Element"]:
        """All elements below, in the page's order."""
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child

    def all(self, tag: str, cls: str = "", **attrs: str) -> list["Element"]:
        return [
            one
            for one in self
            if one.tag == tag
            and (not cls or cls in one.attrs.get("class", "").split())
            and all(one.attrs.get(name) == value for name, value in attrs.items())
        ]

    def one(self, tag: str, cls: str = "", **attrs: str) -> "Element":
        found = self.all(tag, cls, **attrs)
        assert len(found) == 1, f"{len(found)} × <{tag}> {cls} {attrs} in: {self.text}"
        return found[0]

    def by_id(self, wanted: str) -> "Element":
        found = [one for one in self if one.attrs.get("id") == wanted]
        assert len(found) == 1, f"{len(found)} × #{wanted} in: {self.text}"
        return found[0]

    @property
    def text(self) -> str:
        """All words, one blank between them."""
        return " ".join(self._raw().split())

    def _raw(self) -> str:
        inner = "".join(one if isinstance(one, str) else one._raw() for one in self.children)
        return inner if self.tag in INLINE else f" {inner} "

    @property
    def links(self) -> dict[str, str]:
        """Words → address of all links."""
        return {one.text: one.attrs["href"] for one in self.all("a")}

    @property
    def head(self) -> list[str]:
        return [one.text for one in self.one("thead").all("th")]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of the body's rows of the one table below."""
        return [[cell.text for cell in row.all("td")] for row in self.one("tbody").all("tr")]

    @property
    def facts(self) -> dict[str, str]:
        """Label → value of all description lists."""
        terms, values = ([one.text for one in self.all(tag)] for tag in ("dt", "dd"))
        assert len(terms) == len(values)
        return dict(zip(terms, values, strict=True))


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len({name for name, _ in attrs}), f"<{tag}> says an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(response: HttpResponse | Any) -> Element:
    """The tree of a whole page or of a part of one."""
    builder = _Builder()
    builder.feed(response.content.decode())
    builder.close()
    assert len(builder.open) == 1, f"<{builder.open[-1].tag}> is never closed"
    return builder.open[0]
