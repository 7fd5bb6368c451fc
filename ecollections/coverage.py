"""Coverage and embargo in words that people read: "Jan 2004, vol. 3 – 2010". Shapes: facts 2.4."""

import re
from typing import Any

from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from almaportal.alma.records import code, is_empty, words

Row = dict[str, Any]


def statement(row: Row) -> str:
    """One row of date coverage; "" when it says nothing. An open end is left open: "2015 –"."""
    start, end = _point(row, "from"), _point(row, "until")
    if not start and not end:
        return ""
    if not start:
        return _("until %(end)s") % {"end": end}
    return start if start == end else f"{start} – {end}".rstrip()


def statements(rows: Any) -> list[str]:
    """All rows; what is no row is passed over."""
    return (
        [text for row in rows if isinstance(row, dict) and (text := statement(row))] if isinstance(rows, list) else []
    )


def embargo(info: Any) -> str:
    """The embargo in Alma's own words for its operator; "" for none."""
    if isinstance(info, list):
        return "; ".join(filter(None, map(embargo, info)))
    if not isinstance(info, dict) or is_empty(info):
        return ""
    years, months = _count(info.get("number_of_years")), _count(info.get("number_of_months"))
    length = [ngettext("%d year", "%d years", years) % years] if years else []
    length += [ngettext("%d month", "%d months", months) % months] if months else []
    return " ".join(filter(None, [words(info.get("embargo_operator")), *length]))


def _point(row: Row, side: str) -> str:
    """Year, month and day, then volume and issue. Alma sends month and day as text or as {value, desc}."""
    year, month, day = (code(row.get(f"{side}_{part}")) for part in ("year", "month", "day"))
    when = " ".join(filter(None, [day.lstrip("0"), _month(month, row.get(f"{side}_month")), year]))
    volume, issue = code(row.get(f"{side}_volume")), code(row.get(f"{side}_issue"))
    what = [_("vol. %s") % volume] if volume else []
    what += [_("issue %s") % issue] if issue else []
    return ", ".join(filter(None, [when, *what]))


def _month(month: str, sent: Any) -> str:
    if re.fullmatch(r"0?[1-9]|1[0-2]", month):
        return str(MONTHS_3[int(month)]).capitalize()
    return words(sent)


def _count(sent: Any) -> int:
    text = code(sent)
    return int(text) if text.isascii() and text.isdigit() else 0
