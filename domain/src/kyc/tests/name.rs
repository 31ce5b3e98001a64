use super::*;
use CheckType::NameMatch;

fn named(given: &str, family: &str) -> Case {
    let named = Holder { given_names: given.into(), family_name: family.into(), ..holder() };
    Case::with_identity(DocumentKind::Passport, &named)
}

fn typed(first: &str, last: &str) -> Case {
    named(first, last).change(|case| {
        case.info.first_name = first.into();
        case.info.last_name = last.into();
        case.documents[1] = bill(&format!("{first} {last}"), "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    })
}

#[test]
fn name_spelling_variants_pass() {
    named("INGRID", "BRANDVOLD").passes();
    named("Ingrid Marie", "Brandvold").passes();
    typed("Åse", "Ødegård").read(0, FieldName::GivenNames, "AASE").read(0, FieldName::FamilyName, "OEDEGAARD").passes();
    typed("José", "Núñez").passes();
    // Relations are printed and coded in several ways.
    let relation = |first: &str, last: &str, given: &str, family: &str| {
        let check = named(given, family)
            .change(|case| {
                case.info.first_name = first.into();
                case.info.last_name = last.into();
            })
            .check(NameMatch);
        assert!(check.passed, "{check:?}");
    };
    relation("Arun", "A/L Kumar", "ARUN", "A L KUMAR");
    relation("Arun", "A/L Kumar", "ARUN", "AL KUMAR");
    relation("Muthu", "s/o Raman", "MUTHU", "S O RAMAN");
    relation("Jennifer 8.", "Lee", "JENNIFER 8", "LEE");
    relation("John", "Smith, Jr.", "JOHN", "SMITH JR");
    relation("小明", "王", "XIAOMING", "WANG");
    let middle = named("Ingrid Marie", "Brandvold").check(NameMatch);
    assert_eq!(
        (middle.score, middle.reason.as_str()),
        (
            0.95,
            "The document says Ingrid Marie Brandvold, you typed Ingrid Brandvold. The names agree, though a middle \
             name is missing on one side."
        )
    );
}

#[test]
fn similar_name_needs_review() {
    named("Ingrid", "Brandvolt").passes();
    named("Ingrid", "Brandwolt").reviews(
        NameMatch,
        "The document says Ingrid Brandwolt, you typed Ingrid Brandvold. The names are close, but a letter or more \
         differs. A colleague will look at it.",
    );
}

#[test]
fn different_name_is_high_risk() {
    let other = named("Astrid", "Hansen");
    other.fails(&[NameMatch], KycStatus::Review, RiskLevel::High);
    let reason = other.check(NameMatch).reason;
    assert_eq!(reason, "The document says Astrid Hansen, you typed Ingrid Brandvold. A colleague will look at it.");
    named("Ingrid", "Solheim").fails(&[NameMatch], KycStatus::Review, RiskLevel::High);
}

#[test]
fn name_supplied_by_the_applicant_is_no_evidence() {
    let misread = Case::good().read(0, FieldName::GivenNames, "Ingnd").confirm(0, FieldName::GivenNames, "Ingrid");
    misread.reviews(
        NameMatch,
        "We read Ingnd Brandvold in your document, you corrected it to Ingrid Brandvold. A colleague will look at it.",
    );
    assert_eq!(misread.check(NameMatch).score, 0.5);
    Case::good().unread(0, FieldName::FamilyName).confirm(0, FieldName::FamilyName, "Brandvold").reviews(
        NameMatch,
        "Part of your name could not be read from your document, you typed it. A colleague will look at it.",
    );
    // A stolen passport whose name was corrected needs review.
    let stolen = named("Astrid", "Hansen").confirm(0, FieldName::GivenNames, "Ingrid").confirm(
        0,
        FieldName::FamilyName,
        "Brandvold",
    );
    assert_eq!(stolen.decide().status, KycStatus::Review);
}

#[test]
fn partly_read_name_needs_review() {
    for name in [FieldName::GivenNames, FieldName::FamilyName] {
        let check = Case::good().unread(0, name).check(NameMatch);
        assert!(!check.passed && check.score == 0.0);
        assert_eq!(check.reason, "Your name could not be read from your document. A colleague will look at it.");
    }
}

/// A passport with one name, which is its primary identifier, and an applicant who typed `typed` as the only name.
fn only(printed: &str, typed: &str) -> Case {
    named("", printed).unread(0, FieldName::GivenNames).change(|case| {
        case.info.first_name = typed.into();
        case.info.last_name.clear();
        case.info.one_name = true;
        case.documents[1] = bill(typed, "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    })
}

#[test]
fn person_with_one_name_passes_every_check() {
    let case = only("SUHARTO", "Suharto");
    assert_eq!(case.documents[0].to_confirm(), []);
    case.passes();
    let check = case.check(NameMatch);
    assert_eq!((check.score, check.reason.as_str()), (1.0, "The name you typed is the one on your document."));
    only("Thant Myint U", "THANT MYINT U").passes();
    // A card without a zone, on which the reader took the name for the given names.
    let licence = Case::with_identity(DocumentKind::DrivingLicence, &holder())
        .read(0, FieldName::GivenNames, "Suharto")
        .unread(0, FieldName::FamilyName)
        .change(|case| {
            case.info = only("SUHARTO", "Suharto").info;
            case.documents[1] = bill("Mr Suharto", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
            case.documents[0] = case.documents[0].clone().of_one_name(true);
        });
    assert_eq!(licence.documents[0].to_confirm(), []);
    licence.passes();
}

#[test]
fn document_with_one_name_never_contradicts_itself() {
    // The applicant divides the name, the document does not.
    let divided = only("BUDI SANTOSO", "x").change(|case| {
        case.info.first_name = "Budi".into();
        case.info.last_name = "Santoso".into();
        case.info.one_name = false;
        case.documents[1] = bill("Budi Santoso", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    });
    divided.passes();
    // Authorities print placeholders, or the name twice.
    for (given, family) in [("FNU", "Suharto"), ("Suharto", "LNU"), ("Suharto", "Suharto")] {
        let case = named(given, family).change(|case| case.info = only("x", "Suharto").info);
        assert!(case.check(NameMatch).passed, "{given} {family}");
    }
}

#[test]
fn one_of_several_names_needs_review_and_another_name_is_high_risk() {
    let more = named("Haji", "Suharto").change(|case| {
        case.info = only("x", "Suharto").info;
        case.documents[1] = bill("Suharto", "Storgata 14, 0184 Oslo", date(2026, 2, 9));
    });
    more.reviews(
        NameMatch,
        "The document says Haji Suharto, you typed Suharto. The names are close, but one of them has more parts. A \
         colleague will look at it.",
    );
    only("WIDODO", "Suharto").fails(&[NameMatch], KycStatus::Review, RiskLevel::High);
}
