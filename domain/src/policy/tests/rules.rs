use super::*;
use crate::event::PolicyRecommended;
use crate::policy::{Catalogue, RiskClass, RiskProfile, recommend};

/// A catalogue with one product, which has the given tables.
fn one(eligibility: &str, fit: &str, premium: &str) -> Catalogue {
    Catalogue::parse(&format!(
        "currency = \"EUR\"\n[[product]]\nid = \"p\"\nname = \"Probe\"\nsummary = \"A probe.\"\n\
         covers = [\"this\", \"that\"]\ninterest = \"home\"\n\
         [product.eligibility]\n{eligibility}\n[product.fit]\n{fit}\n[product.premium]\n{premium}\n"
    ))
    .unwrap()
}

const FIT: &str = "interest = 60\nbudget = 15\n\
     rules = [{ points = 25, reason = \"You own your home\", when = { homes = [\"owner\"] } }]";

fn excluded(eligibility: &str, needs: &Needs, person: &RatedPerson) -> Option<String> {
    let result = recommend(&one(eligibility, FIT, "base_cents = 1000"), &valid(needs), person, TODAY);
    assert_eq!(result.recommendations.len() + result.excluded.len(), 1);
    result.excluded.into_iter().next().map(|excluded| excluded.reason)
}

fn premium(rules: &str, needs: &Needs, person: &RatedPerson) -> u64 {
    let result = recommend(&one("", FIT, rules), &valid(needs), person, TODAY);
    result.recommendations[0].premium.monthly_cents
}

fn reasons(needs: &Needs) -> (u8, Vec<String>) {
    let mut result = recommend(&one("", FIT, "base_cents = 1000"), &valid(needs), &person(), TODAY);
    let offer = result.recommendations.remove(0);
    (offer.fit_score, offer.reasons)
}

#[test]
fn age_before_birth_is_zero() {
    let born = |born| RatedPerson { date_of_birth: born, ..person() };
    assert_eq!(born(date(2008, 11, 21)).age_on(TODAY), 18);
    assert_eq!(born(date(2008, 11, 22)).age_on(TODAY), 17);
    assert_eq!(born(date(2030, 1, 1)).age_on(TODAY), 0);
}

#[test]
fn eligible_ages_include_both_limits() {
    let rule = "age = { from = 18, to = 64 }";
    assert_eq!(excluded(rule, &needs(), &aged(18)), None);
    assert_eq!(excluded(rule, &needs(), &aged(64)), None);
    let reason = |age| format!("Probe: it is for people from 18 to 64 years old, and you are {age}.");
    assert_eq!(excluded(rule, &needs(), &aged(17)), Some(reason(17)));
    assert_eq!(excluded(rule, &needs(), &aged(65)), Some(reason(65)));
    let open = excluded("age = { from = 40 }", &needs(), &aged(39)).unwrap();
    assert_eq!(open, "Probe: it is for people of 40 years and older, and you are 39.");
    assert_eq!(excluded("age = { from = 40 }", &needs(), &aged(119)), None);
}

#[test]
fn each_condition_excludes_with_its_reason() {
    let tenant = Needs { home: Home::Tenant, ..needs() };
    let cases = [
        ("homes = [\"owner\"]", &tenant, "it is not for the kind of home you live in"),
        ("vehicles = [\"motorcycle\"]", &needs(), "it is for people who get around by motorcycle"),
        (
            "employment = [\"student\", \"self_employed\"]",
            &needs(),
            "it is for people who are in education or self-employed",
        ),
        ("pets = true", &needs(), "it is for people who have a pet"),
        ("countries = [\"SE\", \"DK\"]", &needs(), "it is not offered in the country you live in"),
    ];
    for (rule, needs, expected) in cases {
        assert_eq!(excluded(rule, needs, &person()).unwrap(), format!("Probe: {expected}."));
    }
    let met = "homes = [\"owner\"]\nvehicles = [\"car\"]\nemployment = [\"employed\"]\ncountries = [\"NO\"]\n\
               max_risk = \"LOW\"";
    assert_eq!(excluded(met, &needs(), &person()), None);
    assert_eq!(excluded("pets = true", &Needs { pets: 1, ..needs() }, &person()), None);
}

#[test]
fn all_exclusion_reasons_are_listed() {
    let reason = excluded("pets = true\ncountries = [\"SE\"]", &needs(), &person()).unwrap();
    assert_eq!(reason, "Probe: it is for people who have a pet; it is not offered in the country you live in.");
}

/// An applicant of each risk class: the answers, and the date of birth.
fn of_each_risk_class() -> [(Needs, RatedPerson); 3] {
    let rider = Needs { vehicle: Vehicle::Motorcycle, ..needs() };
    let traveller = Needs { trips_per_year: 12, ..rider.clone() };
    [(needs(), person()), (rider, person()), (traveller, aged(70))]
}

#[test]
fn risk_class_above_the_highest_accepted_excludes() {
    let [low, medium, high] =
        of_each_risk_class().map(|(needs, person)| excluded("max_risk = \"MEDIUM\"", &needs, &person));
    assert_eq!([low, medium], [None, None]);
    assert_eq!(high.unwrap(), "Probe: it does not take on a risk profile as high as yours.");
}

#[test]
fn risk_profile_is_the_sum_of_its_points() {
    let of = |needs: &Needs, age| {
        let profile = RiskProfile::of(needs, age);
        (profile.points, profile.class)
    };
    use RiskClass::{High, Low, Medium};
    assert_eq!(of(&needs(), 40), (0, Low));
    assert_eq!(of(&needs(), 24), (1, Low));
    assert_eq!(of(&needs(), 25), (0, Low));
    assert_eq!(of(&needs(), 64), (0, Low));
    assert_eq!(of(&needs(), 65), (1, Low));
    assert_eq!(of(&Needs { trips_per_year: 12, ..needs() }, 70), (2, Medium));
    let rider = Needs { vehicle: Vehicle::Motorcycle, trips_per_year: 11, ..needs() };
    assert_eq!(of(&rider, 40), (2, Medium));
    assert_eq!(of(&Needs { trips_per_year: 12, ..rider.clone() }, 40), (3, Medium));
    assert_eq!(of(&Needs { trips_per_year: 12, ..rider }, 70), (4, High));
}

#[test]
fn fit_reasons_name_their_points() {
    let (score, all) = reasons(&Needs { interests: vec![Interest::Home], monthly_budget_cents: 1000, ..needs() });
    assert_eq!(score, 100);
    let expected = [
        "You chose “My home and belongings”: 60 points",
        "You own your home: 25 points",
        "It leaves room in your budget for your other wishes: 15 points",
    ];
    assert_eq!(all, expected);
}

#[test]
fn budget_is_divided_by_the_interests() {
    let budget = |interests: &[Interest], monthly_budget_cents| {
        reasons(&Needs { interests: interests.to_vec(), monthly_budget_cents, home: Home::Tenant, ..needs() }).0
    };
    use Interest::{Life, Pet, Travel};
    // The premium is 10.00.
    assert_eq!(budget(&[Life, Pet, Travel], 3000), 15);
    assert_eq!(budget(&[Life, Pet, Travel], 2999), 7);
    assert_eq!(budget(&[Life, Pet, Travel], 1000), 7);
    assert_eq!(budget(&[Life, Pet, Travel], 999), 0);
    assert_eq!(budget(&[Life], 1000), 15);
}

#[test]
fn no_applicable_rule_scores_zero() {
    let needs = Needs { interests: vec![Interest::Pet], home: Home::Tenant, monthly_budget_cents: 500, ..needs() };
    assert_eq!(reasons(&needs), (0, Vec::new()));
}

#[test]
fn premium_multiplies_its_factors() {
    let rules = "base_cents = 1000\nper_dependant_cents = 100\nper_pet_cents = 10\nper_trip_cents = 1\nsmoker = 1500\n\
                 age = [{ from = 0, factor = 1000 }, { from = 39, factor = 2000 }, { from = 40, factor = 3000 }]\n\
                 risk = { medium = 1100, high = 1300 }\nhomes = { owner = 1200 }\nemployment = { retired = 500 }\n\
                 vehicles = { motorcycle = 1400 }";
    let plain = Needs { dependants: 2, pets: 3, trips_per_year: 4, home: Home::Tenant, ..needs() };
    // 1000 + 200 + 30 + 4, at 39 twice as much.
    assert_eq!(premium(rules, &plain, &person()), 2468);
    assert_eq!(premium(rules, &plain, &aged(40)), 3702);
    assert_eq!(premium(rules, &plain, &aged(38)), 1234);
    assert_eq!(premium(rules, &Needs { smoker: true, ..plain.clone() }, &aged(38)), 1851);
    // 1234 x 1.2 = 1480.8; x 0.5 = 617; x 1.1 (a motorcycle makes a medium profile) x 1.4 = 1900.36
    assert_eq!(premium(rules, &Needs { home: Home::Owner, ..plain.clone() }, &aged(38)), 1481);
    assert_eq!(premium(rules, &Needs { employment: Employment::Retired, ..plain.clone() }, &aged(38)), 617);
    assert_eq!(premium(rules, &Needs { vehicle: Vehicle::Motorcycle, ..plain.clone() }, &aged(38)), 1900);
    let [low, medium, high] = of_each_risk_class()
        .map(|(needs, person)| premium("base_cents = 1234\nrisk = { medium = 1100, high = 1300 }", &needs, &person));
    assert_eq!((low, medium, high), (1234, 1357, 1604));
}

#[test]
fn premium_is_rounded_once_and_half_up() {
    assert_eq!(premium("base_cents = 1001\nsmoker = 1500", &Needs { smoker: true, ..needs() }, &person()), 1502);
    // 5 x 1.1 x 1.1 = 6.05: rounding in between would have made it 6.6, then 7.
    let twice = "base_cents = 5\nsmoker = 1100\nhomes = { owner = 1100 }";
    assert_eq!(premium(twice, &Needs { smoker: true, ..needs() }, &person()), 6);
}

#[test]
fn highest_possible_premium_does_not_overflow() {
    let rules = "base_cents = 100000\nper_dependant_cents = 100000\nper_pet_cents = 100000\nper_trip_cents = 100000\n\
                 smoker = 10000\nage = [{ from = 0, factor = 10000 }]\nrisk = { medium = 10000, high = 10000 }\n\
                 homes = { owner = 10000 }\nemployment = { employed = 10000 }\nvehicles = { motorcycle = 10000 }";
    let most =
        Needs { dependants: 15, pets: 15, trips_per_year: 50, smoker: true, vehicle: Vehicle::Motorcycle, ..needs() };
    assert_eq!(premium(rules, &most, &person()), 8_100_000 * 1_000_000);
}

fn ids(result: &PolicyRecommended) -> Vec<&str> {
    result.recommendations.iter().map(|offer| offer.policy_id.as_str()).collect()
}

#[test]
fn home_owner_with_a_family_gets_matching_policies() {
    let result = recommend(Catalogue::builtin(), &valid(&needs()), &person(), TODAY);
    assert_eq!(ids(&result), ["home-buildings", "home-contents", "term-life", "car", "dental"]);
    let best = &result.recommendations[2];
    assert_eq!(best.fit_score, 100);
    // (9.50 + 2 x 1.20) x 1.0 at 39
    assert_eq!(best.premium.monthly_cents, 1190);
    assert_eq!(best.premium.currency, "EUR");
    let pet = result.excluded.iter().find(|excluded| excluded.policy_id == "pet").unwrap();
    assert_eq!(pet.reason, "Four Paws: it is for people who have a pet.");
    let beaten = result.excluded.iter().find(|excluded| excluded.policy_id == "liability").unwrap();
    assert_eq!(beaten.reason, "Peace Next Door: a lower fit than the five shown (35 of 100).");
}

#[test]
fn equal_scores_are_ordered_by_id() {
    let product = |id: &str, cents: u32| {
        format!(
            "[[product]]\nid = \"{id}\"\nname = \"{id}\"\nsummary = \"x\"\n\
             covers = [\"a\", \"b\"]\ninterest = \"pet\"\n\
             [product.eligibility]\n[product.fit]\n{FIT}\n[product.premium]\nbase_cents = {cents}\n"
        )
    };
    // The price does not count.
    let toml = ["d", "b", "a", "f", "e", "c"].map(|id| product(id, if id == "f" { 900 } else { 1000 })).join("");
    let catalogue = Catalogue::parse(&format!("currency = \"EUR\"\n{toml}")).unwrap();
    let result = recommend(&catalogue, &valid(&needs()), &person(), TODAY);
    assert_eq!(ids(&result), ["a", "b", "c", "d", "e"]);
    assert_eq!(result.excluded[0].policy_id, "f");
}
