# One image for every task: `docker run IMAGE refresh build`, `serve`, `mcp`.
# Pin the base by its digest: --build-arg PYTHON_IMAGE=docker.io/library/python:3.13-slim@sha256:…
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN pip install --no-cache-dir uv==0.13.9
COPY . .
ENV UV_PROJECT_ENVIRONMENT=/app UV_LINK_MODE=copy
RUN uv sync --locked --no-dev --no-editable --compile-bytecode --extra http --extra s3

FROM ${PYTHON_IMAGE}
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH \
    HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TESTIO_SNAPSHOT_DIR=/data/snapshots \
    TESTIO_SITE_DIR=/data/site \
    TESTIO_KEYS_FILE=/run/secrets/keys.json
# Only /data is written; everything else may be mounted read-only.
RUN mkdir /data && chown 65532:65532 /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["testio-reports"]
CMD ["serve", "--host", "0.0.0.0"]
