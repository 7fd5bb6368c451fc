from django.urls import URLPattern, path

from patrons import access_views, block_views, bulk_views, create_views, loan_views, views

app_name = "patrons"

ONE = "<patron:user_id>/"

# /patrons/; what is not about one patron stands below "-/", for any other word may be somebody's ID
urlpatterns: list[URLPattern] = [
    path("", views.find, name="find"),
    path("-/access/", access_views.access, name="access"),
    path("-/access/csv/", access_views.access_csv, name="access_csv"),
    path("-/new/", create_views.new, name="new"),
    path("-/blocks/", bulk_views.bulk_blocks, name="bulk_blocks"),
    path(ONE, views.one, name="person"),
    path(f"{ONE}loans/", loan_views.loan_list, name="loans"),
    path(f"{ONE}loans/renew/", loan_views.renew, name="renew"),
    path(f"{ONE}fees/", loan_views.fees, name="fees"),
    path(f"{ONE}print/", views.print_view, name="print"),
    path(f"{ONE}blocks/new/", block_views.new_block, name="new_block"),
    path(f"{ONE}blocks/<str:key>/", block_views.block, name="block"),
    path(f"{ONE}blocks/<str:key>/lift/", block_views.lift, name="lift"),
]
