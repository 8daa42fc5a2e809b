# docs/install.md says how to build and run this. The wheel is built before: uv build
FROM python:3.11-slim-bookworm

# cpu, or gpu for CUDA's libraries
ARG DEVICE=cpu
ARG UV_VERSION=0.13.9

RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.lock requirements-gpu.lock /tmp/locks/
RUN case "$DEVICE" in \
        cpu) gpu= ;; \
        gpu) gpu="-r /tmp/locks/requirements-gpu.lock" ;; \
        *) echo "error: DEVICE is $DEVICE; cpu or gpu" >&2; exit 2 ;; \
    esac \
    && python -m venv /opt/deepdep \
    && pip install --no-cache-dir "uv==$UV_VERSION" \
    && uv pip install --no-cache --python /opt/deepdep/bin/python --require-hashes --compile-bytecode \
        -r /tmp/locks/requirements.lock $gpu

COPY dist/deepdep-*.whl /tmp/dist/
RUN uv pip install --no-cache --python /opt/deepdep/bin/python --no-deps --compile-bytecode /tmp/dist/deepdep-*.whl \
    && rm -rf /tmp/dist /tmp/locks

ENV PATH=/opt/deepdep/bin:$PATH \
    DVC_NO_ANALYTICS=1 \
    DO_NOT_TRACK=1 \
    MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false \
    HOME=/home/deepdep

# Whoever runs it (--user) may write there: Git, DVC and Matplotlib keep files of theirs in HOME.
RUN useradd --home-dir /home/deepdep --uid 1000 deepdep \
    && install --directory --owner deepdep --mode 1777 /home/deepdep \
    && install --directory --owner deepdep /study
USER deepdep
WORKDIR /study
CMD ["deepdep", "--help"]
