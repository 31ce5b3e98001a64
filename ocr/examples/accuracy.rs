//! How well and how fast documents are read: `cargo run -p ocr --example accuracy -- --seeds 50`.
//!
//! Draws documents of invented people, by kind and by what a camera does to them, reads them one at a time, and prints how many
//! fields were exact, doubtful (shown to the applicant), missing, or wrong without doubt: the last is what matters most.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use domain::document::{DOUBTFUL_BELOW, DocumentKind, FieldName};
use jiff::civil::{Date, date};
use ocr::{ReadError, Reader, ReaderConfig};
use specimens::{Bill, Degrade, Look, Person};

const TODAY: Date = date(2026, 11, 21);

const PEOPLE: [(&str, &str, &str, char, &str); 8] = [
    ("Ingrid", "Brandvold", "NOR", 'F', "NB4821937"),
    ("Viktor", "Zarenko", "UKR", 'M', "FE0218846"),
    ("Anna Maria", "García López", "ESP", 'F', "PAB651204"),
    ("Jürgen", "Müller-Lüdenscheid", "D", 'M', "C01X00T47"),
    ("Siobhán", "O'Brien", "IRL", 'F', "LT6180053"),
    ("Søren", "Ørsted", "DNK", 'M', "208815370"),
    ("Kwame", "Agyeman", "GHA", 'M', "G0Q8B5S2Z"),
    ("Li", "Wu", "SGP", 'X', "K7761923E"),
];

#[derive(Default)]
struct Tally {
    read: u32,
    refused: u32,
    exact: u32,
    doubtful: u32,
    missing: u32,
    wrong: u32,
    times: Vec<Duration>,
    notes: BTreeMap<String, u32>,
}

fn person(seed: u64) -> Person {
    let (given, family, state, sex, number) = PEOPLE[seed as usize % PEOPLE.len()];
    Person {
        given_names: given.into(),
        family_name: family.into(),
        nationality: state.into(),
        sex,
        document_number: number.into(),
        date_of_birth: date(1950 + (seed * 7 % 55) as i16, 1 + (seed * 5 % 12) as i8, 1 + (seed * 11 % 28) as i8),
        ..Person::ingrid()
    }
}

fn expected(kind: DocumentKind, person: &Person, bill: &Bill) -> Vec<(FieldName, String)> {
    if kind == DocumentKind::ProofOfAddress {
        let address = format!("{}, {} {}, {}", person.line1, person.postal_code, person.city, person.country);
        return vec![
            (FieldName::FullName, person.full_name()),
            (FieldName::Address, address),
            (FieldName::IssueDate, bill.issue_date.to_string()),
            (FieldName::Issuer, bill.issuer.clone()),
        ];
    }
    let mut fields = vec![
        (FieldName::GivenNames, person.given_names.clone()),
        (FieldName::FamilyName, person.family_name.clone()),
        (FieldName::DateOfBirth, person.date_of_birth.to_string()),
        (FieldName::DocumentNumber, person.document_number.clone()),
        (FieldName::ExpiryDate, person.expiry_date.to_string()),
    ];
    match kind {
        DocumentKind::Passport => fields.push((FieldName::Mrz, person.passport_mrz())),
        DocumentKind::IdentityCard => fields.push((FieldName::Mrz, person.card_mrz())),
        _ => {}
    }
    fields
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let first: u64 = value("--first").and_then(|n| n.parse().ok()).unwrap_or(0);
    let seeds: u64 = value("--seeds").and_then(|n| n.parse().ok()).unwrap_or(10);
    let look = value("--look").map(|look| look.to_lowercase());
    let only = value("--kind").and_then(|kind| kind.parse::<DocumentKind>().ok());
    let verbose = arguments.iter().any(|a| a == "--verbose");
    let languages = value("--languages").map_or_else(Vec::new, |l| l.split('+').map(str::to_owned).collect());
    let reader = Reader::new(ReaderConfig { languages, ..ReaderConfig::default() })?;
    println!(
        "{:<16} {:<11} {:>5} {:>7} {:>6} {:>8} {:>7} {:>6} {:>7} {:>7}",
        "kind", "look", "read", "refused", "exact", "doubtful", "missing", "wrong", "median", "slowest"
    );
    for kind in DocumentKind::ALL.into_iter().filter(|kind| only.is_none_or(|only| only == *kind)) {
        for degrade in [Degrade::None, Degrade::Light, Degrade::Phone, Degrade::Unreadable, Degrade::Dark] {
            if look.as_ref().is_some_and(|look| *look != format!("{degrade:?}").to_lowercase()) {
                continue;
            }
            let mut tally = Tally::default();
            let count = if matches!(degrade, Degrade::Phone | Degrade::Light) { seeds } else { seeds.div_ceil(4) };
            for seed in first..first + count {
                one(&reader, kind, degrade, seed, &mut tally, verbose).await?;
            }
            tally.times.sort();
            let median = tally.times[tally.times.len() / 2].as_secs_f32();
            let slowest = tally.times[tally.times.len() - 1].as_secs_f32();
            println!(
                "{:<16} {:<11} {:>5} {:>7} {:>6} {:>8} {:>7} {:>6} {:>6.2}s {:>6.2}s",
                kind.as_str(),
                format!("{degrade:?}").to_lowercase(),
                tally.read,
                tally.refused,
                tally.exact,
                tally.doubtful,
                tally.missing,
                tally.wrong,
                median,
                slowest
            );
            for (note, count) in tally.notes {
                println!("    {count:>3} {note}");
            }
        }
    }
    Ok(())
}

async fn one(
    reader: &Reader,
    kind: DocumentKind,
    degrade: Degrade,
    seed: u64,
    tally: &mut Tally,
    verbose: bool,
) -> Result<(), Box<dyn Error>> {
    let person = person(seed);
    let bill = Bill::issued(date(2026, 11, 1));
    let look = Look::new(degrade, seed);
    let picture = match kind {
        DocumentKind::Passport => specimens::draw_passport(&person, &look)?,
        DocumentKind::IdentityCard => specimens::draw_identity_card(&person, &look)?,
        DocumentKind::DrivingLicence => specimens::draw_driving_licence(&person, &look)?,
        DocumentKind::ProofOfAddress => specimens::draw_utility_bill(&person, &bill, &look)?,
    };
    let file = specimens::jpeg(&picture, 88)?;
    let start = Instant::now();
    let reading = reader.read(kind, file.into(), TODAY, &|_| {}).await;
    tally.times.push(start.elapsed());
    let reading = match reading {
        Ok(reading) => reading,
        Err(ReadError::Unreadable { reason, .. }) => {
            tally.refused += 1;
            *tally.notes.entry(format!("{reason:?}")).or_insert(0) += 1;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    tally.read += 1;
    for (name, value) in expected(kind, &person, &bill) {
        let slot = match reading.fields.get(&name) {
            None => &mut tally.missing,
            Some(field) if field.value == value => {
                if field.confidence < DOUBTFUL_BELOW && name != FieldName::Mrz {
                    *tally.notes.entry(format!("exact but doubtful: {name:?}")).or_insert(0) += 1;
                }
                &mut tally.exact
            }
            Some(field) if field.confidence < DOUBTFUL_BELOW => &mut tally.doubtful,
            Some(_) => &mut tally.wrong,
        };
        *slot += 1;
        let exact = reading.fields.get(&name).is_some_and(|field| field.value == value);
        if verbose && !exact {
            println!("    seed {seed}: {name:?} should be {value:?}, is {:?}", reading.fields.get(&name));
        }
    }
    Ok(())
}
