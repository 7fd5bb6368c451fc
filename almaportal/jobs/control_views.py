"""What people do with a job from its page: review, start, pause, go on, stop, try again, undo.

Each sends one back to the job; what cannot be done is said there, and nothing is lost.
"""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from almaportal.jobs import control, notices
from almaportal.jobs.forms import StartForm
from almaportal.jobs.job_page import SAMPLE
from almaportal.jobs.kinds import KINDS
from almaportal.jobs.models import Job
from almaportal.jobs.views import may_view, show, visible
from almaportal.request import Request


def _controlled(request: Request, number: int) -> Job:
    """The job, its owner's or an administrator's, who may start one of its kind."""
    found = get_object_or_404(visible(request), pk=number)
    if found.kind not in KINDS or not request.user.has_perm(KINDS[found.kind].may):
        raise PermissionDenied
    return found


def _own(request: Request, number: int) -> Job:
    """The owner's alone: whatever the job writes, it writes in their name."""
    found = _controlled(request, number)
    if found.user_id != request.user.pk:
        raise PermissionDenied
    return found


def post_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What was refused is said at the address that it was sent to: who goes there again comes to the job."""

    @wraps(view)
    def posted(request: Request, number: int) -> HttpResponse:
        return view(request, number) if request.method == "POST" else redirect("jobs:job", number)

    return require_http_methods(["GET", "HEAD", "POST"])(posted)


def _do(
    request: Request,
    found: Job,
    act: Callable[[], object],
    form: StartForm | None = None,
    done: Callable[[Job], bool] = lambda job: False,
) -> HttpResponse:
    """Do it, or say why not. What comes of it is news again for the owner. done: whether the job is as it was to
    become: then a second click was refused."""
    try:
        act()
    except control.Refused as refused:
        found.refresh_from_db()
        if done(found):
            return redirect("jobs:job", found.pk)
        return show(request, found, refused.sentences, form, status=409)
    Job.objects.filter(pk=found.pk).update(is_told=False)
    return redirect("jobs:job", found.pk)


def _simply(request: Request, number: int, act: Callable[[Job, str], None], *becomes: str) -> HttpResponse:
    """What needs nothing but a click. becomes: the states that it leads to."""
    found = _controlled(request, number)
    return _do(request, found, lambda: act(found, request.user.get_username()), done=lambda job: job.state in becomes)


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: Request, number: int) -> HttpResponse:
    """The form that the job was made with, to change what it does."""
    found = _own(request, number)
    response = KINDS[found.kind].again(request, found)
    if response is None:
        raise Http404
    return response


@may_view
@post_only
def review(request: Request, number: int) -> HttpResponse:
    found = _own(request, number)
    sample = SAMPLE if request.POST.get("extent") == "sample" else None
    return _do(request, found, lambda: control.review(found, sample, request.user.get_username()))


@may_view
@post_only
def start(request: Request, number: int) -> HttpResponse:
    found = _own(request, number)
    form = StartForm(request.POST)
    if not form.is_valid():
        sentences = tuple(str(error) for errors in form.errors.values() for error in errors)
        return show(request, found, sentences, form, status=409)
    wanted = form.cleaned_data
    Job.objects.filter(pk=found.pk).update(mails=wanted["mails"])

    def act() -> None:
        control.start(found, form.moment, request.user.get_username(), wanted["review_key"])

    def is_started(job: Job) -> bool:
        return job.phase == Job.Phase.RUN and job.review_key == wanted["review_key"] != ""

    return _do(request, found, act, form, is_started)


@may_view
@post_only
def pause(request: Request, number: int) -> HttpResponse:
    return _simply(request, number, control.pause, Job.State.PAUSED)


@may_view
@post_only
def resume(request: Request, number: int) -> HttpResponse:
    return _simply(request, number, control.resume)


@may_view
@post_only
def stop(request: Request, number: int) -> HttpResponse:
    return _simply(request, number, control.stop, Job.State.STOPPING, Job.State.STOPPED)


@may_view
@post_only
def retry(request: Request, number: int) -> HttpResponse:
    return _simply(request, number, control.retry)


@may_view
@post_only
def undo(request: Request, number: int) -> HttpResponse:
    """A job of its own, which is looked over and started like any other."""
    found = _controlled(request, number)
    try:
        made = control.undo(found, request.user, asks=True)
    except control.Refused as refused:
        return show(request, found, refused.sentences, status=409)
    return redirect("jobs:job", made.pk)


@may_view
@post_only
def dismiss(request: Request, number: int) -> HttpResponse:
    """The notice about a job of one's own was read."""
    found = get_object_or_404(visible(request), pk=number)
    notices.dismiss(request.user, [found.pk])
    return _back(request)


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def dismiss_all(request: Request) -> HttpResponse:
    """All notices about one's own jobs were read."""
    if request.method != "POST":
        return redirect("jobs:jobs")
    notices.dismiss(request.user)
    return _back(request)


def _back(request: Request) -> HttpResponse:
    """To the page that a notice stood on."""
    back = request.POST.get("next", "")
    is_ours = back.startswith("/") and url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(back) if is_ours else redirect("jobs:jobs")
