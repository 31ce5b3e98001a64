//! Runs Tesseract and parses its table of words.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use image::GrayImage;

use crate::ReadError;
use crate::page::{MAX_WORDS, Word};
use crate::tool::Tool;

/// The page segmentation modes of Tesseract that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageSegmentation {
    /// Sparse text: identity documents have no columns or paragraphs that Tesseract would detect.
    SparseText,
    /// A single uniform block of lines.
    SingleBlock,
}

impl PageSegmentation {
    /// The value of `--psm`.
    const fn mode(self) -> &'static str {
        match self {
            Self::SparseText => "11",
            Self::SingleBlock => "6",
        }
    }
}

/// The program and its languages.
#[derive(Clone, Debug)]
pub(crate) struct Tesseract {
    pub path: PathBuf,
    /// In Tesseract's notation, for instance `eng+nor`.
    pub languages: String,
}

impl Tesseract {
    /// Recognises the words of a picture.
    ///
    /// # Errors
    /// [`ReadError::Timeout`] and [`ReadError::Tool`].
    pub async fn words(
        &self,
        picture: &GrayImage,
        layout: PageSegmentation,
        limit: Duration,
    ) -> Result<Vec<Word>, ReadError> {
        let arguments =
            ["stdin", "stdout", "-l", &self.languages, "--psm", layout.mode(), "--dpi", "300", "tsv"].map(OsStr::new);
        let mut input = format!("P5\n{} {}\n255\n", picture.width(), picture.height()).into_bytes();
        input.extend_from_slice(picture.as_raw());
        let tool = Tool { program: "tesseract", path: &self.path, folder: None, limit };
        let output = tool.run(&arguments, &input).await?;
        if output.code != Some(0) {
            let reason = output.code.map_or_else(|| "it was killed".to_owned(), |code| format!("exit code {code}"));
            return Err(ReadError::Tool { program: "tesseract", reason });
        }
        Ok(words(&String::from_utf8_lossy(&output.stdout)))
    }
}

/// Parses Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
/// Keeps the first [`MAX_WORDS`] words.
fn words(table: &str) -> Vec<Word> {
    let mut words: Vec<(Vec<&str>, Word)> =
        table.lines().skip(1).filter_map(|line| Some((place(line), word(line)?))).take(MAX_WORDS).collect();
    // Some words have the bounding box of their whole line.
    for i in 1..words.len() {
        let (before, next) = words.split_at_mut(i);
        let (Some((line, word)), Some((other, next))) = (before.last_mut(), next.first()) else { continue };
        if line == other && next.left > word.left {
            word.right = word.right.min(next.left);
        }
    }
    words.into_iter().map(|(_, word)| word).collect()
}

/// The columns page, block, paragraph and line.
fn place(line: &str) -> Vec<&str> {
    line.split('\t').skip(1).take(4).collect()
}

fn word(line: &str) -> Option<Word> {
    let columns: Vec<&str> = line.split('\t').collect();
    let number = |i: usize| columns.get(i)?.parse::<f32>().ok();
    let (left, top, width, height) = (number(6)?, number(7)?, number(8)?, number(9)?);
    let confidence = number(10)?;
    let text = columns.get(11)?.trim();
    (confidence >= 0.0 && !text.is_empty()).then(|| Word {
        text: text.to_owned(),
        confidence: f64::from(confidence) / 100.0,
        left,
        top,
        right: left + width,
        bottom: top + height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_word_rows_are_parsed() {
        let table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n\
                     1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n\
                     5\t1\t1\t1\t1\t1\t10\t20\t30\t8\t96.5\tOslo\n\
                     5\t1\t1\t1\t1\t2\t50\t20\t30\t8\t95.0\t \n\
                     5\t1\t1\n";
        let words = words(table);
        assert_eq!(words.len(), 1);
        assert_eq!(words[0].text, "Oslo");
        assert!((words[0].confidence - 0.965).abs() < 1e-6);
        assert!((words[0].right - 40.0).abs() < 1e-3);
    }

    #[test]
    fn word_box_ends_at_the_next_word_of_its_line() {
        let row =
            |line: u8, left: u32, width: u32| format!("5\t1\t1\t1\t{line}\t1\t{left}\t20\t{width}\t8\t96\tOslo\n");
        let table = format!("header\n{}{}{}{}", row(1, 10, 600), row(1, 60, 30), row(1, 100, 30), row(2, 110, 40));
        let boxes: Vec<(f32, f32)> = words(&table).iter().map(|word| (word.left, word.right)).collect();
        assert_eq!(boxes, [(10.0, 60.0), (60.0, 90.0), (100.0, 130.0), (110.0, 150.0)]);
    }

    #[test]
    fn words_above_the_page_limit_are_dropped() {
        let table = format!("header\n{}", "5\t1\t1\t1\t1\t1\t10\t20\t30\t8\t96.5\tOslo\n".repeat(50_000));
        assert_eq!(words(&table).len(), MAX_WORDS);
    }
}
