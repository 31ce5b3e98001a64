use super::*;
use CheckType::AddressVerification;

/// The address check of a typed line 1, city, postal code and country against the printed address.
fn compared(line1: &str, city: &str, code: &str, country: &str, printed: &str) -> Check {
    let case = Case::good().change(|case| {
        case.info.address = Address {
            line1: line1.into(),
            city: city.into(),
            postal_code: code.into(),
            country: country.into(),
            ..Address::default()
        };
        case.documents[1] = bill("I. Brandvold", printed, date(2026, 2, 9));
    });
    case.check(AddressVerification)
}

fn bill_of(name: &str, issued: Date) -> Case {
    Case::good().change(|case| case.documents[1] = bill(name, "Storgata 14, 0184 Oslo", issued))
}

#[test]
fn address_variants_agree() {
    for (line1, city, code, country, printed) in [
        ("Storgata 14", "Oslo", "0184", "NO", "STORGATA 14, NO-0184 OSLO, NORWAY"),
        ("Storgata 14B", "Oslo", "0184", "NO", "Storgaten 14 b, 0184 Oslo"),
        ("Storgata 14 B", "Oslo", "0184", "NO", "Storgt. 14B, leil. 301, 0184 Oslo"),
        ("Ødegårdsveien 3", "Ålesund", "6002", "NO", "Oedegaardsvn. 3, 6002 AALESUND"),
        ("221B Baker Street", "London", "NW1 6XE", "GB", "Flat 2, 221b Baker St., London NW16XE"),
        ("12 St Mary's Road", "Oxford", "OX4 1PA", "GB", "12 Saint Marys Rd, Oxford, OX4 1PA"),
        ("Flat 3, 12 High Street", "Leeds", "LS1 4DY", "GB", "12 High St, Flat 3, Leeds LS1 4DY"),
        ("Rose Cottage", "Bath", "BA1 1AA", "GB", "Rose Cottage, Mill Lane, Bath BA1 1AA"),
        ("Hauptstraße 5", "München", "80331", "DE", "Hauptstr. 5, D-80331 Muenchen"),
        ("12 rue de la Paix", "Paris", "75002", "FR", "12, RUE DE LA PAIX, 75002 PARIS"),
        ("1600 Pennsylvania Avenue", "Washington", "20500-0003", "US", "1600 Pennsylvania Ave, Washington DC 20500"),
        ("1600 Pennsylvania Ave", "Washington", "20500", "US", "1600 Pennsylvania Avenue, Washington DC 20500-0003"),
        ("Brīvības iela 7", "Rīga", "1010", "LV", "Brivibas iela 7, Riga, LV-1010"),
        ("Brīvības iela 7", "Rīga", "LV-1010", "LV", "Brivibas iela 7, Riga 1010"),
        ("Street 5", "Dubai", "", "AE", "Street 5, Dubai"),
        ("14", "Oslo", "0184", "NO", "14, 0184 Oslo"),
    ] {
        let check = compared(line1, city, code, country, printed);
        assert!(check.passed && check.score == 1.0, "{line1} / {printed}: {check:?}");
    }
}

#[test]
fn different_street_number_needs_review() {
    let wrong = |line1: &str, printed: &str| {
        let check = compared(line1, "Oslo", "0184", "NO", printed);
        assert_eq!(
            check.reason,
            format!(
                "The street number on your proof of address is not the one you typed ({line1}). A colleague will look \
                 at it."
            )
        );
        assert!(!check.passed);
    };
    wrong("Storgata 14", "Storgata 15, 0184 Oslo");
    wrong("Storgata 14", "Storgata, 0184 Oslo");
    wrong("Storgata 14", "Storgata 14B, 0184 Oslo");
    wrong("Storgata 14B", "Storgata 14, 0184 Oslo");
    wrong("Storgata 1", "Storgata 14, 0184 Oslo");
    // The number occurs only as the number of a flat or as part of the postal code.
    wrong("Storgata 1", "Flat 1, 14 Storgata, 0184 Oslo");
    wrong("Storgata 0184", "Storgata 14, 0184 Oslo");
}

#[test]
fn different_postal_code_town_or_street_needs_review() {
    let code = compared("Storgata 14", "Oslo", "0185", "NO", "Storgata 14, 0184 Oslo");
    assert_eq!(code.reason, "The postal code on your proof of address is not 0185. A colleague will look at it.");
    for (line1, city) in [("Storgata 14", "Bergen"), ("Lillegata 14", "Oslo"), ("Kongens gate 14", "Oslo")] {
        let check = compared(line1, city, "0184", "NO", "Storgata 14, 0184 Oslo");
        assert!(!check.passed && check.score < 1.0, "{line1}, {city}");
        assert!(check.reason.contains(&format!("not those you typed ({line1}, {city})")), "{}", check.reason);
    }
    // A generic word (`Street`) is not enough.
    assert!(!compared("14 High Street", "Leeds", "LS1 4DY", "GB", "14 Low Street, Leeds LS1 4DY").passed);
    // A prefix of a longer code does not match.
    assert!(!compared("Storgata 14", "Oslo", "0184", "NO", "Storgata 14, 01845 Oslo").passed);
    assert!(!compared("1600 Ocean Ave", "Miami", "33139", "US", "1600 Ocean Ave, Miami 33138").passed);
}

#[test]
fn bill_must_name_the_family() {
    let issued = date(2026, 2, 9);
    for name in ["Ingrid Brandvold", "BRANDVOLD I", "Mr & Mrs P. Brandvold", "Per Hansen og Ingrid Brandvold"] {
        bill_of(name, issued).passes();
    }
    bill_of("Per Hansen", issued).reviews(
        AddressVerification,
        "Your proof of address is made out to Per Hansen, not to Brandvold. A colleague will look at it.",
    );
    assert!(!bill_of("Ingrid", issued).check(AddressVerification).passed);
    assert!(!bill_of("Brand", issued).check(AddressVerification).passed);
}

#[test]
fn bill_is_accepted_for_three_months() {
    bill_of("I Brandvold", date(2025, 12, 1)).passes();
    bill_of("I Brandvold", date(2025, 11, 30)).reviews(
        AddressVerification,
        "Your proof of address is dated 30 November 2025, which is more than 3 months ago. A colleague will look at \
         it.",
    );
    bill_of("I Brandvold", date(2026, 3, 1)).passes();
    bill_of("I Brandvold", date(2026, 3, 2)).reviews(
        AddressVerification,
        "Your proof of address is dated 2 March 2026, which is in the future. A colleague will look at it.",
    );
}

#[test]
fn bill_age_ends_on_the_last_day_of_a_short_month() {
    let on = |today| {
        bill_of("I Brandvold", date(2025, 11, 30)).change(|case| {
            case.today = today;
            case.screening.published = today;
        })
    };
    on(date(2026, 2, 28)).passes();
    assert_eq!(on(date(2026, 3, 1)).decide().status, KycStatus::Review);
}

#[test]
fn unread_bill_fields_need_review() {
    for (name, what) in [
        (FieldName::Address, "The address could not be read from your proof of address."),
        (FieldName::FullName, "The name could not be read from your proof of address."),
        (FieldName::IssueDate, "The date on your proof of address could not be read."),
    ] {
        let wanted = format!("{what} A colleague will look at it.");
        let unread = Case::good().unread(1, name);
        unread.reviews(AddressVerification, &wanted);
        let value = Case::good().documents[1].value(name).unwrap().to_owned();
        unread.confirm(1, name, &value).reviews(AddressVerification, &wanted);
    }
}

#[test]
fn correction_of_a_bill_is_no_evidence() {
    // The reading agrees despite one misread letter.
    Case::good()
        .read(1, FieldName::Address, "Storqata 14, 0184 Oslo")
        .confirm(1, FieldName::Address, "Storgata 14, 0184 Oslo")
        .passes();
    // The reading differs: corrections do not make another person's bill acceptable.
    let other = bill("Per Hansen", "Havnegata 3, 7010 Trondheim", date(2025, 1, 1));
    let theirs = Case::good()
        .change(|case| case.documents[1] = other)
        .confirm(1, FieldName::FullName, "Ingrid Brandvold")
        .confirm(1, FieldName::Address, "Storgata 14, 0184 Oslo")
        .confirm(1, FieldName::IssueDate, "2026-02-09");
    theirs.fails(&[AddressVerification], KycStatus::Review, RiskLevel::Medium);
    assert_eq!(theirs.check(AddressVerification).score, 0.0);
}

#[test]
fn every_reason_looks_at_the_corrected_value() {
    let corrected = |name, read: &str, value: &str| {
        Case::good().read(1, name, read).confirm(1, name, value).check(AddressVerification).reason
    };
    assert_eq!(
        corrected(FieldName::IssueDate, "2025-05-11", "2026-02-09"),
        "We read the date 11 May 2025 on your proof of address, you corrected it to 9 February 2026. A colleague will \
         look at it."
    );
    // The corrected value is judged, also if the reading would pass.
    assert_eq!(
        corrected(FieldName::IssueDate, "2026-02-09", "2025-05-11"),
        "We read the date 9 February 2026 on your proof of address, you corrected it to 11 May 2025. Your proof of \
         address is dated 11 May 2025, which is more than 3 months ago. A colleague will look at it."
    );
    assert_eq!(
        corrected(FieldName::FullName, "Per Hansen", "Ingrid Brandvold"),
        "We read the name Per Hansen on your proof of address, you corrected it to Ingrid Brandvold. A colleague will \
         look at it."
    );
    assert_eq!(
        corrected(FieldName::Address, "Storgata 14, 0185 Oslo", "Storgata 14, 0184 Oslo"),
        "We read the address Storgata 14, 0185 Oslo on your proof of address, you corrected it to Storgata 14, 0184 \
         Oslo. A colleague will look at it."
    );
}

#[test]
fn correction_may_exchange_day_and_month_where_the_country_leaves_the_order_open() {
    let bill_from = |country: &str, city: &str, code: &str| {
        Case::good()
            .change(|case| {
                case.info.address = Address {
                    line1: "14 Oak Street".into(),
                    city: city.into(),
                    postal_code: code.into(),
                    country: country.into(),
                    ..Address::default()
                };
                let printed = format!("14 Oak Street, {city} {code}");
                case.documents[1] = bill("Ingrid Brandvold", &printed, date(2025, 5, 2));
            })
            .confirm(1, FieldName::IssueDate, "2025-02-05")
            .change(|case| {
                case.today = date(2025, 3, 1);
                case.screening.published = case.today;
            })
    };
    bill_from("US", "Springfield", "62704").passes();
    bill_from("CA", "Toronto", "M5V 2T6").passes();
    // A British bill of 02/05 is of May.
    let british = bill_from("GB", "Leeds", "LS1 4DY");
    let reason = british.check(AddressVerification).reason;
    assert!(reason.starts_with("We read the date 2 May 2025"), "{reason}");
    // Another correction is none of the figures on the paper.
    let other = bill_from("US", "Springfield", "62704").confirm(1, FieldName::IssueDate, "2025-02-06");
    assert!(!other.check(AddressVerification).passed);
}

#[test]
fn disagreeing_readings_of_the_bill_need_review() {
    let other = |name, value: &str| {
        Case::good().change(|case| {
            let fields = &mut case.documents[1].extracted_fields;
            let field = fields.remove(&name).unwrap();
            let theirs = Field::read(value, 0.9, FieldSource::Provider).by(Provider::GoogleVision);
            fields.insert(name, field.beside(&theirs));
        })
    };
    other(FieldName::Address, "STORGATA 14, 0184 OSLO, NORWAY").passes();
    other(FieldName::Issuer, "Hafslund").passes();
    for (name, value, label) in [
        (FieldName::Address, "Storgata 15, 0184 Oslo", "address"),
        (FieldName::FullName, "Per Hansen", "name"),
        (FieldName::IssueDate, "2026-02-08", "issue date"),
    ] {
        let wanted = format!("Two readings of your proof of address disagree: {label}. A colleague will look at it.");
        other(name, value).reviews(AddressVerification, &wanted);
    }
}
