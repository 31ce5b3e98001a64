//! Dates with unknown parts.

use jiff::civil::Date;

/// A date of a zone: parts that are unknown to the issuer are filler there (Doc 9303-3, 4.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartialDate {
    /// With its century.
    pub year: Option<i16>,
    /// From 1 to 12.
    pub month: Option<i8>,
    /// From 1 to 31.
    pub day: Option<i8>,
}

impl PartialDate {
    /// The complete date; `None` where a part is unknown or the calendar has no such day.
    pub fn whole(self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?).ok()
    }

    /// Whether at least one part is known, and no known part contradicts `date`.
    pub fn fits(self, date: Date) -> bool {
        let parts = [
            self.year.map(|year| year == date.year()),
            self.month.map(|month| month == date.month()),
            self.day.map(|day| day == date.day()),
        ];
        parts.contains(&Some(true)) && !parts.contains(&Some(false))
    }

    /// Year of the century, month and day of `YYMMDD`. An unknown part is `<<`. All parts are unknown if one is
    /// invalid. `century` gives the year for the two digits, month and day.
    pub(super) fn read(text: &str, century: impl FnOnce(i16, Option<i8>, Option<i8>) -> i16) -> Self {
        let part = |at: usize| match text.get(at..at + 2) {
            Some("<<") => Ok(None),
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().map(Some).map_err(drop),
            _ => Err(()),
        };
        let (Ok(year), Ok(month), Ok(day)) = (part(0), part(2), part(4)) else { return Self::default() };
        if month.is_some_and(|m| !(1..=12).contains(&m)) || day.is_some_and(|d| !(1..=31).contains(&d)) {
            return Self::default();
        }
        Self { year: year.map(|year| century(i16::from(year), month, day)), month, day }
    }
}
