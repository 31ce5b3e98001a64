//! `tables create` and `tables describe`.

use clap::Subcommand;
use serde_json::json;

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report};
use crate::store::{TableReport, Tables as StoreTables};

/// The commands on tables.
#[derive(Debug, Subcommand)]
pub enum Tables {
    /// Create the missing tables, billed by request; existing tables are never changed
    #[command(after_help = "Example:\n  ENVIRONMENT=staging server tables create")]
    Create,
    /// Print state, size and indexes of each table, and its differences from the expected schema
    ///
    /// AWS updates the counts of rows and bytes about every six hours.
    #[command(after_help = "Example:\n  server tables describe")]
    Describe,
}

impl Tables {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        let tables = StoreTables { client: &context.dynamodb, names: &context.names };
        let before = tables.describe().await?;
        match self {
            Self::Describe => Ok(describe(&before)),
            Self::Create => {
                tables.ensure().await?;
                Ok(create(&before))
            }
        }
    }
}

fn create(before: &[TableReport]) -> Report {
    let mut grid = Grid::new(&[
        ("TABLE", CellAlignment::Left),
        ("RESULT", CellAlignment::Left),
        ("DIFFERENCES", CellAlignment::Left),
    ]);
    let mut tables = Vec::new();
    for table in before {
        let created = table.status.is_none();
        let differences = if created { &[][..] } else { &table.differences };
        let result = if created { "created" } else { "exists" };
        grid.row(vec![table.name.clone(), result.to_owned(), differences.join("; ")]);
        tables.push(json!({ "table": table.name, "created": created, "differences": differences }));
    }
    Report { json: json!({ "tables": tables }), text: grid.render() }
}

fn describe(found: &[TableReport]) -> Report {
    let mut grid = Grid::new(&[
        ("TABLE", CellAlignment::Left),
        ("STATE", CellAlignment::Left),
        ("ROWS", CellAlignment::Right),
        ("BYTES", CellAlignment::Right),
        ("INDEXES", CellAlignment::Left),
    ]);
    let (mut tables, mut differences) = (Vec::new(), String::new());
    for table in found {
        let state = table.status.clone().unwrap_or("missing".to_owned());
        let (rows, bytes) = (table.rows.to_string(), table.bytes.to_string());
        grid.row(vec![table.name.clone(), state, rows, bytes, table.indexes.join(", ")]);
        for difference in &table.differences {
            differences.push_str(&format!("{} {difference}\n", table.name));
        }
        tables.push(json!({
            "table": table.name,
            "status": table.status,
            "rows": table.rows,
            "bytes": table.bytes,
            "indexes": table.indexes,
            "differences": table.differences,
        }));
    }
    let mut text = grid.render();
    match differences.is_empty() {
        true => text.push_str("\nAll tables match the expected schema.\n"),
        false => {
            text.push_str(&format!("\nDifferences (`server tables create` creates missing tables):\n{differences}"));
        }
    }
    Report { json: json!({ "tables": tables }), text }
}
