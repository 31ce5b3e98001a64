"""The Dockerfile: hadolint finds nothing, and it says what installations rely on."""

import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
STAGES = re.split(r"(?m)^FROM ", DOCKERFILE)[1:]


def stage(name):
    [found] = [text for text in STAGES if re.match(rf"\S+ AS {name}\n", text)]
    return found


def test_hadolint_finds_nothing():
    linted = subprocess.run(["hadolint", "--failure-threshold", "style", str(ROOT / "Dockerfile")],
                            capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


def test_user_is_a_number_that_kubernetes_and_the_manifests_know():
    [user] = re.findall(r"^USER (\S+)$", stage("runtime"), re.MULTILINE)
    assert user == "10001:10001"
    assert f"--uid {user.split(':')[0]}" in DOCKERFILE and f"--gid {user.split(':')[1]}" in DOCKERFILE
    for path in (ROOT / "deploy/kubernetes").rglob("*.yaml"):
        for number in re.findall(r"(?:runAsUser|runAsGroup|fsGroup): (\d+)", path.read_text()):
            assert number == "10001", path


def test_production_build_has_no_embedded_stack_and_refuses_to_start_without_kafka():
    assert re.search(r"^ARG EMBEDDED=no$", DOCKERFILE, re.MULTILINE)
    assert "ENV ONBOARD_STACK=external" in stage("runtime-no")
    assert STAGES[-1].startswith("runtime-${EMBEDDED}\n")
    assert "cargo fetch --locked" in stage("build")


def test_bases_can_be_named_by_digest():
    bases = [text.split()[0] for text in STAGES]
    assert [base for base in bases if base.startswith("docker.io")] == []
    for name in ("RUST_IMAGE", "DEBIAN_IMAGE"):
        assert f"${{{name}}}" in bases and re.search(rf"^ARG {name}=docker.io/\S+$", DOCKERFILE, re.MULTILINE)


def test_health_check_is_the_program_itself():
    [command] = re.findall(r"^HEALTHCHECK (.*)$", DOCKERFILE, re.MULTILINE)
    assert 'CMD ["onboard-ai", "health"]' in command
    # The command gives up after 3 s, with a better message than being killed.
    assert int(re.search(r"--timeout=(\d+)s", command).group(1)) > 3


def test_labels_name_version_and_revision():
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', STAGES[-1]))
    assert (labels["version"], labels["revision"]) == ("${VERSION}", "${REVISION}")
    manifest = (ROOT / "Cargo.toml").read_text()
    assert f'ARG VERSION={re.search(r"(?m)^version = .(.*).$", manifest).group(1)}\n' in STAGES[-1]


def test_symbols_are_taken_out_and_kept(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None or shutil.which("objcopy") is None:
        pytest.skip("no C compiler and binutils")
    (tmp_path / "main.c").write_text("int answer(void) { return 42; }\nint main(void) { return answer() - 42; }\n")
    program = tmp_path / "program"
    subprocess.run([compiler, "-O0", "-o", program, tmp_path / "main.c"], check=True)
    before = program.stat().st_size
    subprocess.run([ROOT / "scripts/split-symbols", program], check=True)
    symbols = subprocess.run(["nm", f"{program}.debug"], capture_output=True, text=True, check=True).stdout
    assert "answer" in symbols
    assert "no symbols" in subprocess.run(["nm", program], capture_output=True, text=True).stderr
    assert program.stat().st_size < before and os.access(program, os.X_OK)
    assert subprocess.run([program]).returncode == 0


def test_built_server_is_small(server):
    """Only for a release build, which ONBOARD_SERVER names after scripts/split-symbols."""
    if not (server.parent / f"{server.name}.debug").exists():
        pytest.skip("the server is no release build without symbols")
    assert server.stat().st_size < 40_000_000
