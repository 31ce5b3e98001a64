//! France's former identity card.

use super::*;

/// The example of the encyclopaedias, of an invented person.
const FRENCH: &str = "IDFRALOISEAU<<<<<<<<<<<<<<<<<<<<<<<<\n970675K002774HERVE<<DJAMEL<7303216M4";

#[test]
fn former_french_card_is_read_by_its_own_layout() {
    let mut mrz = parse(FRENCH, TODAY).unwrap();
    assert_eq!(mrz.format, Format::FrenchCard);
    assert_eq!((mrz.document_type.as_str(), mrz.issuing_state.as_str()), ("ID", "FRA"));
    assert_eq!((mrz.family_name.as_str(), mrz.given_names.as_str()), ("LOISEAU", "HERVE DJAMEL"));
    assert_eq!((mrz.document_number.as_str(), mrz.nationality.as_str()), ("970675K00277", "FRA"));
    mrz.settle_birth(&[], None);
    assert_eq!((mrz.date_of_birth, mrz.sex), (Some(date(1973, 3, 21)), Some('M')));
    assert!(mrz.checks_pass() && !mrz.names_cut, "{:?}", mrz.checks);
    // It has no expiry, so it contradicts none.
    assert_eq!((mrz.expiry_date, mrz.expiry), (None, None));
    assert!(mrz.may_expire(date(2031, 1, 1)) && mrz.may_expire(date(2012, 4, 15)));
    assert!(!mrz.elements().contains_key(&crate::document::FieldName::ExpiryDate));
    assert!(!has_one_name(FRENCH));
}

#[test]
fn every_check_digit_of_the_french_card_is_examined() {
    for (right, wrong) in [("970675K", "970676K"), ("730321", "730322"), ("LOISEAU<", "LOISEAUX")] {
        let spoilt = FRENCH.replace(right, wrong);
        assert!(!parse(&spoilt, TODAY).unwrap().checks_pass(), "{wrong}");
    }
}

#[test]
fn confusions_and_lost_filler_of_the_french_card_are_mended() {
    let read = FRENCH.replace("LOISEAU", "L0I5EAU").replace("730321", "73O32I");
    assert_eq!(repair(&read), FRENCH);
    let lines: Vec<&str> = FRENCH.lines().collect();
    assert_eq!(super::super::find(&lines).as_deref(), Some(FRENCH));
    // All of the three check digits hold for one place of the lost filler only.
    let short = lines[0].replacen("<<<<", "<", 1);
    assert_eq!(super::super::find(&["REPUBLIQUE FRANCAISE", &short, lines[1]]).as_deref(), Some(FRENCH));
}

/// Cards of Belgium and Portugal have the check digit of a long number over its filler, too.
#[test]
fn check_digit_over_filler_is_accepted_from_its_issuers_only() {
    let card = |state: &str, digit: char| {
        let number = format!("I<{state}591148038<6{digit}");
        parse(&format!("{number:<<30}\n7408122F1204159{state}<<<<<<<<<<<0\n{:<<30}", "ERIKSSON<<ANNA"), TODAY)
            .unwrap()
            .checks
            .document_number
    };
    let plain = check_digit("5911480386").unwrap();
    let filled = check_digit("591148038<6").unwrap();
    assert_ne!(plain, filled);
    for (state, digit, holds) in [
        ("BEL", plain, true),
        ("BEL", filled, true),
        ("PRT", filled, true),
        ("NLD", plain, true),
        ("NLD", filled, false),
    ] {
        assert_eq!(card(state, digit), holds, "{state} {digit}");
    }
}
