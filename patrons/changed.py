"""What the log of changes must know of patrons: their changes in words, taking one back, asking what became of one."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from almaportal.accounts.roles import CHANGE_BLOCK, VIEW_PATRONS
from almaportal.alma.errors import AlmaNotFound
from almaportal.alma.records import Record
from almaportal.changes import log
from almaportal.changes.kinds import RecordKind, register
from almaportal.changes.models import Change
from almaportal.people import access, alma, creating, person
from almaportal.people.models import Access
from almaportal.request import Request
from patrons import block_views, blocks, saving, told
from patrons.blocks import PATH, Pair


def is_gone(ids: Sequence[str]) -> bool:
    """Whether Alma has nobody of this primary ID any more: one call."""
    try:
        return not person.is_same_id(person.primary_id(alma.find_one(ids[0])), ids[0])
    except AlmaNotFound as error:
        if error.is_gone:
            return True
        raise


def settle(change: Change) -> None:
    """Ask Alma what became of a change.

    An edit takes one call: it is done when all that was asked stands there, and was never made when it is as it was
    before; in between somebody must look.
    """
    if change.action == Change.Action.CREATE:
        creating.settle(change)
    else:
        _settle_edit(change)


def _settle_edit(change: Change) -> None:
    newest = alma.find_one(change.ids[0])
    saving.check_person(newest, change.ids[0])
    pairs = saving.pairs_of(change)
    if all(pair.stands_in(newest) for pair in pairs):
        others = [entry for entry in change.fields if entry["path"] != PATH]
        log.done(change, text="", fields=[*(saving.outcome(pair, {}, newest) for pair in pairs), *others])
    elif all(_was_not_made(pair, newest) for pair in pairs):
        log.done(change, state=Change.State.FAILED, text=_("Asked: the record is as it was before."))
    else:
        log.done(change, state=Change.State.UNSURE, text=_("Asked: part of it stands in Alma. Look at the record."))


def _was_not_made(pair: Pair, newest: Record) -> bool:
    there = {blocks.key(row) for row in blocks.of(newest)}
    return not pair.stands_in(newest) and (pair.before is None or blocks.key(pair.before) in there)


def seen(request: Request, change: Change) -> None:
    """The page of an edit shows blocks, so it is a look at the patron."""
    if change.fields:
        access.seen(request, change.record_id, Access.Action.VIEW)


def register_kinds() -> None:
    register(
        RecordKind(
            name=saving.KIND,
            label=gettext_lazy("patron"),
            may_view=VIEW_PATRONS,
            may_change=CHANGE_BLOCK,
            address=lambda ids: reverse("patrons:person", args=ids),
            parent_address=lambda _ids: reverse("patrons:find"),
            describe=told.describe,
            is_gone=is_gone,
            undo=block_views.undo,
            settle=settle,
            seen=seen,
            stays=gettext_lazy("The portal deletes no patrons: whoever manages users in Alma can delete them there."),
        )
    )
