use proptest::prelude::*;

use super::*;
use crate::date::age_on;

/// Fields that an approval depends on. The others (sex, nationality, issuer) may be corrected, because the zone proves
/// them.
const EVIDENCE: [FieldName; 9] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::DateOfBirth,
    FieldName::DocumentNumber,
    FieldName::ExpiryDate,
    FieldName::IssueDate,
    FieldName::Address,
    FieldName::Mrz,
];

/// A change that may invalidate an application.
#[derive(Clone, Debug)]
enum Change {
    Unread(usize, FieldName),
    Read(usize, FieldName, String),
    Confirm(usize, FieldName, String),
    Drop(usize),
    Published(i32),
    Outcome(u8),
    Typed(String),
    Born(Date),
}

const NAMES: [FieldName; 12] = [
    FieldName::GivenNames,
    FieldName::FamilyName,
    FieldName::FullName,
    FieldName::DateOfBirth,
    FieldName::DocumentNumber,
    FieldName::IssuingCountry,
    FieldName::Nationality,
    FieldName::Sex,
    FieldName::ExpiryDate,
    FieldName::IssueDate,
    FieldName::Address,
    FieldName::Mrz,
];

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,40}",
        "[12][0-9]{3}-(0[1-9]|1[0-2])-[0-2][0-9]",
        "[A-Z]{1,12}",
        Just(mrz::write_td3(&holder())),
        "[A-Z<]{44}\n[A-Z0-9<]{44}",
        Just("Storgata 14, 0184 Oslo".to_owned()),
    ]
}

fn born() -> impl Strategy<Value = Date> {
    (1910i16..2025, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn change() -> impl Strategy<Value = Change> {
    let name = || prop::sample::select(NAMES.to_vec());
    prop_oneof![
        (0usize..2, name()).prop_map(|(at, name)| Change::Unread(at, name)),
        (0usize..2, name(), value()).prop_map(|(at, name, value)| Change::Read(at, name, value)),
        (0usize..2, name(), value()).prop_map(|(at, name, value)| Change::Confirm(at, name, value)),
        (0usize..2).prop_map(Change::Drop),
        (-20..20).prop_map(Change::Published),
        (0u8..3).prop_map(Change::Outcome),
        "[A-Z][a-z]{1,9}".prop_map(Change::Typed),
        born().prop_map(Change::Born),
    ]
}

fn changed(changes: &[Change]) -> Case {
    changes.iter().fold(Case::good(), |mut case, change| {
        match change.clone() {
            Change::Unread(at, name) if at < case.documents.len() => return case.unread(at, name),
            Change::Read(at, name, value) if at < case.documents.len() => return case.read(at, name, &value),
            Change::Confirm(at, name, value) if at < case.documents.len() => return case.confirm(at, name, &value),
            Change::Drop(at) if at < case.documents.len() => drop(case.documents.remove(at)),
            Change::Published(days) => {
                case.screening.published = TODAY.checked_add(jiff::Span::new().days(days)).unwrap();
            }
            Change::Outcome(0) => case.screening.outcome = ScreeningOutcome::Possible { hits: Vec::new() },
            Change::Outcome(1) => case.screening.outcome = ScreeningOutcome::Match { hits: Vec::new() },
            Change::Typed(name) => case.info.last_name = name,
            Change::Born(date) => case.info.date_of_birth = date.to_string(),
            _ => {}
        }
        case
    })
}

proptest! {
    #[test]
    fn decision_has_all_checks_and_follows_from_them(changes in prop::collection::vec(change(), 0..6)) {
        let case = changed(&changes);
        let decided = case.decide();
        prop_assert_eq!(&case.decide(), &decided);
        let kinds: Vec<_> = decided.checks.iter().map(|check| check.check_type).collect();
        prop_assert_eq!(kinds, CheckType::ALL);
        for check in &decided.checks {
            prop_assert!((0.0..=1.0).contains(&check.score), "{:?}", check);
            prop_assert!(check.reason.ends_with('.'), "{:?}", check);
        }
        let all_passed = decided.checks.iter().all(|check| check.passed);
        prop_assert_eq!(decided.status == KycStatus::Approved, all_passed);
        prop_assert_eq!(decided.risk_level == RiskLevel::Low, all_passed);
        if decided.status == KycStatus::Rejected {
            prop_assert!(!decided.checks[0].passed && decided.risk_level == RiskLevel::High);
        }
    }

    #[test]
    fn no_minor_is_approved(birth in born(), changes in prop::collection::vec(change(), 0..3)) {
        let mut case = changed(&changes);
        case.info.date_of_birth = birth.to_string();
        let status = case.decide().status;
        prop_assert!(status == KycStatus::Rejected || age_on(birth, TODAY) >= 18);
    }

    #[test]
    fn corrections_never_lead_to_approval(
        at in 0usize..2,
        name in prop::sample::select(EVIDENCE.to_vec()),
        misread in value(),
        corrected in value(),
    ) {
        let before = Case::good().read(at, name, &misread);
        if before.decide().status != KycStatus::Approved {
            prop_assert_ne!(before.confirm(at, name, &corrected).decide().status, KycStatus::Approved);
        }
    }
}
