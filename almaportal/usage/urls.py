from django.urls import path

from almaportal.usage import keys_views, rules_views, try_views, views

app_name = "usage"

# /usage/
urlpatterns = [
    path("", views.usage, name="usage"),
    path("csv/", views.csv, name="csv"),
    path("rules/", rules_views.rules, name="rules"),
    path("keys/", keys_views.keys, name="keys"),
    path("keys/test/", keys_views.test_keys, name="test_keys"),
    path("try/", try_views.try_call, name="try_call"),
]
