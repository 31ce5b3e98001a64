#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

mod century;
mod find;
mod french_card;
mod letters;
mod repair;

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
fn published_passport_is_read() {
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
fn published_cards_are_read() {
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
fn long_card_number_continues_in_the_optional_element() {
    // The example of Doc 9303-5, note (j): D23145890734, its check digit 9.
    let text = CARD.replace("D231458907<<<<<<<<<<<<<<<", "D23145890<7349<<<<<<<<<<<");
    let mrz = parse(&text, TODAY).unwrap();
    assert_eq!(mrz.document_number, "D23145890734");
    assert!(mrz.checks.document_number);
    assert_eq!(mrz.optional_data, "");
}

#[test]
fn empty_personal_number_accepts_filler_or_zero_check_digit() {
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
fn check_digits_are_independent() {
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
fn century_follows_from_today() {
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
fn invalid_zone_error_has_no_content() {
    assert_eq!(parse("", TODAY), Err(MrzError::Shape));
    assert_eq!(parse("P<UTO\nX", TODAY), Err(MrzError::Shape));
    assert_eq!(parse(&PASSPORT.replace("ANNA", "Änna"), TODAY), Err(MrzError::Character { line: 1, position: 16 }));
    assert_eq!(parse(&PASSPORT.replacen('P', "X", 1), TODAY), Err(MrzError::NotIdentity));
    assert_eq!(parse(&CARD.replacen('I', "V", 1), TODAY), Err(MrzError::NotIdentity));
}

fn holder() -> impl Strategy<Value = Holder> {
    let dates = || (1_i8..=12, 1_i8..=28);
    (
        (
            "[A-Z]{1,12}( [A-Z]{1,6})?",
            "[A-Z]{1,9}( [A-Z]{1,6})?",
            "[A-Z0-9]{6,9}",
            "UTO|NOR|D|DNK|GBD",
            "[A-Z0-9]{0,14}",
        ),
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
    fn written_zone_round_trips(holder in holder()) {
        let card = Holder { document_type: "ID".into(), ..holder.clone() };
        let large = Holder { optional_data: card.optional_data.chars().take(7).collect(), ..card.clone() };
        let visa = Holder { document_type: "V".into(), ..holder.clone() };
        let small = Holder { optional_data: visa.optional_data.chars().take(8).collect(), ..visa.clone() };
        for (text, holder, format) in [
            (write_td3(&holder), &holder, Format::Td3),
            (write_td1(&card), &card, Format::Td1),
            (write_td2(&large), &large, Format::Td2),
            (write_mrva(&visa), &visa, Format::MrvA),
            (write_mrvb(&small), &small, Format::MrvB),
        ] {
            let mrz = parse(&text, TODAY).unwrap();
            prop_assert_eq!(mrz.format, format);
            prop_assert!(mrz.checks_pass(), "{text}");
            prop_assert_eq!(&mrz.document_type, &holder.document_type);
            prop_assert_eq!(&mrz.document_number, &holder.document_number);
            prop_assert_eq!(&mrz.issuing_state, &holder.issuing_state);
            prop_assert_eq!(&mrz.nationality, &holder.nationality);
            prop_assert_eq!(mrz.date_of_birth, Some(holder.date_of_birth));
            prop_assert_eq!(mrz.expiry_date, Some(holder.expiry_date));
            prop_assert_eq!(mrz.sex, holder.sex);
            prop_assert_eq!(&mrz.optional_data, &holder.optional_data);
            let room = match format {
                Format::Td1 => 30,
                Format::Td2 | Format::MrvB => 31,
                Format::Td3 | Format::MrvA => 39,
                Format::FrenchCard => 25,
            };
            if holder.family_name.len() + holder.given_names.len() + 2 <= room {
                prop_assert_eq!(&mrz.family_name, &holder.family_name);
                prop_assert_eq!(&mrz.given_names, &holder.given_names);
            }
            prop_assert_eq!(repair(&text), text);
        }
    }

    #[test]
    fn any_text_is_parsed_without_panic(text in "(?s).{0,140}", shaped in "[A-Z0-9<Ø]{44}\n[A-Z0-9<]{44}") {
        let _ = (parse(&text, TODAY), repair(&text));
        let _ = (parse(&shaped, TODAY), repair(&shaped));
    }

    #[test]
    fn long_card_number_round_trips(number in "[A-Z0-9]{10,14}") {
        let holder = Holder {
            document_type: "I".into(), issuing_state: "UTO".into(), family_name: "A".into(), given_names: String::new(),
            document_number: number.clone(), nationality: "UTO".into(), date_of_birth: date(1974, 8, 12), sex: None,
            expiry_date: date(2030, 1, 1), optional_data: String::new(),
        };
        for text in [write_td1(&holder), write_td2(&holder)] {
            let mrz = parse(&text, TODAY).unwrap();
            prop_assert_eq!(&mrz.document_number, &number);
            prop_assert!(mrz.checks_pass());
            prop_assert_eq!(mrz.given_names, "");
        }
    }
}

#[test]
fn published_zones_are_written() {
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

#[test]
fn visa_is_recognised_by_its_letter() {
    for (text, format) in [(VISA, Format::MrvA), (SMALL_VISA, Format::MrvB)] {
        let mrz = parse(text, TODAY).unwrap();
        assert_eq!(mrz.format, format);
        assert!(mrz.format.is_visa() && mrz.checks_pass());
        assert_eq!((mrz.document_number.as_str(), mrz.nationality.as_str()), ("L8988901C", "XXX"));
        assert_eq!(mrz.date_of_birth, Some(date(1940, 9, 7)));
        assert_eq!(mrz.expiry_date, Some(date(1996, 12, 10)));
    }
    assert_eq!(parse(VISA, TODAY).unwrap().optional_data, "6ZE184226B");
    let spoilt = parse(&VISA.replace("4009078", "4009079"), TODAY).unwrap();
    assert!(!spoilt.checks.date_of_birth && spoilt.checks.composite && !spoilt.checks_pass());
}

#[test]
fn unknown_date_parts_are_filler() {
    let born = |yymmdd: &str| {
        let digit = check_digit(yymmdd).unwrap();
        parse(&PASSPORT.replace("7408122", &format!("{yymmdd}{digit}")), TODAY).unwrap()
    };
    let year = born("74<<<<");
    let only_year = PartialDate { year: Some(1974), month: None, day: None };
    assert!(year.checks.date_of_birth);
    assert_eq!((year.date_of_birth, &year.births[..]), (None, &[only_year][..]));
    assert!(year.may_be_born(date(1974, 12, 31)) && !year.may_be_born(date(1975, 1, 1)));
    assert_eq!(born("7408<<").births, [PartialDate { month: Some(8), ..only_year }]);
    // This month is not over.
    assert_eq!(born("2611<<").births.first().and_then(|born| born.year), Some(2026));
    assert_eq!(born("2612<<").births.first().and_then(|born| born.year), Some(1926));
    assert_eq!(born("<<<<<<").births, [PartialDate::default()]);
    assert!(born("<<<<<<").may_be_born(TODAY), "what is unknown contradicts nothing");
    for nothing in ["74<812", "741312", "740832", "740231"] {
        assert_eq!(born(nothing).births, [], "{nothing}");
        assert!(!born(nothing).may_be_born(TODAY));
    }
}

#[test]
fn unknown_date_parts_written_as_zeros_are_like_filler() {
    let with = |birth: &str, expiry: &str| {
        let text = PASSPORT.replace("7408122", &format!("{birth}{}", check_digit(birth).unwrap()));
        parse(&text.replace("1204159", &format!("{expiry}{}", check_digit(expiry).unwrap())), TODAY).unwrap()
    };
    for (zeros, filler) in [("740000", "74<<<<"), ("740800", "7408<<"), ("000000", "<<<<<<")] {
        let (zeros, filler) = (with(zeros, zeros), with(filler, filler));
        assert_eq!(zeros.births, filler.births);
        assert_eq!((zeros.expiry, zeros.expiry_date), (filler.expiry, filler.expiry_date));
        assert!(zeros.checks.date_of_birth && zeros.checks.expiry_date);
    }
    let expires = with("740812", "300000");
    assert!(expires.may_expire(date(2030, 5, 6)) && !expires.may_expire(date(2031, 5, 6)));
}

#[test]
fn wrong_field_does_not_affect_the_others() {
    let read = PASSPORT.replace("L898902C3", "L898902C4").replace("1204159", "1213159");
    let elements = parse(&read, TODAY).unwrap().elements();
    let of = |name| elements.get(&name).map(|element: &Element| (element.value.as_str(), element.check));
    use crate::document::FieldName::*;
    assert_eq!(of(DocumentNumber), Some(("L898902C4", CheckDigit::Fails)));
    assert_eq!(of(DateOfBirth), Some(("1974-08-12", CheckDigit::Holds)));
    assert_eq!(of(PersonalNumber), Some(("ZE184226B", CheckDigit::Holds)));
    assert_eq!(of(FamilyName), Some(("ERIKSSON", CheckDigit::Uncovered)));
    assert_eq!(of(Sex), Some(("F", CheckDigit::Uncovered)));
    assert_eq!(of(ExpiryDate), None);
}

#[test]
fn short_codes_single_names_and_full_lines_are_read() {
    let german = "P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<\nC01X00T478D<<6408125<2702283<<<<<<<<<<<<<<<4";
    let mrz = parse(german, TODAY).unwrap();
    assert!(mrz.checks_pass() && !mrz.names_cut);
    assert_eq!((mrz.issuing_state.as_str(), mrz.nationality.as_str(), mrz.sex), ("D", "D", Some('X')));
    let single = parse(&PASSPORT.replace("ERIKSSON<<ANNA<MARIA", "ARKFREITH<<<<<<<<<<<"), TODAY).unwrap();
    assert_eq!((single.family_name.as_str(), single.given_names.as_str()), ("ARKFREITH", ""));
    // The example of Doc 9303-4, 4.2.3: names that fill the line are cut.
    let full = PASSPORT.replace("ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
    let full = parse(&full, TODAY).unwrap();
    assert_eq!((full.given_names.as_str(), full.names_cut), ("CHAYAPA DEJTHAMRONG K", true));
}

#[test]
fn long_number_of_a_large_card_continues_in_the_optional_element() {
    let text = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD23145890<UTO7408122F12041597349<<<2";
    let mrz = parse(text, TODAY).unwrap();
    assert_eq!((mrz.document_number.as_str(), mrz.optional_data.as_str()), ("D23145890734", ""));
    assert!(mrz.checks_pass(), "{:?}", mrz.checks);
}
