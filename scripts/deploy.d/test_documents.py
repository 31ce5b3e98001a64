"""Command blocks of the documents about deployment: they parse, and name files and options that exist."""

import re
import subprocess

import pytest

from conftest import DEPLOY, ROOT

DOCUMENTS = sorted((ROOT / "docs").glob("deployment*.md"))


def blocks(path):
    """The indented blocks of a document."""
    found, block = [], []
    for line in [*path.read_text().splitlines(), "end"]:
        if line.startswith("    ") or (block and not line.strip()):
            block.append(line.strip())
        elif block:
            found.append("\n".join(block).strip())
            block = []
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_command_blocks_parse_and_name_existing_files(path):
    commands = blocks(path)
    assert commands
    for command in commands:
        parsed = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
        assert parsed.returncode == 0, command + parsed.stderr
        for name in re.findall(r"(?<![\w/])deploy/[\w./@-]+", command):
            # The copy that the reader makes.
            assert (ROOT / name).exists() or name.endswith("/prod.conf"), name


def test_options_of_the_script_in_the_documents_exist():
    usage = subprocess.run([DEPLOY / "aws/deploy"], capture_output=True, text=True)
    assert usage.returncode == 2
    text = "".join(path.read_text() for path in DOCUMENTS)
    used = set(re.findall(r"deploy/aws/deploy \w+ ([^`\n#]*)", text))
    words = [word for line in used for word in line.split(" -- ")[0].split()]
    options = {word for word in words if re.fullmatch(r"--[a-z]+|run|destroy", word)}
    assert {"--plan", "--only", "--image", "--yes", "destroy"} <= options
    assert [option for option in options if option not in usage.stderr] == []
