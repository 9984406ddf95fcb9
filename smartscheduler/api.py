"""Every address of the API, /api/v1/. Wiring only."""

from django.urls import include, path, re_path
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from assignments.schedules import AvailabilityView, ScheduleView
from assignments.viewsets import AssignmentViewSet, JobCancelView
from contractors.viewsets import ContractorViewSet
from jobs.viewsets import JobViewSet
from recommendations.viewsets import (
    BatchRecommendationsView,
    JobRecommendationsView,
    JobRecommendationView,
    RecommendationsView,
)
from smartscheduler import health
from smartscheduler.accounts.views import LoginView, LogoutView, MeView, RefreshView, TicketView
from smartscheduler.dashboard.views import DashboardView
from smartscheduler.events.viewsets import EventsView
from smartscheduler.metrics import MetricsView


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 document; JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer]


class DocsView(SpectacularSwaggerSplitView):
    """The document to read and try out. Its scripts are served from here (smartscheduler.csp lets them run)."""

    url_name = "api:schema"


class NowhereView(APIView):
    """What no address matches: a problem document, not a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        hint = "" if request.path.endswith("/") else " Addresses end in a slash."
        raise NotFound(f"There is nothing at this address.{hint}")


router = SimpleRouter(use_regex_path=False)
router.register("contractors", ContractorViewSet, basename="contractor")
router.register("jobs", JobViewSet, basename="job")
router.register("assignments", AssignmentViewSet, basename="assignment")

app_name = "api"
urlpatterns = [
    path("v1/auth/login/", LoginView.as_view(), name="login"),
    path("v1/auth/refresh/", RefreshView.as_view(), name="refresh"),
    path("v1/auth/logout/", LogoutView.as_view(), name="logout"),
    path("v1/auth/me/", MeView.as_view(), name="me"),
    path("v1/auth/ws-ticket/", TicketView.as_view(), name="ws-ticket"),
    path("v1/contractors/<uuid:pk>/schedule/", ScheduleView.as_view(), name="contractor-schedule"),
    path("v1/contractors/<uuid:pk>/availability/", AvailabilityView.as_view(), name="contractor-availability"),
    path("v1/jobs/<uuid:pk>/cancel/", JobCancelView.as_view({"post": "cancel"}), name="job-cancel"),
    path("v1/jobs/<uuid:pk>/recommendations/", JobRecommendationsView.as_view(), name="job-recommendations"),
    path(
        "v1/jobs/<uuid:pk>/recommendations/<uuid:contractor_id>/",
        JobRecommendationView.as_view(),
        name="job-recommendation",
    ),
    path("v1/events/", EventsView.as_view(), name="events"),
    path("v1/dashboard/", DashboardView.as_view(), name="dashboard"),
    path("v1/recommendations/batch/", BatchRecommendationsView.as_view(), name="recommendations-batch"),
    path("v1/recommendations/", RecommendationsView.as_view(), name="recommendations"),
    path("v1/", include(router.urls)),
    re_path(r"^v1/health/live/?$", health.live, name="live"),
    re_path(r"^v1/health/ready/?$", health.ready, name="ready"),
    re_path(r"^v1/metrics/?$", MetricsView.as_view(), name="metrics"),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", DocsView.as_view(), name="docs"),
    re_path(r"", NowhereView.as_view(), name="nowhere"),
]
