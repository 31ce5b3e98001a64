//! Corrects confusions of optical reading that can be proved. No number is invented: see [`repair`].

use super::{Position, Span, Zone};
use crate::country::document_state;

/// Letters, each with the digit that it is confused with.
const PAIRS: [(char, char); 6] = [('O', '0'), ('I', '1'), ('B', '8'), ('S', '5'), ('Z', '2'), ('G', '6')];

/// The fewest characters of a number that is recognised in print.
const SHORTEST: usize = 5;

/// The letters that general text recognisers read for filler.
pub(super) const LIKE_FILLER: [char; 6] = ['K', 'C', 'E', 'S', 'L', 'X'];

/// Exchanges O/0, I/1, B/8, S/5, Z/2 and G/6 where the position allows only one of the two.
///
/// Letters that were read for filler become filler where only filler is possible: after the last of the names, and
/// after the end of an optional element.
///
/// In positions that allow both a letter and a digit, nothing is changed. A check digit proves no exchange there: of the
/// numbers with a wrong character of another kind, one exchange makes the check digit hold for a quarter, and the
/// composite has the same weights, so it holds as well. Such a number stays as read, with its failed check digit, unless
/// something else agrees ([`find`](super::find())). A text without the shape of a zone is returned unchanged.
pub fn repair(text: &str) -> String {
    let Ok(mut zone) = Zone::new(text) else { return text.to_owned() };
    correct(&mut zone);
    written(&zone)
}

/// The lines of a zone, joined by `\n`.
pub(super) fn written(zone: &Zone) -> String {
    zone.lines.iter().map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

pub(super) fn correct(zone: &mut Zone) {
    let format = zone.format;
    for (row, line) in zone.lines.iter_mut().enumerate() {
        for (column, c) in line.iter_mut().enumerate() {
            *c = match format.position(row, column) {
                Position::Digit => to_digit(*c),
                Position::Letter => to_letter(*c),
                Position::Any => *c,
            };
        }
    }
    state(zone, format.issuing_state());
    state(zone, format.nationality());
    if format.second_names().is_none() {
        tail(zone, format.names());
    }
    optional(zone);
}

/// Corrects one confusion in the document's number, and in a passport's personal number, if exactly one correction makes
/// the number's check digit hold and gives a number that is among the `printed` texts of the page (letters and digits
/// only, in capitals).
pub(super) fn confirm_by_print(zone: &mut Zone, printed: &[String]) {
    for check in std::iter::once(zone.format.number_check()).chain(zone.format.optional_check()) {
        let is_number = check == zone.format.number_check();
        let value =
            |zone: &Zone| if is_number { zone.document_number().0 } else { zone.text(check.parts[0]) }.replace('<', "");
        let holds = |zone: &Zone| if is_number { zone.document_number().1 } else { zone.holds(&check) };
        if holds(zone) {
            continue;
        }
        let mut places = check.parts.clone();
        if is_number && zone.format.has_long_numbers() && !zone.number_fits() {
            places.push(zone.format.optional()[0]);
        }
        let is_printed = |number: &str| number.len() >= SHORTEST && printed.iter().any(|text| text.contains(number));
        let mut found = Vec::new();
        for (line, column) in places.iter().flat_map(|span| (span.start..span.end).map(|column| (span.line, column))) {
            let before = zone.lines[line][column];
            let Some(after) = other_of(before).filter(|_| zone.format.position(line, column) == Position::Any) else {
                continue;
            };
            zone.lines[line][column] = after;
            if holds(zone) && is_printed(&value(zone)) {
                found.push((line, column, after));
            }
            zone.lines[line][column] = before;
        }
        if let [(line, column, after)] = found.as_slice() {
            zone.lines[*line][*column] = *after;
        }
    }
}

/// Corrects a state's code in which filler was read as a letter: `DKK` for `D<<`.
fn state(zone: &mut Zone, span: Span) {
    let read = zone.text(span);
    let known = |code: &str| document_state(code.trim_end_matches('<')).is_some();
    if known(&read) {
        return;
    }
    let filled: String =
        read.char_indices().map(|(i, c)| if i > 0 && LIKE_FILLER.contains(&c) { '<' } else { c }).collect();
    if known(&filled) {
        zone.put(span, &filled);
    }
}

/// Restores filler after the names. The second pair of fillers ends the second identifier (Doc 9303-3, 4.6). Three
/// fillers after the first identifier mean that there is no second.
fn tail(zone: &mut Zone, span: Span) {
    let text = zone.text(span);
    let Some(divider) = text.find("<<") else { return };
    let end = if text[divider..].starts_with("<<<") {
        divider
    } else {
        match text[divider + 2..].find("<<") {
            Some(at) => divider + 2 + at,
            None => return,
        }
    };
    if let Some(filled) = filled_from(&text, end) {
        zone.put(span, &filled);
    }
}

/// Restores filler in the optional elements. An element is left-aligned: filler at its beginning means that it is
/// empty, and two fillers end it. A change that invalidates a valid check digit is undone.
fn optional(zone: &mut Zone) {
    for span in zone.format.optional() {
        let text = zone.text(*span);
        let long = zone.format.has_long_numbers() && *span == zone.format.optional()[0] && !zone.number_fits();
        let end = if text.starts_with('<') && !long { Some(0) } else { text.find("<<") };
        let Some(filled) = end.and_then(|end| filled_from(&text, end)) else { continue };
        let before = zone.holding();
        zone.put(*span, &filled);
        if before.into_iter().zip(zone.holding()).any(|(before, after)| before && !after) {
            zone.put(*span, &text);
        }
    }
}

/// `text` with filler from `end` on, if that part may be misread filler and most of it was read as filler.
fn filled_from(text: &str, end: usize) -> Option<String> {
    let tail = &text[end..];
    let letters = tail.chars().filter(|c| *c != '<').count();
    let like = tail.chars().all(|c| c == '<' || LIKE_FILLER.contains(&c));
    (letters > 0 && like && 2 * letters < tail.len()).then(|| format!("{}{}", &text[..end], "<".repeat(tail.len())))
}

fn to_digit(c: char) -> char {
    PAIRS.iter().find(|pair| pair.0 == c).map_or(c, |pair| pair.1)
}

pub(super) fn to_letter(c: char) -> char {
    PAIRS.iter().find(|pair| pair.1 == c).map_or(c, |pair| pair.0)
}

fn other_of(c: char) -> Option<char> {
    let other = if c.is_ascii_digit() { to_letter(c) } else { to_digit(c) };
    (other != c).then_some(other)
}
