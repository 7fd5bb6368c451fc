"""Adding, editing and lifting a block of one person, and taking such a change back.

A form carries what it was made from, packed: the person's ID and name, and the block as it was shown.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal import codes
from almaportal.accounts.roles import CHANGE_BLOCK
from almaportal.alma.errors import AlmaError, AlmaRejected
from almaportal.alma.records import Record, code
from almaportal.carried import pack, unpack
from almaportal.changes.log import Why
from almaportal.changes.models import Change
from almaportal.changes.shown import Shown
from almaportal.people import access, alma, person, writing
from almaportal.people.models import Access
from almaportal.request import Request
from patrons import blocks, saving, told, views
from patrons.block_forms import TABLES, BlockForm, LiftForm
from patrons.blocks import PATH, Changed, Row

may_change = permission_required(CHANGE_BLOCK, raise_exception=True)
BLOCK, LIFT = "patrons/block.html", "patrons/lift.html"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True)
class About:
    """What a form is about. user_id: the primary ID; row: the block as shown, None for a new one; others: keys of the
    other blocks; doubles: identifiers that go with a write (writing.doubles), in words; undoes: number of the change
    that is taken back, else 0."""

    user_id: str
    name: str
    row: Row | None
    others: list[str]
    is_external: bool
    doubles: list[str]
    undoes: int = 0

    @property
    def packed(self) -> str:
        return pack("block", asdict(self))

    @property
    def address(self) -> str:
        return reverse("patrons:person", args=[self.user_id])

    def action(self, template: str) -> str:
        """The address of the form in a template."""
        if not self.row:
            return reverse("patrons:new_block", args=[self.user_id])
        return reverse(
            "patrons:lift" if template == LIFT else "patrons:block", args=[self.user_id, blocks.key(self.row)]
        )


@may_change
@get_or_post
def new_block(request: Request, user_id: str) -> HttpResponse:
    """A new block for a person."""
    tables = codes.tables(TABLES)
    if request.method != "POST":
        about = _about(request, alma.find_one(user_id))
        return _page(request, BLOCK, about, BlockForm(tables, is_external=about.is_external))
    about = _carried(request, user_id)
    form = BlockForm(tables, data=request.POST, is_external=about.is_external)
    who = request.user.get_username()
    return _save(request, BLOCK, about, form, lambda record: blocks.add(record, form.new_row(who)))


@may_change
@get_or_post
def block(request: Request, user_id: str, key: str) -> HttpResponse:
    """Another note or expiry for a block."""
    if request.method != "POST":
        about = _about(request, alma.find_one(user_id), key)
        if about.row is None:
            return _gone(request, about)
        return _page(request, BLOCK, about, BlockForm({}, about.row, is_external=about.is_external))
    about = _carried(request, user_id)
    row = about.row or {}
    form = BlockForm({}, row, request.POST, about.is_external)

    def change(record: Record) -> Record:
        wanted = blocks.edited(row, form.cleaned_data["note"], form.cleaned_data["expiry"])
        return blocks.replace(record, row, wanted, about.others)

    return _save(request, BLOCK, about, form, change)


@may_change
@get_or_post
def lift(request: Request, user_id: str, key: str) -> HttpResponse:
    """Lift a block, as the institution does it; or take a change back."""
    keeps = settings.LIFTED_BLOCKS == "inactive"
    if request.method != "POST":
        about = _about(request, alma.find_one(user_id), key)
        if about.row is None:
            return _gone(request, about)
        return _page(request, LIFT, about, LiftForm(about.row, keeps, is_external=about.is_external))
    about = _carried(request, user_id)
    if about.undoes:
        return _undone(request, about)
    row = about.row or {}
    form = LiftForm(row, keeps, request.POST, about.is_external)

    def change(record: Record) -> Record:
        wanted = blocks.lifted(row, settings.LIFTED_BLOCKS, form.cleaned_data.get("note"))
        return blocks.replace(record, row, wanted, about.others)

    return _save(request, LIFT, about, form, change)


# what the forms stand on


def _about(request: Request, record: Record, key: str = "") -> About:
    """For a form that is shown; that the record was seen is noted."""
    own = person.primary_id(record)
    if not own:
        raise AlmaRejected(_("This contact has no primary ID: Alma keeps no blocks for it."), area="users")
    saving.check_blocks(record)
    access.seen(request, own, Access.Action.VIEW)
    found = blocks.of(record)
    row = next((one for one in found if blocks.key(one) == key), None)
    others = [blocks.key(one) for one in found if one is not row]
    is_external = code(record.get("account_type")).upper() == "EXTERNAL"
    doubles = [told.describe(writing.IDENTIFIERS, one)[1] for one in writing.doubles(record)]
    return About(own, person.name(record) or own, row, others, is_external, doubles)


def _carried(request: Request, user_id: str) -> About:
    """What the form that was sent is about. Raises BadRequest when it is none of ours, of before an update of the
    portal, or another person's."""
    carried = unpack("block", request.POST.get("about", ""))
    try:
        about = About(**carried)
    except TypeError:
        raise BadRequest("a form of before an update") from None
    if not person.is_same_id(about.user_id, user_id):
        raise BadRequest("the form of another person")
    return about


def _page(request: Request, template: str, about: About, form: BlockForm | None, status: int = 200, **more: Any) -> Any:
    row = about.row
    context = {
        "about": about,
        "form": form,
        "action": about.action(template) if row or form else "",
        "row_words": told.block_words(row) if row else "",
        "keeps": settings.LIFTED_BLOCKS == "inactive",
        "crumbs": [(_("Patrons"), reverse("patrons:find")), (about.name, about.address)],
        **more,
    }
    return render(request, template, context, status=status)


def _gone(request: Request, about: About) -> HttpResponse:
    """The block of this address was changed, or is not there any more."""
    return _page(request, LIFT, About(**{**asdict(about), "row": {}}), None, status=404, is_gone=True)


# saving


def _save(
    request: Request, template: str, about: About, form: BlockForm, change: Callable[[Record], Record]
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, template, about, form, status=422)
    try:
        saved = saving.save(about.user_id, change, Why(form.cleaned_data["reason"]), form.override)
    except Changed as changed:
        return _conflict(request, template, about, form, changed)
    except AlmaError as error:
        form.refuse(error)
        status = 422 if isinstance(error, AlmaRejected) else error.page_status
        return _page(request, template, about, form, status=status, error=error)
    return _done(request, about, saved)


def _conflict(request: Request, template: str, about: About, form: BlockForm, changed: Changed) -> HttpResponse:
    """Both values. Saved once more, it is the newest block that the form is about: then it was chosen."""
    theirs = changed.theirs
    newest = About(**{**asdict(about), "row": theirs or about.row})
    lines = _both(about, changed)
    return _page(request, template, newest, form, status=409, conflict=lines, is_gone=theirs is None)


def _both(about: About, changed: Changed) -> dict[str, Any]:
    """The block as it was shown and as it is; by: the change of the log that made it so, None for one in Alma."""
    was, theirs = (told.describe(PATH, row)[1] for row in (changed.shown, changed.theirs))
    return {"was": was, "theirs": theirs, "by": saving.changed_by(about.user_id, changed)}


def _done(request: Request, about: About, saved: saving.Saved) -> HttpResponse:
    """The person's page, made of Alma's answer: no third call."""
    access.seen(request, about.user_id, Access.Action.BLOCK)
    context = views.shown(request, saved.record)
    context["just_changed"] = [Shown(saved.change)] if saved.change else []
    context["nothing_changed"] = saved.change is None
    return render(request, "patrons/person.html", context)


# taking back


def undo(request: Request, change: Change) -> HttpResponse:
    """Look over what taking an edit back would do."""
    pairs = saving.pairs_of(change)
    if not pairs:
        return redirect("changes:change", change.pk)
    record = alma.find_one(change.ids[0])
    about = About(**{**asdict(_about(request, record)), "undoes": change.pk, "row": _row_of(change)})
    try:
        wanted = blocks.taken_back(record, pairs)
    except Changed as changed:
        return _undo_refused(request, about, change, changed)
    lines = [_line(pair) for pair in blocks.difference(record, wanted)]
    return _page(request, LIFT, about, None, undone=change, lines=lines)


def _row_of(change: Change) -> Row:
    first = saving.pairs_of(change)[0]
    return first.after or first.before or {}


def _line(pair: blocks.Pair) -> tuple[str, str]:
    before, after = (told.describe(PATH, row)[1] for row in (pair.before, pair.after))
    return before, after


def _undo_refused(request: Request, about: About, change: Change, changed: Changed) -> HttpResponse:
    return _page(request, LIFT, about, None, status=409, undone=change, conflict=_both(about, changed))


def _undone(request: Request, about: About) -> HttpResponse:
    """The change is taken back, by the same road."""
    change = Change.objects.filter(pk=about.undoes, record_id=about.user_id).first()
    if change is None:
        raise BadRequest("no change of this person")
    why = Why(_("Undo of change %(number)d") % {"number": change.pk}, change)
    try:
        saved = saving.save(about.user_id, lambda record: blocks.taken_back(record, saving.pairs_of(change)), why)
    except Changed as changed:
        return _undo_refused(request, about, change, changed)
    except AlmaError as error:
        return _page(request, LIFT, about, None, status=error.page_status, undone=change, error=error)
    return _done(request, about, saved)
