//! `cases`: the queue, one case, and what staff do with it.

use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::case::{Action, Case, Decision, DecisionReason, Verdict, VerdictReason};
use domain::event::{ApplicationId, Ask, AskCode};
use jiff::SignedDuration;
use serde::de::DeserializeOwned;

use super::CliError;
use super::case_report::{case_report, changed_report, opened_report, queue_report};
use super::context::CliContext;
use super::output::Report;
use super::staff::{actor, identifier};
use crate::clock::SystemClock;
use crate::commands::{ReviewError, Reviews};
use crate::documents::RetentionPolicy;
use crate::outbox::Outbox;

/// The commands on cases.
#[derive(Debug, Subcommand)]
pub enum Cases {
    /// Print the undecided cases, the most urgent first
    #[command(after_help = "Example:\n  server cases list --state open")]
    List(Filter),
    /// Print one case: what was typed, read and found on lists, and what staff did
    ///
    /// Prints personal data. The look is recorded in the audit log.
    #[command(
        after_help = "Example:\n  server cases show APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1781234567 --as rita"
    )]
    Show(OnCase),
    /// Take an open case
    Claim(OnCase),
    /// Put a case back into the queue
    Release(OnCase),
    /// Give a case to a person
    Assign {
        #[command(flatten)]
        on: OnCase,
        /// Who works on it next
        #[arg(long, value_name = "ID", value_parser = identifier)]
        to: String,
    },
    /// Leave the own case for some hours
    Snooze {
        #[command(flatten)]
        on: OnCase,
        /// For how long
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..=720))]
        hours: u16,
    },
    /// Add a note
    Note {
        #[command(flatten)]
        on: OnCase,
        /// Its text
        #[arg(long)]
        text: String,
    },
    /// Say of one hit whether it is the applicant
    #[command(
        after_help = "Example:\n  server cases verdict APP-... --as rita --hit UN/QDi.001 --verdict false_positive \
            --reason birth_date_differs"
    )]
    Verdict {
        #[command(flatten)]
        on: OnCase,
        /// The hit, as `server cases show` names it: SOURCE/ID
        #[arg(long)]
        hit: String,
        /// false_positive, true_match or cannot_tell
        #[arg(long, value_parser = coded::<Verdict>)]
        verdict: Verdict,
        /// Why, once for each: other_kind, one_name_part_only, birth_date_differs, birth_place_differs,
        /// nationality_differs, sex_differs, document_number_differs, deceased or other
        #[arg(long = "reason", value_parser = coded::<VerdictReason>)]
        reasons: Vec<VerdictReason>,
        /// Why, in words
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Ask the applicant for documents; the case waits, and its time does not run
    ///
    /// The applicant's page opens the step at once, and a message tells the applicant. What is handed in brings the case
    /// back to its assignee.
    #[command(after_help = "Example:\n  server cases ask APP-... --as rita --for address:too_old")]
    Ask {
        #[command(flatten)]
        on: OnCase,
        /// What and why, once for each of identity and address: PROOF:CODE. Codes: wrong_document, not_yours_name,
        /// not_yours_number, bad_picture, page_missing, expired, too_old, locked_pdf, partly_covered, other
        #[arg(long = "for", value_name = "PROOF:CODE", required = true, value_parser = ask)]
        asks: Vec<Ask>,
    },
    /// Go on without the documents that the applicant was asked for
    Resume(OnCase),
    /// Decide: at once where one person may, else as a proposal to a second person
    #[command(after_help = "Example:\n  server cases propose APP-... --as rita --decision approve --reason \
            not_the_listed_person --rationale 'Born in another year, in another country.'")]
    Propose {
        #[command(flatten)]
        on: OnCase,
        /// approve or reject
        #[arg(long, value_parser = coded::<Decision>)]
        decision: Decision,
        /// Why, once for each: evidence_sufficient or not_the_listed_person for an approval; listed_person,
        /// suspected_forgery, not_the_applicant, identity_theft or no_answer for a rejection; other
        #[arg(long = "reason", value_parser = coded::<DecisionReason>)]
        reasons: Vec<DecisionReason>,
        /// Why, in words: at least 20 characters
        #[arg(long)]
        rationale: String,
    },
    /// Approve another person's proposal: the decision takes effect
    Approve {
        #[command(flatten)]
        on: OnCase,
        /// The digest of the proposal, as `server cases show` prints it: what was seen is what is decided
        #[arg(long)]
        digest: String,
    },
    /// Give another person's proposal back
    Return {
        #[command(flatten)]
        on: OnCase,
        /// Why
        #[arg(long)]
        note: String,
    },
    /// Take a rejection up again
    Reopen {
        #[command(flatten)]
        on: OnCase,
        /// Why, in words: at least 20 characters
        #[arg(long)]
        reason: String,
    },
    /// Open the cases of applications that are in REVIEW and have none
    ///
    /// Earlier versions opened none. Reads the whole table `applications`. Safe to repeat.
    OpenMissing,
}

/// A case, and who acts.
#[derive(Debug, Args)]
pub struct OnCase {
    /// The application
    #[arg(value_name = "APPLICATION")]
    application: ApplicationId,
    /// The member of staff who acts
    #[arg(long = "as", value_name = "ID", value_parser = identifier)]
    by: String,
    /// Refuse if the case is not at this revision any more
    #[arg(long)]
    revision: Option<u64>,
}

/// Which cases to print.
#[derive(Debug, Args)]
pub struct Filter {
    /// Only cases in this state: open, assigned, waiting or proposed
    #[arg(long, value_parser = ["open", "assigned", "waiting", "proposed"])]
    state: Option<String>,
    /// Only cases of this person
    #[arg(long, value_name = "ID")]
    assignee: Option<String>,
    /// Only cases that are overdue
    #[arg(long)]
    overdue: bool,
    /// At most this number
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

impl Cases {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        let reviews = reviews(context);
        let (on, action) = match self {
            Self::List(filter) => return filter.list(context).await,
            Self::OpenMissing => return open_missing(&reviews).await,
            Self::Show(on) => {
                let actor = actor(context, &on.by).await?;
                let (case, application) = reviews.view(&on.application, &actor).await?;
                let records = reviews.store.case_records(&on.application).await?;
                return Ok(case_report(&case, &application, &records, context.now));
            }
            Self::Claim(on) => (on, Action::Claim),
            Self::Release(on) => (on, Action::Release),
            Self::Assign { on, to } => (on, Action::Assign { to: actor(context, to).await? }),
            Self::Snooze { on, hours } => {
                let until = context.now.checked_add(SignedDuration::from_hours((*hours).into()));
                (on, Action::Snooze { until: until.map_err(CliError::new)? })
            }
            Self::Note { on, text } => (on, Action::Note { text: text.clone() }),
            Self::Verdict { on, hit, verdict, reasons, note } => {
                let case = reviews.store.case(&on.application).await?.ok_or(ReviewError::NotFound)?;
                let known = case.evidence.hits.iter().find(|known| known.name() == *hit);
                let hit = known.ok_or_else(|| no_such_hit(&case, hit))?.clone();
                let (verdict, reasons, note) = (*verdict, reasons.clone(), note.clone());
                (on, Action::Judge { hit, verdict, reasons, note })
            }
            Self::Ask { on, asks } => (on, Action::Ask { asks: asks.clone() }),
            Self::Resume(on) => (on, Action::Resume),
            Self::Propose { on, decision, reasons, rationale } => {
                let (decision, reasons, rationale) = (*decision, reasons.clone(), rationale.clone());
                (on, Action::Propose { decision, reasons, rationale })
            }
            Self::Approve { on, digest } => (on, Action::Approve { digest: digest.clone() }),
            Self::Return { on, note } => (on, Action::Return { note: note.clone() }),
            Self::Reopen { on, reason } => (on, Action::Reopen { reason: reason.clone() }),
        };
        let actor = actor(context, &on.by).await?;
        let case = reviews.act(&on.application, &actor, &action, on.revision).await?;
        Ok(changed_report(&case))
    }
}

impl Filter {
    async fn list(&self, context: &CliContext) -> Result<Report, CliError> {
        let mut cases = Vec::new();
        let mut unreadable = 0;
        for case in context.store().undecided_cases(usize::MAX).await? {
            match case {
                Ok(case) if self.matches(&case, context) => cases.push(case),
                Ok(_) => {}
                Err(_) => unreadable += 1,
            }
        }
        Ok(queue_report(&cases, self.limit, unreadable, context.now))
    }

    fn matches(&self, case: &Case, context: &CliContext) -> bool {
        self.state.as_deref().is_none_or(|state| state == case.state.as_str())
            && self.assignee.as_ref().is_none_or(|id| case.assignee.as_ref() == Some(id))
            && (!self.overdue || case.is_overdue(context.now))
    }
}

/// The commands on cases. A decision is published by a running server, whose sweep finds it.
fn reviews(context: &CliContext) -> Reviews {
    Reviews {
        store: context.store(),
        clock: Arc::new(SystemClock),
        outbox: Outbox::without_relay(),
        retention: RetentionPolicy::new(&context.config.documents),
        policy: context.config.review.policy(),
    }
}

async fn open_missing(reviews: &Reviews) -> Result<Report, CliError> {
    let mut applications = Vec::new();
    let mut unreadable = 0;
    reviews
        .store
        .scan_applications(|application| match application {
            Ok(application) => applications.push(application.application_id),
            Err(_) => unreadable += 1,
        })
        .await?;
    let mut opened = Vec::new();
    for id in applications {
        if let Some(application) = reviews.store.application(&id).await?
            && reviews.open_missing_case(&application).await?
        {
            opened.push(id);
        }
    }
    Ok(opened_report(&opened, unreadable))
}

fn no_such_hit(case: &Case, asked: &str) -> CliError {
    let names: Vec<String> = case.evidence.hits.iter().map(|hit| hit.name()).collect();
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    CliError::new(format!("the case has no hit {asked}; its hits: {known}"))
}

impl From<ReviewError> for CliError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Store(error) => error.into(),
            error => Self::new(format!("{error} ({})", error.code())),
        }
    }
}

/// Parses `PROOF:CODE`.
fn ask(text: &str) -> Result<Ask, String> {
    let (proof, code) = text.split_once(':').ok_or("give PROOF:CODE, for instance address:too_old")?;
    Ok(Ask { proof: coded(proof)?, code: coded::<AskCode>(code)?.into() })
}

/// Parses a code, as it is stored.
fn coded<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|_| "not one of the codes that --help lists".to_owned())
}
