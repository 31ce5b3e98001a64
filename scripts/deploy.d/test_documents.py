"""The guides: command blocks parse, name what exists, and run where they are marked `sh check`."""

import re
import shutil
import subprocess

import pytest

from conftest import DEPLOY, ROOT, clean_environment

DOCS = ROOT / "docs"
GUIDES = [DOCS / f"{name}.md" for name in (
    "architecture-summary", "backup-restore", "compose", "cost", "deployment-aws", "deployment-checklist",
    "kubernetes", "quick-reference", "systemd", "upgrading")]
WITH_COMMANDS = [DOCS / f"{name}.md" for name in (
    "backup-restore", "compose", "deployment", "deployment-aws", "kubernetes", "systemd")]


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


def checked_blocks():
    found = []
    for path in DOCS.glob("*.md"):
        for number, block in enumerate(re.findall(r"(?ms)^```sh check\n(.*?)^```$", path.read_text())):
            found.append(pytest.param(block, id=f"{path.name}-{number + 1}"))
    return found


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guide_begins_with_for_whom_how_long_what_it_costs_and_how_to_undo(path):
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ") and lines[2].startswith("For "), lines[:3]
    head = "\n".join(lines[:16])
    for row in ("time", "cost", "to undo it"):
        assert f"\n| {row} | " in head, row


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=lambda path: path.name)
def test_command_blocks_parse_and_name_existing_files(path):
    commands = blocks(path)
    assert commands
    for command in commands:
        parsed = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True)
        assert parsed.returncode == 0, command + parsed.stderr
        for name in re.findall(r"(?<![\w/])(?:deploy|scripts)/[\w./@-]+", command):
            # The copy that the reader makes.
            assert (ROOT / name).exists() or name.endswith("/prod.conf"), name


@pytest.mark.parametrize("block", checked_blocks())
def test_marked_block_runs(block, tmp_path):
    for tool in ("kubectl", "systemd-analyze", "openssl"):
        if tool in block and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    # In a copy, because some of them make files.
    for folder in ("deploy", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=shutil.ignore_patterns("secret"))
    ran = subprocess.run(["bash", "-euo", "pipefail"], input=block, cwd=tmp_path, env=clean_environment(),
                         capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_marked_blocks_exist():
    assert len(checked_blocks()) >= 4


def test_options_of_the_script_in_the_documents_exist():
    usage = subprocess.run([DEPLOY / "aws/deploy"], capture_output=True, text=True)
    assert usage.returncode == 2
    text = "".join(path.read_text() for path in DOCS.glob("*.md"))
    used = set(re.findall(r"deploy/aws/deploy \w+ ([^`\n#|]*)", text))
    words = [word for line in used for word in line.split(" -- ")[0].split()]
    options = {word for word in words if re.fullmatch(r"--[a-z]+|[a-z]+", word)} - {"prod", "web", "example"}
    assert {"--plan", "--only", "--image", "--yes", "destroy", "restore", "--to", "rollback", "rotate", "cost",
            "config", "run"} <= options
    known = usage.stderr + " data app staging"
    assert [option for option in options if not re.search(rf"(?<![\w-]){option}\b", known)] == []


def test_every_line_of_the_checklist_has_a_command():
    lines = (DOCS / "deployment-checklist.md").read_text().splitlines()
    rows = [line for line in lines if re.match(r"\| \d+ \|", line)]
    assert len(rows) >= 50
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, len(rows) + 1))
    # Pipes inside commands are escaped.
    cells = [re.split(r"(?<!\\)\|", row) for row in rows]
    by_hand = [row[2].strip() for row in cells if "`" not in row[3]]
    assert len(by_hand) <= 2, by_hand


def test_commands_of_the_program_in_the_documents_exist(server):
    text = "".join(path.read_text() for path in DOCS.glob("*.md"))
    # `onboard-ai COMMAND`, and what follows ` -- ` where a task or a pod runs it.
    used = set(re.findall(r"(?:onboard-ai|run --|server) ((?:[a-z]+)(?: (?:create|describe|due|show|delete|list|replay|"
                          r"republish|broadcast))?)(?=[ `\n]|$)", "\n".join(re.findall(r"`([^`\n]+)`", text))))
    known = subprocess.run([server, "--help"], capture_output=True, text=True).stdout
    top = set(re.findall(r"(?m)^  ([a-z]+) ", known.split("Commands:")[1].split("Options:")[0]))
    commands = {command for command in used if command.split()[0] in top}
    assert {"lag", "outbox", "check", "health", "topics describe", "events republish"} <= commands
    for command in sorted(commands):
        helped = subprocess.run([server, *command.split(), "--help"], capture_output=True, text=True)
        assert helped.returncode == 0, command


def test_index_names_every_document():
    index = (DOCS / "index.md").read_text()
    linked = set(re.findall(r"\]\((?:\.\./)?([\w/-]+\.md)", index))
    wanted = {path.name for path in DOCS.glob("*.md")} - {"index.md"}
    assert wanted <= linked, wanted - linked
