//! What is known of an applicant beside the needs, and the risk profile that it adds up to.

use jiff::civil::Date;

use crate::event::RiskLevel;
use crate::needs::{Needs, Vehicle};

/// What is known of an applicant beside the answers to the questionnaire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The confirmed date of birth.
    pub date_of_birth: Date,
    /// The risk level that the identity check came to.
    pub risk_level: RiskLevel,
    /// Country of residence, ISO 3166-1 alpha-2, upper case.
    pub country: String,
}

impl Profile {
    /// The age on `day`, in whole years; 0 before birth. Who was born on 29 February becomes older on 1 March in a year
    /// that has no such day.
    pub fn age_on(&self, day: Date) -> u8 {
        let born = self.date_of_birth;
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        let years = i32::from(day.year()) - i32::from(born.year()) - i32::from(!had_birthday);
        u8::try_from(years.max(0)).unwrap_or(u8::MAX)
    }
}

/// How likely a claim is, in three levels, as a sum of points:
///
/// | what | points |
/// |---|---|
/// | identity check came to MEDIUM risk | 2 |
/// | identity check came to HIGH risk | 4 |
/// | rides a motorcycle | 2 |
/// | under 25, or 65 and older | 1 |
/// | 12 trips abroad a year, or more | 1 |
///
/// 0 or 1 point is low, 2 or 3 medium, 4 and more high. So a high risk found by the identity check is always a high
/// profile, and nothing in a person's way of life alone outweighs it but a motorcycle together with both of the lesser
/// ones. Smoking is left out on purpose: the products that it concerns price it themselves, and it must not count twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskProfile {
    /// The sum.
    pub points: u8,
    /// The level that it means.
    pub level: RiskLevel,
}

impl RiskProfile {
    /// The risk profile of an applicant who is `age` years old.
    pub fn of(needs: &Needs, identity_check: RiskLevel, age: u8) -> Self {
        let from_check = match identity_check {
            RiskLevel::Low => 0,
            RiskLevel::Medium => 2,
            RiskLevel::High => 4,
        };
        let from_life =
            [(needs.vehicle == Vehicle::Motorcycle, 2), (!(25..65).contains(&age), 1), (needs.trips_per_year >= 12, 1)];
        let points = from_check + from_life.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum::<u8>();
        let level = match points {
            0..=1 => RiskLevel::Low,
            2..=3 => RiskLevel::Medium,
            _ => RiskLevel::High,
        };
        Self { points, level }
    }
}

/// Everything the rules look at, worked out once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub needs: &'a Needs,
    pub age: u8,
    pub risk: RiskLevel,
    pub country: &'a str,
}
