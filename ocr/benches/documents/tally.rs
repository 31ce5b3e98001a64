//! Counts correct, missing and wrong fields.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::document::FieldName;
use ocr::Reading;
use specimens::Specimen;

use crate::{Condition, Tallies};

/// A wrong value above this confidence is a false accept, because nobody would check it.
pub const ACCEPTED: f64 = 0.9;

/// The counts of one kind of document with one degradation.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub documents: u32,
    /// Fields on the documents, without the machine-readable zone.
    pub fields: u32,
    pub exact: u32,
    pub missing: u32,
    pub wrong: u32,
    /// Fields that were read, but are not on the document.
    pub extra: u32,
    pub zones: u32,
    pub exact_zones: u32,
    /// Fields above [`ACCEPTED`] that are wrong or not on the document.
    pub false_accepts: u32,
    /// Number of refusals by reason.
    pub refused: BTreeMap<String, u32>,
    pub times: Vec<Duration>,
}

impl Tally {
    /// Counts one document, and returns a note for each error.
    pub fn add(
        &mut self,
        specimen: Option<&Specimen>,
        reading: Result<Reading, String>,
        time: Duration,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        self.documents += 1;
        self.times.push(time);
        let read = match reading {
            Ok(reading) => reading.fields,
            Err(reason) => {
                notes.push(format!("refused: {reason}"));
                *self.refused.entry(reason).or_default() += 1;
                BTreeMap::new()
            }
        };
        // An unreadable picture has no true values.
        let Some(specimen) = specimen else { return notes };
        for (name, truth) in &specimen.truth {
            let zone = *name == FieldName::Mrz;
            *(if zone { &mut self.zones } else { &mut self.fields }) += 1;
            match read.get(name) {
                Some(field) if specimen.is_exact(*name, &field.value) => {
                    *(if zone { &mut self.exact_zones } else { &mut self.exact }) += 1;
                }
                Some(field) => {
                    self.wrong += u32::from(!zone);
                    let accepted = self.judge(field.confidence);
                    notes.push(format!(
                        "{accepted}{} is {truth:?}, read {:?} ({}, {:?}), layout {}",
                        name.as_str(),
                        field.value,
                        field.confidence,
                        field.source,
                        specimen.layout
                    ));
                }
                None => {
                    self.missing += u32::from(!zone);
                    notes.push(format!("{} is {truth:?}, missing, layout {}", name.as_str(), specimen.layout));
                }
            }
        }
        let others = read.iter().filter(|(name, _)| !specimen.truth.contains_key(name));
        for (name, field) in others.filter(|(name, field)| !specimen.is_exact(**name, &field.value)) {
            self.extra += 1;
            let accepted = self.judge(field.confidence);
            notes.push(format!(
                "{accepted}{} is not on the document, read {:?} ({}), layout {}",
                name.as_str(),
                field.value,
                field.confidence,
                specimen.layout
            ));
        }
        notes
    }

    fn judge(&mut self, confidence: f64) -> &'static str {
        if confidence > ACCEPTED {
            self.false_accepts += 1;
            "FALSE ACCEPT: "
        } else {
            ""
        }
    }

    /// Adds the counts of another tally.
    pub fn join(&mut self, other: &Self) {
        self.documents += other.documents;
        self.fields += other.fields;
        self.exact += other.exact;
        self.missing += other.missing;
        self.wrong += other.wrong;
        self.extra += other.extra;
        self.zones += other.zones;
        self.exact_zones += other.exact_zones;
        self.false_accepts += other.false_accepts;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
        self.times.extend(&other.times);
    }

    /// The percentile of the reading times, by nearest rank.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    }
}

/// A part of a whole in per cent; a dash if the whole is 0.
pub fn percent(part: u32, whole: u32) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * f64::from(part) / f64::from(whole)) }
}

/// Prints a line for each kind and degradation, with sums, then the defects.
pub fn print(tallies: &Tallies) {
    println!(
        "{:<16} {:<12} {:>5} {:>8} {:>8} {:>7} {:>6} {:>8} {:>7} {:>8} {:>6} {:>6}",
        "document",
        "degradation",
        "count",
        "fields",
        "missing",
        "wrong",
        "extra",
        "mrz",
        "false",
        "refused",
        "p50",
        "p95"
    );
    let mut sums: BTreeMap<Condition, Tally> = BTreeMap::new();
    let readable = |condition: &Condition| matches!(condition, Condition::Degradation(_));
    for ((paper, condition), tally) in tallies.iter().filter(|((_, condition), _)| readable(condition)) {
        line(paper.as_str(), *condition, tally);
        sums.entry(*condition).or_default().join(tally);
    }
    for (condition, tally) in &sums {
        line("all", *condition, tally);
    }
    let defects: Vec<_> = tallies.iter().filter(|((_, condition), _)| !readable(condition)).collect();
    if defects.is_empty() {
        return;
    }
    println!("\n{:<16} {:<12} {:>5} {:>8}  reasons", "document", "defect", "count", "refused");
    for ((paper, condition), tally) in defects {
        let refused: u32 = tally.refused.values().sum();
        let reasons: Vec<String> = tally.refused.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        println!(
            "{:<16} {:<12} {:>5} {:>8}  {}",
            paper.as_str(),
            condition.as_str(),
            tally.documents,
            refused,
            reasons.join("; ")
        );
    }
}

fn line(what: &str, condition: Condition, tally: &Tally) {
    println!(
        "{:<16} {:<12} {:>5} {:>8} {:>8} {:>7} {:>6} {:>8} {:>7} {:>8} {:>5.2}s {:>5.2}s",
        what,
        condition.as_str(),
        tally.documents,
        percent(tally.exact, tally.fields),
        percent(tally.missing, tally.fields),
        percent(tally.wrong, tally.fields),
        tally.extra,
        percent(tally.exact_zones, tally.zones),
        tally.false_accepts,
        tally.refused.values().sum::<u32>(),
        tally.percentile(50).as_secs_f32(),
        tally.percentile(95).as_secs_f32()
    );
    for (reason, count) in &tally.refused {
        println!("{:<16} {:<12} {count:>5} refused: {reason}", "", "");
    }
}
