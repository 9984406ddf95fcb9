"""The product's addresses, and one that answers a ranking it has in its pocket: what any request costs."""

from typing import Any

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartscheduler.accounts.permissions import Permission
from smartscheduler.urls import urlpatterns as product


class CannedView(APIView):
    """Answers what it was given last; the same authentication, permission, middleware and renderer."""

    required_permissions = {"get": Permission.RECOMMEND, "post": Permission.RECOMMEND}
    answer: Any = None

    def get(self, request: Request) -> Response:
        return Response(CannedView.answer)

    def post(self, request: Request) -> Response:
        CannedView.answer = request.data
        return Response({})


urlpatterns = [path("api/v1/canned/", CannedView.as_view()), *product]
