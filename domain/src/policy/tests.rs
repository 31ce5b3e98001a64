//! The rules at their limits, and properties for every applicant.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod catalogue;
mod needs;
mod properties;
mod rules;

use jiff::civil::{Date, date};

use super::{RatedPerson, ValidNeeds};
use crate::needs::{Employment, Home, Interest, Needs, Vehicle};

const TODAY: Date = date(2026, 11, 21);

fn needs() -> Needs {
    Needs {
        interests: vec![Interest::Home, Interest::Life],
        dependants: 2,
        employment: Employment::Employed,
        home: Home::Owner,
        vehicle: Vehicle::Car,
        trips_per_year: 2,
        pets: 0,
        smoker: false,
        monthly_budget_cents: 15_000,
    }
}

fn valid(needs: &Needs) -> ValidNeeds {
    ValidNeeds::parse(needs).unwrap()
}

fn person() -> RatedPerson {
    RatedPerson { date_of_birth: date(1987, 3, 14), country: "NO".to_owned() }
}

/// Born so that the age on [`TODAY`] is `age`, with the birthday on that very day.
fn aged(age: i16) -> RatedPerson {
    RatedPerson { date_of_birth: date(TODAY.year() - age, TODAY.month(), TODAY.day()), ..person() }
}
