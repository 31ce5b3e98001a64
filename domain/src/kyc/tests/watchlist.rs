use super::*;
use crate::watchlist::{BirthDateAgreement, CountryAgreement, Hit};
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
        ..Hit::default()
    }]
}

fn screened(outcome: ScreeningOutcome) -> Case {
    Case::good().change(|case| case.screening.outcome = outcome)
}

#[test]
fn watchlist_hit_needs_review_without_details() {
    for outcome in [ScreeningOutcome::Possible { hits: hits() }, ScreeningOutcome::Match { hits: hits() }] {
        let case = screened(outcome);
        case.reviews(WatchlistScreening, NEUTRAL);
        assert_eq!(case.check(WatchlistScreening).score, 0.0);
        assert!(!serde_json::to_string(&case.decide()).unwrap().contains("ZARENKO"));
    }
}

#[test]
fn decision_does_not_disclose_a_watchlist_match() {
    let stale = |case: Case| case.change(|case| case.screening.published = date(2025, 1, 1));
    for case in [Case::good(), Case::good().read(1, FieldName::FullName, "Per Hansen").read(0, FieldName::Sex, "M")] {
        let with = |outcome| case.clone().change(|case| case.screening.outcome = outcome);
        let expected = stale(case.clone()).decide();
        assert!(!expected.checks[2].passed);
        for outcome in [ScreeningOutcome::Possible { hits: hits() }, ScreeningOutcome::Match { hits: hits() }] {
            assert_eq!(with(outcome.clone()).decide(), expected);
            assert_eq!(stale(with(outcome)).decide(), expected);
        }
    }
}

#[test]
fn list_is_fresh_for_a_week() {
    let published = |day| Case::good().change(|case| case.screening.published = day);
    published(date(2026, 2, 22)).passes();
    published(date(2026, 2, 21)).reviews(WatchlistScreening, NEUTRAL);
    published(date(2026, 3, 1)).passes();
    published(date(2026, 3, 2)).passes();
    published(date(2026, 3, 3)).reviews(WatchlistScreening, NEUTRAL);
    published(date(1999, 1, 1)).reviews(WatchlistScreening, NEUTRAL);
}

#[test]
fn checked_list_is_fresh_whatever_its_day_of_publication() {
    let checked = |fresh, published| {
        Case::good().change(|case| {
            case.screening.fresh = Some(fresh);
            case.screening.published = published;
        })
    };
    checked(true, date(2026, 1, 20)).passes();
    checked(false, date(2026, 3, 1)).reviews(WatchlistScreening, NEUTRAL);
}

#[test]
fn namesake_of_a_listed_person_passes() {
    let case = Case::good().screened();
    assert_eq!(case.screening.namesakes.len(), 1);
    case.passes();
}

#[test]
fn listed_person_with_sound_documents_needs_review() {
    let zarenko = Holder {
        family_name: "Zarenko".into(),
        given_names: "Viktor".into(),
        date_of_birth: date(1971, 8, 12),
        sex: Some('M'),
        ..holder()
    };
    let case = Case::with_identity(DocumentKind::Passport, &zarenko).change(|case| {
        case.info.first_name = "Viktor".into();
        case.info.last_name = "Zarenko".into();
        case.info.date_of_birth = "1971-08-12".into();
        case.documents[1] = bill("Viktor Zarenko", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    });
    let case = case.screened();
    assert!(matches!(case.screening.outcome, ScreeningOutcome::Match { .. }), "{:?}", case.screening);
    case.reviews(WatchlistScreening, NEUTRAL);
}

#[test]
fn person_with_one_name_is_screened_by_it() {
    let sdn = "1,\"ZARENKO\",\"individual\",\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 14 Mar 1987.\"\r\n\u{1A}";
    let list = Watchlist::from_ofac(sdn, "", TODAY).unwrap();
    let screened = |name: &str| {
        let mut info = crate::samples::ingrid();
        info.first_name = name.into();
        info.last_name.clear();
        info.one_name = true;
        list.screen(&ScreenedPerson::of(&Applicant::parse(&info, TODAY).unwrap(), &[])).outcome
    };
    assert!(matches!(screened("Zarenko"), ScreeningOutcome::Match { .. }), "{:?}", screened("Zarenko"));
    assert_eq!(screened("Suharto"), ScreeningOutcome::Clear);
}
