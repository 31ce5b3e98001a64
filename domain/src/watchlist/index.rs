//! An index from name parts to listed names, so that a screening looks at the likely names only.
//!
//! The words of all names are kept once each; a subject's parts are compared with words, not with names. A letter mask
//! and the length rule out nearly all words before an edit distance is computed: twenty thousand entries take
//! milliseconds.

use std::collections::HashMap;

use crate::names::fold;

/// Parts at least this alike (from 0 to 1, by edit distance) may be the same word.
const WORD_ALIKE: f64 = 0.80;

/// How alike two words count that differ as transliterations do (Muhammad, Mohamed), whatever their edit distance.
const SOUND_ALIKE: f64 = 0.85;

/// Words that sound alike must agree at least so far by edit distance.
const SOUND_GUARD: f64 = 0.5;

/// What each further part on one side only costs, and the most that all of them cost: people leave out middle names and
/// patronymics.
const EXTRA_PART: f64 = 0.02;
const EXTRA_PARTS_MOST: f64 = 0.10;

/// Parts that carry no name of their own and are written or left out at will.
const PARTICLES: [&str; 17] =
    ["AL", "EL", "UL", "BIN", "IBN", "BINT", "VAN", "VON", "DE", "DER", "DEL", "LA", "DI", "DA", "DOS", "ABD", "O"];

#[derive(Debug)]
struct Word {
    text: String,
    sound: String,
    letters: u32,
}

#[derive(Debug, Default)]
struct Listed {
    /// What the caller knows it by.
    owner: usize,
    words: Vec<usize>,
}

/// Listed names, to be found by their parts.
#[derive(Debug, Default)]
pub(super) struct Index {
    words: Vec<Word>,
    known: HashMap<String, usize>,
    names: Vec<Listed>,
    /// For each word, the names that hold it.
    holders: Vec<Vec<usize>>,
    by_length: Vec<Vec<usize>>,
    by_sound: HashMap<String, Vec<usize>>,
}

impl Index {
    /// Adds a name; `owner` comes back from [`Index::search`].
    pub(super) fn add(&mut self, owner: usize, name: &str) {
        // Every other piece stands in double quotes: a nickname, which nobody has in a document.
        let proper: String = name.split('"').step_by(2).collect();
        for parts in readings(fold::plain_tokens(&proper)) {
            let words: Vec<usize> = parts.into_iter().map(|part| self.word(part)).collect();
            for word in &words {
                if let Some(holders) = self.holders.get_mut(*word)
                    && holders.last() != Some(&self.names.len())
                {
                    holders.push(self.names.len());
                }
            }
            self.names.push(Listed { owner, words });
        }
    }

    fn word(&mut self, text: String) -> usize {
        if let Some(&known) = self.known.get(&text) {
            return known;
        }
        let at = self.words.len();
        let sound = sound(&text);
        if self.by_length.len() <= text.len() {
            self.by_length.resize_with(text.len() + 1, Vec::new);
        }
        if let Some(bucket) = self.by_length.get_mut(text.len()) {
            bucket.push(at);
        }
        self.by_sound.entry(sound.clone()).or_default().push(at);
        self.known.insert(text.clone(), at);
        self.holders.push(Vec::new());
        self.words.push(Word { letters: letters(&text), sound, text });
        at
    }

    /// The owners whose names are like `name`, with the score of the best of their names, from `at_least` to 1; in the
    /// order of the owners.
    pub(super) fn search(&self, name: &str, at_least: f64) -> Vec<(usize, f64)> {
        let mut found: Vec<(usize, f64)> = Vec::new();
        for parts in subject_readings(name) {
            let mut pairs: Vec<(usize, usize, usize, f64)> = Vec::new();
            for (part, spellings) in parts.iter().enumerate() {
                for (word, alike) in self.words_like(spellings) {
                    let holders = self.holders.get(word).map_or(&[][..], Vec::as_slice);
                    pairs.extend(holders.iter().map(|name| (*name, part, word, alike)));
                }
            }
            pairs.sort_by(|a, b| a.0.cmp(&b.0).then(b.3.total_cmp(&a.3)).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
            for group in pairs.chunk_by(|a, b| a.0 == b.0) {
                let listed = group.first().and_then(|first| self.names.get(first.0));
                if let Some(listed) = listed {
                    let score = score(group, parts.len(), &listed.words);
                    if score >= at_least {
                        found.push((listed.owner, score));
                    }
                }
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        found.dedup_by_key(|(owner, _)| *owner);
        found
    }

    /// The words that any of the spellings may stand for, each once, with how alike they are.
    fn words_like(&self, spellings: &[String]) -> Vec<(usize, f64)> {
        let mut alike: Vec<(usize, f64)> = Vec::new();
        for spelling in spellings {
            self.add_words_like(spelling, &mut alike);
        }
        alike.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        alike.dedup_by_key(|(word, _)| *word);
        alike
    }

    fn add_words_like(&self, spelling: &str, alike: &mut Vec<(usize, f64)>) {
        let (length, mask) = (spelling.len(), letters(spelling));
        for (other, bucket) in self.by_length.iter().enumerate() {
            let longer = length.max(other);
            // The greatest number of edits that still leaves the words alike.
            let edits = ((1.0 - WORD_ALIKE) * longer as f64 + 1e-9).floor() as usize;
            if length.abs_diff(other) > edits {
                continue;
            }
            for &at in bucket {
                let Some(word) = self.words.get(at) else { continue };
                // An edit changes two letters of the mask at most.
                if (word.letters ^ mask).count_ones() as usize > 2 * edits {
                    continue;
                }
                let distance = if word.text == spelling { 0 } else { strsim::osa_distance(&word.text, spelling) };
                if distance <= edits {
                    alike.push((at, 1.0 - distance as f64 / longer as f64));
                }
            }
        }
        let sound = sound(spelling);
        // Two consonants are shared by too many names.
        if sound.len() >= 3 {
            for &at in self.by_sound.get(&sound).map_or(&[][..], Vec::as_slice) {
                let Some(word) = self.words.get(at).filter(|word| word.sound == sound) else { continue };
                let longer = length.max(word.text.len()) as f64;
                if 1.0 - strsim::osa_distance(&word.text, spelling) as f64 / longer >= SOUND_GUARD {
                    alike.push((at, SOUND_ALIKE));
                }
            }
        }
    }
}

/// The score of one listed name: pairs come best first; each part and each listed word is used once.
fn score(pairs: &[(usize, usize, usize, f64)], parts: usize, words: &[usize]) -> f64 {
    let mut free_words = words.to_vec();
    let mut used_parts = [false; fold::MAX_TOKENS];
    let mut sum = 0.0;
    for &(_, part, word, alike) in pairs {
        let Some(used) = used_parts.get_mut(part) else { continue };
        if *used {
            continue;
        }
        if let Some(at) = free_words.iter().position(|free| *free == word) {
            free_words.swap_remove(at);
            *used = true;
            sum += alike;
        }
    }
    let (shorter, longer) = (parts.min(words.len()), parts.max(words.len()));
    // One part of several is no name.
    if shorter == 0 || (shorter == 1 && longer > 1) {
        return 0.0;
    }
    let extra = ((longer - shorter) as f64 * EXTRA_PART).min(EXTRA_PARTS_MOST);
    ((sum / shorter as f64 - extra) * 1000.0).round() / 1000.0
}

/// The ways to read the particles of a name: left out, and written together with what follows.
fn readings(parts: Vec<String>) -> Vec<Vec<String>> {
    let is_particle = |part: &String| PARTICLES.contains(&part.as_str());
    let bare: Vec<String> = parts.iter().filter(|part| !is_particle(part)).cloned().collect();
    if bare.len() == parts.len() || bare.is_empty() {
        return vec![parts];
    }
    let mut joined: Vec<String> = Vec::new();
    let mut prefix = String::new();
    for part in parts {
        if is_particle(&part) {
            prefix.push_str(&part);
        } else {
            joined.push(std::mem::take(&mut prefix) + &part);
        }
    }
    vec![bare, joined]
}

/// A subject's parts, each in all its spellings, in the ways to read them.
fn subject_readings(name: &str) -> Vec<Vec<Vec<String>>> {
    let tokens = fold::tokens(name);
    let plain = readings(tokens.iter().map(|token| token.plain().to_owned()).collect());
    let spelt = |part: String| match tokens.iter().find(|token| token.plain() == part) {
        Some(token) => token.spellings.clone(),
        None => vec![part],
    };
    plain.into_iter().map(|parts| parts.into_iter().map(spelt).collect()).collect()
}

fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |mask, b| match b {
        b'A'..=b'Z' => mask | 1 << (b - b'A'),
        _ => mask | 1 << 26,
    })
}

/// The consonants of a word, those merged that transliterations exchange: the same for Zarenko and Tsarenko, Muhammad
/// and Mohamed, Qasim and Kassem.
fn sound(word: &str) -> String {
    const MERGED: [(&str, &str); 16] = [
        ("SHCH", "X"),
        ("TCH", "X"),
        ("SCH", "X"),
        ("DZH", "J"),
        ("SH", "X"),
        ("CH", "X"),
        ("ZH", "J"),
        ("DJ", "J"),
        ("KH", "H"),
        ("GH", "G"),
        ("PH", "F"),
        ("TH", "T"),
        ("TS", "S"),
        ("TZ", "S"),
        ("CK", "K"),
        ("KS", "Q"),
    ];
    let mut out = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let merged = MERGED.iter().find(|(letters, _)| rest.starts_with(letters));
        let (sound, length) = match merged {
            Some((letters, sound)) => (*sound, letters.len()),
            None => {
                let sound = match first {
                    // A leading vowel is heard, whichever it is.
                    'A' | 'E' | 'I' | 'O' | 'U' | 'Y' if out.is_empty() => "A",
                    'A' | 'E' | 'I' | 'O' | 'U' | 'Y' => "",
                    'Q' | 'C' => "K",
                    'X' => "Q",
                    'W' | 'V' => "F",
                    'Z' => "S",
                    _ => rest.get(..first.len_utf8()).unwrap_or_default(),
                };
                (sound, first.len_utf8())
            }
        };
        if !out.ends_with(sound) || sound.is_empty() {
            out.push_str(sound);
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use proptest::prelude::*;

    use super::*;

    fn best(listed: &str, name: &str) -> f64 {
        let mut index = Index::default();
        index.add(7, listed);
        index.search(name, 0.0).first().map_or(0.0, |(_, score)| *score)
    }

    #[test]
    fn transliterations_share_a_sound() {
        for (a, b) in [("ZARENKO", "TSARENKO"), ("MUHAMMAD", "MOHAMED"), ("QASIM", "KASSEM"), ("IVANOV", "IVANOFF")] {
            assert_eq!(sound(a), sound(b), "{a} {b}");
        }
        assert_ne!(sound("HANSEN"), sound("JANSEN"));
    }

    #[test]
    fn names_are_found_in_any_order_and_dress() {
        for (listed, name, wanted) in [
            ("ZARENKO, Viktor", "Viktor Zarenko", 1.0),
            ("ZARENKO, Viktor", "Zarenko Viktor", 1.0),
            ("ZARENKO, Viktor Ivanovich", "Viktor Zarenko", 0.98),
            ("ZARENKO, Viktor", "Виктор Заренко", 1.0),
            ("ZARENKO, Viktor", "Viktor Tsarenko", 0.925),
            ("AL-HADDAR, Qasim", "Qasim Alhaddar", 1.0),
            ("AL-HADDAR, Qasim", "Kassem Haddar", 0.925),
            ("OEDEGAARD, Aase", "Åse Ødegård", 1.0),
            ("MADONNA", "Madonna", 1.0),
        ] {
            assert!((best(listed, name) - wanted).abs() < 0.002, "{listed} / {name}: {}", best(listed, name));
        }
    }

    #[test]
    fn parts_of_a_name_are_no_name() {
        for (listed, name) in [
            ("ZARENKO, Viktor", "Viktor"),
            ("ZARENKO", "Viktor Zarenko"),
            ("ZARENKO, Viktor", "Viktor Berg"),
            ("ZARENKO, Viktor", ""),
            ("LI, Wei", "Li Mei"),
        ] {
            assert!(best(listed, name) <= 0.5, "{listed} / {name}: {}", best(listed, name));
        }
        assert!((best("ZARENKO, Viktor Petrovich", "Viktor Ivan Zarenko") - 0.667).abs() < 0.001);
    }

    #[test]
    fn the_same_part_does_not_count_twice() {
        assert_eq!(best("VIKTOR, Viktor", "Viktor Berg"), 0.5);
    }

    proptest! {
        #[test]
        fn a_listed_name_finds_itself(name in "[A-Z]{2,9}, [A-Z][a-z]{1,9}( [A-Z][a-z]{1,9})?") {
            prop_assert_eq!(best(&name, &name), 1.0);
        }

        #[test]
        fn any_text_is_answered(listed in any::<String>(), name in any::<String>()) {
            prop_assert!((0.0..=1.0).contains(&best(&listed, &name).max(0.0)));
        }
    }
}
