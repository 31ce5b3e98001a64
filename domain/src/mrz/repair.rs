//! Corrects confusions of optical reading that can be proved.

use super::{Checked, Position, Span, Zone};
use crate::country::document_state;

/// Letters, each with the digit that it is confused with.
const PAIRS: [(char, char); 6] = [('O', '0'), ('I', '1'), ('B', '8'), ('S', '5'), ('Z', '2'), ('G', '6')];

/// The most rounds of corrections; a real zone is stable after two.
const ROUNDS: usize = 4;

/// The letters that general text recognisers read for filler.
pub(super) const LIKE_FILLER: [char; 6] = ['K', 'C', 'E', 'S', 'L', 'X'];

/// Exchanges O/0, I/1, B/8, S/5, Z/2 and G/6 if the position allows only one of the two. In a position that allows
/// both, exchanges them if a check digit fails and exactly one exchange makes it hold.
///
/// Letters that were read for filler become filler where only filler is possible: after the last of the names, and
/// after the end of an optional element.
///
/// G and 6 have the same weight modulo 10, so no check digit distinguishes them; they are kept as read in positions
/// that allow both. If two repairs are possible, none is made. A text without the shape of a zone is returned
/// unchanged.
pub fn repair(text: &str) -> String {
    let Ok(mut zone) = Zone::new(text) else { return text.to_owned() };
    correct(&mut zone);
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
    tail(zone, format.names());
    // Each of the two corrections may enable the other.
    for _ in 0..ROUNDS {
        let before = zone.lines.clone();
        optional(zone);
        exchange(zone);
        if zone.lines == before {
            break;
        }
    }
}

/// Makes the exchanges that check digits prove, one at a time.
fn exchange(zone: &mut Zone) {
    for check in zone.format.checks() {
        // A card's long number has filler for its check digit; only the composite covers it.
        let filler_digit = zone.lines[check.digit.0][check.digit.1] == '<';
        if !filler_digit && !zone.holds(&check) {
            exchange_one(zone, &check);
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

/// Makes the one exchange that satisfies the check, if there is exactly one.
fn exchange_one(zone: &mut Zone, check: &Checked) {
    let format = zone.format;
    let is_composite = check.parts.len() > 1;
    let long = is_composite && !zone.number_fits();
    // An element's own check digit covers it better than the composite. If one of those fails, the composite proves
    // nothing.
    let mut others: Vec<Checked> = format.checks();
    others.retain(|other| is_composite && other != check);
    if long {
        others.remove(0);
    }
    if !others.iter().all(|other| zone.holds(other)) {
        return;
    }
    let covered: Vec<Span> = others.into_iter().flat_map(|other| other.parts).collect();
    let mut found = None;
    for span in &check.parts {
        for column in span.start..span.end {
            let is_covered = covered.iter().any(|p| p.line == span.line && (p.start..p.end).contains(&column));
            if is_covered || format.position(span.line, column) != Position::Any {
                continue;
            }
            let before = zone.lines[span.line][column];
            let Some(after) = other_of(before) else { continue };
            zone.lines[span.line][column] = after;
            let holds = zone.holds(check) && (!long || zone.document_number().1);
            zone.lines[span.line][column] = before;
            if holds && found.replace((span.line, column, after)).is_some() {
                return;
            }
        }
    }
    if let Some((line, column, after)) = found {
        zone.lines[line][column] = after;
    }
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
