"""URL configuration with a view that always fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from smartscheduler.urls import handler500
from smartscheduler.urls import urlpatterns as ours

__all__ = ["handler500", "urlpatterns"]


def fail(request: HttpRequest) -> HttpResponse:
    name = request.GET["search"]  # a local variable, whose value must not be reported
    raise ValueError(f"No reply from (512) 555-0143 or zebulon@example.com; {len(name)}")


urlpatterns = [path("broken/", fail), *ours]
