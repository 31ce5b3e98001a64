use super::*;
use CheckType::{AgeVerification, DocumentValidity};

const LOOK: &str = "A colleague will look at it.";

fn reason(what: &str) -> String {
    format!("{what} {LOOK}")
}

fn expiring(expiry: Date) -> Case {
    Case::with_identity(DocumentKind::Passport, &Holder { expiry_date: expiry, ..holder() })
}

/// A passport whose zone was changed after its page was read.
fn zone(change: impl FnOnce(&mut Holder)) -> Case {
    let mut other = holder();
    change(&mut other);
    Case::good().read(0, FieldName::Mrz, &mrz::write_td3(&other))
}

#[test]
fn a_document_is_valid_on_its_last_day() {
    expiring(TODAY).passes();
    expiring(date(2026, 2, 28)).reviews(DocumentValidity, &reason("The document expired on 28 February 2026."));
}

#[test]
fn a_failed_check_digit_is_found_in_every_element() {
    let good = mrz::write_td3(&holder());
    // Number, birth, expiry and composite digit of the second line.
    for at in [9, 19, 27, 43] {
        let (first, second) = good.split_once('\n').unwrap();
        let digit = second.as_bytes()[at] as char;
        let other = if digit == '7' { "8" } else { "7" };
        let mut second = second.to_owned();
        second.replace_range(at..=at, other);
        let case = Case::good().read(0, FieldName::Mrz, &format!("{first}\n{second}"));
        case.reviews(DocumentValidity, &reason("The coded lines of the document do not add up."));
    }
}

#[test]
fn a_missing_or_unreadable_zone_is_looked_at() {
    let wanted = reason("The coded lines at the bottom of the document could not be read.");
    Case::good().unread(0, FieldName::Mrz).reviews(DocumentValidity, &wanted);
    Case::good().read(0, FieldName::Mrz, "P<NORBRANDVOLD").reviews(DocumentValidity, &wanted);
    Case::good().read(0, FieldName::Mrz, "").reviews(DocumentValidity, &wanted);
}

#[test]
fn the_zone_must_be_of_the_kind_that_was_chosen() {
    let card = Holder { document_type: "I".into(), ..holder() };
    let passport = Case::good().read(0, FieldName::Mrz, &mrz::write_td1(&card));
    passport.reviews(DocumentValidity, &reason("By its coded lines the document is not what you chose: passport."));
    let card =
        Case::with_identity(DocumentKind::IdentityCard, &card).read(0, FieldName::Mrz, &mrz::write_td3(&holder()));
    card.reviews(DocumentValidity, &reason("By its coded lines the document is not what you chose: identity card."));
}

#[test]
fn page_and_zone_must_agree_and_a_proven_zone_weighs_more() {
    use FieldName as F;
    let disagree = |field: &str| reason(&format!("The page and the coded lines of the document disagree: {field}."));
    let high: [(Case, &str); 3] = [
        (zone(|h| h.document_number = "NB4821938".into()), "document number"),
        (zone(|h| h.date_of_birth = date(1987, 3, 15)), "date of birth"),
        (zone(|h| h.expiry_date = date(2031, 7, 1)), "expiry date"),
    ];
    for (case, field) in high {
        case.fails(&[DocumentValidity], KycStatus::Review, RiskLevel::High);
        assert_eq!(case.check(DocumentValidity).reason, disagree(field));
    }
    for (case, field) in [
        (zone(|h| h.nationality = "SWE".into()), "nationality"),
        (zone(|h| h.issuing_state = "SWE".into()), "issuing country"),
        (zone(|h| h.sex = Some('M')), "sex"),
        (zone(|h| h.family_name = "Hansen".into()), "name"),
    ] {
        case.reviews(DocumentValidity, &disagree(field));
    }
    // What was not read contradicts nothing.
    for name in [F::Nationality, F::IssuingCountry, F::Sex] {
        Case::good().unread(0, name).passes();
    }
}

#[test]
fn a_zone_that_does_not_add_up_is_no_proof_of_a_contradiction() {
    let text = mrz::write_td3(&Holder { document_number: "NB4821938".into(), ..holder() });
    let digit = text.split_once('\n').unwrap().1.as_bytes()[9] as char;
    let other = if digit == '7' { '8' } else { '7' };
    let case = Case::good().read(0, FieldName::Mrz, &text.replace(&format!("8{digit}NOR"), &format!("8{other}NOR")));
    let wanted = "The coded lines of the document do not add up. The page and the coded lines of the document disagree: \
                  document number.";
    case.reviews(DocumentValidity, &reason(wanted));
}

#[test]
fn names_that_the_zone_cuts_agree() {
    let long = Holder {
        family_name: "Brandvold-Christophersen".into(),
        given_names: "Ingrid Wilhelmine Margrethe Alexandra".into(),
        ..holder()
    };
    let mut case = Case::with_identity(DocumentKind::Passport, &long);
    case.info.first_name = long.given_names.clone();
    case.info.last_name = long.family_name.clone();
    case.documents[1] = bill("I Brandvold-Christophersen", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    case.passes();
    case.documents[0] = identity(DocumentKind::IdentityCard, &Holder { document_type: "ID".into(), ..long });
    case.passes();
}

#[test]
fn both_codes_of_germany_are_one_country() {
    let german = Holder { issuing_state: "D".into(), nationality: "D".into(), ..holder() };
    let case = Case::with_identity(DocumentKind::Passport, &german);
    case.passes();
    case.read(0, FieldName::Nationality, "DEU").read(0, FieldName::IssuingCountry, "DEU").passes();
}

#[test]
fn a_stateless_holder_is_known_and_a_citizen_of_utopia_is_not() {
    Case::with_identity(DocumentKind::Passport, &Holder { nationality: "XXA".into(), ..holder() }).passes();
    for code in ["UTO", "ZZZ"] {
        let nowhere = Holder { issuing_state: code.into(), nationality: code.into(), ..holder() };
        let case = Case::with_identity(DocumentKind::Passport, &nowhere);
        case.fails(&[DocumentValidity], KycStatus::Review, RiskLevel::Medium);
        assert!(case.check(DocumentValidity).reason.contains("names no country that we know"));
    }
}

#[test]
fn number_and_expiry_that_the_applicant_wrote_are_looked_at() {
    for (name, misread, right, typed) in [
        (FieldName::DocumentNumber, "NB48219B7", "NB4821937", "You typed or corrected the document number."),
        (FieldName::ExpiryDate, "2031-06-36", "2031-06-30", "You typed or corrected the expiry date."),
    ] {
        let corrected = Case::good().read(0, name, misread).confirm(0, name, right);
        corrected.reviews(DocumentValidity, &reason(typed));
        let filled_in = Case::good().unread(0, name).confirm(0, name, right);
        filled_in.reviews(DocumentValidity, &reason(typed));
    }
    let unread = |name| Case::good().unread(0, name);
    unread(FieldName::DocumentNumber).reviews(DocumentValidity, &reason("The document number could not be read."));
    unread(FieldName::ExpiryDate).reviews(DocumentValidity, &reason("The expiry date could not be read."));
}

#[test]
fn an_expiry_date_that_was_put_off_is_a_high_risk() {
    let case = expiring(date(2026, 2, 28)).confirm(0, FieldName::ExpiryDate, "2031-02-28");
    case.fails(&[DocumentValidity], KycStatus::Review, RiskLevel::High);
}

#[test]
fn a_licence_has_no_check_digits_so_its_reading_must_be_sure() {
    let sure = |confidence| {
        Case::with_identity(DocumentKind::DrivingLicence, &holder())
            .change(|case| case.documents[0].confidence = confidence)
    };
    sure(0.8).passes();
    assert_eq!(sure(0.8).check(DocumentValidity).score, 0.8);
    assert_eq!(sure(0.8).check(DocumentValidity).reason, "The document is valid.");
    sure(0.799).reviews(DocumentValidity, &reason("The document could not be read clearly enough."));
    // A passport's check digits prove more than the reader's confidence.
    Case::good().change(|case| case.documents[0].confidence = 0.1).passes();
}

#[test]
fn every_fault_is_told_at_once() {
    let case = Case::good()
        .unread(0, FieldName::DocumentNumber)
        .read(0, FieldName::ExpiryDate, "2020-01-01")
        .read(0, FieldName::Nationality, "ZZZ")
        .unread(0, FieldName::Mrz);
    let check = case.check(DocumentValidity);
    assert_eq!(
        check.reason,
        reason(
            "The document number could not be read. The document expired on 1 January 2020. The field 'Nationality' names \
             no country that we know. The coded lines at the bottom of the document could not be read."
        )
    );
    assert!(check.score > 0.0 && check.score < 0.7);
    assert!(case.check(AgeVerification).passed);
}
