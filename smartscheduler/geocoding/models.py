"""Cache of geocoder answers: each address is looked up once."""

from django.db import models


class GeocodedAddress(models.Model):
    """A normalized address and its coordinates; null coordinates mean that the provider does not know it."""

    key = models.CharField(max_length=400, primary_key=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    provider = models.CharField(max_length=20)
    asked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
