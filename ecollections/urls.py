from django.urls import path

from ecollections import bulk_views, create_views, delete_views, edit_views, recipes, several_views, views
from ecollections.kbart import views as kbart_views
from ecollections.kinds import COLLECTION, PORTFOLIO, SERVICE
from ecollections.loading import file_views, load_views
from ecollections.titles import exports as title_exports
from ecollections.titles import views as title_views

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
    path("titles/", title_views.titles, name="titles"),
    path("titles/export/", title_exports.titles_export, name="titles_export"),
    path("titles/counts/", title_views.titles_counts, name="titles_counts"),
    path("titles/index/", title_views.titles_index, name="titles_index"),
    path("files/", load_views.files, name="files"),
    path("files/template/", load_views.file_template, name="file_template"),
    path("files/<int:number>/", file_views.file, name="file"),
    path("files/<int:number>/columns/", load_views.file_columns, name="file_columns"),
    path("files/<int:number>/rows.csv", file_views.file_rows_csv, name="file_rows_csv"),
    path("files/<int:number>/job/", file_views.file_job, name="file_job"),
    path("files/<int:number>/decisions/", file_views.file_decisions, name="file_decisions"),
    path("files/<int:number>/again/", file_views.file_again, name="file_again"),
    path("files/<int:number>/remove/", file_views.file_remove, name="file_remove"),
    path(ONE, views.collection, name="collection"),
    path(f"{ONE}edit/", edit_views.edit, C, name="edit_collection"),
    path(f"{ONE}delete/", delete_views.delete, C, name="delete_collection"),
    path(f"{SERVICES}new/", create_views.new, S, name="new_service"),
    path(ONE_SERVICE, views.service, name="service"),
    path(f"{ONE_SERVICE}edit/", edit_views.edit, S, name="edit_service"),
    path(f"{ONE_SERVICE}delete/", delete_views.delete, S, name="delete_service"),
    path(f"{ONE_SERVICE}kbart/", kbart_views.kbart, name="kbart"),
    path(f"{ONE_SERVICE}kbart/out/", kbart_views.kbart_out, name="kbart_out"),
    path(f"{PORTFOLIOS}new/", create_views.new, P, name="new_portfolio"),
    path(f"{PORTFOLIOS}several/", several_views.several, name="several"),
    path(ONE_PORTFOLIO, views.portfolio, name="portfolio"),
    path(f"{ONE_PORTFOLIO}edit/", edit_views.edit, P, name="edit_portfolio"),
    path(f"{ONE_PORTFOLIO}delete/", delete_views.delete, P, name="delete_portfolio"),
]
