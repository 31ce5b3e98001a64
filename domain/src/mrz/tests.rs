#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

/// The specimen of Doc 9303-4, appendix B.
const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
/// The specimen of Doc 9303-5, appendix B.
const CARD: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
/// The specimen of Doc 9303-6, appendix B.
const LARGE_CARD: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
/// The specimen of Doc 9303-7, appendix A.
const VISA: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
/// The specimen of Doc 9303-7, appendix B.
const SMALL_VISA: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";
const TODAY: Date = date(2026, 11, 21);

#[test]
fn reads_the_published_passport() {
    let mrz = parse(PASSPORT, TODAY).unwrap();
    assert_eq!(mrz.format, Format::Td3);
    assert_eq!(mrz.document_type, "P");
    assert_eq!(mrz.issuing_state, "UTO");
    assert_eq!(mrz.family_name, "ERIKSSON");
    assert_eq!(mrz.given_names, "ANNA MARIA");
    assert_eq!(mrz.document_number, "L898902C3");
    assert_eq!(mrz.nationality, "UTO");
    assert_eq!(mrz.date_of_birth, Some(date(1974, 8, 12)));
    assert_eq!(mrz.sex, Some('F'));
    assert_eq!(mrz.expiry_date, Some(date(2012, 4, 15)));
    assert_eq!(mrz.optional_data, "ZE184226B");
    assert!(mrz.checks_pass());
}

#[test]
fn reads_the_published_cards() {
    for (text, format) in [(CARD, Format::Td1), (LARGE_CARD, Format::Td2)] {
        let mrz = parse(text, TODAY).unwrap();
        assert_eq!(mrz.format, format);
        assert_eq!((mrz.family_name.as_str(), mrz.given_names.as_str()), ("ERIKSSON", "ANNA MARIA"));
        assert_eq!(mrz.document_number, "D23145890");
        assert_eq!(mrz.date_of_birth, Some(date(1974, 8, 12)));
        assert_eq!(mrz.expiry_date, Some(date(2012, 4, 15)));
        assert_eq!(mrz.optional_data, "");
        assert!(mrz.checks_pass(), "{format:?}: {:?}", mrz.checks);
    }
}

#[test]
fn a_long_card_number_goes_on_in_the_optional_element() {
    // The example of Doc 9303-5, note (j): D23145890734, its check digit 9.
    let text = CARD.replace("D231458907<<<<<<<<<<<<<<<", "D23145890<7349<<<<<<<<<<<");
    let mrz = parse(&text, TODAY).unwrap();
    assert_eq!(mrz.document_number, "D23145890734");
    assert!(mrz.checks.document_number);
    assert_eq!(mrz.optional_data, "");
}

#[test]
fn an_empty_personal_number_has_filler_or_zero_for_its_check() {
    for (digit, composite) in [('<', '8'), ('0', '8')] {
        let text = format!(
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159<<<<<<<<<<<<<<{digit}{composite}"
        );
        let mrz = parse(&text, TODAY).unwrap();
        assert!(mrz.checks.optional, "{digit}");
        assert!(mrz.checks.composite, "{digit}");
    }
    let filled = PASSPORT.replace("<10", "<<0");
    assert!(!parse(&filled, TODAY).unwrap().checks.optional);
}

#[test]
fn each_check_digit_is_judged_by_itself() {
    let wrong = |from: &str, to: &str| parse(&PASSPORT.replace(from, to), TODAY).unwrap().checks;
    let number = wrong("L898902C3", "L898902C4");
    assert!(!number.document_number && !number.composite && number.date_of_birth && number.expiry_date);
    assert!(!wrong("7408122", "7408132").date_of_birth);
    assert!(!wrong("1204159", "1204169").expiry_date);
    assert!(!wrong("ZE184226B", "ZE184226C").optional);
    let last = wrong("<10", "<11");
    assert!(!last.composite && last.optional && last.document_number);
}

#[test]
fn centuries_follow_from_today() {
    let born = |yymmdd: &str| parse(&PASSPORT.replace("740812", yymmdd), TODAY).unwrap().date_of_birth;
    assert_eq!(born("261121"), Some(date(2026, 11, 21)));
    assert_eq!(born("261122"), Some(date(1926, 11, 22)));
    assert_eq!(born("000229"), Some(date(2000, 2, 29)));
    assert_eq!(born("74<<<<"), None);
    assert_eq!(born("741312"), None);
    // No 29 February in 1900 or in a year to come: the other century decides.
    assert_eq!(born("280229"), Some(date(1928, 2, 29)));
    let expires = |yymmdd: &str| parse(&PASSPORT.replace("120415", yymmdd), TODAY).unwrap().expiry_date;
    assert_eq!(expires("360415"), Some(date(2036, 4, 15)));
    assert_eq!(expires("750415"), Some(date(2075, 4, 15)));
    assert_eq!(expires("990415"), Some(date(1999, 4, 15)));
}

#[test]
fn what_is_no_zone_is_refused_without_repeating_it() {
    assert_eq!(parse("", TODAY), Err(MrzError::Shape));
    assert_eq!(parse("P<UTO\nX", TODAY), Err(MrzError::Shape));
    assert_eq!(parse(&PASSPORT.replace("ANNA", "Änna"), TODAY), Err(MrzError::Character { line: 1, position: 16 }));
    assert_eq!(parse(&PASSPORT.replacen('P', "V", 1), TODAY), Err(MrzError::NotIdentity));
}

#[test]
fn repairs_what_the_layout_proves() {
    let read = PASSPORT.replace("ERIKSSON<<ANNA<MARIA", "ER1K55ON<<ANNA<MAR1A").replace("7408122", "74O8IZ2");
    assert_eq!(repair(&read), PASSPORT);
}

#[test]
fn repairs_what_a_check_digit_proves() {
    assert_eq!(repair(&PASSPORT.replace("L898902C3", "L8989O2C3")), PASSPORT);
    // Two exchanges would do (8 for B here, B for 8 there): neither is proved.
    let either = PASSPORT.replace("L898902C3", "L89B902C3");
    assert_eq!(repair(&either), either);
    // G and 6 weigh the same.
    let number = PASSPORT.replace("L898902C3", "L8989G2C3");
    assert_eq!(repair(&number), number);
    // What is right is left alone, and so is what is no zone.
    assert_eq!(repair(PASSPORT), PASSPORT);
    assert_eq!(repair("O0O0"), "O0O0");
}

#[test]
fn names_are_spelt_as_issuers_do() {
    assert_eq!(transliterate("Müller-Lüdenscheid"), "MUELLER<LUEDENSCHEID");
    assert_eq!(transliterate("Ørsted Åse"), "OERSTED<AASE");
    assert_eq!(transliterate("O’Brien, Seán"), "OBRIEN<SEAN");
    assert_eq!(transliterate("Núñez  Weiß "), "NUNEZ<WEISS");
    assert!(agrees("Ørsted", "OERSTED", false));
    assert!(agrees("Ørsted", "ORSTED", false));
    assert!(!agrees("Ørsted", "ARSTED", false));
    assert!(!agrees("", "", false));
    assert!(agrees("Maximiliane", "MAXIMIL", true));
    assert!(!agrees("Maximiliane", "MAXIMIL", false));
}

fn holder() -> impl Strategy<Value = Holder> {
    let dates = || (1_i8..=12, 1_i8..=28);
    (
        ("[A-Z]{1,12}( [A-Z]{1,6})?", "[A-Z]{1,9}( [A-Z]{1,6})?", "[A-Z0-9]{6,9}", "[A-Z]{3}", "[A-Z0-9]{0,14}"),
        (1927_i16..=2026, dates()),
        (1980_i16..=2070, dates()),
        proptest::sample::select(vec!['M', 'F', 'X']),
    )
        .prop_map(|((family, given, number, state, optional), (born, (bm, bd)), (expires, (em, ed)), sex)| {
            Holder {
                document_type: "P".into(),
                issuing_state: state.clone(),
                family_name: family,
                given_names: given,
                document_number: number,
                nationality: state,
                date_of_birth: date(born, bm, bd).min(TODAY),
                sex: Some(sex),
                expiry_date: date(expires, em, ed),
                optional_data: optional,
            }
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read(holder in holder()) {
        let card = Holder { document_type: "ID".into(), ..holder.clone() };
        for (text, holder) in [(write_td3(&holder), &holder), (write_td1(&card), &card)] {
            let mrz = parse(&text, TODAY).unwrap();
            prop_assert!(mrz.checks_pass(), "{text}");
            prop_assert_eq!(&mrz.document_type, &holder.document_type);
            prop_assert_eq!(&mrz.document_number, &holder.document_number);
            prop_assert_eq!(&mrz.issuing_state, &holder.issuing_state);
            prop_assert_eq!(&mrz.nationality, &holder.nationality);
            prop_assert_eq!(mrz.date_of_birth, Some(holder.date_of_birth));
            prop_assert_eq!(mrz.expiry_date, Some(holder.expiry_date));
            prop_assert_eq!(mrz.sex, holder.sex);
            prop_assert_eq!(&mrz.optional_data, &holder.optional_data);
            let room = if mrz.format == Format::Td1 { 30 } else { 39 };
            if holder.family_name.len() + holder.given_names.len() + 2 <= room {
                prop_assert_eq!(&mrz.family_name, &holder.family_name);
                prop_assert_eq!(&mrz.given_names, &holder.given_names);
            }
            prop_assert_eq!(repair(&text), text);
        }
    }

    #[test]
    fn any_text_is_answered(text in "(?s).{0,140}", shaped in "[A-Z0-9<Ø]{44}\n[A-Z0-9<]{44}") {
        let _ = (parse(&text, TODAY), repair(&text));
        let _ = (parse(&shaped, TODAY), repair(&shaped));
    }

    #[test]
    fn long_card_numbers_survive(number in "[A-Z0-9]{10,14}") {
        let holder = Holder {
            document_type: "I".into(), issuing_state: "UTO".into(), family_name: "A".into(), given_names: String::new(),
            document_number: number.clone(), nationality: "UTO".into(), date_of_birth: date(1974, 8, 12), sex: None,
            expiry_date: date(2030, 1, 1), optional_data: String::new(),
        };
        let mrz = parse(&write_td1(&holder), TODAY).unwrap();
        prop_assert_eq!(&mrz.document_number, &number);
        prop_assert!(mrz.checks_pass());
        prop_assert_eq!(mrz.given_names, "");
    }
}

#[test]
fn the_published_zones_are_written() {
    let holder = Holder {
        document_type: "P".into(),
        issuing_state: "UTO".into(),
        family_name: "Eriksson".into(),
        given_names: "Anna Maria".into(),
        document_number: "L898902C3".into(),
        nationality: "UTO".into(),
        date_of_birth: date(1974, 8, 12),
        sex: Some('F'),
        expiry_date: date(2012, 4, 15),
        optional_data: "ZE184226B".into(),
    };
    assert_eq!(write_td3(&holder), PASSPORT);
    let card = Holder {
        document_type: "I".into(),
        document_number: "D23145890".into(),
        optional_data: String::new(),
        ..holder.clone()
    };
    assert_eq!(write_td1(&card), CARD);
    assert_eq!(write_td2(&card), LARGE_CARD);
    // The specimens of Doc 9303-7, appendices A and B.
    let visa = Holder {
        document_type: "V".into(),
        document_number: "L8988901C".into(),
        nationality: "XXX".into(),
        date_of_birth: date(1940, 9, 7),
        expiry_date: date(1996, 12, 10),
        optional_data: "6ZE184226B".into(),
        ..holder
    };
    assert_eq!(write_mrva(&visa), VISA);
    assert_eq!(write_mrvb(&Holder { optional_data: String::new(), ..visa }), SMALL_VISA);
}
