//! The lock of a data directory, which only one process may use at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::EmbeddedError;

/// The name of the lock file in the data directory.
const LOCK_FILE: &str = "lock";

/// A data directory that this process has locked. The operating system releases the lock when the value is dropped or
/// the process ends, so a crash leaves no stale lock.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Creates the directory if needed, and locks it.
    ///
    /// # Errors
    /// [`EmbeddedError::InUse`] if another instance has locked it, [`EmbeddedError::Directory`] if it is unusable.
    pub(crate) fn claim(directory: &Path) -> Result<Self, EmbeddedError> {
        let unusable = |error: std::io::Error| EmbeddedError::Directory {
            directory: directory.to_owned(),
            reason: error.to_string(),
        };
        fs::create_dir_all(directory).map_err(unusable)?;
        let path = directory.canonicalize().map_err(unusable)?;
        // Never truncated: its content does not matter, and another instance may hold it.
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK_FILE)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(EmbeddedError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Makes the database file `name` readable by its owner only, whatever the directory permits. Creates it if needed.
    ///
    /// # Errors
    /// [`EmbeddedError::Directory`].
    pub(crate) fn private_database(&self, name: &str) -> Result<(), EmbeddedError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let restricted = options.open(self.path.join(name)).and_then(|_| {
            #[cfg(unix)]
            // SQLite gives new files beside the database its permissions; these are of an earlier version.
            for file in [name.to_owned(), format!("{name}-wal"), format!("{name}-shm")] {
                let path = self.path.join(file);
                if path.exists() {
                    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
                }
            }
            Ok(())
        });
        restricted.map_err(|error| EmbeddedError::Directory { directory: self.path.clone(), reason: error.to_string() })
    }

    /// The directory, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
