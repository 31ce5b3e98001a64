use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::policy::{Catalogue, SHOWN, recommend};

prop_compose! {
    fn any_needs()(
        interests in subsequence(Interest::ALL.to_vec(), 1..=8),
        dependants in 0_u8..=15,
        employment in select(Employment::ALL.to_vec()),
        home in select(Home::ALL.to_vec()),
        vehicle in select(Vehicle::ALL.to_vec()),
        trips_per_year in 0_u8..=50,
        pets in 0_u8..=15,
        smoker: bool,
        monthly_budget_cents in 500_u32..=200_000,
    ) -> ValidNeeds {
        valid(&Needs {
            interests, dependants, employment, home, vehicle, trips_per_year, pets, smoker, monthly_budget_cents,
        })
    }
}

prop_compose! {
    fn any_person(youngest: i16)(
        age in youngest..=120,
        month in 1_i8..=12,
        day in 1_i8..=28,
        country in select(vec!["NO", "GB", "US", "JP", "ZZ"]),
    ) -> RatedPerson {
        RatedPerson { date_of_birth: date(TODAY.year() - age, month, day), country: country.to_owned() }
    }
}

/// The number in `...: 25 points`.
fn points(reason: &str) -> u32 {
    let (_, points) = reason.rsplit_once(": ").expect(reason);
    points.split(' ').next().unwrap().parse().expect(reason)
}

proptest! {
    #[test]
    fn scores_are_sums_and_every_policy_is_listed_once(needs in any_needs(), person in any_person(0)) {
        let catalogue = Catalogue::builtin();
        let result = recommend(catalogue, &needs, &person, TODAY);

        prop_assert!(result.recommendations.len() <= SHOWN);
        for offer in &result.recommendations {
            prop_assert!(offer.fit_score <= 100);
            prop_assert_eq!(offer.reasons.iter().map(|reason| points(reason)).sum::<u32>(), u32::from(offer.fit_score));
            prop_assert!(offer.premium.monthly_cents > 0);
            prop_assert_eq!(&offer.name, &catalogue.product(&offer.policy_id).unwrap().name);
        }
        prop_assert!(result.recommendations.is_sorted_by(|a, b| a.fit_score >= b.fit_score));

        for excluded in &result.excluded {
            let name = &catalogue.product(&excluded.policy_id).unwrap().name;
            prop_assert!(excluded.reason.starts_with(&format!("{name}: ")), "{}", excluded.reason);
        }
        let shown = result.recommendations.iter().map(|offer| &offer.policy_id);
        let listed: Vec<_> = shown.chain(result.excluded.iter().map(|excluded| &excluded.policy_id)).collect();
        prop_assert_eq!(listed.len(), catalogue.products().len());
        prop_assert_eq!(listed.iter().collect::<BTreeSet<_>>().len(), listed.len());
    }

    #[test]
    fn lower_fit_excludes_only_beyond_five_policies(needs in any_needs(), person in any_person(18)) {
        let result = recommend(Catalogue::builtin(), &needs, &person, TODAY);
        let beaten = result.excluded.iter().filter(|e| e.reason.contains("a lower fit than the five shown")).count();
        prop_assert!(beaten == 0 || result.recommendations.len() == SHOWN);
    }

    #[test]
    fn every_adult_has_at_least_three_policies(needs in any_needs(), person in any_person(19)) {
        prop_assert!(recommend(Catalogue::builtin(), &needs, &person, TODAY).recommendations.len() >= 3);
    }

    #[test]
    fn recommendation_is_deterministic(needs in any_needs(), person in any_person(0)) {
        let again = Catalogue::parse(crate::policy::BUILTIN).unwrap();
        let first = recommend(Catalogue::builtin(), &needs, &person, TODAY);
        prop_assert_eq!(first, recommend(&again, &needs, &person, TODAY));
    }

    #[test]
    fn higher_risk_or_smoking_never_lowers_the_premium(needs in any_needs(), person in any_person(18)) {
        let risky = valid(&Needs { trips_per_year: 12.max(needs.needs().trips_per_year), ..needs.needs().clone() });
        let smoking = valid(&Needs { smoker: true, ..needs.needs().clone() });
        let before = recommend(Catalogue::builtin(), &needs, &person, TODAY);
        for after in [
            recommend(Catalogue::builtin(), &risky, &person, TODAY),
            recommend(Catalogue::builtin(), &smoking, &person, TODAY),
        ] {
            for offer in &after.recommendations {
                if let Some(was) = before.recommendations.iter().find(|was| was.policy_id == offer.policy_id) {
                    prop_assert!(offer.premium.monthly_cents >= was.premium.monthly_cents);
                }
            }
        }
    }
}
