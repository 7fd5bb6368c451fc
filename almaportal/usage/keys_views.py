"""The page of the API keys, and testing them."""

from collections.abc import Collection

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from almaportal.accounts.roles import TRY_CALLS, VIEW_USAGE
from almaportal.request import Request
from almaportal.usage import key_tests, key_words
from almaportal.usage.keys import NAMES, institutions
from almaportal.usage.keys import keys as all_keys

TEMPLATE = "usage/keys.html"


@permission_required(VIEW_USAGE, raise_exception=True)
@require_safe
def keys(request: Request) -> HttpResponse:
    return _page(request, TEMPLATE)


@permission_required(TRY_CALLS, raise_exception=True)
@require_POST
def test_keys(request: Request) -> HttpResponse:
    """Test the key of one area, or of all where none is named."""
    area = request.POST.get("area", "")
    if area and area not in NAMES:
        raise Http404
    tested = [area] if area else list(NAMES)
    for one in tested:
        key_tests.run(one, request.user.get_username())
    return _page(request, f"{TEMPLATE}#results", tested) if request.htmx else redirect("usage:keys")


def _page(request: Request, template: str, tested: Collection[str] = ()) -> HttpResponse:
    found = all_keys()
    codes = institutions(found)
    context = {
        "rows": [(key, key_words.why(key), key_words.request(key)) for key in found],
        "host": settings.ALMA_BASE_URL,
        "price": sum(key.price for key in found),
        "may_test": request.user.has_perm(TRY_CALLS),
        "institutions": codes if len(codes) > 1 else {},
        "tested": [key for key in found if key.price and key.area in tested],
    }
    return render(request, template, context)
