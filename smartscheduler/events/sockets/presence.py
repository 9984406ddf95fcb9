"""Which sockets are open, over all web processes: for the limit of each account, and for the figures.

Kept in Valkey, where nothing is lost when it is lost: each process says again at every heartbeat which are there.
"""

import time
from collections.abc import Sequence

import structlog
from redis import RedisError

from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key

# A socket that has not been heard of for so long is gone; heartbeats come at least once a minute.
FORGOTTEN_SECONDS = 150

# Of two that come at once for the last place, one gets it.
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
    """Note that `socket` of `account` is open; False when `most` others already are. True when nobody can count."""
    now = time.time()
    try:
        arguments = [now, now + FORGOTTEN_SECONDS, socket, most, FORGOTTEN_SECONDS]
        return bool(valkey().eval(ENTER, 2, _of(account), _all(), *map(str, arguments)))
    except RedisError as error:
        log.warning("sockets_not_counted", error=str(error))
        return True


def stay(sockets: Sequence[tuple[str, str]]) -> None:
    """Note that these sockets, each with its account, are still open."""
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
    """Note that `socket` is closed."""
    try:
        for key in (_of(account), _all()):
            valkey().zrem(key, socket)
    except RedisError as error:
        log.warning("sockets_not_counted", error=str(error))


def count_open() -> int:
    """How many sockets are open. Raises RedisError."""
    return int(str(valkey().zcount(_all(), time.time(), "+inf")))


def _all() -> str:
    return redis_key("sockets")


def _of(account: str) -> str:
    return f"{_all()}:{account}"
