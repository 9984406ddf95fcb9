"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path

from smartscheduler.history.pages import history
from smartscheduler.office.views import reports

urlpatterns = [
    path("admin/reports/", admin.site.admin_view(reports), name="reports"),
    path("admin/history/", admin.site.admin_view(history), name="history"),
    path("admin/", admin.site.urls),
    path("api/", include("smartscheduler.api")),
    path("", include("smartscheduler.dashboard.urls")),
]

handler400 = "smartscheduler.problems.bad_request"
handler500 = "smartscheduler.problems.server_error"
