"""HTTP adapter that sends the requests of geopy through the outbound client (smartscheduler.core.outbound)."""

import json
from typing import Any

from django.conf import settings
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderServiceError, GeocoderTimedOut, GeocoderUnavailable

from smartscheduler.core.outbound.client import send
from smartscheduler.core.outbound.errors import Broken, OutgoingError, TimedOut

MOST_BYTES = 1024 * 1024
# Default servers of geopy's classes; requests to any other origin are refused.
ORIGINS = {
    "nominatim": "https://nominatim.openstreetmap.org",
    "google": "https://maps.googleapis.com",
    "mapbox": "https://api.mapbox.com",
    "opencage": "https://api.opencagedata.com",
}


class OutgoingAdapter(BaseSyncAdapter):
    """HTTP adapter of geopy that follows no redirects and connects to the configured provider only."""

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        origin = settings.GEOCODER_URL or ORIGINS[settings.GEOCODER]
        try:
            response = send("GET", url, of=origin, seconds=timeout, most_bytes=MOST_BYTES, headers=headers)
        except TimedOut as error:
            raise GeocoderTimedOut(str(error)) from None
        except Broken as error:
            raise GeocoderUnavailable(str(error)) from None
        except OutgoingError as error:
            raise GeocoderServiceError(str(error)) from None
        text = response.body.decode(errors="replace")
        if not 200 <= response.status < 300:
            raise AdapterHTTPError(
                f"HTTP {response.status}", status_code=response.status, headers=response.headers, text=text
            )
        return text

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except ValueError:
            raise GeocoderParseError("The response is not JSON.") from None
