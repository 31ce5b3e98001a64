//! The needs questionnaire: the draft, its validation, and the request that it makes.

use domain::api::FieldError;
use domain::invisible::without_invisible;
use domain::needs::{Employment, Home, Interest, Needs, Vehicle};
use domain::policy::ValidNeeds;
use serde::{Deserialize, Serialize};

/// The answers so far. Numbers are kept as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NeedsDraft {
    /// The interests.
    pub interests: Vec<Interest>,
    /// The number of people who live on the income.
    pub dependants: String,
    /// The employment.
    pub employment: Option<Employment>,
    /// The home.
    pub home: Option<Home>,
    /// The vehicle.
    pub vehicle: Option<Vehicle>,
    /// The number of trips abroad a year.
    pub trips: String,
    /// The number of pets.
    pub pets: String,
    /// Whether the applicant smokes.
    pub smoker: Option<bool>,
    /// Monthly budget in whole euro, or with cents.
    pub budget: String,
}

impl NeedsDraft {
    /// Adds an interest or removes it.
    pub fn toggle(interests: &mut Vec<Interest>, interest: Interest, chosen: bool) {
        interests.retain(|known| *known != interest);
        if chosen {
            interests.push(interest);
        }
    }

    /// The request from the answers.
    ///
    /// # Errors
    /// Every missing or invalid answer, by its name in the request, in the order of the form.
    pub fn parse(&self) -> Result<Needs, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut count = |field: &str, typed: &str, message: &str| {
            without_invisible(typed).trim().parse::<u8>().unwrap_or_else(|_| {
                errors.push(FieldError::new(field, "invalid", message));
                0
            })
        };
        let dependants =
            count("dependants", &self.dependants, "Enter how many people live on your income; 0 if nobody does.");
        let trips_per_year =
            count("tripsPerYear", &self.trips, "Enter how many trips abroad you make in a year; 0 if none.");
        let pets = count("pets", &self.pets, "Enter how many pets you have; 0 if none.");
        let monthly_budget_cents = cents(&self.budget).unwrap_or_else(|| {
            let message = "Enter what you would spend in a month, in euro, for instance 80.";
            errors.push(FieldError::new("monthlyBudgetCents", "invalid", message));
            0
        });
        for (field, answered, message) in [
            ("employment", self.employment.is_some(), "Choose how you earn your living."),
            ("home", self.home.is_some(), "Choose where you live."),
            ("vehicle", self.vehicle.is_some(), "Choose how you get around."),
            ("smoker", self.smoker.is_some(), "Say whether you smoke."),
        ] {
            if !answered {
                errors.push(FieldError::new(field, "required", message));
            }
        }
        let mut interests = self.interests.clone();
        interests.sort_by_key(|interest| Interest::ALL.iter().position(|known| known == interest));
        let needs = Needs {
            interests,
            dependants,
            employment: self.employment.unwrap_or(Employment::NotWorking),
            home: self.home.unwrap_or(Home::WithOthers),
            vehicle: self.vehicle.unwrap_or(Vehicle::None),
            trips_per_year,
            pets,
            smoker: self.smoker.unwrap_or_default(),
            monthly_budget_cents,
        };
        // The domain validates the answers that were given. A missing answer has its error already.
        for error in ValidNeeds::parse(&needs).err().unwrap_or_default() {
            if !errors.iter().any(|known| known.field == error.field) {
                errors.push(error);
            }
        }
        errors.sort_by_key(|error| ORDER.iter().position(|field| *field == error.field));
        if errors.is_empty() { Ok(needs) } else { Err(errors) }
    }
}

impl From<&Needs> for NeedsDraft {
    /// The draft that makes these needs, for changing an answer that was submitted.
    fn from(needs: &Needs) -> Self {
        let (units, cents) = (needs.monthly_budget_cents / 100, needs.monthly_budget_cents % 100);
        Self {
            interests: needs.interests.clone(),
            dependants: needs.dependants.to_string(),
            employment: Some(needs.employment),
            home: Some(needs.home),
            vehicle: Some(needs.vehicle),
            trips: needs.trips_per_year.to_string(),
            pets: needs.pets.to_string(),
            smoker: Some(needs.smoker),
            budget: if cents == 0 { units.to_string() } else { format!("{units}.{cents:02}") },
        }
    }
}

/// The order of the form.
const ORDER: [&str; 9] = [
    "interests",
    "dependants",
    "employment",
    "home",
    "vehicle",
    "tripsPerYear",
    "pets",
    "smoker",
    "monthlyBudgetCents",
];

/// The input that a link to an error focuses: the first one of its question.
pub fn input_of(field: &str) -> Option<&'static str> {
    Some(match field {
        "interests" => "interests-life",
        "dependants" => "dependants",
        "employment" => "employment-employed",
        "home" => "home-owner",
        "vehicle" => "vehicle-none",
        "tripsPerYear" => "trips-per-year",
        "pets" => "pets",
        "smoker" => "smoker-no",
        "monthlyBudgetCents" => "monthly-budget",
        _ => return None,
    })
}

/// Cents of a sum typed in units, with a point or a comma before at most two decimals; a euro sign and spaces are
/// ignored.
fn cents(typed: &str) -> Option<u32> {
    let bare: String = without_invisible(typed).chars().filter(|c| !c.is_whitespace() && *c != '€').collect();
    let (units, decimals) = bare.split_once(['.', ',']).unwrap_or((&bare, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if units.is_empty() || !digits(units) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let units: u32 = units.parse().ok()?;
    let decimals: u32 = format!("{decimals:0<2}").parse().ok()?;
    units.checked_mul(100)?.checked_add(decimals)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answered() -> NeedsDraft {
        NeedsDraft {
            interests: vec![Interest::Travel, Interest::Life],
            dependants: "2".into(),
            employment: Some(Employment::Employed),
            home: Some(Home::Tenant),
            vehicle: Some(Vehicle::None),
            trips: " 3 ".into(),
            pets: "0".into(),
            smoker: Some(false),
            budget: "80,5".into(),
        }
    }

    #[test]
    fn draft_becomes_needs_in_the_domains_order() {
        let needs = answered().parse().unwrap();
        assert_eq!(needs.interests, vec![Interest::Life, Interest::Travel]);
        assert_eq!((needs.dependants, needs.trips_per_year, needs.monthly_budget_cents), (2, 3, 8050));
    }

    #[test]
    fn invisible_characters_around_numbers_are_left_out() {
        let around = |text: &str| format!("\u{202D}{text}\u{202C}");
        let draft = NeedsDraft {
            dependants: around("2"),
            trips: around("3"),
            pets: around("0"),
            budget: around("80,5"),
            ..answered()
        };
        assert_eq!(draft.parse(), answered().parse());
    }

    #[test]
    fn submitted_needs_fill_the_form_again() {
        let needs = answered().parse().unwrap();
        assert_eq!(NeedsDraft::from(&needs).parse().unwrap(), needs);
        assert_eq!(NeedsDraft::from(&needs).budget, "80.50");
    }

    #[test]
    fn every_missing_answer_is_reported_once_in_the_order_of_the_form() {
        let errors = NeedsDraft::default().parse().unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ORDER);
        assert!(fields.iter().all(|field| input_of(field).is_some()));
    }

    #[test]
    fn ranges_are_validated_by_the_domain() {
        let draft = NeedsDraft { budget: "1".into(), trips: "51".into(), ..answered() };
        let fields: Vec<_> = draft.parse().unwrap_err().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, ["tripsPerYear", "monthlyBudgetCents"]);
    }

    #[test]
    fn interest_is_added_once_and_removed() {
        let mut interests = Vec::new();
        NeedsDraft::toggle(&mut interests, Interest::Pet, true);
        NeedsDraft::toggle(&mut interests, Interest::Pet, true);
        assert_eq!(interests, vec![Interest::Pet]);
        NeedsDraft::toggle(&mut interests, Interest::Pet, false);
        assert_eq!(interests, vec![]);
    }

    #[test]
    fn amounts_are_parsed_in_usual_notations() {
        assert_eq!(cents("80"), Some(8000));
        assert_eq!(cents("€ 12.5"), Some(1250));
        assert_eq!(cents("1 200,00"), Some(120_000));
        for wrong in ["", "-5", "1.234", "x", "99999999999", "."] {
            assert_eq!(cents(wrong), None, "{wrong}");
        }
    }
}
