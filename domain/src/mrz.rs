//! The machine-readable zone of identity documents, by ICAO Doc 9303 parts 3 (common rules), 4 (passports, TD3),
//! 5 (cards, TD1), 6 (cards, TD2) and 7 (visas, MRV-A and MRV-B).
//!
//! [`parse`] reads a zone and reports which of its check digits hold; it never guesses. [`repair`] corrects confusions
//! of optical reading that the layout proves. [`find`] finds a zone among lines of text, and corrects a number that is
//! also printed there. [`write_td3`] and its siblings write a zone. France's former identity card has a layout of its
//! own ([`Format::FrenchCard`]).

mod elements;
mod find;
mod layout;
pub(crate) mod letters;
mod partial;
mod plain_letters;
mod repair;
#[cfg(test)]
mod tests;
mod write;

use jiff::civil::Date;

use crate::date::{NO_EXPIRY, never_expires};

use partial::CodedDate;

pub use elements::{CheckDigit, Element};
pub use find::find;
pub use layout::{Checked, Format, Position, Span};
pub use letters::{agrees, transliterate};
pub use partial::PartialDate;
pub use repair::repair;
pub use write::{Holder, write_mrva, write_mrvb, write_td1, write_td2, write_td3};

/// The content of a zone. Fields are without filler; nothing is validated beyond [`Checks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// The layout it was written in.
    pub format: Format,
    /// One or two letters, for instance `P`, `I`, `ID` or `V`.
    pub document_type: String,
    /// ICAO 9303-3 code, for instance `NOR` or `D`.
    pub issuing_state: String,
    /// The primary identifier, upper case, words separated by one space.
    pub family_name: String,
    /// The secondary identifier, in the same form; empty if the holder has a single name.
    pub given_names: String,
    /// Whether the names fill their field, and so may be truncated.
    pub names_cut: bool,
    /// Letters and digits.
    pub document_number: String,
    /// ICAO 9303-3 code.
    pub nationality: String,
    /// Absent where the zone has no complete, valid date. Its century is the latest possible one, unless
    /// [`Mrz::settle_birth`] has settled it.
    pub date_of_birth: Option<Date>,
    /// The dates of birth that the zone may mean, the latest first: it has no century. Empty where it has no valid
    /// date.
    pub births: Vec<PartialDate>,
    /// `M`, `F`, or `X` for unspecified (written `<` in the zone); absent for any other character.
    pub sex: Option<char>,
    /// Absent where the zone has no complete, valid date. [`NO_EXPIRY`] where no part of it is known: the document
    /// does not expire.
    pub expiry_date: Option<Date>,
    /// The known parts of the date of expiry; absent where it is no date.
    pub expiry: Option<PartialDate>,
    /// The optional elements, separated by one space; often a personal number.
    pub optional_data: String,
    /// Which check digits hold.
    pub checks: Checks,
}

impl Mrz {
    /// Whether every check digit holds.
    pub const fn checks_pass(&self) -> bool {
        let Checks { document_number, date_of_birth, expiry_date, composite, optional } = self.checks;
        document_number && date_of_birth && expiry_date && composite && optional
    }

    /// Whether nothing has settled the century of the birth.
    pub fn birth_is_guessed(&self) -> bool {
        self.births.len() > 1
    }

    /// Settles the century of the birth by other facts about the document: `known` are dates of birth from other
    /// sources, the most trustworthy first, and `issued` is the date of issue. The expiry is known from the zone.
    pub fn settle_birth(&mut self, known: &[Date], issued: Option<Date>) {
        let ends = self.expiry_date.filter(|date| !never_expires(*date));
        self.births = partial::settled(&self.births, known, issued.into_iter().chain(ends).min());
        self.date_of_birth = self.births.first().and_then(|born| born.whole());
    }

    /// Whether the zone's date of birth may be `date`, in any of its possible centuries.
    pub fn may_be_born(&self, date: Date) -> bool {
        self.births.iter().any(|born| born.fits(date))
    }

    /// Whether the zone's date of expiry may be `date`.
    pub fn may_expire(&self, date: Date) -> bool {
        match self.expiry {
            Some(expiry) if expiry.is_unknown() => never_expires(date),
            Some(expiry) => expiry.fits(date) || is_permanent_mark(&expiry) && never_expires(date),
            // A layout without an expiry contradicts none.
            None => !self.format.has_expiry(),
        }
    }
}

/// Whether a zone's date is one that issuers write for documents that do not expire: the first or last day of a year
/// 99, of which the page prints 9999 (Spanish identity cards).
fn is_permanent_mark(expiry: &PartialDate) -> bool {
    expiry.year.is_some_and(|year| year.rem_euclid(100) == 99)
        && matches!((expiry.month, expiry.day), (Some(1), Some(1)) | (Some(12), Some(31)))
}

/// Which check digits of a zone hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Of the document number.
    pub document_number: bool,
    /// Of the date of birth.
    pub date_of_birth: bool,
    /// Of the date of expiry; true in the layout that has none.
    pub expiry_date: bool,
    /// Over all the checked elements together; true in the layouts that have none.
    pub composite: bool,
    /// Of TD3's personal number; true in the layouts that have none.
    pub optional: bool,
}

/// The reason why a text is not a zone. It contains no text of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Neither 3 lines of 30, nor 2 of 36, nor 2 of 44.
    #[error("a machine-readable zone has 3 lines of 30 characters, 2 of 36 or 2 of 44")]
    Shape,
    /// A character outside `A`-`Z`, `0`-`9` and `<`.
    #[error("line {line}, position {position} of the machine-readable zone has an invalid character")]
    Character {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        position: usize,
    },
    /// Another document than a passport, an identity card or a visa.
    #[error("the machine-readable zone is not that of a passport, an identity card or a visa")]
    NotIdentity,
}

/// Whether a zone has one name only: a primary identifier that does not fill its field, and no secondary one.
///
/// Looks at the names alone and at no other rule, so that the page can ask it at little cost.
pub fn has_one_name(text: &str) -> bool {
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    let names = match lines.as_slice() {
        [_, _, names] => names,
        // France's former card has the given names in the second line.
        [first, _] if !first.starts_with("IDFRA") => first.get(5..).unwrap_or_default(),
        _ => return false,
    };
    let bare = names.trim_end_matches('<');
    !bare.is_empty() && bare.len() < names.len() && !bare.starts_with('<') && !bare.contains("<<")
}

/// The check digit of a text of `A`-`Z`, `0`-`9` and `<`: weights 7, 3, 1, letters from `A` = 10, filler 0, modulo 10
/// (Doc 9303-3, 4.9). `None` where another character occurs.
pub fn check_digit(text: &str) -> Option<char> {
    digit_of(text.chars())
}

fn digit_of(chars: impl Iterator<Item = char>) -> Option<char> {
    let mut sum = 0;
    for (c, weight) in chars.zip([7, 3, 1].into_iter().cycle()) {
        let value = match c {
            '<' => 0,
            // A=10 .. Z=35, as in base 36.
            '0'..='9' | 'A'..='Z' => c.to_digit(36)?,
            _ => return None,
        };
        sum += value * weight;
    }
    char::from_digit(sum % 10, 10)
}

/// Reads a zone, its lines joined by `\n`; white space around a line is ignored.
///
/// `today` bounds the century of the two-digit years: a birth is neither in the future nor of a person older than anyone
/// alive, and an expiry is within 50 years of today. Two centuries may remain for a birth; see [`Mrz::settle_birth`].
///
/// # Errors
/// [`MrzError`] for a text without the shape of a zone. A failed check digit is not an error: see [`Mrz::checks`].
pub fn parse(text: &str, today: Date) -> Result<Mrz, MrzError> {
    let zone = Zone::new(text)?;
    let format = zone.format;
    let kind = zone.text(format.document_type());
    if !format.begins_with(kind.chars().next()) {
        return Err(MrzError::NotIdentity);
    }
    let (number, number_holds, mut optional) = zone.document_number();
    for span in format.optional().iter().skip(1) {
        optional.push('<');
        optional.push_str(&zone.text(*span));
    }
    let (family, given) = zone.names();
    let coded = |span| CodedDate::read(&zone.text(span));
    let births = coded(format.date_of_birth()).map_or_else(Vec::new, |born| born.births(today));
    let expiry = coded(format.expiry_date()).and_then(|expiry| expiry.expiry(today));
    Ok(Mrz {
        format,
        document_type: kind.replace('<', ""),
        issuing_state: zone.text(format.issuing_state()).replace('<', ""),
        family_name: family,
        given_names: given,
        document_number: number.replace('<', ""),
        nationality: zone.text(format.nationality()).replace('<', ""),
        names_cut: zone.names_cut(),
        date_of_birth: births.first().and_then(|born| born.whole()),
        births,
        sex: match zone.text(format.sex()).as_str() {
            "M" => Some('M'),
            "F" => Some('F'),
            "<" | "X" => Some('X'),
            _ => None,
        },
        expiry_date: expiry.and_then(|date| if date.is_unknown() { Some(NO_EXPIRY) } else { date.whole() }),
        expiry,
        optional_data: words(&optional),
        checks: Checks {
            document_number: number_holds,
            date_of_birth: zone.holds(&format.birth_check()),
            expiry_date: !format.has_expiry() || zone.holds(&format.expiry_check()),
            composite: format.composite_check().is_none_or(|check| zone.holds(&check)),
            optional: format.optional_check().is_none_or(|check| zone.holds(&check)),
        },
    })
}

/// The characters of a zone of a known format.
struct Zone {
    format: Format,
    lines: Vec<Vec<char>>,
}

impl Zone {
    fn new(text: &str) -> Result<Self, MrzError> {
        let lines: Vec<Vec<char>> = text.trim().lines().map(|line| line.trim().chars().collect()).collect();
        let format = Format::of(&lines).ok_or(MrzError::Shape)?;
        for (row, line) in lines.iter().enumerate() {
            let foreign = line.iter().position(|c| !matches!(c, 'A'..='Z' | '0'..='9' | '<'));
            if let Some(column) = foreign {
                return Err(MrzError::Character { line: row + 1, position: column + 1 });
            }
        }
        Ok(Self { format, lines })
    }

    fn chars(&self, span: Span) -> impl Iterator<Item = char> + '_ {
        self.lines[span.line][span.start..span.end].iter().copied()
    }

    fn text(&self, span: Span) -> String {
        self.chars(span).collect()
    }

    fn holds(&self, check: &Checked) -> bool {
        let given = self.lines[check.digit.0][check.digit.1];
        let parts = || check.parts.iter().flat_map(|span| self.chars(*span));
        // Doc 9303-4, 4.2.2.2: the check digit of an empty personal number may be 0 or filler.
        if check.may_be_empty && given == '<' && parts().all(|c| c == '<') {
            return true;
        }
        digit_of(parts()) == Some(given)
    }

    fn put(&mut self, span: Span, text: &str) {
        self.lines[span.line].splice(span.start..span.end, text.chars());
    }

    /// Whether the number fits its element, with its check digit after it.
    fn number_fits(&self) -> bool {
        let (line, column) = self.format.number_check().digit;
        self.lines[line][column] != '<'
    }

    /// Whether each check digit holds, in the order of [`Format::checks`]; a long number is included.
    fn holding(&self) -> Vec<bool> {
        let mut holding: Vec<bool> = self.format.checks().iter().map(|check| self.holds(check)).collect();
        holding[0] = self.document_number().1;
        holding
    }

    /// The number, whether its check digit holds, and the first optional element without the part that belongs to the
    /// number.
    fn document_number(&self) -> (String, bool, String) {
        let format = self.format;
        let first = format.optional()[0];
        let check = format.number_check();
        let optional = self.text(first);
        let number = self.text(format.document_number());
        if format.has_long_numbers() && !self.number_fits() {
            // Doc 9303-5, 4.2.2.1 note (j), and 9303-6 likewise: a number of more than nine characters continues in the
            // optional element, ended by its check digit and a filler.
            let rest: String = optional.chars().take_while(|c| *c != '<').collect();
            if let Some(digit) = rest.chars().last() {
                let rest = &rest[..rest.len() - 1];
                // Cards of Belgium (until 2013) and Portugal (until 2020) have the digit of the number with its filler.
                let over_filler = matches!(self.text(format.issuing_state()).as_str(), "BEL" | "PRT");
                let number_with_filler = format!("{number}<{rest}");
                let number = format!("{number}{rest}");
                let holds = check_digit(&number) == Some(digit)
                    || over_filler && check_digit(&number_with_filler) == Some(digit);
                return (number, holds, optional[rest.len() + 1..].to_owned());
            }
        }
        (number, self.holds(&check), optional)
    }

    /// Whether a name fills its place, and so may be truncated.
    fn names_cut(&self) -> bool {
        let places = std::iter::once(self.format.names()).chain(self.format.second_names());
        places.into_iter().any(|span| self.chars(span).last() != Some('<'))
    }

    fn names(&self) -> (String, String) {
        if let Some(given) = self.format.second_names() {
            return (words(&self.text(self.format.names())), words(&self.text(given)));
        }
        let text = self.text(self.format.names());
        let (family, given) = text.trim_end_matches('<').split_once("<<").unwrap_or((text.as_str(), ""));
        (words(family), words(given))
    }
}

fn words(text: &str) -> String {
    text.split('<').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
