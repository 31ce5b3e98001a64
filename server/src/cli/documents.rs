//! `documents due`, `documents show` and `documents delete`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use domain::event::ApplicationId;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, count, time};
use crate::blobs::Seal;
use crate::clock::SystemClock;
use crate::documents::RetentionPolicy;
use crate::store::Application;
use crate::workers::{DeletedDocuments, DeletionScope, RetentionError, RetentionJob};

/// How many days back due deletions are searched: longer than any downtime of the program.
const DAYS_BACK: i32 = 400;
/// The most applications per day that are handled.
const MAX_PER_DAY: usize = 1000;

/// The commands on files of documents.
#[derive(Debug, Subcommand)]
pub enum Documents {
    /// Print the applications with files that are due for deletion
    ///
    /// A process that reads documents deletes due files every quarter of an hour. If an application stays in this list,
    /// its files cannot be deleted: the log of that process contains the reason.
    #[command(after_help = "Example:\n  server documents due")]
    Due,
    /// Print the files of an application's documents, and their retention
    #[command(after_help = "Example:\n  server documents show APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1781234567")]
    Show {
        /// The application
        #[arg(value_name = "APPLICATION")]
        application: ApplicationId,
    },
    /// Delete files of documents now: all files of an application, or all that are due
    ///
    /// Deletes the uploaded files and the pictures of their pages, also of documents that are not read yet. The tables
    /// keep fields, decisions and events, with the files' hashes, and the audit log records the deletion. Safe to
    /// repeat. Needs access to the folder or the bucket of the documents. Backups and versions of a bucket's objects
    /// are not deleted.
    #[command(
        after_help = "Example:\n  server documents delete APP-6f0c1a52-3f0e-4a53-9d6c-2f6f0b6c8f55-1781234567\n  \
        server documents delete --due"
    )]
    Delete(DeletionTarget),
}

/// The files to delete.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct DeletionTarget {
    /// All files of this application, for instance on the applicant's request
    #[arg(value_name = "APPLICATION")]
    application: Option<ApplicationId>,
    /// All files that are due, without waiting for the next sweep
    #[arg(long)]
    due: bool,
}

impl Documents {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        match self {
            Self::Due => {
                let mut due = Vec::new();
                for id in retention_job(context).await?.due(DAYS_BACK, MAX_PER_DAY).await? {
                    due.extend(context.store().application(&id).await?);
                }
                Ok(due_report(&due))
            }
            Self::Show { application } => {
                let found = context.store().application(application).await?.ok_or(RetentionError::NotFound)?;
                Ok(application_report(&found))
            }
            Self::Delete(DeletionTarget { application: Some(id), .. }) => {
                let deleted = retention_job(context).await?.delete(id, DeletionScope::All).await?.unwrap_or_default();
                Ok(deletion_report(&[(id.clone(), deleted)]))
            }
            Self::Delete(DeletionTarget { application: None, .. }) => {
                let job = retention_job(context).await?;
                let mut deleted = Vec::new();
                for id in job.due(DAYS_BACK, MAX_PER_DAY).await? {
                    if let Some(documents) = job.delete(&id, DeletionScope::Due).await? {
                        deleted.push((id, documents));
                    }
                }
                Ok(deletion_report(&deleted))
            }
        }
    }
}

/// A retention job without keys: files are deleted and never decrypted.
async fn retention_job(context: &CliContext) -> Result<RetentionJob, CliError> {
    let config = &context.config;
    let folder = config.documents_folder();
    if config.documents.bucket.is_empty() && !folder.is_dir() {
        return Err(CliError::new(format!(
            "documents.folder (ONBOARD_DOCUMENTS__FOLDER) {}: no such folder; run the command on the server's machine, \
             with its settings",
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

fn time_or_empty(at: Option<Timestamp>) -> String {
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

fn due_report(due: &[Application]) -> Report {
    let mut grid = Grid::new(&[
        ("APPLICATION", CellAlignment::Left),
        ("DOCUMENTS", CellAlignment::Right),
        ("SINCE", CellAlignment::Left),
    ]);
    for application in due {
        let documents = application.kept.len() + application.deleting.len();
        grid.row(vec![
            application.application_id.to_string(),
            documents.to_string(),
            time_or_empty(application.delete_due),
        ]);
    }
    let json = json!({ "applications": due.iter().map(json_of).collect::<Vec<_>>() });
    let text = if due.is_empty() { "Nothing is due.\n".to_owned() } else { grid.render() };
    Report { json, text }
}

fn application_report(application: &Application) -> Report {
    let mut grid = Grid::new(&[
        ("DOCUMENT", CellAlignment::Left),
        ("KEPT SINCE", CellAlignment::Left),
        ("REPLACED", CellAlignment::Left),
    ]);
    for kept in &application.kept {
        grid.row(vec![kept.document_id.to_string(), time_or_empty(Some(kept.since)), time_or_empty(kept.replaced_at)]);
    }
    let mut text = if application.kept.is_empty() { "No files are kept.\n".to_owned() } else { grid.render() };
    if !application.deleting.is_empty() {
        text.push_str(&format!("\nBeing deleted: {}.\n", count(application.deleting.len(), "document")));
    }
    match (application.documents_deleted_at, application.delete_due) {
        (Some(at), _) => text.push_str(&format!("\nThe files were deleted on {}.\n", time(&at.to_string()))),
        (None, Some(due)) => text.push_str(&format!("\nThe next deletion is on {}.\n", time(&due.to_string()))),
        (None, None) => {}
    }
    Report { json: json_of(application), text }
}

fn deletion_report(deleted: &[(ApplicationId, DeletedDocuments)]) -> Report {
    let mut grid = Grid::new(&[
        ("APPLICATION", CellAlignment::Left),
        ("DOCUMENTS", CellAlignment::Right),
        ("FILES", CellAlignment::Right),
    ]);
    let mut applications = Vec::new();
    for (id, deletion) in deleted {
        grid.row(vec![id.to_string(), deletion.documents.len().to_string(), deletion.files.to_string()]);
        applications
            .push(json!({ "applicationId": id.to_string(), "documents": deletion.documents, "files": deletion.files }));
    }
    let text = if deleted.is_empty() { "Nothing was due.\n".to_owned() } else { grid.render() };
    Report { json: json!({ "deleted": applications }), text }
}
