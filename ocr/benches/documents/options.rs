//! Command line options of the benchmark.

use clap::{Parser, ValueEnum};
use domain::document::DocumentKind;
use specimens::{Defect, Degradation, Paper};

use crate::{Case, Condition};

/// Selects the seeds: the reader is tuned on one half and reported on the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Half {
    /// Even seeds, for development of the reader.
    Tune,
    /// Odd seeds, for published figures. Nothing may be tuned on them.
    Report,
}

/// Reads documents of invented people, and counts what was right.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// Documents of each kind with each of `clean`, `scan` and `phone-like`; other degradations get a fifth.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// Documents of each kind to skip first, to measure on unused ones.
    #[arg(long, default_value_t = 0)]
    skip: u64,
    /// Half of the seeds to measure.
    #[arg(long, value_enum, default_value = "tune")]
    half: Half,
    /// Kinds in the API's notation, like `passport`, or papers, like `licence-barcode`; separated by commas.
    #[arg(long, value_delimiter = ',', value_parser = papers)]
    kind: Vec<Papers>,
    /// Degradations and defects, like `phone-like`; `defects` selects all defects; separated by commas.
    #[arg(long, value_delimiter = ',', value_parser = conditions)]
    degrade: Vec<Conditions>,
    /// Strength of single degradations, from 0 to 1.
    #[arg(long, default_value_t = 0.5)]
    pub strength: f32,
    /// Documents that are read concurrently, each on one core.
    #[arg(long, default_value_t = 2)]
    pub max_concurrent: usize,
    /// List every field that is missing or wrong.
    #[arg(long)]
    pub verbose: bool,
    /// Exit with 1 if a target is missed.
    #[arg(long)]
    pub check: bool,
    /// Passed by cargo to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The papers of one command-line value.
#[derive(Clone, Debug)]
struct Papers(Vec<Paper>);

#[derive(Clone, Debug)]
struct Conditions(Vec<Condition>);

fn papers(text: &str) -> Result<Papers, String> {
    let kind: Option<DocumentKind> = text.parse().ok();
    let papers: Vec<Paper> =
        Paper::ALL.into_iter().filter(|paper| paper.as_str() == text || kind == Some(paper.kind())).collect();
    if papers.is_empty() { Err(format!("unknown kind or paper: {text}")) } else { Ok(Papers(papers)) }
}

fn conditions(text: &str) -> Result<Conditions, String> {
    let degradations = Degradation::ALL.map(Condition::Degradation);
    let defects = Defect::ALL.map(Condition::Defect);
    let conditions = match text {
        "defects" => defects.to_vec(),
        // A reflection is both; the degradation takes precedence.
        _ => degradations.into_iter().chain(defects).find(|condition| condition.as_str() == text).into_iter().collect(),
    };
    if conditions.is_empty() {
        Err(format!("unknown degradation or defect: {text}"))
    } else {
        Ok(Conditions(conditions))
    }
}

impl Options {
    /// All pictures, grouped by kind.
    pub fn cases(&self) -> Vec<Case> {
        let papers: Vec<Paper> = match self.kind.as_slice() {
            [] => Paper::ALL.to_vec(),
            wanted => wanted.iter().flat_map(|papers| papers.0.clone()).collect(),
        };
        let conditions: Vec<Condition> = match self.degrade.as_slice() {
            [] => Degradation::ALL
                .map(Condition::Degradation)
                .into_iter()
                .chain(Defect::ALL.map(Condition::Defect))
                .collect(),
            wanted => wanted.iter().flat_map(|conditions| conditions.0.clone()).collect(),
        };
        let mut cases = Vec::new();
        for paper in papers {
            for condition in &conditions {
                let promised = matches!(
                    condition,
                    Condition::Degradation(Degradation::Clean | Degradation::Scan | Degradation::PhoneLike)
                );
                let count = if promised || !self.degrade.is_empty() { self.seeds } else { self.seeds.div_ceil(5) };
                let odd = u64::from(self.half == Half::Report);
                cases.extend((self.skip..self.skip + count).map(|i| Case {
                    paper,
                    condition: *condition,
                    seed: 2 * i + odd,
                }));
            }
        }
        cases
    }
}
