use super::*;
use CheckType::{AgeVerification, DocumentValidity};

/// An application with this date of birth, typed, printed and coded.
fn born(born: Date) -> Case {
    let mut case = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: born, ..holder() });
    case.info.date_of_birth = born.to_string();
    case
}

#[test]
fn eighteenth_birthday_is_the_first_accepted_day() {
    born(date(2008, 3, 1)).passes();
    let young = born(date(2008, 3, 2));
    young.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
    let check = young.check(AgeVerification);
    assert_eq!(
        check.reason,
        "By the date of birth you typed, 2 March 2008, you are 17 years old. You must be 18 or over. You can apply \
         from 2 March 2026."
    );
    assert_eq!(check.score, 0.0);
}

#[test]
fn leap_day_birth_is_adult_on_first_of_march() {
    let leap = |today| {
        born(date(2008, 2, 29)).change(|case| {
            case.today = today;
            case.screening.published = today;
        })
    };
    leap(date(2026, 3, 1)).passes();
    let young = leap(date(2026, 2, 28));
    assert_eq!(young.decide().status, KycStatus::Rejected);
    assert!(young.check(AgeVerification).reason.ends_with("You can apply from 1 March 2026."));
}

const UNDER_AGE: &str = "2010-05-06";

/// A driving licence on which the date of birth [`UNDER_AGE`] was read from `source`. The applicant typed an adult's. A
/// licence has no machine-readable zone.
fn licence_under_age(source: FieldSource) -> Case {
    let field = Field::read(UNDER_AGE, 0.95, source);
    Case::with_identity(DocumentKind::DrivingLicence, &holder()).change(|case| {
        case.documents[0].extracted_fields.insert(FieldName::DateOfBirth, field);
    })
}

fn with_other_reading(case: Case, value: &str, source: FieldSource, provider: Provider) -> Case {
    case.change(|case| {
        let field = case.documents[0].extracted_fields.get_mut(&FieldName::DateOfBirth).unwrap();
        *field = field.clone().beside(&Field::read(value, 0.9, source).by(provider));
    })
}

#[test]
fn uncorroborated_reading_under_age_needs_review() {
    licence_under_age(FieldSource::PrintedZone).reviews(
        AgeVerification,
        "The document says 6 May 2010, you typed 14 March 1987. A colleague will look at it.",
    );
    // A second reading of the same part by the same reader does not corroborate.
    let again = with_other_reading(
        licence_under_age(FieldSource::PrintedZone),
        UNDER_AGE,
        FieldSource::PrintedZone,
        Provider::Custom,
    );
    assert_eq!(again.decide().status, KycStatus::Review);
    // A differing second reading does not corroborate, even if it is under age, too.
    for other in ["1987-03-14", "2010-05-08"] {
        let case = with_other_reading(
            licence_under_age(FieldSource::PrintedZone),
            other,
            FieldSource::PrintedZone,
            Provider::Textract,
        );
        assert_eq!(case.decide().status, KycStatus::Review, "{other}");
    }
}

#[test]
fn confirming_a_reading_under_age_does_not_corroborate_it() {
    let case = licence_under_age(FieldSource::PrintedZone).confirm(0, FieldName::DateOfBirth, UNDER_AGE);
    assert_eq!(case.decide().status, KycStatus::Review);
    let corrected = Case::good().confirm(0, FieldName::DateOfBirth, UNDER_AGE);
    assert_eq!(corrected.decide().status, KycStatus::Review);
}

#[test]
fn two_agreeing_readings_under_age_are_rejected() {
    for (source, provider) in [
        (FieldSource::PrintedZone, Provider::Textract),
        (FieldSource::Barcode, Provider::Custom),
        (FieldSource::Mrz, Provider::Custom),
    ] {
        let case = with_other_reading(licence_under_age(FieldSource::PrintedZone), UNDER_AGE, source, provider);
        case.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
        let reason = case.check(AgeVerification).reason;
        assert!(reason.starts_with("By the date of birth in your document, 6 May 2010, you are 15"), "{reason}");
    }
}

#[test]
fn barcode_under_age_is_rejected() {
    licence_under_age(FieldSource::Barcode).fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
}

#[test]
fn proven_zone_under_age_is_rejected_whatever_the_applicant_corrects() {
    let coded = Holder { date_of_birth: date(2010, 5, 6), ..holder() };
    let case = Case::with_identity(DocumentKind::Passport, &coded);
    case.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
    let case = case.confirm(0, FieldName::DateOfBirth, "1987-03-14");
    case.fails(&[AgeVerification, DocumentValidity], KycStatus::Rejected, RiskLevel::High);
    // With a wrong check digit the coded date may be misread, so a person decides.
    let zone = mrz::write_td3(&coded);
    let spoil = |from: &str, digit: char| {
        let other = if digit == '7' { '8' } else { '7' };
        let wrong = zone.replace(&format!("{from}{digit}"), &format!("{from}{other}"));
        assert_ne!(wrong, zone);
        case.clone().read(0, FieldName::Mrz, &wrong)
    };
    let birth = spoil("100506", mrz::check_digit("100506").unwrap());
    birth.fails(&[AgeVerification, DocumentValidity], KycStatus::Review, RiskLevel::Medium);
    // The same applies if the check digit of the birth holds and another one fails.
    let expiry = spoil("310630", mrz::check_digit("310630").unwrap());
    expiry.fails(&[AgeVerification, DocumentValidity], KycStatus::Review, RiskLevel::Medium);
}

#[test]
fn different_read_date_needs_review_with_both_dates() {
    let case = Case::good().change(|case| case.info.date_of_birth = "1987-03-15".into());
    case.reviews(
        AgeVerification,
        "The document says 14 March 1987, you typed 15 March 1987. A colleague will look at it.",
    );
}

#[test]
fn typing_slip_scores_more_than_a_different_date() {
    let score =
        |typed: &str| Case::good().change(|case| case.info.date_of_birth = typed.into()).check(AgeVerification).score;
    assert_eq!(["1987-03-14", "1987-03-15", "1987-04-15", "1990-05-20"].map(score), [1.0, 0.667, 0.333, 0.0]);
    let swapped = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: date(1987, 5, 4), ..holder() })
        .change(|case| case.info.date_of_birth = "1987-04-05".into());
    assert_eq!(swapped.check(AgeVerification).score, 0.67);
}

#[test]
fn date_supplied_by_the_applicant_is_no_evidence() {
    let misread =
        Case::good().read(0, FieldName::DateOfBirth, "1987-03-11").confirm(0, FieldName::DateOfBirth, "1987-03-14");
    misread.reviews(
        AgeVerification,
        "We read 11 March 1987 in your document, you corrected it to 14 March 1987. A colleague will look at it.",
    );
    let unread = Case::good().unread(0, FieldName::DateOfBirth);
    unread.reviews(
        AgeVerification,
        "The date of birth could not be read from your document. A colleague will look at it.",
    );
    unread.confirm(0, FieldName::DateOfBirth, "1987-03-14").reviews(
        AgeVerification,
        "The date of birth could not be read from your document, you typed it. A colleague will look at it.",
    );
    // A correction that was undone counts as read.
    let back = Case::good().confirm(0, FieldName::DateOfBirth, "1987-03-15");
    assert!(!back.check(AgeVerification).passed);
    back.confirm(0, FieldName::DateOfBirth, "1987-03-14").passes();
}

#[test]
fn invalid_read_date_counts_as_unread() {
    let case = Case::good().read(0, FieldName::DateOfBirth, "14 MAR 1987");
    assert!(case.check(AgeVerification).reason.starts_with("The date of birth could not be read"));
}

/// A passport of a person born in 1924. Its zone has the year 24, and nothing else of the birth was read.
fn born_1924() -> Case {
    let born_in = date(1924, 3, 14);
    born(born_in).change(|case| {
        let coded = Field::read("2024-03-14", 0.7, FieldSource::Mrz);
        case.documents[0].extracted_fields.insert(FieldName::DateOfBirth, coded);
    })
}

#[test]
fn birth_year_of_two_digits_is_in_the_century_that_the_document_shows() {
    born(date(1924, 3, 14)).passes();
    // The page is another reading beside the zone, whichever is in use.
    let page = |value: &str| Field::read(value, 0.9, FieldSource::PrintedZone);
    let coded = Field::read("2024-03-14", 0.7, FieldSource::Mrz);
    for field in [page("1924-03-14").beside(&coded), coded.clone().beside(&page("1924-03-14"))] {
        let case = born_1924()
            .change(|case| drop(case.documents[0].extracted_fields.insert(FieldName::DateOfBirth, field)))
            .confirm(0, FieldName::DateOfBirth, "1924-03-14");
        assert_ne!(case.decide().status, KycStatus::Rejected);
        assert!(case.check(DocumentValidity).passed, "{:?}", case.check(DocumentValidity));
    }
    // A document that was issued before 2024 shows it as well.
    let issued = born_1924().read(0, FieldName::IssueDate, "2021-06-30").read(0, FieldName::DateOfBirth, "1924-03-14");
    issued.passes();
}

#[test]
fn nobody_is_rejected_on_a_guessed_century() {
    let reason = "The coded lines of your document do not show the century of your birth, and the printed date could \
                  not be read. A colleague will look at it.";
    let guessed = born_1924();
    guessed.reviews(AgeVerification, reason);
    guessed.clone().confirm(0, FieldName::DateOfBirth, "1924-03-14").reviews(AgeVerification, reason);
    // Two readings of the zone guess alike, so they do not corroborate each other.
    let twice = with_other_reading(guessed, "2024-03-14", FieldSource::Mrz, Provider::Textract);
    twice.reviews(AgeVerification, reason);
    // The page shows that a child holds the document, whatever was typed.
    let child = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: date(2012, 5, 6), ..holder() })
        .change(|case| case.info.date_of_birth = "1912-05-06".into());
    child.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
}
