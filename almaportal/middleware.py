"""What happens around every request."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django_htmx.http import HttpResponseClientRedirect

from almaportal.accounts.roles import strongest_role
from almaportal.alma import clock
from almaportal.alma.caller import Caller, calling, note_feature
from almaportal.alma.errors import AlmaError
from almaportal.health import healthz
from almaportal.pages import failure
from almaportal.request import Request
from almaportal.usage.metrics import metrics
from almaportal.views import too_large

MONITORS = {"/healthz": healthz, "/metrics": metrics}
POLLING = {"progress", "state"}  # the ids of what asks by itself, again and again
USED_SECONDS = 60  # so exactly it is known when a session was last used
GetResponse = Callable[[HttpRequest], HttpResponseBase]

# To be deleted for Django 6's SECURE_CSP.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


def security_headers(get_response: GetResponse) -> GetResponse:
    """Nothing from other hosts, nothing inline, no use of the machine's devices."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response

    return middleware


def monitors(get_response: GetResponse) -> GetResponse:
    """Monitors ask when things are ill: they are answered before sessions, sign-in and host names matter."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return MONITORS.get(request.path_info, get_response)(request)

    return middleware


def request_size(get_response: GetResponse) -> GetResponse:
    """What is too large is refused by what it says of its length, before any of it is received; a request that does
    not say it has no body for us."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()) or int(length) <= settings.MOST_REQUEST_BYTES:
            return get_response(request)
        response = too_large(request)
        response.headers["Connection"] = "close"  # nobody waits for the rest
        return response

    return middleware


def in_use(get_response: GetResponse) -> GetResponse:
    """A session ends SESSION_COOKIE_AGE after a person last asked for something; a page that asks by itself, with
    nobody before it, does not count."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        is_person = request.headers.get("HX-Trigger") not in POLLING and request.user.is_authenticated
        if is_person and abs(clock.now() - request.session.get("used", 0)) >= USED_SECONDS:
            note_use(request)
        return get_response(request)

    return middleware


def note_use(request: HttpRequest, **_signal: Any) -> None:
    """The session is saved, so its end moves on; also called after a sign-in."""
    request.session["used"] = int(clock.now())


class LoginRequired(LoginRequiredMiddleware):
    """Everything needs a sign-in. An expired session sends the whole page there, not a login form into a table."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        htmx = getattr(request, "htmx", None)
        if not htmx:
            return super().handle_no_permission(request, view_func)
        login = redirect_to_login(htmx.current_url_abs_path or "/", self.get_login_url(view_func))
        return HttpResponseClientRedirect(login.url)


class AlmaCalls:
    """Alma is called on behalf of the person who asked for the page, no longer than a page may take."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        caller = Caller(
            user_id=request.user.pk or 0,
            role=strongest_role(request.user) if request.user.is_authenticated else "",
            give_up_at=clock.monotonic() + settings.ALMA_PAGE_SECONDS,
            read_again=request.method == "POST" and "read_again" in request.POST,
        )
        with calling(caller):
            response = self.get_response(request)
        if request.user.is_authenticated:
            add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """By now it is known which page it is."""
        match = request.resolver_match
        note_feature((match.namespace or match.url_name or "") if match else "")

    def process_exception(self, request: Request, exception: Exception) -> HttpResponse | None:
        """Alma's refusals and failures have a page of their own; under htmx only its message."""
        if not isinstance(exception, AlmaError):
            return None
        return failure(request, "alma_error.html", exception.page_status, error=exception)
