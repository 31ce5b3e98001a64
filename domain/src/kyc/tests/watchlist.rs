use super::*;
use crate::watchlist::{BirthDateAgreement, CountryAgreement, Hit, Subject, Watchlist};
use CheckType::WatchlistScreening;

const NEUTRAL: &str = "This check needs a closer look by a colleague. There is nothing that you need to do.";

fn hits() -> Vec<Hit> {
    vec![Hit {
        entry: 900_101,
        name: "ZARENKO, Viktor".into(),
        programme: "RUSSIA-EO14024".into(),
        name_score: 0.9,
        date_of_birth: BirthDateAgreement::Same,
        country: CountryAgreement::Unknown,
    }]
}

fn screened(outcome: Outcome) -> Case {
    Case::good().change(|case| case.screening.outcome = outcome)
}

#[test]
fn hits_go_to_a_person_and_their_details_to_nobody() {
    screened(Outcome::Possible { hits: hits() }).reviews(WatchlistScreening, NEUTRAL);
    let found = screened(Outcome::Match { hits: hits() });
    found.fails(&[WatchlistScreening], KycStatus::Review, RiskLevel::High);
    for case in [screened(Outcome::Possible { hits: hits() }), found] {
        let check = case.check(WatchlistScreening);
        assert_eq!((check.score, check.reason.as_str()), (0.0, NEUTRAL));
        assert!(!serde_json::to_string(&case.decide()).unwrap().contains("ZARENKO"));
    }
}

#[test]
fn a_list_is_fresh_for_a_week() {
    let published = |day| Case::good().change(|case| case.screening.published = day);
    published(date(2026, 2, 22)).passes();
    published(date(2026, 2, 21)).reviews(WatchlistScreening, NEUTRAL);
    published(date(2026, 3, 1)).passes();
    published(date(2026, 3, 2)).passes();
    published(date(2026, 3, 3)).reviews(WatchlistScreening, NEUTRAL);
    published(date(1999, 1, 1)).reviews(WatchlistScreening, NEUTRAL);
}

#[test]
fn a_stale_list_does_not_soften_a_match() {
    let stale = screened(Outcome::Match { hits: hits() }).change(|case| case.screening.published = date(2025, 1, 1));
    stale.fails(&[WatchlistScreening], KycStatus::Review, RiskLevel::High);
}

/// The sample list, as the server screens.
fn screen(case: &mut Case) {
    let sdn = include_str!("../../../../server/data/sanctions/sdn.csv");
    let alt = include_str!("../../../../server/data/sanctions/alt.csv");
    let list = Watchlist::from_ofac(sdn, alt, TODAY).unwrap();
    let applicant = Applicant::parse(&case.info, TODAY).unwrap();
    case.screening = list.screen(&Subject::of(&applicant, &case.documents));
}

#[test]
fn a_namesake_of_a_listed_person_passes() {
    let mut case = Case::good();
    screen(&mut case);
    assert_eq!(case.screening.namesakes.len(), 1);
    case.passes();
}

#[test]
fn a_listed_person_with_sound_documents_goes_to_review() {
    let zarenko = Holder {
        family_name: "Zarenko".into(),
        given_names: "Viktor".into(),
        date_of_birth: date(1971, 8, 12),
        sex: Some('M'),
        ..holder()
    };
    let mut case = Case::with_identity(DocumentKind::Passport, &zarenko).change(|case| {
        case.info.first_name = "Viktor".into();
        case.info.last_name = "Zarenko".into();
        case.info.date_of_birth = "1971-08-12".into();
        case.documents[1] = bill("Viktor Zarenko", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    });
    screen(&mut case);
    case.fails(&[WatchlistScreening], KycStatus::Review, RiskLevel::High);
}
