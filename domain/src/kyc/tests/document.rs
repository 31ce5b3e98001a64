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
fn document_is_valid_on_its_expiry_date() {
    expiring(TODAY).passes();
    expiring(date(2026, 2, 28)).reviews(DocumentValidity, &reason("The document expired on 28 February 2026."));
}

#[test]
fn every_wrong_check_digit_needs_review() {
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
fn missing_or_unreadable_zone_needs_review() {
    let wanted = reason("The coded lines at the bottom of the document could not be read.");
    Case::good().unread(0, FieldName::Mrz).reviews(DocumentValidity, &wanted);
    Case::good().read(0, FieldName::Mrz, "P<NORBRANDVOLD").reviews(DocumentValidity, &wanted);
    Case::good().read(0, FieldName::Mrz, "").reviews(DocumentValidity, &wanted);
}

#[test]
fn zone_must_match_the_chosen_kind() {
    let card = Holder { document_type: "I".into(), ..holder() };
    let passport = Case::good().read(0, FieldName::Mrz, &mrz::write_td1(&card));
    passport.reviews(DocumentValidity, &reason("By its coded lines the document is not what you chose: passport."));
    let card =
        Case::with_identity(DocumentKind::IdentityCard, &card).read(0, FieldName::Mrz, &mrz::write_td3(&holder()));
    card.reviews(DocumentValidity, &reason("By its coded lines the document is not what you chose: identity card."));
}

#[test]
fn contradiction_of_a_proven_zone_is_high_risk() {
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
    // A field that was not read contradicts nothing.
    for name in [F::Nationality, F::IssuingCountry, F::Sex] {
        Case::good().unread(0, name).passes();
    }
}

#[test]
fn contradiction_of_an_unproven_zone_is_medium_risk() {
    let text = mrz::write_td3(&Holder { document_number: "NB4821938".into(), ..holder() });
    let digit = text.split_once('\n').unwrap().1.as_bytes()[9] as char;
    let other = if digit == '7' { '8' } else { '7' };
    let case = Case::good().read(0, FieldName::Mrz, &text.replace(&format!("8{digit}NOR"), &format!("8{other}NOR")));
    let wanted = "The coded lines of the document do not add up. The page and the coded lines of the document \
                  disagree: document number.";
    case.reviews(DocumentValidity, &reason(wanted));
}

#[test]
fn truncated_zone_names_agree() {
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
fn both_codes_of_germany_agree() {
    let german = Holder { issuing_state: "D".into(), nationality: "D".into(), ..holder() };
    let case = Case::with_identity(DocumentKind::Passport, &german);
    case.passes();
    case.read(0, FieldName::Nationality, "DEU").read(0, FieldName::IssuingCountry, "DEU").passes();
}

#[test]
fn stateless_code_is_accepted_and_specimen_code_needs_review() {
    Case::with_identity(DocumentKind::Passport, &Holder { nationality: "XXA".into(), ..holder() }).passes();
    for code in ["UTO", "ZZZ"] {
        let nowhere = Holder { issuing_state: code.into(), nationality: code.into(), ..holder() };
        let case = Case::with_identity(DocumentKind::Passport, &nowhere);
        case.fails(&[DocumentValidity], KycStatus::Review, RiskLevel::Medium);
        assert!(case.check(DocumentValidity).reason.contains("names no country that we know"));
    }
}

#[test]
fn supplied_number_and_expiry_need_review() {
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
fn postponed_expiry_date_is_high_risk() {
    let case = expiring(date(2026, 2, 28)).confirm(0, FieldName::ExpiryDate, "2031-02-28");
    case.fails(&[DocumentValidity], KycStatus::Review, RiskLevel::High);
}

#[test]
fn doubtful_licence_reading_needs_review() {
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
fn all_document_faults_are_reported_together() {
    let case = Case::good()
        .unread(0, FieldName::DocumentNumber)
        .read(0, FieldName::ExpiryDate, "2020-01-01")
        .read(0, FieldName::Nationality, "ZZZ")
        .unread(0, FieldName::Mrz);
    let check = case.check(DocumentValidity);
    assert_eq!(
        check.reason,
        reason(
            "The document number could not be read. The document expired on 1 January 2020. The field 'Nationality' \
             names no country that we know. The coded lines at the bottom of the document could not be read."
        )
    );
    assert!(check.score > 0.0 && check.score < 0.7);
    assert!(case.check(AgeVerification).passed);
}

/// Adds another reading to a field.
fn beside(case: Case, document: usize, name: FieldName, value: &str, source: FieldSource, by: Provider) -> Case {
    case.change(|case| {
        let fields = &mut case.documents[document].extracted_fields;
        let field = fields.remove(&name).unwrap();
        fields.insert(name, field.beside(&Field::read(value, 0.9, source).by(by)));
    })
}

#[test]
fn disagreeing_readers_need_review_per_field() {
    use FieldName as F;
    let read = |case, name, value| beside(case, 0, name, value, FieldSource::Provider, Provider::Textract);
    for (name, same, other) in [
        (F::GivenNames, "INGRID MARIE", "Inger"),
        (F::FamilyName, "brandvold", "Brandvoll"),
        (F::DateOfBirth, "1987-03-14", "1987-03-15"),
        (F::DocumentNumber, "NB 4821937", "NB4821931"),
        (F::ExpiryDate, "2031-06-30", "2031-06-03"),
        (F::Nationality, "NOR", "SWE"),
        (F::IssuingCountry, "NOR", "SWE"),
        (F::Sex, "F", "M"),
    ] {
        read(Case::good(), name, same).passes();
        let expected = format!("Two readings of the document disagree: {}.", name.label().to_lowercase());
        read(Case::good(), name, other).reviews(DocumentValidity, &reason(&expected));
        // The applicant's confirmation does not resolve the disagreement.
        let value = Case::good().documents[0].value(name).unwrap().to_owned();
        read(Case::good(), name, other).confirm(0, name, &value).reviews(DocumentValidity, &reason(&expected));
    }
    let two = read(read(Case::good(), F::Sex, "M"), F::FamilyName, "Brandvoll");
    two.reviews(DocumentValidity, &reason("Two readings of the document disagree: family name, sex."));
    // Fields that do not establish the identity do not matter.
    let place = Case::good().read(0, F::PlaceOfBirth, "Oslo");
    read(place, F::PlaceOfBirth, "Bergen").passes();
}

#[test]
fn disagreeing_barcode_and_page_need_review() {
    let licence = || Case::with_identity(DocumentKind::DrivingLicence, &holder());
    let coded = |name, value| beside(licence(), 0, name, value, FieldSource::Barcode, Provider::Custom);
    coded(FieldName::GivenNames, "INGRID M").passes();
    coded(FieldName::DocumentNumber, "NB4821938")
        .reviews(DocumentValidity, &reason("The page and the barcode of the document disagree: document number."));
}

#[test]
fn disagreement_of_page_and_zone_is_reported_once() {
    let zone = mrz::write_td3(&Holder { sex: Some('M'), ..holder() });
    let case =
        beside(Case::good().read(0, FieldName::Mrz, &zone), 0, FieldName::Sex, "M", FieldSource::Mrz, Provider::Custom);
    case.reviews(DocumentValidity, &reason("The page and the coded lines of the document disagree: sex."));
    // The zone's value is in use, and the page differs.
    let case = beside(Case::good(), 0, FieldName::Sex, "M", FieldSource::PrintedZone, Provider::Custom)
        .change(|case| case.documents[0].extracted_fields.get_mut(&FieldName::Sex).unwrap().source = FieldSource::Mrz);
    case.reviews(DocumentValidity, &reason("The page and the coded lines of the document disagree: sex."));
}

#[test]
fn truncated_zone_names_are_no_disagreement() {
    let long = Holder { given_names: "Ingrid Wilhelmine Margaretas Alexandra".into(), ..holder() };
    let mut case = Case::with_identity(DocumentKind::Passport, &long);
    case.info.first_name = long.given_names.clone();
    let coded = mrz::parse(&mrz::write_td3(&long), TODAY).unwrap();
    assert!(coded.names_cut && coded.given_names.len() < long.given_names.len());
    beside(case, 0, FieldName::GivenNames, &coded.given_names, FieldSource::Mrz, Provider::Custom).passes();
}

#[test]
fn visa_needs_review() {
    let visa = mrz::write_mrva(&Holder { document_type: "V".into(), ..holder() });
    let wanted = reason("By its coded lines this is a visa, and a visa is no proof of identity.");
    Case::good().read(0, FieldName::Mrz, &visa).reviews(DocumentValidity, &wanted);
}

#[test]
fn accepted_poor_picture_needs_review() {
    Case::good()
        .change(|case| case.documents[0].issues = vec![PictureIssue::TooDark])
        .reviews(DocumentValidity, &reason("We took your passport although the picture is too dark."));
    Case::good().change(|case| case.documents[1].issues = vec![PictureIssue::CutOff]).reviews(
        CheckType::AddressVerification,
        &reason("We took your proof of address although part of the document is cut off."),
    );
}

#[test]
fn corrected_identity_fields_need_review() {
    for (name, misread) in [(FieldName::Nationality, "SWE"), (FieldName::IssuingCountry, "SWE"), (FieldName::Sex, "M")]
    {
        let right = Case::good().documents[0].value(name).unwrap().to_owned();
        let expected = format!("You corrected the field '{}'.", name.label());
        Case::good().read(0, name, misread).confirm(0, name, &right).reviews(DocumentValidity, &reason(&expected));
    }
}

#[test]
fn restored_accents_are_no_correction() {
    let mut case = Case::good();
    case.info.last_name = "Brændvold".into();
    case.documents[1] = bill("Ingrid Brændvold", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    let named = Holder { family_name: "Brændvold".into(), ..holder() };
    case.documents[0] = identity(DocumentKind::Passport, &named);
    case.read(0, FieldName::FamilyName, "BRAENDVOLD").confirm(0, FieldName::FamilyName, "Brændvold").passes();
}

/// The good passport with other dates in its zone, as `YYMMDD`.
fn coded(birth: &str, expiry: &str) -> Case {
    let good = mrz::write_td3(&holder());
    let (first, second) = good.split_once('\n').unwrap();
    let mut line: Vec<char> = second.chars().collect();
    for (at, date) in [(13, birth), (21, expiry)] {
        line.splice(at..at + 7, format!("{date}{}", mrz::check_digit(date).unwrap()).chars());
    }
    let covered: String = line[..10].iter().chain(&line[13..20]).chain(&line[21..43]).collect();
    line[43] = mrz::check_digit(&covered).unwrap();
    Case::good().read(0, FieldName::Mrz, &format!("{first}\n{}", line.iter().collect::<String>()))
}

#[test]
fn unknown_parts_of_coded_dates_contradict_nothing() {
    for unknown in ["87<<<<", "870000", "8703<<", "870300", "<<<<<<", "000000"] {
        coded(unknown, "310630").passes();
    }
    for unknown in ["31<<<<", "310000", "3106<<", "310600"] {
        coded("870314", unknown).passes();
    }
    for (birth, expiry, field) in [
        ("88<<<<", "310630", "date of birth"),
        ("880000", "310630", "date of birth"),
        ("871314", "310630", "date of birth"),
        ("870314", "320000", "expiry date"),
        ("870314", "<<<<<<", "expiry date"),
    ] {
        let other = coded(birth, expiry);
        assert!(other.check(DocumentValidity).reason.contains(&format!("disagree: {field}")), "{birth} {expiry}");
    }
}

#[test]
fn document_without_expiry_is_valid() {
    let endless = Holder { expiry_date: crate::date::NO_EXPIRY, document_type: "I".into(), ..holder() };
    Case::with_identity(DocumentKind::IdentityCard, &endless).passes();
    // Spanish cards code the first day of a year 99, and print 9999.
    coded("870314", "990101").read(0, FieldName::ExpiryDate, "9999-12-31").passes();
    let other = Case::with_identity(DocumentKind::IdentityCard, &endless).read(0, FieldName::ExpiryDate, "2031-06-30");
    assert!(other.check(DocumentValidity).reason.contains("disagree: expiry date"));
}
