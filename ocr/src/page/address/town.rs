//! Lines with a town in the formats of all countries, with the countries that have such a format.
//!
//! Few forms of postal codes are telling: four digits after a word are a code in New Zealand, and a house number in
//! Norway. Such a line is a town only in an address block, below a name and beside a street.

use std::collections::HashMap;
use std::sync::LazyLock;

use domain::country::{self, CodePosition, Country, DateOrder, date_order};

use super::super::captions::form_caption;
use super::super::dates;
use super::super::identity::person;
use super::super::plain;
use super::lines::{is_annex, is_company};

/// Codes before a town and after it, each with the letters and digits that a country writes.
struct Form {
    country: &'static Country,
    form: &'static str,
    position: CodePosition,
}

/// Forms by their shape: `9` for digits, `a` for letters.
static FORMS: LazyLock<HashMap<String, Vec<Form>>> = LazyLock::new(|| {
    let mut forms: HashMap<String, Vec<Form>> = HashMap::new();
    for country in country::all() {
        let Some(position) = country.address_format().and_then(|format| format.code_position()) else { continue };
        for form in country.postal_code_forms() {
            // Irish codes mix letters and digits freely, so they are recognised by themselves.
            if !form.contains('x') && form.contains(|c: char| c.is_ascii_digit()) {
                forms.entry(shape(form)).or_default().push(Form { country, form, position });
            }
        }
    }
    forms
});

/// The most characters of a line with a town.
const LONGEST: usize = 60;
/// The most words of a line with a town.
const MAX_WORDS: usize = 7;
/// The most digits of a line of an address; more are a number of a telephone or an account.
const MAX_DIGITS: usize = 10;

/// Abbreviations of regions before a code: states of the United States with their territories, and of Australia.
const AMERICAN: &str = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ \
                        NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS FM GU MH MP PR PW UM VI";
const AUSTRALIAN: &str = "NSW VIC QLD WA SA TAS NT ACT";

/// Native names of countries, in plain letters, with their codes. English names are known besides.
const NATIVE_NAMES: &[(&str, &str)] = &[
    ("belgie", "BE"),
    ("belgique", "BE"),
    ("brasil", "BR"),
    ("cesko", "CZ"),
    ("danmark", "DK"),
    ("deutschland", "DE"),
    ("eesti", "EE"),
    ("ellada", "GR"),
    ("england", "GB"),
    ("espana", "ES"),
    ("great britain", "GB"),
    ("hrvatska", "HR"),
    ("island", "IS"),
    ("italia", "IT"),
    ("latvija", "LV"),
    ("lietuva", "LT"),
    ("magyarorszag", "HU"),
    ("nederland", "NL"),
    ("norge", "NO"),
    ("northern ireland", "GB"),
    ("osterreich", "AT"),
    ("polska", "PL"),
    ("schweiz", "CH"),
    ("scotland", "GB"),
    ("slovenija", "SI"),
    ("slovensko", "SK"),
    ("suisse", "CH"),
    ("suomi", "FI"),
    ("sverige", "SE"),
    ("svizzera", "CH"),
    ("turkiye", "TR"),
    ("uk", "GB"),
    ("united states of america", "US"),
    ("usa", "US"),
    ("wales", "GB"),
];

/// Countries by their English and native names in plain letters.
static NAMES: LazyLock<HashMap<String, &'static Country>> = LazyLock::new(|| {
    let english = country::all().iter().map(|country| (plain(country.name), country));
    let native = NATIVE_NAMES.iter().filter_map(|(name, code)| Some(((*name).to_owned(), country::by_alpha2(code)?)));
    english.chain(native).collect()
});

/// The country that a line names.
pub(super) fn country_named(line: &str) -> Option<&'static Country> {
    if line.len() > LONGEST { None } else { NAMES.get(&plain(line)).copied() }
}

/// A postal code in a line.
struct Coded {
    countries: Vec<&'static Country>,
    /// Whether the form alone makes the line one with a town.
    telling: bool,
}

/// Whether a line is a town with its postal code, by its form alone: `111 22 Stockholm`, `00-238 Warszawa`,
/// `Toronto ON M5V 2T6`, `Richmond VIC 3121`.
pub(super) fn has_telling_code(line: &str) -> bool {
    coded(line).is_some_and(|coded| coded.telling)
}

/// Whether a line of an address block may be a town, a region or a code.
pub(super) fn may_be_place(line: &str) -> bool {
    is_place(line) || has_code(line)
}

/// Whether a line may have a postal code, with its town or alone.
pub(super) fn has_code(line: &str) -> bool {
    coded(line).is_some()
}

/// Whether a line can belong to an address block at all.
pub(super) fn fits_block(line: &str) -> bool {
    let digits = line.chars().filter(char::is_ascii_digit).count();
    line.len() <= LONGEST
        && line.split_whitespace().count() <= MAX_WORDS
        && digits <= MAX_DIGITS
        && !line.contains([':', '@', '+', '%', '=', '*'])
        && form_caption(line).is_none()
        && !is_company(line)
        && dates::find(line).is_none()
}

/// The order of day and month in the dates of a letter to this address; `Either` if the address does not tell.
pub(super) fn order_of_dates<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> DateOrder {
    if let Some(country) = lines.clone().last().and_then(country_named) {
        return date_order(country.alpha2);
    }
    let orders = lines.filter_map(coded).flat_map(|coded| coded.countries).map(|country| date_order(country.alpha2));
    let mut orders: Vec<DateOrder> = orders.collect();
    orders.dedup();
    match orders[..] {
        [order] => order,
        _ => DateOrder::Either,
    }
}

/// The postal code of a line, if it has the form and the position that some country gives it.
fn coded(line: &str) -> Option<Coded> {
    if line.len() > LONGEST || !line.contains(|c: char| c.is_ascii_digit()) || line.contains("  ") {
        return None;
    }
    let whole = line;
    let line = parted(line);
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches([',', '.'])).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| word.contains(char::is_alphanumeric)).collect();
    if words.is_empty() || words.len() > MAX_WORDS {
        return None;
    }
    // The sign of a country may be a word of its own: `FO 100 Tórshavn`.
    let (signed, words) = match words[..] {
        [sign, ref rest @ ..] if sign.len() == 2 && is_sign(sign) && begins_with_digit(rest) => (true, rest.to_vec()),
        _ => (false, words),
    };
    let mut ways = Vec::new();
    for length in 1..=words.len().min(2) {
        let (front, after) = words.split_at(length);
        let (before, back) = words.split_at(words.len() - length);
        ways.extend(found(front, after, CodePosition::BeforeTown));
        // `IL 62704` is a state and its code.
        let has_state = length > 1 && AMERICAN.split(' ').any(|state| state == back[0]);
        if !before.is_empty() && !has_state {
            ways.extend(found(back, before, CodePosition::AfterTown));
        }
    }
    // Few formats have the region after the code: `Boroko 111 NCD`.
    if ways.is_empty()
        && let Some(at) = words.iter().position(|word| word.starts_with(|c: char| c.is_ascii_digit()))
    {
        let (front, region) = words.split_at(at + 1);
        if is_place(&region.join(" ")) {
            ways.extend(found(&front[at..], &front[..at], CodePosition::AfterTown));
        }
    }
    for (_, coded) in &mut ways {
        coded.telling |= signed;
    }
    // The longest code is the whole one.
    let best = ways.into_iter().max_by_key(|(length, coded)| (coded.telling, *length)).map(|(_, coded)| coded);
    best.filter(|_| fits_block(whole))
}

fn begins_with_digit(words: &[&str]) -> bool {
    words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The code in `code`, with the words of the town in `place`.
fn found(code: &[&str], place: &[&str], at: CodePosition) -> Option<(usize, Coded)> {
    let text = code.join(" ");
    let fitting = |text: &str| -> Vec<&Form> {
        FORMS.get(&shape(text)).map_or_else(Vec::new, |forms| forms.iter().filter(|f| fits(f.form, text)).collect())
    };
    let mut forms = fitting(&text);
    let is_code = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let bare = text.split_once('-').filter(|(sign, rest)| is_sign(sign) && is_code(rest)).map(|(_, rest)| rest);
    let signed = forms.is_empty() && bare.is_some();
    if let (true, Some(bare)) = (forms.is_empty(), bare) {
        forms = fitting(bare);
    }
    let alone = place.is_empty();
    forms.retain(|form| alone == (form.position == CodePosition::OwnLine) && (alone || form.position == at));
    let region = |names: &str| place.last().is_some_and(|last| names.split(' ').any(|name| name == *last));
    // `62704` belongs to many countries, `IL 62704` to one.
    let american = at == CodePosition::AfterTown && region(AMERICAN);
    if american {
        forms.retain(|form| date_order(form.country.alpha2) == DateOrder::MonthFirst);
    }
    let town = place.len() - usize::from(american);
    if forms.is_empty() || !(alone || is_place(&place[..town].join(" "))) {
        return None;
    }
    let letters = text.contains(|c: char| c.is_ascii_alphabetic());
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let grouped = text.contains([' ', '-']) && digits >= 5;
    let telling = match at {
        _ if alone => false,
        CodePosition::BeforeTown => letters || grouped || signed,
        _ => letters && text.len() >= 6 || american || region(AUSTRALIAN),
    };
    Some((text.len(), Coded { countries: forms.into_iter().map(|form| form.country).collect(), telling }))
}

/// The sign of a country before a code: `SE-111 22`, `D-10115`.
fn is_sign(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// Splits a code from a town that is joined to it by a hyphen: `1501-Santa Tecla`, `Lahore-54000`.
fn parted(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let word = |at: usize| chars[at..].iter().take_while(|c| c.is_alphabetic()).count();
    let back = |at: usize| chars[..at].iter().rev().take_while(|c| c.is_alphabetic()).count();
    (0..chars.len())
        .map(|i| {
            let joins = chars[i] == '-' && i > 0 && i + 1 < chars.len() && {
                let (before, after) = (chars[i - 1].is_ascii_digit(), chars[i + 1].is_ascii_digit());
                (before && word(i + 1) >= 3) || (after && back(i) >= 4)
            };
            if joins { ' ' } else { chars[i] }
        })
        .collect()
}

/// One to six capitalised words, perhaps with the number of a district: `A Coruña`, `Praha 1`.
fn is_place(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches([',', '.'])).collect();
    let words = match words[..] {
        [ref town @ .., district] if !town.is_empty() && is_district(district) => town.to_vec(),
        _ => words,
    };
    let letters = words.concat().chars().filter(|c| c.is_alphabetic()).count();
    (1..=6).contains(&words.len())
        && letters >= 3
        && words.iter().any(|word| word.starts_with(char::is_uppercase) && word.chars().count() >= 2)
        && words.first().is_some_and(|word| word.starts_with(|c: char| c.is_uppercase() || c == '\''))
        && person(&words.join(" ").replace(['(', ')', '/'], " ")).is_some()
        && form_caption(line).is_none()
        && !is_company(line)
        && !is_annex(line)
}

fn is_district(word: &str) -> bool {
    (1..=2).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_digit())
}

/// A code with `9` for each digit and `a` for each letter.
fn shape(code: &str) -> String {
    let class = |c: char| {
        if c.is_ascii_digit() {
            '9'
        } else if c.is_ascii_alphabetic() {
            'a'
        } else {
            c
        }
    };
    code.chars().map(class).collect()
}

/// Whether a code has the fixed letters and digits of a form of the same shape.
fn fits(form: &str, code: &str) -> bool {
    form.chars().zip(code.chars()).all(|(wanted, c)| match wanted {
        '9' => c.is_ascii_digit(),
        'a' => c.is_ascii_uppercase(),
        fixed => fixed == c,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_with_telling_codes_are_recognised_by_their_form() {
        for line in [
            "111 22 Stockholm",
            "SE-111 22 Stockholm",
            "00-238 Warszawa",
            "110 00 Praha 1",
            "2775-405 Carcavelos",
            "Toronto ON M5V 2T6",
            "Richmond VIC 3121",
            "Springfield, IL 62704",
            "San Juan PR 00901",
            "LT-44001 Kaunas",
            "AD500 Andorra la Vella",
            "FI-33100 Tampere",
            "Bandar Seri Begawan BS8711",
        ] {
            assert!(has_telling_code(line), "{line}");
        }
        for line in [
            "Auckland 1010",
            "Storgata 1010",
            "101 Reykjavík",
            "14 Garden Road",
            "612 kWh",
            "2 340 000 units",
            "Energy 612 kWh",
            "555-1234",
            "Invoice 40021877",
            "Hei, Ingrid",
            "",
        ] {
            assert!(!has_telling_code(line), "{line}");
        }
    }

    #[test]
    fn other_towns_need_an_address_block() {
        for line in
            ["Auckland 1010", "600 Akureyri", "SINGAPORE 120123", "00100", "Lahore-54000", "Dhaka - 1205", "Dubai"]
        {
            assert!(may_be_place(line) && fits_block(line), "{line}");
        }
        for line in [
            "Due date: 1 May",
            "+47 22 33 44 55",
            "Nordlys Energi AS",
            "14 March 2026",
            "Thank you for paying on time today",
        ] {
            assert!(!fits_block(line) || !may_be_place(line), "{line}");
        }
    }

    #[test]
    fn order_of_dates_follows_the_country_of_the_address() {
        let order = |lines: &[&'static str]| order_of_dates(lines.iter().copied());
        assert_eq!(order(&["14 Oak Street", "Springfield, IL 62704"]), DateOrder::MonthFirst);
        assert_eq!(order(&["14 Oak Street", "Springfield, IL 62704", "USA"]), DateOrder::MonthFirst);
        assert_eq!(order(&["14 Mango Street", "1200 Makati", "Philippines"]), DateOrder::MonthFirst);
        assert_eq!(order(&["14 Lipowa", "00-238 Warszawa"]), DateOrder::DayFirst);
        assert_eq!(order(&["Storgata 14", "0184 Oslo", "Norway"]), DateOrder::DayFirst);
        assert_eq!(order(&["14 Maple Street", "Toronto ON M5V 2T6"]), DateOrder::Either);
        assert_eq!(order(&["14 Oak Street", "Dubai"]), DateOrder::Either);
    }
}
