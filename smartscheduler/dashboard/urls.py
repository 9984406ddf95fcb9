from django.urls import path

from smartscheduler.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("live/", views.parts, name="parts"),
    path("live/search/", views.search, name="search"),
    path("live/lanes/", views.some_lanes, name="lanes"),
    path("live/fits/", views.drop_targets, name="fits"),
    path("live/delays/", views.read_delay, name="delay"),
    path("live/favorites/", views.favorites, name="favorites"),
    path("live/rows/", views.board_search, name="board-search"),
    path("views/", views.saved_views, name="views"),
    path("live/map/", views.map_data, name="map"),
    path("live/jobs/<uuid:job_id>/", views.job_panel, name="job"),
    path("day-sheets/<uuid:contractor_id>/", views.day_sheet, name="sheet"),
]
