//! Folds names to the letters A-Z of a machine-readable zone, in every transliteration that an issuer may use.

use crate::mrz::letters::{permitted, plain, recommended};
use crate::text::tidy;

/// The most name parts that are compared: a name of a hundred characters has no more, and the cost grows with their
/// number.
pub(crate) const MAX_TOKENS: usize = 50;

/// One part of a name in its possible spellings, upper-case A-Z and digits. The first is the plain one, without
/// accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// At least one, none empty.
    pub(crate) spellings: Vec<String>,
}

impl Token {
    /// The spelling without accents.
    pub(crate) fn plain(&self) -> &str {
        self.spellings.first().map_or("", String::as_str)
    }

    /// Whether it is an initial.
    pub(crate) fn is_initial(&self) -> bool {
        self.plain().chars().count() == 1
    }
}

/// The parts of a name, at most [`MAX_TOKENS`]. Hyphens divide, apostrophes do not, as in a machine-readable zone
/// (ICAO 9303-3, section 4.6).
pub(crate) fn tokens(name: &str) -> Vec<Token> {
    let mut tokens = all_tokens(name);
    tokens.truncate(MAX_TOKENS);
    tokens
}

/// All parts of a name, as [`tokens`], for a screening: further parts must not hide those of a listed name.
pub(crate) fn all_tokens(name: &str) -> Vec<Token> {
    divided(name).iter().filter_map(|part| token(part)).collect()
}

/// The parts of a name in their own letters: one for each of [`all_tokens`].
pub(crate) fn words(name: &str) -> Vec<String> {
    divided(name).into_iter().filter(|part| token(part).is_some()).collect()
}

fn divided(name: &str) -> Vec<String> {
    tidy(name)
        // The geresh and gershayim of Hebrew are apostrophes.
        .replace(['\'', '\u{B7}', '\u{5F3}', '\u{5F4}'], "")
        // The last ones divide names in Japanese, Chinese and Tibetan.
        .split([' ', '-', '.', ',', '<', '/', '@', '・', '‧', '\u{F0B}', '\u{F0C}'])
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn token(part: &str) -> Option<Token> {
    let mut spellings: Vec<String> = Vec::new();
    for column in [plain, expanded, reduced] {
        let spelling: String = part.chars().map(column).collect();
        if !spelling.is_empty() && !spellings.contains(&spelling) {
            spellings.push(spelling);
        }
    }
    (!spellings.is_empty()).then_some(Token { spellings })
}

/// The transliteration that ICAO 9303-3, section 6, recommends, where it differs from [`plain`].
fn expanded(c: char) -> String {
    recommended(uppercase(c)).map_or_else(|| plain(c), str::to_owned)
}

/// The other transliterations of Latin letters that section 6 permits: `Ñ` as `NXX`, `Ü` as `UXX`.
fn reduced(c: char) -> String {
    match uppercase(c) {
        c @ ('Ñ' | 'Ü') => permitted(c).concat(),
        _ => expanded(c),
    }
}

fn uppercase(c: char) -> char {
    c.to_uppercase().next().filter(|_| c != 'ß').unwrap_or(c)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    fn spellings(name: &str) -> Vec<Vec<String>> {
        tokens(name).into_iter().map(|token| token.spellings).collect()
    }

    fn plain_tokens(name: &str) -> Vec<String> {
        tokens(name).into_iter().map(|token| token.plain().to_owned()).collect()
    }

    #[test]
    fn tokens_have_icao_and_plain_spellings() {
        assert_eq!(spellings("Ås"), [["AS", "AAS"]]);
        assert_eq!(spellings("Ødegård"), [["ODEGARD", "OEDEGAARD"]]);
        assert_eq!(spellings("Müßig"), [["MUSSIG", "MUESSIG", "MUXXSSIG"]]);
        assert_eq!(spellings("Núñez"), [["NUNEZ", "NUNXXEZ"]]);
        assert_eq!(spellings("Þór"), [["THOR"]]);
        assert_eq!(spellings("Юлия"), [["YULIYA", "IULIIA"]]);
        assert_eq!(spellings("Brandvold"), [["BRANDVOLD"]]);
    }

    #[test]
    fn apostrophes_join_and_hyphens_split() {
        assert_eq!(plain_tokens("Anne-Marie O'Brien"), ["ANNE", "MARIE", "OBRIEN"]);
        assert_eq!(plain_tokens("J.R.R. Tolkien"), ["J", "R", "R", "TOLKIEN"]);
        assert_eq!(plain_tokens("BRANDVOLD<<INGRID<MARIE<<<"), ["BRANDVOLD", "INGRID", "MARIE"]);
        assert_eq!(plain_tokens(" - ' "), Vec::<String>::new());
        assert_eq!(plain_tokens("Arun A/L Kumar @ John"), ["ARUN", "A", "L", "KUMAR", "JOHN"]);
        assert_eq!(plain_tokens("マイケル・ジョーダン").len(), 2);
        assert_eq!(plain_tokens("ג\u{5F3}ורג\u{5F3}"), plain_tokens("ג'ורג'"));
    }

    #[test]
    fn token_count_is_limited() {
        assert_eq!(tokens(&"a ".repeat(1000)).len(), MAX_TOKENS);
        assert_eq!(all_tokens(&"a ".repeat(1000)).len(), 1000);
    }
}
