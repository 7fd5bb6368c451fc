"""Drawing a form's controls without a template for each: the form of a record has fifty, and takes a quarter less time.

The HTML is Django's own (tests/portal/test_widgets.py compares them); controls not named here are drawn by Django.
"""

from collections.abc import Callable
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import escape
from django.utils.safestring import SafeString

Widget = dict[str, Any]


def _attributes(widget: Widget) -> str:
    said = ((name, value) for name, value in widget["attrs"].items() if value is not False)
    return "".join(
        f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"' for name, value in said
    )


def _input(widget: Widget) -> str:
    value = "" if widget["value"] is None else f' value="{escape(widget["value"])}"'
    return f'<input type="{widget["type"]}" name="{escape(widget["name"])}"{value}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    value = escape(widget["value"]) if widget["value"] else ""
    return f'<textarea name="{escape(widget["name"])}"{_attributes(widget)}>\n{value}</textarea>'


def _select(widget: Widget) -> str:
    options = "".join(_option(one) for _group, choices, _index in widget["optgroups"] for one in choices)
    return f'<select name="{escape(widget["name"])}"{_attributes(widget)}>{options}</select>'


def _option(widget: Widget) -> str:
    return f'<option value="{escape(widget["value"])}"{_attributes(widget)}>{escape(widget["label"])}</option>'


DRAWN: dict[str, Callable[[Widget], str]] = {
    "django/forms/widgets/text.html": _input,
    "django/forms/widgets/date.html": _input,
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}


class QuickRenderer(DjangoTemplates):
    """Django's renderer, but for the controls above. Choices in groups are none of ours."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        draw = DRAWN.get(template_name)
        if draw is None or any(group for group, _choices, _index in context["widget"].get("optgroups", ())):
            return SafeString(super().render(template_name, context, request))
        return SafeString(draw(context["widget"]))  # what is not ours was escaped
