"""The long-running processes of the product: `manage.py up`, compose.yaml and the tests start these and no others.

Each is what follows `python` on the command line, run in the folder of manage.py.
"""

RELAY = ("manage.py", "relay_events")
# With TRAVEL_DEMO=1.
DEMO_ROADS = ("manage.py", "demo_roads")
# With EXPLANATION_DEMO=1.
DEMO_WORDS = ("manage.py", "demo_words")
# Longer than a proxy keeps an idle connection (deploy/caddy/Caddyfile): closed by the web, it could swallow a request.
KEEP_ALIVE_SECONDS = 65
# Without its greeting, which it could not print where the disk of the log is full, and would not start.
CELERY = ("-m", "celery", "-A", "smartscheduler", "--quiet")
# Threads suit look-ups over the network, and take a third less memory than processes.
WORKER = (*CELERY, "worker", "--pool", "threads", "--concurrency", "4", "--without-mingle", "--without-gossip")

# Its threads wait for the process that each file has of its own (smartscheduler.core.child_process).
FILE_WORKER = (
    *CELERY,
    *("worker", "--queues", "files", "--hostname", "files@%h"),
    *("--pool", "threads", "--concurrency", "4", "--without-mingle", "--without-gossip"),
)


def web(*, host: str, port: int, workers: int) -> tuple[str, ...]:
    """uvicorn with our protocols. Requests are logged by the application; open sockets get ten seconds to close."""
    application = ("-m", "uvicorn", "smartscheduler.asgi:application", "--no-access-log", "--no-proxy-headers")
    protocols = (
        "--http",
        "smartscheduler.core.http.protocols:HttpProtocol",
        "--ws",
        "smartscheduler.core.http.protocols:SocketProtocol",
    )
    times = ("--timeout-graceful-shutdown", "10", "--timeout-keep-alive", str(KEEP_ALIVE_SECONDS))
    # Compression would cost each socket a quarter of a megabyte, and each frame more than all else that is done for it.
    sockets = ("--ws-max-size", "8192", "--ws-per-message-deflate", "false")
    return (*application, *protocols, *times, *sockets, "--workers", str(workers), "--host", host, "--port", str(port))


def beat(schedule: str) -> tuple[str, ...]:
    """Exactly one of these, beside any number of workers; `schedule` is the file that keeps when what last ran."""
    return (*CELERY, "beat", "--schedule", schedule)


def worker_with_beat(schedule: str) -> tuple[str, ...]:
    """Both in one, for the machine that has one worker."""
    return (*WORKER, "--beat", "--schedule", schedule)
