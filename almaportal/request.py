"""A request as our views get it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class Request(HttpRequest):
    """Django's, with what django-htmx adds to it."""

    htmx: HtmxDetails
