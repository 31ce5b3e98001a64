//! Screens a person against all lists at once.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::decision::{Band, NAME_CLOSE, Verdict, decide};
use super::entry::{Entry, NameStrength, Source};
use super::evidence::{Evidence, plain_number};
use super::index::{Found, Index, NameScore};
use super::lists::{List, ListError, OfacFiles};
use super::screened_person::ScreenedPerson;
use super::screening::{Agreement, Explanation, Hit, ListUsed, NameEvidence, Screening, ScreeningOutcome};
use crate::names::word::Kind;

/// The most hits in a stored screening. A listed name that many share must not hide another entry.
pub const MOST_HITS: usize = 100;

/// The most namesakes in a stored screening.
const MOST_NAMESAKES: usize = 10;

/// The most names of an entry in its explanation.
const MOST_NAMES: usize = 50;

/// Lists, ready to screen against.
#[derive(Debug)]
pub struct Watchlist {
    lists: Vec<ListUsed>,
    version: String,
    published: Date,
    people: Vec<Person>,
    names: Index,
    /// Plain numbers of documents, sorted, each with the index of its entry.
    numbers: Vec<(String, u32)>,
}

/// An entry and the hash of its content.
#[derive(Debug)]
struct Person {
    entry: Entry,
    hash: String,
}

impl Watchlist {
    /// Makes lists searchable together.
    ///
    /// # Errors
    /// [`ListError::Empty`] without any list.
    pub fn new(lists: Vec<List>) -> Result<Self, ListError> {
        let published = lists.iter().map(|list| list.published).min();
        let published = published.ok_or_else(|| ListError::Empty { file: "the set of lists".to_owned() })?;
        let version = lists.iter().map(List::version).collect::<Vec<_>>().join("; ");
        let mut watchlist = Self {
            lists: Vec::new(),
            version,
            published,
            people: Vec::new(),
            names: Index::default(),
            numbers: Vec::new(),
        };
        for list in lists {
            watchlist.lists.push(ListUsed {
                source: list.source.code().to_owned(),
                published: list.published,
                entries: list.total,
                sha256: list.sha256,
                checked: None,
            });
            for entry in list.people {
                watchlist.add(entry);
            }
        }
        watchlist.names.finish();
        watchlist.numbers.sort_unstable();
        Ok(watchlist)
    }

    /// Reads OFAC's SDN.CSV and ALT.CSV, as published on the day `published`.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn from_ofac(sdn_csv: &str, alt_csv: &str, published: Date) -> Result<Self, ListError> {
        let files = OfacFiles { entries: sdn_csv.as_bytes(), aliases: alt_csv.as_bytes(), comments: b"" };
        Self::new(vec![List::from_ofac_csv(Source::OfacSdn, &files, published)?])
    }

    fn add(&mut self, entry: Entry) {
        let at = self.people.len() as u32;
        for (number, name) in entry.names.iter().enumerate() {
            self.names.add(at, u16::try_from(number).unwrap_or(u16::MAX), &name.natural());
        }
        let numbers = entry.documents.iter().map(|document| plain_number(&document.number));
        self.numbers.extend(numbers.filter(|number| !number.is_empty()).map(|number| (number, at)));
        self.people.push(Person { hash: entry.hash(), entry });
    }

    /// The versions of the lists, for instance `OFAC-SDN 2026-11-20 (17932 entries); UN 2026-11-19 (1003 entries)`.
    pub fn version(&self) -> String {
        self.version.clone()
    }

    /// The day on which the oldest of the lists was published.
    pub fn published(&self) -> Date {
        self.published
    }

    /// The lists.
    pub fn lists(&self) -> &[ListUsed] {
        &self.lists
    }

    /// The persons on the lists.
    pub fn people(&self) -> impl Iterator<Item = &Entry> {
        self.people.iter().map(|person| &person.entry)
    }

    /// Screens a person. What is a hit is the table of the module `decision`.
    pub fn screen(&self, person: &ScreenedPerson) -> Screening {
        let (mut matches, mut possible, mut namesakes) = (Vec::new(), Vec::new(), Vec::new());
        for (at, names) in self.candidates(person) {
            let Some(listed) = self.people.get(at as usize) else { continue };
            let evidence = Evidence::of(&listed.entry, person);
            let is_weak = |found: &Found| {
                let name = listed.entry.names.get(usize::from(found.name));
                name.is_some_and(|name| name.strength == NameStrength::Weak)
            };
            let band = names.iter().filter_map(|found| Band::of(found.score, is_weak(found))).max();
            let verdict = match decide(band, &evidence) {
                Verdict::Match if listed.entry.source.is_pep() => Verdict::Possible,
                verdict => verdict,
            };
            let group = match verdict {
                Verdict::Match => &mut matches,
                Verdict::Possible => &mut possible,
                Verdict::Namesake => &mut namesakes,
                Verdict::Nothing => continue,
            };
            group.push(hit(listed, &names, &evidence));
        }
        for hits in [&mut matches, &mut possible, &mut namesakes] {
            hits.sort_by(|a, b| {
                let by_points = b.points.cmp(&a.points).then(b.name_score.total_cmp(&a.name_score));
                by_points.then_with(|| (&a.source, a.entry, &a.id).cmp(&(&b.source, b.entry, &b.id)))
            });
        }
        let best = |hits: &[Hit]| hits.iter().map(|hit| hit.name_score).fold(0.0, f64::max);
        let unread_name = !person.has_readable_name();
        namesakes.truncate(MOST_NAMESAKES);
        let (score, outcome) = if !matches.is_empty() {
            let score = best(&matches);
            // Possible hits are evidence beside a match, too.
            matches.append(&mut possible);
            matches.truncate(MOST_HITS);
            (score, ScreeningOutcome::Match { hits: matches })
        } else if !possible.is_empty() || unread_name {
            possible.truncate(MOST_HITS);
            (best(&possible), ScreeningOutcome::Possible { hits: possible })
        } else {
            (best(&namesakes), ScreeningOutcome::Clear)
        };
        Screening {
            outcome,
            score,
            namesakes,
            list_version: self.version.clone(),
            published: self.published,
            lists: self.lists.clone(),
            fresh: None,
            unread_name,
        }
    }

    /// Entries with a similar name or the same number of a document, with their similar names.
    fn candidates(&self, person: &ScreenedPerson) -> BTreeMap<u32, Vec<Found>> {
        let mut candidates: BTreeMap<u32, Vec<Found>> = BTreeMap::new();
        for name in &person.names {
            for found in self.names.search(&name.given, &name.family, NAME_CLOSE) {
                let names = candidates.entry(found.owner).or_default();
                match names.iter_mut().find(|known| known.name == found.name) {
                    Some(known) if known.score.score >= found.score.score => {}
                    Some(known) => *known = found,
                    None => names.push(found),
                }
            }
        }
        for document in &person.documents {
            let number = plain_number(&document.number);
            let from = self.numbers.partition_point(|(other, _)| *other < number);
            let same = self.numbers.iter().skip(from).take_while(|(other, _)| *other == number);
            for (_, at) in same.filter(|_| !number.is_empty()) {
                candidates.entry(*at).or_default();
            }
        }
        candidates
    }
}

fn hit(listed: &Person, names: &[Found], evidence: &Evidence) -> Hit {
    let entry = &listed.entry;
    let name_score = names.iter().map(|found| found.score.score).fold(0.0, f64::max);
    let days_apart = match evidence.birth.agreement {
        super::BirthDateAgreement::Compatible | super::BirthDateAgreement::Different => evidence.birth.days_apart,
        _ => None,
    };
    let explanation = Explanation {
        names: explained(entry, names),
        date_of_birth: match evidence.birth.agreement {
            super::BirthDateAgreement::Same => Agreement::Equal,
            super::BirthDateAgreement::Compatible => Agreement::DaysApart,
            super::BirthDateAgreement::Unknown => Agreement::Unknown,
            super::BirthDateAgreement::Different => Agreement::Differs,
        },
        days_apart,
        document_number: evidence.document_number,
        sex: evidence.sex,
        nationality: evidence.nationality,
        birth_place: evidence.birth_place,
    };
    Hit {
        entry: entry.id.parse().unwrap_or_default(),
        source: entry.source.code().to_owned(),
        id: entry.id.clone(),
        entry_hash: listed.hash.clone(),
        name: entry.primary_name().to_owned(),
        programme: entry.programmes.join("; "),
        name_score,
        date_of_birth: evidence.birth.agreement,
        country: evidence.country,
        points: evidence.points(name_score),
        explanation,
    }
}

/// Every name of an entry, the most similar first.
fn explained(entry: &Entry, names: &[Found]) -> Vec<NameEvidence> {
    let score = |number: usize| names.iter().find(|found| usize::from(found.name) == number).map(|found| found.score);
    let mut explained: Vec<NameEvidence> = entry
        .names
        .iter()
        .enumerate()
        .map(|(number, name)| NameEvidence {
            listed: name.whole.clone(),
            weak: name.strength == NameStrength::Weak,
            agreement: score(number).map_or(Agreement::Differs, agreement),
            score: score(number).map_or(0.0, |score| score.score),
        })
        .collect();
    explained.sort_by(|a, b| b.score.total_cmp(&a.score));
    explained.truncate(MOST_NAMES);
    explained
}

fn agreement(name: NameScore) -> Agreement {
    match name.worst {
        Kind::Equal => Agreement::Equal,
        Kind::Romanised | Kind::Spelt => Agreement::Spelt,
        Kind::SoundsAlike => Agreement::SoundsAlike,
        Kind::Ending | Kind::Different => Agreement::Differs,
    }
}
