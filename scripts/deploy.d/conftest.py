"""Shared by the checks of deploy/: paths, free ports, and waiting for a condition."""

import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=60):
    """Waits until `condition` returns something true; connection errors count as not yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if value := condition():
                return value
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def server_binary():
    """The built server: ONBOARD_SERVER, or cargo's debug or release build. None if there is none."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
    named = os.environ.get("ONBOARD_SERVER")
    candidates = [pathlib.Path(named)] if named else [target / "debug/server", target / "release/server"]
    return next((path for path in candidates if path.is_file()), None)


def clean_environment(**variables):
    """The environment without settings of the program and of AWS, which would change what is checked."""
    own = ("ONBOARD_", "AWS_", "KAFKA_", "LEPTOS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own) and name != "ENVIRONMENT"}
    return kept | variables


def public_routes():
    """What the public may reach, as docs/operations.md lists it."""
    text = (ROOT / "docs/operations.md").read_text()
    listed = re.search(r"expose ((?:`[^`]+`(?:,| and)?\s+)+)to the public", text).group(1)
    return set(re.findall(r"`([^`]+)`", listed))


def assert_known_settings(server, command, variables, folder):
    """The program accepts the command and every variable: it starts, as far as the backends that are not there."""
    nowhere = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "AWS_ACCESS_KEY_ID": "x",
               "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1", "LEPTOS_SITE_ADDR": "127.0.0.1:0",
               "ONBOARD_DATA_DIR": str(folder / "data")}
    if "KAFKA_BROKERS" in variables:
        nowhere["KAFKA_BROKERS"] = "127.0.0.1:1"
    for name, value in variables.items():
        known = ROOT / "server/data/sanctions" / pathlib.PurePath(value).name
        if name.endswith("_FILE"):
            nowhere[name] = str(folder / name)
            (folder / name).write_text("s" * 64 + "\n")
        elif "WATCHLIST" in name and value.startswith("/"):
            assert known.exists(), value
            nowhere[name] = str(known)
        elif name == "ONBOARD_DOCUMENTS__FOLDER":
            nowhere[name] = str(folder / "documents")
    given = {name: value for name, value in variables.items() if name != "AWS_ENDPOINT_URL_DYNAMODB"}
    started = subprocess.run([server, *command], env=clean_environment(**given | nowhere), capture_output=True,
                             text=True, timeout=120)
    assert started.returncode == 1, started.stderr
    assert "configuration:" not in started.stderr, started.stderr
    assert "DynamoDB" in started.stderr or "KAFKA_BROKERS" in started.stderr, started.stderr


@pytest.fixture(scope="session")
def server():
    found = server_binary()
    if found is None:
        pytest.skip("no server is built: set ONBOARD_SERVER, or run `cargo build -p server`")
    return found
