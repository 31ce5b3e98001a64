#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::document::{Document, DocumentKind, Field, FieldName, FieldSource};
use crate::names::FullName;

const PUBLISHED: Date = date(2026, 11, 20);

fn sample() -> Watchlist {
    let sdn = include_str!("../../../server/data/sanctions/sdn.csv");
    let alt = include_str!("../../../server/data/sanctions/alt.csv");
    Watchlist::from_ofac(sdn, alt, PUBLISHED).unwrap()
}

fn person(given: &str, family: &str, born: Date, countries: &[&str]) -> ScreenedPerson {
    ScreenedPerson {
        names: vec![FullName::new(given, family)],
        dates_of_birth: vec![born],
        countries: countries.iter().map(|country| (*country).to_owned()).collect(),
        ..ScreenedPerson::default()
    }
}

fn screen(given: &str, family: &str, born: Date, countries: &[&str]) -> Screening {
    sample().screen(&person(given, family, born, countries))
}

fn entry(outcome: &ScreeningOutcome) -> Option<u32> {
    match outcome {
        ScreeningOutcome::Clear => None,
        ScreeningOutcome::Possible { hits } | ScreeningOutcome::Match { hits } => Some(hits[0].entry),
    }
}

fn kind(outcome: &ScreeningOutcome) -> &'static str {
    match outcome {
        ScreeningOutcome::Clear => "clear",
        ScreeningOutcome::Possible { .. } => "possible",
        ScreeningOutcome::Match { .. } => "match",
    }
}

#[test]
fn sample_list_is_read_completely() {
    let list = sample();
    assert_eq!(list.version(), "OFAC-SDN 2026-11-20 (30 entries)");
    assert_eq!((list.published(), list.people().count()), (PUBLISHED, 23));
    let screening = screen("Nobody", "Atall", date(1990, 1, 1), &[]);
    assert_eq!((screening.outcome, screening.score), (ScreeningOutcome::Clear, 0.0));
    assert_eq!((screening.list_version.as_str(), screening.published), ("OFAC-SDN 2026-11-20 (30 entries)", PUBLISHED));
}

#[test]
fn several_lists_are_screened_together() {
    let un = include_bytes!("../../tests/fixtures/lists/un.xml");
    let eu = include_bytes!("../../tests/fixtures/lists/eu.xml");
    let list = Watchlist::new(vec![List::from_un(un).unwrap(), List::from_eu(eu).unwrap()]).unwrap();
    assert_eq!(list.version(), "UN 2026-02-27 (3 entries); EU 2026-08-05 (2 entries)");
    assert_eq!(list.published(), date(2026, 2, 27));
    let screening = list.screen(&person("Viktor", "Zarenko", date(1971, 8, 12), &[]));
    let ScreeningOutcome::Match { hits } = &screening.outcome else { panic!("{screening:?}") };
    assert_eq!((hits[0].source.as_str(), hits[0].id.as_str(), hits[0].entry_hash.len()), ("EU", "9901", 32));
    assert_eq!(screening.lists.iter().map(|list| list.source.as_str()).collect::<Vec<_>>(), ["UN", "EU"]);
    assert!(Watchlist::new(Vec::new()).is_err());
}

#[test]
fn listed_person_is_found_under_every_spelling() {
    for (given, family, born, number) in [
        ("Viktor", "Zarenko", date(1971, 8, 12), 900_101),
        ("Zarenko", "Viktor", date(1971, 8, 12), 900_101),
        ("Victor", "Tsarenko", date(1971, 8, 12), 900_101),
        ("Виктор", "Заренко", date(1971, 8, 12), 900_101),
        ("Torbjørn", "Ødegård-Skram", date(1966, 9, 30), 900_105),
        ("Jürgen", "Müller", date(1949, 4, 11), 900_114),
        ("Mehrdad", "Husseinzadeh", date(1977, 3, 21), 900_113),
        ("Chol-su", "Pak", date(1962, 5, 5), 900_107),
        ("José", "de la Rosa", date(1980, 1, 19), 900_109),
        ("Dina", "Orlova", date(1984, 12, 8), 900_112),
        ("Cormac", "Ó Dálaigh", date(1972, 6, 6), 900_123),
        ("Cormac", "Daly", date(1972, 6, 6), 900_123),
    ] {
        let screening = screen(given, family, born, &[]);
        assert_eq!(kind(&screening.outcome), "match", "{given} {family}: {screening:?}");
        assert_eq!(entry(&screening.outcome), Some(number));
    }
}

#[test]
fn namesake_with_other_birth_date_is_clear_and_recorded() {
    let screening = screen("Ingrid", "Brandvold", date(1987, 3, 14), &["NO"]);
    assert_eq!(screening.outcome, ScreeningOutcome::Clear);
    assert_eq!((screening.namesakes[0].entry, screening.score), (900_102, 1.0));
    assert_eq!(screening.namesakes[0].date_of_birth, BirthDateAgreement::Different);
    assert_eq!(screening.namesakes[0].country, CountryAgreement::Different);
    assert_eq!(kind(&screen("Ingrid", "Brandvold", date(1953, 11, 2), &["NO"]).outcome), "match");
}

#[test]
fn birth_date_decides_the_outcome_of_a_similar_name() {
    for (born, countries, wanted) in [
        (date(1971, 8, 12), &["NO"][..], "match"),
        (date(1971, 12, 8), &["RU"], "match"),
        (date(1971, 12, 8), &["NO"], "possible"),
        (date(1971, 8, 13), &["NO"], "possible"),
        (date(1972, 8, 12), &["NO"], "possible"),
        (date(1971, 9, 13), &["NO"], "clear"),
        (date(1990, 8, 13), &["NO"], "clear"),
        // The whole name and the country: a date alone does not clear.
        (date(1971, 9, 13), &["RU"], "possible"),
        (date(1990, 8, 13), &["RU"], "possible"),
    ] {
        assert_eq!(kind(&screen("Viktor", "Zarenko", born, countries).outcome), wanted, "{born}");
    }
}

#[test]
fn year_ranges_and_missing_dates_are_compared() {
    for (given, family, born, countries, wanted) in [
        ("Suwartono", "", date(1981, 6, 1), &["ID"][..], "match"),
        ("Suwartono", "", date(1981, 6, 1), &["NO"], "possible"),
        ("Suwartono", "", date(1982, 1, 1), &["ID"], "possible"),
        ("Suwartono", "", date(1983, 1, 1), &["NO"], "clear"),
        ("Qasim", "Alhaddari", date(1966, 1, 1), &["YE"], "match"),
        ("Qasim", "Alhaddari", date(1965, 12, 31), &["YE"], "clear"),
        ("Qasim", "Alhaddari", date(1972, 12, 31), &["NO"], "possible"),
        ("Ibrahima", "Koné", date(1980, 1, 1), &["NO"], "possible"),
        ("Yevhenii", "Lisovetskyi", date(1979, 3, 31), &["UA"], "match"),
        ("Yevhenii", "Lisovetskyi", date(1979, 4, 1), &["UA"], "clear"),
    ] {
        assert_eq!(kind(&screen(given, family, born, countries).outcome), wanted, "{given} {family} {born}");
    }
}

#[test]
fn close_name_needs_the_same_birth_date() {
    assert_eq!(kind(&screen("Viktor Ivan", "Zarenko", date(1971, 8, 12), &[]).outcome), "match");
    let listed =
        "1,\"ZARENKO, Viktor Pavlovich\",\"individual\",\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 12 Aug 1971.\"";
    let list = Watchlist::from_ofac(listed, "", PUBLISHED).unwrap();
    let of = |born| kind(&list.screen(&person("Viktor Ivan", "Zarenko", born, &[])).outcome);
    assert_eq!(of(date(1971, 8, 12)), "possible");
    assert_eq!(of(date(1971, 8, 13)), "clear");
}

#[test]
fn unparsed_birth_date_never_clears() {
    let of = |remarks: &str| {
        let nothing = "-0- ,".repeat(7);
        let listed = format!("1,\"ZARENKO, Viktor\",\"individual\",\"X\",{nothing}\"{remarks}\"");
        let list = Watchlist::from_ofac(&listed, "", PUBLISHED).unwrap();
        kind(&list.screen(&person("Viktor", "Zarenko", date(1990, 1, 1), &["NO"])).outcome)
    };
    assert_eq!(of("DOB 12 Aug 1971."), "clear");
    assert_eq!(of("DOB 12 Aug 1971; alt. DOB in the nineties."), "possible");
    assert_eq!(of("DOB 12 Aug 1971; alt. DOB 1990."), "possible");
}

#[test]
fn weak_alias_needs_a_birth_date() {
    assert_eq!(kind(&screen("El", "Relojero", date(1980, 1, 19), &[]).outcome), "possible");
    assert_eq!(kind(&screen("El", "Relojero", date(1991, 5, 5), &[]).outcome), "clear");
    assert_eq!(kind(&screen("Abu", "Tariq", date(1971, 5, 5), &[]).outcome), "possible");
}

#[test]
fn further_name_parts_do_not_hide_a_listed_person() {
    let others = "Anna Bo Cy Di Ed Flo Gil Hal Ida Jo Kit Lee Mo Ned Ole";
    for (given, family) in [
        (format!("Viktor {others}"), "Zarenko".to_owned()),
        (others.to_owned(), "Viktor Zarenko".to_owned()),
        ("Viktor".to_owned(), format!("{others} Zarenko")),
    ] {
        let screening = screen(&given, &family, date(1971, 8, 12), &[]);
        assert_eq!((kind(&screening.outcome), entry(&screening.outcome)), ("match", Some(900_101)), "{given} {family}");
    }
}

#[test]
fn entities_and_vessels_are_not_screened() {
    for (given, family) in [("Vostrel", "Star"), ("Northern Lantern", "Group"), ("Brandvold", "Resources Limited")] {
        assert_eq!(kind(&screen(given, family, date(1990, 1, 1), &[]).outcome), "clear");
    }
}

#[test]
fn any_known_spelling_may_hit() {
    let mut person = person("Vitaly", "Sokolin", date(1971, 8, 12), &[]);
    person.names.push(FullName::new("VIKTOR", "ZARENKO"));
    assert_eq!(kind(&sample().screen(&person).outcome), "match");
}

#[test]
fn document_country_codes_are_compared() {
    for countries in [&["NOR", "RUS"][..], &["RU"], &["XXA", "ru"]] {
        let screening = screen("Viktor", "Zarenko", date(1971, 12, 8), countries);
        assert_eq!(kind(&screening.outcome), "match", "{countries:?}");
    }
    assert_eq!(kind(&screen("Viktor", "Zarenko", date(1971, 12, 8), &["NOR", "XXA"]).outcome), "possible");
    // A code without a country is unknown, not different.
    let unknown = screen("Viktor", "Zarenko", date(1971, 8, 12), &["XXA"]);
    let ScreeningOutcome::Match { hits } = unknown.outcome else { panic!("{unknown:?}") };
    assert_eq!(hits[0].country, CountryAgreement::Unknown);
}

#[test]
fn screened_person_has_typed_and_read_values() {
    let info = crate::event::UserInfo {
        email: "v@example.org".into(),
        first_name: "Vitaly".into(),
        last_name: "Sokolin".into(),
        one_name: false,
        date_of_birth: "1971-12-08".into(),
        phone_number: "+4741234567".into(),
        address: crate::event::Address {
            line1: "Storgata 1".into(),
            city: "Oslo".into(),
            postal_code: "0155".into(),
            country: "NO".into(),
            ..Default::default()
        },
    };
    let applicant = crate::applicant::Applicant::parse(&info, PUBLISHED).unwrap();
    assert_eq!(ScreenedPerson::of(&applicant, &[]).countries, ["NO"]);
    let fields = [
        (FieldName::GivenNames, "VIKTOR"),
        (FieldName::FamilyName, "ZARENKO"),
        (FieldName::DateOfBirth, "1971-08-12"),
        (FieldName::Nationality, "RUS"),
        (FieldName::IssuingCountry, "RUS"),
    ]
    .map(|(name, value)| (name, Field::read(value, 0.9, FieldSource::PrintedZone)));
    let mut passport = Document::new(uuid::Uuid::nil(), "p.jpg".into(), DocumentKind::Passport, fields.into());
    let person = ScreenedPerson::of(&applicant, std::slice::from_ref(&passport));
    assert_eq!(person.names, [FullName::new("Vitaly", "Sokolin"), FullName::new("VIKTOR", "ZARENKO")]);
    assert_eq!(person.dates_of_birth, [date(1971, 12, 8), date(1971, 8, 12)]);
    assert_eq!(person.countries, ["RU", "NO"]);
    assert_eq!(kind(&sample().screen(&person).outcome), "match");

    // A corrected reading is screened too, so that the correction cannot evade the list.
    passport.confirm(FieldName::FamilyName, "Sokolin");
    passport.confirm(FieldName::GivenNames, "Vitaly");
    passport.confirm(FieldName::DateOfBirth, "1971-12-08");
    let person = ScreenedPerson::of(&applicant, &[passport]);
    assert_eq!(kind(&sample().screen(&person).outcome), "match");
}

#[test]
fn screening_round_trips() {
    for born in [date(1971, 8, 12), date(1990, 1, 1)] {
        let screening = screen("Viktor", "Zarenko", born, &["RU"]);
        let json = serde_json::to_string(&screening).unwrap();
        assert_eq!(serde_json::from_str::<Screening>(&json).unwrap(), screening);
    }
}

/// A list of real size, in invented syllables.
fn large_list() -> Watchlist {
    const SYLLABLES: [&str; 20] = [
        "BA", "DOR", "KEM", "LI", "MO", "NAR", "PES", "RU", "SHA", "TIN", "VO", "ZE", "GHA", "HUS", "JEL", "FAR",
        "WEN", "YAK", "CHO", "QUR",
    ];
    let word = |n: usize| [SYLLABLES[n % 20], SYLLABLES[n / 20 % 20], SYLLABLES[n / 400 % 20]].concat();
    let mut sdn = String::new();
    for n in 0..20_000 {
        let line = format!(
            "{n},\"{}, {} {}\",\"individual\",\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB {}.\"\r\n",
            word(n * 7919),
            word(n * 104_729 + 13),
            word(n * 31 + 5),
            1940 + n % 60,
        );
        sdn.push_str(&line);
    }
    Watchlist::from_ofac(&sdn, "", PUBLISHED).unwrap()
}

#[test]
fn list_of_real_size_finds_each_entry() {
    let list = large_list();
    for place in (0..20_000).step_by(1999) {
        let entry = list.people().nth(place).unwrap();
        let (family, given) = entry.primary_name().split_once(", ").unwrap();
        let screening = list.screen(&person(given, family, entry.births[0].from, &[]));
        let (ScreeningOutcome::Possible { hits } | ScreeningOutcome::Match { hits }) = &screening.outcome else {
            panic!("{entry:?}")
        };
        assert!(hits.len() <= MOST_HITS && hits.iter().any(|hit| hit.id == entry.id), "{entry:?}");
        assert_eq!(screening.score, 1.0);
    }
}

proptest! {
    #[test]
    fn screening_is_deterministic_and_sorted(
        given in "[A-Z][a-z]{1,8}",
        family in "\\PC{0,20}",
        year in 1900i16..2020,
    ) {
        let list = sample();
        let person = person(&given, &family, date(year, 6, 15), &["RU"]);
        let screening = list.screen(&person);
        prop_assert_eq!(&list.screen(&person), &screening);
        prop_assert!((0.0..=1.0).contains(&screening.score));
        prop_assert!(screening.namesakes.is_sorted_by(|a, b| a.points >= b.points));
    }

    #[test]
    fn any_text_is_parsed_or_refused(sdn in "([0-9]{1,3},|\"|,|-0- |\\n|\\PC){0,60}", alt in "\\PC{0,60}") {
        if let Ok(list) = Watchlist::from_ofac(&sdn, &alt, PUBLISHED) {
            prop_assert!(list.lists()[0].entries > 0);
        }
    }
}

/// From clear to match.
fn rank(outcome: &ScreeningOutcome) -> u8 {
    match outcome {
        ScreeningOutcome::Clear => 0,
        ScreeningOutcome::Possible { .. } => 1,
        ScreeningOutcome::Match { .. } => 2,
    }
}

fn one_entry(name: &str, remarks: &str) -> String {
    format!("7,\"{name}\",\"individual\",\"X\",{}\"{remarks}\"\r\n", "-0- ,".repeat(7))
}

fn with_document(mut person: ScreenedPerson, number: &str, country: &str) -> ScreenedPerson {
    let (kind, number, country) = (ListedDocumentKind::Passport, number.to_owned(), Some(country.to_owned()));
    person.documents.push(PersonDocument { kind, number, country });
    person
}

#[test]
fn number_of_a_listed_passport_is_a_match_under_another_name() {
    let somebody = person("Pavel", "Ivanov", date(1990, 1, 2), &["RU"]);
    assert_eq!(kind(&sample().screen(&somebody).outcome), "clear");
    let screening = sample().screen(&with_document(somebody, "990000001", "RU"));
    let ScreeningOutcome::Match { hits } = &screening.outcome else { panic!("{screening:?}") };
    assert_eq!((hits[0].entry, hits[0].explanation.document_number), (900_101, Agreement::Equal));
    assert_eq!(hits[0].explanation.date_of_birth, Agreement::Differs);
    assert!(hits[0].explanation.names.iter().all(|name| name.agreement == Agreement::Differs));
}

#[test]
fn other_number_of_the_same_country_counts_against() {
    let viktor = person("Viktor", "Zarenko", date(1990, 8, 13), &["RU"]);
    assert_eq!(kind(&sample().screen(&viktor).outcome), "possible");
    let screening = sample().screen(&with_document(viktor, "990000002", "RU"));
    assert_eq!(screening.outcome, ScreeningOutcome::Clear);
    assert_eq!(screening.namesakes[0].explanation.document_number, Agreement::Differs);
}

#[test]
fn sex_counts_and_is_explained() {
    let of = |sex| {
        let viktor = person("Viktor", "Zarenko", date(1971, 8, 12), &["RU"]);
        sample().screen(&ScreenedPerson { sex, ..viktor })
    };
    assert_eq!(kind(&of(Some(Sex::Male)).outcome), "match");
    assert_eq!(kind(&of(None).outcome), "match");
    let other = of(Some(Sex::Female));
    let ScreeningOutcome::Possible { hits } = &other.outcome else { panic!("{other:?}") };
    assert_eq!(hits[0].explanation.sex, Agreement::Differs);
}

#[test]
fn every_name_of_an_entry_is_explained() {
    let screening = screen("Victor", "Tsarenko", date(1971, 8, 13), &["RU"]);
    let (ScreeningOutcome::Match { hits } | ScreeningOutcome::Possible { hits }) = &screening.outcome else { panic!() };
    let explanation = &hits[0].explanation;
    assert!(explanation.names.len() >= 2 && explanation.names[0].score >= explanation.names[1].score);
    assert!(explanation.names.iter().any(|name| name.listed == "ZARENKO, Viktor"));
    assert_eq!((explanation.date_of_birth, explanation.days_apart), (Agreement::DaysApart, Some(1)));
    assert_eq!((explanation.nationality, explanation.birth_place), (Agreement::Equal, Agreement::Equal));
}

#[test]
fn equal_names_are_ordered_by_what_else_agrees() {
    let rows: String =
        ["DOB 12 Aug 1971; nationality Norway", "DOB 13 Aug 1971", "DOB 1971", "Gender Female; DOB 1971"]
            .iter()
            .enumerate()
            .map(|(at, remarks)| one_entry("ZARENKO, Viktor", remarks).replacen('7', &(at + 1).to_string(), 1))
            .collect();
    let list = Watchlist::from_ofac(&rows, "", PUBLISHED).unwrap();
    let viktor = ScreenedPerson { sex: Some(Sex::Male), ..person("Viktor", "Zarenko", date(1971, 8, 12), &["NO"]) };
    let ScreeningOutcome::Match { hits } = list.screen(&viktor).outcome else { panic!() };
    assert_eq!(hits.iter().map(|hit| hit.entry).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn name_that_cannot_be_read_is_never_clear() {
    let unread = screen("伟", "张", date(1990, 5, 5), &["CN"]);
    assert!(unread.unread_name);
    assert_eq!(unread.outcome, ScreeningOutcome::Possible { hits: Vec::new() });
    // A document with the Latin name is read.
    let mut known = person("伟", "张", date(1990, 5, 5), &["CN"]);
    known.names.push(FullName::new("WEI", "ZHANG"));
    let screening = sample().screen(&known);
    assert_eq!((screening.outcome, screening.unread_name), (ScreeningOutcome::Clear, false));
    assert!(!screen("Виктор", "Петров", date(1990, 5, 5), &["RU"]).unread_name);
}

#[test]
fn hit_of_a_politically_exposed_person_is_at_most_possible() {
    let peps = List::from_open_sanctions(include_bytes!("../../tests/fixtures/lists/peps.csv"), PUBLISHED).unwrap();
    let list = Watchlist::new(vec![peps]).unwrap();
    let screening = list.screen(&person("Dilnoza", "Orlova", date(1984, 12, 8), &["UZ"]));
    let ScreeningOutcome::Possible { hits } = &screening.outcome else { panic!("{screening:?}") };
    assert_eq!((hits[0].source.as_str(), hits[0].id.as_str(), hits[0].entry), ("PEP", "Q990001", 0));
}

#[test]
fn many_hits_do_not_hide_another() {
    let rows: String =
        (1..=61).map(|at| one_entry("ZARENKO, Viktor", "DOB 12 Aug 1971").replacen('7', &at.to_string(), 1)).collect();
    let list = Watchlist::from_ofac(&rows, "", PUBLISHED).unwrap();
    let ScreeningOutcome::Match { hits } = list.screen(&person("Viktor", "Zarenko", date(1971, 8, 12), &[])).outcome
    else {
        panic!()
    };
    assert_eq!(hits.len(), 61);
}

/// How an applicant may write the same name.
fn rewritten(given: &str, family: &str, way: usize) -> FullName {
    match way {
        0 => FullName::new(family, given),
        1 => FullName::new(given.replacen('a', "á", 1).replacen('o', "ö", 1), family.replacen('e', "é", 1)),
        2 => FullName::new(format!("Dr. {given}"), family),
        3 => FullName::new(given, format!("al-{family}")),
        4 => FullName::new(given.to_uppercase(), family.to_lowercase()),
        _ => FullName::new("", format!("{given} {family}")),
    }
}

proptest! {
    #[test]
    fn writing_a_name_otherwise_never_lowers_the_verdict(
        given in "[A-Z][a-z]{4,8}", family in "[A-Z][a-z]{4,8}", listed_family in "[A-Z][a-z]{4,8}", same: bool,
        way in 0usize..6, off in -2i32..3,
    ) {
        let listed_family = if same { &family } else { &listed_family };
        let list = Watchlist::from_ofac(&one_entry(&format!("{listed_family}, {given}"), "DOB 12 Aug 1971"), "", PUBLISHED);
        let list = list.unwrap();
        let born = date(1971, 8, 12).checked_add(jiff::Span::new().days(off)).unwrap();
        let plain = person(&given, &family, born, &[]);
        let other = ScreenedPerson { names: vec![rewritten(&given, &family, way)], ..plain.clone() };
        prop_assert!(rank(&list.screen(&other).outcome) >= rank(&list.screen(&plain).outcome), "{:?}", other.names);
    }

    #[test]
    fn a_further_listed_name_never_hides_a_hit(
        given in "[A-Z][a-z]{3,8}", family in "[A-Z][a-z]{3,8}", further in "[A-Z][a-z]{3,8}( [A-Z][a-z]{2,8}){0,2}",
    ) {
        let entry = one_entry(&format!("{family}, {given}"), "DOB 12 Aug 1971");
        let other = one_entry(&further, "DOB 1980").replacen('7', "8", 1);
        let (one, two) = (
            Watchlist::from_ofac(&entry, "", PUBLISHED).unwrap(),
            Watchlist::from_ofac(&format!("{other}{entry}"), &format!("7,1,\"aka\",\"{further}\",-0- "), PUBLISHED).unwrap(),
        );
        let person = person(&given, &family, date(1971, 8, 12), &[]);
        let (ScreeningOutcome::Match { hits: before }, ScreeningOutcome::Match { hits: after }) =
            (one.screen(&person).outcome, two.screen(&person).outcome) else { panic!() };
        prop_assert!(before.iter().all(|hit| after.iter().any(|other| other.id == hit.id)));
    }

    #[test]
    fn a_less_precise_date_never_clears(
        given in "[A-Z][a-z]{3,8}", family in "[A-Z][a-z]{3,8}", off in -365i32..365, country in "RU|NO",
    ) {
        // Only years beside the listed one: further away, an exact date may hit as a slip of the year, which a year alone
        // cannot show.
        let of = |remarks: &str| {
            let list = Watchlist::from_ofac(&one_entry(&format!("{family}, {given}"), remarks), "", PUBLISHED).unwrap();
            let born = date(1971, 8, 12).checked_add(jiff::Span::new().days(off)).unwrap();
            rank(&list.screen(&person(&given, &family, born, &[&country])).outcome)
        };
        let exact = of("DOB 12 Aug 1971; nationality Russia");
        for less in ["DOB 1971; nationality Russia", "DOB circa 1971; nationality Russia", "nationality Russia"] {
            prop_assert!(exact == 0 || of(less) > 0, "{}", less);
        }
    }
}
