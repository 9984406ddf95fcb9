"""Stored responses of requests with an `Idempotency-Key`."""

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """The response to a request with an `Idempotency-Key`, stored in the transaction of the request itself.

    So a response exists if and only if the request took effect. `fingerprint` is the SHA-256 of method, URL and body.
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
