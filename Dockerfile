# syntax=docker/dockerfile:1
# The server with its site, built for release.
#
#   docker build -t onboard-ai .                                   for Kafka and AWS, without the embedded stack
#   docker build -t onboard-ai:trial --build-arg EMBEDDED=yes .    with the embedded stack, for trying out
#   docker build --target symbols -o symbols .                     the symbols of the first, for backtraces
#   docker run -p 3000:3000 -v onboard-ai:/var/lib/onboard-ai onboard-ai:trial
#
# Arguments: REVISION, a commit, is printed by `onboard-ai --version` and stands on the image; VERSION is that of
# Cargo.toml. For builds that can be repeated, name the base images by digest, as a registry shows it:
#   --build-arg DEBIAN_IMAGE=docker.io/library/debian@sha256:...
#   --build-arg RUST_IMAGE=docker.io/library/rust@sha256:...
ARG RUST_IMAGE=docker.io/library/rust:1.99.1-trixie
ARG DEBIAN_IMAGE=docker.io/library/debian:trixie-slim
ARG EMBEDDED=no

FROM ${RUST_IMAGE} AS build
WORKDIR /src
# The tools first, since they rarely change and take long to compile.
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY scripts scripts
RUN scripts/setup release
COPY . .
ARG EMBEDDED
ARG REVISION=""
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    . scripts/env \
    && case "$EMBEDDED" in \
         yes) features=default ;; \
         no) features= ;; \
         *) echo "EMBEDDED is yes or no" >&2; exit 1 ;; \
       esac \
    && cargo fetch --locked \
    && BUILD_REVISION="$REVISION" cargo leptos build --split --release --precompress \
         --bin-cargo-args=--no-default-features --bin-cargo-args="--features=$features" \
    && mkdir /out && cp -r target/release/server target/site /out/ \
    && scripts/split-symbols /out/server

FROM scratch AS symbols
COPY --from=build /out/server.debug /

FROM ${DEBIAN_IMAGE} AS runtime
# Tesseract, Poppler and libheif's converter read documents; machine-readable zones are compared with the font OCR-B.
# The task that downloads sanctions lists needs curl. Versions are those of the Debian release, with its security fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates curl fonts-dejavu-core fonts-liberation fonts-ocr-b libheif-examples libssl3t64 poppler-utils \
       tesseract-ocr tesseract-ocr-script-latn \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 onboard-ai \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/onboard-ai --create-home --shell /usr/sbin/nologin onboard-ai
COPY --from=build /out/server /usr/local/bin/onboard-ai
COPY --from=build /out/site /usr/share/onboard-ai/site
# By number: Kubernetes cannot tell from a name that it is not root.
USER 10001:10001
WORKDIR /var/lib/onboard-ai
ENV LEPTOS_SITE_ROOT=/usr/share/onboard-ai/site \
    LEPTOS_SITE_ADDR=0.0.0.0:3000 \
    ONBOARD_DATA_DIR=/var/lib/onboard-ai/data
# With a read-only root, mount something writable here and at /tmp.
VOLUME /var/lib/onboard-ai
EXPOSE 3000
# Liveness, not readiness: a container that waits for Kafka must not be restarted. Longer than the command's own 3 s.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["onboard-ai", "health"]
# The server drains for up to 60 s.
STOPSIGNAL SIGTERM
ENTRYPOINT ["onboard-ai"]

# A missing variable must not start an empty embedded stack in production.
FROM runtime AS runtime-no
ENV ONBOARD_STACK=external

FROM runtime AS runtime-yes
ENV ONBOARD_STACK=auto

# hadolint ignore=DL3006
FROM runtime-${EMBEDDED}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="OnboardAI" \
      org.opencontainers.image.description="Insurance onboarding: pages, commands, events, document reading" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
