"""deploy/systemd: the unit is valid, restricts the program, and permits what the program and its tools do."""

import re
import subprocess

import pytest

from conftest import DEPLOY, clean_environment

SYSTEMD = DEPLOY / "systemd"
UNIT = SYSTEMD / "onboard-ai@.service"

# What the server and its tools called, by `strace -f -c` on x86-64, from start to SIGTERM with a passport and an
# address document read in between, and what ocr/src/sandbox/linux.rs and server/src/descriptors.rs call.
CALLS = """
accept4 access arch_prctl bind brk chdir chmod clock_gettime clock_nanosleep clone clone3 close connect dup2
epoll_create1 epoll_ctl epoll_wait eventfd2 execve fadvise64 fcntl flock fstatfs fsync ftruncate futex
getcwd getdents64 geteuid getpeername getpid getrandom getsockname getsockopt gettid ioctl landlock_add_rule
landlock_create_ruleset landlock_restrict_self listen lseek madvise mkdir mmap mprotect mremap munmap newfstatat
openat pidfd_open pipe2 poll prctl pread64 prlimit64 pwrite64 read readlink recvfrom recvmsg rename rseq rt_sigaction
rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield seccomp sendmsg sendto set_robust_list set_tid_address
setsockopt shutdown sigaltstack socket socketpair statx sysinfo unlink unlinkat wait4 write writev exit exit_group
kill tgkill setrlimit getrlimit
""".split()
# Calls that the filter must refuse, so that the test notices if it refuses nothing.
FORBIDDEN = "mount ptrace init_module bpf setuid chroot keyctl reboot swapon".split()


def settings(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), flags=re.MULTILINE)


@pytest.fixture
def installed(tmp_path):
    """The unit with a program that exists; the checks refuse others."""
    text, count = re.subn(r"^ExecStart=/usr/local/bin/onboard-ai$", "ExecStart=/bin/true", UNIT.read_text(),
                          flags=re.MULTILINE)
    assert count == 1
    (tmp_path / "onboard-ai@.service").write_text(text)
    instance = tmp_path / "onboard-ai@web-1.service"
    instance.symlink_to("onboard-ai@.service")
    return instance


def test_unit_is_valid(installed):
    # It answers 0 for unknown keys too, but prints them.
    verified = subprocess.run(["systemd-analyze", "verify", str(installed)], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


def test_exposure_is_at_most_2(installed):
    rated = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=20",
                            str(installed)], capture_output=True, text=True)
    assert rated.returncode == 0, rated.stdout + rated.stderr


def groups():
    """systemd's groups of system calls."""
    printed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True)
    found, name = {}, None
    for line in printed.stdout.splitlines():
        if line.startswith("@"):
            name = line.strip()
            found[name] = []
        elif line.startswith("    ") and not line.strip().startswith("#"):
            found[name].append(line.strip())
    return found


def permitted():
    known = groups()

    def calls(names):
        for name in names:
            if name.startswith("@"):
                yield from calls(known[name])
            else:
                yield name

    allowed = set()
    for line in settings("SystemCallFilter"):
        if line.startswith("~"):
            allowed -= set(calls(line[1:].split()))
        else:
            allowed |= set(calls(line.split()))
    return allowed


def test_filter_permits_what_program_and_tools_call():
    allowed = permitted()
    assert [call for call in CALLS if call not in allowed] == []
    assert [call for call in FORBIDDEN if call in allowed] == []


def test_drain_time_and_files_are_sufficient():
    assert int(settings("TimeoutStopSec")[0].removesuffix("s")) > 60, "docs/operations.md, Start and stop"
    assert int(settings("LimitNOFILE")[0]) > 10_000 + 5_000, "http.connections, http.sockets"
    assert settings("KillMode") == ["mixed"], "tools are stopped by the program"


def test_sysusers_accepts_the_user(tmp_path):
    (tmp_path / "etc").mkdir()
    created = subprocess.run(["systemd-sysusers", f"--root={tmp_path}", "--dry-run", str(SYSTEMD / "sysusers.conf")],
                             capture_output=True, text=True)
    assert created.returncode == 0, created.stderr
    assert "onboard-ai" in created.stdout + created.stderr


def environment_of(path):
    lines = [line.removeprefix("#") for line in path.read_text().splitlines() if re.match(r"#?[A-Z_]+=", line)]
    assert lines
    return dict(line.split("=", 1) for line in lines)


def test_program_knows_every_variable(server):
    """An unknown variable ends the program, so this also shows what an operator would see."""
    unit = dict(line.split("=", 1) for line in settings("Environment"))
    unit = {name: value.replace("%i", "web-1").replace("%l", "host") for name, value in unit.items()}
    variables = unit | environment_of(SYSTEMD / "common.env") | {"ONBOARD_SECRET": "s" * 32, "KAFKA_PASSWORD": "p"}
    environment = clean_environment(**variables)
    printed = subprocess.run([server, "--print-settings"], env=environment, capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr
    # The program reads the settings before it connects to anything. Without a broker's address, nothing is reached.
    started = subprocess.run([server, "topics", "describe"], env=environment | {"KAFKA_BROKERS": "127.0.0.1:1"},
                             capture_output=True, text=True, timeout=120)
    assert "no setting" not in started.stderr
    unknown = subprocess.run([server, "topics", "describe"], env=environment | {"ONBOARD_KAFKA__BROKER": "x"},
                             capture_output=True, text=True, timeout=120)
    assert unknown.returncode != 0 and "ONBOARD_KAFKA__BROKER" in unknown.stderr
