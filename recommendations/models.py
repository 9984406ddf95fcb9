"""The lookups of road distances, one for each job that wants some; and what a language model has worded."""

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


class Wording(models.Model):
    """A sentence for some numbers, with placeholders for whom and when; without a text there is none, or none yet."""

    key = models.CharField(max_length=64, primary_key=True, help_text="Of the numbers, the model, prompt and check.")
    text = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=20, blank=True, help_text="Why the last sentence was dropped.")
    attempts = models.IntegerField(default=0)
    until = models.DateTimeField(help_text="Before that nobody asks: somebody is at it, or has failed a moment ago.")
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="wording_age")]

    def __str__(self) -> str:
        return self.text or f"No wording for {self.key[:8]}"


class ModelDay(models.Model):
    """What was asked of the language model on one day (UTC), and how it ended last."""

    day = models.DateField(primary_key=True)
    calls = models.IntegerField(default=0)
    tokens = models.IntegerField(default=0, help_text="Used, or as many as calls that have not ended may use.")
    worded = models.IntegerField(default=0)
    dropped = models.IntegerField(default=0, help_text="Sentences that did not pass the check.")
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(calls__gte=0, tokens__gte=0), name="model_day_spent_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls} calls, {self.tokens} tokens"
