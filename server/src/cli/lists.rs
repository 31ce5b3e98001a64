//! `lists status`, `lists fetch`, `lists diff` and `lists accept`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::watchlist::Source;
use serde_json::json;

use super::context::CliContext;
use super::list_reports::{difference_report, fetch_answer, label, numbers, status_report};
use super::output::{Report, count};
use super::{Answer, CliError};
use crate::blobs::Seal;
use crate::clock::SystemClock;
use crate::watchlists::{Archive, Keeper, KeeperError, Plan, PlannedList};

/// The longest name of an operator.
const MAX_NAME: usize = 100;

/// The commands on sanctions lists.
#[derive(Debug, Subcommand)]
pub enum Lists {
    /// Print each list: the issue in use, when it was checked, and why a newer one is not in use
    ///
    /// STATE is "fresh" if the list was checked with its publisher within watchlist.stale_after_hours, "stale" if not,
    /// and "missing" before its first issue: with a stale or missing list every application goes to review. "off" is a
    /// list that was in use and that the settings do not name any more. CAUSE is empty if the publisher's newest issue
    /// is in use.
    #[command(after_help = "Examples:\n  server lists status\n  server lists status --json | jq '.lists[].cause'")]
    Status,
    /// Check lists with their publishers now, or read their files, and take new issues
    ///
    /// Running servers load an issue within ten seconds. The exit code is 1 if an issue was refused or nothing was
    /// received; the issue in use stays then.
    #[command(after_help = "Examples:\n  server lists fetch\n  server lists fetch EU")]
    Fetch {
        /// One list instead of all: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
        #[arg(value_name = "LIST", value_parser = source)]
        list: Option<Source>,
    },
    /// Print the persons that an issue adds, changes and removes
    ///
    /// Compares the refused issue with the one in use or, if none is refused, the one in use with the one before.
    #[command(after_help = "Example:\n  server lists diff OFAC-SDN")]
    Diff {
        /// The list: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
        #[arg(value_name = "LIST", value_parser = source)]
        list: Source,
    },
    /// Put a refused issue into use
    ///
    /// For an issue that lost many entries, is older than the one in use, or is dated ahead, after `server lists diff`.
    /// What is not a complete list cannot be accepted. The audit log records who accepted it.
    #[command(after_help = "Example:\n  server lists accept OFAC-SDN --by 'M. Keller' --sha256 3f2a91")]
    Accept(Acceptance),
}

/// The issue to accept, and who accepts it.
#[derive(Debug, Args)]
pub struct Acceptance {
    /// The list: OFAC-SDN, OFAC-CONS, UN, EU, UK or PEP
    #[arg(value_name = "LIST", value_parser = source)]
    list: Source,
    /// Who accepts it, for the audit log
    #[arg(long, value_name = "NAME", value_parser = operator)]
    by: String,
    /// The beginning of the SHA-256, so that no other one is accepted
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
}

fn source(text: &str) -> Result<Source, String> {
    let known = Source::ALL.into_iter().filter(|list| *list != Source::Sample);
    let found = known.clone().find(|list| list.code().eq_ignore_ascii_case(text));
    found.ok_or_else(|| format!("one of {}", known.map(Source::code).collect::<Vec<_>>().join(", ")))
}

fn operator(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        true => Err(format!("a name of 1 to {MAX_NAME} characters")),
        false => Ok(name.to_owned()),
    }
}

impl Lists {
    pub(super) async fn run(&self, context: &CliContext, json: bool) -> Result<Answer, CliError> {
        let keeper = keeper(context).await?;
        match self {
            Self::Status => {
                let mut states = Vec::new();
                for source in Source::ALL {
                    let state = keeper.state(source).await?;
                    if keeper.plan().list(source).is_some() || state.in_use.is_some() {
                        states.push((source, state));
                    }
                }
                if states.is_empty() {
                    return Err(all_off());
                }
                Ok(status_report(keeper.plan(), &states, context.now).print(json).into())
            }
            Self::Fetch { list } => {
                if keeper.plan().lists.is_empty() {
                    return Err(all_off());
                }
                let lists: Vec<&PlannedList> = match list {
                    Some(source) => vec![keeper.plan().list(*source).ok_or(KeeperError::Off(source.code()))?],
                    None => keeper.plan().lists.iter().collect(),
                };
                // Together, because one publisher may take minutes.
                let checks = lists.iter().map(|list| async { (list.source, keeper.check(list.source).await) });
                let mut checked = Vec::new();
                for (source, result) in futures::future::join_all(checks).await {
                    checked.push((source, result?));
                }
                Ok(fetch_answer(&checked, json))
            }
            Self::Diff { list } => {
                let difference = keeper.difference(*list).await?;
                let names = [difference.from.as_ref().map(label), Some(label(&difference.to))];
                let report = difference_report(*list, &difference.changes, &names, difference.refused);
                Ok(report.print(json).into())
            }
            Self::Accept(Acceptance { list, by, sha256 }) => {
                let accepted = keeper.accept(*list, by, sha256.as_deref()).await?;
                let text = format!(
                    "{} of {} is in use. It adds {}, changes {} and removes {}.\n",
                    list.code(),
                    label(&accepted.list),
                    count(accepted.changes.added.len(), "person"),
                    accepted.changes.changed.len(),
                    accepted.changes.removed.len()
                );
                let json_of = json!({
                    "list": list.code(),
                    "accepted": accepted.list,
                    "by": by,
                    "changes": numbers(&accepted.changes),
                });
                Ok(Report { json: json_of, text }.print(json).into())
            }
        }
    }
}

/// The keeper, on the server's tables and documents.
async fn keeper(context: &CliContext) -> Result<Keeper, CliError> {
    let config = &context.config;
    let plan = Plan::new(&config.watchlist).map_err(CliError::new)?;
    // Lists are not encrypted.
    let seal = Seal::new(&[], []).map_err(CliError::new)?;
    let blobs = crate::server::blobs(config, &context.backends, seal).await.map_err(CliError::new)?;
    Keeper::new(plan, context.store(), Archive::new(blobs.shared()), Arc::new(SystemClock)).map_err(CliError::new)
}

fn all_off() -> CliError {
    CliError::new(
        "every list of [watchlist] is off, so the built-in sample is in use: set watchlist.ofac_sdn, watchlist.un, \
         watchlist.eu or watchlist.uk",
    )
}

impl From<KeeperError> for CliError {
    fn from(error: KeeperError) -> Self {
        match error {
            KeeperError::Store(error) => error.into(),
            error => Self::new(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_named_by_their_codes() {
        assert_eq!((source("un"), source("OFAC-CONS")), (Ok(Source::Un), Ok(Source::OfacConsolidated)));
        assert!(source("SAMPLE").unwrap_err().contains("OFAC-SDN, OFAC-CONS, UN, EU, UK, PEP"));
    }

    #[test]
    fn operator_has_a_name() {
        assert_eq!(operator(" M. Keller ").unwrap(), "M. Keller");
        for wrong in ["", "  ", "a\nb", &"a".repeat(101)] {
            assert!(operator(wrong).is_err(), "{wrong:?}");
        }
    }
}
