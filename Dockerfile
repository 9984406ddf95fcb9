# One image for web, worker, beat, and relay; compose.yaml sets the process of each container.
FROM python:3.11-slim AS packages
RUN python -m venv /opt/venv && pip install --no-cache-dir uv
COPY requirements-prod.lock .
RUN uv pip sync --python /opt/venv/bin/python --require-hashes --compile-bytecode requirements-prod.lock

FROM node:24-slim AS frontend
WORKDIR /frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend .
RUN npm run build

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=0 DATA_DIR=/tmp/smartscheduler \
    ERASURE_LIST=/var/lib/smartscheduler/erasures.jsonl
# A new volume takes the owner of the folder that it is mounted on.
RUN useradd --system --create-home --uid 10001 smartscheduler && install --directory --owner smartscheduler /var/lib/smartscheduler
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
COPY --from=frontend /frontend/dist frontend/dist
# A placeholder, because the settings require a key. It signs nothing, and each container gets the real one.
RUN SECRET_KEY=only-while-building python manage.py collectstatic --noinput && python -m compileall -q .
USER smartscheduler
EXPOSE 8000
HEALTHCHECK --start-period=30s --interval=15s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://localhost:8000/api/v1/health/ready')"]
CMD ["python", "-m", "uvicorn", "smartscheduler.asgi:application", "--no-access-log", "--no-proxy-headers", "--http", "smartscheduler.core.http.protocols:HttpProtocol", "--ws", "smartscheduler.core.http.protocols:SocketProtocol", "--timeout-graceful-shutdown", "10", "--timeout-keep-alive", "65", "--ws-max-size", "8192", "--ws-per-message-deflate", "false", "--workers", "2", "--host", "0.0.0.0", "--port", "8000"]
