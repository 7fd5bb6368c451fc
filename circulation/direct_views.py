"""Direct borrowing on the lending side: the transactions, and the one page on which one is run."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db import IntegrityError
from django.db import transaction as database
from django.db.models import F
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from almaportal.accounts.roles import RUN_DIRECT
from almaportal.alma import clock
from almaportal.alma.errors import AlmaError
from almaportal.changes.holds import hold
from almaportal.pager import Pager
from almaportal.people import access, person
from almaportal.people.models import Access
from almaportal.request import Request
from circulation import dcb, direct_words, rolling_back, seen
from circulation.dcb import NotNow, StillOpen
from circulation.direct_forms import AS_BEFORE, FilterForm, NamesForm, ReasonForm, TransactionForm, wrong
from circulation.models import Transaction
from circulation.partner_patron import NamesNeeded
from circulation.steps import undecided

may_run = permission_required(RUN_DIRECT, raise_exception=True)


@may_run
@require_safe
def transactions(request: Request) -> HttpResponse:
    """Those that are open first, with what each waits for. No call."""
    form, pager = FilterForm(request.GET), Pager.asked(request)
    found = form.filter(Transaction.objects.all(), request.user.pk or 0)
    found = found.order_by(F("closed").desc(nulls_first=True), "-pk")
    rows = [_row(one) for one in found[pager.offset : pager.offset + pager.size]]
    context = {"form": form, "rows": rows, "pager": pager.got(len(rows), found.count()), "crumbs": _crumbs()[:1]}
    name = "circulation/transactions.html#results" if request.htmx else "circulation/transactions.html"
    return render(request, name, context)


def _row(one: Transaction) -> dict[str, Any]:
    return {"one": one, "status": direct_words.status_words(one), "waits_for": direct_words.waits_for(one)}


def _crumbs() -> list[tuple[str, str]]:
    return [
        (_("Circulation"), reverse("circulation:circulation")),
        (_("Direct borrowing"), reverse("circulation:transactions")),
    ]


@may_run
@require_http_methods(["GET", "HEAD", "POST"])
def new_transaction(request: Request) -> HttpResponse:
    """The form, with the places of one's last transaction. The hub's number is taken once."""
    last = Transaction.objects.filter(user_id=request.user.pk or 0).order_by("-pk").values(*AS_BEFORE).first()
    form = TransactionForm(request.POST if request.method == "POST" else None, initial=last or {})
    if request.method == "POST" and form.is_valid():
        one = form.save(commit=False)
        one.created, one.user_id, one.who = clock.moment(), request.user.pk, request.user.get_username()
        try:
            with database.atomic():
                one.save()
        except IntegrityError:  # somebody else begins the same one at this moment
            form.add_error("number", _("This transaction was begun already."))
        else:
            return redirect("circulation:transaction", one.pk)
    context = {"form": form, "wrong": wrong(form), "crumbs": _crumbs(), "other": _same_number(form)}
    return render(request, "circulation/new_transaction.html", context, status=422 if form.is_bound else 200)


def _same_number(form: TransactionForm) -> Transaction | None:
    """The transaction that has the number already."""
    if "number" not in form.errors:
        return None
    return Transaction.objects.filter(number=form.data.get("number", "").strip()).first()


@may_run
@require_http_methods(["GET", "HEAD", "POST"])
def edit_transaction(request: Request, number: int) -> HttpResponse:
    """Correct what Alma does not have yet. No call but for Alma's lists of codes."""
    one = get_object_or_404(Transaction, pk=number)
    if one.closed or one.rolling_back:
        return redirect("circulation:transaction", number)
    if request.method != "POST":
        return _edit_page(request, TransactionForm(instance=one))
    with hold(dcb.key(one)):
        one.refresh_from_db()
        form = TransactionForm(request.POST, instance=one)
        if not form.is_valid():
            return _edit_page(request, form)
        dcb.reach(form.corrected())
    return redirect("circulation:transaction", number)


def _edit_page(request: Request, form: TransactionForm) -> HttpResponse:
    one = Transaction.objects.get(pk=form.instance.pk)
    here = (one.number, reverse("circulation:transaction", args=[one.pk]))
    context = {"form": form, "wrong": wrong(form), "one": one, "crumbs": [*_crumbs(), here]}
    return render(request, "circulation/new_transaction.html", context, status=422 if form.is_bound else 200)


@may_run
@require_safe
def transaction(request: Request, number: int) -> HttpResponse:
    """All steps of a transaction. No call; with `?read=1` Alma's state is read: two or three."""
    one = get_object_or_404(Transaction, pk=number)
    trouble = None
    if "read" in request.GET and one.item_id and not one.closed:
        try:
            dcb.read(one)
        except AlmaError as error:
            trouble = error
    done = request.GET.get("done", "")
    return _page(request, one, trouble=trouble, told=done if dcb.last_done(one) == done else "")


def _page(request: Request, one: Transaction, status: int = 200, **more: Any) -> HttpResponse:
    """more: of a step that was just tried: `at` its name, `error`, `sentences`, or `problems` with the patron."""
    one = Transaction.objects.prefetch_related("steps").get(pk=one.pk)
    steps = direct_words.steps(one)
    at = more.get("at", "")
    context = {
        "one": one,
        "steps": steps,
        "at_label": next((step.label for step in steps if step.name == at), ""),
        "told_label": next((step.label for step in steps if step.name == more.get("told")), ""),
        "status_words": direct_words.status_words(one),
        "waits_for": direct_words.waits_for(one),
        "timeline": direct_words.timeline(one),
        "alma_says": direct_words.alma_says(one),
        "read_calls": seen.calls(one) if one.item_id and not one.closed else 0,
        "undone": direct_words.undone(one),
        "plan": rolling_back.plan(one),
        "names": more.pop("names", None) or NamesForm(),
        "crumbs": _crumbs(),
        **more,
    }
    return render(request, "circulation/transaction.html", context, status=status)


@may_run
@require_POST
def step(request: Request, number: int, name: str) -> HttpResponse:
    """Do a step, or look what became of it; then back to the page of the transaction."""
    one = get_object_or_404(Transaction, pk=number)
    if name not in dcb.STEPS:
        raise Http404
    names = NamesForm(request.POST if name == "patron" else None)
    try:
        found = dcb.do(one, name, names.names if name == "patron" else None)
    except NamesNeeded:
        said = [_("Nobody in Alma has this ID. Type the names of the new patron: they go to Alma alone.")]
        return _page(request, one, 422, at=name, sentences=said, names=names)
    except NotNow:
        said = [_("This step comes after others, or the transaction is over. Nothing was sent.")]
        return _page(request, one, 409, at=name, sentences=said)
    except StillOpen as still:
        return _page(request, one, 409, at=name, sentences=[*still.points, _("The transaction was not closed.")])
    except AlmaError as error:
        advice = direct_words.advice(one, error)
        return _page(request, one, error.page_status, at=name, error=error, advice=advice, names=names)
    if not dcb.is_done(one, name):
        return _page(request, one, 409, at=name, sentences=direct_words.moved_nothing(name, found))
    if name == "patron":
        access.seen(request, one.primary_id, Access.Action.DIRECT)
        if problems := direct_words.problems(one, found):
            return _page(request, one, told=name, problems=problems, name=person.primary_id(found))
    return HttpResponseRedirect(f"{reverse('circulation:transaction', args=[number])}?done={name}#step-{name}")


@may_run
@require_POST
def note(request: Request, number: int) -> HttpResponse:
    """What the borrowing side said. No call."""
    one = get_object_or_404(Transaction, pk=number)
    if not dcb.note(one, request.POST.get("status", ""), request.user.get_username()):
        said = [_("This status cannot be noted now. Nothing was changed.")]
        return _page(request, one, 409, sentences=said)
    return redirect("circulation:transaction", number)


@may_run
@require_http_methods(["GET", "HEAD", "POST"])
def roll_back(request: Request, number: int) -> HttpResponse:
    """What goes and what stays; a POST takes back what the transaction made until something fails."""
    one = get_object_or_404(Transaction, pk=number)
    data = request.POST if request.method == "POST" else None
    form = ReasonForm(data) if rolling_back.needs_reason(one) else None
    if request.method != "POST" or (form and not form.is_valid()):
        return _roll_back_page(request, one, form, 422 if request.method == "POST" else 200)
    try:
        with hold(dcb.key(one)):
            one.refresh_from_db()
            is_as_shown = request.POST.get("plan") == rolling_back.plan(one).key
            if is_as_shown:
                rolling_back.roll_back(one, form.cleaned_data["reason"] if form else "")
    except AlmaError as error:
        return _roll_back_page(request, one, form, error.page_status, error=error)
    if not is_as_shown:
        return _roll_back_page(request, one, form, 409, is_another=True)
    if one.primary_id:
        access.seen(request, one.primary_id, Access.Action.DIRECT)
    return redirect("circulation:transaction", number)


def _roll_back_page(
    request: Request, one: Transaction, form: ReasonForm | None, status: int, **more: Any
) -> HttpResponse:
    context = {
        "one": one,
        "plan": rolling_back.plan(one),
        "undone": direct_words.undone(one),
        "has_undecided": undecided(one) is not None,
        "form": (form or ReasonForm()) if rolling_back.needs_reason(one) else None,
        "wrong": wrong(form) if form else [],
        "crumbs": [*_crumbs(), (one.number, reverse("circulation:transaction", args=[one.pk]))],
        **more,
    }
    return render(request, "circulation/roll_back.html", context, status=status)
