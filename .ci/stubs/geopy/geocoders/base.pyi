from collections.abc import Callable
from typing import Any

from geopy.adapters import BaseSyncAdapter
from geopy.location import Location

class Geocoder:
    def __init__(self, *, timeout: float, adapter_factory: Callable[..., BaseSyncAdapter], **options: Any) -> None: ...
    def geocode(self, query: str, *, exactly_one: bool = True, **options: Any) -> Location | None: ...
