//! Postal codes: their form, country by country, after the Universal Postal Union's addressing guides, and whether an
//! address needs one, after Google's libaddressinput.

#[cfg(feature = "full-validation")]
mod areas;

/// The form of a country's postal codes.
#[derive(Debug, PartialEq, Eq)]
pub struct PostalRule {
    /// Forms, divided by `|`: `9` is a digit, `a` a letter, `x` either; anything else stands for itself.
    forms: &'static str,
    /// An example for hints and messages.
    pub example: &'static str,
    /// Whether an address needs a code. Elsewhere many people do not use theirs, or have none.
    pub required: bool,
}

/// The text is not a postal code of the rule's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a postal code of this country")]
pub struct InvalidPostalCode;

/// Signs of countries before a code, as people write them by the custom of road traffic (`D-10115`), by alpha-2 code.
/// The alpha-2 code itself is known everywhere.
const SIGNS: [(&str, &str); 16] = [
    ("AT", "A"),
    ("BE", "B"),
    ("DE", "D"),
    ("EE", "EST"),
    ("ES", "E"),
    ("FI", "FIN"),
    ("FR", "F"),
    ("HU", "H"),
    ("IT", "I"),
    ("LI", "FL"),
    ("LU", "L"),
    ("MC", "F"),
    ("NO", "N"),
    ("PT", "P"),
    ("SE", "S"),
    ("SI", "SLO"),
];

impl PostalRule {
    /// The canonical form of a code: upper case, with the space or hyphen of its country. Spaces, hyphens and a country
    /// prefix (`NO-0150`, `D-10115`) are optional in the input.
    ///
    /// The server also refuses codes of the right form that cannot exist, such as `00000`.
    ///
    /// # Errors
    /// [`InvalidPostalCode`] where no form of the rule fits.
    pub fn canonical(&self, typed: &str, alpha2: &str) -> Result<String, InvalidPostalCode> {
        let bare: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect::<String>().to_uppercase();
        let sign = SIGNS.iter().find(|(code, _)| *code == alpha2).map_or(alpha2, |(_, sign)| sign);
        let unprefixed = [alpha2, sign].map(|prefix| bare.strip_prefix(prefix));
        let codes = || std::iter::once(bare.as_str()).chain(unprefixed.into_iter().flatten());
        let fitting = self.forms.split('|').find_map(|form| codes().find_map(|code| fill(form, code, alpha2)));
        fitting.filter(|code| exists(code, alpha2)).ok_or(InvalidPostalCode)
    }

    /// Its forms, divided by `|`.
    pub(super) const fn forms(&self) -> &'static str {
        self.forms
    }

    /// The most characters a canonical code has.
    pub fn max_length(&self) -> usize {
        self.forms.split('|').map(str::len).max().unwrap_or(0)
    }
}

/// Whether the country's codes reach that far. The browser leaves this to the server.
#[cfg(feature = "full-validation")]
fn exists(code: &str, alpha2: &str) -> bool {
    areas::exists(code, alpha2)
}

#[cfg(not(feature = "full-validation"))]
fn exists(_: &str, _: &str) -> bool {
    true
}

/// Fills `bare` into `form`. The country's prefix in a form (`LV-9999`) may be missing in the input.
fn fill(form: &str, bare: &str, alpha2: &str) -> Option<String> {
    let mut rest = bare.chars().peekable();
    let mut filled = String::with_capacity(form.len());
    let prefix = if form.starts_with(alpha2) { alpha2.len() } else { 0 };
    for (at, wanted) in form.char_indices() {
        let fits: fn(char) -> bool = match wanted {
            '9' => |c| c.is_ascii_digit(),
            'a' => |c| c.is_ascii_uppercase(),
            'x' => |c| c.is_ascii_digit() || c.is_ascii_uppercase(),
            fixed => {
                if rest.next_if_eq(&fixed).is_none() && fixed.is_ascii_alphanumeric() && at >= prefix {
                    return None;
                }
                filled.push(fixed);
                continue;
            }
        };
        filled.push(rest.next_if(|&c| fits(c))?);
    }
    rest.next().is_none().then_some(filled)
}

const fn rule_of(forms: &'static str, example: &'static str) -> PostalRule {
    PostalRule { forms, example, required: true }
}

/// A rule of a country where addresses without a code are in use.
const fn optional(forms: &'static str, example: &'static str) -> PostalRule {
    PostalRule { forms, example, required: false }
}

const UNITED_KINGDOM: &str =
    "a9 9aa|a99 9aa|aa9 9aa|aa99 9aa|a9a 9aa|aa9a 9aa|GIR 0AA|BFPO 9|BFPO 99|BFPO 999|BFPO 9999";

/// Alpha-2 code and rule, in the order of the codes.
#[rustfmt::skip] // One line a country.
static RULES: [(&str, PostalRule); 77] = [
    ("AD", optional("AD999", "AD500")),
    ("AT", rule_of("9999", "1010")),
    ("AU", rule_of("9999", "2000")),
    ("AX", rule_of("99999", "22100")),
    ("BA", optional("99999", "71000")),
    ("BE", rule_of("9999", "1000")),
    ("BG", optional("9999", "1000")),
    ("BR", rule_of("99999-999", "01310-100")),
    ("CA", rule_of("a9a 9a9", "K1A 0B1")),
    ("CH", rule_of("9999", "8001")),
    ("CN", rule_of("999999", "100000")),
    ("CY", optional("9999", "1010")),
    ("CZ", rule_of("999 99", "110 00")),
    ("DE", rule_of("99999", "10115")),
    ("DK", rule_of("9999", "1050")),
    ("DZ", optional("99999", "16000")),
    ("EE", rule_of("99999", "10111")),
    ("EG", optional("99999", "11511")),
    ("ES", rule_of("99999", "28013")),
    ("FI", rule_of("99999", "00100")),
    ("FO", optional("999", "100")),
    ("FR", rule_of("99999", "75001")),
    ("GB", rule_of(UNITED_KINGDOM, "SW1A 1AA")),
    ("GF", rule_of("99999", "97300")),
    ("GG", rule_of(UNITED_KINGDOM, "GY1 1AA")),
    ("GL", rule_of("9999", "3900")),
    ("GP", rule_of("99999", "97100")),
    ("GR", rule_of("999 99", "104 31")),
    ("HR", optional("99999", "10000")),
    ("HU", rule_of("9999", "1051")),
    ("ID", optional("99999", "10110")),
    ("IE", optional("a99 xxxx|D6W xxxx", "D02 AF30")),
    ("IL", optional("9999999|99999", "9414219")),
    ("IM", rule_of(UNITED_KINGDOM, "IM1 1AA")),
    ("IN", rule_of("999999", "110001")),
    ("IS", optional("999", "101")),
    ("IT", rule_of("99999", "00184")),
    ("JE", rule_of(UNITED_KINGDOM, "JE2 3AB")),
    ("JP", rule_of("999-9999", "100-0001")),
    ("KR", rule_of("99999", "04524")),
    ("LI", rule_of("9999", "9490")),
    ("LT", rule_of("LT-99999", "LT-01100")),
    ("LU", rule_of("9999", "1111")),
    ("LV", rule_of("LV-9999", "LV-1010")),
    ("MA", optional("99999", "10000")),
    ("MC", optional("99999", "98000")),
    ("MD", optional("MD-9999", "MD-2001")),
    ("ME", optional("99999", "81000")),
    ("MK", optional("9999", "1000")),
    ("MQ", rule_of("99999", "97200")),
    ("MT", optional("aaa 9999|aaa 999|aaa 99", "VLT 1117")),
    ("MX", rule_of("99999", "06000")),
    ("MY", rule_of("99999", "50000")),
    ("NL", rule_of("9999 aa", "1012 JS")),
    ("NO", rule_of("9999", "0150")),
    ("NZ", rule_of("9999", "6011")),
    ("PH", optional("9999", "1000")),
    ("PL", rule_of("99-999", "00-001")),
    ("PT", rule_of("9999-999", "1100-148")),
    ("RE", rule_of("99999", "97400")),
    ("RO", rule_of("999999", "010011")),
    ("RS", optional("99999|999999", "11000")),
    ("RU", rule_of("999999", "101000")),
    ("SE", rule_of("999 99", "111 22")),
    ("SG", rule_of("999999", "018956")),
    ("SI", optional("9999", "1000")),
    ("SJ", rule_of("9999", "9170")),
    ("SK", rule_of("999 99", "811 01")),
    ("SM", rule_of("99999", "47890")),
    ("TH", optional("99999", "10200")),
    ("TR", rule_of("99999", "34000")),
    ("UA", rule_of("99999", "01001")),
    ("US", rule_of("99999|99999-9999", "10001")),
    ("VA", optional("99999", "00120")),
    ("XK", optional("99999", "10000")),
    ("YT", rule_of("99999", "97600")),
    ("ZA", rule_of("9999", "8001")),
];

/// The rule of a country, by its alpha-2 code in upper case.
pub(super) fn rule(alpha2: &str) -> Option<&'static PostalRule> {
    RULES.binary_search_by(|(code, _)| (*code).cmp(alpha2)).ok().map(|at| &RULES[at].1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::country::by_alpha2;

    fn canonical(alpha2: &str, typed: &str) -> Option<String> {
        rule(alpha2).unwrap().canonical(typed, alpha2).ok()
    }

    #[test]
    fn rules_are_ordered_and_belong_to_countries() {
        assert!(RULES.is_sorted_by(|a, b| a.0 < b.0));
        for (code, rule) in &RULES {
            assert!(by_alpha2(code).is_some(), "{code}");
            assert_eq!(canonical(code, rule.example).as_deref(), Some(rule.example), "{code}");
        }
    }

    #[test]
    fn eea_and_other_supported_countries_have_a_postal_rule() {
        let promised = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK \
                        GB CH US CA AU NZ JP IN BR";
        for code in promised.split_whitespace() {
            assert!(rule(code).is_some(), "{code}");
        }
    }

    #[test]
    fn spacing_case_and_country_prefix_are_normalised() {
        for (alpha2, typed, wanted) in [
            ("NO", "0150", "0150"),
            ("NO", "NO-0150", "0150"),
            ("NO", " 01 50 ", "0150"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("GB", "gir0aa", "GIR 0AA"),
            ("NL", "1012js", "1012 JS"),
            ("NL", "NL-1012 JS", "1012 JS"),
            ("SE", "11122", "111 22"),
            ("PL", "00001", "00-001"),
            ("PT", "1100148", "1100-148"),
            ("LV", "1010", "LV-1010"),
            ("LV", "lv1010", "LV-1010"),
            ("IE", "d6wxy00", "D6W XY00"),
            ("US", "123456789", "12345-6789"),
            ("CA", "k1a-0b1", "K1A 0B1"),
            ("JP", "1000001", "100-0001"),
            ("LU", "L-1111", "1111"),
            ("LU", "LU-1111", "1111"),
            ("DE", "D-10115", "10115"),
            ("AT", "A-1010", "1010"),
            ("LI", "FL-9490", "9490"),
            ("NL", "NL1012 JS", "1012 JS"),
            ("GB", "bfpo61", "BFPO 61"),
            ("GB", "BFPO 4001", "BFPO 4001"),
            ("MT", "NXR 01", "NXR 01"),
            ("XK", "10000", "10000"),
        ] {
            assert_eq!(canonical(alpha2, typed).as_deref(), Some(wanted), "{alpha2} {typed}");
        }
    }

    #[test]
    fn postal_code_one_character_short_or_long_is_refused() {
        for (alpha2, typed) in [
            ("NO", "015"),
            ("NO", "01500"),
            ("NO", "O150"),
            ("GB", "SW1A 1A"),
            ("GB", "12345"),
            ("US", "1234"),
            ("US", "123456"),
            ("CA", "K1A 0BB"),
            ("JP", "100-000"),
            ("DE", ""),
            ("DE", "L-10115"),
            ("GB", "61"),
            ("GB", "BFPO"),
            ("GB", "GIR"),
            ("IE", "99 XXXX"),
        ] {
            assert_eq!(canonical(alpha2, typed), None, "{alpha2} {typed}");
        }
    }

    #[cfg(feature = "full-validation")]
    #[test]
    fn code_of_the_right_form_that_cannot_exist_is_refused() {
        for (alpha2, typed) in [
            ("US", "00000"),
            ("US", "00499"),
            ("DE", "00000"),
            ("DE", "00123"),
            ("FR", "00000"),
            ("NO", "0000"),
            ("AT", "0123"),
            ("GB", "ZZ99 9ZZ"),
            ("GB", "SW1A 1AC"),
            ("GB", "QA1 1AA"),
            ("GG", "SW1A 1AA"),
            ("CA", "D1A 1A1"),
            ("CA", "K1A 0D1"),
            ("CA", "W1A 0B1"),
            ("IE", "Z99 AF30"),
            ("LI", "8001"),
            ("VA", "00184"),
        ] {
            assert_eq!(canonical(alpha2, typed), None, "{alpha2} {typed}");
        }
        // The lowest ones, and those of armies.
        for (alpha2, typed) in [("US", "00501"), ("DE", "01067"), ("FR", "00100"), ("NO", "0001"), ("IT", "00010")] {
            assert_eq!(canonical(alpha2, typed).as_deref(), Some(typed), "{alpha2}");
        }
    }
}
