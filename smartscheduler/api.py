"""URL configuration of the API, /api/v1/, and the views of the OpenAPI document."""

from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import Any, ClassVar

from django.urls import include, path, re_path
from django.utils.translation import gettext
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from assignments.bulk_viewsets import (
    BulkAssignmentStatusView,
    BulkAssignmentsView,
    BulkJobStatusView,
    BulkJobsView,
)
from assignments.contractor_viewset import BookedContractorViewSet, ContractorByReferenceView
from assignments.schedule_views import AvailabilityView, ScheduleView
from assignments.viewsets import AssignmentViewSet, JobCancelView, JobWindowView
from customers.viewsets import CustomerByReferenceView, CustomerViewSet
from jobs.viewsets import JobByReferenceView, JobViewSet
from recommendations.planning.viewsets import PlanExportView, PlanItemsView, PlanMissesView, PlanViewSet
from recommendations.viewsets import (
    BatchRecommendationsView,
    JobRecommendationsView,
    JobRecommendationView,
    RecommendationsView,
)
from smartscheduler.accounts.api_views import LoginView, LogoutView, MeView, RefreshView, TicketView
from smartscheduler.dashboard.views import DashboardView
from smartscheduler.events.viewsets import EventsView
from smartscheduler.ops import health
from smartscheduler.ops.metrics import MetricsView


class RenderedOnce:
    """Mixin for renderers of a document that does not change while the process runs."""

    _lock = Lock()
    _text: ClassVar[bytes | None] = None

    def render(self, data: Any, media_type: str | None = None, renderer_context: Any = None) -> bytes:
        with self._lock:
            if type(self)._text is None:
                type(self)._text = super().render(schema(), media_type, renderer_context)  # type: ignore[misc]
            return type(self)._text or b""


class JSONSchemaRenderer(RenderedOnce, OpenApiJsonRenderer2):
    pass


class YAMLSchemaRenderer(RenderedOnce, OpenApiYamlRenderer):
    pass


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The OpenAPI document, generated once: it takes a second of CPU time, and the URL is public."""
    return dict(SchemaView.generator_class().get_schema(request=None, public=True))


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 document as JSON, or as YAML on request."""

    renderer_classes = [JSONSchemaRenderer, YAMLSchemaRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """The document; the renderers keep its text."""
        filename_of: Callable[[Request, str | None], str] = self._get_filename
        name = filename_of(request, None)
        return Response({}, headers={"Content-Disposition": f'inline; filename="{name}"'})


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI for the OpenAPI document. Its scripts are served locally; smartscheduler.core.http.csp allows them."""

    url_name = "api:schema"


class NowhereView(APIView):
    """The view of unknown URLs: answers 404 with a problem document instead of a page."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        if request.path.endswith("/"):
            raise NotFound(gettext("There is nothing at this address."))
        raise NotFound(gettext("There is nothing at this address. All addresses end in a slash."))


router = SimpleRouter(use_regex_path=False)
router.register("contractors", BookedContractorViewSet, basename="contractor")
router.register("customers", CustomerViewSet, basename="customer")
router.register("jobs", JobViewSet, basename="job")
router.register("assignments", AssignmentViewSet, basename="assignment")
router.register("plans", PlanViewSet, basename="plan")

# Views by a number of another system, which can contain a slash.
BY_REFERENCE: dict[str, Any] = {
    "jobs": JobByReferenceView,
    "customers": CustomerByReferenceView,
    "contractors": ContractorByReferenceView,
}
BY_REFERENCE_ACTIONS = {"get": "retrieve_by_reference", "put": "put_by_reference"}

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
    path(
        "v1/jobs/<uuid:pk>/window/",
        JobWindowView.as_view({"post": "promise", "delete": "withdraw"}),
        name="job-window",
    ),
    path("v1/jobs/<uuid:pk>/recommendations/", JobRecommendationsView.as_view(), name="job-recommendations"),
    path(
        "v1/jobs/<uuid:pk>/recommendations/<uuid:contractor_id>/",
        JobRecommendationView.as_view(),
        name="job-recommendation",
    ),
    path("v1/plans/<uuid:pk>/items/", PlanItemsView.as_view({"get": "list"}), name="plan-items"),
    path("v1/plans/<uuid:pk>/misses/", PlanMissesView.as_view({"get": "list"}), name="plan-misses"),
    path("v1/plans/<uuid:pk>/export/", PlanExportView.as_view({"get": "export"}), name="plan-export"),
    path("v1/events/", EventsView.as_view(), name="events"),
    path("v1/dashboard/", DashboardView.as_view(), name="dashboard"),
    path("v1/recommendations/batch/", BatchRecommendationsView.as_view(), name="recommendations-batch"),
    path("v1/recommendations/", RecommendationsView.as_view(), name="recommendations"),
    *(
        path(
            f"v1/{name}/by-ref/<str:source>/<path:external_id>/",
            view.as_view(BY_REFERENCE_ACTIONS),
            name=f"{name}-by-reference",
        )
        for name, view in BY_REFERENCE.items()
    ),
    path("v1/jobs/bulk/", BulkJobsView.as_view({"post": "bulk_create"}), name="jobs-bulk"),
    path("v1/jobs/bulk-status/", BulkJobStatusView.as_view({"post": "bulk_status"}), name="jobs-bulk-status"),
    path("v1/assignments/bulk/", BulkAssignmentsView.as_view({"post": "bulk_create"}), name="assignments-bulk"),
    path(
        "v1/assignments/bulk-status/",
        BulkAssignmentStatusView.as_view({"post": "bulk_status"}),
        name="assignments-bulk-status",
    ),
    path("v1/", include(router.urls)),
    re_path(r"^v1/health/live/?$", health.live, name="live"),
    re_path(r"^v1/health/ready/?$", health.ready, name="ready"),
    re_path(r"^v1/metrics/?$", MetricsView.as_view(), name="metrics"),
    path("v1/schema/", SchemaView.as_view(), name="schema"),
    path("v1/docs/", DocsView.as_view(), name="docs"),
    re_path(r"", NowhereView.as_view(), name="nowhere"),
]
