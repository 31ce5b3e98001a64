//! Validated needs.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::field_error::FieldError;
use crate::needs::{DEPENDANTS, MONTHLY_BUDGET_CENTS, Needs, PETS, TRIPS_PER_YEAR};

/// Needs with every answer in its range, at least one interest and no duplicate interest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidNeeds(Needs);

impl ValidNeeds {
    /// Validates the answers.
    ///
    /// # Errors
    /// All refused answers, by their names in the request: `interests` (`required`, `duplicate`), `dependants`,
    /// `tripsPerYear`, `pets` and `monthlyBudgetCents` (`out_of_range`).
    pub fn parse(needs: &Needs) -> Result<Self, Vec<FieldError>> {
        let mut errors = Vec::new();
        let distinct: BTreeSet<_> = needs.interests.iter().collect();
        if needs.interests.is_empty() {
            errors.push(FieldError::new("interests", "required", "Choose at least one thing that matters to you."));
        } else if distinct.len() < needs.interests.len() {
            errors.push(FieldError::new("interests", "duplicate", "Name each thing that matters to you only once."));
        }
        errors.extend(outside("dependants", "people who live on your income", needs.dependants, &DEPENDANTS));
        errors.extend(outside("tripsPerYear", "trips abroad", needs.trips_per_year, &TRIPS_PER_YEAR));
        errors.extend(outside("pets", "pets", needs.pets, &PETS));
        if !MONTHLY_BUDGET_CENTS.contains(&needs.monthly_budget_cents) {
            let message = format!(
                "Enter a monthly budget from {} to {} euro.",
                MONTHLY_BUDGET_CENTS.start() / 100,
                MONTHLY_BUDGET_CENTS.end() / 100
            );
            errors.push(FieldError::new("monthlyBudgetCents", "out_of_range", message));
        }
        if errors.is_empty() { Ok(Self(needs.clone())) } else { Err(errors) }
    }

    /// The answers.
    pub fn needs(&self) -> &Needs {
        &self.0
    }
}

impl AsRef<Needs> for ValidNeeds {
    fn as_ref(&self) -> &Needs {
        &self.0
    }
}

/// The error for a number of `what` outside of `range`.
fn outside<T: PartialOrd + Display>(
    field: &str,
    what: &str,
    value: T,
    range: &RangeInclusive<T>,
) -> Option<FieldError> {
    let (start, end) = (range.start(), range.end());
    (!range.contains(&value))
        .then(|| FieldError::new(field, "out_of_range", format!("Enter the number of {what}, from {start} to {end}.")))
}
