//! Finds the machine-readable zone in the text that services have read. [`domain::mrz::find`] locates its lines and
//! restores its fillers.

use domain::document::Region;
use domain::mrz::{Mrz, find, parse};
use jiff::civil::Date;
use ocr::{PageText, Word};

use crate::regions;

/// Minimum number of letters that identify a line of the page as a line of the zone.
const IDENTIFYING_LETTERS: usize = 12;

/// A machine-readable zone that was found.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// Its parsed content.
    pub mrz: Mrz,
    /// Its lines, repaired.
    pub text: String,
    /// Whether a character other than a filler was corrected.
    pub corrected: bool,
    /// The service's confidence in its characters, from 0 to 1.
    pub confidence: f64,
    /// Its place on the page.
    pub region: Option<Region>,
}

/// The zone in a text, with or without line breaks.
pub(crate) fn in_text(text: &str, confidence: f64, today: Date) -> Option<Zone> {
    let pieces: Vec<&str> = text.split_whitespace().collect();
    let found = find(&pieces)?;
    let mrz = parse(&found, today).ok()?;
    let corrected = letters(&pieces.concat()) != letters(&found);
    Some(Zone { mrz, text: found, corrected, confidence, region: None })
}

/// The zone among the words of the pages.
pub(crate) fn in_words(pages: &[PageText], today: Date) -> Option<Zone> {
    pages.iter().enumerate().find_map(|(index, page)| {
        let lines = lines(page);
        let texts: Vec<String> = lines.iter().map(|line| text(line)).collect();
        let found = find(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
        let mrz = parse(&found, today).ok()?;
        // The lines of the page that belong to the zone.
        let of_zone = |text: &str| {
            let start: String = letters(text).chars().take(IDENTIFYING_LETTERS).collect();
            start.len() == IDENTIFYING_LETTERS && found.lines().any(|line| letters(line).starts_with(&start))
        };
        let (words, texts): (Vec<_>, Vec<_>) = lines.iter().zip(&texts).filter(|(_, text)| of_zone(text)).unzip();
        let words: Vec<&Word> = words.into_iter().flatten().copied().collect();
        let confidence = words.iter().map(|word| word.confidence).sum::<f64>() / words.len().max(1) as f64;
        let corrected = letters(&texts.into_iter().cloned().collect::<String>()) != letters(&found);
        let region = regions::of_words(index, page, words.into_iter());
        Some(Zone { mrz, text: found, corrected, confidence, region })
    })
}

/// The words of a page by line, from top to bottom, each line from left to right.
fn lines(page: &PageText) -> Vec<Vec<&Word>> {
    let mut lines: Vec<Vec<&Word>> = Vec::new();
    for word in &page.words {
        let middle = (word.top + word.bottom) / 2.0;
        // Compared with the first word, so that a slope does not join two lines.
        match lines.iter_mut().find(|line| line[0].top < middle && middle < line[0].bottom) {
            Some(line) => line.push(word),
            None => lines.push(vec![word]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.left.total_cmp(&b.left));
    }
    lines.sort_by(|a, b| a[0].top.total_cmp(&b[0].top));
    lines
}

fn text(line: &[&Word]) -> String {
    line.iter().map(|word| word.text.as_str()).collect()
}

/// The characters that are not fillers.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;
    use ocr::Word;

    use super::*;

    const LINES: [&str; 2] =
        ["P<NORBRANDVOLD<<INGRID<<<<<<<<<<<<<<<<<<<<<<", "NB48219370NOR8703145F3602184<<<<<<<<<<<<<<06"];

    fn today() -> Date {
        date(2026, 11, 21)
    }

    #[test]
    fn zone_is_found_with_and_without_line_break() {
        for between in ["\n", " ", ""] {
            let zone = in_text(&LINES.join(between), 0.97, today()).unwrap();
            assert_eq!(zone.text, LINES.join("\n"));
            assert!(zone.mrz.checks_pass() && !zone.corrected);
        }
    }

    #[test]
    fn missing_and_extra_fillers_are_repaired() {
        let few = format!(
            "{}\n{}",
            LINES[0].trim_end_matches('<').to_owned() + "<<<<<<<<<<<",
            LINES[1].replace("<<<<", "<<<")
        );
        assert_eq!(in_text(&few, 0.9, today()).unwrap().text, LINES.join("\n"));
        let many = format!("{}<<\n{}", LINES[0], LINES[1].to_lowercase());
        assert_eq!(in_text(&many, 0.9, today()).unwrap().text, LINES.join("\n"));
    }

    #[test]
    fn confused_character_is_repaired_and_reported() {
        let zone = in_text(&LINES.join("\n").replace("8703145F", "87O3145F"), 0.9, today()).unwrap();
        assert_eq!(zone.text, LINES.join("\n"));
        assert!(zone.corrected);
    }

    #[test]
    fn other_text_has_no_zone() {
        assert!(in_text("", 0.9, today()).is_none());
        assert!(in_text(&"<".repeat(88), 0.9, today()).is_none());
        assert!(in_text(&"A".repeat(88), 0.9, today()).is_none());
        assert!(in_text(LINES[0], 0.9, today()).is_none());
    }

    #[test]
    fn zone_among_words_has_its_region() {
        let word = |text: &str, left: f32, top: f32| Word {
            text: text.into(),
            confidence: 0.8,
            left,
            top,
            right: left + 10.0 * text.len() as f32,
            bottom: top + 20.0,
        };
        let words = vec![
            word("PASSPORT", 0.0, 0.0),
            word("Brandvold", 0.0, 40.0),
            // One line is split into two words, which are out of order.
            word(&LINES[1][..20], 20.0, 430.0),
            word(LINES[0], 20.0, 400.0),
            word(&LINES[1][20..], 230.0, 433.0),
        ];
        let page = PageText { words, width: 500.0, height: 500.0 };
        let zone = in_words(&[PageText::default(), page], today()).unwrap();
        assert_eq!(zone.text, LINES.join("\n"));
        assert_eq!(zone.region, Some(Region { page: 2, left: 40, top: 800, right: 940, bottom: 906 }));
        assert!((zone.confidence - 0.8).abs() < 1e-9);
    }
}
