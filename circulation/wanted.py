"""What is to be requested, and for whom: what the form of a request carries from page to page.

What was typed becomes a title or an item of it; Alma is asked what this person may request of that; what the person
has requested already is looked through.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from uuid import uuid4

from django.utils.translation import gettext as _

from almaportal.alma.errors import AlmaNotFound, AlmaUnreadable
from almaportal.alma.records import Record, code, dig, rows, words
from almaportal.carried import pack, unpack
from almaportal.people.alma import place
from circulation import alma, item_state, record

MMS_ID = re.compile(r"99[0-9]{6,17}")  # the first two digits tell a title (facts 8)
MOST_PAGES = 10  # of a hundred requests of one person
TITLE, ITEM = "title", "item"
KINDS = ("HOLD", "BOOKING", "DIGITIZATION")  # what can be placed; the first that is offered is chosen


@dataclass(frozen=True)
class Target:
    """A title, and where item_id is not "" one item of it. description: the item's volume in words, as Alma has it;
    library: the item's, a code; state, policy: in words, as they were when it was read."""

    mms_id: str
    title: str
    author: str = ""
    holding_id: str = ""
    item_id: str = ""
    barcode: str = ""
    description: str = ""
    library: str = ""
    state: str = ""
    policy: str = ""

    @property
    def packed(self) -> str:
        return pack("target", asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> "Target":
        """Raises BadRequest."""
        return cls(**unpack("target", text))


@dataclass(frozen=True)
class Had:
    """A request that the person had before."""

    request_id: str
    mms_id: str
    item_id: str


@dataclass(frozen=True)
class Wanted:
    """user_id: as in the page's address; place: an ID of theirs that can stand in Alma's; count: how many requests the
    person's record says, None when it was not asked; had: those of them that were read; is_all: whether those are all;
    level: TITLE or ITEM; offered: the types to choose from, others: in words what Alma offers besides; kind: the type
    chosen, "" for none; taken: from when until when it cannot be booked, as Alma sent it, None for not asked;
    is_refused: Alma said that the person has it already; stands: why the person may not borrow, in words, "" where
    nothing is known against it."""

    user_id: str
    place: str
    target: Target
    count: int | None = None
    had: list[Had] = field(default_factory=list)
    is_all: bool = False
    level: str = TITLE
    offered: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    kind: str = ""
    taken: list[tuple[str, str]] | None = None
    is_refused: bool = False
    stands: str = ""
    token: str = field(default_factory=lambda: uuid4().hex)

    @property
    def packed(self) -> str:
        return pack("place", asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> "Wanted":
        """Raises BadRequest."""
        found = unpack("place", text)
        had = [Had(**one) for one in found["had"]]
        return cls(**{**found, "target": Target(**found["target"]), "had": had})

    @property
    def item_id(self) -> str:
        """The item's, "" for a request of the title."""
        return self.target.item_id if self.level == ITEM else ""

    @property
    def doubles(self) -> list[Had]:
        """The requests that the person has of this title."""
        return [one for one in self.had if one.mms_id == self.target.mms_id]

    @property
    def known(self) -> list[str] | None:
        """The IDs of `doubles`, None when not all requests were looked through."""
        return [one.request_id for one in self.doubles] if self.is_all else None

    @property
    def looks_itself(self) -> bool:
        """Whether what the person has is looked through unasked: where that is one call, and no barcode took two."""
        return bool(self.kind) and not self.target.item_id and not self.is_all and 0 < (self.count or 0) <= alma.MOST

    def sent_anew(self) -> "Wanted":
        """For a form that may be sent once more."""
        return replace(self, token=uuid4().hex)


def looks_like_title(text: str) -> bool:
    return bool(MMS_ID.fullmatch(text))


def find(text: str) -> Target:
    """The title of this MMS ID, or the item with this barcode: a call for a title, unless it is kept, two for an item.
    Raises AlmaNotFound when it is neither."""
    if looks_like_title(text):
        try:
            return of_bib(text, alma.bib(text).data)
        except AlmaNotFound as error:
            if not error.is_gone:
                raise
    item = alma.item_of(text)
    mms_id, _holding_id, item_id = alma.ids_of_item(item)
    if not (mms_id and item_id):
        raise AlmaUnreadable(_("Alma's record of the item does not say which item of which title it is."))
    return of_item(mms_id, item)


def of_bib(mms_id: str, bib: Record) -> Target:
    return Target(mms_id, code(bib.get("title")), code(bib.get("author")))


def of_item(mms_id: str, item: Record) -> Target:
    """Of an item record of this title."""
    _mms_id, holding_id, item_id = alma.ids_of_item(item)
    title, author = (code(dig(item, f"bib_data.{name}")) for name in ("title", "author"))
    names = ("barcode", "description", "library")
    barcode, volume, library = (code(dig(item, f"item_data.{name}")) for name in names)
    now = item_state.state(item)
    state, policy = f"{now.sign} {now.text}", item_state.policy(item)
    return Target(mms_id, title, author, holding_id, item_id, barcode, volume, library, state, policy)


def begun(user_id: str, target: Target, count: int | None, had: list[Had], stands: str = "") -> Wanted:
    """A volume is asked for itself; else the title, of which any copy will do. Two calls or more for a person whose ID
    has a "/"."""
    level = ITEM if target.item_id and target.description else TITLE
    is_all = count is not None and len(had) >= count
    return Wanted(user_id, place(user_id), target, count, had, is_all, level, stands=stands)


def ask(wanted: Wanted) -> Wanted:
    """With what Alma offers this person: one call. The type chosen stays where it is still offered."""
    target = wanted.target
    found = alma.options(wanted.place, target.mms_id, wanted.item_id, target.holding_id)
    kinds = {code(one.get("type")): one for one in found}
    offered = [kind for kind in KINDS if kind in kinds]
    others = [_words(one) for kind, one in kinds.items() if kind and kind not in KINDS]
    kind = wanted.kind if wanted.kind in offered else next(iter(offered), "")
    return replace(wanted, offered=offered, others=others, kind=kind, taken=None)


def _words(option: Record) -> str:
    service = code(dig(option, "general_electronic_service_details.public_name"))
    return ": ".join(filter(None, (words(option.get("type")), service)))


def look(wanted: Wanted) -> Wanted:
    """With all requests of the person: a call for each hundred."""
    had = [_had(one) for one in all_of(wanted.place)]
    return replace(wanted, had=had, is_all=len(had) < MOST_PAGES * alma.MOST, count=len(had))


def _had(request: Record) -> Had:
    return Had(record.request_id(request), code(request.get("mms_id")), code(request.get("item_id")))


def all_of(user_id: str) -> Iterable[Record]:
    """All active requests of a person: a call for each hundred. user_id: one that can stand in a path."""
    for page in range(MOST_PAGES):
        data = alma.of_person(user_id, page * alma.MOST)
        found = rows(data, "user_request")
        yield from found
        total = alma.total(data)
        if not found or (total is not None and (page + 1) * alma.MOST >= total):
            return
        if total is None and len(found) < alma.MOST:
            return


def times(wanted: Wanted, days: int) -> Wanted:
    """With the times in the next `days` when it cannot be booked: one call."""
    target = wanted.target
    found = alma.taken_times(target.mms_id, wanted.item_id, target.holding_id, wanted.place, days)
    return replace(wanted, taken=[(code(one.get("from_time")), code(one.get("to_time"))) for one in found])
