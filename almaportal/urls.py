"""Every address of the portal. One word, five places: view = URL name = path = template = test."""

from django.urls import include, path

from almaportal import views
from almaportal.health import healthz
from almaportal.usage.metrics import metrics

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", healthz, name="healthz"),  # the middleware `monitors` answers first
    path("metrics", metrics, name="metrics"),  # as above
    path("find/", views.find, name="find"),
    path("accounts/", include("almaportal.accounts.urls")),
    path("changes/", include("almaportal.changes.urls")),
    path("circulation/", include("circulation.urls")),
    path("ecollections/", include("ecollections.urls")),
    path("jobs/", include("almaportal.jobs.urls")),
    path("patrons/", include("patrons.urls")),
    path("usage/", include("almaportal.usage.urls")),
]

handler400 = "almaportal.views.bad_request"
handler403 = "almaportal.views.forbidden"
handler404 = "almaportal.views.not_found"
handler500 = "almaportal.views.broken"
