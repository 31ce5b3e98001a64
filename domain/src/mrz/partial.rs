//! Dates with unknown parts, and years without a century.

use jiff::civil::Date;

use crate::date::age_on;

/// No living person is older, in years, by the verified records of ages.
const OLDEST: i16 = 117;

/// A date of a zone: parts that are unknown to the issuer are filler or zeros there (Doc 9303-3, 4.8).
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

    /// The first day that it may be; `None` where the year is unknown or the calendar has no such day.
    fn earliest(self) -> Option<Date> {
        Date::new(self.year?, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok()
    }

    /// Whether no part is known.
    pub fn is_unknown(self) -> bool {
        self == Self::default()
    }

    /// Whether no known part contradicts `date`.
    pub fn fits(self, date: Date) -> bool {
        self.year.is_none_or(|year| year == date.year())
            && self.month.is_none_or(|month| month == date.month())
            && self.day.is_none_or(|day| day == date.day())
    }
}

/// `YYMMDD` of a zone, before its century is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodedDate {
    /// From 0 to 99.
    year: Option<i16>,
    pub month: Option<i8>,
    day: Option<i8>,
}

impl CodedDate {
    /// `None` for a text that is no date. An unknown part is `<<`; unknown month and day are also written `00`. Six
    /// zeros are a date of which nothing is known, since no month is 0.
    pub fn read(text: &str) -> Option<Self> {
        if text == "000000" {
            return Self::read("<<<<<<");
        }
        let part = |at: usize, most: i8| match text.get(at..at + 2)? {
            "<<" => Some(None),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().ok().filter(|n| *n <= most).map(Some)
            }
            _ => None,
        };
        let known = |part: i8| Some(part).filter(|part| *part > 0);
        let (year, month, day) = (part(0, 99)?, part(2, 12)?, part(4, 31)?);
        Some(Self { year: year.map(i16::from), month: month.and_then(known), day: day.and_then(known) })
    }

    fn in_century(self, century: i16) -> PartialDate {
        PartialDate { year: self.year.map(|year| century + year), month: self.month, day: self.day }
    }

    /// The dates of birth that it may be, the latest first: not in the future, and of a living person. None for a day
    /// that the calendar does not have.
    pub fn births(self, today: Date) -> Vec<PartialDate> {
        if self.year.is_none() {
            return vec![self.in_century(0)];
        }
        let living =
            |born: &PartialDate| born.earliest().is_some_and(|date| date <= today && age_on(date, today) <= OLDEST);
        [2000, 1900].map(|century| self.in_century(century)).into_iter().filter(living).collect()
    }

    /// An expiry lies within 50 years of today.
    pub fn expiry(self, today: Date) -> Option<PartialDate> {
        let late = self.year.is_none_or(|year| 2000 + year < today.year() + 50);
        let date = self.in_century(if late { 2000 } else { 1900 });
        (date.year.is_none() || date.earliest().is_some()).then_some(date)
    }
}

/// The dates of birth that remain possible with other facts about the document.
///
/// A holder was born before the document was issued or expired (`before`). Of the remaining centuries, the one of the
/// first date in `known` that fits one is right: a date of birth from another source, the most trustworthy first.
pub(super) fn settled(births: &[PartialDate], known: &[Date], before: Option<Date>) -> Vec<PartialDate> {
    let possible: Vec<PartialDate> = births
        .iter()
        .filter(|born| born.earliest().zip(before).is_none_or(|(born, before)| born <= before))
        .copied()
        .collect();
    // Facts that exclude every century contradict the zone, and settle nothing.
    let possible = if possible.is_empty() { births.to_vec() } else { possible };
    let supported = known.iter().find_map(|date| possible.iter().find(|born| born.fits(*date)));
    supported.map_or(possible.clone(), |born| vec![*born])
}
