//! Parses dates in the forms that documents print.

use domain::country::DateOrder;
use jiff::civil::Date;

use super::plain;

/// A date, and whether it is unambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dated {
    pub date: Date,
    /// False for `03/04/2026`, which is in April or in March. Only Americans put the month first, and never with full
    /// stops.
    pub sure: bool,
}

/// The beginnings of month names in the languages of Western Europe, without accents.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fev", "fevr"],
    &["mar", "mrz", "maa", "maerz", "mrt"],
    &["apr", "abr", "avr"],
    &["may", "mai", "maj", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "ago", "aou"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "des", "dez", "dic"],
];

/// The value of a date of expiry for [`domain::date::NO_EXPIRY`].
pub(crate) const NO_EXPIRY: &str = "9999-12-31";

/// Words for documents that do not expire, in plain letters.
const WITHOUT_END: &[&str] = &[
    "unlimited",
    "indefinite",
    "permanent",
    "no expiry",
    "no expiration",
    "non expiring",
    "does not expire",
    "never expires",
    "valid for life",
    "lifetime",
    "unbefristet",
    "unbegrenzt",
    "unbegrenzt gultig",
    "illimite",
    "illimitee",
    "permanente",
    "indefinido",
    "indefinida",
    "ilimitado",
    "ilimitada",
    "vitalicio",
    "vitalicia",
    "illimitata",
    "illimitato",
    "onbeperkt",
    "onbepaald",
    "tillsvidare",
    "obegransad",
    "ubegrenset",
    "ubegraenset",
    "toistaiseksi",
    "bezterminowy",
    "bezterminowo",
    "nieoznaczony",
    "bez obmezeni",
    "neomezena",
    "neomezeno",
    "neobmedzena",
    "neobmedzene",
    "hatarozatlan",
    "korlatlan",
    "nelimitata",
    "nelimitat",
    "trajno",
    "trajna",
    "neogranicena",
    "neograniceno",
    "neribota",
    "neterminuota",
    "neterminuotas",
    "beztermina",
    "tahtajatu",
    "aoristi",
    "suresiz",
];

/// Whether a text says that a document does not expire: by a word, in several languages perhaps, or by the year 9999.
pub(crate) fn is_without_end(text: &str) -> bool {
    let says = |part: &str| WITHOUT_END.contains(&plain(part).as_str());
    says(text)
        || text.split(['/', '|']).filter(|part| part.len() < text.len()).any(says)
        || find(text).is_some_and(|found| domain::date::never_expires(found.date))
}

/// Maximum length of a date without its gaps.
const MAX_CLOSED: usize = 16;
/// OCR's reading of a zero with a stroke or a dot in it.
const MARKED_ZERO: &str = "(0)";

/// The first date in a text of a country with this order of day and month.
pub(crate) fn find_in(text: &str, order: DateOrder) -> Option<Dated> {
    let found = find(text)?;
    // A stroke that was read as a figure makes a date doubtful whatever its order.
    let is_open = !found.sure && found.date.day() <= 12 && text.matches('/').count() + text.matches('-').count() >= 2;
    if !is_open {
        return Some(found);
    }
    match order {
        DateOrder::Either => Some(found),
        DateOrder::DayFirst => Some(Dated { sure: true, ..found }),
        DateOrder::MonthFirst => {
            let (month, day) = (found.date.day(), found.date.month());
            Some(Dated { date: Date::new(found.date.year(), month, day).ok()?, sure: true })
        }
    }
}

/// The first date in a text.
pub(crate) fn find(text: &str) -> Option<Dated> {
    let text = &text.replace(MARKED_ZERO, "0");
    let within = |text: &str| {
        let tokens: Vec<String> = tokens(text);
        (0..tokens.len()).find_map(|start| at(&tokens[start..]))
    };
    // OCR sees gaps between widely spaced figures: `2 1/04/2005`.
    let closed: String = text.chars().filter(|c| !c.is_whitespace()).take(MAX_CLOSED + 1).collect();
    let found = if closed.len() <= MAX_CLOSED { within(&closed).or_else(|| within(text)) } else { within(text) };
    let found = found.or_else(|| figures(text)).or_else(|| struck(&closed))?;
    let with_stops = text
        .as_bytes()
        .windows(3)
        .any(|three| matches!(three, [a, b'.', c] if a.is_ascii_digit() && c.is_ascii_digit()));
    Some(Dated { sure: found.sure || with_stops, ..found })
}

/// Day, month and year separated only by gaps. OCR also sees gaps within numbers: `2 3 1 2 20 1 6`.
fn figures(text: &str) -> Option<Dated> {
    let parts = text.split_whitespace().count();
    let joined: String = text.split_whitespace().collect();
    if parts < 3 || joined.len() != 8 || !joined.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    at(&[&joined[..2], &joined[2..4], &joined[4..]].map(str::to_owned))
}

/// Day, month and year separated by two strokes, one of which was read as a figure: `24105/2016`.
fn struck(closed: &str) -> Option<Dated> {
    let parts = split_at_strokes(closed).filter(|_| closed.contains('/'))?;
    at(&parts).map(|read| Dated { sure: false, ..read })
}

/// The three numbers of a date whose separators are strokes or ones.
pub(crate) fn split_at_strokes(text: &str) -> Option<[String; 3]> {
    let [_, _, b'1' | b'/', _, _, b'1' | b'/', _, _, _, _] = text.as_bytes() else { return None };
    Some([text.get(..2)?, text.get(3..5)?, text.get(6..)?].map(str::to_owned))
}

/// The figure that OCR reads as this letter between other figures.
pub(crate) fn figure(c: char) -> Option<char> {
    match c {
        'O' | 'o' => Some('0'),
        'I' | 'l' | '|' => Some('1'),
        _ => None,
    }
}

/// Corrects figures that were read as letters in a word. A letter beside letters is kept: `DECIDÉC`.
fn figures_of(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let kind = |c: &char| c.is_alphabetic() || figure(*c).is_some();
    chars
        .chunk_by(|a, b| kind(a) == kind(b))
        .flat_map(|run| {
            run.iter().map(|c| if run.iter().all(|c| figure(*c).is_some()) { figure(*c).unwrap_or(*c) } else { *c })
        })
        .collect()
}

/// Splits a text into runs of digits and runs of letters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let word = if digits >= 3 || (digits >= 1 && word.len() <= 2) { figures_of(word) } else { word.to_owned() };
        let mut last = None;
        for c in word.chars() {
            let class = if c.is_ascii_digit() { Some(true) } else { c.is_alphabetic().then_some(false) };
            match (class, tokens.last_mut()) {
                (Some(_), Some(token)) if class == last => token.push(c),
                (Some(_), _) => tokens.push(c.into()),
                (None, _) => {}
            }
            last = class;
        }
    }
    tokens
}

fn at(tokens: &[String]) -> Option<Dated> {
    let [first, rest @ ..] = tokens else { return None };
    let number = |token: &String, digits: std::ops::RangeInclusive<usize>| -> Option<i16> {
        (digits.contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit())).then(|| token.parse().ok())?
    };
    // 1987-03-14
    if let (Some(year), Some(month), Some(day)) =
        (number(first, 4..=4), rest.first().and_then(|t| number(t, 1..=2)), rest.get(1).and_then(|t| number(t, 1..=2)))
    {
        return dated(year, month, day, true);
    }
    // March 14, 1987
    if let Some(month) = month(first) {
        let day = number(rest.first()?, 1..=2)?;
        let skip = usize::from(rest.get(1).is_some_and(|t| ["st", "nd", "rd", "th"].contains(&t.as_str())));
        return dated(number(rest.get(1 + skip)?, 4..=4)?, month, day, true);
    }
    let day = number(first, 1..=2)?;
    let mut next =
        rest.iter().skip_while(|t| ["st", "nd", "rd", "th", "de", "of", "er"].contains(&t.as_str())).peekable();
    // 14 MAR 1987, 14 mars/mar 1987
    if let Some(month) = next.peek().and_then(|t| month(t)) {
        let year = next.skip(1).find(|t| month_or_filler(t).is_none())?;
        return dated(number(year, 4..=4)?, month, day, true);
    }
    // 14.03.1987, 14/03/1987, 03/14/1987
    let second = number(next.next()?, 1..=2)?;
    let year = number(next.next()?, 4..=4)?;
    if second > 12 { dated(year, day, second, true) } else { dated(year, second, day, day > 12 || day == second) }
}

fn month_or_filler(token: &str) -> Option<i16> {
    if token == "de" || token == "del" { Some(0) } else { month(token) }
}

fn month(token: &str) -> Option<i16> {
    let token = plain(token);
    if token.len() < 3 {
        return None;
    }
    let found = MONTHS.iter().position(|names| names.iter().any(|name| token.starts_with(name)))?;
    i16::try_from(found + 1).ok()
}

fn dated(year: i16, month: i16, day: i16, sure: bool) -> Option<Dated> {
    if !(1900..=2150).contains(&year) && year != domain::date::NO_EXPIRY.year() {
        return None;
    }
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(Dated { date, sure })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use jiff::civil::date;

    use super::*;

    #[test]
    fn all_printed_date_forms_are_read() {
        for text in [
            "14.03.1987",
            "14 MAR 1987",
            "14 March 1987",
            "1987-03-14",
            "03/14/1987",
            "14/03/1987",
            "14 MAR/MARS 1987",
            "14. mars 1987",
            "14th of March 1987",
            "14 de marzo de 1987",
            "March 14, 1987",
            "Invoice date: 14 März 1987 and more",
            "14 MAR l987",
            "14.O3.1987",
            "3. 14.03.1987 Oslo",
            "14 03 1987",
            "1 4/0 3/1 987",
            "14/0 3/1987",
            "14 MARIMARS 1987",
            "1 4 (0) 3 1 9 8 7",
        ] {
            let found = find(text).unwrap();
            assert_eq!((found.date, found.sure), (date(1987, 3, 14), true), "{text}");
        }
    }

    #[test]
    fn gaps_between_digits_are_ignored() {
        let date = |text| find(text).map(|found| found.date.to_string());
        assert_eq!(date("2 3 1 2 20 1 6").as_deref(), Some("2016-12-23"));
        assert_eq!(date("23 12 2016").as_deref(), Some("2016-12-23"));
        assert_eq!(date("12 34 56 78"), None);
        assert_eq!(date("23122016"), None, "no gaps: a number");
    }

    #[test]
    fn date_with_misread_stroke_is_ambiguous() {
        let april = Some(Dated { date: date(2016, 5, 24), sure: false });
        assert_eq!((find("24105/2016"), find("24/0512016")), (april, april));
        assert_eq!((find("2410512016"), find("24105/201"), find("é4105/2016")), (None, None, None));
    }

    #[test]
    fn day_month_ambiguity_is_reported() {
        assert_eq!(find("03/04/2026"), Some(Dated { date: date(2026, 4, 3), sure: false }));
        assert_eq!(find("03.04.2026"), Some(Dated { date: date(2026, 4, 3), sure: true }));
        assert_eq!(find("04/04/2026"), Some(Dated { date: date(2026, 4, 4), sure: true }));
    }

    #[test]
    fn order_of_the_country_settles_day_and_month() {
        let read = |text, order| find_in(text, order).map(|found| (found.date, found.sure));
        assert_eq!(read("11/05/2026", DateOrder::MonthFirst), Some((date(2026, 11, 5), true)));
        assert_eq!(read("11/05/2026", DateOrder::DayFirst), Some((date(2026, 5, 11), true)));
        assert_eq!(read("11/05/2026", DateOrder::Either), Some((date(2026, 5, 11), false)));
        assert_eq!(read("25/11/2026", DateOrder::MonthFirst), Some((date(2026, 11, 25), true)));
        assert_eq!(read("11.05.2026", DateOrder::MonthFirst), Some((date(2026, 5, 11), true)));
    }

    #[test]
    fn documents_without_end_are_recognised() {
        assert_eq!(NO_EXPIRY, domain::date::NO_EXPIRY.to_string());
        for text in ["UNLIMITED", "unbefristet", "ILLIMITÉE / UNLIMITED", "Süresiz", "01.01.9999", "31 DEC 9999"] {
            assert!(is_without_end(text), "{text}");
        }
        for text in ["", "18.02.2036", "Permanent residence", "UNITED", "1999"] {
            assert!(!is_without_end(text), "{text}");
        }
    }

    #[test]
    fn text_without_a_date_gives_none() {
        for text in ["", "Oslo", "31.02.2026", "0184 Oslo", "612 kWh", "734.40", "1 145.38", "14.03", "99.99.9999"] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
