"""What the log of changes must know of e-collections, services and portfolios."""

from collections.abc import Sequence
from typing import Any

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, VIEW_ECOLLECTIONS
from almaportal.changes.kinds import RecordKind, register
from ecollections import deleting, edit_views, places
from ecollections.kinds import KINDS, Kind
from ecollections.show import text_of


def register_kinds() -> None:
    for kind in KINDS:
        register(
            RecordKind(
                name=kind.name,
                label=kind.label,
                may_view=VIEW_ECOLLECTIONS,
                may_change=CHANGE_ECOLLECTIONS,
                address=kind.address,
                parent_address=_address_above,
                describe=_describer(kind),
                is_gone=deleting.is_gone,
                undo=edit_views.undo,
            )
        )


def _address_above(ids: Sequence[str]) -> str:
    return places.crumbs(ids)[-1][1]


def _describer(kind: Kind) -> Any:
    def describe(path: str, value: Any) -> tuple[str, str]:
        one = kind.fields.get(path)
        return (str(one.label), text_of(one, value)) if one else (path, str(value))

    return describe
