//! Finds a zone among lines of text that a general text recogniser read from a page.

use super::partial::CodedDate;
use super::repair::{confirm_by_print, correct, written};
use super::{Format, Zone};
use crate::country::document_state;

/// The least number of valid check digits that prove a zone.
const LEAST_HOLDING: usize = 2;
/// The most missing characters in a line: general text recognisers miscount long runs of filler.
const MISSING: usize = 14;
/// The most surplus characters in a line.
const TOO_MANY: usize = 4;
/// The most pieces into which a line of a zone may be split.
const PIECES: usize = 3;
/// The most lines that are searched: a page with a zone has less text.
const LINES: usize = 300;
/// The most candidates that are tried on a page; finding a zone takes a few hundred at most.
const TRIES: usize = 10_000;

/// A possible zone.
struct Candidate {
    /// The rank among candidates: whether all check digits hold, whether no filler was inserted or removed, and how
    /// many check digits hold.
    rank: (bool, bool, usize),
    /// Whether the lines with check digits had the right length.
    is_exact: bool,
    /// Its lines, joined by `\n`.
    zone: String,
}

/// The zone among the lines of a page, its lines joined by `\n`, repaired as by [`repair`](super::repair()).
///
/// Spaces are dropped, marks that resemble filler (`«`, `‹`, `(`) become filler, and pieces of a line are joined.
/// Filler is inserted into or removed from a line of the wrong length only if that is proved. In a line with check
/// digits, it must be the only way, in any layout, to make all of them hold. In the names, the divider between the two
/// names must have been read, so that the difference is at the end.
///
/// A number whose check digit does not hold is corrected only if the page also prints the corrected number.
pub fn find(lines: &[&str]) -> Option<String> {
    let rows: Vec<String> = lines.iter().take(LINES).flat_map(|line| rows(line)).collect();
    let mut best: Option<Candidate> = None;
    let mut tries = TRIES;
    for first in 0..rows.len() {
        let found = [Format::Td3, Format::Td1, Format::FrenchCard, Format::Td2, Format::MrvA, Format::MrvB]
            .into_iter()
            .flat_map(|format| zones(format, &rows[first..], &mut tries))
            .collect();
        if let Some(one) = proved(found)
            && best.as_ref().is_none_or(|best| one.rank > best.rank)
        {
            best = Some(one);
        }
    }
    let mut zone = Zone::new(&best?.zone).ok()?;
    confirm_by_print(&mut zone, &printed(lines));
    Some(written(&zone))
}

/// The letters and digits of each line, in capitals, without spaces. Shorter than any number: none.
fn printed(lines: &[&str]) -> Vec<String> {
    let bare = |line: &&str| -> String {
        line.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    lines.iter().take(LINES).map(bare).collect()
}

/// The best of the zones that begin with the same row. Two different zones of equal rank that needed filler prove
/// nothing, so neither is returned.
fn proved(mut found: Vec<Candidate>) -> Option<Candidate> {
    found.sort_by_key(|one| std::cmp::Reverse(one.rank));
    let best = found.first()?;
    let rivals = found.iter().any(|other| other.rank == best.rank && !other.is_exact && other.zone != best.zone);
    found.into_iter().find(|one| one.is_exact || !rivals)
}

/// The rows of a line of text in the letters of a zone: none if it cannot be part of a zone, several if it has a whole
/// zone.
fn rows(line: &str) -> Vec<String> {
    let mut row = String::new();
    for c in
        line.trim_matches(|c: char| matches!(c, '.' | ',' | ':' | ';' | '\'' | '"' | '|' | '_' | '-' | '~')).chars()
    {
        match c {
            c if c.is_whitespace() => {}
            '0'..='9' | 'A'..='Z' | '<' => row.push(c),
            'a'..='z' => row.push(c.to_ascii_uppercase()),
            '«' | '≪' | '《' => row.push_str("<<"),
            '‹' | '＜' | '〈' | '⟨' | '≤' | '(' | '[' | '{' => row.push('<'),
            _ => return Vec::new(),
        }
    }
    let whole = Format::ALL.into_iter().find(|format| {
        let (lines, columns) = format.shape();
        row.len() == lines * columns && format.begins_with(row.chars().next())
    });
    match whole {
        Some(format) => {
            (0..format.shape().0).map(|i| row[i * format.shape().1..][..format.shape().1].to_owned()).collect()
        }
        None if row.is_empty() => Vec::new(),
        None => vec![row],
    }
}

/// The zones of a layout that begin with the first of the rows.
fn zones(format: Format, rows: &[String], tries: &mut usize) -> Vec<Candidate> {
    let (count, columns) = format.shape();
    let begins = rows.first().and_then(|row| row.chars().next());
    if !format.begins_with(begins.map(|c| if c == '1' { 'I' } else { c })) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for lines in joined(columns, count, rows) {
        found.extend(fitted(format, &lines, tries));
    }
    found
}

/// The first rows joined into `count` lines of about the right length, each of up to [`PIECES`] rows.
fn joined(columns: usize, count: usize, rows: &[String]) -> Vec<Vec<String>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for pieces in 1..=PIECES.min(rows.len()) {
        let line = rows[..pieces].concat();
        if line.len() > columns + TOO_MANY {
            break;
        }
        if line.len() + MISSING < columns {
            continue;
        }
        for mut rest in joined(columns, count - 1, &rows[pieces..]) {
            rest.insert(0, line.clone());
            all.push(rest);
        }
    }
    all
}

/// The possible zones of the lines: more than one where filler may be inserted in several places.
fn fitted(format: Format, lines: &[String], tries: &mut usize) -> Vec<Candidate> {
    let (_, columns) = format.shape();
    // A line that has check digits beside the names is fitted by these.
    let names = if format.second_names().is_some() { usize::MAX } else { format.names().line };
    let is_exact = lines.iter().enumerate().all(|(i, line)| i == names || line.len() == columns);
    let mut ways: Vec<Vec<String>> = vec![Vec::new()];
    for (i, line) in lines.iter().enumerate() {
        let all = if i == names {
            named(line, columns, format.names().start).into_iter().collect()
        } else {
            filled(line, columns)
        };
        ways = ways.iter().flat_map(|way| all.iter().map(|line| [way, std::slice::from_ref(line)].concat())).collect();
    }
    // On a page with too many candidates, the search ends early.
    *tries = tries.saturating_sub(ways.len());
    if *tries == 0 {
        return Vec::new();
    }
    let untouched = lines.iter().all(|line| line.len() == columns);
    let mut found: Vec<Candidate> = Vec::new();
    for way in ways {
        let Ok(mut zone) = Zone::new(&way.join("\n")) else { continue };
        correct(&mut zone);
        if zone.format != format || !format.begins_with(zone.lines[0].first().copied()) {
            continue;
        }
        let holding = zone.holding();
        let count = holding.iter().filter(|holds| **holds).count();
        if count < LEAST_HOLDING || (!is_exact && (count < holding.len() || !is_plausible(&zone))) {
            continue;
        }
        let text = written(&zone);
        if found.iter().all(|other| other.zone != text) {
            found.push(Candidate { rank: (count == holding.len(), untouched, count), is_exact, zone: text });
        }
    }
    found
}

/// Whether the elements without a check digit are plausible: filler in place of a date has the check digit 0, and most
/// documents have a 0 beside filler somewhere.
fn is_plausible(zone: &Zone) -> bool {
    let expires = CodedDate::read(&zone.text(zone.format.expiry_date()));
    let nationality = zone.text(zone.format.nationality());
    let expires = !zone.format.has_expiry() || expires.is_some_and(|date| date.month.is_some());
    expires && document_state(nationality.trim_end_matches('<')).is_some()
}

/// The ways to give a line with check digits its length: filler inserted in one place, or removed from one run.
fn filled(line: &str, columns: usize) -> Vec<String> {
    let mut ways: Vec<String> = Vec::new();
    let mut add = |way: String| {
        if !ways.contains(&way) {
            ways.push(way);
        }
    };
    if line.len() <= columns {
        let filler = "<".repeat(columns - line.len());
        for at in 0..=line.len() {
            // Only a run of filler can lose more than one.
            let beside = line[..at].ends_with('<') || line[at..].starts_with('<');
            if filler.len() <= 1 || beside {
                add(format!("{}{filler}{}", &line[..at], &line[at..]));
            }
        }
    } else {
        let surplus = line.len() - columns;
        for at in 0..columns {
            if line[at..at + surplus].bytes().all(|b| b == b'<') {
                add(format!("{}{}", &line[..at], &line[at + surplus..]));
            }
        }
    }
    ways
}

/// The line of the names (from column `start` on) in its length, if there is exactly one way.
fn named(line: &str, columns: usize, start: usize) -> Option<String> {
    let line = if start > 0 { with_state(line, columns)? } else { line.to_owned() };
    if line.len() == columns {
        return Some(line);
    }
    let names = line.get(start..)?;
    let end = names.trim_end_matches('<').len();
    // Filler that was lost between two names would join them.
    let divided = names[..end].matches("<<").count() == 1 && !names[..end].contains("<<<");
    if !divided {
        return None;
    }
    let bare = &line[..start + end];
    // Without filler at the end, letters may be missing.
    (bare.len() < columns && names.ends_with('<')).then(|| format!("{bare:<<columns$}"))
}

/// A first line with its issuing state in place; filler before or in it is corrected where that gives a known state.
fn with_state(line: &str, columns: usize) -> Option<String> {
    let known = |line: &str| {
        line.get(2..5).is_some_and(|code| {
            let code: String = code.chars().map(super::repair::to_letter).collect();
            document_state(code.trim_end_matches('<')).is_some()
        })
    };
    if known(line) || line.len() == columns {
        return Some(line.to_owned());
    }
    let put = (1..5).map(|at| Some(format!("{}<{}", line.get(..at)?, line.get(at..)?)));
    let taken = (1..5).map(|at| {
        let behind = line.get(at..)?.strip_prefix('<')?;
        Some(format!("{}{behind}", line.get(..at)?))
    });
    let mut ways: Vec<String> = put.chain(taken).flatten().filter(|way| known(way)).collect();
    ways.dedup();
    (ways.len() == 1).then(|| ways.remove(0))
}
