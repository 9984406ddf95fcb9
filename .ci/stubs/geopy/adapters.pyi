from abc import ABC, abstractmethod
from collections.abc import Mapping
from ssl import SSLContext
from typing import Any

class AdapterHTTPError(OSError):
    def __init__(self, message: str, *, status_code: int, headers: Mapping[str, str], text: str) -> None: ...

class BaseSyncAdapter(ABC):
    def __init__(self, *, proxies: dict[str, str] | None, ssl_context: SSLContext | None) -> None: ...
    @abstractmethod
    def get_json(self, url: str, *, timeout: float, headers: dict[str, str]) -> Any: ...
    @abstractmethod
    def get_text(self, url: str, *, timeout: float, headers: dict[str, str]) -> str: ...
