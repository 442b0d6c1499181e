# syntax=docker/dockerfile:1
# The shop without servers of its own: SHOP_DATABASE__URI and SHOP_REDIS__URL say where they are (compose.yml).
# `make lock` writes deploy/requirements.lock: the wheels of requirements.lock that a running shop needs.

FROM python:3.12-slim-bookworm AS wheels
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY deploy/requirements.lock /build/requirements.lock
# Wheels alone: nothing is compiled, so that no compiler is needed here or later.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --only-binary :all: -r /build/requirements.lock \
    && /opt/venv/bin/pip uninstall --yes pip

FROM python:3.12-slim-bookworm
# The folder is what a volume over it takes its owner from.
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin shop \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/shop
COPY --from=wheels /opt/venv /opt/venv
WORKDIR /opt/shop
COPY run.py ./
COPY models ./models
COPY services ./services
COPY cogs ./cogs
COPY bot ./bot
RUN /opt/venv/bin/python -m compileall -q models services cogs bot
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SHOP_DATA_DIR=/var/lib/shop \
    SHOP_LOG__JSON=true \
    SHOP_METRICS__PORT=9464 \
    SHOP_WEB__HOST=0.0.0.0
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9464/ready', timeout=4)"]
STOPSIGNAL SIGTERM
# No shell in between: the signal reaches the program, which then finishes or hands back what is under way.
ENTRYPOINT ["python", "run.py"]
CMD ["all"]
