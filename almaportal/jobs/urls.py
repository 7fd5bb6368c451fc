from django.urls import path

from almaportal.jobs import control_views, views

app_name = "jobs"

# /jobs/
urlpatterns = [
    path("", views.jobs, name="jobs"),
    path("<int:number>/", views.job, name="job"),
    path("<int:number>/items/", views.items, name="items"),
    path("<int:number>/items.csv", views.items_csv, name="items_csv"),
    path("<int:number>/items.xlsx", views.items_xlsx, name="items_xlsx"),
    path("<int:number>/files/<str:name>", views.file, name="file"),
    path("<int:number>/again/", control_views.again, name="again"),
    path("<int:number>/review/", control_views.review, name="review"),
    path("<int:number>/start/", control_views.start, name="start"),
    path("<int:number>/pause/", control_views.pause, name="pause"),
    path("<int:number>/resume/", control_views.resume, name="resume"),
    path("<int:number>/stop/", control_views.stop, name="stop"),
    path("<int:number>/retry/", control_views.retry, name="retry"),
    path("<int:number>/undo/", control_views.undo, name="undo"),
    path("dismiss/", control_views.dismiss_all, name="dismiss_all"),
    path("<int:number>/dismiss/", control_views.dismiss, name="dismiss"),
]
