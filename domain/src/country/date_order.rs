//! The order of day and month in dates of figures, country by country, after the short date formats of Unicode's CLDR.

/// The order of day and month in a date like `11/05/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 11 May.
    DayFirst,
    /// 5 November.
    MonthFirst,
    /// Both are in use, or the country is unknown.
    Either,
}

/// The United States with their territories, the states in free association with them, Panama and the Philippines.
const MONTH_FIRST: [&str; 12] = ["AS", "FM", "GU", "MH", "MP", "PA", "PH", "PR", "PW", "UM", "US", "VI"];

/// Countries in whose languages or trades both orders are common.
const EITHER: [&str; 4] = ["BZ", "CA", "KY", "LR"];

/// The order of a country, by its alpha-2 code in upper case.
pub fn date_order(alpha2: &str) -> DateOrder {
    if MONTH_FIRST.contains(&alpha2) {
        DateOrder::MonthFirst
    } else if EITHER.contains(&alpha2) || super::by_alpha2(alpha2).is_none() {
        DateOrder::Either
    } else {
        DateOrder::DayFirst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_and_month_follow_the_order_of_the_country() {
        for (country, order) in [
            ("US", DateOrder::MonthFirst),
            ("PR", DateOrder::MonthFirst),
            ("GB", DateOrder::DayFirst),
            ("NO", DateOrder::DayFirst),
            ("CA", DateOrder::Either),
            ("", DateOrder::Either),
        ] {
            assert_eq!(date_order(country), order, "{country}");
        }
        assert!(MONTH_FIRST.iter().chain(&EITHER).all(|code| super::super::by_alpha2(code).is_some()));
    }
}
