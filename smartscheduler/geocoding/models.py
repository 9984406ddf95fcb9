"""What a geocoder has answered, so that no address is asked twice."""

from django.db import models


class GeocodedAddress(models.Model):
    """One address and where the provider found it; without coordinates it found nothing."""

    key = models.CharField(max_length=400, primary_key=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    provider = models.CharField(max_length=20)
    asked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
