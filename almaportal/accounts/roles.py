"""The four roles, as groups, and what each may do. A person may have several."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

VIEW_ECOLLECTIONS = "ecollections.view_ecollections"
VIEW_USAGE = "usage.view_usage"

ROLES: dict[str, list[str]] = {
    "viewer": [VIEW_ECOLLECTIONS],
    "e-resources": [VIEW_ECOLLECTIONS],
    "circulation": [VIEW_ECOLLECTIONS],
    "administrator": [VIEW_ECOLLECTIONS, VIEW_USAGE],
}
ROLE_NAMES: dict[str, str | Promise] = {
    "viewer": _("viewer"),
    "e-resources": _("e-resources"),
    "circulation": _("circulation"),
    "administrator": _("administrator"),
}


def sync_roles(**_kwargs: Any) -> None:
    """After migrations: the groups exist and have exactly the permissions of the table above."""
    from django.apps import apps
    from django.contrib.auth.models import Group, Permission

    for app in apps.get_app_configs():
        create_permissions(app, verbosity=0)
    by_name = {f"{p.content_type.app_label}.{p.codename}": p for p in Permission.objects.select_related("content_type")}
    for role, names in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set([by_name[name] for name in names])
