//! `documents due`, `documents show` and `documents delete`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::event::ApplicationId;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::CliError;
use super::context::Context;
use super::output::{CellAlignment, Grid, Report, count, time};
use crate::blobs::Seal;
use crate::clock::SystemClock;
use crate::documents::RetentionPolicy;
use crate::store::Application;
use crate::workers::{DeletedDocuments, DeletionScope, RetentionError, RetentionJob};

/// How many days back is looked for what is due: further than a program is ever away.
const BACK: i32 = 400;
/// How many applications of a day are shown.
const SHOWN: usize = 1000;

/// The three.
#[derive(Debug, Subcommand)]
pub enum Documents {
    /// Applications of whose files some should be deleted by now
    ///
    /// A process that reads documents deletes what is due every quarter of an hour. What stays in this list cannot be
    /// deleted: its log says why.
    #[command(after_help = "Example:\n  server documents due")]
    Due,
    /// What is kept of an application's documents, and until when
    #[command(after_help = "Example:\n  server documents show APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1781234567")]
    Show {
        /// The application
        #[arg(value_name = "APPLICATION")]
        application: ApplicationId,
    },
    /// Delete files of documents now: all of an application's, or all that are due
    ///
    /// The files as they were handed in, and the pictures of their pages; also those that are still to be read. What was
    /// read, decided and told stays in the tables, with the files' hashes; the audit log has a line more. Doing it again
    /// does no harm. Needs the folder or the bucket of the documents. Copies are not reached: backups, and a bucket's versions.
    #[command(
        after_help = "Example:\n  server documents delete APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1781234567\n  \
        server documents delete --due"
    )]
    Delete(What),
}

/// One application's, or what is due.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct What {
    /// All files of this application, for instance because the applicant asks for it
    #[arg(value_name = "APPLICATION")]
    application: Option<ApplicationId>,
    /// What should be deleted by now, without waiting for the next sweep
    #[arg(long)]
    due: bool,
}

impl Documents {
    pub(super) async fn run(&self, context: &Context) -> Result<Report, CliError> {
        match self {
            Self::Due => {
                // Only looked up: no file is touched.
                let mut due = Vec::new();
                for id in keeping(context).await?.due(BACK, SHOWN).await? {
                    due.extend(context.store().application(&id).await?);
                }
                Ok(listed(&due))
            }
            Self::Show { application } => {
                let found = context.store().application(application).await?.ok_or(RetentionError::NotFound)?;
                Ok(shown(&found))
            }
            Self::Delete(What { application: Some(id), .. }) => {
                let deleted = keeping(context).await?.delete(id, DeletionScope::All).await?.unwrap_or_default();
                Ok(reported(&[(id.clone(), deleted)]))
            }
            Self::Delete(What { application: None, .. }) => {
                let keeping = keeping(context).await?;
                let mut deleted = Vec::new();
                for id in keeping.due(BACK, SHOWN).await? {
                    if let Some(gone) = keeping.delete(&id, DeletionScope::Due).await? {
                        deleted.push((id, gone));
                    }
                }
                Ok(reported(&deleted))
            }
        }
    }
}

/// Files are deleted here, never opened, so no secret is asked for.
async fn keeping(context: &Context) -> Result<RetentionJob, CliError> {
    let config = &context.config;
    let folder = config.documents_folder();
    if config.documents.bucket.is_empty() && !folder.is_dir() {
        return Err(CliError::new(format!(
            "documents.folder (ONBOARD_DOCUMENTS__FOLDER) {}: there is no such folder here; run this where the server runs, with \
             its settings",
            folder.display()
        )));
    }
    let seal = Seal::new(&[], []).map_err(CliError::new)?;
    Ok(RetentionJob {
        store: context.store(),
        blobs: crate::server::blobs(config, &context.backends, seal).await.map_err(CliError::new)?,
        policy: RetentionPolicy::new(&config.documents),
        clock: Arc::new(SystemClock),
        instance: Uuid::new_v4(),
    })
}

impl From<RetentionError> for CliError {
    fn from(error: RetentionError) -> Self {
        match error {
            RetentionError::Store(error) => error.into(),
            error => Self::new(error),
        }
    }
}

fn text(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| time(&at.to_string()))
}

fn json_of(application: &Application) -> Value {
    let kept: Vec<Value> = application
        .kept
        .iter()
        .map(|kept| json!({ "documentId": kept.document_id, "since": kept.since, "replacedAt": kept.replaced_at }))
        .collect();
    json!({
        "applicationId": application.application_id.to_string(),
        "due": application.delete_due,
        "deletedAt": application.documents_deleted_at,
        "kept": kept,
        "deleting": application.deleting,
    })
}

fn listed(due: &[Application]) -> Report {
    let mut grid = Grid::new(&[
        ("APPLICATION", CellAlignment::Left),
        ("DOCUMENTS", CellAlignment::Right),
        ("SINCE", CellAlignment::Left),
    ]);
    for application in due {
        let documents = application.kept.len() + application.deleting.len();
        grid.row(vec![application.application_id.to_string(), documents.to_string(), text(application.delete_due)]);
    }
    let json = json!({ "applications": due.iter().map(json_of).collect::<Vec<_>>() });
    let text = if due.is_empty() { "Nothing is due.\n".to_owned() } else { grid.render() };
    Report { json, text }
}

fn shown(application: &Application) -> Report {
    let mut grid = Grid::new(&[
        ("DOCUMENT", CellAlignment::Left),
        ("KEPT SINCE", CellAlignment::Left),
        ("REPLACED", CellAlignment::Left),
    ]);
    for kept in &application.kept {
        grid.row(vec![kept.document_id.to_string(), text(Some(kept.since)), text(kept.replaced_at)]);
    }
    let mut said = if application.kept.is_empty() { "No files are kept.\n".to_owned() } else { grid.render() };
    if !application.deleting.is_empty() {
        said.push_str(&format!("\nBeing deleted: {}.\n", count(application.deleting.len(), "document")));
    }
    match (application.documents_deleted_at, application.delete_due) {
        (Some(at), _) => said.push_str(&format!("\nThe files were deleted on {}.\n", time(&at.to_string()))),
        (None, Some(due)) => said.push_str(&format!("\nThe next deletion is on {}.\n", time(&due.to_string()))),
        (None, None) => {}
    }
    Report { json: json_of(application), text: said }
}

fn reported(deleted: &[(ApplicationId, DeletedDocuments)]) -> Report {
    let mut grid = Grid::new(&[
        ("APPLICATION", CellAlignment::Left),
        ("DOCUMENTS", CellAlignment::Right),
        ("FILES", CellAlignment::Right),
    ]);
    let mut applications = Vec::new();
    for (id, gone) in deleted {
        grid.row(vec![id.to_string(), gone.documents.len().to_string(), gone.files.to_string()]);
        applications.push(json!({ "applicationId": id.to_string(), "documents": gone.documents, "files": gone.files }));
    }
    let text = if deleted.is_empty() { "Nothing was due.\n".to_owned() } else { grid.render() };
    Report { json: json!({ "deleted": applications }), text }
}
