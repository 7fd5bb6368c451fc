"""Pages about what Alma holds: how old it is, what reading it again costs, and doing so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import push_url

from almaportal.alma.errors import AlmaError
from almaportal.alma.gateway import Answer
from almaportal.request import Request


@dataclass(frozen=True)
class Freshness:
    """read_at: when the oldest part of the page was read; calls: what reading it again costs; old: why a part of it is
    only the kept copy, or None."""

    read_at: datetime
    calls: int
    old: AlmaError | None


def page(
    request: Request, template: str, answers: Sequence[Answer], context: dict[str, Any], part: str = ""
) -> HttpResponse:
    """The page made of `answers`; under htmx its partial `part` alone, where it has one.

    A POST with `read_again` has just read everything anew (the middleware told the gateway to), so it goes back to the
    address itself; unless Alma did not answer, which the page must say.
    """
    fresh = Freshness(
        min(answer.read_at for answer in answers), len(answers), next((a.old for a in answers if a.old), None)
    )
    if request.method == "POST" and not fresh.old:
        return HttpResponseRedirect(request.get_full_path())
    name = f"{template}#{part}" if part and request.htmx and not request.htmx.boosted else template
    return render(request, name, {"fresh": fresh, **context})


def failure(request: Request, template: str, status: int, **context: Any) -> HttpResponse:
    """The page about what went wrong; under htmx its partial "message" alone, and the browser keeps its address."""
    if not request.htmx:
        return render(request, template, context, status=status)
    return push_url(render(request, f"{template}#message", context, status=status), False)
