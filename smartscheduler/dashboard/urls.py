from django.urls import path

from smartscheduler.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("live/", views.parts, name="parts"),
]
