use super::*;
use crate::field_error::FieldError;

fn codes(errors: &[FieldError]) -> Vec<(&str, &str)> {
    errors.iter().map(|e| (e.field.as_str(), e.code.as_str())).collect()
}

#[test]
fn needs_accept_both_ends_of_every_range() {
    let low = Needs { dependants: 0, trips_per_year: 0, pets: 0, monthly_budget_cents: 500, ..needs() };
    assert_eq!(ValidNeeds::parse(&low).unwrap().needs(), &low);
    let high = Needs { dependants: 15, trips_per_year: 50, pets: 15, monthly_budget_cents: 200_000, ..needs() };
    assert_eq!(ValidNeeds::parse(&high).unwrap().needs(), &high);
}

#[test]
fn all_answers_out_of_range_are_reported() {
    let wrong = Needs {
        interests: Vec::new(),
        dependants: 16,
        trips_per_year: 51,
        pets: 16,
        monthly_budget_cents: 200_001,
        ..needs()
    };
    let errors = ValidNeeds::parse(&wrong).unwrap_err();
    let expected = [
        ("interests", "required"),
        ("dependants", "out_of_range"),
        ("tripsPerYear", "out_of_range"),
        ("pets", "out_of_range"),
        ("monthlyBudgetCents", "out_of_range"),
    ];
    assert_eq!(codes(&errors), expected);
    assert_eq!(errors[1].message, "Enter the number of people who live on your income, from 0 to 15.");
    assert_eq!(errors[4].message, "Enter a monthly budget from 5 to 2000 euro.");
}

#[test]
fn budget_below_the_minimum_is_refused() {
    let errors = ValidNeeds::parse(&Needs { monthly_budget_cents: 499, ..needs() }).unwrap_err();
    assert_eq!(codes(&errors), [("monthlyBudgetCents", "out_of_range")]);
}

#[test]
fn duplicate_interest_is_refused() {
    let twice = Needs { interests: vec![Interest::Pet, Interest::Home, Interest::Pet], ..needs() };
    assert_eq!(codes(&ValidNeeds::parse(&twice).unwrap_err()), [("interests", "duplicate")]);
    let all = Needs { interests: Interest::ALL.to_vec(), ..needs() };
    assert!(ValidNeeds::parse(&all).is_ok());
}
