"""The rules about calls: pace, reserve, budgets, quiet hours, warnings; seen by who sees the usage, changed by
administrators, and each change on record."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from almaportal.accounts.roles import CHANGE_RULES, VIEW_USAGE
from almaportal.alma import clock
from almaportal.alma.gateway import alma
from almaportal.alma.models import Spent
from almaportal.alma.rules import rules_of
from almaportal.carried import pack, unpack
from almaportal.jobs import claims
from almaportal.pager import Pager
from almaportal.request import Request
from almaportal.usage import alerts, rules_words
from almaportal.usage.models import RuleChange
from almaportal.usage.rules_forms import USUAL_LIMIT, RulesForm
from almaportal.usage.spent import made_today


@permission_required(VIEW_USAGE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: Request) -> HttpResponse:
    """The rules as they are, and who changed them; no call to Alma."""
    if request.method != "POST":
        return _page(request, RulesForm(alma().quota.stored_rules()))
    if not request.user.has_perm(CHANGE_RULES):
        raise PermissionDenied
    return _save(request)


def _save(request: Request) -> HttpResponse:
    """The form carries the rules that it was made from: when others hold by now, nothing is saved, and both are shown.
    What rests goes on as the new ones allow."""
    shown = unpack("rules", request.POST.get("shown", ""))
    form = RulesForm(shown, request.POST)
    if not form.is_valid():
        return _page(request, form, shown, status=422)
    wanted = form.stored
    if wanted == shown:
        return redirect(f"{reverse('usage:rules')}?said=same")
    with transaction.atomic():
        is_saved = alma().quota.set_rules(wanted, shown)
        if is_saved:
            before, after = rules_words.differing(shown, wanted)
            who = request.user
            RuleChange.objects.create(user_id=who.pk or 0, who=who.get_username(), before=before, after=after)
    if not is_saved:
        now = alma().quota.stored_rules()
        both = rules_words.lines(*rules_words.differing(now, wanted))
        return _page(request, RulesForm(now, request.POST), now, status=409, both=both)
    claims.wake()
    return redirect(f"{reverse('usage:rules')}?said=saved")


def _page(
    request: Request, form: RulesForm, shown: dict[str, Any] | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    now = alma().quota.stored_rules() if shown is None else shown
    may_change = request.user.has_perm(CHANGE_RULES)
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    spent = _spent(now)
    roles, kinds = ([(form.budget(name), spent.get(name, 0)) for name in names] for names in (form.roles, form.kinds))
    pager = Pager.asked(request, 20)
    changes = RuleChange.objects.order_by("-pk")
    rows = [(one, rules_words.lines(one.before, one.after)) for one in changes[pager.offset :][: pager.size]]
    quota = alma().quota.state()
    context = {
        "form": form,
        "shown": pack("rules", now),
        "may_change": may_change,
        "said": "" if "page" in request.GET else request.GET.get("said", ""),
        "is_fast": rules_of(now).pace > USUAL_LIMIT,
        "limit": USUAL_LIMIT,
        "roles": roles,
        "kinds": [row for row in kinds if row[0].value() or row[0].errors],
        "other_kinds": [row for row in kinds if not (row[0].value() or row[0].errors)],
        "time_zone": settings.TIME_ZONE,
        "resets_at": quota.resets_at,
        "mail_server": bool(settings.EMAIL_HOST),
        "people": alerts.administrators(),
        "rows": rows,
        "pager": pager.got(len(rows), changes.count()),
        "crumbs": [(_("API usage"), reverse("usage:usage"))],
        **more,
    }
    is_part = request.htmx and request.method != "POST"
    return render(request, "usage/rules.html#results" if is_part else "usage/rules.html", context, status=status)


def _spent(stored: dict[str, Any]) -> dict[str, int]:
    """Name of a budget → calls of today that it was spent by, or would have been."""
    day = clock.moment().date()
    counted = Spent.objects.filter(day=day, name__in=stored.get("budgets", {}))
    return made_today(day) | dict(counted.values_list("name", "calls"))
