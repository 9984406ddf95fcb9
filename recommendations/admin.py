"""What recommendations add to the admin of jobs and assignments. Each module registers one page, or parts of one."""

from recommendations import job_list, job_page, reassign_page  # noqa: F401
