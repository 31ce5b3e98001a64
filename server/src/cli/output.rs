//! Text for people, JSON for programs.

use std::fmt::Write;

use serde_json::Value;

/// How wide tables may be, in characters.
const WIDTH: usize = 120;
/// Between columns.
const GAP: &str = "  ";

/// What a command found.
pub(super) struct Report {
    /// For programs: the document described in `docs/command-line.md`.
    pub(super) json: Value,
    /// For people.
    pub(super) text: String,
}

impl Report {
    pub(super) fn print(&self, json: bool) -> String {
        match json {
            true => format!("{:#}\n", self.json),
            false if self.text.ends_with('\n') => self.text.clone(),
            false => format!("{}\n", self.text),
        }
    }
}

/// On which side a column is flush.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table for people.
pub(super) struct Grid {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(super) fn new(columns: &[(&str, Side)]) -> Self {
        let head = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { sides: columns.iter().map(|(_, side)| *side).collect(), rows: vec![head] }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each at most [`WIDTH`] wide: what is too long for the last column is cut.
    pub(super) fn render(&self) -> String {
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.sides.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, side), width) in row.iter().zip(&self.sides).zip(&widths) {
                if !line.is_empty() {
                    line.push_str(GAP);
                }
                // Writing to a text cannot fail.
                let _ = match side {
                    Side::Left => write!(line, "{cell:<width$}"),
                    Side::Right => write!(line, "{cell:>width$}"),
                };
            }
            text.push_str(&cut(line.trim_end(), WIDTH));
            text.push('\n');
        }
        text
    }
}

/// The text in at most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(3)).chain("...".chars()).collect()
}

/// A time as RFC 3339 in UTC, to the second.
pub(super) fn time(rfc3339: &str) -> String {
    match rfc3339.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// How long ago, in the unit that fits.
pub(super) fn age(seconds: i64) -> String {
    match seconds.max(0) {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7_200 => format!("{} min", s / 60),
        s @ 7_200..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
    }
}

/// "1 event", "3 events", "no events".
pub(super) fn count(number: usize, thing: &str) -> String {
    match number {
        0 => format!("no {thing}s"),
        1 => format!("1 {thing}"),
        n => format!("{n} {thing}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_flush_left_and_numbers_right_within_the_width() {
        let mut grid = Grid::new(&[("NAME", Side::Left), ("LAG", Side::Right), ("WHY", Side::Left)]);
        grid.row(vec!["a".into(), "1".into(), "short".into()]);
        grid.row(vec!["longer".into(), "1000".into(), "x".repeat(200)]);
        let text = grid.render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["NAME     LAG  WHY", "a          1  short"]);
        assert!(lines[2].chars().count() == WIDTH && lines[2].ends_with("x..."), "{}", lines[2]);
    }

    #[test]
    fn ages_and_counts_read_well() {
        assert_eq!([age(-3), age(5), age(300), age(9_000), age(200_000)], ["0 s", "5 s", "5 min", "2 h", "2 days"]);
        assert_eq!([count(0, "event"), count(1, "event"), count(2, "event")], ["no events", "1 event", "2 events"]);
        assert_eq!(time("2026-11-21T11:02:03.456Z"), "2026-11-21 11:02:03Z");
    }
}
