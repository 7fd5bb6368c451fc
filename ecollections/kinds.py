"""The three kinds of records, and what differs between them. `ids` are the IDs of the path down to a record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from almaportal.alma.records import Record
from ecollections import fields, places
from ecollections.field import Field, Group, Label


@dataclass(frozen=True)
class Kind:
    """name: as in addresses; label: as people say it; depth: how many IDs lead to it; title: what a record is called;
    groups: its fields."""

    name: str
    label: Label
    depth: int
    title: Callable[[Record], str]
    groups: tuple[Group, ...]
    fields: dict[str, Field] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", {one.path: one for group in self.groups for one in group.fields})

    def address(self, ids: Sequence[str], action: str = "") -> str:
        """The page of a record, or of doing something with it: "edit", "delete"."""
        return reverse(f"ecollections:{action}{'_' if action else ''}{self.name}", args=ids)

    @property
    def parent(self) -> "Kind | None":
        return KINDS[self.depth - 2] if self.depth > 1 else None


COLLECTION = Kind("collection", _("e-collection"), 1, places.collection_name, fields.COLLECTION)
SERVICE = Kind("service", _("electronic service"), 2, places.service_name, fields.SERVICE)
PORTFOLIO = Kind("portfolio", _("portfolio"), 3, places.portfolio_name, fields.PORTFOLIO)
KINDS = (COLLECTION, SERVICE, PORTFOLIO)
BY_NAME = {kind.name: kind for kind in KINDS}
