//! Eligibility for a policy, and the reasons for an exclusion.

use serde::Deserialize;

use super::condition::AgeRange;
use super::rating::{RatingInput, RiskClass};
use crate::needs::{Employment, Home, Vehicle};

/// Who is eligible for a policy. A condition that is left out always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eligibility {
    /// Age on the day, in whole years.
    pub age: Option<AgeRange>,
    /// Kinds of home.
    pub homes: Option<Vec<Home>>,
    /// Kinds of vehicle.
    pub vehicles: Option<Vec<Vehicle>>,
    /// Kinds of employment.
    pub employment: Option<Vec<Employment>>,
    /// Whether at least one pet is required.
    #[serde(default)]
    pub pets: bool,
    /// Countries of residence, ISO 3166-1 alpha-2.
    pub countries: Option<Vec<String>>,
    /// The highest risk class that is accepted.
    pub max_risk: Option<RiskClass>,
}

impl Eligibility {
    /// Every reason for an exclusion; empty if the applicant is eligible. A reason follows the policy's name and a
    /// colon.
    pub(super) fn exclusion_reasons(&self, input: &RatingInput<'_>) -> Vec<String> {
        let needs = input.needs;
        let age = self.age.filter(|range| !range.contains(input.age)).map(|range| match range.to {
            Some(to) => format!("it is for people from {} to {to} years old, and you are {}", range.from, input.age),
            None => format!("it is for people of {} years and older, and you are {}", range.from, input.age),
        });
        let home =
            not_in(self.homes.as_deref(), needs.home).then(|| "it is not for the kind of home you live in".into());
        let vehicle = not_in(self.vehicles.as_deref(), needs.vehicle)
            .then(|| format!("it is for people who get around {}", list(self.vehicles.iter().flatten().map(by))));
        let employment = not_in(self.employment.as_deref(), needs.employment).then(|| {
            let kinds = self.employment.iter().flatten().map(|kind| kind.label().to_lowercase());
            format!("it is for people who are {}", list(kinds))
        });
        let pets = (self.pets && needs.pets == 0).then(|| "it is for people who have a pet".into());
        let country = self
            .countries
            .as_ref()
            .is_some_and(|countries| !countries.iter().any(|country| country == input.country))
            .then(|| "it is not offered in the country you live in".into());
        let risk = self
            .max_risk
            .is_some_and(|max| input.risk > max)
            .then(|| "it does not take on a risk profile as high as yours".into());
        [age, home, vehicle, employment, pets, country, risk].into_iter().flatten().collect()
    }
}

fn not_in<T: PartialEq + Copy>(allowed: Option<&[T]>, answer: T) -> bool {
    allowed.is_some_and(|allowed| !allowed.contains(&answer))
}

fn by(vehicle: &Vehicle) -> String {
    vehicle.label().to_lowercase()
}

/// `a`, `a or b`, `a, b or c`.
fn list(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} or {last}", words.join(", ")),
        None => String::new(),
    }
}
