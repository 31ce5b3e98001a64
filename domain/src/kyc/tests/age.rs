use super::*;
use CheckType::{AgeVerification, DocumentValidity};

/// An applicant of this birth, in every place.
fn born(born: Date) -> Case {
    let mut case = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: born, ..holder() });
    case.info.date_of_birth = born.to_string();
    case
}

#[test]
fn eighteen_on_the_day_is_old_enough_and_a_day_less_is_not() {
    born(date(2008, 3, 1)).passes();
    let young = born(date(2008, 3, 2));
    young.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
    let check = young.check(AgeVerification);
    assert_eq!(
        check.reason,
        "By the date of birth you typed, 2 March 2008, you are 17 years old. You must be 18 or over. You can apply from \
         2 March 2026."
    );
    assert_eq!(check.score, 0.0);
}

#[test]
fn who_was_born_on_a_leap_day_comes_of_age_on_the_first_of_march() {
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
    assert_eq!(age_on(date(2008, 2, 29), date(2028, 2, 28)), 19);
    assert_eq!(age_on(date(2008, 2, 29), date(2028, 2, 29)), 20);
    assert_eq!(age_on(date(2026, 3, 2), TODAY), -1);
    assert_eq!(age_on(TODAY, TODAY), 0);
}

#[test]
fn an_adult_by_the_form_is_rejected_where_the_document_says_otherwise() {
    let young = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: date(2010, 5, 6), ..holder() });
    young.fails(&[AgeVerification], KycStatus::Rejected, RiskLevel::High);
    assert!(
        young
            .check(AgeVerification)
            .reason
            .starts_with("By the date of birth in your document, 6 May 2010, you are 15")
    );
}

#[test]
fn the_coded_date_counts_whatever_was_made_of_the_printed_one() {
    let coded = Holder { date_of_birth: date(2010, 5, 6), ..holder() };
    let case = Case::with_identity(DocumentKind::Passport, &coded).confirm(0, FieldName::DateOfBirth, "1987-03-14");
    case.fails(&[AgeVerification, DocumentValidity], KycStatus::Rejected, RiskLevel::High);
    // With a wrong check digit the coded date may be misread: that is for a person to say.
    let digit = mrz::check_digit("100506").unwrap();
    let other = if digit == '7' { '8' } else { '7' };
    let zone = mrz::write_td3(&coded).replace(&format!("100506{digit}"), &format!("100506{other}"));
    let misread = case.read(0, FieldName::Mrz, &zone);
    misread.fails(&[AgeVerification, DocumentValidity], KycStatus::Review, RiskLevel::Medium);
}

#[test]
fn another_date_in_the_document_goes_to_a_person_with_both_dates() {
    let case = Case::good().change(|case| case.info.date_of_birth = "1987-03-15".into());
    case.reviews(
        AgeVerification,
        "The document says 14 March 1987, you typed 15 March 1987. A colleague will look at it.",
    );
}

#[test]
fn a_slip_scores_more_than_another_date() {
    let score =
        |typed: &str| Case::good().change(|case| case.info.date_of_birth = typed.into()).check(AgeVerification).score;
    assert_eq!(["1987-03-14", "1987-03-15", "1987-04-15", "1990-05-20"].map(score), [1.0, 0.667, 0.333, 0.0]);
    let swapped = Case::with_identity(DocumentKind::Passport, &Holder { date_of_birth: date(1987, 5, 4), ..holder() })
        .change(|case| case.info.date_of_birth = "1987-04-05".into());
    assert_eq!(swapped.check(AgeVerification).score, 0.67);
}

#[test]
fn a_date_that_the_applicant_wrote_is_not_evidence() {
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
    // Mistyped and then set back is what was read.
    let back = Case::good().confirm(0, FieldName::DateOfBirth, "1987-03-15");
    assert!(!back.check(AgeVerification).passed);
    back.confirm(0, FieldName::DateOfBirth, "1987-03-14").passes();
}

#[test]
fn a_date_that_is_none_counts_as_not_read() {
    let case = Case::good().read(0, FieldName::DateOfBirth, "14 MAR 1987");
    assert!(case.check(AgeVerification).reason.starts_with("The date of birth could not be read"));
}
