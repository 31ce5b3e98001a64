//! The machine-readable zone in what services have read of it, which seldom has the right number of fillers.

use domain::document::Region;
use domain::mrz::{Format, Mrz, parse, repair};
use jiff::civil::Date;
use ocr::PageText;

use crate::place;

/// A line may lack so many fillers, or have so many too many, and still be taken for one of a zone.
const FILLERS_OFF: usize = 12;

/// A zone that was found.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    /// What it says.
    pub mrz: Mrz,
    /// Its lines, repaired.
    pub text: String,
    /// Whether repairing it changed a character.
    pub corrected: bool,
    /// Of the service, in its characters; from 0 to 1.
    pub confidence: f64,
    /// Where it stands.
    pub region: Option<Region>,
}

/// A line of a page as it was read.
struct Line {
    text: String,
    confidence: f64,
    page: usize,
    top: f32,
    sides: [f64; 4],
}

/// The zone in a text of one, two or three lines, or of one line that holds them all.
pub(crate) fn in_text(text: &str, confidence: f64, today: Date) -> Option<Zone> {
    let lines: Vec<String> = text.split_whitespace().map(zone_letters).filter(|line| !line.is_empty()).collect();
    let whole: String = lines.concat();
    let as_format = |format: Format| {
        let (rows, columns) = format.shape();
        let cut = || -> Option<Vec<String>> {
            let letters: Vec<char> = whole.chars().collect();
            let fits = letters.len() == rows * columns;
            fits.then(|| letters.chunks(columns).map(|line| line.iter().collect()).collect())
        };
        let lines = if lines.len() == rows { Some(lines.clone()) } else { cut() }?;
        let (mrz, text, corrected) = read(format, &lines, today)?;
        Some((rank_of(&mrz, &lines, columns), Zone { mrz, text, corrected, confidence, region: None }))
    };
    // What fits one format may be stretched to another, too.
    Format::ALL.into_iter().filter_map(as_format).min_by_key(|(rank, _)| *rank).map(|(_, zone)| zone)
}

/// The zone among the words of pages.
pub(crate) fn in_words(pages: &[PageText], today: Date) -> Option<Zone> {
    let lines: Vec<Line> = pages.iter().enumerate().flat_map(|(index, page)| lines(index, page)).collect();
    let mut best: Option<(Rank, Zone)> = None;
    for format in Format::ALL {
        for lines in lines.windows(format.shape().0) {
            if lines.iter().any(|line| line.page != lines[0].page) {
                continue;
            }
            let texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
            let Some((mrz, text, corrected)) = read(format, &texts, today) else { continue };
            let confidence = lines.iter().map(|line| line.confidence).sum::<f64>() / lines.len() as f64;
            let corners = lines.iter().flat_map(|line| {
                let [left, top, right, bottom] = line.sides;
                [(left, top), (right, bottom)]
            });
            let region = place::around(corners).and_then(|sides| place::region(lines[0].page, sides));
            let rank = rank_of(&mrz, &texts, format.shape().1);
            if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, Zone { mrz, text, corrected, confidence, region }));
            }
        }
    }
    best.map(|(_, zone)| zone)
}

/// The least is the likeliest.
type Rank = (bool, bool, usize);

/// Which of several formats it is: that whose check digits hold, that which documents of its type have, that for which the fewest
/// fillers were read too few or too many. Passports are TD3 (Doc 9303-4), though TD2 and TD1 would allow for them.
fn rank_of(mrz: &Mrz, lines: &[String], columns: usize) -> Rank {
    let odd = mrz.document_type.starts_with('P') != (mrz.format == Format::Td3);
    (!mrz.checks_pass(), odd, lines.iter().map(|line| line.len().abs_diff(columns)).sum())
}

/// Lines of a page that could be a zone's, from top to bottom: words at one height, with nothing but its characters in them.
fn lines(index: usize, page: &PageText) -> Vec<Line> {
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for (at, word) in page.words.iter().enumerate() {
        let middle = (word.top + word.bottom) / 2.0;
        // By the first word, so that a slope does not join one line with the next.
        let row = rows.iter_mut().find(|row| {
            let first = &page.words[row[0]];
            first.top < middle && middle < first.bottom
        });
        match row {
            Some(row) => row.push(at),
            None => rows.push(vec![at]),
        }
    }
    let (width, height) = (f64::from(page.width), f64::from(page.height));
    let mut found: Vec<Line> = rows
        .into_iter()
        .filter_map(|mut row| {
            row.sort_by(|a, b| page.words[*a].left.total_cmp(&page.words[*b].left));
            let words: Vec<_> = row.iter().map(|at| &page.words[*at]).collect();
            let text: String = words.iter().map(|word| zone_letters(&word.text)).collect();
            let foreign = words.iter().flat_map(|word| word.text.chars()).filter(|c| c.is_lowercase()).count();
            if foreign > 0 || text.len() < 30 - FILLERS_OFF {
                return None;
            }
            let corners = words.iter().flat_map(|word| {
                [(f64::from(word.left), f64::from(word.top)), (f64::from(word.right), f64::from(word.bottom))]
            });
            let [left, top, right, bottom] = place::around(corners)?;
            Some(Line {
                confidence: words.iter().map(|word| word.confidence).sum::<f64>() / words.len() as f64,
                top: words.iter().map(|word| word.top).fold(f32::MAX, f32::min),
                sides: [left / width, top / height, right / width, bottom / height],
                page: index,
                text,
            })
        })
        .collect();
    found.sort_by(|a, b| a.top.total_cmp(&b.top));
    found
}

/// The letters of a zone in a text; what services read for its filler becomes that.
fn zone_letters(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c.to_ascii_uppercase() {
            c @ ('A'..='Z' | '0'..='9' | '<') => Some(c),
            '«' | '‹' | '≪' | '＜' => Some('<'),
            _ => None,
        })
        .collect::<String>()
}

/// What lines say as a zone of this format. Without a check digit that holds, anything could be one.
fn read(format: Format, lines: &[String], today: Date) -> Option<(Mrz, String, bool)> {
    let (rows, columns) = format.shape();
    if lines.len() != rows {
        return None;
    }
    let fitted: Vec<String> = lines.iter().map(|line| fit(line, columns)).collect::<Option<_>>()?;
    let fitted = fitted.join("\n");
    let text = repair(&fitted);
    let mrz = parse(&text, today).ok()?;
    let checks = mrz.checks;
    let holding = [checks.document_number, checks.date_of_birth, checks.expiry_date];
    (holding.into_iter().filter(|holds| *holds).count() >= 2).then(|| (mrz, text.clone(), text != fitted))
}

/// A line of so many columns: its longest run of fillers is what was read too long or too short.
fn fit(line: &str, columns: usize) -> Option<String> {
    if line.len() == columns {
        return Some(line.to_owned());
    }
    if line.len().abs_diff(columns) > FILLERS_OFF {
        return None;
    }
    let mut longest = 0..0;
    let mut start = 0;
    for (at, c) in line.char_indices() {
        if c != '<' {
            start = at + 1;
        } else if at + 1 - start > longest.len() {
            longest = start..at + 1;
        }
    }
    // A single filler parts words; two part names: neither was meant to be longer.
    let wanted = (longest.len() + columns).checked_sub(line.len())?;
    (longest.len() > 2 && wanted > 0)
        .then(|| format!("{}{}{}", &line[..longest.start], "<".repeat(wanted), &line[longest.end..]))
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
    fn is_found_with_and_without_its_line_break() {
        for between in ["\n", " ", ""] {
            let zone = in_text(&LINES.join(between), 0.97, today()).unwrap();
            assert_eq!(zone.text, LINES.join("\n"));
            assert!(zone.mrz.checks_pass() && !zone.corrected);
        }
    }

    #[test]
    fn fillers_that_were_read_too_few_or_too_many_are_made_good() {
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
    fn what_was_confused_is_repaired_and_told() {
        let zone = in_text(&LINES.join("\n").replace("8703145F", "87O3145F"), 0.9, today()).unwrap();
        assert_eq!(zone.text, LINES.join("\n"));
        assert!(zone.corrected);
    }

    #[test]
    fn other_text_is_no_zone() {
        assert!(in_text("", 0.9, today()).is_none());
        assert!(in_text(&"<".repeat(88), 0.9, today()).is_none());
        assert!(in_text(&"A".repeat(88), 0.9, today()).is_none());
        assert!(in_text(LINES[0], 0.9, today()).is_none());
    }

    #[test]
    fn stands_out_among_words_and_has_a_place() {
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
            // One line came in two words, and not in their order.
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
