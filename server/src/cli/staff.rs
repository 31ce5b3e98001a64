//! `staff add`, `staff list` and `staff roles`.

use clap::{Args, Subcommand};
use domain::case::{Actor, Role, may_be_combined};
use serde_json::{Value, json};

use super::CliError;
use super::context::CliContext;
use super::output::{CellAlignment, Grid, Report, time};
use crate::store::StaffMember;

/// The greatest length of an identifier, in characters.
const MAX_ID_CHARS: usize = 64;

/// The commands on members of staff.
#[derive(Debug, Subcommand)]
pub enum Staff {
    /// Add a member of staff
    #[command(after_help = "Example:\n  server staff add rita --role reviewer")]
    Add(Member),
    /// Print the members of staff and their roles
    List,
    /// Replace the roles of a member of staff
    ///
    /// Without --role the member has no role any more. Cases go on naming the identifier, so it stays taken.
    #[command(after_help = "Example:\n  server staff roles rita --role reviewer --role approver")]
    Roles(Member),
}

/// A member of staff, and their roles.
#[derive(Debug, Args)]
pub struct Member {
    /// The identifier, for instance a login name: letters, digits, `.`, `_`, `-` and `@`
    #[arg(value_name = "ID", value_parser = identifier)]
    id: String,
    /// A role, once for each: reviewer, approver, support, operator or auditor
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
}

impl Staff {
    pub(super) async fn run(&self, context: &CliContext) -> Result<Report, CliError> {
        let store = context.store();
        match self {
            Self::List => Ok(report(&store.all_staff().await?)),
            Self::Add(asked) => {
                let member = asked.member(context)?;
                if member.roles.is_empty() {
                    return Err(CliError::new("give at least one --role"));
                }
                match store.add_staff(&member).await? {
                    true => Ok(report(&[member])),
                    false => Err(CliError::new(format!(
                        "{} is taken; `server staff roles` changes the roles of a member",
                        member.staff_id
                    ))),
                }
            }
            Self::Roles(asked) => {
                let known = store.staff_member(&asked.id).await?.ok_or_else(|| unknown(&asked.id))?;
                let member = StaffMember { added_at: known.added_at, ..asked.member(context)? };
                match store.change_staff(&member).await? {
                    true => Ok(report(&[member])),
                    false => Err(unknown(&asked.id)),
                }
            }
        }
    }
}

impl Member {
    fn member(&self, context: &CliContext) -> Result<StaffMember, CliError> {
        let mut roles = self.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        if !may_be_combined(&roles) {
            return Err(CliError::new("one person must not be operator and approver: choose one of the two"));
        }
        Ok(StaffMember { staff_id: self.id.clone(), roles, added_at: context.now })
    }
}

/// The member of staff with this identifier, as one who acts.
pub(super) async fn actor(context: &CliContext, id: &str) -> Result<Actor, CliError> {
    let member = context.store().staff_member(id).await?.ok_or_else(|| unknown(id))?;
    Ok(member.actor())
}

fn unknown(id: &str) -> CliError {
    CliError::new(format!(
        "there is no member of staff {id}: `server staff list` shows them, `server staff add` adds one"
    ))
}

pub(super) fn identifier(text: &str) -> Result<String, String> {
    let valid = (1..=MAX_ID_CHARS).contains(&text.chars().count())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c));
    match valid {
        true => Ok(text.to_owned()),
        false => Err(format!("use 1 to {MAX_ID_CHARS} letters, digits, `.`, `_`, `-` and `@`")),
    }
}

fn role(text: &str) -> Result<Role, String> {
    let names: Vec<&str> = Role::ALL.map(Role::as_str).into();
    Role::parse(text).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}

fn report(members: &[StaffMember]) -> Report {
    let mut grid =
        Grid::new(&[("ID", CellAlignment::Left), ("ROLES", CellAlignment::Left), ("ADDED", CellAlignment::Left)]);
    let mut rows: Vec<Value> = Vec::new();
    for member in members {
        let roles = names(&member.roles);
        let text = if roles.is_empty() { "none".to_owned() } else { roles.join(", ") };
        grid.row(vec![member.staff_id.clone(), text, time(&member.added_at.to_string())]);
        rows.push(json!({ "staffId": member.staff_id, "roles": roles, "addedAt": member.added_at }));
    }
    let text = match members.is_empty() {
        true => "There is no member of staff: `server staff add` adds one.\n".to_owned(),
        false => grid.render(),
    };
    Report { json: json!({ "staff": rows }), text }
}
