"""The answers that are kept for a second asking."""

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered: written in the transaction of what the request did.

    So there is an answer if and only if it was done. `fingerprint` is the SHA-256 of method, address and body.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="kept_answer_of_key")]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_created_at")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
