from django.urls import path

from almaportal.changes import views

app_name = "changes"

# /changes/
urlpatterns = [
    path("", views.changes, name="changes"),
    path("<int:number>/", views.change, name="change"),
    path("<int:number>/look/", views.look, name="look"),
    path("<int:number>/undo/", views.undo, name="undo"),
]
