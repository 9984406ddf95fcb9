from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

class RateLimiter(Generic[_P, _R]):
    def __init__(
        self,
        func: Callable[_P, _R],
        *,
        min_delay_seconds: float = 0.0,
        max_retries: int = 2,
        error_wait_seconds: float = 5.0,
        swallow_exceptions: bool = True,
    ) -> None: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...
