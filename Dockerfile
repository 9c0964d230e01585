FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt && useradd --system sbdash \
    && mkdir /data && chown sbdash /data
COPY manage.py LICENSE ./
COPY sbdash sbdash
COPY monitoring monitoring
COPY templates templates
COPY static static
USER sbdash
ENV DATA_DIR=/data HOST=0.0.0.0
EXPOSE 8000
VOLUME /data
CMD ["sh", "-c", "python manage.py migrate --verbosity 0 && python manage.py first_run && exec python manage.py serve"]
