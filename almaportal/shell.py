"""What the frame around every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from almaportal.accounts.roles import ROLE_NAMES, VIEW_ECOLLECTIONS, VIEW_USAGE
from almaportal.alma.gateway import alma

ENVIRONMENTS = {"production": _("Production"), "sandbox": _("Sandbox"), "demo": _("Demo")}


def shell(request: HttpRequest) -> dict[str, Any]:
    """The navigation a person may use, the environment and the calls left today."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"environment": settings.ALMA_ENVIRONMENT}
    return {
        "environment": settings.ALMA_ENVIRONMENT,
        "quota": alma().quota.state(),
        "may_view_ecollections": user.has_perm(VIEW_ECOLLECTIONS),
        "may_view_usage": user.has_perm(VIEW_USAGE),
        "roles": [str(ROLE_NAMES.get(g.name, g.name)) for g in user.groups.all()],
    }
