//! From likenesses to a text, with the layout and the check digits as judges.

use domain::mrz::{Checked, Format, Position, check_digit};

use super::cells::Cells;

/// Mean likeness below which the rows are no zone.
const LEAST_LIKENESS: f32 = 0.5;
/// A correction may cost this much likeness for each character.
const DEAREST: f32 = 0.16;
/// What a zone is worth of which all check digits hold.
pub(super) const ALL_HOLD: u32 = 1000;

/// A character with its likeness.
type Guess = (char, f32);

struct Decoded {
    format: Format,
    /// Line, column, guesses: the best first, then what comes near it.
    guesses: Vec<Vec<Vec<Guess>>>,
    text: Vec<Vec<char>>,
}

/// The text of the cells from the given first columns on, its mean likeness, the number of characters corrected by
/// check digits, and what it is worth beside other readings of the same picture.
pub(super) fn decode(format: Format, cells: &[Cells], starts: &[i32]) -> Option<(String, f32, usize, u32)> {
    let (_, columns) = format.shape();
    let mut guesses = Vec::new();
    for (line, (cells, start)) in cells.iter().zip(starts).enumerate() {
        let mut row = Vec::with_capacity(columns);
        for column in 0..columns {
            let cell = cells.get(start + column as i32)?;
            let position = format.position(line, column);
            let mut all: Vec<Guess> = cells
                .chars
                .iter()
                .copied()
                .zip(cell.likeness.iter().copied())
                .filter(|(c, _)| may(position, *c))
                .collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            let floor = all.first()?.1 - DEAREST;
            all.retain(|(_, likeness)| *likeness >= floor);
            row.push(all);
        }
        guesses.push(row);
    }
    let all = guesses.iter().flatten();
    let likeness = all.clone().map(|guesses| guesses[0].1).sum::<f32>() / all.count() as f32;
    if likeness < LEAST_LIKENESS {
        return None;
    }
    let text = guesses.iter().map(|line| line.iter().map(|guesses| guesses[0].0).collect()).collect();
    let mut decoded = Decoded { format, guesses, text };
    // Passports begin with P, cards with A, C or I (Doc 9303-4 to 6); a row of print begins with anything.
    let known = match (format, decoded.text[0][0]) {
        (Format::Td3, 'P') | (Format::Td1 | Format::Td2, 'A' | 'C' | 'I' | 'P') => 1,
        _ => 0,
    };
    let corrected = decoded.correct();
    let holding = format.checks().iter().filter(|check| decoded.holds(check)).count();
    if known == 0 || (holding < 2 && likeness < 0.7) {
        return None;
    }
    let all_hold = if holding == format.checks().len() { ALL_HOLD } else { 0 };
    let worth = all_hold + holding as u32 * 100 + (likeness * 99.0) as u32 - (corrected as u32).min(50);
    let text = decoded.text.iter().map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n");
    Some((text, likeness, corrected, worth))
}

fn may(position: Position, c: char) -> bool {
    match position {
        Position::Letter => c == '<' || c.is_ascii_alphabetic(),
        Position::Digit => c == '<' || c.is_ascii_digit(),
        Position::Any => true,
    }
}

impl Decoded {
    fn holds(&self, check: &Checked) -> bool {
        let covered: String = self.places(check).map(|(line, column)| self.text[line][column]).collect();
        let given = self.text[check.digit.0][check.digit.1];
        if given == '<' && covered.chars().all(|c| c == '<') {
            return check.may_be_empty;
        }
        // Doc 9303-5, note (j): a card's long number has filler here; its digit comes later, the composite covers it.
        let long = given == '<' && self.format == Format::Td1;
        long || check_digit(&covered) == Some(given)
    }

    fn places<'a>(&self, check: &'a Checked) -> impl Iterator<Item = (usize, usize)> + 'a {
        check.parts.iter().flat_map(|span| (span.start..span.end).map(|column| (span.line, column)))
    }

    /// Puts right what check digits show to be wrong, with the least loss of likeness.
    fn correct(&mut self) -> usize {
        let checks = self.format.checks();
        let mut corrected = 0;
        let mut proved: Vec<(usize, usize)> = Vec::new();
        for check in &checks {
            if !self.holds(check) {
                let places: Vec<_> =
                    self.places(check).chain([check.digit]).filter(|place| !proved.contains(place)).collect();
                corrected += self.correct_one(check, &places);
            }
            if self.holds(check) {
                proved.extend(self.places(check).chain([check.digit]));
            }
        }
        corrected
    }

    fn correct_one(&mut self, check: &Checked, places: &[(usize, usize)]) -> usize {
        // Each alternative with what it costs, the cheapest first.
        let mut moves: Vec<((usize, usize), char, f32)> = Vec::new();
        for (line, column) in places {
            let guesses = &self.guesses[*line][*column];
            moves.extend(guesses[1..].iter().map(|(c, likeness)| ((*line, *column), *c, guesses[0].1 - likeness)));
        }
        moves.sort_by(|a, b| a.2.total_cmp(&b.2));
        moves.truncate(40);
        let mut best: Option<(f32, Vec<usize>)> = None;
        for (i, one) in moves.iter().enumerate() {
            let pairs = moves.iter().enumerate().skip(i + 1).filter(|(_, two)| two.0 != one.0);
            // Two corrections at once need to be cheap: among many, some satisfy any digit.
            let pairs =
                pairs.filter(|(_, two)| one.2 + two.2 < DEAREST * 0.6).map(|(j, two)| (one.2 + two.2, vec![i, j]));
            for (cost, chosen) in std::iter::once((one.2, vec![i])).chain(pairs) {
                let cost = cost + 0.04 * chosen.len() as f32;
                if best.as_ref().is_some_and(|(other, _)| *other <= cost) {
                    continue;
                }
                let before: Vec<char> = chosen.iter().map(|m| self.put(moves[*m].0, moves[*m].1)).collect();
                if self.holds(check) {
                    best = Some((cost, chosen.clone()));
                }
                for (m, c) in chosen.iter().zip(before) {
                    self.put(moves[*m].0, c);
                }
            }
        }
        let Some((_, chosen)) = best else { return 0 };
        for m in &chosen {
            self.put(moves[*m].0, moves[*m].1);
        }
        chosen.len()
    }

    fn put(&mut self, (line, column): (usize, usize), c: char) -> char {
        std::mem::replace(&mut self.text[line][column], c)
    }
}
