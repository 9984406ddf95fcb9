"""Public pages for customers, reached by the links in their messages."""

from django.urls import path

from smartscheduler.notifications.opt_out_page import opt_out

app_name = "customer_pages"
urlpatterns = [path("emails/", opt_out, name="opt-out")]
