"""deploy/compose: compose's own parser accepts it, and the program knows each service's command and variables."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from conftest import DEPLOY, assert_known_settings, clean_environment, public_routes
from test_proxy import Echo, PRIVATE, PUBLIC

COMPOSE = DEPLOY / "compose/compose.yaml"
PROFILES = {"one", "cluster", "watch"}


@pytest.fixture(scope="module")
def model():
    """The canonical form of the file."""
    parser = os.environ.get("COMPOSE_PARSER")
    if not parser:
        pytest.skip("compose's parser is not built: it needs Go")
    parsed = subprocess.run([parser, str(COMPOSE)], capture_output=True, text=True, env=clean_environment())
    assert parsed.returncode == 0, parsed.stderr
    return yaml.safe_load(parsed.stdout)


def ours(model):
    return {name: service for name, service in model["services"].items() if "build" in service}


def test_parser_refuses_unknown_keys(model, tmp_path):
    broken = tmp_path / "compose.yaml"
    broken.write_text(COMPOSE.read_text().replace("read_only: true", "read_onlyy: true", 1))
    parsed = subprocess.run([os.environ["COMPOSE_PARSER"], str(broken)], capture_output=True, text=True)
    assert parsed.returncode != 0 and "read_onlyy" in parsed.stdout + parsed.stderr


def test_every_service_is_in_a_profile(model):
    assert {profile for service in model["services"].values() for profile in service["profiles"]} == PROFILES
    assert len(ours(model)) == 8


def test_services_are_restricted(model):
    for name, service in model["services"].items():
        assert service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"], name
        assert service["read_only"] is True or name.startswith("kafka-"), name


def test_only_loopback_is_published(model):
    for name, service in model["services"].items():
        for port in service.get("ports", []):
            assert port["host_ip"] == "127.0.0.1", name


def test_program_is_drained(model):
    for name, service in ours(model).items():
        minutes, seconds = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", service["stop_grace_period"]).groups()
        assert int(minutes or 0) * 60 + int(seconds or 0) > 60, name


def test_images_can_be_named_by_digest(model):
    """Each foreign image has a variable; digests cannot be known here."""
    for name, service in model["services"].items():
        [line] = {line.strip() for line in COMPOSE.read_text().splitlines()
                  if line.strip().startswith("image: ") and service["image"] in line}
        assert re.fullmatch(r"image: \$\{[A-Z_]+:-\S+\}", line), name
        assert re.search(r":[\w.-]+$", service["image"]) and not service["image"].endswith(":latest"), name


def test_secrets_are_files(model):
    assert set(model["secrets"]) == {"secret"}
    for name, service in ours(model).items():
        assert not {"ONBOARD_SECRET", "KAFKA_PASSWORD"} & set(service.get("environment", {})), name
    ignored = (COMPOSE.parent / "secrets/.gitignore").read_text().split()
    assert ignored == ["*", "!.gitignore"]


def test_dependencies_and_mounts_exist(model):
    for name, service in model["services"].items():
        for mount in service.get("volumes", []):
            # deploy/monitoring has rules and dashboards of its own.
            if mount["type"] == "bind" and "/monitoring/" not in mount["source"]:
                assert pathlib.Path(mount["source"]).exists(), name


def test_prometheus_asks_every_process(model):
    scraped = yaml.safe_load(model["configs"]["prometheus"]["content"])["scrape_configs"]
    names = {name for job in scraped for group in job["dns_sd_configs"] for name in group["names"]}
    assert names == set(ours(model)) - {"tables", "topics"}


def test_program_knows_every_command_and_variable(model, server, tmp_path):
    for name, service in ours(model).items():
        if name == "one":
            continue
        (tmp_path / name).mkdir()
        variables = {key: value for key, value in service["environment"].items() if key != "ONBOARD_DATA_DIR"}
        assert_known_settings(server, service["command"], variables, tmp_path / name)


def test_proxy_passes_the_public_routes_only(model, tmp_path):
    """The Caddyfile in a real Caddy, whose port and upstream are replaced."""
    import http.client
    import http.server
    import threading

    from conftest import free_port, wait_until

    content = model["configs"]["proxy"]["content"].replace("$$", "$")
    listed = re.search(r"@public path (.*)", content).group(1).split()
    assert {path.removesuffix("*") for path in listed} == public_routes() | {"/pkg/", "/api/", "/phone/"}
    upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = free_port()
    content = content.replace("web-1:3000 web-2:3000", f"127.0.0.1:{upstream.server_port}")
    content = content.replace("http://:3000", f"http://127.0.0.1:{port}")
    (tmp_path / "Caddyfile").write_text(content)
    environment = clean_environment(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen([shutil.which("caddy"), "run", "--config", str(tmp_path / "Caddyfile")],
                                   env=environment, stdout=log, stderr=log)

    def status(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status

    try:
        wait_until(lambda: status("/") == 200, "Caddy")
        assert {path: status(path) for path in PUBLIC} == dict.fromkeys(PUBLIC, 200)
        # Caddy redirects or refuses those that it can normalise; none may arrive.
        assert [path for path in PRIVATE if status(path) == 200] == []
    finally:
        process.terminate()
        process.wait(20)
        upstream.shutdown()
