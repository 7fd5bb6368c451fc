from django.urls import URLPattern, register_converter

from patrons.addresses import PatronId

app_name = "patrons"
register_converter(PatronId, "patron")

ONE = "<patron:user_id>/"

# /patrons/; what is not about one patron stands below "-/", for any other word may be somebody's ID
urlpatterns: list[URLPattern] = []
