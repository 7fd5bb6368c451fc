"""Small words for templates."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma import clock, records

register = template.Library()


@register.filter
def ago(moment: datetime) -> str:
    """How long ago, in one unit: "just now", "12 min ago", "3 h ago", "2 days ago"."""
    minutes = int((clock.moment() - moment).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return _("%d min ago") % minutes
    if minutes < 48 * 60:
        return _("%d h ago") % (minutes // 60)
    return ngettext("%d day ago", "%d days ago", minutes // 1440) % (minutes // 1440)


@register.filter
def hours(length: timedelta) -> str:
    """A length of time as "9 h 18 min"."""
    minutes = int(length.total_seconds() // 60)
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def lookup(table: dict[Any, Any], key: Any) -> Any:
    """The table's value for a key that is itself a variable; "" when there is none."""
    return table.get(key, "")


@register.filter
def code(found: Any) -> str:
    """A code of Alma's itself: see records.code."""
    return records.code(found)


@register.filter
def said(found: Any) -> str:
    """A code of Alma's in words: see records.words."""
    return records.words(found)
