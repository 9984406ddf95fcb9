"""URL configuration of the product."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path

from recommendations.job_routes import job_roads
from smartscheduler.adminsite.history.views import history
from smartscheduler.backoffice.pages import second_factor
from smartscheduler.backoffice.pages.documentation import documentation
from smartscheduler.backoffice.pages.login import sign_in, sign_in_code
from smartscheduler.backoffice.pages.my_settings import my_settings
from smartscheduler.backoffice.pages.own_password import own_password
from smartscheduler.backoffice.pages.sign_ins import sign_ins
from smartscheduler.backoffice.provider_status.explanations import explanations
from smartscheduler.backoffice.provider_status.road_distances import roads
from smartscheduler.backoffice.reports.views import reports
from smartscheduler.core.rest.problem_pages import problem_page
from smartscheduler.privacy import views as privacy

urlpatterns = [
    # Replaces the admin's page, which does not support a second factor.
    path("admin/login/", sign_in, name="sign-in"),
    path("admin/login/code/", sign_in_code, name="sign-in-code"),
    path("admin/login/set-up/", second_factor.sign_in_set_up, name="sign-in-set-up"),
    path("admin/second-factor/", admin.site.admin_view(second_factor.second_factor), name="second-factor"),
    path(
        "admin/second-factor/set-up/",
        admin.site.admin_view(second_factor.second_factor_set_up),
        name="second-factor-set-up",
    ),
    path(
        "admin/second-factor/codes/",
        admin.site.admin_view(second_factor.second_factor_codes),
        name="second-factor-codes",
    ),
    path("admin/second-factor/off/", admin.site.admin_view(second_factor.second_factor_off), name="second-factor-off"),
    path("admin/reports/", admin.site.admin_view(reports), name="reports"),
    path("admin/history/", admin.site.admin_view(history), name="history"),
    path("admin/personal-data/", admin.site.admin_view(privacy.personal_data), name="personal-data"),
    path("admin/personal-data/customer/", admin.site.admin_view(privacy.customer), name="personal-data-customer"),
    path(
        "admin/personal-data/contractor/<uuid:pk>/",
        admin.site.admin_view(privacy.contractor),
        name="personal-data-contractor",
    ),
    path("admin/personal-data/user/<uuid:pk>/", admin.site.admin_view(privacy.user), name="personal-data-user"),
    path("admin/roads/", admin.site.admin_view(roads), name="roads"),
    path("admin/roads/<uuid:pk>/", admin.site.admin_view(job_roads), name="job-roads"),
    path("admin/words/", admin.site.admin_view(explanations), name="words"),
    path("admin/docs/", admin.site.admin_view(documentation), name="documentation"),
    path("admin/docs/<path:name>", admin.site.admin_view(documentation), name="documentation"),
    path("admin/sign-ins/", admin.site.admin_view(sign_ins), name="sign-ins"),
    path("admin/my-settings/", admin.site.admin_view(my_settings), name="my-settings"),
    # Replaces the admin's page, which does not count wrong passwords.
    path("admin/password_change/", admin.site.admin_view(own_password, cacheable=True), name="own-password"),
    path("admin/", admin.site.urls),
    path("api/", include("smartscheduler.api")),
    path("problems/<slug:code>", problem_page, name="problem"),
    path("customers/", include("smartscheduler.notifications.urls")),
    *([path("anymail/", include("anymail.urls"))] if apps.is_installed("anymail") else []),
    path("", include("smartscheduler.dashboard.urls")),
]

handler400 = "smartscheduler.core.rest.problems.bad_request"
handler500 = "smartscheduler.core.rest.problems.server_error"
