"""What the log of changes must know of e-collections, services and portfolios."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from almaportal.accounts.roles import CHANGE_ECOLLECTIONS, VIEW_ECOLLECTIONS
from almaportal.alma import clock
from almaportal.alma.records import Record
from almaportal.changes import following, log
from almaportal.changes.kinds import RecordKind, register
from almaportal.changes.models import Change
from ecollections import alma, creating, deleting, edit_views, places
from ecollections.kinds import BY_NAME, KINDS, Kind
from ecollections.show import text_of
from ecollections.values import agrees, raw, same


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
                is_gone=deleting.is_gone_with_others,
                undo=edit_views.undo,
                settle=settle,
            )
        )


def settle(change: Change) -> None:
    """Ask Alma what became of a change: one call, for a new portfolio two.

    An edit is done when the record holds all that was asked, and was never made when it is as it was before; in
    between somebody must look.
    """
    if change.action == Change.Action.CREATE:
        creating.settle(change)
    elif change.action == Change.Action.DELETE:
        log.done(change, state=Change.State.UNSURE, look_at=clock.moment())
        following.look(change)
    else:
        _settle_edit(change, alma.newest(change.ids))


def _settle_edit(change: Change, newest: Record) -> None:
    fields = BY_NAME[change.kind].fields
    asked = [(fields[entry["path"]], entry) for entry in change.fields if entry["path"] in fields]
    if all(agrees(one, entry["after"], raw(one, newest)) for one, entry in asked):
        log.done(change, text="")
    elif all(same(one, entry["before"], raw(one, newest)) for one, entry in asked):
        log.done(change, state=Change.State.FAILED, text=_("Asked: the record is as it was before."))
    else:
        log.done(change, state=Change.State.UNSURE, text=_("Asked: part of it stands in Alma. Look at the record."))


def _address_above(ids: Sequence[str]) -> str:
    return places.crumbs(ids)[-1][1]


def _describer(kind: Kind) -> Any:
    def describe(path: str, value: Any) -> tuple[str, str]:
        one = kind.fields.get(path)
        return (str(one.label), text_of(one, value)) if one else (path, str(value))

    return describe
