//! Decodes similarities to text by the format and the check digits.

use domain::country::document_state;
use domain::document::FieldName;
use domain::mrz::{Checked, Format, Position, check_digit};

use super::cells::Cells;

/// Minimum mean similarity of an MRZ. Photographs of an MRZ reach about 0.95, upside down about 0.75.
const MIN_SIMILARITY: f32 = 0.7;
/// Minimum mean similarity of an MRZ without check digits that hold.
const MIN_SIMILARITY_UNCHECKED: f32 = 0.85;
/// Maximum loss of similarity for one corrected character.
const MAX_CORRECTION_COST: f32 = 0.16;
/// Minimum mean similarity of the best three quarters of the characters, if a reflection hides the other quarter.
const MIN_SIMILARITY_COVERED: f32 = 0.85;
/// Letters and digits that are easily confused. Correcting one to the other costs less by [`CONFUSION_DISCOUNT`].
const CONFUSED: [&str; 6] = ["O0", "I1", "B8", "S5", "Z2", "G6"];
const CONFUSION_DISCOUNT: f32 = 0.05;
/// Maximum difference in cost of two corrections that are equally likely.
const MAX_TIE: f32 = 0.025;
/// Minimum similarity of a character that is visible.
const MIN_VISIBLE_SIMILARITY: f32 = 0.6;
/// Added to the score if every character is visible, all check digits hold and the issuing state is known.
pub(super) const ALL_HOLD: u32 = 1000;

/// A character with its similarity.
type Guess = (char, f32);

struct Decoder {
    format: Format,
    /// Guesses by line and column, the best first.
    guesses: Vec<Vec<Vec<Guess>>>,
    text: Vec<Vec<char>>,
}

/// An MRZ that was decoded.
pub(super) struct DecodedMrz {
    /// The lines, joined by `\n`.
    pub text: String,
    /// Similarity of each character to its template, by line.
    pub similarities: Vec<Vec<f32>>,
    /// Mean similarity.
    pub similarity: f32,
    /// How many characters were corrected by check digits.
    pub corrected: usize,
    /// Score for comparison with other candidates in the same picture.
    pub score: u32,
}

/// Decodes the cells, each row from its first column in `starts`.
pub(super) fn decode(format: Format, cells: &[Cells], starts: &[i32]) -> Option<DecodedMrz> {
    let decoded = decode_as(with_first_letter(format, cells.first()?, *starts.first()?), cells, starts);
    if format.shape() != Format::FrenchCard.shape() {
        return decoded;
    }
    // Only its check digits distinguish France's former card from a large card.
    let french = decode_as(Format::FrenchCard, cells, starts).filter(|french| french.text.starts_with("IDFRA"));
    let least = decoded.as_ref().map_or(0, |decoded| decoded.score);
    french.filter(|french| french.score > least).or(decoded)
}

fn decode_as(format: Format, cells: &[Cells], starts: &[i32]) -> Option<DecodedMrz> {
    let (_, columns) = format.shape();
    // A reflection may hide the first letter. The MRZ is then accepted as partly covered only.
    let mut is_known = true;
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
                .zip(cell.similarity.iter().copied())
                .filter(|(c, _)| may(position, *c))
                .collect();
            all.sort_by(|a, b| b.1.total_cmp(&a.1));
            if (line, column) == (0, 0) {
                let best = all.first()?.1;
                all.retain(|(c, _)| format.begins_with(Some(*c)));
                is_known = all.first().is_some_and(|(_, similarity)| *similarity >= best);
            }
            let floor = all.first()?.1 - MAX_CORRECTION_COST;
            all.retain(|(_, similarity)| *similarity >= floor);
            row.push(all);
        }
        guesses.push(row);
    }
    let mut all: Vec<f32> = guesses.iter().flatten().map(|guesses| guesses[0].1).collect();
    let similarity = all.iter().sum::<f32>() / all.len() as f32;
    all.sort_by(|a, b| b.total_cmp(a));
    let left = &all[..(all.len() * 3 / 4).max(1)];
    let left = left.iter().sum::<f32>() / left.len() as f32;
    let text = guesses.iter().map(|line| line.iter().map(|guesses| guesses[0].0).collect()).collect();
    let mut decoder = Decoder { format, guesses, text };
    let checks = format.checks();
    let before = checks.iter().filter(|check| decoder.holds_plausibly(check)).count();
    let corrected = decoder.correct();
    let holding = checks.iter().filter(|check| decoder.holds_plausibly(check)).count();
    // Other print has an arbitrary first letter, and one check digit in ten holds by chance.
    let whole = similarity >= MIN_SIMILARITY && is_known && (holding >= 2 || similarity >= MIN_SIMILARITY_UNCHECKED);
    // If a reflection hides a part, the visible part must be very similar and its check digits must hold without
    // corrections.
    let covered = left >= MIN_SIMILARITY_COVERED && before >= 2;
    if !whole && !covered {
        return None;
    }
    let similarities = decoder.similarities();
    let seen = similarities.iter().flatten().all(|similarity| *similarity >= MIN_VISIBLE_SIMILARITY);
    let all_hold = if holding == checks.len() && seen && decoder.names_a_state() { ALL_HOLD } else { 0 };
    let score = all_hold + holding as u32 * 100 + (similarity.max(0.0) * 99.0) as u32 - (corrected as u32).min(50);
    let text = decoder.text.iter().map(|line| line.iter().collect::<String>()).collect::<Vec<_>>().join("\n");
    Some(DecodedMrz { text, similarities, similarity, corrected, score })
}

/// Decides by the first letter between a visa and a passport or large card. Both have the same lines and columns.
fn with_first_letter(format: Format, cells: &Cells, start: i32) -> Format {
    let visa = match format {
        Format::Td3 => Format::MrvA,
        Format::Td2 => Format::MrvB,
        other => return other,
    };
    let Some(cell) = cells.get(start) else { return format };
    let best = |format: Format| {
        let of = cells.chars.iter().zip(&cell.similarity).filter(|(c, _)| format.begins_with(Some(**c)));
        of.map(|(_, similarity)| *similarity).fold(-1.0, f32::max)
    };
    if best(visa) > best(format) { visa } else { format }
}

fn may(position: Position, c: char) -> bool {
    match position {
        Position::Letter => c == '<' || c.is_ascii_alphabetic(),
        Position::Digit => c == '<' || c.is_ascii_digit(),
        Position::Any => true,
    }
}

impl Decoder {
    fn holds(&self, check: &Checked) -> bool {
        let covered: String = self.places(check).map(|(line, column)| self.text[line][column]).collect();
        let given = self.text[check.digit.0][check.digit.1];
        if given == '<' && covered.chars().all(|c| c == '<') {
            return check.may_be_empty;
        }
        // Doc 9303-5, note (j): a card's long number has filler here. The composite check digit covers its own, later
        // digit.
        let long = given == '<' && self.format == Format::Td1;
        long || check_digit(&covered) == Some(given)
    }

    /// Whether a check digit holds over plausible content. Over a repeated character it often holds by chance.
    fn holds_plausibly(&self, check: &Checked) -> bool {
        let covered: Vec<char> = self.places(check).map(|(line, column)| self.text[line][column]).collect();
        let is_date = [FieldName::DateOfBirth, FieldName::ExpiryDate]
            .into_iter()
            .any(|name| self.format.place(name).is_some_and(|place| check.parts == [place]));
        let part = |from: usize| covered.get(from..from + 2).map(|two| two.iter().collect::<String>());
        let within = |from: usize, most: u8| {
            // An unknown part is filler or zeros.
            part(from).is_some_and(|two| two == "<<" || two.parse::<u8>().is_ok_and(|n| n <= most))
        };
        // Rows of filler are common in other print.
        let empty = self.text[check.digit.0][check.digit.1] == '<' && is_date;
        let first = covered.first().copied().unwrap_or('<');
        let monotonous = first != '<' && covered.iter().all(|c| *c == first);
        self.holds(check) && !monotonous && !empty && (!is_date || (within(2, 12) && within(4, 31)))
    }

    /// Whether the issuing state is known. If an MRZ is read one column off, corrections make check digits hold by
    /// chance.
    fn names_a_state(&self) -> bool {
        let state = self.format.place(FieldName::IssuingCountry);
        let code = state.and_then(|span| self.text.get(span.line)?.get(span.start..span.end));
        let code: String = code.unwrap_or_default().iter().collect();
        document_state(code.trim_end_matches('<')).is_some()
    }

    /// The similarity of each decoded character to its cell.
    fn similarities(&self) -> Vec<Vec<f32>> {
        let of = |(c, guesses): (&char, &Vec<Guess>)| {
            guesses.iter().find(|(guess, _)| guess == c).map_or(0.0, |(_, similarity)| *similarity)
        };
        self.text.iter().zip(&self.guesses).map(|(line, guesses)| line.iter().zip(guesses).map(of).collect()).collect()
    }

    fn places<'a>(&self, check: &'a Checked) -> impl Iterator<Item = (usize, usize)> + 'a {
        check.parts.iter().flat_map(|span| (span.start..span.end).map(|column| (span.line, column)))
    }

    /// Corrects characters by check digits, with the least loss of similarity.
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
        // Each alternative with its cost, the cheapest first.
        let mut moves: Vec<((usize, usize), char, f32)> = Vec::new();
        for (line, column) in places {
            let guesses = &self.guesses[*line][*column];
            let taken = guesses[0].0;
            let cost = |c: char, similarity: f32| {
                let confused = CONFUSED.iter().any(|pair| pair.contains(c) && pair.contains(taken));
                guesses[0].1 - similarity - if confused { CONFUSION_DISCOUNT } else { 0.0 }
            };
            moves.extend(guesses[1..].iter().map(|(c, similarity)| ((*line, *column), *c, cost(*c, *similarity))));
        }
        moves.sort_by(|a, b| a.2.total_cmp(&b.2));
        moves.truncate(40);
        let composite = self.format.checks().last().cloned().filter(|last| last != check);
        // Corrections that make the check digit hold: cost, moves, and whether the composite check digit holds as well.
        let mut found: Vec<(f32, Vec<usize>, bool)> = Vec::new();
        for (i, one) in moves.iter().enumerate() {
            let pairs = moves.iter().enumerate().skip(i + 1).filter(|(_, two)| two.0 != one.0);
            // Two corrections at once must be cheap, because some pair among many satisfies any check digit.
            let pairs = pairs
                .filter(|(_, two)| one.2 + two.2 < MAX_CORRECTION_COST * 0.6)
                .map(|(j, two)| (one.2 + two.2, vec![i, j]));
            for (cost, chosen) in std::iter::once((one.2, vec![i])).chain(pairs) {
                let cost = cost + 0.04 * chosen.len() as f32;
                let before: Vec<char> = chosen.iter().map(|m| self.put(moves[*m].0, moves[*m].1)).collect();
                if self.holds(check) {
                    let also = composite.as_ref().is_some_and(|composite| self.holds(composite));
                    found.push((cost, chosen.clone(), also));
                }
                for (m, c) in chosen.iter().zip(before) {
                    self.put(moves[*m].0, c);
                }
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some((least, ..)) = found.first() else { return 0 };
        // A check digit holds by chance for one correction in ten. Of several equally likely corrections the composite
        // check digit decides. Otherwise none is made.
        let near = found.iter().take_while(|(cost, ..)| *cost <= least + MAX_TIE).count();
        let mut both = found[..near].iter().filter(|(.., also)| *also);
        let chosen = match (near, both.next(), both.next()) {
            (1, ..) => found[0].1.clone(),
            (_, Some((_, chosen, _)), None) => chosen.clone(),
            _ => return 0,
        };
        for m in &chosen {
            self.put(moves[*m].0, moves[*m].1);
        }
        chosen.len()
    }

    fn put(&mut self, (line, column): (usize, usize), c: char) -> char {
        std::mem::replace(&mut self.text[line][column], c)
    }
}
