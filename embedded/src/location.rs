//! The location of the broker's file, as a URL in the form that the broker accepts.

use std::fs::File;
use std::path::Path;

use url::Url;

use crate::EmbeddedError;

/// A storage URL, and the open directory that it may depend on.
#[derive(Debug)]
pub(crate) struct StorageLocation {
    pub(crate) url: Url,
    _directory: Option<File>,
}

/// The URL of the SQLite file `name` in the absolute `directory`.
///
/// The broker resolves the path of its URL against the working directory, after removing one leading slash; a second
/// slash makes it absolute. It does not decode escapes like `%20`. A path that needs escapes is therefore reached
/// through the open directory's entry in `/proc`, if there is one.
///
/// # Errors
/// [`EmbeddedError::Directory`] if the path needs escapes and there is no `/proc`.
pub(crate) fn sqlite(directory: &Path, name: &str) -> Result<StorageLocation, EmbeddedError> {
    if let Some(url) = plain(&directory.join(name)) {
        return Ok(StorageLocation { url, _directory: None });
    }
    through_proc(directory, name)
}

/// The URL, if it contains the path without escapes.
fn plain(file: &Path) -> Option<Url> {
    let text = file.to_str()?;
    let url = Url::parse(&format!("sqlite:///{text}")).ok()?;
    (url.path().strip_prefix('/') == Some(text)).then_some(url)
}

#[cfg(target_os = "linux")]
fn through_proc(directory: &Path, name: &str) -> Result<StorageLocation, EmbeddedError> {
    use std::os::fd::AsRawFd;

    let open = File::open(directory)
        .map_err(|error| EmbeddedError::Directory { directory: directory.to_owned(), reason: error.to_string() })?;
    let file = format!("/proc/{}/fd/{}/{name}", std::process::id(), open.as_raw_fd());
    let url = plain(Path::new(&file)).ok_or_else(|| unsupported_path(directory))?;
    Ok(StorageLocation { url, _directory: Some(open) })
}

#[cfg(not(target_os = "linux"))]
fn through_proc(directory: &Path, _name: &str) -> Result<StorageLocation, EmbeddedError> {
    Err(unsupported_path(directory))
}

fn unsupported_path(directory: &Path) -> EmbeddedError {
    EmbeddedError::Directory {
        directory: directory.to_owned(),
        reason: "its path has characters that the embedded broker does not support; use letters, digits, - and _"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn path_without_escapes_stays_absolute() {
        let location = sqlite(Path::new("/var/lib/onboard-ai"), "kafka.db").unwrap();
        // The broker removes one slash, and joins the rest to the working directory.
        let path = location.url.path().strip_prefix('/').unwrap();
        assert_eq!(Path::new("/anywhere").join(path), Path::new("/var/lib/onboard-ai/kafka.db"));
        assert_eq!(location.url.domain(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn path_with_a_space_leads_to_the_same_directory() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("Zoë's data?");
        std::fs::create_dir(&directory).unwrap();
        let location = sqlite(&directory, "kafka.db").unwrap();
        let path = Path::new(location.url.path().strip_prefix('/').unwrap());
        assert_eq!(path.parent().unwrap().canonicalize().unwrap(), directory.canonicalize().unwrap());
    }
}
