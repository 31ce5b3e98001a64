//! Names: whether two spellings can be the name of one person.
//!
//! A name is compared part by part, because a changed order or a missing middle name changes the text and not the
//! person. The score is that of the worse half (given or family), because siblings and namesakes share a half.
//!
//! Another romanisation of a name is never another person ([`word`]); another ending, by which languages tell the sexes
//! apart, is never the same one. Names in a script that is not read letter by letter are compared in that script first
//! ([`own_script`]).

pub(crate) mod east_asian;
pub(crate) mod fold;
pub(crate) mod own_script;
pub(crate) mod romanise;
pub(crate) mod word;

use fold::Token;
use own_script::OwnName;
use word::Kind;

/// From this score on, two names count as the same. One wrong letter is tolerated in a part of nine letters or more; in
/// a shorter part it makes another name (Anna, Anne).
pub const SAME_FROM: f64 = 0.88;

/// From this score up to [`SAME_FROM`], a person must look. Below it, the names differ.
pub const DOUBTFUL_FROM: f64 = 0.70;

/// Factor: a middle name is on one side only.
const MISSING_MIDDLE: f64 = 0.95;
/// Factor: one of several family names is on one side only.
const MISSING_FAMILY: f64 = 0.92;
/// Factor: the first given name of one side is missing on the other, which has a further one.
const FIRST_MISSING: f64 = 0.90;
/// Score of an initial against a name.
const INITIAL: f64 = 0.90;
/// Factor: given and family name are swapped.
const SWAPPED: f64 = 0.97;
/// Factor: the parts agree, but are divided differently into given and family names.
const DIVIDED_OTHERWISE: f64 = 0.93;
/// Factor: a person and the father have changed places (Hamad bin Rashid, Rashid bin Hamad), who are two people.
const GENERATIONS_SWAPPED: f64 = 0.80;
/// The least and the highest score of two parts that are romanisations of one name.
const ROMANISED: (f64, f64) = (0.90, 0.99);
/// The same for parts that only sound alike, a person must look: they may be two names.
const SOUNDS_ALIKE: (f64, f64) = (0.72, 0.875);
/// The highest score of parts that differ in their ending, or in more than a romanisation and a letter.
const OTHER_NAME_AT_MOST: f64 = 0.85;
/// The highest score of names whose characters differ, although they are read alike.
const OTHER_CHARACTERS_AT_MOST: f64 = 0.80;

/// A name in two halves. An undivided name is in `given`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FullName {
    /// Given names, divided by spaces.
    pub given: String,
    /// Family names, divided by spaces; may be empty.
    pub family: String,
}

impl FullName {
    /// A name of two halves.
    pub fn new(given: impl Into<String>, family: impl Into<String>) -> Self {
        Self { given: given.into(), family: family.into() }
    }

    /// Given and family names, in this order, in one text.
    pub fn whole(&self) -> String {
        format!("{} {}", self.given, self.family).trim().to_owned()
    }
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One name: [`SAME_FROM`] reached.
    Same,
    /// Close, but a person must look: [`DOUBTFUL_FROM`] reached.
    Doubtful,
    /// Two names.
    Different,
}

/// How well two names agree.
#[derive(Clone, Debug, PartialEq)]
pub struct NameMatch {
    /// From 0 to 1; 1 if only accents, case and transliteration differ.
    pub score: f64,
    /// The reason; a whole sentence.
    pub reason: String,
}

impl NameMatch {
    /// The verdict of the score.
    pub fn verdict(&self) -> Verdict {
        match self.score {
            score if score >= SAME_FROM => Verdict::Same,
            score if score >= DOUBTFUL_FROM => Verdict::Doubtful,
            _ => Verdict::Different,
        }
    }
}

/// Compares the typed name with the read one. The score is symmetric.
pub fn compare(typed: &FullName, read: &FullName) -> NameMatch {
    if let (Some(one), Some(other)) = (own(typed), own(read)) {
        if one.agrees(&other) {
            return NameMatch { score: 1.0, reason: reason(1.0, &[]) };
        }
        // An Arabic name may have another division; two sets of characters are two names.
        if one.is_unspaced && other.is_unspaced {
            let read_alike = compare_read(typed, read);
            let score = read_alike.score.min(OTHER_CHARACTERS_AT_MOST);
            return NameMatch { score, reason: reason(score, &[Note::OtherCharacters]) };
        }
    }
    compare_read(typed, read)
}

fn own(name: &FullName) -> Option<OwnName> {
    own_script::parse(&name.given, &name.family)
}

/// Compares the names as they are read, in Latin letters.
fn compare_read(typed: &FullName, read: &FullName) -> NameMatch {
    let (typed_given, typed_family) = (parts(&typed.given), parts(&typed.family));
    let (read_given, read_family) = (parts(&read.given), parts(&read.family));
    if typed_given.len() + typed_family.len() == 0 || read_given.len() + read_family.len() == 0 {
        return NameMatch { score: 0.0, reason: "One of the two names is missing.".to_owned() };
    }
    let east_asian = is_east_asian(&typed_given, &typed_family) && is_east_asian(&read_given, &read_family);
    let divided = worse(given(&typed_given, &read_given, east_asian), family(&typed_family, &read_family, east_asian));
    let swapped = worse(given(&typed_given, &read_family, east_asian), given(&typed_family, &read_given, east_asian));
    let has_patronymics = has_patronymic(&typed_given, &typed_family) && has_patronymic(&read_given, &read_family);
    let swapped = if has_patronymics {
        swapped.times(GENERATIONS_SWAPPED, Note::GenerationsSwapped)
    } else {
        swapped.times(SWAPPED, Note::Swapped)
    };
    let (typed, read) = ([typed_given, typed_family].concat(), [read_given, read_family].concat());
    let pooled = pooled(&typed, &read, east_asian);
    // Parts in another order state another father.
    let in_order = typed.iter().zip(&read).all(|(one, other)| similarity(one, other, east_asian).0 >= DOUBTFUL_FROM);
    let pooled =
        if has_patronymics && !in_order { pooled.times(GENERATIONS_SWAPPED, Note::GenerationsSwapped) } else { pooled };
    let best =
        [divided, swapped, pooled].into_iter().reduce(|best, next| if next.score > best.score { next } else { best });
    let Half { score, notes } = best.unwrap_or(Half { score: 0.0, notes: Vec::new() });
    let score = (score * 1000.0).round() / 1000.0;
    NameMatch { score, reason: reason(score, &notes) }
}

/// Whether a read name agrees with the one in a machine-readable zone. Zones truncate names to 39 characters (TD3) or
/// 30 (TD1), so each half must agree as far as the zone has it.
pub fn agrees_with_mrz(read: &FullName, zone: &FullName) -> bool {
    let cut = |read: &str, zone: &str| {
        let (read, zone) = (fold::tokens(read), fold::tokens(zone));
        let zone: String = zone.iter().map(Token::plain).collect();
        // An issuer uses one transliteration for all parts.
        let spelt = |at: usize| -> String {
            read.iter()
                .map(|token| {
                    token.spellings.get(at).map_or(token.spellings.last().map_or("", String::as_str), String::as_str)
                })
                .collect()
        };
        let agrees = |spelling: String| {
            !zone.is_empty() && (spelling == zone || (zone.len() >= MIN_CUT && spelling.starts_with(&zone)))
        };
        (read.is_empty() && zone.is_empty()) || (0..3).map(spelt).any(agrees)
    };
    let whole = compare(read, zone).verdict() == Verdict::Same;
    whole || (cut(&read.family, &zone.family) && agrees_or_missing(read, zone, cut))
}

/// The shortest truncated half that can agree.
const MIN_CUT: usize = 2;

/// Whether the given names agree as far as the zone has them. If the family name fills the zone, they may be missing.
fn agrees_or_missing(read: &FullName, zone: &FullName, cut: impl Fn(&str, &str) -> bool) -> bool {
    const TD1_NAMES_WIDTH: usize = 30;
    let filled = zone.family.chars().count() + zone.given.chars().count() + 2 >= TD1_NAMES_WIDTH;
    cut(&read.given, &zone.given)
        || (filled && zone.given.is_empty())
        || (filled && compare(read, zone).score >= DOUBTFUL_FROM)
}

/// The score, from 0 to 1, with which the parts of a family name occur anywhere in a text, for instance the addressee
/// of a bill ("Ms I Brandvold & Mr P Berg").
pub fn family_name_in(family: &str, text: &str) -> f64 {
    let (family, text) = (parts(family), parts(&text.replace(['&', '+'], " ")));
    if family.is_empty() || text.is_empty() {
        return 0.0;
    }
    let joined = |tokens: &[Token]| tokens.iter().map(Token::plain).collect::<String>();
    let whole = joined(&family);
    // "De la Cruz" may be printed as "Delacruz", and vice versa.
    if (1..=text.len()).any(|length| text.windows(length).any(|window| joined(window) == whole)) {
        return 1.0;
    }
    let found = |token: &Token| {
        let candidates = text.iter().filter(|other| other.is_initial() == token.is_initial());
        candidates.map(|other| similarity(token, other, false).0).fold(0.0, f64::max)
    };
    family.iter().map(found).sum::<f64>() / family.len() as f64
}

/// The parts of a name, each with the spellings that states give it besides those of [`fold`].
fn parts(name: &str) -> Vec<Token> {
    let mut tokens = fold::tokens(name);
    let words = fold::words(name);
    for (token, word) in tokens.iter_mut().zip(&words) {
        for spelling in romanise::spellings(word) {
            if !token.spellings.contains(&spelling) {
                token.spellings.push(spelling);
            }
        }
    }
    tokens
}

fn is_east_asian(given: &[Token], family: &[Token]) -> bool {
    east_asian::is_name(&given.iter().chain(family).map(Token::plain).collect::<Vec<_>>())
}

/// Whether a name states the father, as Arabic names do between two names.
fn has_patronymic(given: &[Token], family: &[Token]) -> bool {
    let all: Vec<&str> = given.iter().chain(family).map(Token::plain).collect();
    let inner = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
    inner.iter().any(|part| matches!(*part, "BIN" | "IBN" | "BINT" | "OULD" | "WALAD"))
}

/// A difference that lowered a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Note {
    Typo,
    Romanised,
    SoundsAlike,
    Ending,
    OtherCharacters,
    GenerationsSwapped,
    Initial,
    MissingMiddle,
    MissingFamily,
    FirstMissing,
    Swapped,
    DividedOtherwise,
}

#[derive(Clone, Debug)]
struct Half {
    score: f64,
    notes: Vec<Note>,
}

impl Half {
    fn times(mut self, factor: f64, note: Note) -> Self {
        self.score *= factor;
        self.notes.push(note);
        self
    }
}

fn worse(a: Half, b: Half) -> Half {
    let notes = a.notes.into_iter().chain(b.notes).collect();
    Half { score: a.score.min(b.score), notes }
}

fn given(a: &[Token], b: &[Token], east_asian: bool) -> Half {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let joined = merged(short, long).into_iter().map(|long| pair(short, &long, east_asian).half);
    let joined = joined.filter(|half| half.score >= SAME_FROM).max_by(|x, y| x.score.total_cmp(&y.score));
    joined.unwrap_or_else(|| given_parts(a, b, east_asian))
}

fn given_parts(a: &[Token], b: &[Token], east_asian: bool) -> Half {
    let Pairing { half, paired, .. } = pair(a, b, east_asian);
    if a.len() == b.len() || half.score == 0.0 || joined_alike(a, b) {
        return half;
    }
    // The first given name is the one by which a person is called.
    if paired.first() == Some(&true) {
        half.times(MISSING_MIDDLE, Note::MissingMiddle)
    } else {
        half.times(FIRST_MISSING, Note::FirstMissing)
    }
}

fn family(a: &[Token], b: &[Token], east_asian: bool) -> Half {
    let half = pair(a, b, east_asian).half;
    if a.len() == b.len() || half.score == 0.0 || joined_alike(a, b) {
        half
    } else {
        half.times(MISSING_FAMILY, Note::MissingFamily)
    }
}

/// Compares all parts with all parts if both sides have the same number. People divide a name differently, but keep all
/// of its parts.
fn pooled(a: &[Token], b: &[Token], east_asian: bool) -> Half {
    if a.len() == b.len() || joined_alike(a, b) {
        pair(a, b, east_asian).half.times(DIVIDED_OTHERWISE, Note::DividedOtherwise)
    } else {
        Half { score: 0.0, notes: Vec::new() }
    }
}

/// `De La Cruz` and `Delacruz`, `Abdul Karim` and `Abdelkarim`.
fn joined_alike(a: &[Token], b: &[Token]) -> bool {
    let spellings = |tokens: &[Token]| tokens.iter().map(|token| token.spellings.len()).max().unwrap_or(0);
    if a.is_empty() || b.is_empty() {
        return false;
    }
    let (one, other) = (spellings(a), spellings(b));
    let equal = (0..one).any(|i| (0..other).any(|k| joined(a, i) == joined(b, k)));
    equal || (a.len() != b.len() && word::relate(&joined(a, 0), &joined(b, 0), false).kind <= Kind::Romanised)
}

/// The parts as one word, each in its spelling of a number, or its last.
fn joined(tokens: &[Token], at: usize) -> String {
    tokens.iter().map(|t| t.spellings.get(at).or(t.spellings.last()).map_or("", String::as_str)).collect()
}

/// The longer side with two neighbouring parts written as one, in every way, where this gives both sides the same
/// number of parts (`Maria Jose Luisa`, `Mariajose Luisa`).
fn merged(short: &[Token], long: &[Token]) -> Vec<Vec<Token>> {
    if short.is_empty() || short.len() + 1 != long.len() {
        return Vec::new();
    }
    (0..short.len())
        .map(|at| {
            let pair = long.get(at..at + 2).unwrap_or_default();
            let most = pair.iter().map(|token| token.spellings.len()).max().unwrap_or(1);
            let mut one = long.to_vec();
            one.splice(at..at + 2, [Token { spellings: (0..most).map(|spelling| joined(pair, spelling)).collect() }]);
            one
        })
        .collect()
}

struct Pairing {
    half: Half,
    /// For each part of the longer side, whether it has a partner.
    paired: Vec<bool>,
}

/// Pairs every part of the shorter side with one of the longer so that the sum of the scores is greatest. The score is
/// that of the worst pair, so matching parts do not outweigh a different one.
fn pair(a: &[Token], b: &[Token], east_asian: bool) -> Pairing {
    // The first of equally good pairings is chosen, so the sides are ordered to keep the result symmetric.
    let order =
        |tokens: &[Token]| (tokens.len(), tokens.iter().map(|token| token.spellings.clone()).collect::<Vec<_>>());
    let (short, long) = if order(a) <= order(b) { (a, b) } else { (b, a) };
    if short.is_empty() {
        // A person with a single name lacks the other half on both sides.
        let score = if long.is_empty() { 1.0 } else { 0.0 };
        return Pairing { half: Half { score, notes: Vec::new() }, paired: vec![false; long.len()] };
    }
    if joined_alike(a, b) {
        return Pairing { half: Half { score: 1.0, notes: Vec::new() }, paired: vec![true; long.len()] };
    }
    let scores: Vec<Vec<(f64, Option<Note>)>> =
        short.iter().map(|one| long.iter().map(|other| similarity(one, other, east_asian)).collect()).collect();
    let chosen = assign(&scores, long.len());
    let mut paired = vec![false; long.len()];
    let (mut worst, mut notes) = (1.0_f64, Vec::new());
    for (row, &column) in scores.iter().zip(&chosen) {
        let Some((score, note)) = row.get(column).copied() else { continue };
        worst = worst.min(score);
        notes.extend(note);
        if let Some(flag) = paired.get_mut(column) {
            *flag = true;
        }
    }
    Pairing { half: Half { score: worst, notes }, paired }
}

/// For each row its column, each column at most once, so that the sum is greatest; exact, over all sets of columns
/// (at most 2^12, see [`fold::MAX_TOKENS`]; both halves together at most 2^24, so longer sides are paired row by row).
fn assign(scores: &[Vec<(f64, Option<Note>)>], columns: usize) -> Vec<usize> {
    const EXACT_UP_TO: usize = 10;
    if columns > EXACT_UP_TO {
        let mut free = vec![true; columns];
        return scores.iter().map(|row| take_best(row, &mut free)).collect();
    }
    // best[set]: the greatest sum of the first |set| rows using exactly the columns of the set, and the last column.
    let mut best = vec![(f64::NEG_INFINITY, usize::MAX); 1 << columns];
    if let Some(empty) = best.first_mut() {
        empty.0 = 0.0;
    }
    for set in 0..best.len() {
        let (Some(&(sum, _)), Some(row)) = (best.get(set), scores.get(set.count_ones() as usize)) else { continue };
        for (column, (score, _)) in row.iter().enumerate().filter(|(column, _)| set & (1 << column) == 0) {
            if let Some(next) = best.get_mut(set | (1 << column))
                && sum + score > next.0
            {
                *next = (sum + score, column);
            }
        }
    }
    let full = (0..best.len()).filter(|set| set.count_ones() as usize == scores.len());
    let mut set = full.max_by(|a, b| best[*a].0.total_cmp(&best[*b].0).then(b.cmp(a))).unwrap_or(0);
    let mut chosen = Vec::with_capacity(scores.len());
    while set != 0 {
        let column = best[set].1;
        chosen.push(column);
        set &= !(1 << column);
    }
    chosen.reverse();
    chosen
}

fn take_best(row: &[(f64, Option<Note>)], free: &mut [bool]) -> usize {
    let open = row.iter().enumerate().filter(|(column, _)| free.get(*column).copied().unwrap_or(false));
    let best = open.max_by(|a, b| a.1.0.total_cmp(&b.1.0).then(b.0.cmp(&a.0))).map_or(0, |(column, _)| column);
    if let Some(flag) = free.get_mut(best) {
        *flag = false;
    }
    best
}

/// The score of two parts, in their best spellings.
fn similarity(a: &Token, b: &Token, east_asian: bool) -> (f64, Option<Note>) {
    let pairs = || a.spellings.iter().flat_map(|x| b.spellings.iter().map(move |y| (x, y)));
    if pairs().any(|(x, y)| x == y) {
        return (1.0, None);
    }
    if a.is_initial() != b.is_initial() {
        let alike = a.plain().chars().next() == b.plain().chars().next();
        return if alike { (INITIAL, Some(Note::Initial)) } else { (0.0, None) };
    }
    let related = pairs().map(|(x, y)| (word::relate(x, y, east_asian), strsim::normalized_damerau_levenshtein(x, y)));
    let scored = related.map(|(relation, edits)| {
        let alike = 1.0 - relation.cost / relation.length.max(1) as f64;
        match relation.kind {
            Kind::Equal => (1.0, None),
            Kind::Romanised => (alike.clamp(ROMANISED.0, ROMANISED.1), Some(Note::Romanised)),
            // A letter of nine is one wrong letter, whichever it is.
            Kind::SoundsAlike if edits >= SAME_FROM => (edits, Some(Note::Typo)),
            Kind::SoundsAlike => (alike.clamp(SOUNDS_ALIKE.0, SOUNDS_ALIKE.1), Some(Note::SoundsAlike)),
            Kind::Spelt => (edits, Some(Note::Typo)),
            Kind::Ending => (edits.min(OTHER_NAME_AT_MOST), Some(Note::Ending)),
            Kind::Different => (edits.min(OTHER_NAME_AT_MOST), Some(Note::Typo)),
        }
    });
    // The first of equal scores, as the sides may be exchanged.
    scored.reduce(|best, next| if next.0 > best.0 { next } else { best }).unwrap_or((0.0, Some(Note::Typo)))
}

fn reason(score: f64, notes: &[Note]) -> String {
    if score < DOUBTFUL_FROM {
        return "The two names differ.".to_owned();
    }
    let word = |note| match note {
        Note::Typo => "a letter or more differs",
        Note::Romanised => "it is written in another way",
        Note::SoundsAlike => "it is spelt differently",
        Note::Ending => "an ending differs",
        Note::OtherCharacters => "the characters differ",
        Note::GenerationsSwapped => "the person's name and the father's changed places",
        Note::Initial => "an initial stands for a name",
        Note::MissingMiddle => "a middle name is missing on one side",
        Note::MissingFamily => "one of the family names is missing on one side",
        Note::FirstMissing => "the first of the given names is missing on one side",
        Note::Swapped => "given and family name changed places",
        Note::DividedOtherwise => "given and family names are divided differently",
    };
    let mut words: Vec<&str> = Vec::new();
    for word in notes.iter().map(|note| word(*note)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.as_slice() {
        [] => "The names agree.".to_owned(),
        words if score >= SAME_FROM => format!("The names agree, though {}.", words.join(" and ")),
        words => format!("The names are close, but {}.", words.join(" and ")),
    }
}

#[cfg(test)]
mod tests;
