//! The numbered fields of driving licences in the European Union (Directive 2006/126/EC, annex I, 3) that need parsing.

use jiff::civil::Date;

use crate::text::tidy;

/// The categories of vehicles: those of the directive, then further ones of the states.
const CATEGORIES: [&str; 27] = [
    "AM", "A1", "A2", "A", "B1", "B", "BE", "C1", "C1E", "C", "CE", "D1", "D1E", "D", "DE", "F", "G", "H", "K", "L",
    "M", "N", "P", "Q", "S", "T", "W",
];

/// Field 3: date and place of birth, with any separator. Either may be absent.
///
/// Dates are day, month, year, separated by `.`, `-`, `/` or a space. `today` decides the century of a two-digit year:
/// a birth is never in the future.
pub fn birth(text: &str, today: Date) -> (Option<Date>, Option<String>) {
    let text = tidy(text);
    let digits = text.char_indices().find(|(_, c)| c.is_ascii_digit()).map_or(text.len(), |(at, _)| at);
    let end = text[digits..]
        .char_indices()
        .find(|(_, c)| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '/' | ' '))
        .map_or(text.len(), |(at, _)| digits + at);
    let date = day(&text[digits..end], today);
    let rest = format!("{} {}", &text[..digits], &text[end..]);
    let place = tidy(rest.trim_matches(|c: char| !c.is_alphanumeric() && c != ')' && c != '('));
    (date, place.chars().any(char::is_alphabetic).then_some(place))
}

/// A date as printed on licences: day, month, year; or the year first, if it has four digits.
pub fn day(text: &str, today: Date) -> Option<Date> {
    let parts: Vec<&str> = text.split(['.', '-', '/', ' ']).filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else { return None };
    let number = |part: &str| if part.len() <= 4 { part.parse::<i16>().ok() } else { None };
    let month = i8::try_from(number(second)?).ok()?;
    if first.len() == 4 {
        return Date::new(number(first)?, month, i8::try_from(number(third)?).ok()?).ok();
    }
    let day = i8::try_from(number(first)?).ok()?;
    match third.len() {
        4 => Date::new(number(third)?, month, day).ok(),
        2 => {
            let year = number(third)?;
            let late = Date::new(2000 + year, month, day).ok().filter(|date| *date <= today);
            late.or_else(|| Date::new(1900 + year, month, day).ok())
        }
        _ => None,
    }
}

/// Field 4d: a number other than the licence's, without the separators of its groups; `None` if the text is not a
/// number.
pub fn personal_number(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '/')).collect::<String>().to_ascii_uppercase();
    let plausible = number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && number.chars().filter(char::is_ascii_digit).count() >= 4
        && number.len() <= crate::field_value::DOCUMENT_NUMBER;
    plausible.then_some(number)
}

/// Field 5 as read from print, with digits in the digit positions of a driver number of Great Britain: five letters, or
/// fewer filled with 9; six digits; two letters or 9; one digit; two characters. Other numbers are unchanged.
pub fn number_as_issued(number: &str) -> String {
    let chars: Vec<char> = number.chars().collect();
    let name = |at: usize| chars[at].is_ascii_alphabetic() || chars[at] == '9';
    if chars.len() != 16 || !chars[0].is_ascii_alphabetic() || !(1..5).chain(11..13).all(name) {
        return number.to_owned();
    }
    let mut issued = chars.clone();
    for at in (5..11).chain([13]) {
        issued[at] = match chars[at] {
            'O' => '0',
            'I' => '1',
            figure if figure.is_ascii_digit() => figure,
            _ => return number.to_owned(),
        };
    }
    issued.into_iter().collect()
}

/// Field 9: the categories, in the order of the licence, separated by one space; `None` if the text has anything else.
/// Licences separate them by spaces, slashes or commas.
pub fn categories(text: &str) -> Option<String> {
    let mut found: Vec<String> = Vec::new();
    for part in text.split([' ', '/', ',', ';', '|']).filter(|part| !part.is_empty()) {
        let category = part.to_ascii_uppercase();
        if !CATEGORIES.contains(&category.as_str()) {
            return None;
        }
        if !found.contains(&category) {
            found.push(category);
        }
    }
    (!found.is_empty()).then(|| found.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 21);

    #[test]
    fn date_and_place_of_birth_are_split() {
        let born = Some(date(1987, 3, 14));
        for text in ["14.03.1987 Oslo", "14-03-87 Oslo", "14/03/1987, Oslo", "Oslo 14 03 1987", "1987-03-14 Oslo"] {
            assert_eq!(birth(text, TODAY), (born, Some("Oslo".to_owned())), "{text}");
        }
        assert_eq!(birth("14.03.1987", TODAY), (born, None));
        assert_eq!(birth("14.03.1987 St. Gallen (SG)", TODAY).1.unwrap(), "St. Gallen (SG)");
        assert_eq!(birth("31.02.1987 Oslo", TODAY), (None, Some("Oslo".to_owned())));
        assert_eq!(birth("", TODAY), (None, None));
        assert_eq!(day("01.12.26", TODAY), Some(date(1926, 12, 1)));
        assert_eq!(day("14.03.19871", TODAY), None);
    }

    #[test]
    fn unknown_category_refuses_the_field() {
        assert_eq!(categories("AM/B1/B/f/k/q").unwrap(), "AM B1 B F K Q");
        assert_eq!(categories("AM A1, B BE B").unwrap(), "AM A1 B BE");
        for none in ["", "B SEE", "1987", "AB"] {
            assert_eq!(categories(none), None, "{none}");
        }
    }

    #[test]
    fn personal_number_needs_digits() {
        assert_eq!(personal_number("140387 12345").unwrap(), "14038712345");
        assert_eq!(personal_number("870314-1234").unwrap(), "870314-1234");
        for none in ["", "Oslo", "123", "1234567890123456789012"] {
            assert_eq!(personal_number(none), None, "{none}");
        }
    }

    #[test]
    fn british_number_has_digits_in_their_places() {
        assert_eq!(number_as_issued("MORGA6571O4SMOIJ"), "MORGA657104SM0IJ");
        assert_eq!(number_as_issued("FO999753I16SM9IJ"), "FO999753116SM9IJ");
        for other in ["", "NO4821937", "MORGA6X71O4SMOIJ", "1ORGA6571O4SMOIJ", "MORGA6571O4S5OIJ", "ÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅÅ"]
        {
            assert_eq!(number_as_issued(other), other);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_without_panic(text in "(?s).{0,60}", dated in "[0-9./ -]{0,14}[A-Zé]{0,4}") {
            let _ = (birth(&text, TODAY), birth(&dated, TODAY), day(&dated, TODAY));
            let _ = (categories(&text), personal_number(&text));
        }
    }
}
