from django.urls import URLPattern, path

from circulation import cancel_views, direct_views, follow_views, many_views, place_views, title_views, watch_views

app_name = "circulation"

PERSON = "patrons/<patron:user_id>/"
TITLE = "titles/<str:mms_id>/"
ONE = "requests/<str:request_id>/"

urlpatterns: list[URLPattern] = [
    path("", title_views.circulation, name="circulation"),
    path(TITLE, title_views.title, name="title"),
    path(f"{PERSON}place/", place_views.place, name="place"),
    path(f"{PERSON}requests/", follow_views.person_requests, name="person_requests"),
    path(f"{TITLE}requests/", follow_views.title_requests, name="title_requests"),
    path(f"{TITLE}items/<str:item_id>/requests/", follow_views.item_requests, name="item_requests"),
    path(ONE, follow_views.request, name="request"),
    path(f"{ONE}cancel/", cancel_views.cancel, name="cancel"),
    path(f"{ONE}cancelled/<int:number>/", cancel_views.cancelled, name="cancelled"),
    path("cancel/", many_views.cancel_many, name="cancel_many"),
    path("watch/", watch_views.watch, name="watch"),
    path("direct/", direct_views.transactions, name="transactions"),
    path("direct/new/", direct_views.new_transaction, name="new_transaction"),
    path("direct/<int:number>/", direct_views.transaction, name="transaction"),
    path("direct/<int:number>/edit/", direct_views.edit_transaction, name="edit_transaction"),
    path("direct/<int:number>/note/", direct_views.note, name="note"),
    path("direct/<int:number>/roll-back/", direct_views.roll_back, name="roll_back"),
    path("direct/<int:number>/<str:name>/", direct_views.step, name="step"),
]
