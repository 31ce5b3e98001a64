#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::watchlist::entry::{BirthDate, ListedDocumentKind, NameKind, NameStrength, Place, Precision, Script, Sex};

const SDN_XML: &str = include_str!("../../../tests/fixtures/lists/sdn.xml");
const UN: &str = include_str!("../../../tests/fixtures/lists/un.xml");
const EU: &str = include_str!("../../../tests/fixtures/lists/eu.xml");
const UK_XML: &str = include_str!("../../../tests/fixtures/lists/uk.xml");
const UK_CSV: &str = include_str!("../../../tests/fixtures/lists/uk.csv");
const PEPS: &str = include_str!("../../../tests/fixtures/lists/peps.csv");
const DAY: Date = date(2026, 11, 20);

fn names(entry: &Entry) -> Vec<(&str, NameKind, NameStrength, Script)> {
    entry.names.iter().map(|name| (name.whole.as_str(), name.kind, name.strength, name.script)).collect()
}

fn births(entry: &Entry) -> Vec<(Date, Date)> {
    entry.births.iter().map(|birth| (birth.from, birth.to)).collect()
}

fn year(year: i16) -> (Date, Date) {
    (date(year, 1, 1), date(year, 12, 31))
}

fn documents(entry: &Entry) -> Vec<(ListedDocumentKind, &str, Option<&str>)> {
    entry.documents.iter().map(|one| (one.kind, one.number.as_str(), one.country.as_deref())).collect()
}

fn place(town: &str, country: &str) -> Place {
    Place { town: Some(town.into()), country: Some(country.into()) }
}

#[test]
fn ofac_xml_is_read() {
    let list = List::from_ofac_xml(Source::OfacSdn, SDN_XML.as_bytes()).unwrap();
    assert_eq!((list.version().as_str(), list.people.len()), ("OFAC-SDN 2026-11-20 (4 entries)", 2));
    assert_eq!(list.sha256.len(), 64);
    let entry = &list.people[0];
    assert_eq!((entry.id.as_str(), entry.sex), ("900101", Some(Sex::Male)));
    assert_eq!(
        names(entry),
        [
            ("ZARENKO, Viktor", NameKind::Primary, NameStrength::Strong, Script::Latin),
            ("TSARENKO, Viktor", NameKind::Alias, NameStrength::Strong, Script::Latin),
            ("VITYA", NameKind::Alias, NameStrength::Weak, Script::Latin),
            ("OLDENKO, Viktor", NameKind::Former, NameStrength::Strong, Script::Latin),
        ]
    );
    assert_eq!((entry.names[0].given.as_deref(), entry.names[0].family.as_deref()), (Some("Viktor"), Some("ZARENKO")));
    assert_eq!(births(entry), [(date(1971, 8, 12), date(1971, 8, 12)), (date(1970, 1, 1), date(1974, 12, 31))]);
    assert_eq!((entry.nationalities.as_slice(), entry.unclear_birth), (&["RU".to_owned(), "KP".to_owned()][..], false));
    assert_eq!(entry.birth_places, [place("Vostrelsk", "RU")]);
    assert_eq!(
        documents(entry),
        [
            (ListedDocumentKind::Passport, "99 0000001", Some("RU")),
            (ListedDocumentKind::NationalId, "7100123", Some("BY")),
        ]
    );
    assert_eq!(entry.programmes, ["RUSSIA-EO14024", "GLOMAG"]);
    let single = &list.people[1];
    assert_eq!((single.primary_name(), single.unclear_birth, single.births.len()), ("SUWARTONO", true, 0));
}

#[test]
fn un_list_is_read() {
    let list = List::from_un(UN.as_bytes()).unwrap();
    assert_eq!((list.version().as_str(), list.people.len()), ("UN 2026-02-27 (3 entries)", 2));
    let entry = &list.people[0];
    assert_eq!((entry.id.as_str(), entry.sex), ("QDi.991", Some(Sex::Male)));
    assert_eq!(
        names(entry),
        [
            ("QASIM YUSUF AL-HADDARI", NameKind::Primary, NameStrength::Strong, Script::Latin),
            ("قاسم يوسف الحداري", NameKind::Alias, NameStrength::Strong, Script::Arabic),
            ("Kassem al-Haddari", NameKind::Alias, NameStrength::Strong, Script::Latin),
            ("Qassem Hadari", NameKind::Alias, NameStrength::Strong, Script::Latin),
            ("Abu Tariq", NameKind::Alias, NameStrength::Weak, Script::Latin),
            ("Qasim Oldname", NameKind::Former, NameStrength::Strong, Script::Latin),
        ]
    );
    // No part is marked as the family name.
    assert_eq!((entry.names[0].given.as_deref(), entry.names[0].family.as_deref()), (None, None));
    // EXACT with a year only is a year.
    let circa = (date(1978, 1, 1), date(1982, 12, 31));
    let between = (date(1966, 1, 1), date(1969, 12, 31));
    let exact = (date(1970, 3, 4), date(1970, 3, 4));
    assert_eq!(births(entry), [year(1969), year(1971), exact, between, circa]);
    assert_eq!(entry.births[1].precision, Precision::Year);
    assert_eq!(entry.nationalities, ["YE", "IR"]);
    assert_eq!(entry.birth_places, [place("Sanaa", "YE"), place("Al Mahra", "YE")]);
    assert_eq!(
        documents(entry),
        [
            (ListedDocumentKind::Passport, "00345678", Some("YE")),
            (ListedDocumentKind::NationalId, "12-345", Some("YE")),
        ]
    );
    // Placeholders without content are nothing.
    let empty = &list.people[1];
    assert_eq!((empty.names.len(), empty.births.len(), empty.unclear_birth), (1, 0, false));
    assert!(empty.birth_places.is_empty() && empty.documents.is_empty() && empty.programmes.is_empty());
}

#[test]
fn eu_list_is_read() {
    let list = List::from_eu(EU.as_bytes()).unwrap();
    assert_eq!((list.version().as_str(), list.people.len()), ("EU 2026-08-05 (2 entries)", 1));
    let entry = &list.people[0];
    assert_eq!((entry.id.as_str(), entry.sex), ("9901", Some(Sex::Male)));
    assert_eq!(
        names(entry),
        [
            ("Viktor Ivanovich ZARENKO", NameKind::Primary, NameStrength::Strong, Script::Latin),
            ("Виктор Иванович ЗАРЕНКО", NameKind::Alias, NameStrength::Strong, Script::Cyrillic),
            ("Vitya", NameKind::Alias, NameStrength::Weak, Script::Latin),
            // The attribute says strong, the remark does not.
            ("The Starling", NameKind::Alias, NameStrength::Weak, Script::Latin),
        ]
    );
    let halves = (entry.names[0].given.as_deref(), entry.names[0].family.as_deref());
    assert_eq!(halves, (Some("Viktor Ivanovich"), Some("ZARENKO")));
    // The year 1343 is of the Islamic calendar.
    assert_eq!(
        births(entry),
        [
            (date(1971, 8, 12), date(1971, 8, 12)),
            (date(1973, 1, 1), date(1977, 12, 31)),
            (date(1924, 1, 1), date(1925, 12, 31)),
            (date(1968, 1, 1), date(1970, 12, 31)),
        ]
    );
    // 00 and CS are no countries.
    assert_eq!((entry.nationalities.as_slice(), entry.unclear_birth), (&["RU".to_owned()][..], false));
    assert_eq!(entry.birth_places, [place("Vostrelsk", "RU"), place("Minsk", "BY")]);
    assert_eq!(documents(entry), [(ListedDocumentKind::Passport, "99 0000001", Some("RU"))]);
    assert_eq!(entry.programmes, ["UKR"]);
}

#[test]
fn both_forms_of_the_uk_list_are_read_alike() {
    let (xml, csv) = (List::from_uk_xml(UK_XML.as_bytes()).unwrap(), List::from_uk_csv(UK_CSV.as_bytes()).unwrap());
    for list in [&xml, &csv] {
        assert_eq!((list.version().as_str(), list.people.len()), ("UK 2026-10-08 (2 entries)", 1));
        let entry = &list.people[0];
        assert_eq!((entry.id.as_str(), entry.sex), ("AFG9901", Some(Sex::Male)));
        let mut listed = names(entry);
        assert_eq!(listed[0], ("FARAHI, GHOLAM NABI", NameKind::Primary, NameStrength::Strong, Script::Latin));
        listed.sort_by_key(|name| name.0);
        assert_eq!(
            listed[1..],
            [
                ("Farahi Sahib", NameKind::Alias, NameStrength::Strong, Script::Latin),
                ("Farahi, Ghulam", NameKind::Alias, NameStrength::Strong, Script::Latin),
                ("Haji Lala", NameKind::Alias, NameStrength::Weak, Script::Latin),
                ("غلام نبی فراهی", NameKind::Alias, NameStrength::Strong, Script::Arabic),
            ]
        );
        let day = (date(1971, 8, 12), date(1971, 8, 12));
        assert_eq!(births(entry), [year(1945), year(1975), year(1973), day]);
        // 15/08/19yy is no date, and excludes no other.
        assert!(entry.unclear_birth);
        assert_eq!(
            (entry.nationalities.as_slice(), entry.birth_places.as_slice()),
            (&["AF".to_owned()][..], &[place("Farah", "AF")][..])
        );
        assert_eq!(
            documents(entry),
            [(ListedDocumentKind::Passport, "OR 1234567", Some("AF")), (ListedDocumentKind::NationalId, "88123", None),]
        );
    }
}

#[test]
fn peps_are_read() {
    let list = List::from_open_sanctions(PEPS.as_bytes(), DAY).unwrap();
    assert_eq!((list.version().as_str(), list.people.len()), ("PEP 2026-11-20 (3 entries)", 2));
    let entry = &list.people[0];
    let whole: Vec<&str> = entry.names.iter().map(|name| name.whole.as_str()).collect();
    assert_eq!(whole, ["Dilnoza Orlova", "Дилноза Орлова", "Orlova; Dina"]);
    assert_eq!(
        (entry.nationalities.as_slice(), births(entry)),
        (&["UZ".to_owned(), "RU".to_owned()][..], vec![(date(1984, 12, 8), date(1984, 12, 8))])
    );
    assert_eq!(births(&list.people[1]), [year(1960)]);
    assert_eq!(documents(&list.people[1]), [(ListedDocumentKind::Other, "S-123456", None)]);
}

fn sdn(number: u32, name: &str, remarks: &str) -> String {
    format!("{number},\"{name}\",\"individual\",\"A] [B\",{}\"{remarks}\"\r\n", "-0- ,".repeat(7))
}

fn ofac_csv(entries: &str, aliases: &str, comments: &str) -> Result<List, ListError> {
    let files = OfacFiles { entries: entries.as_bytes(), aliases: aliases.as_bytes(), comments: comments.as_bytes() };
    List::from_ofac_csv(Source::OfacSdn, &files, DAY)
}

#[test]
fn remarks_of_ofac_go_on_in_the_comments_in_mid_word() {
    let entries = sdn(7, "ZARENKO, Viktor", "POB Vostrelsk, Russia; nationality Rus") + "\u{1A}";
    let comments = "7,\"sia; DOB 12 Aug 1971; a.k.a. 'VITYA'.\"\r\n\u{1A}";
    let list = ofac_csv(&entries, "7,1,\"fka\",\"OLDENKO, Viktor\",-0- \r\n\u{1A}", comments).unwrap();
    let entry = &list.people[0];
    assert_eq!(
        (entry.nationalities.as_slice(), births(entry)),
        (&["RU".to_owned()][..], vec![(date(1971, 8, 12), date(1971, 8, 12))])
    );
    let wholes: Vec<_> = entry.names.iter().map(|name| (name.whole.as_str(), name.kind, name.strength)).collect();
    assert_eq!(
        wholes,
        [
            ("ZARENKO, Viktor", NameKind::Primary, NameStrength::Strong),
            ("VITYA", NameKind::Alias, NameStrength::Weak),
            ("OLDENKO, Viktor", NameKind::Former, NameStrength::Strong),
        ]
    );
    assert_eq!(entry.programmes, ["A", "B"]);
    assert_ne!(list.sha256, ofac_csv(&entries, "", "").unwrap().sha256);
}

#[test]
fn ofac_nicknames_in_quotes_are_left_out() {
    let list = ofac_csv(&sdn(7, "O DALAIGH, Cormac \"\"The Piper\"\"", "-0- "), "", "").unwrap();
    assert_eq!(list.people[0].primary_name(), "O DALAIGH, Cormac");
}

#[test]
fn malformed_ofac_files_are_refused_completely() {
    let good = sdn(1, "A, B", "-0- ");
    assert!(ofac_csv(&good, "1,1,\"aka\",\"C, D\",-0- ", "").is_ok());
    let refused = |sdn: &str, alt: &str| ofac_csv(sdn, alt, "").unwrap_err().to_string();
    assert_eq!(refused("", ""), "SDN.CSV has no entries");
    assert_eq!(refused("\u{1A}", ""), "SDN.CSV has no entries");
    assert_eq!(refused("<html>not found</html>", ""), "SDN.CSV, line 1: not twelve columns");
    assert_eq!(refused(&format!("{good}{good}"), ""), "the identifier 1 occurs twice");
    assert_eq!(refused(&good.replacen('1', "x", 1), ""), "SDN.CSV, line 1: the first column is not an entry number");
    assert_eq!(refused(&good.replace("\"A, B\"", "-0- "), ""), "SDN.CSV, line 1: no name");
    assert_eq!(refused(&good, "1,1,\"aka\",\"C"), "ALT.CSV, line 1: unclosed quote");
    assert_eq!(refused(&good, "1,1,\"aka\""), "ALT.CSV, line 1: no name");
    let orphan = "no entry 2 in SDN.CSV; the files are of different days";
    assert_eq!(refused(&good, "2,1,\"aka\",\"C, D\",-0- "), format!("ALT.CSV, line 1: {orphan}"));
    let comments = ofac_csv(&good, "", "2,\"more\"").unwrap_err().to_string();
    assert_eq!(comments, format!("SDN_COMMENTS.CSV, line 1: {orphan}"));
}

type ReadList = fn(&[u8]) -> Result<List, ListError>;

const XML_READERS: [(&str, ReadList); 4] = [
    (SDN_XML, |bytes| List::from_ofac_xml(Source::OfacSdn, bytes)),
    (UN, List::from_un),
    (EU, List::from_eu),
    (UK_XML, List::from_uk_xml),
];

#[test]
fn html_truncation_and_document_types_are_refused_by_every_xml_reader() {
    for (good, read) in XML_READERS {
        assert!(read(good.as_bytes()).is_ok());
        let html = "<html><head><title>Maintenance</title></head><body>Try again later</body></html>";
        assert!(matches!(read(html.as_bytes()), Err(ListError::OtherRoot { .. })));
        assert!(read(&good.as_bytes()[..good.len() / 2]).is_err());
        assert!(read(&good.as_bytes()[..good.trim_end().len() - 1]).is_err());
        let after = good.find("?>").unwrap() + 2;
        let (head, rest) = good.split_at(after);
        let bomb = format!("{head}<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\">]>{rest}");
        assert_eq!(read(bomb.as_bytes()).unwrap_err(), ListError::DocumentType);
    }
    // Another publisher's list is not taken for this one's.
    assert!(matches!(List::from_un(EU.as_bytes()), Err(ListError::OtherRoot { .. })));
}

#[test]
fn list_without_a_date_is_refused() {
    let without = |text: &str, from: &str, to: &str| text.replace(from, to).into_bytes();
    for result in [
        List::from_ofac_xml(Source::OfacSdn, &without(SDN_XML, "11/20/2026", "")),
        List::from_un(&without(UN, "dateGenerated", "made")),
        List::from_eu(&without(EU, "generationDate", "made")),
        List::from_uk_xml(&without(UK_XML, "2026-10-08T00:00:00", "")),
        List::from_uk_csv(&without(UK_CSV, "08-Oct-2026", "")),
    ] {
        assert_eq!(result.unwrap_err(), ListError::NoDate);
    }
}

#[test]
fn doubled_identifiers_and_wrong_counts_are_refused() {
    let doubled = |text: &str, from: &str, to: &str| text.replace(from, to).into_bytes();
    for (result, id) in [
        (List::from_ofac_xml(Source::OfacSdn, &doubled(SDN_XML, "900116", "900101")), "900101"),
        (List::from_un(&doubled(UN, "KPi.992", "QDi.991")), "QDi.991"),
        (List::from_eu(&doubled(EU, "logicalId=\"9902\"", "logicalId=\"9901\"")), "9901"),
        (List::from_uk_xml(&doubled(UK_XML, "RUS9902", "AFG9901")), "AFG9901"),
        (List::from_open_sanctions(&doubled(PEPS, "Q990002", "Q990001"), DAY), "Q990001"),
    ] {
        assert_eq!(result.unwrap_err(), ListError::DoubledId(id.to_owned()));
    }
    let fewer = doubled(SDN_XML, "<Record_Count>4<", "<Record_Count>5<");
    let error = List::from_ofac_xml(Source::OfacSdn, &fewer).unwrap_err();
    assert_eq!(error, ListError::OtherCount { stated: 5, found: 4 });
}

#[test]
fn tables_without_their_columns_are_refused() {
    for text in ["", "<html><body>no</body></html>", "a,b,c\n1,2,3\n", &UK_CSV.replace("Unique ID", "ID")] {
        assert!(matches!(List::from_uk_csv(text.as_bytes()), Err(ListError::OtherRoot { .. })), "{text:.40}");
    }
    assert!(matches!(List::from_open_sanctions(b"a,b\n1,2\n", DAY), Err(ListError::OtherRoot { .. })));
    let half = &UK_CSV[..UK_CSV.len() - 120];
    assert!(List::from_uk_csv(half.as_bytes()).is_err());
}

#[test]
fn same_content_has_the_same_hash_whatever_the_file() {
    let hash = |text: String| List::from_un(text.as_bytes()).unwrap().people[0].hash();
    let before = hash(UN.to_owned());
    assert_eq!(hash(UN.replace("2026-02-27T", "2026-03-01T").replace("      <", "<")), before);
    assert_ne!(hash(UN.replace("Qassem Hadari", "Qassem Haddadi")), before);
    assert_ne!(hash(UN.replace("00345678", "00345679")), before);
    assert_ne!(hash(UN.replace("<YEAR>1971</YEAR>", "<YEAR>1972</YEAR>")), before);
}

#[test]
fn labelled_list_has_labelled_entries() {
    let list = ofac_csv(&sdn(1, "A, B", "-0- "), "", "").unwrap().labelled(Source::Sample);
    assert_eq!((list.version().as_str(), list.people[0].source), ("SAMPLE 2026-11-20 (1 entries)", Source::Sample));
}

proptest! {
    #[test]
    fn damaged_lists_are_read_or_refused_without_panic(at in 0usize..8000, with in "\\PC{0,6}|<|>|&|\"|,|;|\n") {
        for (good, read) in XML_READERS.into_iter().chain([(UK_CSV, List::from_uk_csv as ReadList)]) {
            let at = (0..=at.min(good.len())).rev().find(|at| good.is_char_boundary(*at)).unwrap();
            if let Ok(list) = read(format!("{}{with}{}", &good[..at], &good[at..]).as_bytes()) {
                prop_assert!(list.total > 0 && list.people.iter().all(|entry| !entry.names.is_empty()));
            }
        }
    }

    #[test]
    fn births_are_ordered_and_hashed(years in prop::collection::vec(1900i16..2020, 0..4)) {
        let mut entry = Entry::new(Source::Eu, "1");
        for year in years {
            entry.add_birth(BirthDate::year(year).and_then(BirthDate::circa));
        }
        prop_assert!(entry.births.iter().all(|birth| birth.from <= birth.to));
        prop_assert_eq!(entry.hash(), entry.clone().hash());
    }
}
