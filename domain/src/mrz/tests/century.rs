use super::*;
use crate::date::NO_EXPIRY;
use crate::document::FieldName;

/// The zone of a passport with these dates, as `YYMMDD`.
fn zone(birth: &str, expiry: &str) -> Mrz {
    let with = |text: &str, from: &str, to: &str| text.replace(from, &format!("{to}{}", check_digit(to).unwrap()));
    parse(&with(&with(PASSPORT, "7408122", birth), "1204159", expiry), TODAY).unwrap()
}

fn births(zone: &Mrz) -> Vec<Date> {
    zone.births.iter().filter_map(|born| born.whole()).collect()
}

#[test]
fn two_digit_birth_year_has_every_possible_century() {
    assert_eq!(births(&zone("240314", "310415")), [date(2024, 3, 14), date(1924, 3, 14)]);
    assert!(zone("240314", "310415").birth_is_guessed());
    // Nobody who is alive was born in 1908, and nobody was born in 2074.
    for (coded, born) in [("080314", date(2008, 3, 14)), ("740314", date(1974, 3, 14)), ("261122", date(1926, 11, 22))]
    {
        assert_eq!(births(&zone(coded, "310415")), [born]);
    }
    let elements = zone("240314", "310415").elements();
    assert_eq!(elements[&FieldName::DateOfBirth].others, ["1924-03-14"]);
}

#[test]
fn known_dates_settle_the_century_of_the_birth() {
    let settled = |known: &[Date], issued: Option<Date>, expiry: &str| {
        let mut zone = zone("240314", expiry);
        zone.settle_birth(known, issued);
        (births(&zone), zone.date_of_birth)
    };
    let both = vec![date(2024, 3, 14), date(1924, 3, 14)];
    let (old, young) = (date(1924, 3, 14), date(2024, 3, 14));
    assert_eq!(settled(&[old], None, "310415"), (vec![old], Some(old)));
    assert_eq!(settled(&[young], None, "310415"), (vec![young], Some(young)));
    // The first source is the most trustworthy one. A date that fits no century settles nothing.
    assert_eq!(settled(&[young, old], None, "310415").1, Some(young));
    assert_eq!(settled(&[date(1930, 1, 1), old], None, "310415").1, Some(old));
    assert_eq!(settled(&[date(1930, 1, 1)], None, "310415").0, both);
    // The holder was born before the document was issued, and before it expired.
    assert_eq!(settled(&[], Some(date(2021, 4, 15)), "310415").0, [old]);
    assert_eq!(settled(&[], Some(date(2025, 4, 15)), "310415").0, both);
    assert_eq!(settled(&[], None, "230415").0, [old]);
    assert_eq!(settled(&[], Some(date(1920, 4, 15)), "310415").0, both, "no century is possible");
}

#[test]
fn expiry_without_any_part_means_that_the_document_does_not_expire() {
    let endless = zone("740812", "<<<<<<");
    assert_eq!(endless.expiry_date, Some(NO_EXPIRY));
    assert_eq!(endless.elements()[&FieldName::ExpiryDate].value, "9999-12-31");
    assert!(endless.may_expire(NO_EXPIRY) && !endless.may_expire(date(2031, 4, 15)));
    // Its check digit is 0 or filler.
    for digit in ["0", "<"] {
        let text = PASSPORT.replace("1204159", &format!("<<<<<<{digit}"));
        assert!(parse(&text, TODAY).unwrap().checks.expiry_date, "{digit}");
    }
    // Spanish cards print 01 01 9999 and code 990101.
    let permanent = zone("740812", "990101");
    assert!(permanent.may_expire(NO_EXPIRY) && permanent.may_expire(date(1999, 1, 1)));
    assert_eq!(permanent.elements()[&FieldName::ExpiryDate].others, ["9999-12-31"]);
    assert!(!zone("740812", "310415").may_expire(NO_EXPIRY));
}

#[test]
fn zone_without_expiry_is_written_with_filler() {
    let holder = Holder {
        document_type: "I".into(),
        issuing_state: "UTO".into(),
        family_name: "Eriksson".into(),
        given_names: "Anna".into(),
        document_number: "D23145890".into(),
        nationality: "UTO".into(),
        date_of_birth: date(1931, 8, 12),
        sex: Some('F'),
        expiry_date: NO_EXPIRY,
        optional_data: String::new(),
    };
    for text in [write_td1(&holder), write_td2(&holder), write_td3(&Holder { document_type: "P".into(), ..holder })] {
        let mrz = parse(&text, TODAY).unwrap();
        assert!(text.contains("<<<<<<0") && mrz.checks_pass(), "{text}");
        assert_eq!(mrz.expiry_date, Some(NO_EXPIRY));
    }
}
