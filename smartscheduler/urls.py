"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from recommendations.roads_page import job_roads
from smartscheduler.history.pages import history
from smartscheduler.office.roads import roads
from smartscheduler.office.views import reports
from smartscheduler.office.words import words

urlpatterns = [
    path("admin/reports/", admin.site.admin_view(reports), name="reports"),
    path("admin/history/", admin.site.admin_view(history), name="history"),
    path("admin/roads/", admin.site.admin_view(roads), name="roads"),
    path("admin/roads/<uuid:pk>/", admin.site.admin_view(job_roads), name="job-roads"),
    path("admin/words/", admin.site.admin_view(words), name="words"),
    path("admin/", admin.site.urls),
    path("api/", include("smartscheduler.api")),
    path("", include("smartscheduler.dashboard.urls")),
]

handler400 = "smartscheduler.problems.bad_request"
handler500 = "smartscheduler.problems.server_error"
