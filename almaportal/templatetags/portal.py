"""Small words for templates."""

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
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
def number(found: int | None) -> str:
    """A count with its thousands marked; "–" for none."""
    if found is None:
        return "–"
    return str(found) if 0 <= found < 1000 else number_format(found, use_l10n=True, force_grouping=True)


@register.filter
def origin(record: dict[str, Any]) -> str:
    """Whether a record is the institution's own or the Community Zone's; "–" when Alma does not say."""
    match record.get("is_local"):
        case True:
            return _("Local")
        case False:
            return _("Community Zone")
    return "–"


@register.filter
def availability(found: Any) -> str:
    """Alma's availability or activation status with its colour and mark; its codes: facts 2.3, 2.4."""
    return _badge(records.code(found), records.words(found))


@lru_cache(maxsize=256)  # a list shows the same few of them in every row
def _badge(code: str, words: str) -> str:
    look, mark = {"11": (" good", "●"), "10": (" warn", "◐")}.get(code, ("", "○"))
    return format_html('<span class="status{}">{} {}</span>', look, mark, words) if words else "–"


def being_deleted() -> str:
    """The mark of a record that Alma is deleting, in the place of its availability."""
    return format_html('<span class="status bad">■ {}</span>', _("Being deleted"))


@register.filter
def said(found: Any) -> str:
    """A code of Alma's in words: see records.words."""
    return records.words(found)


@register.filter
def as_json(record: Any) -> str:
    """A record as Alma sent it, indented."""
    return json.dumps(record, ensure_ascii=False, indent=2)
