//! What the program logs.

use std::path::PathBuf;

use super::support::eventually;

pub struct Log(pub PathBuf);

impl Drop for Log {
    /// A test that fails shows what the program had to say.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for line in self.lines(&[]).iter().filter(|line| !line.contains(" INFO server::commands")) {
                println!("{line}");
            }
        }
    }
}

impl Log {
    /// The lines that have all of these words.
    pub fn lines(&self, words: &[&str]) -> Vec<String> {
        let log = std::fs::read_to_string(&self.0).unwrap_or_default();
        log.lines().filter(|line| words.iter().all(|word| line.contains(word))).map(str::to_owned).collect()
    }

    /// Waits until such a line is there.
    pub async fn says(&self, words: &[&str]) {
        eventually(&format!("the log says {words:?}"), async || (!self.lines(words).is_empty()).then_some(())).await;
    }

    /// There is exactly one such line.
    #[track_caller]
    pub fn said_once(&self, words: &[&str]) {
        let lines = self.lines(words);
        assert_eq!(lines.len(), 1, "{words:?}: {lines:#?}");
    }

    /// Whether there is such a line; there are not two.
    #[track_caller]
    pub fn says_at_most_once(&self, words: &[&str]) -> bool {
        let lines = self.lines(words);
        assert!(lines.len() <= 1, "{words:?}: {lines:#?}");
        !lines.is_empty()
    }

    /// Of the lines about something, one kind and the other follow each other, the first kind first.
    #[track_caller]
    pub fn said_in_turn(&self, kinds: [&str; 2], about: &str) {
        let lines = self.lines(&[about]);
        let said: Vec<usize> =
            lines.iter().filter_map(|line| kinds.iter().position(|kind| line.contains(kind))).collect();
        assert!(!said.is_empty() && said.iter().enumerate().all(|(i, kind)| *kind == i % 2), "{lines:#?}");
    }

    /// There is no such line.
    #[track_caller]
    pub fn never_said(&self, words: &[&str]) {
        assert_eq!(self.lines(words), Vec::<String>::new());
    }
}
