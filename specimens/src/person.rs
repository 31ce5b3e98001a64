//! Invented people.

use domain::mrz::Holder;
use jiff::civil::{Date, date};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::people::{ORIGINS, Origin};
use crate::pick;
use crate::places::{COUNTRIES, Home, Language};

/// An invented person, with all values of their documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// As printed, with accents; empty for people with a single name.
    pub given_names: String,
    /// As printed, with accents.
    pub family_name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Place of birth.
    pub place_of_birth: String,
    /// ICAO 9303-3 code of the nationality, which also issues the documents.
    pub nationality: String,
    /// `M`, `F` or `X`.
    pub sex: char,
    /// Number of the identity document; letters and digits.
    pub document_number: String,
    /// Optional data of the zone, such as a personal number; may be empty.
    pub optional_data: String,
    /// When the identity document was issued.
    pub issue_date: Date,
    /// When the identity document expires.
    pub expiry_date: Date,
    /// First line of the address, usually street and house number.
    pub line1: String,
    /// Second line of the address; may be empty.
    pub line2: String,
    /// Postal code.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country, as printed on letters.
    pub country: String,
}

impl Person {
    /// The person of all the examples: Ingrid Brandvold of Oslo, born on 14 March 1987.
    pub fn ingrid() -> Self {
        Self {
            given_names: "Ingrid".into(),
            family_name: "Brandvold".into(),
            date_of_birth: date(1987, 3, 14),
            place_of_birth: "Oslo".into(),
            nationality: "NOR".into(),
            sex: 'F',
            document_number: "NB4821937".into(),
            optional_data: String::new(),
            issue_date: date(2026, 2, 18),
            expiry_date: date(2036, 2, 18),
            line1: "Storgata 14".into(),
            line2: String::new(),
            postal_code: "0184".into(),
            city: "Oslo".into(),
            country: "Norway".into(),
        }
    }

    /// A random person; the same seed and day give the same one. Most documents are valid near `today`, as those of
    /// applicants are; a tenth have expired.
    pub fn invent(seed: u64, today: Date) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed ^ 0x5eed_0f9e_091e);
        let origin = pick(rng, ORIGINS);
        let sex = if rng.random_bool(0.06) {
            'X'
        } else if rng.random() {
            'F'
        } else {
            'M'
        };
        let given = pick(rng, if sex == 'M' { origin.men } else { origin.women });
        let (given_names, family_name) = match origin.families {
            // Doc 9303-3, 4.6: a single name is the primary identifier.
            [] => (String::new(), (*given).to_owned()),
            families => ((*given).to_owned(), (*pick(rng, families)).to_owned()),
        };
        let days = |from: i64, to: i64, rng: &mut StdRng| jiff::Span::new().days(rng.random_range(from..to));
        let date_of_birth = today.saturating_sub(days(18 * 366, 92 * 365, rng));
        let years = if rng.random_bool(0.2) { 5 } else { 10 };
        let age = if rng.random_bool(0.1) { years * 365 + 4..years * 365 + 400 } else { 5..years * 365 };
        let issue_date = today.saturating_sub(days(age.start, age.end, rng));
        let expiry_date = issue_date.saturating_add(jiff::Span::new().years(years));
        let home = Home::invent(rng);
        Self {
            given_names,
            family_name,
            date_of_birth,
            place_of_birth: (*pick(rng, origin.cities)).to_owned(),
            nationality: origin.state.to_owned(),
            sex,
            document_number: number(rng),
            optional_data: if rng.random_bool(0.35) { pattern("#######", rng) } else { String::new() },
            issue_date,
            expiry_date,
            line1: home.line1,
            line2: home.line2,
            postal_code: home.postal_code,
            city: home.city,
            country: home.country.name.to_owned(),
        }
    }

    /// Given and family names, separated by a space.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_names, self.family_name).trim().to_owned()
    }

    /// The address without the country, line by line.
    pub fn address_lines(&self) -> Vec<String> {
        let own_line = self.postal_code.starts_with(|c: char| c.is_ascii_alphabetic());
        let town = if own_line {
            vec![self.city.clone(), self.postal_code.clone()]
        } else {
            vec![format!("{} {}", self.postal_code, self.city)]
        };
        [self.line1.clone(), self.line2.clone()].into_iter().filter(|line| !line.is_empty()).chain(town).collect()
    }

    /// The language of letters where they live.
    pub(crate) fn language(&self) -> Language {
        COUNTRIES.iter().find(|country| country.name == self.country).map_or(Language::English, |c| c.language)
    }

    /// Their nationality in words for passports, or else its code.
    pub(crate) fn nationality_in_words(&self) -> &str {
        ORIGINS.iter().find(|origin: &&Origin| origin.state == self.nationality).map_or(&self.nationality, |o| o.words)
    }

    pub(crate) fn holder(&self, document_type: &str) -> Holder {
        Holder {
            document_type: document_type.into(),
            issuing_state: self.nationality.clone(),
            family_name: self.family_name.clone(),
            given_names: self.given_names.clone(),
            document_number: self.document_number.clone(),
            nationality: self.nationality.clone(),
            date_of_birth: self.date_of_birth,
            sex: Some(self.sex),
            expiry_date: self.expiry_date,
            optional_data: self.optional_data.clone(),
        }
    }

    /// The machine-readable zone of their passport.
    pub fn passport_mrz(&self) -> String {
        domain::mrz::write_td3(&self.holder("P"))
    }

    /// The machine-readable zone of their identity card.
    pub fn card_mrz(&self) -> String {
        domain::mrz::write_td1(&self.holder("ID"))
    }

    /// The machine-readable zone of an identity card of size TD2.
    pub fn td2_mrz(&self) -> String {
        // `IDFRA` begins the former French card, which has a layout of its own.
        domain::mrz::write_td2(&self.holder(if self.nationality == "FRA" { "I" } else { "ID" }))
    }
}

/// A document number of up to nine characters.
fn number(rng: &mut StdRng) -> String {
    const PATTERNS: &[&str] =
        &["@@#######", "@########", "#########", "@##@##@##", "@@@######", "########", "@&&&&&&&&"];
    pattern(pick(rng, PATTERNS), rng)
}

/// A random text in the form of `pattern`: `@` a letter, `#` a digit, `&` either.
pub(crate) fn pattern(pattern: &str, rng: &mut StdRng) -> String {
    // Without O and I, as Doc 9303 advises for numbers that mix letters and digits.
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut one = |c: char| match c {
        '@' => char::from(*pick(rng, LETTERS)),
        '#' => char::from(*pick(rng, b"0123456789")),
        '&' => char::from(*pick(rng, b"CFGHJKLMNPRTVWXYZ0123456789")),
        c => c,
    };
    pattern.chars().map(&mut one).collect()
}
