use std::collections::BTreeSet;

use super::*;
use crate::policy::{BUILTIN, Catalogue};

/// The problems of the built-in catalogue with one piece of text replaced.
fn problems_with(old: &str, new: &str) -> Vec<String> {
    assert!(BUILTIN.contains(old), "the catalogue has no `{old}`");
    let error = Catalogue::parse(&BUILTIN.replacen(old, new, 1)).unwrap_err();
    error.0.iter().map(ToString::to_string).collect()
}

#[test]
fn built_in_catalogue_is_valid_and_serves_every_interest() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue, &Catalogue::parse(BUILTIN).unwrap());
    assert!(catalogue.products().len() >= 12);
    let served: BTreeSet<_> = catalogue.products().iter().map(|product| product.interest).collect();
    assert_eq!(served, BTreeSet::from(Interest::ALL));
    assert_eq!(catalogue.product("home-buildings").unwrap().name, "Four Walls");
    assert_eq!(catalogue.product("no-such"), None);
}

#[test]
fn unknown_key_is_reported_with_its_product() {
    let problems = problems_with("base_cents = 4200", "base_cent = 4200");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("product car: "), "{problems:?}");
    assert!(problems[0].contains("unknown field `base_cent`"), "{problems:?}");
    let problems = problems_with("currency = \"EUR\"", "currency = \"EUR\"\ncurrancy = \"EUR\"");
    assert_eq!(problems, ["unknown key `currancy`"]);
}

#[test]
fn unknown_answer_is_reported_with_its_product() {
    let problems = problems_with("homes = [\"owner\"]", "homes = [\"landlord\"]");
    assert!(problems[0].starts_with("product home-buildings: "), "{problems:?}");
    assert!(problems[0].contains("landlord") && problems[0].contains("with_others"), "{problems:?}");
    // The path to the key is part of the message.
    assert!(problems[0].contains("eligibility") && problems[0].contains("homes"), "{problems:?}");
}

#[test]
fn product_without_id_is_reported_by_position() {
    let problems = problems_with("id = \"whole-life\"\n", "");
    assert!(problems[0].starts_with("product number 2: "), "{problems:?}");
    assert!(problems[0].contains("`id`"), "{problems:?}");
}

#[test]
fn fit_points_must_sum_to_100() {
    let problems = problems_with("interest = 30\n", "interest = 31\n");
    assert_eq!(problems, ["product accident: `fit`: the points must be 100 in all, not 101"]);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let cases = [
        ("smoker = 1800", "smoker = 99", "product term-life: `premium.smoker` must be from 100 to 10000 thousandths"),
        ("base_cents = 4200", "base_cents = 100001", "product car: `premium.base_cents` must be at most 100000"),
        ("base_cents = 4200", "base_cents = 0", "product car: `premium.base_cents` must be above 0"),
        (
            "age = { from = 18, to = 60 }",
            "age = { from = 61, to = 60 }",
            "product income-protection: `eligibility.age`: `from` is above `to`",
        ),
        (
            "{ from = 30, factor = 1000 }",
            "{ from = 18, factor = 1000 }",
            "product term-life: `premium.age` must be ascending",
        ),
        (
            "{ from = 18, factor = 800 }",
            "{ from = 19, factor = 800 }",
            "product term-life: `premium.age` must begin no later than `eligibility.age`",
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(problems_with(old, new), [expected]);
    }
}

#[test]
fn empty_texts_and_lists_are_refused() {
    let cases = [
        ("name = \"Open Road Car\"", "name = \" \"", "product car: `name` must be one line of text"),
        (
            "homes = [\"owner\"]",
            "homes = []",
            "product home-buildings: `eligibility.homes` is empty, so nobody would be eligible",
        ),
        (
            "\"AT\", \"BE\"",
            "\"at\", \"BE\"",
            "product home-buildings: `eligibility.countries` takes ISO 3166-1 alpha-2 codes such as \"NO\"",
        ),
        ("when = { smoker = false }", "when = {}", "product term-life: `fit.rules` 4: `when` has no condition"),
        ("id = \"car\"", "id = \"Car\"", "product Car: `id` takes lower-case letters, digits and hyphens"),
        ("id = \"car\"", "id = \"term-life\"", "product term-life: `id` is used twice"),
    ];
    for (old, new, expected) in cases {
        assert_eq!(problems_with(old, new), [expected]);
    }
}

#[test]
fn all_catalogue_problems_are_reported_together() {
    let wrong =
        BUILTIN.replacen("smoker = 1800", "smoker = 1", 1).replacen("base_cents = 4200", "base_cents = \"x\"", 1);
    let error = Catalogue::parse(&wrong).unwrap_err();
    let products: Vec<_> = error.0.iter().map(|problem| problem.product.as_deref()).collect();
    assert_eq!(products, [Some("term-life"), Some("car")]);
    assert!(error.to_string().starts_with("the product catalogue is invalid: product term-life: "));
}

#[test]
fn text_that_is_no_catalogue_is_refused() {
    assert!(Catalogue::parse("currency = ").is_err());
    let empty: Vec<_> = Catalogue::parse("").unwrap_err().0.iter().map(ToString::to_string).collect();
    let expected = ["`currency` must be an ISO 4217 code such as \"EUR\"", "at least one [[product]] is required"];
    assert_eq!(empty, expected);
}
