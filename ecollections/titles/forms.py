"""What people look for in the title index: from an address to a Query and back, and the filters in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.alma.records import tidy
from almaportal.codes import Table
from almaportal.days import sensible
from almaportal.templatetags.portal import number
from ecollections.kinds import PORTFOLIO
from ecollections.models import Facet
from ecollections.titles.search import NONE, Query

LONGEST_ID, LONGEST_TEXT = 40, 200
Counts = Mapping[str, Sequence[tuple[str, int]]]
LABELS: dict[str, str | Promise] = {
    "availability": gettext_lazy("Availability"),
    "origin": gettext_lazy("Origin"),
    "library": gettext_lazy("Library"),
    "material": gettext_lazy("Material type"),
    "override": gettext_lazy("URL override"),
    "gaps": gettext_lazy("Coverage"),
}
TABLES = {name: PORTFOLIO.fields[path].table for name, path in
          (("availability", "availability"), ("library", "library"), ("material", "material_type"))}  # fmt: skip
WORDS: dict[tuple[str, str], str | Promise] = {
    ("availability", ""): gettext_lazy("none"),
    ("origin", "local"): gettext_lazy("Local"),
    ("origin", "zone"): gettext_lazy("Community Zone"),
    ("origin", ""): gettext_lazy("not said"),
    ("library", ""): gettext_lazy("none"),
    ("material", ""): gettext_lazy("none, or not read yet"),
    ("override", "yes"): gettext_lazy("own URL"),
    ("override", "no"): gettext_lazy("none"),
    ("override", ""): gettext_lazy("not read yet"),
    ("gaps", "yes"): gettext_lazy("in more than one part"),
    ("gaps", "no"): gettext_lazy("in one part, or none"),
    ("gaps", ""): gettext_lazy("not read yet"),
}


class Typed(forms.CharField):
    """A text that is too long is cut: if it counted as not said, all titles would match, also for a bulk edit."""

    def to_python(self, value: Any) -> str:
        return tidy(str(value or ""))[:LONGEST_TEXT]


class TitlesForm(forms.Form):
    """The part of the search that is typed. What makes no sense counts as not said."""

    q = Typed(
        label=gettext_lazy("Find titles"),
        required=False,
        widget=forms.TextInput(
            attrs={
                "maxlength": LONGEST_TEXT,
                "type": "search",
                "placeholder": gettext_lazy("Words of the title, ISSN, ISBN or an ID"),
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    url = Typed(
        label=gettext_lazy("URL contains"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": LONGEST_TEXT, "autocomplete": "off", "spellcheck": "false"}),
    )
    since = forms.DateField(
        label=gettext_lazy("Changed since"),
        required=False,
        validators=[sensible],
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    sort = forms.ChoiceField(
        label=gettext_lazy("Sort by"),
        required=False,
        choices=[
            ("title", gettext_lazy("Title")),
            ("-title", gettext_lazy("Title, from Z to A")),
            ("changed", gettext_lazy("Last changed")),
            ("url", gettext_lazy("URL")),
            ("id", gettext_lazy("Portfolio ID")),
        ],
    )

    def query(self, known: Mapping[str, set[str]]) -> Query:
        """known: see `known_values`."""
        self.is_valid()
        said = {name: value for name, value in self.cleaned_data.items() if value}
        said["text"] = said.pop("q", "")
        if "since" in said:
            said["since"] = said["since"].isoformat()
        chosen = {name: self.data.get(name, "") for name in LABELS}
        usable = {name: value for name, value in chosen.items() if value and _meant(value) in known[name]}
        return Query(within=self._within(), **said, **usable)

    def _within(self) -> tuple[str, ...]:
        ids: list[str] = []
        for name in ("c", "s"):
            said = self.data.get(name, "")
            if not (said.isascii() and said.isalnum() and len(said) <= LONGEST_ID):
                break
            ids.append(said)
        return tuple(ids)


def known_values() -> dict[str, set[str]]:
    """The values of each filter that some title has or had, "" where it has none."""
    rows = list(Facet.objects.values_list(*LABELS))
    return {name: {row[n] for row in rows} for n, name in enumerate(LABELS)}


def _meant(value: str) -> str:
    return "" if value == NONE else value


def parameters(query: Query) -> dict[str, str]:
    """The query as parameters of an address: names and values; nothing for what is not said."""
    found: dict[str, Any] = query.as_json()
    found |= dict(zip(("c", "s"), found.pop("within", ()), strict=False))
    if "text" in found:
        found["q"] = found.pop("text")
    return found


def address(query: Query, page: str = "titles", **more: str) -> str:
    """The page of the search; page: another one with the same parameters."""
    said = urlencode({**parameters(query), **more})
    return reverse(f"ecollections:{page}") + (f"?{said}" if said else "")


@dataclass(frozen=True)
class Filter:
    """A filter as it is shown. value: the chosen one, as addresses have it; options: (value, words)."""

    name: str
    label: str
    value: str
    options: list[tuple[str, str]]


def filters(
    query: Query, known: Mapping[str, set[str]], tables: Mapping[str, Table], counts: Counts | None
) -> list[Filter]:
    """All of them; the most frequent value first where there are counts."""
    return [
        Filter(name, str(label), getattr(query, name), _options(name, query, known[name], tables, counts))
        for name, label in LABELS.items()
    ]


def _options(
    name: str, query: Query, known: set[str], tables: Mapping[str, Table], counts: Counts | None
) -> list[tuple[str, str]]:
    if counts is None or name not in counts:
        named = sorted((words_of(name, value, tables), value) for value in known)
        return [(value or NONE, words) for words, value in named]
    found = list(counts[name])
    if (chosen := getattr(query, name)) and _meant(chosen) not in dict(found):
        found.append((_meant(chosen), 0))
    return [(value or NONE, f"{words_of(name, value, tables)} ({number(n)})") for value, n in found]


def words_of(name: str, value: str, tables: Mapping[str, Table]) -> str:
    """A value of a filter as people say it; Alma's code where its table cannot be read."""
    if (name, value) in WORDS:
        return str(WORDS[name, value])
    table = tables.get(TABLES.get(name, ""))
    return table.options.get(value, value) if table else value


def chosen(query: Query, tables: Mapping[str, Table]) -> list[tuple[str, str]]:
    """What the search is narrowed to: (words, the address without it)."""
    found = [
        (f"{label}: {words_of(name, _meant(value), tables)}", name)
        for name, label in LABELS.items()
        if (value := getattr(query, name))
    ]
    if query.url:
        found.append((_("URL contains “%s”") % query.url, "url"))
    if query.since:
        found.append((_("Changed since %s") % query.since, "since"))
    if query.text:
        found.insert(0, (f"“{query.text}”", "text"))
    return [(words, address(Query.from_json({**query.as_json(), name: ""}))) for words, name in found]
