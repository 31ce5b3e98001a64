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
    /// How many documents of each kind with each of `clean`, `scan` and `phone-like`; a fifth of that with anything else.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// How many documents of each kind to leave out first: behind those that were measured before stand unused ones.
    #[arg(long, default_value_t = 0)]
    skip: u64,
    /// Which seeds.
    #[arg(long, value_enum, default_value = "tune")]
    half: Half,
    /// A kind as the API names it, like `passport`, or a paper, like `licence-barcode`; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = papers)]
    kind: Vec<Papers>,
    /// Degradations and defects, like `phone-like`; `defects` selects all defects; several with commas.
    #[arg(long, value_delimiter = ',', value_parser = conditions)]
    degrade: Vec<Conditions>,
    /// How strong a degradation is that comes alone, from 0 to 1.
    #[arg(long, default_value_t = 0.5)]
    pub strength: f32,
    /// How many documents are read concurrently, on as many cores.
    #[arg(long, default_value_t = 2)]
    pub max_concurrent: usize,
    /// Lists every field that is missing or wrong.
    #[arg(long)]
    pub verbose: bool,
    /// Exits with 1 if a target is missed.
    #[arg(long)]
    pub check: bool,
    /// What cargo passes to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A wish for papers or conditions may name several of them.
#[derive(Clone, Debug)]
struct Papers(Vec<Paper>);

#[derive(Clone, Debug)]
struct Conditions(Vec<Condition>);

fn papers(text: &str) -> Result<Papers, String> {
    let kind: Option<DocumentKind> = text.parse().ok();
    let papers: Vec<Paper> =
        Paper::ALL.into_iter().filter(|paper| paper.as_str() == text || kind == Some(paper.kind())).collect();
    if papers.is_empty() { Err(format!("there is no kind or paper {text}")) } else { Ok(Papers(papers)) }
}

fn conditions(text: &str) -> Result<Conditions, String> {
    let degradations = Degradation::ALL.map(Condition::Degradation);
    let defects = Defect::ALL.map(Condition::Defect);
    let conditions = match text {
        "defects" => defects.to_vec(),
        // A reflection comes as either.
        _ => degradations.into_iter().chain(defects).find(|condition| condition.as_str() == text).into_iter().collect(),
    };
    if conditions.is_empty() { Err(format!("there is no degradation {text}")) } else { Ok(Conditions(conditions)) }
}

impl Options {
    /// Every picture, those of one kind together.
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
