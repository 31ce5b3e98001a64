//! An index from name parts to listed names, so that a screening compares only the likely names.
//!
//! Each distinct word of all names is stored once, and the parts of the searched name are compared with words, not with
//! names. A letter mask and the length exclude nearly all words before an edit distance is computed, so a search in
//! twenty thousand entries takes milliseconds.

use std::collections::HashMap;

use crate::names::fold;

/// The least similarity, from 0 to 1 by edit distance, at which two parts may be the same word.
const WORD_ALIKE: f64 = 0.80;

/// The similarity of two words with the same phonetic key (Muhammad, Mohamed), independent of their edit distance.
const SOUND_ALIKE: f64 = 0.85;

/// The least similarity by edit distance of two words with the same phonetic key.
const SOUND_GUARD: f64 = 0.5;

/// The deduction for each part that is on one side only, and the most for all of them. It is small, because people omit
/// middle names and patronymics.
const EXTRA_PART: f64 = 0.02;
const EXTRA_PARTS_MOST: f64 = 0.10;

/// Particles: parts that are not names by themselves and are often omitted.
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
    /// The caller's identifier.
    owner: usize,
    words: Vec<usize>,
}

/// Listed names, searchable by their parts.
#[derive(Debug, Default)]
pub(super) struct Index {
    words: Vec<Word>,
    known: HashMap<String, usize>,
    names: Vec<Listed>,
    /// For each word, the names that have it.
    holders: Vec<Vec<usize>>,
    by_length: Vec<Vec<usize>>,
    by_sound: HashMap<String, Vec<usize>>,
}

impl Index {
    /// Adds a name; [`Index::search`] returns `owner`.
    pub(super) fn add(&mut self, owner: usize, name: &str) {
        // Every second piece is in double quotes: a nickname, which documents do not have.
        let proper: String = name.split('"').step_by(2).collect();
        let plain = fold::all_tokens(&proper).iter().map(|token| token.plain().to_owned()).collect();
        for parts in particle_variants(plain) {
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

    /// The owners with names similar to `name`, in their order, each with the score of its best name, from `at_least`
    /// to 1.
    pub(super) fn search(&self, name: &str, at_least: f64) -> Vec<(usize, f64)> {
        let mut found: Vec<(usize, f64)> = Vec::new();
        for parts in name_variants(name) {
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

    /// The words that any of the spellings may be, each once, with its similarity.
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
            // The greatest number of edits at which two words are still similar.
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
        // Too many names share a key of two consonants.
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

/// The score of one listed name. The pairs are sorted, best first; each part and each listed word is used once.
fn score(pairs: &[(usize, usize, usize, f64)], parts: usize, words: &[usize]) -> f64 {
    let mut free_words = words.to_vec();
    let mut used_parts = vec![false; parts];
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
    // A single part of several is not a match.
    if shorter == 0 || (shorter == 1 && longer > 1) {
        return 0.0;
    }
    let extra = ((longer - shorter) as f64 * EXTRA_PART).min(EXTRA_PARTS_MOST);
    ((sum / shorter as f64 - extra) * 1000.0).round() / 1000.0
}

/// The variants of a name by its particles: left out, and joined with the next part.
fn particle_variants(parts: Vec<String>) -> Vec<Vec<String>> {
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

/// The variants of the searched name by its particles, each part in all its spellings.
fn name_variants(name: &str) -> Vec<Vec<Vec<String>>> {
    let tokens = fold::all_tokens(name);
    let plain = particle_variants(tokens.iter().map(|token| token.plain().to_owned()).collect());
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

/// The phonetic key of a word: its consonants, merged if transliterations interchange them. Zarenko and Tsarenko have
/// the same key, and so have Muhammad and Mohamed, Qasim and Kassem.
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
                    // Any leading vowel is kept as A.
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
    fn transliterations_share_a_phonetic_key() {
        for (a, b) in [("ZARENKO", "TSARENKO"), ("MUHAMMAD", "MOHAMED"), ("QASIM", "KASSEM"), ("IVANOV", "IVANOFF")] {
            assert_eq!(sound(a), sound(b), "{a} {b}");
        }
        assert_ne!(sound("HANSEN"), sound("JANSEN"));
    }

    #[test]
    fn names_are_found_in_any_order_and_spelling() {
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
    fn partial_names_score_low() {
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
    fn repeated_part_counts_once() {
        assert_eq!(best("VIKTOR, Viktor", "Viktor Berg"), 0.5);
    }

    proptest! {
        #[test]
        fn listed_name_finds_itself(name in "[A-Z]{2,9}, [A-Z][a-z]{1,9}( [A-Z][a-z]{1,9})?") {
            prop_assert_eq!(best(&name, &name), 1.0);
        }

        #[test]
        fn any_text_is_parsed_without_panic(listed in any::<String>(), name in any::<String>()) {
            prop_assert!((0.0..=1.0).contains(&best(&listed, &name).max(0.0)));
        }
    }
}
