"""The lookups of road distances: one for each job that wants some."""

from django.db import models
from django.db.models import Q

from jobs.models import Job


class Lookup(models.Model):
    """Road distances for the ranking of one job: wanted, being looked up, there, or to be tried again."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Looking up"
        DONE = "done", "Done"
        LATE = "late", "Tried again later"

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="lookup")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    wanted_at = models.DateTimeField(help_text="Since when somebody waits for it.")
    due_at = models.DateTimeField(help_text="Not before.")
    newer_than = models.DateTimeField(null=True, help_text="Older estimates are asked for anew.")
    claimed_until = models.DateTimeField(null=True, help_text="Until then a worker is at it.")
    again = models.BooleanField(default=False, help_text="Wanted once more while a worker was at it.")
    attempts = models.IntegerField(default=0)
    drives = models.IntegerField(default=0, help_text="How many drives the ranking wants to know.")
    known = models.IntegerField(default=0, help_text="Of how many a road is known.")
    asked = models.IntegerField(default=0, help_text="How many were asked of providers, all times together.")
    error = models.CharField(max_length=200, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="lookup_due", condition=~Q(state="done"))]

    def __str__(self) -> str:
        return f"Roads of {self.job_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether something may still arrive soon."""
        return self.state in {self.State.WAITING, self.State.RUNNING}
