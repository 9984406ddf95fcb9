"""Admin pages of the ranking and of the scheduling rules. Each module registers one page or a part of one."""

from recommendations.admin import job_list, reassign, recommend, replace_bookings, scheduling_rules  # noqa: F401
