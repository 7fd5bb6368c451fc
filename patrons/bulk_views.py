"""Blocks for many people from a list of IDs: the form, and on to the review of the job."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from almaportal import codes
from almaportal.jobs import control
from almaportal.request import Request
from patrons.block_forms import TABLES, BulkForm
from patrons.block_views import get_or_post, may_change
from patrons.jobs import ADD, LIFT


@may_change
@get_or_post
def bulk_blocks(request: Request) -> HttpResponse:
    """Which people, and which block. IDs are sent by POST: they stand in no address."""
    if request.method != "POST":
        return _page(request, BulkForm(codes.tables(TABLES)))
    form = BulkForm(codes.tables(TABLES), request.POST)
    if not form.is_valid():
        return _page(request, form, 422)
    kind, said = (LIFT if form.is_lift else ADD), form.cleaned_data
    try:
        job = control.submit(kind, said["ids"], form.params, request.user, said["reason"], asks=True)
    except control.Refused as refused:
        return _page(request, form, 422, refused.sentences)
    return redirect("jobs:job", job.pk)


def _page(request: Request, form: BulkForm, status: int = 200, refused: tuple[str, ...] = ()) -> HttpResponse:
    crumbs = [(_("Patrons"), reverse("patrons:find"))]
    context = {"form": form, "refused": refused, "crumbs": crumbs}
    return render(request, "patrons/bulk_blocks.html", context, status=status)
