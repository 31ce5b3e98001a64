//! The numbered fields of Directive 2006/126/EC, annex I, 3. OCR loses or misreads some of the small numbers, so
//! numbers, order and form of the fields decide together.

use domain::document::FieldName;
use domain::licence::number_as_issued;
use jiff::civil::Date;

use super::super::identity::{number, person};
use super::super::units::split_units;
use super::super::{Word, dates, plain};
use super::{Found, categories, lines, text};

/// A numbered field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Family,
    Given,
    Birth,
    Issue,
    Expiry,
    Authority,
    Personal,
    Number,
    Address,
    /// A second line of the address, which has no number.
    Town,
    Classes,
}

impl Tag {
    const ALL: [Self; 11] = [
        Self::Family,
        Self::Given,
        Self::Birth,
        Self::Issue,
        Self::Expiry,
        Self::Authority,
        Self::Personal,
        Self::Number,
        Self::Address,
        Self::Town,
        Self::Classes,
    ];

    /// Position from top to bottom. Fields under 4 may come in any order.
    const fn rank(self) -> usize {
        match self {
            Self::Family => 1,
            Self::Given => 2,
            Self::Birth => 3,
            Self::Issue | Self::Expiry | Self::Authority | Self::Personal => 4,
            Self::Number => 5,
            Self::Address => 6,
            Self::Town => 7,
            Self::Classes => 8,
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Issue => 1,
            Self::Expiry => 2,
            Self::Authority => 4,
            Self::Personal => 8,
            _ => 0,
        }
    }

    /// How well a text matches the form of the field, from -2 to 2.
    fn form_score(self, words: &[Word]) -> f32 {
        let text = text(words);
        let date = numeric_date(&text);
        let letters = text.chars().filter(|c| c.is_alphabetic()).count();
        let digits = text.chars().filter(char::is_ascii_digit).count();
        let is = |yes: bool, score: f32| if yes { score } else { -2.0 };
        match self {
            Self::Family | Self::Given => is(person(&text).is_some() && !is_title(&text), 0.8),
            Self::Birth => is(date.is_some(), if letters >= 3 { 2.0 } else { 0.9 }),
            Self::Issue | Self::Expiry => is(date.is_some() && letters <= 2, 1.5),
            Self::Authority => is(letters >= 3 && digits == 0, 0.6),
            Self::Personal => is(digits >= 6 && letters <= 1 && date.is_none(), 0.7),
            Self::Number => is(date.is_none() && number(&text).is_some(), 1.0),
            Self::Address => is(letters >= 4 && digits >= 1 && date.is_none(), 0.9),
            Self::Town => is(letters >= 3, 0.6),
            Self::Classes => is(categories(&text).is_some(), 1.6),
        }
    }
}

/// Titles of licences on their fronts, in the form of [`plain`] (Directive 2006/126/EC, annex I, 3 a).
const TITLES: &[&str] = &[
    "permis de conduire",
    "fuhrerschein",
    "rijbewijs",
    "patente di guida",
    "driving licence",
    "korekort",
    "permiso de conduccion",
    "carta de conducao",
    "ajokortti",
    "korkort",
    "forerkort",
    "prawo jazdy",
    "vodicsky preukaz",
    "ridicsky prukaz",
    "vezetoi engedely",
    "juhiluba",
    "vairuotojo pazymejimas",
    "vaditaja aplieciba",
    "voznisko dovoljenje",
    "licenzja tas sewqan",
    "permis de conducere",
    "vozacka dozvola",
    "ceadunas tiomana",
    "okuskirteini",
];

fn is_title(text: &str) -> bool {
    let text = plain(text);
    TITLES.iter().any(|title| *title == text)
}

/// A part of a line that may be one field.
struct Part {
    tag: Option<Tag>,
    words: Vec<Word>,
    /// Whether it is at the beginning of its line.
    first: bool,
}

/// The fields of the front.
pub(super) fn find(words: &[Word]) -> Vec<Found> {
    let parts = parts(words);
    if parts.iter().all(|part| part.tag.is_none()) {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    let (mut birth, mut others) = (None, Vec::new());
    let mut address: Vec<Word> = Vec::new();
    for (part, tag) in parts.iter().zip(assign(&parts)) {
        let Some(tag) = tag else { continue };
        let words = part.words.clone();
        let text = text(&words);
        let mut put = |name: FieldName, value: Option<String>, words: Vec<Word>| {
            found.extend(value.map(|value| Found { name, value, sure: true, words }));
        };
        match tag {
            Tag::Family => put(FieldName::FamilyName, person(&text), words),
            Tag::Given => put(FieldName::GivenNames, person(&text), words),
            Tag::Birth => {
                let last = words.iter().rposition(|word| word.text.contains(|c: char| c.is_ascii_digit()));
                let place = words[last.map_or(0, |last| last + 1)..].to_vec();
                birth = Some(words);
                let name = super::text(&place);
                let name = name.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
                let letters = name.chars().filter(|c| c.is_alphabetic()).count();
                put(FieldName::PlaceOfBirth, (letters >= 2).then(|| name.to_owned()), place);
            }
            Tag::Issue => others.push((FieldName::IssueDate, words)),
            Tag::Expiry => others.push((FieldName::ExpiryDate, words)),
            Tag::Authority => {
                let name = text.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
                put(FieldName::IssuingAuthority, Some(name), words);
            }
            Tag::Personal => put(FieldName::PersonalNumber, number(&text), words),
            Tag::Number => {
                put(FieldName::DocumentNumber, number(&text).map(|number| number_as_issued(&number)), words);
            }
            Tag::Address | Tag::Town => address.extend(words),
            Tag::Classes => put(FieldName::Categories, categories(&text), words),
        }
    }
    if !address.is_empty() {
        found.push(Found { name: FieldName::Address, value: lines_of(&address), sure: true, words: address });
    }
    dated(&mut found, birth, others);
    found
}

/// Joins the lines of an address.
fn lines_of(words: &[Word]) -> String {
    let lines: Vec<String> = lines(words, 8.0)
        .iter()
        .map(|line| line.text().trim_matches(|c: char| !c.is_alphanumeric() && c != '.').to_owned())
        .collect();
    split_units(&lines.join(", "))
}

/// Reads the dates. Some licences omit the centuries: people drive from the age of 14, and licences are of this
/// century.
fn dated(found: &mut Vec<Found>, birth: Option<Vec<Word>>, others: Vec<(FieldName, Vec<Word>)>) {
    let mut issued = 2050;
    for (name, words) in others {
        if let Some((year, month, day)) = numeric_date(&text(&words)) {
            let year = if year < 100 { year + 2000 } else { year };
            issued = issued.min(year);
            put_date(found, name, (year, month, day), words);
        }
    }
    if let Some(words) = birth
        && let Some((year, month, day)) = numeric_date(&text(&words))
    {
        let full = match year {
            100.. => year,
            _ if year + 2000 + 14 <= issued.min(2040) => year + 2000,
            _ => year + 1900,
        };
        put_date(found, FieldName::DateOfBirth, (full, month, day), words);
    }
}

fn put_date(found: &mut Vec<Found>, name: FieldName, (year, month, day): (i16, i8, i8), words: Vec<Word>) {
    if let Ok(date) = Date::new(year, month, day) {
        let words = words.into_iter().filter(|word| word.text.contains(|c: char| c.is_ascii_digit())).collect();
        found.push(Found { name, value: date.to_string(), sure: true, words });
    }
}

/// Year, month and day of the first date in a text; the year may have two digits. Europeans put the day first.
fn numeric_date(text: &str) -> Option<(i16, i8, i8)> {
    if let Some(found) = dates::find(text) {
        return Some((found.date.year(), found.date.month(), found.date.day()));
    }
    let groups: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    // `2302 1993`
    if let [first, year, ..] = groups[..]
        && let (4, 4, Some((day, month))) = (first.len(), year.len(), first.split_at_checked(2))
    {
        let found = dates::find(&format!("{day}.{month}.{year}"))?;
        return Some((found.date.year(), found.date.month(), found.date.day()));
    }
    groups.windows(3).find_map(|three| {
        let [day, month, year] = three else { return None };
        if [day, month, year].iter().any(|group| group.len() != 2) {
            return None;
        }
        let (day, month, year) = (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
        Date::new(2000, month, day).ok().map(|_| (year, month, day))
    })
}

/// Splits lines into parts that begin with numbers.
fn parts(words: &[Word]) -> Vec<Part> {
    let mut parts = Vec::new();
    for line in lines(words, 8.0) {
        let mut current = Part { tag: None, words: Vec::new(), first: true };
        for (i, word) in line.words.iter().enumerate() {
            let wide = i > 0 && word.left - line.words[i - 1].right > word.height();
            match tag(&word.text, i == 0, wide) {
                Some((found, rest)) => {
                    if current.tag.is_some() || !current.words.is_empty() {
                        parts.push(current);
                    }
                    current = Part { tag: found, words: Vec::new(), first: i == 0 };
                    if !rest.is_empty() {
                        current.words.push(Word { text: rest, ..word.clone() });
                    }
                }
                None => current.words.push(word.clone()),
            }
        }
        parts.push(current);
    }
    in_column(&mut parts, words);
    parts.retain(|part| !part.words.is_empty());
    parts
}

/// Removes parts outside the column of the fields, such as specks of the portrait.
fn in_column(parts: &mut Vec<Part>, words: &[Word]) {
    let tagged: Vec<&Part> = parts.iter().filter(|part| part.tag.is_some() && part.first).collect();
    let mut lefts: Vec<f32> = tagged.iter().filter_map(|part| part.words.first()).map(|word| word.left).collect();
    lefts.sort_by(f32::total_cmp);
    let Some(left) = lefts.get(lefts.len() / 2).copied() else { return };
    let mut heights: Vec<f32> = words.iter().map(Word::height).collect();
    heights.sort_by(f32::total_cmp);
    let height = heights.get(heights.len() / 2).copied().unwrap_or(1.0);
    parts.retain(|part| {
        part.tag.is_some()
            || part.words.first().is_some_and(|word| word.left > left - height * 3.5 && word.left < left + height * 2.0)
    });
}

/// The field number at the beginning of a word, and the rest of the word. The field is `None` if it is not read. Within
/// a line only an unmistakable number counts.
fn tag(word: &str, first: bool, wide: bool) -> Option<(Option<Tag>, String)> {
    let end = word.find(['.', ',', ':', ';', '-']).unwrap_or(word.len());
    let (head, rest) = word.split_at(end);
    let closed = !rest.is_empty();
    let rest = rest.get(1..).unwrap_or("");
    // A date continues with digits and another full stop. A field number may be close to its value: `5.92 70 502810`.
    let close = first && head.len() == 1 && rest.len() >= 2 && rest.bytes().all(|b| b.is_ascii_digit());
    if rest.starts_with(|c: char| c.is_ascii_digit())
        && !close
        && !head.ends_with(['a', 'b', 'c', 'd', 'A', 'B', 'C', 'D'])
    {
        return None;
    }
    let sure = first || wide || closed;
    let found = match head {
        "4a" | "4A" if sure => Some(Tag::Issue),
        "4b" | "4B" if sure => Some(Tag::Expiry),
        "4c" | "4C" if sure => Some(Tag::Authority),
        "4d" | "4D" if sure => Some(Tag::Personal),
        "da" | "4da" | "44" | "Aa" | "4s" if first => Some(Tag::Issue),
        "db" | "46" | "Ab" | "4h" | "45" if first => Some(Tag::Expiry),
        "Ac" | "4e" | "4¢" if first => Some(Tag::Authority),
        "1" if first => Some(Tag::Family),
        "I" | "l" | "|" | "1l" | "i" if first && closed => Some(Tag::Family),
        "2" if first => Some(Tag::Given),
        "Z" | "z" if first && closed => Some(Tag::Given),
        "3" if first => Some(Tag::Birth),
        "5" if first || (closed && wide) => Some(Tag::Number),
        "S" | "s" if first && closed => Some(Tag::Number),
        "8" if first || (closed && wide) => Some(Tag::Address),
        "9" if first || (closed && wide) => Some(Tag::Classes),
        "6" | "7" | "10" | "11" | "12" if closed && (first || wide) => None,
        _ => return None,
    };
    Some((found, rest.to_owned()))
}

/// Assigns the most likely field to each part: the best total score of numbers and forms, in the order of the
/// directive.
fn assign(parts: &[Part]) -> Vec<Option<Tag>> {
    /// The best score and its fields for each rank reached and each set of fields under 4 that were assigned.
    type States = Vec<((usize, u8), (f32, Vec<Option<Tag>>))>;
    let mut states: States = vec![((0, 0), (0.0, Vec::new()))];
    for part in parts {
        let mut next: States = Vec::new();
        for ((rank, mask), (score, path)) in &states {
            let mut push = |state: (usize, u8), score: f32, tag: Option<Tag>| {
                let path = path.iter().copied().chain([tag]).collect();
                match next.iter_mut().find(|(known, _)| *known == state) {
                    Some((_, best)) if best.0 >= score => {}
                    Some((_, best)) => *best = (score, path),
                    None => next.push((state, (score, path))),
                }
            };
            push((*rank, *mask), *score, None);
            for tag in Tag::ALL {
                let free = if tag.bit() == 0 { tag.rank() > *rank } else { *rank <= 4 && mask & tag.bit() == 0 };
                let follows = tag != Tag::Town || matches!(path.last(), Some(Some(Tag::Address)));
                if !free || !follows {
                    continue;
                }
                let said = match part.tag {
                    Some(said) if said == tag => 2.5,
                    Some(_) => -2.0,
                    // A part without number is a field only if its form is unmistakable.
                    None => -0.3,
                };
                let early = if tag == Tag::Expiry && mask & Tag::Issue.bit() == 0 { -0.4 } else { 0.0 };
                push((tag.rank(), mask | tag.bit()), score + said + tag.form_score(&part.words) + early, Some(tag));
            }
        }
        states = next;
    }
    states.into_iter().max_by(|(_, a), (_, b)| a.0.total_cmp(&b.0)).map(|(_, (_, path))| path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn words(rows: &[&str]) -> Vec<Word> {
        let mut words = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let mut left = if row.starts_with(' ') { 120.0 } else { 100.0 };
            for text in row.split_whitespace() {
                let right = left + 8.0 * text.chars().count() as f32;
                let top = 30.0 * i as f32;
                words.push(Word { text: text.into(), confidence: 0.95, left, top, right, bottom: top + 14.0 });
                left = right + 6.0;
            }
        }
        words
    }

    fn read(rows: &[&str]) -> BTreeMap<FieldName, String> {
        find(&words(rows)).into_iter().map(|found| (found.name, found.value)).collect()
    }

    #[test]
    fn all_numbered_fields_are_read() {
        let rows = [
            "FØRERKORT",
            "1. BRANDVOLD",
            "2. INGRID",
            "3. 14.03.1987 OSLO",
            "4a. 18.02.2026 4c. Trafikkstasjon",
            "4b. 18.02.2036 4d. 14038712345",
            "5. NB 4821937",
            "8. Storgata 14,",
            "   0184 Oslo",
            "9. AM/B",
        ];
        let read = read(&rows);
        let value = |name| read.get(&name).map(String::as_str);
        assert_eq!(value(FieldName::FamilyName), Some("BRANDVOLD"));
        assert_eq!(value(FieldName::GivenNames), Some("INGRID"));
        assert_eq!(value(FieldName::DateOfBirth), Some("1987-03-14"));
        assert_eq!(value(FieldName::PlaceOfBirth), Some("OSLO"));
        assert_eq!(value(FieldName::IssueDate), Some("2026-02-18"));
        assert_eq!(value(FieldName::ExpiryDate), Some("2036-02-18"));
        assert_eq!(value(FieldName::IssuingAuthority), Some("Trafikkstasjon"));
        assert_eq!(value(FieldName::PersonalNumber), Some("14038712345"));
        assert_eq!(value(FieldName::DocumentNumber), Some("NB4821937"));
        assert_eq!(value(FieldName::Address), Some("Storgata 14, 0184 Oslo"));
        assert_eq!(value(FieldName::Categories), Some("AM B"));
    }

    #[test]
    fn fields_without_numbers_are_assigned_by_order_and_form() {
        let rows =
            ["  BRANDVOLD", "  INGRID", "  14.03.87 OSLO", "4a 18.02.26", "  18.02.36", "4c Office", "  NB4821937"];
        let read = read(&rows);
        let value = |name| read.get(&name).map(String::as_str);
        assert_eq!(value(FieldName::FamilyName), Some("BRANDVOLD"));
        assert_eq!(value(FieldName::GivenNames), Some("INGRID"));
        assert_eq!(value(FieldName::DateOfBirth), Some("1987-03-14"));
        assert_eq!(value(FieldName::ExpiryDate), Some("2036-02-18"));
        assert_eq!(value(FieldName::DocumentNumber), Some("NB4821937"));
    }

    #[test]
    fn licence_title_is_not_a_name() {
        let read =
            read(&["  FØRERKORT", "  SUHARTI", "  13.10.94 MEDAN", "4a 09.07.21", "4b 09.07.31", "  S33EX088605"]);
        assert_eq!(read.get(&FieldName::FamilyName).map(String::as_str), Some("SUHARTI"));
        assert_eq!(read.get(&FieldName::GivenNames), None);
        for title in ["Prawo jazdy", "FÜHRERSCHEIN", "Permis de conduire", "Ökuskírteini"] {
            assert!(is_title(title), "{title}");
        }
    }

    #[test]
    fn house_number_is_not_a_field_number() {
        let rows = ["5 K85US498440", "  BEI SCHRÖDER, KÖNIGSALLEE 10,", "  37073 GÖTTINGEN", "9 AM/B"];
        let address = read(&rows).remove(&FieldName::Address);
        assert_eq!(address.as_deref(), Some("BEI SCHRÖDER, KÖNIGSALLEE 10, 37073 GÖTTINGEN"));
    }

    #[test]
    fn page_without_field_numbers_gives_no_fields() {
        assert!(read(&["BRANDVOLD", "INGRID", "14.03.1987"]).is_empty());
    }

    #[test]
    fn field_numbers_are_recognised_with_and_without_values() {
        let first = |word| tag(word, true, false);
        assert_eq!(first("1."), Some((Some(Tag::Family), String::new())));
        assert_eq!(first("4a"), Some((Some(Tag::Issue), String::new())));
        assert_eq!(first("4b.18.02.2036"), Some((Some(Tag::Expiry), "18.02.2036".into())));
        assert_eq!(first("1.Brandvold"), Some((Some(Tag::Family), "Brandvold".into())));
        assert_eq!(first("5.92"), Some((Some(Tag::Number), "92".into())));
        assert_eq!(first("3.14.03.1987"), None);
        assert_eq!(first("14.03.1987"), None);
        assert_eq!(first("14,"), None);
        assert_eq!(tag("1", false, false), None);
        assert_eq!(first("Oslo"), None);
    }
}
