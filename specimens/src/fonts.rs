//! The fonts the documents are set in, found where Debian puts them.

use std::path::{Path, PathBuf};

use ab_glyph::FontVec;

/// A font that is not there or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// None of the known places has it.
    #[error(
        "font {file} not found: install the Debian package {package}, or set ONBOARD_FONT_DIR to the folder that has it"
    )]
    Missing {
        /// The file that was looked for.
        file: &'static str,
        /// The Debian package that brings it.
        package: &'static str,
    },
    /// The file is there, but is no font.
    #[error("font {path} cannot be read")]
    Broken {
        /// Where it is.
        path: PathBuf,
    },
}

/// Everything that is drawn with.
pub(crate) struct Fonts {
    /// For machine-readable zones.
    pub zone: FontVec,
    /// For captions and values.
    pub plain: FontVec,
    /// For headings.
    pub bold: FontVec,
}

impl Fonts {
    pub fn find() -> Result<Self, FontError> {
        Ok(Self {
            zone: load("OCRB.otf", "opentype/ocr-b", "fonts-ocr-b")?,
            plain: load("LiberationSans-Regular.ttf", "truetype/liberation", "fonts-liberation")
                .or_else(|_| load("DejaVuSans.ttf", "truetype/dejavu", "fonts-dejavu-core"))?,
            bold: load("LiberationSans-Bold.ttf", "truetype/liberation", "fonts-liberation")
                .or_else(|_| load("DejaVuSans-Bold.ttf", "truetype/dejavu", "fonts-dejavu-core"))?,
        })
    }
}

fn load(file: &'static str, folder: &str, package: &'static str) -> Result<FontVec, FontError> {
    let own = std::env::var_os("ONBOARD_FONT_DIR").map(PathBuf::from);
    let roots = ["/usr/share/fonts", "/usr/local/share/fonts"].map(|root| Path::new(root).join(folder));
    // Newer releases call the folder `liberation2`.
    let newer = Path::new("/usr/share/fonts").join(format!("{folder}2"));
    let path = own
        .into_iter()
        .chain(roots)
        .chain([newer])
        .map(|folder| folder.join(file))
        .find(|path| path.is_file())
        .ok_or(FontError::Missing { file, package })?;
    let bytes = std::fs::read(&path).map_err(|_| FontError::Broken { path: path.clone() })?;
    FontVec::try_from_vec(bytes).map_err(|_| FontError::Broken { path })
}
