//! Text for people, JSON for programs.

use comfy_table::{Table, presets};
use serde_json::Value;

pub(super) use comfy_table::CellAlignment;

/// The greatest width of a table, in characters.
const WIDTH: usize = 120;
/// The number of spaces between columns.
const GAP: u16 = 2;

/// The output of a command.
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

/// A table for people.
pub(super) struct Grid(Table);

impl Grid {
    pub(super) fn new(columns: &[(&str, CellAlignment)]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(columns.iter().map(|(name, _)| *name));
        for (column, (_, alignment)) in table.column_iter_mut().zip(columns) {
            column.set_padding((0, GAP)).set_cell_alignment(*alignment);
        }
        Self(table)
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.0.add_row(cells);
    }

    /// The lines. A line that is wider than [`WIDTH`] is cut.
    pub(super) fn render(&self) -> String {
        self.0.lines().map(|line| cut(line.trim_end()) + "\n").collect()
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 3).chain("...".chars()).collect()
}

/// A time as RFC 3339 in UTC, to the second.
pub(super) fn time(rfc3339: &str) -> String {
    match rfc3339.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => rfc3339.to_owned(),
    }
}

/// A duration in its largest suitable unit.
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
    fn table_aligns_columns_and_cuts_wide_lines() {
        let mut grid =
            Grid::new(&[("NAME", CellAlignment::Left), ("LAG", CellAlignment::Right), ("WHY", CellAlignment::Left)]);
        grid.row(vec!["a".into(), "1".into(), "short".into()]);
        grid.row(vec!["longer".into(), "1000".into(), "x".repeat(200)]);
        let text = grid.render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["NAME     LAG  WHY", "a          1  short"]);
        assert!(lines[2].chars().count() == WIDTH && lines[2].ends_with("x..."), "{}", lines[2]);
    }

    #[test]
    fn ages_and_counts_are_readable() {
        assert_eq!([age(-3), age(5), age(300), age(9_000), age(200_000)], ["0 s", "5 s", "5 min", "2 h", "2 days"]);
        assert_eq!([count(0, "event"), count(1, "event"), count(2, "event")], ["no events", "1 event", "2 events"]);
        assert_eq!(time("2026-11-21T11:02:03.456Z"), "2026-11-21 11:02:03Z");
    }
}
