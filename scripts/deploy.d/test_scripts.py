"""Shell scripts of installations and of their checks."""

import subprocess

import pytest

from conftest import DEPLOY, ROOT


def shell_scripts():
    names = ("check-deploy", "raise", "check-versions", "split-symbols")
    own = [ROOT / "scripts" / name for name in names]
    found = [path for path in DEPLOY.rglob("*") if path.is_file() and path.read_bytes()[:2] == b"#!"]
    return own + [path for path in found if b"sh" in path.read_bytes().split(b"\n")[0]]


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda path: path.name)
def test_shellcheck_finds_nothing(script):
    checked = subprocess.run(["shellcheck", "--external-sources", "--shell=bash", str(script)], cwd=ROOT,
                             capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
