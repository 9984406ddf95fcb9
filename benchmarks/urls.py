"""The product's URLs, and one that returns a stored ranking, to measure the overhead of a request."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartscheduler.accounts.permissions import Permission
from smartscheduler.urls import urlpatterns as product


class CannedView(APIView):
    """Returns the last response with the same authentication, permissions, middleware, and renderer."""

    required_permissions = {"get": Permission.RECOMMEND, "post": Permission.RECOMMEND}
    answer: Any = None

    def get(self, request: Request) -> Response:
        return Response(CannedView.answer)

    def post(self, request: Request) -> Response:
        CannedView.answer = request.data
        return Response({})


urlpatterns = [path("api/v1/canned/", CannedView.as_view()), *product]
