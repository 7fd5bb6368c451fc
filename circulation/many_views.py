"""Cancelling many requests: which ones, what goes along, and on to the review of the job."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from almaportal import codes
from almaportal.alma.errors import AlmaError
from almaportal.carried import pack, unpack
from almaportal.jobs import control
from almaportal.request import Request
from circulation import alma, watching
from circulation.cancel_forms import ManyForm
from circulation.cancel_views import may_change
from circulation.jobs import CANCEL, desk_words, is_target
from circulation.models import Watched
from circulation.narrowing import LIBRARIES

TEMPLATE = "circulation/cancel_many.html"
FIRST_ODD = 20


@dataclass(frozen=True)
class About:
    """Which requests. targets: as the job takes them; words: what they are, for people."""

    targets: list[str]
    words: str

    @property
    def packed(self) -> str:
        return pack("cancel-many", [self.targets, self.words])


@may_change
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_many(request: Request) -> HttpResponse:
    """Choose requests: ticked in a list, typed, or a list as a whole; a POST with those leads to the form, the form to
    a job. What they are stands in no address."""
    if request.method != "POST":
        return _choose(request)
    if "about" in request.POST:
        return _sent(request, About(*unpack("cancel-many", request.POST["about"])))
    about, odd = _asked(request)
    if about is None:
        return _choose(request, odd, 422)
    return _form(request, about, ManyForm(initial={"type": request.POST.get("kind", "")}))


def _asked(request: Request) -> tuple[About | None, list[str]]:
    """The list as a whole, by a button that says so; else what is ticked or typed, and what of that is no number."""
    source = request.POST.get("source", "")
    if request.POST.get("do") == "all" and is_target(source):
        return About([source], _words(source)), []
    picked = [one for one in dict.fromkeys(request.POST.getlist("pick")) if watching.is_number(one)]
    typed, odd = watching.numbers(request.POST.get("ids", ""))
    chosen = list(dict.fromkeys([*picked, *typed]))
    words = ngettext("%d request", "%d requests", len(chosen)) % len(chosen)
    return (None if odd or not chosen else About(chosen, words)), odd


def _words(source: str) -> str:
    """A list of requests, as people call it."""
    name, _slash, rest = source.partition("/")
    if name == "title":
        return _("All requests of the title %(id)s") % {"id": rest}
    if name == "patron":
        return _("All requests of the person %(id)s") % {"id": rest}
    if name == "watch":
        return _("All on the watch list that go on")
    if name == "picklist":
        return _("The pick list of %(desk)s") % {"desk": desk_words(rest)}
    return _("Request %(id)s") % {"id": source}


def _choose(request: Request, odd: list[str] | None = None, status: int = 200) -> HttpResponse:
    """Which requests? The desks of a library are asked for once the library is said: a call, kept for a day."""
    library, found, trouble = request.GET.get("library", "").strip()[:50], [], None
    if library:
        try:
            found = alma.desks(library)
        except AlmaError as error:
            trouble = error
    context = {
        "libraries": codes.tables([LIBRARIES])[LIBRARIES].options,
        "library": library,
        "desks": [(f"picklist/{library}/{code}", name or code) for code, name in found],
        "trouble": trouble,
        "has_key": bool(settings.ALMA_KEYS.get("task-lists")),
        "watched": Watched.objects.filter(ending="").count(),
        "ids": request.POST.get("ids", ""),
        "is_empty": status != 200 and not odd,
        "odd": (odd or [])[:FIRST_ODD],
        "crumbs": _crumbs(),
    }
    return render(request, TEMPLATE, context, status=status)


def _sent(request: Request, about: About) -> HttpResponse:
    form = ManyForm(request.POST)
    if not form.is_valid():
        return _form(request, about, form, 422)
    try:
        reason = form.cleaned_data["ticket"]
        job = control.submit(CANCEL, about.targets, form.params, request.user, reason, asks=True)
    except control.Refused as refused:
        return _form(request, about, form, 422, refused.sentences)
    return redirect("jobs:job", job.pk)


def _form(
    request: Request, about: About, form: ManyForm, status: int = 200, refused: tuple[str, ...] = ()
) -> HttpResponse:
    crumbs = [*_crumbs(), (_("Cancel many"), reverse("circulation:cancel_many"))]
    context = {"about": about, "form": form, "refused": refused, "crumbs": crumbs}
    return render(request, TEMPLATE, context, status=status)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Circulation"), reverse("circulation:circulation"))]
