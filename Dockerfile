# syntax=docker/dockerfile:1
# The server with its site, built for release.
#
#   docker build -t onboard-ai .                                      with the embedded stack, for trying out
#   docker build -t onboard-ai --build-arg EMBEDDED=no .              without it, for Kafka and AWS
#   docker run -p 3000:3000 -v onboard-ai:/var/lib/onboard-ai onboard-ai

FROM rust:1.99.1-bookworm AS build
WORKDIR /src
# The tools first, since they rarely change and take long to compile.
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY scripts scripts
RUN scripts/setup release
COPY . .
ARG EMBEDDED=yes
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    . scripts/env \
    && case "$EMBEDDED" in \
         yes) cargo leptos build --release --precompress ;; \
         no) cargo leptos build --release --precompress --bin-cargo-args=--no-default-features ;; \
         *) echo "EMBEDDED is yes or no" >&2; exit 1 ;; \
       esac \
    && mkdir /out && cp -r target/release/server target/site /out/

FROM debian:bookworm-slim
# Tesseract, Poppler and libheif's converter read documents; machine-readable zones are compared with the font OCR-B.
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates curl fonts-dejavu-core fonts-liberation fonts-ocr-b libheif-examples libssl3 poppler-utils \
       tesseract-ocr tesseract-ocr-script-latn \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --user-group --home-dir /var/lib/onboard-ai --create-home onboard-ai
COPY --from=build /out/server /usr/local/bin/onboard-ai
COPY --from=build /out/site /usr/share/onboard-ai/site
USER onboard-ai
WORKDIR /var/lib/onboard-ai
ENV LEPTOS_SITE_ROOT=/usr/share/onboard-ai/site \
    LEPTOS_SITE_ADDR=0.0.0.0:3000 \
    ONBOARD_DATA_DIR=/var/lib/onboard-ai/data
VOLUME /var/lib/onboard-ai
EXPOSE 3000
# Liveness, not readiness: a container that waits for Kafka must not be restarted.
HEALTHCHECK --interval=15s --timeout=3s --start-period=30s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "http://127.0.0.1:3000/healthz"]
# The server drains on SIGTERM.
STOPSIGNAL SIGTERM
ENTRYPOINT ["onboard-ai"]
