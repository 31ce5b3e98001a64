//! The fonts of the documents, in Debian's font folders.

use std::path::{Path, PathBuf};

use ab_glyph::FontVec;

/// A font that is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The font is in none of the known folders.
    #[error(
        "font {file} not found: install the Debian package {package}, or set ONBOARD_FONT_DIR to the folder that has it"
    )]
    Missing {
        /// The file that was searched.
        file: &'static str,
        /// The Debian package that contains it.
        package: &'static str,
    },
    /// The file is not a valid font.
    #[error("font {path} cannot be read")]
    Broken {
        /// Its path.
        path: PathBuf,
    },
}

/// The font family of a document's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// Liberation Sans, which has the widths of Arial.
    Sans,
    /// Liberation Serif, which has the widths of Times.
    Serif,
    /// Liberation Mono, which has the widths of Courier.
    Mono,
    /// DejaVu Sans, similar to Verdana.
    Wide,
    /// DejaVu Serif.
    Slab,
}

impl Family {
    /// For cards and passports.
    pub const CARDS: &[Self] = &[Self::Sans, Self::Sans, Self::Serif, Self::Wide, Self::Slab];
    /// For letters.
    pub const LETTERS: &[Self] = &[Self::Sans, Self::Sans, Self::Serif, Self::Wide, Self::Slab, Self::Mono];
    #[cfg(test)]
    pub const ALL: &[Self] = &[Self::Sans, Self::Serif, Self::Mono, Self::Wide, Self::Slab];

    const fn files(self) -> (&'static str, &'static str) {
        match self {
            Self::Sans => ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"),
            Self::Serif => ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf"),
            Self::Mono => ("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf"),
            Self::Wide => ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
            Self::Slab => ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf"),
        }
    }

    fn load(self) -> Result<(FontVec, FontVec), FontError> {
        let (folder, package) = match self {
            Self::Wide | Self::Slab => ("truetype/dejavu", "fonts-dejavu-core"),
            _ => ("truetype/liberation", "fonts-liberation"),
        };
        let (plain, bold) = self.files();
        Ok((load(plain, folder, package)?, load(bold, folder, package)?))
    }
}

/// The font of a machine-readable zone. Doc 9303-3, 4.4 wants OCR-B; some issuers print it in another font of even
/// pitch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZoneFont {
    /// OCR-B.
    #[default]
    OcrB,
    /// Liberation Mono, which has the widths of Courier.
    LiberationMono,
    /// DejaVu Sans Mono, similar to Consolas.
    DejaVuMono,
}

impl ZoneFont {
    /// All fonts.
    pub const ALL: [Self; 3] = [Self::OcrB, Self::LiberationMono, Self::DejaVuMono];

    pub(crate) fn load(self) -> Result<FontVec, FontError> {
        match self {
            Self::OcrB => load("OCRB.otf", "opentype/ocr-b", "fonts-ocr-b"),
            Self::LiberationMono => load("LiberationMono-Regular.ttf", "truetype/liberation", "fonts-liberation"),
            Self::DejaVuMono => load("DejaVuSansMono.ttf", "truetype/dejavu", "fonts-dejavu-core"),
        }
    }
}

/// The fonts of one document.
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
        let (plain, bold) = Family::Sans.load().or_else(|_| Family::Wide.load())?;
        Self::with_zone(plain, bold)
    }

    pub fn of(family: Family) -> Result<Self, FontError> {
        let (plain, bold) = family.load()?;
        Self::with_zone(plain, bold)
    }

    fn with_zone(plain: FontVec, bold: FontVec) -> Result<Self, FontError> {
        Ok(Self { zone: ZoneFont::OcrB.load()?, plain, bold })
    }
}

fn load(file: &'static str, folder: &str, package: &'static str) -> Result<FontVec, FontError> {
    let own = std::env::var_os("ONBOARD_FONT_DIR").map(PathBuf::from);
    let roots = ["/usr/share/fonts", "/usr/local/share/fonts"].map(|root| Path::new(root).join(folder));
    // Newer releases of Debian name the folder `liberation2`.
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ab_glyph::Font as _;

    use super::*;

    #[test]
    fn every_font_has_the_letters_of_all_names() {
        for family in Family::ALL {
            let fonts = Fonts::of(*family).unwrap();
            for seed in 0..600 {
                let person = crate::Person::invent(seed, jiff::civil::date(2026, 11, 21));
                let text =
                    format!("{} {} {}", person.full_name(), person.place_of_birth, person.address_lines().join(" "));
                for c in text.chars().chain(text.to_uppercase().chars()) {
                    assert!(fonts.plain.glyph_id(c).0 != 0, "{family:?} lacks {c}");
                    assert!(fonts.bold.glyph_id(c).0 != 0, "{family:?} bold lacks {c}");
                }
            }
        }
    }
}
