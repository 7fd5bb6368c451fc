from django.urls import path

from ecollections import bulk_views, create_views, delete_views, edit_views, recipes, several_views, views
from ecollections.kinds import COLLECTION, PORTFOLIO, SERVICE

app_name = "ecollections"

C, S, P = {"kind": COLLECTION}, {"kind": SERVICE}, {"kind": PORTFOLIO}
ONE = "<str:collection_id>/"
SERVICES = f"{ONE}services/"
ONE_SERVICE = f"{SERVICES}<str:service_id>/"
PORTFOLIOS = f"{ONE_SERVICE}portfolios/"
ONE_PORTFOLIO = f"{PORTFOLIOS}<str:portfolio_id>/"

# /ecollections/
urlpatterns = [
    path("", views.collections, name="collections"),
    path("new/", create_views.new, C, name="new_collection"),
    path("bulk/", bulk_views.bulk, name="bulk"),
    path("bulk/collections/", bulk_views.edit, C, name="bulk_edit_collection"),
    path("bulk/services/", bulk_views.edit, S, name="bulk_edit_service"),
    path("bulk/portfolios/", bulk_views.edit, P, name="bulk_edit_portfolio"),
    path("bulk/delete/", bulk_views.delete, name="bulk_delete"),
    path("recipes/", recipes.recipes, name="recipes"),
    path("recipes/<int:number>/", recipes.recipe, name="recipe"),
    path(ONE, views.collection, name="collection"),
    path(f"{ONE}edit/", edit_views.edit, C, name="edit_collection"),
    path(f"{ONE}delete/", delete_views.delete, C, name="delete_collection"),
    path(f"{SERVICES}new/", create_views.new, S, name="new_service"),
    path(ONE_SERVICE, views.service, name="service"),
    path(f"{ONE_SERVICE}edit/", edit_views.edit, S, name="edit_service"),
    path(f"{ONE_SERVICE}delete/", delete_views.delete, S, name="delete_service"),
    path(f"{PORTFOLIOS}new/", create_views.new, P, name="new_portfolio"),
    path(f"{PORTFOLIOS}several/", several_views.several, name="several"),
    path(ONE_PORTFOLIO, views.portfolio, name="portfolio"),
    path(f"{ONE_PORTFOLIO}edit/", edit_views.edit, P, name="edit_portfolio"),
    path(f"{ONE_PORTFOLIO}delete/", delete_views.delete, P, name="delete_portfolio"),
]
