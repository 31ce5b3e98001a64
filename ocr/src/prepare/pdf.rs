//! Reads PDFs with Poppler's tools: number of pages, text layer, and pages as pictures.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;

use crate::ReadError;
use crate::page::{MAX_WORDS, PageText, Word};
use crate::tool::{Output, Tool};

/// The first pages, which are read however many follow: [`super::PAGES_READ`] as a command-line argument.
const PAGES: &str = "2";
/// Minimum number of words of a text layer; fewer are a stamp or a page number.
const MIN_WORDS: usize = 12;

/// How long Poppler may take for any file, and for each MiB more: a page that needs longer is made to.
const TIME: Duration = Duration::from_secs(15);
const TIME_PER_MIB: Duration = Duration::from_secs(1);

/// Poppler's programs.
#[derive(Clone, Debug)]
pub(crate) struct Poppler {
    pub info: PathBuf,
    pub text: PathBuf,
    pub raster: PathBuf,
}

/// A PDF in its own temporary folder, which is deleted with it.
pub(crate) struct Pdf<'a> {
    poppler: &'a Poppler,
    folder: TempDir,
    limit: Duration,
    /// Whether each of the first pages is rotated by a quarter turn.
    sideways: Vec<bool>,
}

impl<'a> Pdf<'a> {
    /// Writes the file to the temporary folder and reads its structure.
    ///
    /// # Errors
    /// [`ReadError::Malformed`], [`ReadError::Encrypted`] or [`ReadError::Tool`].
    pub async fn open(poppler: &'a Poppler, file: &Bytes, limit: Duration) -> Result<Self, ReadError> {
        let failed =
            |error: std::io::Error| ReadError::Tool { program: "temporary folder", reason: error.kind().to_string() };
        // `tempfile` creates folders with mode 0700, which other users cannot read.
        let folder = tempfile::Builder::new().prefix("onboard-ocr-").tempdir().map_err(failed)?;
        tokio::fs::write(folder.path().join("in.pdf"), file).await.map_err(failed)?;
        let size = u32::try_from(file.len() >> 20).unwrap_or(u32::MAX);
        let limit = limit.min(TIME + TIME_PER_MIB.saturating_mul(size));
        let mut pdf = Self { poppler, folder, limit, sideways: Vec::new() };
        let path = pdf.path();
        let arguments = ["-f", "1", "-l", PAGES].map(OsStr::new);
        let arguments: Vec<&OsStr> = arguments.into_iter().chain([path.as_os_str()]).collect();
        let output = pdf.run("pdfinfo", &poppler.info, &arguments).await?;
        let text = String::from_utf8_lossy(&output.stdout);
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        // `Page    1 rot:   90`
        let turns = text.lines().filter_map(|line| line.strip_prefix("Page ")?.split_once("rot:"));
        pdf.sideways = turns.map(|(_, turn)| matches!(turn.trim(), "90" | "270")).collect();
        let pages: u32 = value("Pages:").and_then(|n| n.parse().ok()).ok_or(ReadError::Malformed)?;
        if pages == 0 { Err(ReadError::Malformed) } else { Ok(pdf) }
    }

    /// The text layer by page; `None` with fewer than [`MIN_WORDS`] words.
    pub async fn words(&self) -> Result<Option<Vec<PageText>>, ReadError> {
        let path = self.path();
        // Both tools use the crop box, as a viewer does, so that words and picture have the same coordinates.
        let arguments = ["-bbox", "-cropbox", "-f", "1", "-l", PAGES].map(OsStr::new);
        let arguments: Vec<&OsStr> = arguments.into_iter().chain([path.as_os_str(), OsStr::new("-")]).collect();
        let output = self.run("pdftotext", &self.poppler.text, &arguments).await?;
        let mut pages = words(&String::from_utf8_lossy(&output.stdout));
        // The boxes refer to the rotated page, but its size to the unrotated one.
        for (page, _) in pages.iter_mut().zip(&self.sideways).filter(|(_, sideways)| **sideways) {
            std::mem::swap(&mut page.width, &mut page.height);
        }
        let count: usize = pages.iter().map(|page| page.words.len()).sum();
        Ok((count >= MIN_WORDS).then_some(pages))
    }

    /// The first pages as pictures (PPM).
    pub async fn pages(&self) -> Result<Vec<Bytes>, ReadError> {
        let (path, target) = (self.path(), self.folder.path().join("page"));
        // The file controls a page's size, so the scale is set in pixels and not in dots per inch.
        let arguments = ["-cropbox", "-scale-to", "2339", "-f", "1", "-l", PAGES].map(OsStr::new);
        let arguments: Vec<&OsStr> = arguments.into_iter().chain([path.as_os_str(), target.as_os_str()]).collect();
        self.run("pdftoppm", &self.poppler.raster, &arguments).await?;
        let mut names: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .map_err(|error| ReadError::Tool { program: "pdftoppm", reason: error.kind().to_string() })?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension() == Some(OsStr::new("ppm")))
            .collect();
        names.sort();
        let mut pages = Vec::new();
        for name in names {
            let page = tokio::fs::read(name).await;
            pages.push(
                page.map_err(|error| ReadError::Tool { program: "pdftoppm", reason: error.kind().to_string() })?.into(),
            );
        }
        if pages.is_empty() { Err(ReadError::Malformed) } else { Ok(pages) }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("in.pdf")
    }

    async fn run(&self, program: &'static str, path: &Path, arguments: &[&OsStr]) -> Result<Output, ReadError> {
        let output =
            Tool { program, path, folder: Some(self.folder.path()), limit: self.limit }.run(arguments, &[]).await?;
        // Poppler: 1 cannot open, 3 permissions. Any other code except 0 is an error with the file.
        match output.code {
            Some(0) => Ok(output),
            Some(_) if String::from_utf8_lossy(&output.stderr).contains("Incorrect password") => {
                Err(ReadError::Encrypted)
            }
            Some(_) => Err(ReadError::Malformed),
            None => {
                // Usually the memory limit. Another copy of the file may help the applicant.
                tracing::warn!(program, "pdf tool ended by signal");
                Err(ReadError::Malformed)
            }
        }
    }
}

/// Parses Poppler's XHTML: `<word xMin="56.7" yMin="49.9" xMax="120.1" yMax="68.2">Nordlys</word>` within `<page>`s.
/// Keeps the first [`MAX_WORDS`] words of each page.
fn words(xhtml: &str) -> Vec<PageText> {
    let mut pages: Vec<PageText> = Vec::new();
    for line in xhtml.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("<page ") {
            let side = |name| attribute(rest, name).unwrap_or(0.0);
            pages.push(PageText { words: Vec::new(), width: side("width"), height: side("height") });
        } else if let Some(page) = pages.last_mut().filter(|page| page.words.len() < MAX_WORDS)
            && let Some(rest) = line.strip_prefix("<word ")
            && let Some((attributes, rest)) = rest.split_once('>')
            && let (Some(left), Some(top), Some(right), Some(bottom)) = (
                attribute(attributes, "xMin"),
                attribute(attributes, "yMin"),
                attribute(attributes, "xMax"),
                attribute(attributes, "yMax"),
            )
        {
            let text = plain(rest.trim_end_matches("</word>"));
            if !text.trim().is_empty() {
                // Poppler's boxes reach from ascent to descent. They are reduced to the ink, as Tesseract's are.
                let slack = (bottom - top) * 0.2;
                page.words.push(Word { text, confidence: 0.95, left, top: top + slack, right, bottom: bottom - slack });
            }
        }
    }
    pages
}

fn attribute(attributes: &str, name: &str) -> Option<f32> {
    let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
    let number: f32 = rest.split_once('"')?.0.parse().ok()?;
    number.is_finite().then_some(number)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_grouped_by_page() {
        let xhtml = "<page width=\"100\" height=\"200\">\n\
                     <word xMin=\"1\" yMin=\"10\" xMax=\"9\" yMax=\"20\">A&amp;B</word>\n\
                     <word xMin=\"1\" yMin=\"10\" xMax=\"9\" yMax=\"20\"> </word>\n</page>\n\
                     <page width=\"100\" height=\"200\">\n\
                     <word xMin=\"1\" yMin=\"10\" xMax=\"nan\" yMax=\"20\">lost</word>\n\
                     <word xMin=\"1\" yMin=\"10\" xMax=\"9\" yMax=\"20\">C</word>\n</page>";
        let pages = words(xhtml);
        let texts: Vec<Vec<&str>> =
            pages.iter().map(|page| page.words.iter().map(|word| word.text.as_str()).collect()).collect();
        assert_eq!(texts, [["A&B"], ["C"]]);
        assert_eq!((pages[1].width, pages[1].height), (100.0, 200.0));
    }

    #[test]
    fn words_above_the_page_limit_are_dropped_and_next_page_is_read() {
        let page = |text: &str, count: usize| {
            let word = format!("<word xMin=\"1\" yMin=\"10\" xMax=\"9\" yMax=\"20\">{text}</word>\n");
            format!("<page width=\"100\" height=\"200\">\n{}</page>\n", word.repeat(count))
        };
        let pages = words(&(page("first", 50_000) + &page("second", 3)));
        assert_eq!((pages[0].words.len(), pages[1].words.len()), (MAX_WORDS, 3));
    }
}
