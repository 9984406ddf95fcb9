"""geopy's questions, sent by the one client that everything goes out by (smartscheduler.core.outbound)."""

import json
from typing import Any

from django.conf import settings
from geopy.adapters import AdapterHTTPError, BaseSyncAdapter
from geopy.exc import GeocoderParseError, GeocoderServiceError, GeocoderTimedOut, GeocoderUnavailable

from smartscheduler.core.outbound.client import send
from smartscheduler.core.outbound.errors import Broken, OutgoingError, TimedOut

MOST_BYTES = 1024 * 1024
# Where geopy's classes ask when nothing else is configured.
ORIGINS = {
    "nominatim": "https://nominatim.openstreetmap.org",
    "google": "https://maps.googleapis.com",
    "mapbox": "https://api.mapbox.com",
    "opencage": "https://api.opencagedata.com",
}


class OutgoingAdapter(BaseSyncAdapter):
    """Follows no redirect, and asks nobody but the provider that is configured."""

    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str:
        of = settings.GEOCODER_URL or ORIGINS[settings.GEOCODER]
        try:
            found = send("GET", url, of=of, seconds=timeout, most_bytes=MOST_BYTES, headers=headers)
        except TimedOut as error:
            raise GeocoderTimedOut(str(error)) from None
        except Broken as error:
            raise GeocoderUnavailable(str(error)) from None
        except OutgoingError as error:
            raise GeocoderServiceError(str(error)) from None
        text = found.body.decode(errors="replace")
        if not 200 <= found.status < 300:
            raise AdapterHTTPError(f"HTTP {found.status}", status_code=found.status, headers=found.headers, text=text)
        return text

    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any:
        try:
            return json.loads(self.get_text(url, timeout=timeout, headers=headers))
        except ValueError:
            raise GeocoderParseError("The answer is no JSON.") from None
