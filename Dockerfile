# The wheels are built where there is pip; the image that runs has neither sources nor build tools.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /opt/connector \
    && /opt/connector/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.txt
# The build backend comes hashed from the developers' list, into a place that stays behind.
COPY requirements-dev.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements-dev.txt
COPY pyproject.toml README.md LICENSE ./
COPY connector ./connector
RUN /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
    && /opt/connector/bin/pip install --no-cache-dir --no-deps --no-index /wheel/*.whl

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin connector \
    && install -d -m 0700 -o connector -g connector /var/lib/connector \
    && install -d -m 0755 /etc/connector
COPY --from=build /opt/connector /opt/connector
ENV PATH=/opt/connector/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONNECTOR_CONFIG=/etc/connector/config.yaml
WORKDIR /var/lib/connector
USER 10001
VOLUME ["/var/lib/connector"]
EXPOSE 8080
# SIGTERM lets the document that is being posted come to its end; give it time (stop_grace_period in compose.yaml).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=30s --retries=3 CMD ["connector", "health"]
ENTRYPOINT ["connector"]
CMD ["serve"]
