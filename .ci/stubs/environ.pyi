from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, ClassVar

class Env:
    ENVIRON: ClassVar[MutableMapping[str, str]]
    EMAIL_SCHEMES: ClassVar[Mapping[str, str]]
    def __init__(self, **scheme: Any) -> None: ...
    @classmethod
    def read_env(cls, env_file: Path | None = None) -> None: ...
    @classmethod
    def db_url_config(cls, url: str, engine: str | None = None) -> dict[str, Any]: ...
    @classmethod
    def email_url_config(cls, url: str, backend: str | None = None) -> dict[str, Any]: ...
