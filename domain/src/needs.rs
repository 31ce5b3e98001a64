//! The needs questionnaire: the cover that the applicant wants.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Number of dependants.
pub const DEPENDANTS: RangeInclusive<u8> = 0..=15;

/// Number of trips abroad a year.
pub const TRIPS_PER_YEAR: RangeInclusive<u8> = 0..=50;

/// Number of pets in the household.
pub const PETS: RangeInclusive<u8> = 0..=15;

/// The monthly budget, in cents.
pub const MONTHLY_BUDGET_CENTS: RangeInclusive<u32> = 500..=200_000;

/// The answers to the questionnaire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Needs {
    /// What matters most; at least one.
    pub interests: Vec<Interest>,
    /// How many people live on the applicant's income, the applicant not counted; 0 to 15.
    pub dependants: u8,
    /// How the applicant earns a living.
    pub employment: Employment,
    /// Where the applicant lives.
    pub home: Home,
    /// How the applicant gets around.
    pub vehicle: Vehicle,
    /// Trips abroad a year; 0 to 50.
    pub trips_per_year: u8,
    /// Pets in the household; 0 to 15.
    pub pets: u8,
    /// Whether the applicant smokes.
    pub smoker: bool,
    /// What the applicant would spend in all, in cents a month; 500 (5.00) to 200000 (2000.00).
    pub monthly_budget_cents: u32,
}

/// A kind of cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interest {
    /// The family's living if the applicant dies.
    Life,
    /// The applicant's income when ill.
    Income,
    /// Home and belongings.
    Home,
    /// Car or motorcycle.
    Motor,
    /// Journeys.
    Travel,
    /// Medical costs.
    Health,
    /// Damage done to others.
    Liability,
    /// Pets.
    Pet,
}

impl Interest {
    /// All kinds of cover, in the order in which they are offered.
    pub const ALL: [Self; 8] =
        [Self::Life, Self::Income, Self::Home, Self::Motor, Self::Travel, Self::Health, Self::Liability, Self::Pet];

    /// The label in the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Life => "My family, if I die",
            Self::Income => "My income, if I cannot work",
            Self::Home => "My home and belongings",
            Self::Motor => "My car or motorcycle",
            Self::Travel => "My journeys",
            Self::Health => "Medical and dental costs",
            Self::Liability => "Damage I do to others",
            Self::Pet => "My pets",
        }
    }
}

/// How the applicant earns a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    /// Has an employer.
    Employed,
    /// Works for himself or herself.
    SelfEmployed,
    /// In education.
    Student,
    /// Has stopped working.
    Retired,
    /// None of these.
    NotWorking,
}

impl Employment {
    /// All answers, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Employed, Self::SelfEmployed, Self::Student, Self::Retired, Self::NotWorking];

    /// The label in the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Employed => "Employed",
            Self::SelfEmployed => "Self-employed",
            Self::Student => "In education",
            Self::Retired => "Retired",
            Self::NotWorking => "Not working",
        }
    }
}

/// Where the applicant lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Home {
    /// Owns the home.
    Owner,
    /// Rents it.
    Tenant,
    /// With family or friends.
    WithOthers,
}

impl Home {
    /// All answers, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Tenant, Self::WithOthers];

    /// The label in the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "I own my home",
            Self::Tenant => "I rent my home",
            Self::WithOthers => "I live with family or friends",
        }
    }
}

/// How the applicant gets around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Vehicle {
    /// Without a motor vehicle.
    None,
    /// By car.
    Car,
    /// By motorcycle.
    Motorcycle,
}

impl Vehicle {
    /// All answers, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::None, Self::Car, Self::Motorcycle];

    /// The label in the form.
    pub const fn label(self) -> &'static str {
        match self {
            Self::None => "Without a motor vehicle",
            Self::Car => "By car",
            Self::Motorcycle => "By motorcycle",
        }
    }
}
