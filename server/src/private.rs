//! Folders and files that only their owner may read.

use std::io::Write;
use std::path::Path;

use uuid::Uuid;

/// Makes `folder`, and what is missing above it, readable by its owner only. One that is there stays as it is: whoever
/// made it has chosen who may read it.
///
/// # Errors
/// It cannot be made.
pub fn folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes `content` to `file`, readable by its owner only: beside it, and then renamed, so that it is there whole or not
/// at all whenever the program or the machine stops.
///
/// # Errors
/// It cannot be written.
pub fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    // Of its own for every writer: two may write the same file at once.
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}.part", Uuid::new_v4().simple()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(&beside).and_then(|mut made| {
        made.write_all(content)?;
        made.sync_all()?;
        std::fs::rename(&beside, file)
    });
    if let Err(error) = made {
        let _ = std::fs::remove_file(&beside);
        return Err(error);
    }
    // The name is as lasting as the content only when the folder is written out too.
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
    fn a_folder_is_private_when_it_is_made_and_left_alone_later() {
        let above = tempfile::tempdir().unwrap();
        let made = above.path().join("new/data");
        folder(&made).unwrap();
        assert_eq!((mode(&made), mode(&above.path().join("new"))), (0o700, 0o700));
        std::fs::set_permissions(&made, PermissionsExt::from_mode(0o750)).unwrap();
        folder(&made).unwrap();
        assert_eq!(mode(&made), 0o750);
    }

    #[test]
    fn a_file_is_whole_and_private() {
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
