"""What was spent today, and what failed."""

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import permission_required
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from almaportal.accounts.roles import VIEW_USAGE
from almaportal.alma import clock
from almaportal.usage.models import Bucket, Failure

FAILURES_SHOWN = 50


@permission_required(VIEW_USAGE, raise_exception=True)
@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """Alma's day, which begins at 00:00 GMT: sums by operation and outcome, by person, and the latest failures."""
    midnight = clock.moment().replace(hour=0, minute=0, second=0, microsecond=0)
    today = Bucket.objects.filter(start__gte=midnight)
    sums = {name: Sum(name) for name in ("calls", "saved", "refused")}
    failures = list(Failure.objects.order_by("-pk")[:FAILURES_SHOWN])
    people = list(today.values("user_id", "lane").annotate(**sums).order_by("-calls", "-saved"))
    ids = {row["user_id"] for row in people} | {failure.user_id for failure in failures}
    names = dict(get_user_model().objects.filter(pk__in=ids).values_list("pk", "username"))
    context = {
        "totals": today.aggregate(**sums, seconds=Sum("seconds"), waited=Sum("waited")),
        "operations": today.values("area", "method", "operation", "outcome")
        .annotate(**sums)
        .order_by("-calls", "-saved"),
        "people": people,
        "failures": failures,
        "names": names,
    }
    return render(request, "usage/usage.html", context)
