"""What recommendations add to the admin of jobs and assignments. Each module registers one page, or parts of one."""

from recommendations.admin import job_list, reassign, recommend  # noqa: F401
