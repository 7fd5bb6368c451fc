"""Our quick drawing of controls is Django's own HTML."""

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from almaportal.widgets import QuickRenderer

ODD = ["", "plain", "<b>&\"'", "two\nlines", "\n first", None, 0, 7, "عربي"]
ATTRS = [{}, {"dir": "auto", "autofocus": True, "disabled": False, "maxlength": 30}, {"data-x": "<&\"'>"}]
CHOICES = [("", "–"), ("a", "A & <b>"), ("0", "Nought"), (7, "Seven")]
WIDGETS = [
    forms.TextInput(),
    forms.DateInput(attrs={"type": "date"}),
    forms.Textarea(attrs={"rows": 3}),
    forms.Select(choices=CHOICES),
    forms.Select(choices=[("Group", CHOICES)]),
    forms.HiddenInput(),
    forms.CheckboxInput(),
]


def plain(html):
    """Blanks between tags mean nothing; those in a textarea do."""
    return re.sub(r">\s+<(?!/textarea)", "><", str(html)).strip()


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("attrs", ATTRS)
def test_it_is_djangos_own_html(widget, attrs):
    for value in ODD:
        ours = widget.render("a-b.c<", value, attrs, renderer=QuickRenderer())
        theirs = widget.render("a-b.c<", value, attrs, renderer=DjangoTemplates())
        assert plain(ours) == plain(theirs), value
