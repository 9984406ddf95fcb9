"""Lookups of road distances, one per job; sentences of the language model, and its daily use."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jobs.models import Job


class Lookup(models.Model):
    """The lookup of the road distances that the ranking of one job needs."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Looking up")
        DONE = "done", _("Done")
        LATE = "late", _("Retrying later")

    job = models.OneToOneField(Job, on_delete=models.CASCADE, primary_key=True, related_name="lookup")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    wanted_at = models.DateTimeField(help_text=_("When the lookup was requested."))
    due_at = models.DateTimeField(help_text=_("Earliest start."))
    newer_than = models.DateTimeField(null=True, help_text=_("Estimates older than this are requested again."))
    claimed_until = models.DateTimeField(null=True, help_text=_("Lease expiry: a worker has the lookup until then."))
    again = models.BooleanField(default=False, help_text=_("Requested again while a worker had it."))
    attempts = models.IntegerField(default=0)
    drives = models.IntegerField(default=0, help_text=_("Drives that the ranking needs."))
    known = models.IntegerField(default=0, help_text=_("Drives with a known road."))
    asked = models.IntegerField(default=0, help_text=_("Drives requested from providers so far."))
    error = models.CharField(max_length=200, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="lookup_due", condition=~Q(state="done"))]

    def __str__(self) -> str:
        return f"Roads of {self.job_id}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Whether results may still arrive soon."""
        return self.state in {self.State.WAITING, self.State.RUNNING}


class Wording(models.Model):
    """An explanation by the language model, with placeholders for contractor and day; empty if there is none yet."""

    key = models.CharField(
        max_length=64, primary_key=True, help_text=_("Hash of the numbers, the model and the version of the prompt.")
    )
    text = models.CharField(max_length=500, blank=True)
    reason = models.CharField(max_length=20, blank=True, help_text=_("Why the last sentence was rejected."))
    attempts = models.IntegerField(default=0)
    until = models.DateTimeField(help_text=_("Lease expiry: no other worker retries before this time."))
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["asked_at"], name="wording_age")]

    def __str__(self) -> str:
        return self.text or f"No wording for {self.key[:8]}"


class ModelDay(models.Model):
    """Use of the language model on one day (UTC), and its last error."""

    day = models.DateField(primary_key=True)
    calls = models.IntegerField(default=0)
    tokens = models.IntegerField(default=0, help_text=_("Used tokens, and tokens reserved by calls in progress."))
    worded = models.IntegerField(default=0)
    dropped = models.IntegerField(default=0, help_text=_("Sentences that failed validation."))
    failures = models.IntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(calls__gte=0, tokens__gte=0), name="model_day_spent_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.calls} calls, {self.tokens} tokens"
