"""Try a call: any GET of Alma's, as Alma answers it. Nothing of the answer is kept."""

import shlex
from dataclasses import dataclass
from typing import Any

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
from almaportal.alma.call import Call, make_call
from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import alma
from almaportal.days import sensible
from almaportal.people import access
from almaportal.people.models import Access
from almaportal.request import Request
from almaportal.usage import answers
from almaportal.usage.keys import NAMES
from almaportal.usage.operations import BY_PATH, OPERATIONS, Operation
from almaportal.usage.parameters import Parameter

TEMPLATE = "usage/try.html"
MOST_LETTERS = 2000  # of a value: a hundred MMS IDs
MOST_SHOWN = 1_000_000  # letters of an answer
NOT_SHOWN = {"Set-Cookie"}  # headers
one_line = RegexValidator(r"[\x00-\x1f\x7f]", gettext_lazy("This must be one line."), inverse_match=True)
whole = RegexValidator(r"\A[0-9]{1,9}\Z", gettext_lazy("This must be a number, written in digits alone."))
no_step = RegexValidator(r"^\.{1,2}$", gettext_lazy("This cannot be an ID."), inverse_match=True)


@dataclass(frozen=True)
class Shown:
    """Alma's answer. seconds: from the press to the answer, waiting for a slot included; size: bytes; left: what Alma
    said of the day's calls, "" for nothing; is_hidden: the text is not shown, for nobody can tell whom it tells of."""

    status: int
    seconds: float
    headers: dict[str, str]
    left: str
    size: int
    text: str
    is_cut: bool
    is_hidden: bool


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
        return forms.CharField(validators=[whole], widget=forms.NumberInput(attrs), **usual)
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
    call = make_call("GET", operation.path, ids, params)
    said = {"curl": _curl(call.url), "error": None}
    started = clock.monotonic()
    try:
        reply = alma().ask("GET", operation.path, ids, params)
    except AlmaError as error:
        return said | {"error": error}
    seconds = clock.monotonic() - started
    text, data = answers.read(reply.body)
    is_hidden = operation.shows_people and data is None and bool(text.strip())
    typed = (ids | params).get("user_id") or ids.get("user_name") or ""
    on_record = _put_on_record(request, operation, call, typed, data)
    return said | {
        "answer": _shown(reply, text, seconds, is_hidden),
        "on_record": on_record,
        "by_address": on_record == [call.path],
    }


def _shown(reply: http.Reply, text: str, seconds: float, is_hidden: bool) -> Shown:
    return Shown(
        status=reply.status,
        seconds=seconds,
        headers={name: value for name, value in reply.headers.items() if name not in NOT_SHOWN},
        left=reply.headers.get("X-Exl-Api-Remaining", ""),
        size=len(reply.body),
        text="" if is_hidden else text[:MOST_SHOWN],
        is_cut=not is_hidden and len(text) > MOST_SHOWN,
        is_hidden=is_hidden,
    )


def _curl(url: str) -> str:
    """The same call for a shell that has the key in a variable; -L follows a redirect as the portal does."""
    return f'curl -L -H "Authorization: apikey $ALMA_API_KEY" -H "Accept: application/json" {shlex.quote(url)}'


def _put_on_record(request: Request, operation: Operation, call: Call, typed: str, data: Any) -> list[str]:
    """Whom the access record now names: the IDs of the answer; where it has none, the one that was typed; where an
    answer may tell of somebody all the same, the address, so that there is a trace."""
    names_one = bool(typed) and typed.upper() not in answers.NOBODY
    named = answers.people(data) or [typed] * names_one or [call.path] * operation.shows_people
    if names_one or operation.path.endswith(("}", "/ME")):
        for one in named:
            access.seen(request, one, Access.Action.VIEW)
    else:
        access.listed(request, named)
    return named
