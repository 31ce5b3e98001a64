#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;
use crate::document::FieldName::*;

fn card(header: &str, elements: &str) -> String {
    format!("@\n\u{1e}\r{header}{}\r", elements.replace('|', "\n"))
}

/// Version 10, as an issuer in the United States writes it.
fn newest() -> String {
    card(
        "ANSI 636026100102DL00410288ZA03290015",
        "DLDAQD08954796|DCSGARCIA-LOPEZ|DDEN|DACMARIA|DDFN|DADELENA|DDGN|DCAD|DCBB|DCDNONE|DBD08242015|DBB01311988|\
         DBA01312035|DBC2|DAU069 in|DAYBRO|DAG1234 W MAIN ST|DAHAPT 5|DAIPHOENIX|DAJAZ|DAK850070000  |\
         DCF83D9BN217QO983B1|DCGUSA|DDAF|DDB02142014\rZAZAAN|ZAB",
    )
}

fn field(card: &Aamva, name: FieldName) -> Option<String> {
    card.fields().remove(&name)
}

#[test]
fn newest_aamva_version_is_read() {
    let card = parse(&newest()).unwrap();
    assert_eq!((card.iin.as_str(), card.version, card.subfile.as_str()), ("636026", 10, "DL"));
    assert_eq!(card.truncation(), [Truncation::Whole; 3]);
    let expected = [
        (GivenNames, "MARIA ELENA"),
        (FamilyName, "GARCIA-LOPEZ"),
        (DateOfBirth, "1988-01-31"),
        (DocumentNumber, "D08954796"),
        (IssuingCountry, "USA"),
        (Sex, "F"),
        (ExpiryDate, "2035-01-31"),
        (IssueDate, "2015-08-24"),
        (Address, "1234 W MAIN ST, APT 5, PHOENIX, AZ 85007"),
        (Categories, "D"),
    ];
    assert_eq!(card.fields(), expected.map(|(name, value)| (name, value.to_owned())).into());
    // Jurisdiction-specific elements are skipped.
    assert!(card.elements.keys().all(|id| id.starts_with('D')) && card.element("DCD").is_none());
}

#[test]
fn canadian_dates_and_postal_codes_are_read() {
    let text = card(
        "ANSI 636012080002DL00410200ZO02410021",
        "DLDCAG|DBA20301102|DCSBRAULT|DACZOE|DBD20251102|DBB19901224|DBC9|DAYBLU|DAG10 RUE PRINCIPALE|DAIOTTAWA|DAJON|\
         DAKK1A0B1    |DAQB1234-56789-01224|DCGCAN|DDET",
    );
    let card = parse(&text).unwrap();
    assert_eq!(field(&card, DateOfBirth).unwrap(), "1990-12-24");
    assert_eq!(field(&card, ExpiryDate).unwrap(), "2030-11-02");
    assert_eq!(field(&card, Sex).unwrap(), "X");
    assert_eq!(field(&card, IssuingCountry).unwrap(), "CAN");
    assert_eq!(field(&card, Address).unwrap(), "10 RUE PRINCIPALE, OTTAWA, ON K1A 0B1");
    assert_eq!(card.truncation()[0], Truncation::Truncated);
}

#[test]
fn older_aamva_versions_keep_names_in_other_elements() {
    // Version 1: one element, no version of the jurisdiction, dates by the year.
    let first = parse(&card(
        "ANSI 6360150101DL00290200",
        "DLDAABROWN,JOHN,QUINCY,JR|DAQ12345678|DAL100 OAK ST|DANAUSTIN|DAOTX|DAP787010000|DBB19610707|DBA20080707|\
         DBCM|DARC",
    ))
    .unwrap();
    assert_eq!(field(&first, FamilyName).unwrap(), "BROWN");
    assert_eq!(field(&first, GivenNames).unwrap(), "JOHN QUINCY");
    assert_eq!(field(&first, DateOfBirth).unwrap(), "1961-07-07");
    assert_eq!(field(&first, Address).unwrap(), "100 OAK ST, AUSTIN, TX 78701");
    assert_eq!(field(&first, Categories).unwrap(), "C");
    assert_eq!(field(&first, IssuingCountry), None);
    // Versions 2 and 3: the given names in one element.
    for given in ["JOHN,QUINCY", "JOHN QUINCY"] {
        let text = card(
            "ANSI 636000030001DL00310100",
            &format!("DLDCTJ{}|DCSPUBLIC|DAQT64235789|DBB06061986|DCU JR", &given[1..]),
        );
        let third = parse(&text).unwrap();
        assert_eq!(field(&third, GivenNames).unwrap(), "JOHN QUINCY");
        assert_eq!(field(&third, FamilyName).unwrap(), "PUBLIC");
        assert_eq!(field(&third, DateOfBirth).unwrap(), "1986-06-06");
    }
}

#[test]
fn names_divided_by_spaces_are_read() {
    // Version 1 of Pennsylvania; no type before the first element.
    let name = |whole: &str| {
        let elements =
            format!("|DAQ26798765|DAA{whole}|DAG140 MAIN ST|DAIPHILADELPHIA|DAJPA|DAK19130|DBB19860202|DBC1");
        let card = parse(&card("ANSI 6360250101DL00290194", &elements)).unwrap();
        (field(&card, GivenNames), field(&card, FamilyName))
    };
    let names = |given: &str, family: &str| (Some(given.to_owned()), Some(family.to_owned()));
    assert_eq!(name("JOHN P SMITH"), names("JOHN P", "SMITH"));
    assert_eq!(name("MARY ANN JONES JR"), names("MARY ANN", "JONES"));
    assert_eq!(name("JANE SR"), names("JANE", "SR"));
    assert_eq!(name("SUHARTO"), (None, Some("SUHARTO".to_owned())));
}

#[test]
fn letters_for_the_offset_of_the_first_subfile_are_read() {
    let wanted = parse(&newest().replace("0102DL00410288ZA03290015", "0101DL00410288")).unwrap();
    let card = parse(&newest().replace("0102DL00410288ZA03290015", "0101DLABCDEFGH")).unwrap();
    assert_eq!(card.elements, wanted.elements);
    assert!(card.element("DAQ").is_some() && card.element("DCS").is_some());
}

#[test]
fn bars_for_separators_are_read() {
    let wanted = parse(&newest()).unwrap();
    assert_eq!(parse(&newest().replace('\n', "|")).unwrap(), wanted);
    assert_eq!(parse(&newest().replace(['\n', '\r'], "|")).unwrap().fields(), wanted.fields());
    // A bar in a value is no separator.
    let card = parse(&newest().replace("APT 5", "APT|DAB")).unwrap();
    assert_eq!(card.element("DAH"), Some("APT|DAB"));
}

#[test]
fn identity_card_has_no_categories() {
    let text = newest().replace("DL00", "ID00").replace("DLDAQ", "IDDAQ");
    let card = parse(&text).unwrap();
    assert_eq!(card.subfile, "ID");
    assert_eq!(field(&card, Categories), None);
    assert_eq!(field(&card, DocumentNumber).unwrap(), "D08954796");
}

#[test]
fn altered_separators_are_tolerated() {
    let wanted = parse(&newest()).unwrap();
    assert_eq!(parse(&newest().replace('\n', "\r\n")).unwrap(), wanted);
    assert_eq!(parse(newest().trim_start_matches(['@', '\n', '\u{1e}', '\r'])).unwrap(), wanted);
    // Wrong offsets, lengths and number of entries.
    assert_eq!(parse(&newest().replace("0102DL", "0101DL")).unwrap(), wanted);
    assert_eq!(parse(&newest().replace("DL00410288", "DL99990001")).unwrap(), wanted);
}

#[test]
fn absent_elements_and_invalid_dates_are_left_out() {
    let text =
        newest().replace("DACMARIA", "DACNONE").replace("DBB01311988", "DBB02301988").replace("DBA01312035", "DBA");
    let card = parse(&text).unwrap();
    for name in [DateOfBirth, ExpiryDate, GivenNames] {
        assert_eq!(field(&card, name), None, "{name:?}");
    }
    assert_eq!(date("00000000"), None);
    assert_eq!(date("13011988"), None);
    assert_eq!(date("0131198"), None);
}

#[test]
fn text_without_aamva_header_is_refused() {
    for other in
        ["", "ANSI ", "M1BRANDVOLD/INGRID", "@\n\u{1e}\rANSI 636026100100", "ANSI 636026100001DL00410288DLDCSX"]
    {
        assert_eq!(parse(other), None, "{other}");
    }
    assert_eq!(parse(&newest().replace("DAQ", "DAX")), None);
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(
        text in "(?s).{0,300}",
        tail in "(?s)[D\nA-Z0-9é ]{0,200}",
        version in 0_u8..99,
        at in 0_usize..400,
    ) {
        let _ = parse(&text);
        if let Some(card) = parse(&format!("@\n\u{1e}\rANSI 636026{version:02}0001DL00410288DL{tail}\nDAQ1\n")) {
            let _ = (card.fields(), card.truncation());
        }
        // Truncated anywhere, with one damaged character.
        let whole = newest();
        let cut: String = whole.chars().take(at).collect();
        let _ = parse(&format!("{cut}{text}")).map(|card| card.fields());
    }

    #[test]
    fn dates_of_both_kinds_are_read(year in 1900_i16..2100, month in 1_i8..=12, day in 1_i8..=28) {
        let wanted = Date::new(year, month, day).unwrap();
        prop_assert_eq!(date(&format!("{month:02}{day:02}{year}")), Some(wanted));
        prop_assert_eq!(date(&format!("{year}{month:02}{day:02}")), Some(wanted));
    }
}
