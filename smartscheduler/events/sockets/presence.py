"""Open sockets of all web processes, for the limit of each account and for the metrics.

They are stored in Valkey. Lost data is harmless, because each process repeats its open sockets with every heartbeat.
"""

import time
from collections.abc import Sequence

import structlog
from redis import RedisError

from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

# A socket without a heartbeat for this long counts as closed; heartbeats arrive at least once a minute.
FORGOTTEN_SECONDS = 150

# A script runs atomically, so that two sockets cannot take the last place together.
ENTER = """
for _, key in ipairs(KEYS) do redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[1]) end
if not redis.call('ZSCORE', KEYS[1], ARGV[3]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
for _, key in ipairs(KEYS) do
    redis.call('ZADD', key, ARGV[2], ARGV[3])
    redis.call('EXPIRE', key, ARGV[5])
end
return 1
"""

log = structlog.get_logger(__name__)


def enter(account: str, socket: str, *, most: int) -> bool:
    """Record an open socket. Returns False when `most` others are open, and True when Valkey does not answer."""
    now = time.time()
    try:
        arguments = [now, now + FORGOTTEN_SECONDS, socket, most, FORGOTTEN_SECONDS]
        return bool(valkey().eval(ENTER, 2, _of(account), _all(), *map(str, arguments)))
    except RedisError as error:
        log.warning("sockets_not_counted", error=str(error))
        return True


def stay(sockets: Sequence[tuple[str, str]]) -> None:
    """Record that the sockets, pairs of account and socket id, are still open."""
    now = time.time()
    try:
        pipeline = valkey().pipeline(transaction=False)
        for account, socket in sockets:
            for key in (_of(account), _all()):
                pipeline.zadd(key, {socket: now + FORGOTTEN_SECONDS})
                pipeline.expire(key, FORGOTTEN_SECONDS)
        pipeline.execute()
    except RedisError as error:
        log.warning("sockets_not_counted", error=str(error))


def leave(account: str, socket: str) -> None:
    """Record that `socket` is closed."""
    try:
        for key in (_of(account), _all()):
            valkey().zrem(key, socket)
    except RedisError as error:
        log.warning("sockets_not_counted", error=str(error))


def count_open() -> int:
    """The number of open sockets. Raises RedisError."""
    return int(str(valkey().zcount(_all(), time.time(), "+inf")))


def _all() -> str:
    return redis_key("sockets")


def _of(account: str) -> str:
    return f"{_all()}:{account}"
