//! Writes a zone.

use jiff::civil::Date;

use super::check_digit;
use super::letters::transliterate;
use crate::date::never_expires;

/// The content of a zone to write. Names are as printed: writing transliterates them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// One or two letters, for instance `P` or `ID`.
    pub document_type: String,
    /// ICAO 9303-3 code.
    pub issuing_state: String,
    /// The primary identifier.
    pub family_name: String,
    /// The secondary identifier; may be empty.
    pub given_names: String,
    /// Letters and digits; in a passport or visa no more than nine, in a card no more than 22, in a large card 14.
    pub document_number: String,
    /// ICAO 9303-3 code.
    pub nationality: String,
    /// The zone does not keep its century.
    pub date_of_birth: Date,
    /// `M` or `F`; anything else is written as unspecified.
    pub sex: Option<char>,
    /// The zone does not keep its century. [`crate::date::NO_EXPIRY`] is written as filler.
    pub expiry_date: Date,
    /// Letters and digits, truncated to the element's width; may be empty.
    pub optional_data: String,
}

/// A passport's zone: two lines of 44, joined by `\n`. Too long values are truncated.
pub fn write_td3(holder: &Holder) -> String {
    let number = with_digit(field(&holder.document_number, 9));
    let personal = with_digit(field(&holder.optional_data, 14));
    let (birth, expiry) = (with_digit(date(holder.date_of_birth)), with_digit(date(holder.expiry_date)));
    let composite = digit(&format!("{number}{birth}{expiry}{personal}"));
    format!("{}\n{number}{}{personal}{composite}", names_line(holder, 44), dates(holder))
}

/// A large card's zone: two lines of 36, joined by `\n`. Too long values are truncated.
pub fn write_td2(holder: &Holder) -> String {
    let (number, optional) = long_number(holder, 7);
    let (birth, expiry) = (with_digit(date(holder.date_of_birth)), with_digit(date(holder.expiry_date)));
    let composite = digit(&format!("{number}{birth}{expiry}{optional}"));
    format!("{}\n{number}{}{optional}{composite}", names_line(holder, 36), dates(holder))
}

/// The zone of a visa of a passport's size, MRV-A: two lines of 44, joined by `\n`. Too long values are truncated.
pub fn write_mrva(holder: &Holder) -> String {
    visa(holder, 44)
}

/// The zone of a small visa, MRV-B: two lines of 36, joined by `\n`. Too long values are truncated.
pub fn write_mrvb(holder: &Holder) -> String {
    visa(holder, 36)
}

/// Doc 9303-7: as the passport's and the large card's, but without a check digit after the dates.
fn visa(holder: &Holder, width: usize) -> String {
    let number = with_digit(field(&holder.document_number, 9));
    let optional = field(&holder.optional_data, width - 28);
    format!("{}\n{number}{}{optional}", names_line(holder, width), dates(holder))
}

/// A card's zone: three lines of 30, joined by `\n`. Too long values are truncated.
pub fn write_td1(holder: &Holder) -> String {
    let (number, rest) = long_number(holder, 15);
    let birth = with_digit(date(holder.date_of_birth));
    let expiry = with_digit(date(holder.expiry_date));
    let optional = field("", 11);
    let composite = digit(&format!("{number}{rest}{birth}{expiry}{optional}"));
    let nationality = field(&holder.nationality, 3);
    format!(
        "{}{}{number}{rest}\n{birth}{}{expiry}{nationality}{optional}{composite}\n{}",
        head(holder),
        field(&holder.issuing_state, 3),
        sex(holder),
        names(holder, 30)
    )
}

/// A card's number with its check digit, ten characters, and the optional element of `width` after it. A number of more
/// than nine characters continues there, ended by its check digit and a filler; the check digit's own position has
/// filler (Doc 9303-5, 4.2.2.1 note (j), and 9303-6 likewise).
fn long_number(holder: &Holder, width: usize) -> (String, String) {
    let plain = transliterate(&holder.document_number);
    if plain.len() <= 9 {
        return (with_digit(field(&plain, 9)), field(&holder.optional_data, width));
    }
    let plain = &plain[..plain.len().min(9 + width - 2)];
    let rest = format!("{}{}<{}", &plain[9..], digit(plain), transliterate(&holder.optional_data));
    (format!("{}<", &plain[..9]), pad(&rest, width))
}

/// The first line of a layout whose first line ends with the names.
fn names_line(holder: &Holder, width: usize) -> String {
    format!("{}{}{}", head(holder), field(&holder.issuing_state, 3), names(holder, width - 5))
}

/// From nationality to expiry, each date with its check digit.
fn dates(holder: &Holder) -> String {
    let (birth, expiry) = (with_digit(date(holder.date_of_birth)), with_digit(date(holder.expiry_date)));
    format!("{}{birth}{}{expiry}", field(&holder.nationality, 3), sex(holder))
}

fn head(holder: &Holder) -> String {
    field(&holder.document_type, 2)
}

fn sex(holder: &Holder) -> char {
    holder.sex.filter(|c| matches!(c, 'M' | 'F')).unwrap_or('<')
}

fn field(text: &str, width: usize) -> String {
    pad(&transliterate(text), width)
}

fn pad(text: &str, width: usize) -> String {
    let cut = &text[..text.len().min(width)];
    format!("{cut:<<width$}")
}

fn names(holder: &Holder, width: usize) -> String {
    let family = transliterate(&holder.family_name);
    let given = transliterate(&holder.given_names);
    if given.is_empty() {
        return field(&family, width);
    }
    // Doc 9303-3, 4.6: truncation keeps at least one character of the given names.
    let family = &family[..family.len().min(width - 3)];
    pad(&format!("{}<<{given}", family.trim_end_matches('<')), width)
}

/// A document that does not expire has filler.
fn date(date: Date) -> String {
    if never_expires(date) {
        return "<<<<<<".to_owned();
    }
    format!("{:02}{:02}{:02}", date.year().rem_euclid(100), date.month(), date.day())
}

fn digit(text: &str) -> char {
    // Every caller passes transliterated text, which always has a check digit.
    check_digit(text).unwrap_or('0')
}

fn with_digit(text: String) -> String {
    let digit = digit(&text);
    text + &digit.to_string()
}
