//! An issue of a list from files. A file counts as checked with the publisher when it was last modified, because the
//! program cannot know when somebody compared it: whoever downloads it sets its time.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::watchlist::{ListFormat, Refusal, RefusalCause, Source};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::origin::Origin;

/// The files of an issue, by their names in a folder. Names are compared without regard to case.
type Names = (&'static [&'static str], Option<ListFormat>);

/// The names under which a folder has each list, the preferred ones first. Of several names of one line the first is
/// needed.
const fn names(source: Source) -> &'static [Names] {
    const CSV: Option<ListFormat> = Some(ListFormat::OfacCsv);
    match source {
        Source::OfacSdn => &[(&["sdn.xml"], None), (&["sdn.csv", "alt.csv", "sdn_comments.csv"], CSV)],
        Source::OfacConsolidated => {
            &[(&["consolidated.xml"], None), (&["cons_prim.csv", "cons_alt.csv", "cons_comments.csv"], CSV)]
        }
        Source::Un => &[(&["un.xml"], None), (&["consolidated.xml"], None)],
        Source::Eu => &[(&["eu.xml"], None), (&["xmlfullsanctionslist_1_1.xml"], None)],
        Source::Uk => &[(&["uk-sanctions-list.xml"], None), (&["uk-sanctions-list.csv"], None)],
        Source::Pep => &[(&["targets.simple.csv"], None)],
        Source::Sample => &[],
    }
}

/// Detects a change of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    size: u64,
}

/// The files of an issue, as they were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoundFiles {
    /// With their stamps; `None` for a part that is absent.
    files: Vec<Option<(PathBuf, Stamp)>>,
    /// `None`: told by the content.
    format: Option<ListFormat>,
    /// The day of publication that the settings give.
    published: Option<Date>,
}

/// An issue that was received.
#[derive(Debug)]
pub(super) struct Offer {
    /// Its files, in the order of the format.
    pub(super) files: Vec<Vec<u8>>,
    /// Its format.
    pub(super) format: ListFormat,
    /// The day of publication, for a format that does not state it.
    pub(super) published: Option<Date>,
    /// When it was compared with the publisher's.
    pub(super) checked: Timestamp,
    /// The publisher's `ETag`.
    pub(super) etag: Option<String>,
    /// The publisher's `Last-Modified`.
    pub(super) last_modified: Option<String>,
}

fn failure(file: &Path, error: impl std::fmt::Display) -> Refusal {
    Refusal { cause: RefusalCause::File, detail: format!("{}: {error}", file.display()) }
}

fn stamp(file: &Path) -> Result<Stamp, Refusal> {
    let metadata = std::fs::metadata(file).map_err(|error| failure(file, error))?;
    let modified = metadata.modified().map_err(|error| failure(file, error))?;
    Ok(Stamp { modified, size: metadata.len() })
}

/// Finds the files of `origin`.
///
/// # Errors
/// [`RefusalCause::File`].
pub(super) fn find(source: Source, origin: &Origin) -> Result<FoundFiles, Refusal> {
    let stamped = |file: PathBuf| stamp(&file).map(|stamp| Some((file, stamp)));
    match origin {
        Origin::Named { entries, aliases, comments, published } => {
            let optional = |file: &Option<PathBuf>| file.clone().map_or(Ok(None), stamped);
            let files = vec![stamped(entries.clone())?, optional(aliases)?, optional(comments)?];
            Ok(FoundFiles { files, format: Some(ListFormat::OfacCsv), published: *published })
        }
        Origin::Path(path) if path.is_dir() => in_folder(source, path),
        Origin::Path(path) => Ok(FoundFiles { files: vec![stamped(path.clone())?], format: None, published: None }),
        Origin::Url(url) => Err(Refusal { cause: RefusalCause::File, detail: format!("{url} is no file") }),
    }
}

fn in_folder(source: Source, folder: &Path) -> Result<FoundFiles, Refusal> {
    let entries = std::fs::read_dir(folder).map_err(|error| failure(folder, error))?;
    let present: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let named = |name: &str| {
        let is_it = |path: &&PathBuf| {
            path.file_name().and_then(|own| own.to_str()).is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        present.iter().find(is_it).cloned()
    };
    for (parts, format) in names(source) {
        let found: Vec<Option<PathBuf>> = parts.iter().map(|name| named(name)).collect();
        if found.first().is_some_and(Option::is_some) {
            let stamped = |file: Option<PathBuf>| match file {
                Some(file) => stamp(&file).map(|stamp| Some((file, stamp))),
                None => Ok(None),
            };
            let files = found.into_iter().map(stamped).collect::<Result<_, _>>()?;
            return Ok(FoundFiles { files, format: *format, published: None });
        }
    }
    let wanted: Vec<&str> = names(source).iter().filter_map(|(parts, _)| parts.first().copied()).collect();
    Err(failure(folder, format!("the folder has none of {}", wanted.join(", "))))
}

impl FoundFiles {
    /// Reads the files. `now` limits the time of their check, which is that of the oldest part.
    ///
    /// # Errors
    /// [`RefusalCause::File`].
    pub(super) fn read(&self, source: Source, now: Timestamp) -> Result<Offer, Refusal> {
        let mut files = Vec::new();
        let mut checked = now;
        let mut first_modified = now;
        for (at, file) in self.files.iter().enumerate() {
            let Some((path, stamp)) = file else {
                files.push(Vec::new());
                continue;
            };
            let modified = Timestamp::try_from(stamp.modified).map_err(|error| failure(path, error))?;
            checked = checked.min(modified);
            if at == 0 {
                first_modified = modified;
            }
            files.push(std::fs::read(path).map_err(|error| failure(path, error))?);
        }
        let first = files.first().map(Vec::as_slice).unwrap_or_default();
        let format = self.format.or_else(|| ListFormat::of_file(source, first));
        let format = format.ok_or_else(|| Refusal {
            cause: RefusalCause::OtherFile,
            detail: format!("{} is no file", source.code()),
        })?;
        let published = self.published.unwrap_or_else(|| first_modified.to_zoned(TimeZone::UTC).date());
        Ok(Offer { files, format, published: Some(published), checked, etag: None, last_modified: None })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[&str]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(folder.path().join(file), file).unwrap();
        }
        folder
    }

    fn read(source: Source, folder: &TempDir) -> Result<(Vec<String>, ListFormat), Refusal> {
        let found = find(source, &Origin::Path(folder.path().into()))?;
        let offer = found.read(source, Timestamp::now())?;
        let files = offer.files.into_iter().map(|file| String::from_utf8(file).unwrap()).collect();
        Ok((files, offer.format))
    }

    #[test]
    fn folder_has_a_list_under_its_published_names() {
        let all = folder(&["SDN.XML", "consolidated.xml", "un.xml", "eu.xml", "UK-Sanctions-List.csv"]);
        for (source, file, format) in [
            (Source::OfacSdn, "SDN.XML", ListFormat::OfacXml),
            (Source::OfacConsolidated, "consolidated.xml", ListFormat::OfacXml),
            (Source::Un, "un.xml", ListFormat::UnXml),
            (Source::Eu, "eu.xml", ListFormat::EuXml),
            (Source::Uk, "UK-Sanctions-List.csv", ListFormat::UkCsv),
        ] {
            assert_eq!(read(source, &all).unwrap(), (vec![file.to_owned()], format));
        }
        let missing = read(Source::Pep, &all).unwrap_err();
        assert!(missing.cause == RefusalCause::File && missing.detail.contains("targets.simple.csv"), "{missing:?}");
    }

    #[test]
    fn parts_of_a_list_are_in_the_order_of_their_format() {
        let csv = folder(&["SDN_COMMENTS.CSV", "sdn.csv"]);
        let files = vec!["sdn.csv".to_owned(), String::new(), "SDN_COMMENTS.CSV".to_owned()];
        assert_eq!(read(Source::OfacSdn, &csv).unwrap(), (files, ListFormat::OfacCsv));
    }

    #[test]
    fn file_counts_as_checked_when_it_was_modified_but_never_in_the_future() {
        let csv = folder(&["sdn.csv", "alt.csv"]);
        let now: Timestamp = "2026-11-27T08:00:00Z".parse().unwrap();
        let modify = |file: &str, at: &str| {
            let at: Timestamp = at.parse().unwrap();
            let file = std::fs::File::options().append(true).open(csv.path().join(file)).unwrap();
            file.set_modified(at.into()).unwrap();
        };
        let offer =
            || find(Source::OfacSdn, &Origin::Path(csv.path().into())).unwrap().read(Source::OfacSdn, now).unwrap();
        modify("sdn.csv", "2026-11-26T08:00:00Z");
        modify("alt.csv", "2026-11-25T08:00:00Z");
        assert_eq!(offer().checked.to_string(), "2026-11-25T08:00:00Z");
        assert_eq!(offer().published.unwrap().to_string(), "2026-11-26");
        modify("sdn.csv", "2027-01-01T00:00:00Z");
        modify("alt.csv", "2027-01-01T00:00:00Z");
        assert_eq!(offer().checked, now);
    }
}
