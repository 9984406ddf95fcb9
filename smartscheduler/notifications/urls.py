"""Public pages for customers, reached by the links in their messages."""

from django.urls import path

from smartscheduler.notifications.opt_out_page import opt_out
from smartscheduler.notifications.rating_page import rate_visit

app_name = "customer_pages"
urlpatterns = [path("emails/", opt_out, name="opt-out"), path("rating/", rate_visit, name="rating")]
