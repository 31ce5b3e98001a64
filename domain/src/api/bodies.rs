//! Request bodies. They are strict: an unknown field is refused, so that a misspelt field is not lost silently. The
//! stored and published shapes are lenient; see [`crate::versions`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::FieldName;
use crate::event::{Address, UserInfo};
use crate::needs::{Employment, Home, Interest, Needs, Vehicle};

/// Body of `POST /api/customers`: the applicant's details. An omitted field counts as empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmitUserInfo {
    /// E-mail address.
    #[serde(default)]
    pub email: String,
    /// Given names, as on the identity document.
    #[serde(default)]
    pub first_name: String,
    /// Family name, as on the identity document.
    #[serde(default)]
    pub last_name: String,
    /// Whether the person has one name only: one of the two fields has it, the other one is empty.
    #[serde(default)]
    pub one_name: bool,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub date_of_birth: String,
    /// E.164, for instance `+4512345678`.
    #[serde(default)]
    pub phone_number: String,
    /// Address of residence.
    #[serde(default)]
    pub address: SubmittedAddress,
}

impl From<SubmitUserInfo> for UserInfo {
    fn from(body: SubmitUserInfo) -> Self {
        let SubmitUserInfo { email, first_name, last_name, one_name, date_of_birth, phone_number, address } = body;
        let SubmittedAddress { line1, line2, city, region, postal_code, country } = address;
        let address = Address { line1, line2, city, region, postal_code, country };
        Self { email, first_name, last_name, one_name, date_of_birth, phone_number, address }
    }
}

/// The address in [`SubmitUserInfo`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SubmittedAddress {
    /// Street and number.
    #[serde(default)]
    pub line1: String,
    /// Flat, floor, building.
    #[serde(default)]
    pub line2: Option<String>,
    /// Town or city.
    #[serde(default)]
    pub city: String,
    /// State, county or province, where addresses there have one.
    #[serde(default)]
    pub region: Option<String>,
    /// Postal code, in the form of its country.
    #[serde(default)]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default)]
    pub country: String,
}

/// Body of `PATCH /api/applications/{id}/documents/{documentId}`: the fields as the applicant confirms or corrects
/// them. A value equal to the one read confirms it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConfirmFields {
    /// Field name to value.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::HashMap<String, String>))]
    pub fields: BTreeMap<FieldName, String>,
}

/// Body of `POST /api/applications/{id}/recommendations`: the answers to the questionnaire. All of them are required.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerNeeds {
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

impl From<AnswerNeeds> for Needs {
    fn from(body: AnswerNeeds) -> Self {
        let AnswerNeeds {
            interests,
            dependants,
            employment,
            home,
            vehicle,
            trips_per_year,
            pets,
            smoker,
            monthly_budget_cents,
        } = body;
        Self { interests, dependants, employment, home, vehicle, trips_per_year, pets, smoker, monthly_budget_cents }
    }
}

/// Body of `POST /api/applications/{id}/selection`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// One of the recommended policies.
    #[serde(default)]
    pub policy_id: String,
    /// Must be true: the applicant agrees to the terms shown.
    #[serde(default)]
    pub consent: bool,
}
