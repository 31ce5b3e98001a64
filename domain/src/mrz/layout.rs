//! The layouts of zones, by Doc 9303 parts 4 to 7, and that of France's former identity card. Lines and columns are
//! counted from 0.

use crate::document::FieldName;

/// The layouts: four of identity documents, two of visas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Cards of credit-card size: three lines of 30.
    Td1,
    /// Larger cards: two lines of 36.
    Td2,
    /// Passports: two lines of 44.
    Td3,
    /// Visas of a passport's size: two lines of 44, distinguished from a passport by their `V`.
    MrvA,
    /// Small visas: two lines of 36, likewise.
    MrvB,
    /// The identity card that France issued from 1988 to 2021, valid until 2031: two lines of 36 of its own, which begin
    /// with `IDFRA`. The first line has the family name, department and office of issue; the second one the number
    /// (year, month and department of issue, and a counter), the given names, the birth and the sex. It has no expiry.
    /// Its composite covers all other characters of both lines.
    FrenchCard,
}

/// The characters that a position allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// `A`-`Z` or filler.
    Letter,
    /// `0`-`9` or filler.
    Digit,
    /// Any of them.
    Any,
}

/// A run of characters in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The line.
    pub line: usize,
    /// The first column.
    pub start: usize,
    /// The column after the last.
    pub end: usize,
}

/// A check digit and the characters that it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The covered characters, in their order.
    pub parts: Vec<Span>,
    /// Line and column of the digit.
    pub digit: (usize, usize),
    /// Whether the digit may be filler where all covered characters are filler.
    pub may_be_empty: bool,
}

const fn span(line: usize, start: usize, end: usize) -> Span {
    Span { line, start, end }
}

fn checked(parts: &[Span], digit: (usize, usize)) -> Checked {
    Checked { parts: parts.to_vec(), digit, may_be_empty: false }
}

/// The given names of France's former card, divided by two fillers.
const FRENCH_GIVEN_NAMES: Span = span(1, 13, 27);

impl Format {
    /// All layouts.
    pub const ALL: [Self; 6] = [Self::Td1, Self::Td2, Self::Td3, Self::MrvA, Self::MrvB, Self::FrenchCard];

    /// Whether it belongs to a visa, which is no proof of identity.
    pub const fn is_visa(self) -> bool {
        matches!(self, Self::MrvA | Self::MrvB)
    }

    /// Number of lines and characters in each.
    pub const fn shape(self) -> (usize, usize) {
        match self {
            Self::Td1 => (3, 30),
            Self::Td2 | Self::MrvB | Self::FrenchCard => (2, 36),
            Self::Td3 | Self::MrvA => (2, 44),
        }
    }

    /// The layout of lines, by their shape. Visas share the shapes of TD2 and TD3, and begin with `V` (Doc 9303-7).
    pub(super) fn of(lines: &[Vec<char>]) -> Option<Self> {
        let visa = lines.first().and_then(|line| line.first()) == Some(&'V');
        let (rows, columns) = Self::FrenchCard.shape();
        let begins = |with: &str| lines.first().is_some_and(|line| line.iter().copied().take(5).eq(with.chars()));
        if begins("IDFRA") && lines.len() == rows && lines.iter().all(|line| line.len() == columns) {
            return Some(Self::FrenchCard);
        }
        Self::ALL.into_iter().find(|format| {
            let (rows, columns) = format.shape();
            (format.is_visa() == visa || *format == Self::Td1)
                && lines.len() == rows
                && lines.iter().all(|line| line.len() == columns)
        })
    }

    /// The characters that a line and column, counted from 0, allow.
    pub fn position(self, line: usize, column: usize) -> Position {
        let within = |spans: &[Span]| spans.iter().any(|s| s.line == line && (s.start..s.end).contains(&column));
        if within(&[self.date_of_birth(), self.expiry_date()])
            || self.checks().iter().any(|check| check.digit == (line, column))
        {
            Position::Digit
        } else if within(&[self.document_type(), self.issuing_state(), self.nationality(), self.names(), self.sex()])
            || within(self.second_names().as_slice())
        {
            Position::Letter
        } else {
            Position::Any
        }
    }

    /// Whether a document of this layout may begin with the letter: P for passports, A, C or I for cards (some states
    /// code a card-shaped passport with P), V for visas.
    pub fn begins_with(self, letter: Option<char>) -> bool {
        match self {
            Self::Td3 => letter == Some('P'),
            Self::Td1 | Self::Td2 => matches!(letter, Some('A' | 'C' | 'I' | 'P')),
            Self::FrenchCard => letter == Some('I'),
            Self::MrvA | Self::MrvB => letter == Some('V'),
        }
    }

    /// Whether it has a date of expiry.
    pub const fn has_expiry(self) -> bool {
        !matches!(self, Self::FrenchCard)
    }

    /// Whether a number that is too long continues in the optional element.
    pub(super) const fn has_long_numbers(self) -> bool {
        matches!(self, Self::Td1 | Self::Td2)
    }

    /// All check digits of the layout, the composite last.
    pub fn checks(self) -> Vec<Checked> {
        let mut checks = vec![self.number_check(), self.birth_check()];
        checks.extend(self.has_expiry().then(|| self.expiry_check()));
        checks.extend(self.optional_check());
        checks.extend(self.composite_check());
        checks
    }

    /// The place of a field; `None` if zones do not have it. Family and given names share one place, separated by `<<`.
    pub const fn place(self, name: FieldName) -> Option<Span> {
        Some(match name {
            FieldName::DocumentType => self.document_type(),
            FieldName::IssuingCountry => self.issuing_state(),
            FieldName::GivenNames if matches!(self, Self::FrenchCard) => FRENCH_GIVEN_NAMES,
            FieldName::FamilyName | FieldName::GivenNames => self.names(),
            FieldName::DocumentNumber => self.document_number(),
            FieldName::Nationality => self.nationality(),
            FieldName::DateOfBirth => self.date_of_birth(),
            FieldName::Sex => self.sex(),
            FieldName::ExpiryDate if !self.has_expiry() => return None,
            FieldName::ExpiryDate => self.expiry_date(),
            FieldName::PersonalNumber => self.optional()[0],
            _ => return None,
        })
    }

    pub(super) const fn document_type(self) -> Span {
        span(0, 0, 2)
    }

    pub(super) const fn issuing_state(self) -> Span {
        span(0, 2, 5)
    }

    pub(super) const fn names(self) -> Span {
        match self {
            Self::Td1 => span(2, 0, 30),
            Self::Td2 | Self::MrvB => span(0, 5, 36),
            Self::Td3 | Self::MrvA => span(0, 5, 44),
            Self::FrenchCard => span(0, 5, 30),
        }
    }

    /// The place of the given names, where they have one of their own.
    pub(super) const fn second_names(self) -> Option<Span> {
        match self {
            Self::FrenchCard => Some(FRENCH_GIVEN_NAMES),
            _ => None,
        }
    }

    pub(super) const fn document_number(self) -> Span {
        match self {
            Self::Td1 => span(0, 5, 14),
            Self::FrenchCard => span(1, 0, 12),
            _ => span(1, 0, 9),
        }
    }

    pub(super) const fn nationality(self) -> Span {
        match self {
            Self::Td1 => span(1, 15, 18),
            // Only citizens had it, so the issuer is the nationality.
            Self::FrenchCard => self.issuing_state(),
            _ => span(1, 10, 13),
        }
    }

    pub(super) const fn date_of_birth(self) -> Span {
        match self {
            Self::Td1 => span(1, 0, 6),
            Self::FrenchCard => span(1, 27, 33),
            _ => span(1, 13, 19),
        }
    }

    pub(super) const fn sex(self) -> Span {
        match self {
            Self::Td1 => span(1, 7, 8),
            Self::FrenchCard => span(1, 34, 35),
            _ => span(1, 20, 21),
        }
    }

    /// Empty in the layout without one.
    pub(super) const fn expiry_date(self) -> Span {
        match self {
            Self::Td1 => span(1, 8, 14),
            Self::FrenchCard => span(1, 0, 0),
            _ => span(1, 21, 27),
        }
    }

    pub(super) const fn optional(self) -> &'static [Span] {
        const TD1: &[Span] = &[span(0, 15, 30), span(1, 18, 29)];
        const TD2: &[Span] = &[span(1, 28, 35)];
        const TD3: &[Span] = &[span(1, 28, 42)];
        const MRVA: &[Span] = &[span(1, 28, 44)];
        const MRVB: &[Span] = &[span(1, 28, 36)];
        // Department and office of issue.
        const FRENCH: &[Span] = &[span(0, 30, 36)];
        match self {
            Self::Td1 => TD1,
            Self::Td2 => TD2,
            Self::Td3 => TD3,
            Self::MrvA => MRVA,
            Self::MrvB => MRVB,
            Self::FrenchCard => FRENCH,
        }
    }

    pub(super) fn number_check(self) -> Checked {
        let number = self.document_number();
        checked(&[number], (number.line, number.end))
    }

    /// Some issuers write the check digit of a date that is wholly unknown as filler.
    pub(super) fn birth_check(self) -> Checked {
        let birth = self.date_of_birth();
        Checked { may_be_empty: true, ..checked(&[birth], (birth.line, birth.end)) }
    }

    /// As for the birth.
    pub(super) fn expiry_check(self) -> Checked {
        let expiry = self.expiry_date();
        Checked { may_be_empty: true, ..checked(&[expiry], (expiry.line, expiry.end)) }
    }

    pub(super) fn optional_check(self) -> Option<Checked> {
        match self {
            Self::Td3 => Some(Checked { may_be_empty: true, ..checked(&[span(1, 28, 42)], (1, 42)) }),
            _ => None,
        }
    }

    /// Visas have none.
    pub(super) fn composite_check(self) -> Option<Checked> {
        match self {
            Self::Td1 => Some(checked(&[span(0, 5, 30), span(1, 0, 7), span(1, 8, 15), span(1, 18, 29)], (1, 29))),
            Self::Td2 => Some(checked(&[span(1, 0, 10), span(1, 13, 20), span(1, 21, 35)], (1, 35))),
            Self::Td3 => Some(checked(&[span(1, 0, 10), span(1, 13, 20), span(1, 21, 43)], (1, 43))),
            Self::FrenchCard => Some(checked(&[span(0, 0, 36), span(1, 0, 35)], (1, 35))),
            Self::MrvA | Self::MrvB => None,
        }
    }
}
