# Two images from one file: `--target extauthz` is what Envoy asks, `--target operator` is the operator and the command
# line. Pin the base by digest: --build-arg BASE=python:3.11-slim-bookworm@sha256:…
# Each is two layers: the base without package managers and shells, and /opt/accredit, which is all that is added.
ARG BASE=python:3.11-slim-bookworm

# The one stage with pip. Every package is locked by hash; the project itself is built without asking an index.
FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /build && python3 -m venv --without-pip /opt/accredit
WORKDIR /src
COPY requirements/build.txt requirements/
RUN /build/bin/python -m pip install --require-hashes --no-deps -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY extauthz extauthz
COPY operator operator
COPY cli cli
RUN /build/bin/python -m pip wheel --no-deps --no-index --no-build-isolation -w /wheels .

FROM build AS build-extauthz
COPY requirements/extauthz.txt requirements/
RUN /build/bin/python -m pip --python /opt/accredit/bin/python install --only-binary :all: --require-hashes --no-deps -r requirements/extauthz.txt
RUN /build/bin/python -m pip --python /opt/accredit/bin/python install --no-deps --no-index /wheels/*.whl
COPY scripts/strip_image.py /
RUN /build/bin/python /strip_image.py --packages /opt/accredit --without accredit_operator accredit_cli

FROM build AS build-operator
COPY requirements/operator.txt requirements/
RUN /build/bin/python -m pip --python /opt/accredit/bin/python install --only-binary :all: --require-hashes --no-deps -r requirements/operator.txt
RUN /build/bin/python -m pip --python /opt/accredit/bin/python install --no-deps --no-index /wheels/*.whl
COPY scripts/strip_image.py /
RUN /build/bin/python /strip_image.py --packages /opt/accredit

# The base, without what could change it: package managers, pip, shells, setuid bits.
FROM ${BASE} AS bare
COPY scripts/strip_image.py /
RUN ["python3", "/strip_image.py", "--system"]

FROM scratch AS runtime
COPY --from=bare / /
ENV PATH=/opt/accredit/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /
USER 65532:65532

FROM runtime AS operator
ARG VERSION=dev
LABEL org.opencontainers.image.title="accredit-operator" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build-operator /opt/accredit /opt/accredit
EXPOSE 8081
ENTRYPOINT ["/opt/accredit/bin/accredit-operator"]

FROM runtime AS extauthz
ARG VERSION=dev
LABEL org.opencontainers.image.title="accredit-extauthz" org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build-extauthz /opt/accredit /opt/accredit
EXPOSE 9001 8080
ENTRYPOINT ["/opt/accredit/bin/accredit-extauthz"]
