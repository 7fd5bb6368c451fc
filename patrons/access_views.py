"""Who looked at which patron: for administrators, by patron, person, day and what was done."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from almaportal import tables
from almaportal.accounts.roles import VIEW_ACCESS
from almaportal.days import between, day_field
from almaportal.pager import Pager
from almaportal.people.models import Access
from almaportal.request import Request
from almaportal.tables import Row, harmless

may_view = permission_required(VIEW_ACCESS, raise_exception=True)
Action = Access.Action
WORDS = {
    Action.VIEW: gettext_lazy("looked at the record"),
    Action.LIST: gettext_lazy("found in a search"),
    Action.LOANS: gettext_lazy("looked at the loans"),
    Action.FEES: gettext_lazy("looked at the fees"),
    Action.PRINT: gettext_lazy("printed"),
    Action.RENEW: gettext_lazy("renewed loans"),
    Action.BLOCK: gettext_lazy("changed blocks"),
    Action.CREATE: gettext_lazy("created"),
    Action.REQUESTS: gettext_lazy("looked at requests"),
    Action.PLACE: gettext_lazy("placed a request"),
    Action.CANCEL: gettext_lazy("cancelled a request"),
    Action.DIRECT: gettext_lazy("direct borrowing"),
}


class FilterForm(forms.Form):
    """Every field narrows the list; a value that makes no sense is said and narrows nothing."""

    patron = forms.CharField(label=gettext_lazy("Patron (primary ID)"), required=False, max_length=255)
    who = forms.CharField(label=gettext_lazy("Person (user name)"), required=False, max_length=150)
    action = forms.ChoiceField(
        label=gettext_lazy("What"), required=False, choices=[("", gettext_lazy("anything")), *WORDS.items()]
    )
    since = day_field(gettext_lazy("From"))
    until = day_field(gettext_lazy("Until"))

    def filter(self, found: QuerySet[Access]) -> QuerySet[Access]:
        """Primary IDs are the same in any case (facts 3.1), user names are not."""
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        for name, column in (("patron", "patron__iexact"), ("who", "who"), ("action", "action")):
            if name in asked:
                found = found.filter(**{column: asked[name]})
        return found.filter(**between("at", asked.get("since"), asked.get("until")))


def _asked(request: Request) -> tuple[FilterForm, QuerySet[Access]]:
    form = FilterForm(request.GET)
    return form, form.filter(Access.objects.all()).order_by("-pk")


@may_view
@require_safe
def access(request: Request) -> HttpResponse:
    """The latest first."""
    form, found = _asked(request)
    pager = Pager.asked(request)
    rows = list(found[pager.offset : pager.offset + pager.size])
    context: dict[str, Any] = {
        "form": form,
        "rows": [(row, WORDS[Action(row.action)]) for row in rows],
        "pager": pager.got(len(rows), found.count()),
        "days": settings.ACCESS_RECORD_DAYS,
    }
    return render(request, "patrons/access.html#results" if request.htmx else "patrons/access.html", context)


@may_view
@require_safe
def access_csv(request: Request) -> HttpResponseBase:
    """All rows of the filter that the address says."""
    _form, found = _asked(request)
    head = [_("When"), _("Person"), _("Patron"), _("What"), _("Job")]
    response = StreamingHttpResponse(tables.csv_of(head, _rows(found)), content_type=tables.CSV)
    response.headers["Content-Disposition"] = 'attachment; filename="access.csv"'
    return response


def _rows(found: QuerySet[Access]) -> Iterator[Row]:
    """A chunk at a time, from where the last one ended: no reading stays open beside a worker's writes."""
    last = None
    while chunk := list((found if last is None else found.filter(pk__lt=last))[: tables.CHUNK]):
        last = chunk[-1].pk
        for row in chunk:
            at = localtime(row.at).isoformat(" ", "seconds")
            said = [at, row.who, row.patron, str(WORDS[Action(row.action)]), str(row.job_id or "")]
            yield [harmless(cell) for cell in said]
