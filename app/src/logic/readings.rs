//! The provenance of a field as text: provider, source, confidence, and whether the readings agree.

use domain::agreement::agree;
use domain::document::{Agreement, Field, FieldName, FieldSource, Provider};

use super::fields::shown;
use super::text;

/// The icon beside a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The applicant need not act.
    Fine,
    /// The applicant typed or chose it.
    Applicant,
    /// The readings differ.
    Differs,
}

/// The provenance in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Its icon.
    pub mark: Mark,
    /// The text.
    pub text: String,
}

/// One reading of a field, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingLine {
    /// The value as shown.
    pub value: String,
    /// Source, provider and confidence.
    pub by: String,
    /// Whether it agrees with the first reading. `None` for the first one.
    pub same: Option<bool>,
}

/// A value to choose from if readings differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The value as stored.
    pub value: String,
    /// The value as shown.
    pub shown: String,
    /// The readings that have it.
    pub says: String,
}

/// One reading, the current or another one.
struct FieldReading<'a> {
    value: &'a str,
    confidence: f64,
    /// `None` for a correction by a version that did not keep the source.
    source: Option<FieldSource>,
    provider: Provider,
    /// Whether it is the field's own reading.
    own: bool,
    /// Whether the server found that it agrees with that one.
    agrees: Option<bool>,
}

/// Whether two readings agree. What the server found counts before what the page finds: it knows more scripts.
fn same(name: FieldName, first: &FieldReading<'_>, other: &FieldReading<'_>) -> bool {
    other.agrees.filter(|_| first.own).unwrap_or_else(|| agree(name, first.value, other.value))
}

/// All readings, the current one first. A value that the applicant typed is not a reading.
fn all_readings(field: &Field) -> Vec<FieldReading<'_>> {
    let source = Some(field.source).filter(|source| *source != FieldSource::Applicant).or(field.read_source);
    let read = match (&field.read_value, source) {
        (Some(read), _) => Some(read.as_str()),
        (None, Some(_)) => Some(field.value.as_str()),
        (None, None) => None,
    };
    let first = read.map(|value| {
        let (confidence, provider) = (field.confidence, field.provider);
        FieldReading { value, confidence, source, provider, own: true, agrees: None }
    });
    let others = field.other_readings.iter().map(|other| FieldReading {
        value: &other.value,
        confidence: other.confidence,
        source: Some(other.source),
        provider: other.provider,
        own: false,
        agrees: other.agrees,
    });
    first.into_iter().chain(others).collect()
}

/// The source of a reading, as the subject of a sentence.
pub const fn place(source: FieldSource) -> &'static str {
    match source {
        FieldSource::Mrz => "the coded lines",
        FieldSource::Barcode => "the barcode",
        FieldSource::PrintedZone => "the printed page",
        FieldSource::TextLayer => "the file's text",
        FieldSource::Provider => "the document",
        FieldSource::Applicant => "you",
    }
}

/// The source of a reading in a word or two.
const fn short(source: FieldSource) -> &'static str {
    match source {
        FieldSource::Mrz => "coded lines",
        FieldSource::Barcode => "barcode",
        FieldSource::PrintedZone => "page",
        FieldSource::TextLayer => "text",
        FieldSource::Provider => "document",
        FieldSource::Applicant => "you",
    }
}

const fn verb(source: FieldSource) -> &'static str {
    match source {
        FieldSource::Mrz | FieldSource::Applicant => "say",
        _ => "says",
    }
}

/// The name of a provider for the applicant.
pub const fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Custom => "our own reader",
        Provider::Textract => "Amazon Textract",
        Provider::GoogleVision => "Google Cloud Vision",
        Provider::AzureDocumentIntelligence => "Azure Document Intelligence",
    }
}

/// The provenance of a field in one line: confidence, source, and the other readings.
pub fn summary(name: FieldName, field: &Field) -> Summary {
    let agreement = field.agreement(name);
    let others: Vec<_> = field.other_readings.iter().filter(|other| !field.agrees(name, other)).collect();
    if field.source == FieldSource::Applicant {
        let is_chosen = |value: &str| field.value == value || agree(name, &field.value, value);
        let chosen = field.other_readings.iter().find(|other| is_chosen(&other.value));
        let text = match (chosen, &field.read_value) {
            (Some(other), Some(_)) => format!("Chosen by you, as {} {}", place(other.source), verb(other.source)),
            (_, Some(_)) => "Corrected by you".to_owned(),
            (_, None) => "Typed by you".to_owned(),
        };
        return Summary { mark: Mark::Applicant, text };
    }
    let from = place(field.source);
    let sure = sentence(text::confidence(field.confidence));
    let readers = others_text(&others.iter().map(|other| (other.source, other.provider)).collect::<Vec<_>>(), field);
    match agreement {
        Agreement::Disagrees if field.confirmed => {
            Summary { mark: Mark::Applicant, text: format!("Confirmed by you, from {from}; {readers} something else") }
        }
        Agreement::Disagrees => Summary {
            mark: Mark::Differs,
            text: format!("{} {} this; {readers} something else", sentence(from), verb(field.source)),
        },
        _ if field.confirmed => Summary { mark: Mark::Fine, text: format!("Confirmed by you, from {from}") },
        Agreement::Agrees => {
            let mut places = vec![short(field.source)];
            for other in &field.other_readings {
                if !places.contains(&short(other.source)) {
                    places.push(short(other.source));
                }
            }
            let text = match places.len() {
                1 => format!("{sure}, from {from}; all agree"),
                _ => format!("{sure}; {} agree", listed(&places)),
            };
            Summary { mark: Mark::Fine, text }
        }
        Agreement::Alone => Summary { mark: Mark::Fine, text: format!("{sure}, from {from}") },
    }
}

/// The readings that differ, with a verb: named by their source, or by the provider if the source is the same.
fn others_text(others: &[(FieldSource, Provider)], field: &Field) -> String {
    match others {
        [(source, provider)] if *source == field.source => format!("{} reads", provider_name(*provider)),
        [(source, _)] => format!("{} {}", place(*source), verb(*source)),
        _ => "other readings say".to_owned(),
    }
}

/// Every reading of a field, the current one first.
pub fn readings(name: FieldName, field: &Field) -> Vec<ReadingLine> {
    let all = all_readings(field);
    let first = all.first();
    all.iter()
        .enumerate()
        .map(|(index, one)| {
            let by = provider_name(one.provider);
            let sure = text::percent(one.confidence);
            let by = match one.source {
                Some(source) => format!("{}, read by {by}, {sure}\u{a0}sure", sentence(place(source))),
                None => format!("What we had read, by {by}, {sure}\u{a0}sure"),
            };
            let same = (index > 0).then(|| first.is_some_and(|first| same(name, first, one)));
            ReadingLine { value: shown(name, one.value), by, same }
        })
        .collect()
}

/// The values to choose from if readings differ, each once, in the order of the readings. Fewer than two: the readings
/// agree.
pub fn offers(name: FieldName, field: &Field) -> Vec<Offer> {
    let all = all_readings(field);
    let by_place =
        all.iter().enumerate().all(|(index, one)| all.iter().skip(index + 1).all(|other| other.source != one.source));
    let mut groups: Vec<Vec<&FieldReading<'_>>> = Vec::new();
    for one in &all {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| same(name, first, one))) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
        .into_iter()
        .filter_map(|group| {
            let first = group.first()?;
            let source = first.source.unwrap_or(FieldSource::Provider);
            let says = if by_place {
                let places: Vec<_> = group.iter().filter_map(|one| one.source).map(place).collect();
                let group_verb = if group.len() > 1 { "say" } else { verb(source) };
                format!("{} {group_verb} this", sentence(&listed(&places)))
            } else {
                let readers: Vec<_> = group.iter().map(|one| provider_name(one.provider)).collect();
                format!("Read by {}, from {}", listed(&readers), place(source))
            };
            Some(Offer { value: first.value.to_owned(), shown: shown(name, first.value), says })
        })
        .collect()
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// The text with a capital first letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::document::{Document, DocumentKind};
    use uuid::Uuid;

    const BORN: FieldName = FieldName::DateOfBirth;

    fn zone(value: &str) -> Field {
        Field::read(value, 0.99, FieldSource::Mrz)
    }

    fn page(value: &str) -> Field {
        Field::read(value, 0.91, FieldSource::PrintedZone)
    }

    fn line(field: &Field) -> (Mark, String) {
        let Summary { mark, text } = summary(BORN, field);
        (mark, text)
    }

    /// The field after the applicant confirmed `value`.
    fn confirmed(field: Field, value: &str) -> Field {
        let fields = [(BORN, field)].into_iter().collect();
        let mut document = Document::new(Uuid::nil(), "f".into(), DocumentKind::Passport, fields);
        document.confirm(BORN, value);
        document.extracted_fields.remove(&BORN).unwrap()
    }

    #[test]
    fn agreeing_readings_are_summarised_in_one_line() {
        assert_eq!(line(&page("1987-03-14")), (Mark::Fine, "Read well, from the printed page".into()));
        let both = zone("1987-03-14").beside(&page("1987-03-14"));
        assert_eq!(line(&both), (Mark::Fine, "Read clearly; coded lines and page agree".into()));
        let twice = page("1987-03-14").beside(&page("1987-03-14").by(Provider::Textract));
        assert_eq!(line(&twice), (Mark::Fine, "Read well, from the printed page; all agree".into()));
    }

    #[test]
    fn agreement_that_the_server_found_counts() {
        // Values that differ here, as in a script that the page does not know.
        let mut field = page("1987-03-14").beside(&zone("1987-03-15"));
        assert_eq!((readings(BORN, &field)[1].same, offers(BORN, &field).len()), (Some(false), 2));
        field.other_readings[0].agrees = Some(true);
        assert_eq!((readings(BORN, &field)[1].same, offers(BORN, &field).len()), (Some(true), 1));
        assert_eq!(summary(BORN, &field).mark, Mark::Fine);
    }

    #[test]
    fn differing_reading_is_named() {
        let differs = page("1987-03-14").beside(&zone("1987-03-15"));
        let text = "The printed page says this; the coded lines say something else";
        assert_eq!(line(&differs), (Mark::Differs, text.into()));
        let text = "Confirmed by you, from the printed page; the coded lines say something else";
        assert_eq!(line(&confirmed(differs.clone(), "1987-03-14")), (Mark::Applicant, text.into()));
        let (mark, text) = line(&confirmed(differs, "1987-03-15"));
        assert_eq!((mark, text.as_str()), (Mark::Applicant, "Chosen by you, as the coded lines say"));
        let twice = page("1987-03-14").beside(&page("1987-03-15").by(Provider::GoogleVision));
        let text = "The printed page says this; Google Cloud Vision reads something else";
        assert_eq!(line(&twice), (Mark::Differs, text.into()));
    }

    #[test]
    fn value_of_the_applicant_is_named_as_such() {
        assert_eq!(line(&confirmed(page("1987-03-14"), "1987-03-14")).1, "Confirmed by you, from the printed page");
        assert_eq!(line(&confirmed(page("1987-03-14"), "1987-03-16")).1, "Corrected by you");
        let typed = Field { confirmed: true, ..Field::read("1987-03-14", 0.0, FieldSource::Applicant) };
        assert_eq!(line(&typed).1, "Typed by you");
        assert_eq!(readings(BORN, &typed), []);
    }

    #[test]
    fn every_reading_names_its_provider_and_survives_a_correction() {
        let field = page("1987-03-14").by(Provider::Textract).beside(&zone("1987-03-15"));
        let lines = readings(BORN, &field);
        assert_eq!(lines[0].by, "The printed page, read by Amazon Textract, 91\u{a0}%\u{a0}sure");
        assert_eq!((lines[0].value.as_str(), lines[0].same), ("14 March 1987", None));
        assert_eq!((lines[1].value.as_str(), lines[1].same), ("15 March 1987", Some(false)));
        let lines = readings(BORN, &confirmed(field, "1987-03-16"));
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].value, "14 March 1987");
        assert_eq!(lines[0].by, "The printed page, read by Amazon Textract, 91\u{a0}%\u{a0}sure");
        let earlier = Field { read_source: None, ..confirmed(page("1987-03-14"), "1987-03-16") };
        assert!(readings(BORN, &earlier)[0].by.starts_with("What we had read"));
    }

    #[test]
    fn each_value_is_offered_once_with_its_readings() {
        let field = page("1987-03-14").beside(&zone("1987-03-15"));
        let offers_of = |field: &Field| offers(BORN, field).into_iter().map(|o| (o.shown, o.says)).collect::<Vec<_>>();
        assert_eq!(
            offers_of(&field),
            [
                ("14 March 1987".into(), "The printed page says this".into()),
                ("15 March 1987".into(), "The coded lines say this".into())
            ]
        );
        let three = field.beside(&Field::read("1987-03-14", 0.9, FieldSource::Barcode));
        assert_eq!(offers_of(&three)[0].1, "The printed page and the barcode say this");
        let twice = page("1987-03-14").beside(&page("1987-03-15").by(Provider::Textract));
        assert_eq!(offers_of(&twice)[1].1, "Read by Amazon Textract, from the printed page");
        assert_eq!(offers_of(&zone("1987-03-14").beside(&page("1987-03-14"))).len(), 1);
    }
}
