from django.urls import path

from ecollections import views

app_name = "ecollections"

# /ecollections/
urlpatterns = [
    path("", views.collections, name="collections"),
    path("<str:collection_id>/", views.collection, name="collection"),
    path("<str:collection_id>/services/<str:service_id>/", views.service, name="service"),
    path(
        "<str:collection_id>/services/<str:service_id>/portfolios/<str:portfolio_id>/",
        views.portfolio,
        name="portfolio",
    ),
]
