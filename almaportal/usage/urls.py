from django.urls import path

from almaportal.usage import views

app_name = "usage"

# /usage/
urlpatterns = [path("", views.usage, name="usage")]
