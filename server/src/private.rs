//! Folders and files that only their owner may read.

use std::io::Write;
use std::path::Path;

use uuid::Uuid;

/// Creates `folder` and its missing parents, readable by their owner only. The permissions of an existing folder are
/// not changed, because whoever created it chose them.
///
/// # Errors
/// The folder cannot be created.
pub fn folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes `content` to `file`, readable by its owner only. The write is atomic: a temporary file is synced and renamed,
/// so a crash leaves the old or the new content.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    // The name is unique per writer, because two may write the same file at once.
    let mut temporary = file.as_os_str().to_owned();
    temporary.push(format!(".{}.part", Uuid::new_v4().simple()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&temporary).and_then(|mut output| {
        output.write_all(content)?;
        output.sync_all()?;
        std::fs::rename(&temporary, file)
    });
    if let Err(error) = written {
        let _ = std::fs::remove_file(&temporary);
        return Err(error);
    }
    // The rename is durable only after the folder is synced.
    #[cfg(unix)]
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn new_folder_is_private_and_existing_permissions_are_kept() {
        let above = tempfile::tempdir().unwrap();
        let made = above.path().join("new/data");
        folder(&made).unwrap();
        assert_eq!((mode(&made), mode(&above.path().join("new"))), (0o700, 0o700));
        std::fs::set_permissions(&made, PermissionsExt::from_mode(0o750)).unwrap();
        folder(&made).unwrap();
        assert_eq!(mode(&made), 0o750);
    }

    #[test]
    fn write_replaces_content_and_file_is_private() {
        let above = tempfile::tempdir().unwrap();
        let file = above.path().join("key");
        write(&file, b"something longer").unwrap();
        write(&file, b"whole").unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(above.path()).unwrap().count(), 1);
        write(&above.path().join("another"), b"x").unwrap();
        assert_eq!(mode(&above.path().join("another")), 0o600);
    }
}
