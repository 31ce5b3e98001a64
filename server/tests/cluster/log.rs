//! Assertions about the server's log.

use std::path::PathBuf;

use super::support::eventually;

pub struct Log(pub PathBuf);

impl Drop for Log {
    /// Prints the log of a failed test.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in self.lines(&[]).iter().filter(|line| !line.contains(" INFO server::commands")) {
                println!("{line}");
            }
        }
    }
}

impl Log {
    /// The lines that contain all of these words.
    pub fn lines(&self, words: &[&str]) -> Vec<String> {
        let log = std::fs::read_to_string(&self.0).unwrap_or_default();
        log.lines().filter(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned).collect()
    }

    /// Waits for a line that contains all of these words.
    pub async fn expect(&self, words: &[&str]) {
        eventually(&format!("log line {words:?}"), async || (!self.lines(words).is_empty()).then_some(())).await;
    }

    /// Asserts that exactly one line contains all of these words.
    #[track_caller]
    pub fn assert_one(&self, words: &[&str]) {
        let lines = self.lines(words);
        assert_eq!(lines.len(), 1, "{words:?}: {lines:#?}");
    }

    /// Asserts that at most one line contains all of these words. Returns whether there is one.
    #[track_caller]
    pub fn has_at_most_one(&self, words: &[&str]) -> bool {
        let lines = self.lines(words);
        assert!(lines.len() <= 1, "{words:?}: {lines:#?}");
        !lines.is_empty()
    }

    /// Asserts that the lines about `subject` alternate between the two kinds and begin with the first.
    #[track_caller]
    pub fn assert_alternating(&self, kinds: [&str; 2], subject: &str) {
        let lines = self.lines(&[subject]);
        let found: Vec<usize> =
            lines.iter().filter_map(|line| kinds.iter().position(|kind| line.contains(kind))).collect();
        assert!(!found.is_empty() && found.iter().enumerate().all(|(i, kind)| *kind == i % 2), "{lines:#?}");
    }

    /// Asserts that no line contains all of these words.
    #[track_caller]
    pub fn assert_none(&self, words: &[&str]) {
        assert_eq!(self.lines(words), Vec::<String>::new());
    }
}
