"""What the worker does for files."""

from celery import shared_task

from smartscheduler.imports.runner import read_old_files, work_on_files


@shared_task(name="imports.work_on_imports", ignore_result=True)
def work_on_imports() -> None:
    """Go on with the files that are being checked or imported; runs every other second, on the queue of files."""
    read_old_files()
    work_on_files()
