"""What Django alone costs: a page of 50 rows behind a session and a sign-in, as a measure for the machine."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

MIDDLEWARE = [
    "bench.bare.own_addresses",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROWS = [{"id": str(10**16 + n), "name": f"Collection {n}", "type": "Package", "n": n * 7} for n in range(50)]
TEMPLATE = Engine().from_string(
    """<!doctype html><html lang="en"><head><title>Rows</title></head><body><p>{{ user.username }}</p><table>
{% for row in rows %}<tr><td><a href="/{{ row.id }}/">{{ row.name }}</a></td><td>{{ row.type }}</td><td>{{ row.n }}</td>
<td>{{ row.id }}</td></tr>{% endfor %}</table></body></html>"""
)


def own_addresses(get_response: Any) -> Any:
    """This page's URLs instead of the portal's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.urlconf = __name__
        return get_response(request)

    return middleware


def page(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    return HttpResponse(TEMPLATE.render(Context({"user": request.user, "rows": ROWS})))


urlpatterns = [path("", page)]
