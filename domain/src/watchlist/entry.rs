//! One entry of a list, in the same shape for every publisher.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The tolerance of `circa`, in years either way.
const CIRCA_YEARS: i32 = 2;

/// A list that is screened against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Source {
    /// Specially Designated Nationals of the US Treasury's Office of Foreign Assets Control.
    #[serde(rename = "OFAC-SDN")]
    OfacSdn,
    /// OFAC's consolidated list of everybody else.
    #[serde(rename = "OFAC-CONS")]
    OfacConsolidated,
    /// The consolidated list of the United Nations Security Council.
    #[serde(rename = "UN")]
    Un,
    /// The consolidated list of the European Union.
    #[serde(rename = "EU")]
    Eu,
    /// The UK Sanctions List.
    #[serde(rename = "UK")]
    Uk,
    /// Politically exposed persons, a file of OpenSanctions that the operator has licensed. No sanctions list.
    #[serde(rename = "PEP")]
    Pep,
    /// The built-in sample of invented people.
    #[serde(rename = "SAMPLE")]
    Sample,
}

impl Source {
    /// Every source, in the order in which lists are named.
    pub const ALL: [Self; 7] =
        [Self::OfacSdn, Self::OfacConsolidated, Self::Un, Self::Eu, Self::Uk, Self::Pep, Self::Sample];

    /// The name in stored screenings and in settings, for instance `OFAC-SDN`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OfacSdn => "OFAC-SDN",
            Self::OfacConsolidated => "OFAC-CONS",
            Self::Un => "UN",
            Self::Eu => "EU",
            Self::Uk => "UK",
            Self::Pep => "PEP",
            Self::Sample => "SAMPLE",
        }
    }

    /// Whether its entries are politically exposed persons, who are not sanctioned.
    pub const fn is_pep(self) -> bool {
        matches!(self, Self::Pep)
    }
}

/// What a name of an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameKind {
    /// The name under which the person is listed.
    Primary,
    /// Another name: also known as, another spelling.
    Alias,
    /// A name of the past.
    Former,
}

/// How far a publisher vouches for a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NameStrength {
    /// A hit by itself.
    Strong,
    /// Too common, or too doubtful, to be a hit by itself: OFAC's weak, the UN's low, the EU's not strong aliases.
    Weak,
}

/// A name of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedName {
    /// The whole name as published, for instance `ZARENKO, Viktor` or `Виктор ЗАРЕНКО`.
    pub whole: String,
    /// Given names, where the list divides.
    pub given: Option<String>,
    /// Family names, where the list divides.
    pub family: Option<String>,
    /// What it is.
    pub kind: NameKind,
    /// How far the publisher vouches for it.
    pub strength: NameStrength,
    /// Its writing.
    pub script: Script,
}

/// A system of writing, as far as names are compared differently in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    /// Latin letters.
    Latin,
    /// Cyrillic letters.
    Cyrillic,
    /// Greek letters.
    Greek,
    /// Arabic letters.
    Arabic,
    /// Chinese characters, also with Japanese syllables.
    Han,
    /// Korean syllables.
    Hangul,
    /// Any other.
    Other,
}

impl Script {
    /// The script of a text: that of its first letter outside Latin, since Latin words stand among others.
    pub fn of(text: &str) -> Self {
        let mut letters = text.chars().filter(|c| c.is_alphabetic()).map(Self::of_letter);
        letters.find(|script| *script != Self::Latin).unwrap_or(Self::Latin)
    }

    fn of_letter(c: char) -> Self {
        match c {
            '\u{0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' | '\u{2B0}'..='\u{2FF}' | '\u{FF21}'..='\u{FF5A}' => {
                Self::Latin
            }
            '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Self::Greek,
            '\u{400}'..='\u{52F}' => Self::Cyrillic,
            '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' => {
                Self::Arabic
            }
            '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}' => {
                Self::Han
            }
            '\u{AC00}'..='\u{D7AF}' | '\u{1100}'..='\u{11FF}' => Self::Hangul,
            _ => Self::Other,
        }
    }
}

/// How precisely a list gives a date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// A day.
    Day,
    /// A month, or a range of less than a year.
    Month,
    /// A year. Also 1 January, which lists write for a year alone.
    Year,
    /// A range of years, or `circa`.
    Range,
}

/// A date of birth of a list: a range of days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BirthDate {
    /// The first possible day.
    pub from: Date,
    /// The last possible day.
    pub to: Date,
    /// How precise it is.
    pub precision: Precision,
}

impl BirthDate {
    /// A day. 1 January stays a day, but counts as no more precise than its year.
    pub fn day(day: Date) -> Self {
        let precision = if day.month() == 1 && day.day() == 1 { Precision::Year } else { Precision::Day };
        Self { from: day, to: day, precision }
    }

    /// A month of a year.
    pub fn month(year: i16, month: i8) -> Option<Self> {
        let from = Date::new(year, month, 1).ok()?;
        Some(Self { from, to: from.last_of_month(), precision: Precision::Month })
    }

    /// A whole year.
    pub fn year(year: i16) -> Option<Self> {
        (1..=9999).contains(&year).then(|| Self {
            from: date(year, 1, 1),
            to: date(year, 12, 31),
            precision: Precision::Year,
        })
    }

    /// Everything from the first day of one to the last day of the other.
    pub fn range(from: Self, to: Self) -> Option<Self> {
        let (from, to) = (from.from, to.to);
        let precision = if from.year() == to.year() { Precision::Month } else { Precision::Range };
        (from <= to).then_some(Self { from, to, precision })
    }

    /// Two years more at both ends.
    pub fn circa(self) -> Option<Self> {
        let from = self.from.checked_sub(CIRCA_YEARS.years()).ok()?;
        let to = self.to.checked_add(CIRCA_YEARS.years()).ok()?;
        Some(Self { from, to, precision: Precision::Range })
    }
}

/// Male or female, as lists and documents state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

impl Sex {
    /// From `Male`, `M`, `female`, `F`...; `None` for anything else, also for `X`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "m" | "male" => Some(Self::Male),
            "f" | "female" => Some(Self::Female),
            _ => None,
        }
    }
}

/// What a document of an entry is, as far as applicants have it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedDocumentKind {
    /// A passport or another travel document.
    Passport,
    /// An identity card, or a personal number of a state.
    NationalId,
    /// A driving licence.
    Licence,
    /// Anything else that identifies a person.
    Other,
}

/// A document of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDocument {
    /// What it is.
    pub kind: ListedDocumentKind,
    /// Its number as published.
    pub number: String,
    /// The issuing country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// A place of birth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Town and region as published.
    pub town: Option<String>,
    /// The country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
}

/// A person on a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The list.
    pub source: Source,
    /// The publisher's identifier: OFAC's number, the UN's reference, the EU's logical number, the UK's unique ID.
    pub id: String,
    /// At least one, the primary one first.
    pub names: Vec<ListedName>,
    /// Dates of birth; any may be right.
    pub births: Vec<BirthDate>,
    /// Whether a date of birth could not be read. No other day can be excluded then.
    pub unclear_birth: bool,
    /// Places of birth.
    pub birth_places: Vec<Place>,
    /// Nationalities and citizenships, ISO 3166-1 alpha-2.
    pub nationalities: Vec<String>,
    /// Male or female; `None` also where the list names both.
    pub sex: Option<Sex>,
    /// Documents.
    pub documents: Vec<ListedDocument>,
    /// Sanctions programmes.
    pub programmes: Vec<String>,
}

impl Entry {
    /// An entry with an identifier and nothing else.
    pub fn new(source: Source, id: impl Into<String>) -> Self {
        Self {
            source,
            id: id.into(),
            names: Vec::new(),
            births: Vec::new(),
            unclear_birth: false,
            birth_places: Vec::new(),
            nationalities: Vec::new(),
            sex: None,
            documents: Vec::new(),
            programmes: Vec::new(),
        }
    }

    /// A hash of everything that is compared: the same entry has the same hash in every issue of its list, and a new
    /// alias, date or document changes it. 32 hexadecimal digits of SHA-256.
    pub fn hash(&self) -> String {
        // A shape of plain values always has a JSON form.
        let json = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(&json).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The name under which it is listed.
    pub fn primary_name(&self) -> &str {
        self.names.first().map_or("", |name| name.whole.as_str())
    }

    /// Countries of nationality and birth, and of the issuers of documents.
    pub fn countries(&self) -> impl Iterator<Item = &str> {
        let places = self.birth_places.iter().filter_map(|place| place.country.as_deref());
        let issuers = self.documents.iter().filter_map(|document| document.country.as_deref());
        self.nationalities.iter().map(String::as_str).chain(places).chain(issuers)
    }

    pub(super) fn add_name(&mut self, name: ListedName) {
        let is_known = self.names.iter().any(|known| known.whole == name.whole && known.strength == name.strength);
        if !name.whole.is_empty() && !is_known {
            self.names.push(name);
        }
    }

    pub(super) fn add_birth(&mut self, birth: Option<BirthDate>) {
        match birth {
            None => self.unclear_birth = true,
            Some(birth) if self.births.contains(&birth) => {}
            Some(birth) => self.births.push(birth),
        }
    }

    pub(super) fn add_birth_place(&mut self, place: Place) {
        let is_empty = place.town.is_none() && place.country.is_none();
        if !is_empty && !self.birth_places.contains(&place) {
            self.birth_places.push(place);
        }
    }

    pub(super) fn add_nationality(&mut self, alpha2: Option<&str>) {
        if let Some(code) = alpha2
            && !self.nationalities.iter().any(|known| known == code)
        {
            self.nationalities.push(code.to_owned());
        }
    }

    pub(super) fn add_document(&mut self, document: ListedDocument) {
        if !document.number.is_empty() && !self.documents.contains(&document) {
            self.documents.push(document);
        }
    }

    pub(super) fn add_programme(&mut self, programme: &str) {
        let programme = programme.trim();
        if !programme.is_empty() && !self.programmes.iter().any(|known| known == programme) {
            self.programmes.push(programme.to_owned());
        }
    }
}

impl ListedName {
    /// A name that the list does not divide.
    pub fn whole(whole: impl Into<String>, kind: NameKind, strength: NameStrength) -> Self {
        let whole = whole.into();
        let script = Script::of(&whole);
        Self { whole: whole.trim().to_owned(), given: None, family: None, kind, strength, script }
    }

    /// A name in two halves; a missing half is empty.
    pub fn divided(given: &str, family: &str, kind: NameKind, strength: NameStrength) -> Self {
        let (given, family) = (given.trim(), family.trim());
        let whole = match (given, family) {
            ("", family) => family.to_owned(),
            (given, "") => given.to_owned(),
            (given, family) => format!("{family}, {given}"),
        };
        let half = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self { given: half(given), family: half(family), ..Self::whole(whole, kind, strength) }
    }

    /// The name as a person would write it: given names, then family names.
    pub fn natural(&self) -> String {
        match (&self.given, &self.family) {
            (Some(given), Some(family)) => format!("{given} {family}"),
            _ => match self.whole.split_once(", ") {
                // A list that does not divide still writes the family name before a comma.
                Some((family, given)) => format!("{given} {family}"),
                None => self.whole.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn first_of_january_counts_as_a_year() {
        assert_eq!(BirthDate::day(date(1969, 1, 1)).precision, Precision::Year);
        assert_eq!(BirthDate::day(date(1969, 1, 2)).precision, Precision::Day);
    }

    #[test]
    fn scripts_are_told_apart() {
        for (text, script) in [
            ("ZARENKO, Viktor", Script::Latin),
            ("Nguyễn Văn", Script::Latin),
            ("Виктор", Script::Cyrillic),
            ("Γιώργος", Script::Greek),
            ("محمد حسن", Script::Arabic),
            ("王小明", Script::Han),
            ("マイケル", Script::Han),
            ("김정은", Script::Hangul),
            ("សុខ", Script::Other),
            ("a.k.a. 王", Script::Han),
        ] {
            assert_eq!(Script::of(text), script, "{text}");
        }
    }

    #[test]
    fn hash_changes_with_content_only() {
        let mut entry = Entry::new(Source::Un, "QDi.001");
        entry.add_name(ListedName::divided("Viktor", "ZARENKO", NameKind::Primary, NameStrength::Strong));
        let before = entry.hash();
        assert_eq!((before.len(), entry.clone().hash()), (32, before.clone()));
        entry.add_birth(BirthDate::year(1971));
        assert_ne!(entry.hash(), before);
    }

    #[test]
    fn natural_order_is_given_name_first() {
        let natural = |whole: &str| ListedName::whole(whole, NameKind::Primary, NameStrength::Strong).natural();
        assert_eq!(natural("ZARENKO, Viktor"), "Viktor ZARENKO");
        assert_eq!(natural("SUWARTONO"), "SUWARTONO");
        let divided = ListedName::divided("Viktor", "ZARENKO", NameKind::Alias, NameStrength::Weak);
        assert_eq!((divided.whole.as_str(), divided.natural().as_str()), ("ZARENKO, Viktor", "Viktor ZARENKO"));
    }

    #[test]
    fn source_codes_are_their_stored_names() {
        for source in Source::ALL {
            assert_eq!(serde_json::to_value(source).unwrap(), source.code());
        }
    }
}
