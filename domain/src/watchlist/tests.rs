#![allow(clippy::unwrap_used, clippy::expect_used)]

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::document::{Document, DocumentKind, Field, FieldName, FieldSource};

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
    assert_eq!((list.published(), list.people.len()), (PUBLISHED, 23));
    let screening = screen("Nobody", "Atall", date(1990, 1, 1), &[]);
    assert_eq!((screening.outcome, screening.score), (ScreeningOutcome::Clear, 0.0));
    assert_eq!((screening.list_version.as_str(), screening.published), ("OFAC-SDN 2026-11-20 (30 entries)", PUBLISHED));
}

#[test]
fn list_label_is_in_the_version() {
    let list = sample().labelled("SAMPLE");
    assert_eq!(list.version(), "SAMPLE 2026-11-20 (30 entries)");
    let nobody = person("Nobody", "Atall", date(1990, 1, 1), &[]);
    assert_eq!(list.screen(&nobody).list_version, list.version());
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
    assert_eq!(screening.namesakes[0].country, CountryAgreement::Shared);
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
        (date(1971, 9, 13), &["RU"], "clear"),
        (date(1990, 8, 13), &["RU"], "clear"),
    ] {
        assert_eq!(kind(&screen("Viktor", "Zarenko", born, countries).outcome), wanted, "{born}");
    }
}

#[test]
fn year_ranges_and_missing_dates_are_compared() {
    for (given, family, born, countries, wanted) in [
        ("Suwartono", "", date(1981, 6, 1), &["ID"][..], "match"),
        ("Suwartono", "", date(1981, 6, 1), &["NO"], "possible"),
        ("Suwartono", "", date(1982, 1, 1), &["ID"], "clear"),
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
fn malformed_list_is_refused_completely() {
    let good = "1,\"A, B\",\"individual\",\"X\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\u{1A}";
    assert!(Watchlist::from_ofac(good, "1,1,\"aka\",\"C, D\",-0- ", PUBLISHED).is_ok());
    let refused = |sdn: &str, alt: &str| Watchlist::from_ofac(sdn, alt, PUBLISHED).unwrap_err().to_string();
    assert_eq!(refused("", ""), "SDN.CSV has no entries");
    assert_eq!(refused("\u{1A}", ""), "SDN.CSV has no entries");
    assert_eq!(refused("<html>not found</html>", ""), "SDN.CSV, line 1: fewer than twelve columns");
    assert_eq!(refused(&format!("{good}{good}"), ""), "SDN.CSV, line 2: the entry number was used before");
    assert_eq!(refused(&good.replacen('1', "x", 1), ""), "SDN.CSV, line 1: the first column is not an entry number");
    assert_eq!(refused(&good.replace("\"A, B\"", "-0- "), ""), "SDN.CSV, line 1: no name");
    assert_eq!(refused(good, "1,1,\"aka\",\"C"), "ALT.CSV, line 1: unclosed quote");
    assert_eq!(refused(good, "1,1,\"aka\""), "ALT.CSV, line 1: no name");
    let orphan = refused(good, "2,1,\"aka\",\"C, D\",-0- ");
    assert_eq!(orphan, "ALT.CSV, line 1: no such entry in SDN.CSV; the two are of different days");
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
        let entry = &list.people[place];
        let (family, given) = entry.name.split_once(", ").unwrap();
        let screening = list.screen(&person(given, family, entry.births[0].from, &[]));
        let (ScreeningOutcome::Possible { hits } | ScreeningOutcome::Match { hits }) = &screening.outcome else {
            panic!("{entry:?}")
        };
        assert!(hits.len() <= MOST_HITS && hits.iter().any(|hit| hit.entry == entry.number), "{entry:?}");
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
        prop_assert!(screening.namesakes.is_sorted_by(|a, b| a.name_score >= b.name_score));
    }

    #[test]
    fn any_text_is_parsed_or_refused(sdn in "([0-9]{1,3},|\"|,|-0- |\\n|\\PC){0,60}", alt in "\\PC{0,60}") {
        if let Ok(list) = Watchlist::from_ofac(&sdn, &alt, PUBLISHED) {
            prop_assert!(list.total > 0);
        }
    }
}
