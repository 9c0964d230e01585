# One image for all three databases. Built in two steps: the second one has no compiler, no pip's cache, no wheel.
FROM python:3.13-slim AS built
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements-postgres.txt .
RUN /venv/bin/pip install --require-hashes -r requirements-postgres.txt && /venv/bin/pip uninstall -y pip
WORKDIR /app
COPY manage.py LICENSE ./
COPY deploy/alive.py deploy/alive.py
COPY sbdash sbdash
COPY monitoring monitoring
COPY demo demo
COPY templates templates
COPY docs docs
COPY static static
# Compiled here, because nothing but /data and /tmp is written later.
RUN /venv/bin/python -m compileall -q -j 0 /app /venv/lib

FROM python:3.13-slim
# By number, so that whoever runs it can tell that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin sbdash \
    && install -d -o 10001 -g 10001 -m 700 /data
COPY --from=built /venv /venv
COPY --from=built /app /app
WORKDIR /app
USER 10001:10001
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000
EXPOSE 8000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "deploy/alive.py", "web"]
CMD ["sh", "-c", "python manage.py migrate --verbosity 0 && python manage.py first_run && exec python manage.py serve"]
