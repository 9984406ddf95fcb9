"""Command lines of the long-running processes, shared by `manage.py up`, compose.yaml, and the tests.

Each value is the arguments after `python`, for a process in the folder of manage.py.
"""

RELAY = ("manage.py", "relay_events")
# With TRAVEL_DEMO=1.
DEMO_ROADS = ("manage.py", "demo_roads")
# With EXPLANATION_DEMO=1.
DEMO_WORDS = ("manage.py", "demo_words")
# Longer than the proxy keeps an idle connection (deploy/caddy/Caddyfile). If the web server closed it first, a request
# that is already on the way would be lost.
KEEP_ALIVE_SECONDS = 65
# --quiet, because Celery would not start when it cannot print its banner to a full disk.
CELERY = ("-m", "celery", "-A", "smartscheduler", "--quiet")
# Threads are sufficient for requests to providers, and need a third less memory than processes.
WORKER = (*CELERY, "worker", "--pool", "threads", "--concurrency", "4", "--without-mingle", "--without-gossip")

# Its threads only wait: each file is processed in a child process (smartscheduler.core.child_process).
FILE_WORKER = (
    *CELERY,
    *("worker", "--queues", "files", "--hostname", "files@%h"),
    *("--pool", "threads", "--concurrency", "4", "--without-mingle", "--without-gossip"),
)
# One of its threads waits for the child process that makes a plan (recommendations.planning.runs); the others answer.
PLAN_WORKER = (
    *CELERY,
    *("worker", "--queues", "plans", "--hostname", "plans@%h"),
    *("--pool", "threads", "--concurrency", "2", "--without-mingle", "--without-gossip"),
)


def web(*, host: str, port: int, workers: int) -> tuple[str, ...]:
    """uvicorn with the protocols of the product. The application logs requests. Open sockets get 10 s to close."""
    application = ("-m", "uvicorn", "smartscheduler.asgi:application", "--no-access-log", "--no-proxy-headers")
    protocols = (
        "--http",
        "smartscheduler.core.http.protocols:HttpProtocol",
        "--ws",
        "smartscheduler.core.http.protocols:SocketProtocol",
    )
    times = ("--timeout-graceful-shutdown", "10", "--timeout-keep-alive", str(KEEP_ALIVE_SECONDS))
    # Compression would need 250 kB for each socket, and more CPU time for each frame than everything else.
    sockets = ("--ws-max-size", "8192", "--ws-per-message-deflate", "false")
    return (*application, *protocols, *times, *sockets, "--workers", str(workers), "--host", host, "--port", str(port))


def beat(schedule: str) -> tuple[str, ...]:
    """The scheduler; run exactly one, with any number of workers. `schedule` is the file with the last run times."""
    return (*CELERY, "beat", "--schedule", schedule)


def worker_with_beat(schedule: str) -> tuple[str, ...]:
    """Worker and beat in one process, for a single machine."""
    return (*WORKER, "--beat", "--schedule", schedule)
