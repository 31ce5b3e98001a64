"""Shared by the checks of deploy/: paths, free ports, and waiting for a condition."""

import os
import pathlib
import socket
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


@pytest.fixture(scope="session")
def server():
    found = server_binary()
    if found is None:
        pytest.skip("no server is built: set ONBOARD_SERVER, or run `cargo build -p server`")
    return found
