//! Words with their bounding boxes, and segments: words that form one piece of text.

/// Maximum number of words of a page. A full page of small print has some 1500, and the work grows with the square.
pub(crate) const MAX_WORDS: usize = 4000;

/// Minimum height of a word that is part of a portrait, as a multiple of the median.
const LARGE: f32 = 3.0;

/// Maximum length of the text of a segment. Longer than any field, so that overlong values are still detected.
const LONGEST_TEXT: usize = 1000;

/// A word on a page, with its box; the unit is that of its [`PageText`].
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The text as it was read.
    pub text: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// The words of one page. The size is in the unit of their boxes; any unit that is the same horizontally and vertically
/// is valid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageText {
    /// In any order.
    pub words: Vec<Word>,
    /// Of the page.
    pub width: f32,
    /// Of the page.
    pub height: f32,
}

impl Word {
    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn middle(&self) -> f32 {
        (self.top + self.bottom) / 2.0
    }
}

/// Words that follow each other on one line without a wide gap.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    /// From left to right, never empty.
    pub words: Vec<Word>,
}

impl Segment {
    /// Its words with single spaces, up to [`LONGEST_TEXT`] characters.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut room = LONGEST_TEXT;
        for word in &self.words {
            if !text.is_empty() && room > 0 {
                text.push(' ');
                room -= 1;
            }
            let before = text.len();
            text.extend(word.text.chars().take(room));
            room -= text[before..].chars().count();
            if room == 0 {
                break;
            }
        }
        text
    }

    /// The mean confidence of its words.
    pub fn confidence(&self) -> f64 {
        self.words.iter().map(|word| word.confidence).sum::<f64>() / self.words.len().max(1) as f64
    }

    pub fn left(&self) -> f32 {
        self.words.first().map_or(0.0, |word| word.left)
    }

    pub fn right(&self) -> f32 {
        self.words.iter().map(|word| word.right).fold(f32::MIN, f32::max)
    }

    pub fn top(&self) -> f32 {
        self.words.iter().map(|word| word.top).fold(f32::MAX, f32::min)
    }

    pub fn bottom(&self) -> f32 {
        self.words.iter().map(|word| word.bottom).fold(f32::MIN, f32::max)
    }

    /// Height of its tallest word.
    pub fn height(&self) -> f32 {
        self.words.iter().map(Word::height).fold(0.0, f32::max)
    }

    /// Lower median height of its words, so that a raised letter or an oversized box does not make a line a heading.
    pub fn usual_height(&self) -> f32 {
        let mut heights: Vec<f32> = self.words.iter().map(Word::height).collect();
        heights.sort_by(f32::total_cmp);
        heights.get(heights.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    }
}

/// The words that have letters or figures and are not parts of a portrait. Such a large word would join several lines.
pub(crate) fn legible(words: &[Word]) -> Vec<Word> {
    let mut heights: Vec<f32> = words.iter().map(Word::height).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights.get(heights.len() / 2).copied().unwrap_or_default();
    let legible = |word: &&Word| word.text.chars().any(char::is_alphanumeric) && word.height() < usual * LARGE;
    words.iter().filter(legible).cloned().collect()
}

/// Groups words into segments, from top to bottom. A gap wider than `gap` times the text's height separates two
/// segments.
pub(crate) fn segments(words: &[Word], gap: f32) -> Vec<Segment> {
    let mut words: Vec<&Word> = words.iter().filter(|word| word.height() > 0.0).collect();
    words.sort_by(|a, b| a.left.total_cmp(&b.left));
    let mut segments: Vec<Segment> = Vec::new();
    for word in words {
        let near = segments
            .iter_mut()
            .filter_map(|segment| {
                let last = segment.words.last()?;
                let height = segment.height().max(word.height());
                let space = word.left - last.right;
                let drop = (word.middle() - last.middle()).abs();
                // A small slope of the line matters only over a wide gap.
                let level = height * 0.45 + space.max(0.0) * 0.02;
                (space > -height * 0.5 && space < height * gap && drop < level).then_some((space, segment))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((_, segment)) => segment.words.push(word.clone()),
            None => segments.push(Segment { words: vec![word.clone()] }),
        }
    }
    segments.sort_by(|a, b| a.top().total_cmp(&b.top()));
    segments
}

/// Normalises for comparison: lower-case Latin letters and digits, words separated by one space.
pub(crate) fn plain(text: &str) -> String {
    let latin = any_ascii::any_ascii(text).to_lowercase();
    latin.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A name in usual spelling: `BRANDVOLD-ÅS` becomes `Brandvold-Ås`. A name with lower-case letters is unchanged, except
/// for a first letter with a diacritic.
pub fn title_case(name: &str) -> String {
    if name.chars().any(char::is_lowercase) {
        // OCR reads a capital with a diacritic as a lower-case letter of the same height: `öztürk`.
        let mut start = true;
        let letter = |c: char| {
            let first = std::mem::replace(&mut start, !c.is_alphabetic());
            if first && !c.is_ascii() { c.to_uppercase().next().unwrap_or(c) } else { c }
        };
        return name.chars().map(letter).collect();
    }
    let mut start = true;
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if start {
            out.push(c);
        } else {
            out.extend(c.to_lowercase());
        }
        start = !c.is_alphabetic();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, left: f32, right: f32, top: f32) -> Word {
        Word { text: text.into(), confidence: 0.9, left, top, right, bottom: top + 10.0 }
    }

    #[test]
    fn gaps_split_segments_and_slopes_do_not() {
        let words = [
            word("Date", 0.0, 30.0, 0.0),
            word("of", 34.0, 44.0, 1.0),
            word("issue", 48.0, 80.0, 2.0),
            word("Sex", 200.0, 220.0, 4.0),
            word("below", 0.0, 30.0, 20.0),
        ];
        let texts: Vec<String> = segments(&words, 1.2).iter().map(Segment::text).collect();
        assert_eq!(texts, ["Date of issue", "Sex", "below"]);
        let texts: Vec<String> = segments(&words, 100.0).iter().map(Segment::text).collect();
        assert_eq!(texts, ["Date of issue Sex", "below"]);
    }

    #[test]
    fn portrait_is_not_a_word() {
        let portrait = Word { bottom: 121.0, ..word("A", 0.0, 200.0, 0.0) };
        let words = [portrait, word("Sex", 0.0, 20.0, 40.0), word("·", 24.0, 26.0, 40.0), word("F", 0.0, 8.0, 60.0)];
        let texts: Vec<String> = legible(&words).into_iter().map(|word| word.text).collect();
        assert_eq!(texts, ["Sex", "F"]);
    }

    #[test]
    fn segment_text_is_bounded() {
        let long = "ø".repeat(LONGEST_TEXT - 7);
        let text = |words: &[Word]| Segment { words: words.to_vec() }.text();
        assert_eq!(text(&[word("to", 0.0, 9.0, 0.0), word("Oslo", 10.0, 20.0, 0.0)]), "to Oslo");
        assert_eq!(text(&[word(&long, 0.0, 9.0, 0.0), word("is Oslo", 10.0, 20.0, 0.0)]), format!("{long} is Osl"));
        let many = vec![word(&long, 0.0, 9.0, 0.0); 50];
        assert_eq!(text(&many).chars().count(), LONGEST_TEXT);
        assert_eq!(text(&[word(&"x".repeat(500_000), 0.0, 9.0, 0.0)]).len(), LONGEST_TEXT);
    }

    #[test]
    fn comparison_ignores_diacritics_and_punctuation() {
        assert_eq!(plain("Prénoms / Given-names:"), "prenoms given names");
        assert_eq!(plain("Fødselsdato"), "fodselsdato");
    }

    #[test]
    fn capital_names_become_title_case() {
        assert_eq!(title_case("ANNA MARIA BRANDVOLD-ÅS"), "Anna Maria Brandvold-Ås");
        assert_eq!(title_case("O'BRIEN"), "O'Brien");
        assert_eq!(title_case("öztürk"), "Öztürk");
        assert_eq!(title_case("van der Berg"), "van der Berg");
    }
}
