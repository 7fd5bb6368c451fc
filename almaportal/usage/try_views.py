"""Try a call: any GET of Alma's, as Alma answers it. Nothing of the answer is kept."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django import forms
from django.contrib.auth.decorators import permission_required
from django.core.validators import RegexValidator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from almaportal.accounts.roles import TRY_CALLS
from almaportal.alma import clock, http
from almaportal.alma.call import make_call
from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import alma
from almaportal.days import sensible
from almaportal.people import access
from almaportal.people.models import Access
from almaportal.request import Request
from almaportal.usage.keys import NAMES
from almaportal.usage.operations import BY_PATH, OPERATIONS, Operation
from almaportal.usage.parameters import Parameter

TEMPLATE = "usage/try.html"
MOST_LETTERS = 2000  # of a value: a hundred MMS IDs
MOST_SHOWN = 1_000_000  # letters of an answer
NOBODY = {"GUEST", "ALL"}  # stand in the place of a user's ID
NOT_SHOWN = {"Set-Cookie"}  # headers
OF_PEOPLE = {"primary_id", "user_primary_id", "user_id", "user_name", "requester"}
_LINK = re.compile(r"/almaws/v1/users/([^/?]+)")
one_line = RegexValidator(r"[\x00-\x1f\x7f]", gettext_lazy("This must be one line."), inverse_match=True)
no_step = RegexValidator(r"^\.{1,2}$", gettext_lazy("This cannot be an ID."), inverse_match=True)


@dataclass(frozen=True)
class Shown:
    """Alma's answer. seconds: from the press to the answer, waiting for a slot included; size: bytes; left: what Alma
    said of the day's calls, "" for nothing."""

    status: int
    seconds: float
    headers: dict[str, str]
    left: str
    size: int
    text: str
    is_cut: bool


class CallForm(forms.Form):
    """The parameters of an operation, under Alma's own names."""

    use_required_attribute = False

    def __init__(self, operation: Operation, data: Any = None) -> None:
        super().__init__(data, prefix="p")
        self.operation = operation
        for one in operation.parameters:
            self.fields[one.name] = _field(one)

    def given(self, in_path: bool) -> dict[str, str]:
        """Name → value, as Alma takes it, of what was filled in."""
        names = [one.name for one in self.operation.parameters if one.in_path == in_path]
        return {name: str(value) for name in names if (value := self.cleaned_data[name]) not in ("", None)}


def _field(one: Parameter) -> forms.Field:
    meaning = one.meaning
    usual: dict[str, Any] = {"label": one.name, "help_text": meaning.text, "required": one.is_required}
    attrs = {"autocomplete": "off", "dir": "auto"} | ({"placeholder": meaning.default} if meaning.default else {})
    if meaning.choices:
        none = _("not sent: Alma takes %(value)s") % {"value": meaning.default} if meaning.default else _("not sent")
        return forms.ChoiceField(choices=[("", none), *((value, value) for value in meaning.choices)], **usual)
    if meaning.kind == "number":
        return forms.IntegerField(min_value=0, max_value=10**9, widget=forms.NumberInput(attrs), **usual)
    if meaning.kind == "day":
        day = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(validators=[sensible], widget=day, **usual)
    validators = [one_line, no_step] if one.in_path else [one_line]
    return forms.CharField(max_length=MOST_LETTERS, validators=validators, widget=forms.TextInput(attrs), **usual)


@permission_required(TRY_CALLS, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def try_call(request: Request) -> HttpResponse:
    """The chosen operation stands in the address; what is filled in comes by POST, and so in no address and no log."""
    path = request.GET.get("operation", "")
    operation = BY_PATH.get(path)
    context: dict[str, Any] = {
        "areas": [(NAMES[area], operations) for area, operations in OPERATIONS.items()],
        "operation": operation,
    }
    if operation is None:
        if path or request.method == "POST":
            raise Http404
        return render(request, TEMPLATE, context)
    form = context["form"] = CallForm(operation, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, TEMPLATE, context)
    if not form.is_valid():
        context["wrong"] = [(form[name].id_for_label, name, errors[0]) for name, errors in form.errors.items()]
        return render(request, TEMPLATE, context, status=422)
    context |= _tried(request, form)
    return render(request, TEMPLATE, context, status=context["error"].page_status if context["error"] else 200)


def _tried(request: Request, form: CallForm) -> dict[str, Any]:
    """What the page says about a call that was just made."""
    operation, ids, params = form.operation, form.given(in_path=True), form.given(in_path=False)
    said = {"curl": _curl(make_call("GET", operation.path, ids, params).url), "error": None}
    started = clock.monotonic()
    try:
        reply = alma().ask("GET", operation.path, ids, params)
    except AlmaError as error:
        return said | {"error": error}
    seconds = clock.monotonic() - started
    text, data = _read(reply.body)
    asked = ids | params
    return said | {
        "answer": _shown(reply, text, seconds),
        "on_record": _put_on_record(request, operation, asked.get("user_id") or asked.get("user_name") or "", data),
    }


def _shown(reply: http.Reply, text: str, seconds: float) -> Shown:
    return Shown(
        status=reply.status,
        seconds=seconds,
        headers={name: value for name, value in reply.headers.items() if name not in NOT_SHOWN},
        left=reply.headers.get("X-Exl-Api-Remaining", ""),
        size=len(reply.body),
        text=text[:MOST_SHOWN],
        is_cut=len(text) > MOST_SHOWN,
    )


def _read(body: bytes) -> tuple[str, Any]:
    """An answer as text, JSON indented; and as data, None when it is none. Half a letter becomes "?"."""
    text = body.decode(errors="replace")
    try:
        data = json.loads(text)
        return json.dumps(data, ensure_ascii=False, indent=2).encode(errors="replace").decode(), data
    except (ValueError, RecursionError):
        return text, None


def _curl(url: str) -> str:
    """The same call for a shell that has the key in a variable; -L follows a redirect as the portal does."""
    return f'curl -L -H "Authorization: apikey $ALMA_API_KEY" -H "Accept: application/json" {shlex.quote(url)}'


def _put_on_record(request: Request, operation: Operation, asked: str, data: Any) -> bool:
    """Whose record was just shown, by the IDs of the answer; where it has none, by the one that was typed."""
    found = list(dict.fromkeys(_people(data)))
    names_one = bool(asked) and asked.upper() not in NOBODY
    if names_one or operation.path.endswith(("}", "/ME")):
        for one in found or [asked] * names_one:
            access.seen(request, one, Access.Action.VIEW)
    else:
        access.listed(request, found)
    return bool(found) or names_one


def _people(data: Any) -> Iterator[str]:
    """The primary IDs of everybody whom an answer tells of, wherever it does."""
    waiting = [data]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += reversed(one)
        if not isinstance(one, dict):
            continue
        waiting += reversed(one.values())
        for name in OF_PEOPLE & one.keys():
            value = one[name].get("value") if isinstance(one[name], dict) else one[name]
            if isinstance(value, str) and value:
                yield value
        link = one.get("link")
        if isinstance(link, str) and (user := _LINK.search(link)) and user[1].upper() not in NOBODY:
            yield unquote(user[1])
