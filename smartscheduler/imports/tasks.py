"""Celery task of imports."""

from celery import shared_task

from smartscheduler.imports.runner import read_old_files, work_on_files


@shared_task(name="imports.work_on_imports", ignore_result=True)
def work_on_imports() -> None:
    """Process the files that are being checked or imported. Runs every two seconds on the queue of files."""
    read_old_files()
    work_on_files()
