//! Sanctions lists: OFAC's Specially Designated Nationals in their published delimited form (SDN.CSV, ALT.CSV), and the
//! screening of a person against them.
//!
//! A name alone does not separate a listed person from a namesake. So the name is compared first; date of birth and
//! countries are compared separately, and decide the outcome for a similar name.

mod csv;
mod index;
mod remarks;
mod screened_person;

use std::collections::HashMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::names::FullName;
use index::Index;
use remarks::BirthDates;
pub use screened_person::ScreenedPerson;
use screened_person::alpha2;

/// From this name score on, a listed name is a hit unless the dates of birth differ.
pub const NAME_HIT: f64 = 0.85;

/// From this name score on, a listed name is a hit if the date of birth is the same to the day. It is the score of two
/// agreeing parts of three.
pub const NAME_CLOSE: f64 = 0.65;

/// The label of the list that the US Treasury publishes.
const OFAC: &str = "OFAC-SDN";

/// The most hits in a screening, best first.
const MOST_HITS: usize = 10;

/// The reason why a text is not a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A record is not of the published form.
    #[error("{file}, line {line}: {problem}")]
    Malformed {
        /// `SDN.CSV` or `ALT.CSV`.
        file: &'static str,
        /// The line, from 1.
        line: usize,
        /// The problem.
        problem: &'static str,
    },
    /// No entries: an empty list would clear every applicant.
    #[error("SDN.CSV has no entries")]
    Empty,
}

/// Agreement of a person's date of birth with an entry's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BirthDateAgreement {
    /// The same day.
    Same,
    /// Within a year or a range of the list; or with day and month swapped; or one of year, month and day differs.
    Compatible,
    /// The list has none, or one that cannot be parsed.
    Unknown,
    /// Another day.
    Different,
}

/// Agreement of a person's countries with an entry's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountryAgreement {
    /// They have one in common.
    Shared,
    /// The list, or the person, gives none.
    Unknown,
    /// They have none in common.
    Different,
}

/// An entry with a name similar to the person's: evidence for a reviewer, never disclosed to the applicant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// OFAC's number of the entry.
    pub entry: u32,
    /// Its first name on the list, `FAMILY, Given`.
    pub name: String,
    /// The sanctions programme.
    pub programme: String,
    /// Similarity of the names, from 0 to 1.
    pub name_score: f64,
    /// Agreement of the dates of birth.
    pub date_of_birth: BirthDateAgreement,
    /// Agreement of the countries.
    pub country: CountryAgreement,
}

/// The outcome of a screening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ScreeningOutcome {
    /// Nobody on the list matches.
    Clear,
    /// The applicant may be on the list; a person must look.
    Possible {
        /// Best first, at most ten.
        hits: Vec<Hit>,
    },
    /// The applicant is on the list, by name and date of birth; a person must confirm.
    Match {
        /// Best first, at most ten.
        hits: Vec<Hit>,
    },
}

/// A screening; it is stored with the decision that it led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Screening {
    /// The outcome.
    #[serde(flatten)]
    pub outcome: ScreeningOutcome,
    /// The best name score among the hits or, for a clear outcome, among the namesakes; from 0 to 1.
    pub score: f64,
    /// Entries with a similar name that are other people by their date of birth; best first, at most ten.
    pub namesakes: Vec<Hit>,
    /// [`Watchlist::version`] of the list screened.
    pub list_version: String,
    /// The day on which that list was published.
    pub published: Date,
}

#[derive(Debug)]
struct Entry {
    number: u32,
    name: String,
    programme: String,
    births: Vec<BirthDates>,
    unclear_birth: bool,
    countries: Vec<&'static str>,
}

/// A list, ready to screen against.
#[derive(Debug)]
pub struct Watchlist {
    label: &'static str,
    published: Date,
    total: usize,
    people: Vec<Entry>,
    names: Index,
    /// Aliases that are too common to be a hit alone.
    weak_names: Index,
}

impl Watchlist {
    /// Reads OFAC's SDN.CSV and ALT.CSV, as published on the day `published`. Persons are screened. Entities, vessels
    /// and aircraft are only counted, since they cannot apply.
    ///
    /// # Errors
    /// [`ListError`] with file and line. A list is accepted completely or not at all, because a lost entry could clear
    /// a listed person.
    pub fn from_ofac(sdn_csv: &str, alt_csv: &str, published: Date) -> Result<Self, ListError> {
        let mut list = Self {
            label: OFAC,
            published,
            total: 0,
            people: Vec::new(),
            names: Index::default(),
            weak_names: Index::default(),
        };
        // Entry number to index in `people`; `None` for an entry that is not a person.
        let mut places: HashMap<u32, Option<usize>> = HashMap::new();
        for record in csv::records(SDN, sdn_csv)? {
            let malformed = |problem| ListError::Malformed { file: SDN, line: record.line, problem };
            if record.len() < 12 {
                return Err(malformed("fewer than twelve columns"));
            }
            let number = number(&record).ok_or_else(|| malformed("the first column is not an entry number"))?;
            let name = record.get(1).ok_or_else(|| malformed("no name"))?;
            let person = record.get(2).is_some_and(|kind| kind.eq_ignore_ascii_case("individual"));
            let place = person.then_some(list.people.len());
            if places.insert(number, place).is_some() {
                return Err(malformed("the entry number was used before"));
            }
            list.total += 1;
            if let Some(place) = place {
                let remarks = remarks::parse(record.get(11).unwrap_or_default());
                list.names.add(place, name);
                for weak in &remarks.weak_names {
                    list.weak_names.add(place, weak);
                }
                list.people.push(Entry {
                    number,
                    name: name.to_owned(),
                    programme: record.get(3).unwrap_or_default().to_owned(),
                    births: remarks.births,
                    unclear_birth: remarks.unclear_birth,
                    countries: remarks.countries,
                });
            }
        }
        for record in csv::records(ALT, alt_csv)? {
            let malformed = |problem| ListError::Malformed { file: ALT, line: record.line, problem };
            let number = number(&record).ok_or_else(|| malformed("the first column is not an entry number"))?;
            let name = record.get(3).ok_or_else(|| malformed("no name"))?;
            let place = places
                .get(&number)
                .ok_or_else(|| malformed("no such entry in SDN.CSV; the two are of different days"))?;
            if let Some(place) = *place {
                list.names.add(place, name);
            }
        }
        if list.total == 0 { Err(ListError::Empty) } else { Ok(list) }
    }

    /// The list with another label than `OFAC-SDN`, for a list in OFAC's format that OFAC did not publish.
    #[must_use]
    pub fn labelled(self, label: &'static str) -> Self {
        Self { label, ..self }
    }

    /// Label, date and size of the list, for instance `OFAC-SDN 2026-11-20 (17932 entries)`.
    pub fn version(&self) -> String {
        format!("{} {} ({} entries)", self.label, self.published, self.total)
    }

    /// The day on which the list was published.
    pub fn published(&self) -> Date {
        self.published
    }

    /// Screens a person.
    ///
    /// | name score | same day | compatible | unknown | different |
    /// |---|---|---|---|---|
    /// | [`NAME_HIT`] and more | match | match if a country is shared, else possible | possible | namesake |
    /// | [`NAME_CLOSE`] and more | possible | - | - | - |
    /// | weak alias, [`NAME_HIT`] and more | possible | possible | - | - |
    pub fn screen(&self, person: &ScreenedPerson) -> Screening {
        let (mut matches, mut possible, mut namesakes) = (Vec::new(), Vec::new(), Vec::new());
        for (place, score, weak) in self.candidates(person) {
            let Some(entry) = self.people.get(place) else { continue };
            let hit = entry.hit(person, score);
            use BirthDateAgreement::{Compatible, Different, Same, Unknown};
            let strong = score >= NAME_HIT && !weak;
            match hit.date_of_birth {
                Same if strong => matches.push(hit),
                Same if score >= NAME_HIT || !weak => possible.push(hit),
                Compatible if strong && hit.country == CountryAgreement::Shared => matches.push(hit),
                Compatible if score >= NAME_HIT => possible.push(hit),
                Unknown if strong => possible.push(hit),
                Different if strong => namesakes.push(hit),
                Same | Compatible | Unknown | Different => {}
            }
        }
        for hits in [&mut matches, &mut possible, &mut namesakes] {
            hits.sort_by(|a, b| b.name_score.total_cmp(&a.name_score).then(a.entry.cmp(&b.entry)));
        }
        let best = |hits: &[Hit]| hits.first().map_or(0.0, |hit| hit.name_score);
        namesakes.truncate(MOST_HITS);
        let (score, outcome) = if !matches.is_empty() {
            let score = best(&matches);
            // Possible hits are evidence beside a match, too.
            matches.append(&mut possible);
            matches.truncate(MOST_HITS);
            (score, ScreeningOutcome::Match { hits: matches })
        } else if !possible.is_empty() {
            possible.truncate(MOST_HITS);
            (best(&possible), ScreeningOutcome::Possible { hits: possible })
        } else {
            (best(&namesakes), ScreeningOutcome::Clear)
        };
        Screening { outcome, score, namesakes, list_version: self.version(), published: self.published }
    }

    /// Indexes of people with similar names, each once with its best score, and whether only a weak alias is similar.
    fn candidates(&self, person: &ScreenedPerson) -> Vec<(usize, f64, bool)> {
        let mut found: Vec<(usize, f64, bool)> = Vec::new();
        for name in person.names.iter().map(FullName::whole) {
            found.extend(self.names.search(&name, NAME_CLOSE).into_iter().map(|(place, score)| (place, score, false)));
            found
                .extend(self.weak_names.search(&name, NAME_HIT).into_iter().map(|(place, score)| (place, score, true)));
        }
        // A hit by a proper name first, then a weak alias, then a proper name that is only close.
        let rank = |&(_, score, weak): &(usize, f64, bool)| if score < NAME_HIT { 2 } else { u8::from(weak) };
        found.sort_by(|a, b| a.0.cmp(&b.0).then(rank(a).cmp(&rank(b))).then(b.1.total_cmp(&a.1)));
        found.dedup_by_key(|(place, ..)| *place);
        found
    }
}

const SDN: &str = "SDN.CSV";
const ALT: &str = "ALT.CSV";

fn number(record: &csv::Record) -> Option<u32> {
    record.get(0)?.parse().ok()
}

impl Entry {
    fn hit(&self, person: &ScreenedPerson, name_score: f64) -> Hit {
        Hit {
            entry: self.number,
            name: self.name.clone(),
            programme: self.programme.clone(),
            name_score,
            date_of_birth: self.date_agreement(&person.dates_of_birth),
            country: self.country_agreement(&person.countries),
        }
    }

    fn date_agreement(&self, born: &[Date]) -> BirthDateAgreement {
        let any = |agrees: fn(BirthDates, Date) -> bool| {
            self.births.iter().any(|listed| born.iter().any(|born| agrees(*listed, *born)))
        };
        if self.births.is_empty() || born.is_empty() {
            BirthDateAgreement::Unknown
        } else if any(|listed, born| listed.from == born && listed.to == born) {
            BirthDateAgreement::Same
        } else if any(is_compatible) {
            BirthDateAgreement::Compatible
        } else if self.unclear_birth {
            BirthDateAgreement::Unknown
        } else {
            BirthDateAgreement::Different
        }
    }

    fn country_agreement(&self, countries: &[String]) -> CountryAgreement {
        let mut known = countries.iter().filter_map(|code| alpha2(code)).peekable();
        if self.countries.is_empty() || known.peek().is_none() {
            CountryAgreement::Unknown
        } else if known.any(|country| self.countries.contains(&country)) {
            CountryAgreement::Shared
        } else {
            CountryAgreement::Different
        }
    }
}

fn is_compatible(listed: BirthDates, born: Date) -> bool {
    if listed.from != listed.to {
        return listed.from <= born && born <= listed.to;
    }
    let listed = listed.from;
    let same = [listed.year() == born.year(), listed.month() == born.month(), listed.day() == born.day()];
    let swapped = same[0] && listed.month() == born.day() && listed.day() == born.month();
    swapped || same.iter().filter(|same| **same).count() == 2
}

#[cfg(test)]
mod tests;
