//! The inputs of rating: the needs, the age and the country of residence.
//!
//! The risk level of the identity check decides who reviews an application. It never rates, prices or excludes, and
//! neither does sex, nationality or any other field of a document: the types in this module cannot hold them.

use jiff::civil::Date;
use serde::Deserialize;

use crate::date::age_on;
use crate::needs::{Needs, Vehicle};

/// The data of an applicant that rating uses, in addition to the answers to the questionnaire.
///
/// It cannot hold the result of the identity check:
///
/// ```compile_fail,E0560
/// # use domain::{event::RiskLevel, policy::RatedPerson};
/// let date_of_birth = jiff::civil::date(1987, 3, 14);
/// RatedPerson { date_of_birth, country: "NO".to_owned(), risk_level: RiskLevel::High };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatedPerson {
    /// The confirmed date of birth.
    pub date_of_birth: Date,
    /// Country of residence, ISO 3166-1 alpha-2, upper case.
    pub country: String,
}

impl RatedPerson {
    /// The age on `day`, in whole years as [`age_on`] counts them; 0 before birth.
    pub fn age_on(&self, day: Date) -> u8 {
        u8::try_from(age_on(self.date_of_birth, day).max(0)).unwrap_or(u8::MAX)
    }
}

/// The likelihood of a claim, by the applicant's activities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskClass {
    /// 0 or 1 point.
    Low,
    /// 2 or 3 points.
    Medium,
    /// 4 points.
    High,
}

/// The risk profile: a sum of points, and the resulting class.
///
/// | condition | points |
/// |---|---|
/// | rides a motorcycle | 2 |
/// | under 25, or 65 and older | 1 |
/// | 12 trips abroad a year, or more | 1 |
///
/// Smoking is excluded on purpose: the products that it concerns price it themselves, so it would count twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskProfile {
    /// The sum.
    pub points: u8,
    /// The resulting class.
    pub class: RiskClass,
}

impl RiskProfile {
    /// The risk profile of an applicant who is `age` years old.
    pub fn of(needs: &Needs, age: u8) -> Self {
        let points =
            [(needs.vehicle == Vehicle::Motorcycle, 2), (!(25..65).contains(&age), 1), (needs.trips_per_year >= 12, 1)];
        let points = points.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum();
        let class = match points {
            0..=1 => RiskClass::Low,
            2..=3 => RiskClass::Medium,
            _ => RiskClass::High,
        };
        Self { points, class }
    }
}

/// All inputs of the catalogue's rules.
#[derive(Clone, Copy, Debug)]
pub(super) struct RatingInput<'a> {
    pub needs: &'a Needs,
    pub age: u8,
    pub risk: RiskClass,
    pub country: &'a str,
}
