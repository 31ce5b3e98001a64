//! Starts a tool with the rights that reading a file needs, and no others: a file can take a tool over through a fault in
//! its decoder.
//!
//! The restrictions are those of a thread that exists for the start only. A process inherits them from the thread that
//! starts it, and can never remove them. Landlock (Linux 5.13) bounds which files the tool sees and which programs it
//! runs, seccomp which system calls it makes, and resource limits what it uses. Where the kernel lacks one, the others
//! remain: [`missing`] names it.

use std::path::Path;
use std::time::Duration;

use tokio::process::{Child, Command};

#[cfg(target_os = "linux")]
#[path = "sandbox/linux.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "sandbox/other.rs"]
mod platform;

/// What a tool needs beyond its libraries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs<'a> {
    /// The program.
    pub program: &'a Path,
    /// The folder that it may read and write; none for a tool that uses its standard input and output only.
    pub folder: Option<&'a Path>,
    /// How much processor time it may use.
    pub time: Duration,
}

/// The variables of a tool: none of this process, which hold secrets.
pub(crate) fn environment() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    // Tesseract's threads slow down small pages and take cores from other readings.
    let own = [("OMP_THREAD_LIMIT", "1".into()), ("LC_ALL", "C.UTF-8".into())];
    own.into_iter().chain(std::env::var_os(TESSDATA).map(|folder| (TESSDATA, folder)))
}

/// The variable that names the folder of Tesseract's data, if it is not the usual one.
const TESSDATA: &str = "TESSDATA_PREFIX";

/// Starts `command` with the rights of `needs`.
///
/// # Errors
/// As [`Command::spawn`], or if the resource limits cannot be set.
pub(crate) async fn spawn(mut command: Command, needs: Needs<'_>) -> std::io::Result<Child> {
    let runtime = tokio::runtime::Handle::current();
    let restriction = platform::Restriction::of(&needs);
    let (send, started) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
        let _runtime = runtime.enter();
        restriction.apply();
        // A caller that has gone drops the child, which kills it.
        let _ = send.send(command.spawn().and_then(|mut child| restriction.limit(&mut child).map(|()| child)));
    })?;
    started.await.map_err(std::io::Error::other)?
}

/// The parts of the sandbox that this kernel lacks, in words for the log; empty if the sandbox is complete.
pub fn missing() -> Vec<&'static str> {
    std::thread::spawn(platform::missing).join().unwrap_or_else(|_| vec!["all of it"])
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::process::{Output, Stdio};

    use super::*;

    /// What a shell that has been taken over achieves with `script`; its folder is the working directory.
    async fn run(script: &str) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let shell = Path::new("/bin/bash").canonicalize().unwrap();
        let mut command = Command::new(&shell);
        command.args(["-c", script]).env_clear().envs(environment()).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let needs = Needs { program: &shell, folder: Some(folder.path()), time: Duration::from_secs(10) };
        spawn(command, needs).await.unwrap().wait_with_output().await.unwrap()
    }

    /// Whether this kernel has the part. Without it the server says so in its log, and there is nothing to test.
    fn has(part: &str) -> bool {
        let missing = missing();
        assert!(missing.len() < 3, "{missing:?}");
        !missing.contains(&part)
    }

    #[tokio::test]
    async fn tool_works_in_its_folder_only() {
        assert!(run("echo inside > page && read -r line < page && [ $line = inside ]").await.status.success());
        if has("Landlock") {
            let secret = tempfile::NamedTempFile::new().unwrap();
            for outside in [secret.path().to_str().unwrap(), "/etc/passwd", "/proc/self/environ"] {
                let read = run(&format!("read -r line < {outside}")).await;
                assert!(String::from_utf8_lossy(&read.stderr).contains("Permission denied"), "{outside}: {read:?}");
                let written = run(&format!("echo x > {outside}")).await;
                assert!(!written.status.success(), "{outside}");
            }
        }
    }

    #[tokio::test]
    async fn tool_starts_no_other_program() {
        if has("Landlock") {
            let replaced = run("exec /usr/bin/env").await;
            assert!(String::from_utf8_lossy(&replaced.stderr).contains("Permission denied"), "{replaced:?}");
        }
        if has("seccomp") {
            let started = run("/usr/bin/env; :").await;
            assert!(String::from_utf8_lossy(&started.stderr).contains("not permitted"), "{started:?}");
        }
    }

    #[tokio::test]
    async fn tool_has_no_network() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connected = run(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}")).await;
        assert!(!connected.status.success());
        assert!(String::from_utf8_lossy(&connected.stderr).contains("not permitted"), "{connected:?}");
    }

    #[tokio::test]
    async fn tool_sees_none_of_this_process_s_variables() {
        // Cargo sets some for every test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let seen = run("compgen -e").await;
        let seen = String::from_utf8(seen.stdout).unwrap();
        assert!(seen.contains("OMP_THREAD_LIMIT") && !seen.contains("CARGO") && !seen.contains("HOME"), "{seen}");
    }

    #[tokio::test]
    async fn tool_has_limits_of_memory_time_and_files() {
        // The limits are set right after the start, that of the time last. The shell reads its own limit from a file,
        // because a substitution would start a process.
        let wait = "limit=unlimited; while [ $limit = unlimited ]; do ulimit -t > t; read -r limit < t; done";
        let limits = run(&format!("{wait}; ulimit -v; ulimit -t; ulimit -n; ulimit -c")).await;
        assert_eq!(String::from_utf8(limits.stdout).unwrap(), "2097152\n11\n64\n0\n");
    }
}
