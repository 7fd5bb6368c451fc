"""Which portfolio of a service a title of a KBART file is. What could be two is for a person, never guessed."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from rapidfuzz import fuzz, process

from almaportal.alma.records import Record
from ecollections.coverage import Row
from ecollections.kbart.reading import KbartTitle, digest, is_isbn, is_issn

ALIKE = 92.0  # of 100: titles that may be the same
STRANGE = 40.0  # of 100: below, two titles have nothing in common
MOST_CHOICES = 10
MOST_LOOKED_AT = 200  # to choose these from
MOST_OF_A_PART = 10  # portfolios that share a part of their URL: of more, that part names no title
RARE = 100  # portfolios, at most, whose titles have a rare word
RAREST = 3  # words of a title that are looked at
COMMON = 2000  # a word of more portfolios tells nothing
PORTFOLIO_ID = 10  # digits, at least
WORD = re.compile(r"[^\W_]+[+#]*")
ARTICLES = frozenset(
    WORD.findall("the a an der die das ein eine le la les l un une el los las il lo gli de het een den det")
)
SUBTITLE = re.compile("[:=]")
AND = {"und": "and", "et": "and"}


@dataclass(frozen=True, slots=True)
class Known:
    """A portfolio of the service, as far as the portal knows it.

    path: "<e-collection>/<service>/<portfolio>"; issns, isbns: as `reading.identifiers_in`; url, coverage, embargo: in
    force, raw values; coverage_in_use, availability: Alma's codes; is_read: whether url and coverage are known at all;
    has_own_url: whether that in force is its own, which nothing overrides, and can be set.
    """

    path: str
    title: str
    mms_id: str = ""
    issns: tuple[str, ...] = ()
    isbns: tuple[str, ...] = ()
    url: str = ""
    coverage: Sequence[Row] = ()
    embargo: Record | None = None
    coverage_in_use: str = ""
    is_read: bool = False
    has_own_url: bool = True
    availability: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """path: the one portfolio. Without one: choices, {"path", "title", "score", "why"}, best first, and all the paths
    that it could be; nothing of these when the service does not have the title. why: a sentence for a person."""

    path: str = ""
    choices: tuple[dict[str, Any], ...] = ()
    could_be: tuple[str, ...] = ()
    why: str = ""


NONE = Match()
# Translated only where they are said: most titles match.
SEVERAL = gettext_noop("Several portfolios have its ISSN, ISBN or MMS ID.")
DIFFERENT = gettext_noop("Its identifiers belong to different portfolios.")
SEVERAL_URLS = gettext_noop("Several portfolios have its title_id in their URL.")
SEVERAL_TITLES = gettext_noop("Several portfolios have this title.")
OTHER_IDENTIFIERS = gettext_noop("The title is the same, but not the ISSN or ISBN.")
STRANGERS = gettext_noop("The titles have nothing in common.")
ONLY_ALIKE = gettext_noop("Only the titles are alike.")
OTHER_SUBTITLE = gettext_noop("Only one of the two has a subtitle; the title before it is the same.")
ONLY_TITLE_ID = gettext_noop("The title_id fits, but the title, or the ISSN or ISBN, is another.")
MMS_ID, SAME_TITLE, TITLE_ALIKE = gettext_noop("MMS ID"), gettext_noop("same title"), gettext_noop("title alike")


def key(title: KbartTitle) -> str:
    """What tells next month that it is the same title: 24 characters."""
    return digest(title.print_id, title.online_id, title.title_id, fold(title.title))


def fold(title: str) -> str:
    """A title without case, accents, punctuation and a leading article: "The Café & Bar" and "café und bar" alike."""
    if not title.isascii():
        letters = unicodedata.normalize("NFKD", title)
        title = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = [AND.get(word, word) for word in WORD.findall(title.casefold().replace("&", " and "))]
    if len(words) > 1 and words[0] in ARTICLES:
        del words[0]
    return " ".join(words) or title.casefold().strip()


def without_subtitle(title: str, folded: str) -> str:
    """Folded, too; folded: the whole title."""
    mark = SUBTITLE.search(title)
    return (fold(title[: mark.start()]) or folded) if mark else folded


def are_strangers(one: str, other: str) -> bool:
    """Whether two titles, folded, have nothing in common."""
    return fuzz.token_set_ratio(one, other) < STRANGE


class _Index:
    """Texts → portfolios, by number. Most texts have one portfolio: that needs no list."""

    def __init__(self) -> None:
        self._places: dict[str, int | list[int]] = {}

    def add(self, text: str, number: int) -> None:
        found = self._places.setdefault(text, number)
        if isinstance(found, list):
            if found[-1] != number:
                found.append(number)
        elif found != number:
            self._places[text] = [found, number]

    def __getitem__(self, text: str) -> Sequence[int]:
        found = self._places.get(text, ())
        return (found,) if isinstance(found, int) else found


class Matcher:
    """The portfolios of a service, to be found by titles.

    earlier: title_id or `key` of a title → path, as the last comparison found it.
    """

    def __init__(self, known: Iterable[Known], earlier: Mapping[str, str]) -> None:
        self.known = list(known)
        self.numbers = {one.path: number for number, one in enumerate(self.known)}
        self._earlier = earlier
        self._folded = [fold(one.title) for one in self.known]
        self._identifiers, self._titles, self._short_titles = _Index(), _Index(), _Index()
        for number, (one, folded) in enumerate(zip(self.known, self._folded, strict=True)):
            for text in (*one.issns, *one.isbns, *filter(None, [one.mms_id])):
                self._identifiers.add(text, number)
            self._titles.add(folded, number)
            if (short := without_subtitle(one.title, folded)) != folded:
                self._short_titles.add(short, number)

    def match(self, title: KbartTitle) -> Match:
        """By identifiers, then title_id, then the title itself, then titles alike."""
        folded = fold(title.title)
        for step in (self._by_own_id, self._by_identifiers, self._by_title_id, self._by_title, self._by_likeness):
            if (found := step(title, folded)) is not NONE:
                return found
        return NONE

    def having(self, identifiers: Iterable[str]) -> set[str]:
        """Paths of the portfolios with one of these."""
        return {self.known[number].path for text in identifiers for number in self._identifiers[text]}

    def unclear(self, title: KbartTitle, paths: Iterable[str], why: str, reason: str = "") -> Match:
        """A match that a person is to decide; reason: of each choice, its identifier where it has one of the title."""
        folded, asked = fold(title.title), set(title.identifiers)
        found: list[dict[str, Any]] = []
        all_paths = tuple(dict.fromkeys(paths))
        for number in (self.numbers[path] for path in all_paths[:MOST_LOOKED_AT]):
            one = self.known[number]
            score = round(fuzz.token_sort_ratio(folded, self._folded[number]))
            shared = [text for text in (*one.issns, *one.isbns) if text in asked]
            found.append({"path": one.path, "title": one.title, "score": score, "why": ", ".join(shared) or reason})
        found.sort(key=lambda one: -one["score"])
        return Match("", tuple(found[:MOST_CHOICES]), all_paths, why)

    def _decided(self, title: KbartTitle, folded: str, found: Collection[int], reason: str, several: str) -> Match:
        """found: portfolios of the same identifier, title_id or title."""
        if not found:
            return NONE
        paths = [self.known[number].path for number in found]
        if len(paths) > 1:
            return self.unclear(title, paths, _(several), _(reason))
        if are_strangers(folded, self._folded[next(iter(found))]):
            return self.unclear(title, paths, _(STRANGERS), _(reason))
        return Match(paths[0])

    def _by_own_id(self, title: KbartTitle, folded: str) -> Match:
        """KBART out writes Alma's ID as title_id, and nothing tells better."""
        text = title.title_id
        if not (text.isascii() and text.isdigit() and len(text) >= PORTFOLIO_ID and self.known):
            return NONE
        number = self._own_ids.get(text)
        return NONE if number is None else Match(self.known[number].path)

    @cached_property
    def _own_ids(self) -> dict[str, int]:
        return {path.rpartition("/")[2]: number for path, number in self.numbers.items()}

    def _by_identifiers(self, title: KbartTitle, folded: str) -> Match:
        texts = (*title.identifiers, *filter(None, [title.mms_id]))
        each = [numbers for text in texts if (numbers := self._identifiers[text])]
        found = {number for numbers in each for number in numbers}
        several = SEVERAL if set(each[0] if each else ()).intersection(*each[1:]) else DIFFERENT
        return self._decided(title, folded, found, MMS_ID, several)

    def _by_title_id(self, title: KbartTitle, folded: str) -> Match:
        path = self._earlier.get(key(title), "") if self._earlier else ""
        if path in self.numbers:
            return Match(path)
        if not title.title_id:
            return NONE
        path = self._earlier.get(title.title_id, "")
        found = [self.numbers[path]] if path in self.numbers else self._by_url(title.title_id)
        # A title_id such as "10" may stand in any URL, or become another title's: alone it tells nothing.
        agree = {number: self._agreeing(title, folded, number) for number in found}
        likely = [number for number in found if agree[number]]
        if likely and max(agree.values()) < 2:
            paths = [self.known[number].path for number in likely]
            return self.unclear(title, paths, _(ONLY_TITLE_ID), "title_id")
        return self._decided(title, folded, likely, "title_id", SEVERAL_URLS)

    def _agreeing(self, title: KbartTitle, folded: str, number: int) -> int:
        """How many of the two agree: the titles; the identifiers, where both sides have any."""
        is_alike = fuzz.token_set_ratio(folded, self._folded[number]) >= ALIKE
        return is_alike + (not _contradicts(title, self.known[number]))

    def _by_url(self, title_id: str) -> list[int]:
        """Portfolios whose URL has the title_id as a whole: ".../journal/abc/..." or "?id=abc"."""
        parts = _parts(title_id)
        some = self._url_parts[parts[-1]] if parts else ()
        if len(some) > MOST_OF_A_PART:
            return []
        wanted = _joined(parts)
        return [number for number in some if wanted in _joined(_parts(self.known[number].url))]

    @cached_property
    def _url_parts(self) -> _Index:
        index = _Index()
        for number, one in enumerate(self.known):
            for part in _parts(one.url):
                index.add(part, number)
        return index

    def _by_title(self, title: KbartTitle, folded: str) -> Match:
        """A subtitle may be missing on one side, which is for a person; two subtitles are two titles."""
        if not folded:
            return NONE
        short = without_subtitle(title.title, folded)
        whole = self._titles[folded]
        found = whole or (self._titles[short] if short != folded else self._short_titles[folded])
        if found and all(_contradicts(title, self.known[number]) for number in found):
            paths = [self.known[number].path for number in found]
            return self.unclear(title, paths, _(OTHER_IDENTIFIERS), _(SAME_TITLE))
        if found and not whole:
            return self.unclear(title, [self.known[number].path for number in found], _(OTHER_SUBTITLE), _(TITLE_ALIKE))
        return self._decided(title, folded, found, SAME_TITLE, SEVERAL_TITLES)

    def _by_likeness(self, title: KbartTitle, folded: str) -> Match:
        numbers = self._sharing_words(folded)
        choices = [self._sorted_words[number] for number in numbers]
        alike = process.extract(_sorted(folded), choices, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None)
        found = [number for _text, _score, place in alike if self._may_be(title, folded, number := numbers[place])]
        if not found:
            return NONE
        paths = [self.known[number].path for number in found]
        return self.unclear(title, paths, _(ONLY_ALIKE), _(TITLE_ALIKE))

    def _may_be(self, title: KbartTitle, folded: str, number: int) -> bool:
        """Volumes and editions of one work have titles alike: their numbers and identifiers tell them apart."""
        return not _contradicts(title, self.known[number]) or _figures(folded) == _figures(self._folded[number])

    def _sharing_words(self, folded: str) -> list[int]:
        """Portfolios whose titles share a rare word with this one, or the two rarest of the others."""
        found = (self._words[word] for word in set(folded.split()))
        shared = sorted((numbers for numbers in found if 0 < len(numbers) <= COMMON), key=len)
        rare = [numbers for numbers in shared if len(numbers) <= RARE][:RAREST]
        sharing = {number for numbers in rare for number in numbers}
        others = shared[len(rare) : len(rare) + 2]
        return [*sharing, *(set(others[0]).intersection(others[1]) - sharing if len(others) == 2 else ())]

    @cached_property
    def _words(self) -> _Index:
        index = _Index()
        for number, folded in enumerate(self._folded):
            for word in folded.split():
                index.add(word, number)
        return index

    @cached_property
    def _sorted_words(self) -> list[str]:
        return [_sorted(folded) for folded in self._folded]


def _sorted(folded: str) -> str:
    return " ".join(sorted(folded.split()))


def _figures(folded: str) -> list[str]:
    return [word for word in folded.split() if any(map(str.isdigit, word))]


def _parts(url: str) -> list[str]:
    return [part for part in re.split(r"[/?&=#;]", unquote(url).casefold()) if part]


def _joined(parts: Iterable[str]) -> str:
    return f"/{'/'.join(parts)}/"


def _contradicts(title: KbartTitle, known: Known) -> bool:
    """Whether both have ISSNs, or both ISBNs, and none in common."""
    sorts = ((is_issn, known.issns), (is_isbn, known.isbns))
    for is_one, theirs in sorts:
        ours = set(filter(is_one, title.identifiers))
        if ours and theirs and ours.isdisjoint(theirs):
            return True
    return False
