//! Landlock, seccomp and resource limits.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use tokio::process::Child;

use super::{Needs, TESSDATA};

/// The restrictions that are asked for. A kernel that knows fewer applies those that it knows.
const LANDLOCK: ABI = ABI::V6;

/// What every tool may read: libraries, their configuration, fonts, data of programs, and devices without content.
const READABLE: [&str; 20] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/papersize",
    "/etc/alternatives",
    "/var/cache/fontconfig",
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
];
/// The programs that load a program's libraries. The kernel runs them before the program.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// Address space in bytes, because a small file can request any amount.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;
/// The largest file that a tool may write, in bytes. A page of 40 megapixels in three colours has 120 MB.
const FILE: u64 = 256 * 1024 * 1024;
const OPEN_FILES: u64 = 64;

/// System calls that no tool needs: networks, other processes, other programs, the kernel's own settings.
const DENIED: [i64; 38] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_execveat,
    libc::SYS_memfd_create,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
];

/// The filters of system calls; none on a processor that the library does not know.
static FILTERS: LazyLock<Option<[BpfProgram; 2]>> = LazyLock::new(|| filters().ok());

fn filters() -> Result<[BpfProgram; 2], Box<dyn std::error::Error>> {
    let filter = |rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32| {
        let action = SeccompAction::Errno(error.unsigned_abs());
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, std::env::consts::ARCH.try_into()?)?;
        Ok::<BpfProgram, Box<dyn std::error::Error>>(filter.try_into()?)
    };
    let mut denied: BTreeMap<i64, Vec<SeccompRule>> = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    // Threads are permitted, and the start of a program, for which the C library uses CLONE_VFORK.
    let own = (libc::CLONE_THREAD | libc::CLONE_VFORK).unsigned_abs().into();
    let neither = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(own), 0)?;
    denied.insert(libc::SYS_clone, vec![SeccompRule::new(vec![neither])?]);
    #[cfg(target_arch = "x86_64")]
    denied.extend([(libc::SYS_fork, Vec::new()), (libc::SYS_vfork, Vec::new())]);
    // Its flags are in memory, which a filter cannot read. Without it, the C library uses `clone`.
    let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    Ok([filter(absent, libc::ENOSYS)?, filter(denied, libc::EPERM)?])
}

pub(super) struct Restriction {
    program: PathBuf,
    folder: Option<PathBuf>,
    time: Duration,
}

impl Restriction {
    pub(super) fn of(needs: &Needs<'_>) -> Self {
        Self { program: needs.program.to_owned(), folder: needs.folder.map(ToOwned::to_owned), time: needs.time }
    }

    /// Restricts the calling thread and the processes that it starts. What the kernel lacks is left out.
    pub(super) fn apply(&self) {
        if let Err(error) = self.landlock() {
            tracing::debug!(%error, "landlock not applied");
        }
        for filter in FILTERS.iter().flatten() {
            if let Err(error) = seccompiler::apply_filter(filter) {
                tracing::debug!(%error, "seccomp filter not applied");
            }
        }
    }

    fn landlock(&self) -> Result<RestrictionStatus, RulesetError> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let execute = AccessFs::ReadFile | AccessFs::Execute;
        let all: BitFlags<AccessFs> = AccessFs::from_all(LANDLOCK) & !AccessFs::Execute;
        let readable = READABLE.iter().map(PathBuf::from).chain(std::env::var_os(TESSDATA).map(PathBuf::from));
        let programs = LOADERS.iter().map(PathBuf::from).chain([self.program.clone()]);
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            // Paths that do not exist are left out.
            .add_rules(path_beneath_rules(readable, read))?
            .add_rules(path_beneath_rules(programs, execute))?
            .add_rules(path_beneath_rules(&self.folder, all))?
            .restrict_self()
    }

    /// Sets the resource limits of a tool that has just been started.
    ///
    /// # Errors
    /// If the system refuses a limit. The tool is killed when the caller drops it.
    pub(super) fn limit(&self, child: &mut Child) -> io::Result<()> {
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let Some(pid) = pid else { return Ok(()) };
        let limits = [
            (Resource::As, MEMORY),
            (Resource::Fsize, FILE),
            (Resource::Nofile, OPEN_FILES),
            (Resource::Core, 0),
            (Resource::Cpu, self.time.as_secs() + 1),
        ];
        for (resource, most) in limits {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            match prlimit(Some(pid), resource, limit) {
                Ok(_) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Restricts the calling thread, and returns what was not applied.
pub(super) fn missing() -> Vec<&'static str> {
    let own = Restriction { program: PathBuf::from("/"), folder: None, time: Duration::ZERO };
    let mut missing = Vec::new();
    match own.landlock().map(|status| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => {}
        Ok(RulesetStatus::PartiallyEnforced) => missing.push("newer parts of Landlock"),
        Ok(RulesetStatus::NotEnforced) | Err(_) => missing.push("Landlock"),
    }
    let filtered =
        FILTERS.as_ref().is_some_and(|filters| filters.iter().all(|filter| seccompiler::apply_filter(filter).is_ok()));
    if !filtered {
        missing.push("seccomp");
    }
    missing
}
