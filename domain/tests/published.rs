//! Applicants' details against published data: the example numbers of libphonenumber, the postal codes of
//! libaddressinput. The files in `fixtures/published` name their origin and licence.

#![allow(clippy::unwrap_used)]

use domain::applicant::Applicant;
use domain::country;
use domain::event::{Address, UserInfo};
use jiff::civil::date;

/// Territories that are no country of the table: Ascension and Tristan da Cunha belong to Saint Helena.
const NO_COUNTRY: [&str; 3] = ["AC", "TA", "ZZ"];

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

/// The number in E.164 of a person who lives in the country; the code of the error.
fn number(typed: &str, alpha2: &str) -> Result<String, String> {
    parse(alpha2, typed, None).map(|info| info.phone_number)
}

fn parse(alpha2: &str, phone_number: &str, postal_code: Option<&str>) -> Result<UserInfo, String> {
    let example = country::by_alpha2(alpha2).and_then(|country| country.postal_rule()).map(|rule| rule.example);
    let info = UserInfo {
        email: "ingrid@example.org".into(),
        first_name: "Ingrid".into(),
        last_name: "Brandvold".into(),
        one_name: false,
        date_of_birth: "1987-03-14".into(),
        phone_number: phone_number.into(),
        address: Address {
            line1: "1 Main Street".into(),
            city: "Town".into(),
            postal_code: postal_code.or(example).unwrap_or_default().into(),
            country: alpha2.into(),
            ..Address::default()
        },
    };
    let errors = match Applicant::parse(&info, date(2026, 3, 1)) {
        Ok(applicant) => return Ok(applicant.user_info()),
        Err(errors) => errors,
    };
    Err(errors.into_iter().map(|error| format!("{} {}", error.field, error.code)).collect::<Vec<_>>().join(", "))
}

#[test]
fn example_numbers_of_all_regions_are_accepted_and_none_becomes_another() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for row in rows(include_str!("fixtures/published/telephone-numbers.tsv")) {
        let [region, e164, national, international] = row[..] else { panic!("{row:?}") };
        let country = if NO_COUNTRY.contains(&region) { "SH" } else { region };
        let zeros = international.replacen('+', "00", 1);
        let mut forms = vec![(country, e164), (country, international), ("NO", international), (country, &zeros)];
        if country == region {
            forms.push((country, national));
        }
        for (country, typed) in forms {
            tried += 1;
            let read = number(typed, country);
            if read.as_deref() != Ok(e164) {
                wrong.push(format!("{typed:?} in {country} ({region}): {read:?} for {e164}"));
            }
        }
    }
    assert!(tried > 2_000, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn impossible_numbers_are_refused() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for row in rows(include_str!("fixtures/published/impossible-telephone-numbers.tsv")) {
        let [region, national] = row[..] else { panic!("{row:?}") };
        if NO_COUNTRY.contains(&region) {
            continue;
        }
        tried += 1;
        let read = number(national, region);
        if read != Err("phoneNumber invalid".to_owned()) {
            wrong.push(format!("{national} in {region}: {read:?}"));
        }
    }
    assert!(tried > 500, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn example_postal_codes_of_all_countries_are_accepted() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for row in rows(include_str!("fixtures/published/postal-codes.tsv")) {
        let [alpha2, required, examples] = row[..] else { panic!("{row:?}") };
        if NO_COUNTRY.contains(&alpha2) {
            continue;
        }
        let bare = |code: &str| code.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        for code in examples.split(',').filter(|code| !code.is_empty()) {
            tried += 1;
            let read = parse(alpha2, "+47 41 23 45 67", Some(code)).map(|info| info.address.postal_code);
            if !read.as_ref().is_ok_and(|read| bare(read).ends_with(&bare(code))) {
                wrong.push(format!("{code} in {alpha2}: {read:?}"));
            }
        }
        let without = parse(alpha2, "+47 41 23 45 67", Some(""));
        let has_rule = country::by_alpha2(alpha2).unwrap().postal_rule().is_some();
        let expected = required == "optional" || !has_rule;
        if without.is_ok() != expected {
            wrong.push(format!("no code in {alpha2} ({required}): {without:?}"));
        }
    }
    assert!(tried > 350, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
