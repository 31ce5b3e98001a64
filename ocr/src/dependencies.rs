//! Finds the programs, language data and font that a reader needs.

use std::path::{Path, PathBuf};

use ab_glyph::FontVec;

use crate::{SetupError, sandbox};

/// The path of a program on the PATH.
pub(crate) fn program(program: &'static str, package: &'static str) -> Result<PathBuf, SetupError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or(SetupError::Program { program, package })
}

/// The OCR-B font: from `given`, from `ONBOARD_FONT_DIR`, or from Debian's font folder.
pub(crate) fn font(given: Option<&Path>) -> Result<FontVec, SetupError> {
    let own = std::env::var_os("ONBOARD_FONT_DIR").map(PathBuf::from);
    let system = ["/usr/share/fonts/opentype/ocr-b", "/usr/local/share/fonts/opentype/ocr-b"].map(PathBuf::from);
    let path = given
        .map(Path::to_owned)
        .into_iter()
        .chain(own)
        .chain(system)
        .map(|folder| folder.join("OCRB.otf"))
        .find(|file| file.is_file())
        .ok_or(SetupError::Font)?;
    let broken = |path: &PathBuf| SetupError::BrokenFont { path: path.clone() };
    let bytes = std::fs::read(&path).map_err(|_| broken(&path))?;
    FontVec::try_from_vec(bytes).map_err(|_| broken(&path))
}

/// The languages to read, in Tesseract's notation: the `wanted` ones, or the best installed ones.
pub(crate) fn languages(tesseract: &Path, wanted: &[String]) -> Result<String, SetupError> {
    let listed = std::process::Command::new(tesseract)
        .arg("--list-langs")
        .env_clear()
        .envs(sandbox::environment())
        .output()
        .map_err(SetupError::Silent)?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let has = |language: &str| listed.lines().any(|line| line.trim() == language);
    if let Some(language) = wanted.iter().find(|language| !has(language)) {
        return Err(SetupError::Language { language: language.clone() });
    }
    if !wanted.is_empty() {
        return Ok(wanted.join("+"));
    }
    // Debian installs scripts beside the languages; other distributions use a separate folder.
    let best = ["Latin", "script/Latin", "eng"].into_iter().find(|language| has(language));
    best.map(str::to_owned).ok_or_else(|| SetupError::Language { language: "eng".to_owned() })
}
