//! Undoing what optical reading confuses, where it can be proved.

use super::{Checked, Position, Zone};

/// Letters and the digits they are taken for.
const PAIRS: [(char, char); 6] = [('O', '0'), ('I', '1'), ('B', '8'), ('S', '5'), ('Z', '2'), ('G', '6')];

/// Exchanges O/0, I/1, B/8, S/5, Z/2 and G/6 where the position allows only one of the two, or, in a position that
/// allows both, where a check digit does not hold and one single exchange makes it hold.
///
/// G and 6 have the same weight modulo 10, so that no check digit can tell them apart: among letters and digits they
/// stay as they were read. A text that has not the shape of a zone comes back unchanged.
pub fn repair(text: &str) -> String {
    let Ok(mut zone) = Zone::new(text) else { return text.to_owned() };
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
    for check in format.checks() {
        // A long number of a card has filler for its check digit: it is judged by the composite alone.
        let filler_digit = zone.lines[check.digit.0][check.digit.1] == '<';
        if !filler_digit && !zone.holds(&check) {
            exchange_one(&mut zone, &check);
        }
    }
    zone.lines.iter().map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n")
}

/// Makes the one exchange that satisfies the check, if there is exactly one.
fn exchange_one(zone: &mut Zone, check: &Checked) {
    let format = zone.format;
    // What has a check digit of its own that holds is right; only the rest can be wrong.
    let proved: Vec<_> =
        format.checks().into_iter().filter(|other| other != check && zone.holds(other)).flat_map(|c| c.parts).collect();
    let mut found = None;
    for span in &check.parts {
        for column in span.start..span.end {
            let is_proved = check.parts.len() > 1
                && proved.iter().any(|p| p.line == span.line && (p.start..p.end).contains(&column));
            if is_proved || format.position(span.line, column) != Position::Any {
                continue;
            }
            let before = zone.lines[span.line][column];
            let Some(after) = other_of(before) else { continue };
            zone.lines[span.line][column] = after;
            let holds = zone.holds(check);
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

fn to_letter(c: char) -> char {
    PAIRS.iter().find(|pair| pair.1 == c).map_or(c, |pair| pair.0)
}

fn other_of(c: char) -> Option<char> {
    let other = if c.is_ascii_digit() { to_letter(c) } else { to_digit(c) };
    (other != c).then_some(other)
}
