//! The last lines of an address in the format of its country, after the addressing guides of the Universal Postal Union
//! and the address data of Unicode's CLDR. Where a country uses several scripts, the format is that of Latin letters.

use super::postal::PostalRule;

/// The last lines of an address, below building and street.
#[derive(Debug, PartialEq, Eq)]
pub struct AddressFormat {
    /// Lines, divided by `/`. `%Z` is the postal code, `%C` the town, `%S` the region, and `%A` the street in formats
    /// that have the town above it. Anything else stands for itself.
    lines: &'static str,
    /// Forms of its postal codes, if it has no [`PostalRule`]: codes there are read, but not required.
    forms: &'static str,
}

/// Where the postal code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodePosition {
    /// Before the town, on its line.
    BeforeTown,
    /// After the town, on its line.
    AfterTown,
    /// On a line of its own, above or below the town.
    OwnLine,
}

impl AddressFormat {
    /// The forms of its postal codes, as in a [`PostalRule`]; none where there are no codes. `rule` is the country's.
    pub(super) fn codes(&self, rule: Option<&PostalRule>) -> Vec<&'static str> {
        let forms = rule.map_or(self.forms, PostalRule::forms);
        forms.split('|').filter(|form| !form.is_empty()).collect()
    }

    /// Where the postal code is; `None` where there are no codes.
    pub fn code_position(&self) -> Option<CodePosition> {
        let line = self.lines.split('/').find(|line| line.contains("%Z"))?;
        let code = line.find("%Z")?;
        // A country's sign may precede the code.
        let after = line[..code].contains('%') || line[..code].trim().len() > 2;
        Some(match line.trim() == "%Z" {
            true => CodePosition::OwnLine,
            false if after => CodePosition::AfterTown,
            false => CodePosition::BeforeTown,
        })
    }

    /// Whether the region is part of the address.
    pub fn has_region(&self) -> bool {
        self.lines.contains("%S")
    }

    /// The address with its street lines. A part that is empty leaves its place empty.
    pub fn write(&self, street: &[String], town: &str, region: &str, code: &str) -> Vec<String> {
        let mut lines: Vec<String> = if self.lines.contains("%A") { Vec::new() } else { street.to_vec() };
        for line in self.lines.split('/') {
            if line == "%A" {
                lines.extend_from_slice(street);
                continue;
            }
            let filled = line.replace("%Z", code).replace("%C", town).replace("%S", region);
            let words: Vec<&str> = filled.split_whitespace().collect();
            let tidy = words.join(" ").trim_matches([',', '-', ' ']).to_owned();
            if !tidy.is_empty() {
                lines.push(tidy);
            }
        }
        lines
    }
}

/// Alpha-2 code and format, in the order of the codes.
#[rustfmt::skip] // One line a country.
static FORMATS: [(&str, AddressFormat); 250] = [
    ("AD", AddressFormat { lines: "%Z %C", forms: "" }),
    ("AE", AddressFormat { lines: "%C/%S", forms: "" }),
    ("AF", AddressFormat { lines: "%C/%Z", forms: "9999" }),
    ("AG", AddressFormat { lines: "%C", forms: "" }),
    ("AI", AddressFormat { lines: "%C/%Z", forms: "AI-2640" }),
    ("AL", AddressFormat { lines: "%Z/%C", forms: "9999" }),
    ("AM", AddressFormat { lines: "%Z/%C", forms: "9999" }),
    ("AO", AddressFormat { lines: "%C", forms: "" }),
    ("AQ", AddressFormat { lines: "%C", forms: "" }),
    ("AR", AddressFormat { lines: "%Z %C/%S", forms: "a9999aaa|a9999|9999" }),
    ("AS", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("AT", AddressFormat { lines: "%Z %C", forms: "" }),
    ("AU", AddressFormat { lines: "%C %S %Z", forms: "" }),
    ("AW", AddressFormat { lines: "%C", forms: "" }),
    ("AX", AddressFormat { lines: "%Z %C", forms: "" }),
    ("AZ", AddressFormat { lines: "AZ %Z %C", forms: "9999" }),
    ("BA", AddressFormat { lines: "%Z %C", forms: "" }),
    ("BB", AddressFormat { lines: "%C/%Z", forms: "BB99999" }),
    ("BD", AddressFormat { lines: "%C - %Z", forms: "9999" }),
    ("BE", AddressFormat { lines: "%Z %C", forms: "" }),
    ("BF", AddressFormat { lines: "%C", forms: "" }),
    ("BG", AddressFormat { lines: "%Z %C", forms: "" }),
    ("BH", AddressFormat { lines: "%C %Z", forms: "999|9999" }),
    ("BI", AddressFormat { lines: "%C", forms: "" }),
    ("BJ", AddressFormat { lines: "%C", forms: "" }),
    ("BL", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("BM", AddressFormat { lines: "%C %Z", forms: "aa 99|aa aa" }),
    ("BN", AddressFormat { lines: "%C %Z", forms: "aa9999" }),
    ("BO", AddressFormat { lines: "%C", forms: "" }),
    ("BQ", AddressFormat { lines: "%C", forms: "" }),
    ("BR", AddressFormat { lines: "%C-%S/%Z", forms: "" }),
    ("BS", AddressFormat { lines: "%C, %S", forms: "" }),
    ("BT", AddressFormat { lines: "%C %Z", forms: "99999" }),
    ("BV", AddressFormat { lines: "%C", forms: "" }),
    ("BW", AddressFormat { lines: "%C", forms: "" }),
    ("BY", AddressFormat { lines: "%Z, %C", forms: "999999" }),
    ("BZ", AddressFormat { lines: "%C", forms: "" }),
    ("CA", AddressFormat { lines: "%C %S %Z", forms: "" }),
    ("CC", AddressFormat { lines: "%C %S %Z", forms: "9999" }),
    ("CD", AddressFormat { lines: "%C", forms: "" }),
    ("CF", AddressFormat { lines: "%C", forms: "" }),
    ("CG", AddressFormat { lines: "%C", forms: "" }),
    ("CH", AddressFormat { lines: "%Z %C", forms: "" }),
    ("CI", AddressFormat { lines: "%C", forms: "" }),
    ("CK", AddressFormat { lines: "%C", forms: "" }),
    ("CL", AddressFormat { lines: "%Z %C/%S", forms: "9999999|999-9999" }),
    ("CM", AddressFormat { lines: "%C", forms: "" }),
    ("CN", AddressFormat { lines: "%C/%S, %Z", forms: "" }),
    ("CO", AddressFormat { lines: "%C, %S, %Z", forms: "999999" }),
    ("CR", AddressFormat { lines: "%S, %C/%Z", forms: "99999" }),
    ("CU", AddressFormat { lines: "%C %S/%Z", forms: "99999" }),
    ("CV", AddressFormat { lines: "%Z %C/%S", forms: "9999" }),
    ("CW", AddressFormat { lines: "%C", forms: "" }),
    ("CX", AddressFormat { lines: "%C %S %Z", forms: "9999" }),
    ("CY", AddressFormat { lines: "%Z %C", forms: "" }),
    ("CZ", AddressFormat { lines: "%Z %C", forms: "" }),
    ("DE", AddressFormat { lines: "%Z %C", forms: "" }),
    ("DJ", AddressFormat { lines: "%C", forms: "" }),
    ("DK", AddressFormat { lines: "%Z %C", forms: "" }),
    ("DM", AddressFormat { lines: "%C", forms: "" }),
    ("DO", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("DZ", AddressFormat { lines: "%Z %C", forms: "" }),
    ("EC", AddressFormat { lines: "%Z/%C", forms: "999999" }),
    ("EE", AddressFormat { lines: "%Z %C", forms: "" }),
    ("EG", AddressFormat { lines: "%C/%S/%Z", forms: "" }),
    ("EH", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("ER", AddressFormat { lines: "%C", forms: "" }),
    ("ES", AddressFormat { lines: "%Z %C %S", forms: "" }),
    ("ET", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("FI", AddressFormat { lines: "%Z %C", forms: "" }),
    ("FJ", AddressFormat { lines: "%C", forms: "" }),
    ("FK", AddressFormat { lines: "%C/%Z", forms: "FIQQ 1ZZ" }),
    ("FM", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("FO", AddressFormat { lines: "FO %Z %C", forms: "" }),
    ("FR", AddressFormat { lines: "%Z %C", forms: "" }),
    ("GA", AddressFormat { lines: "%C", forms: "" }),
    ("GB", AddressFormat { lines: "%C/%Z", forms: "" }),
    ("GD", AddressFormat { lines: "%C", forms: "" }),
    ("GE", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("GF", AddressFormat { lines: "%Z %C", forms: "" }),
    ("GG", AddressFormat { lines: "%C/GUERNSEY/%Z", forms: "" }),
    ("GH", AddressFormat { lines: "%C", forms: "" }),
    ("GI", AddressFormat { lines: "GIBRALTAR/%Z", forms: "GX11 1AA" }),
    ("GL", AddressFormat { lines: "%Z %C", forms: "" }),
    ("GM", AddressFormat { lines: "%C", forms: "" }),
    ("GN", AddressFormat { lines: "%Z %C", forms: "999" }),
    ("GP", AddressFormat { lines: "%Z %C", forms: "" }),
    ("GQ", AddressFormat { lines: "%C", forms: "" }),
    ("GR", AddressFormat { lines: "%Z %C", forms: "" }),
    ("GS", AddressFormat { lines: "%C/%Z", forms: "SIQQ 1ZZ" }),
    ("GT", AddressFormat { lines: "%Z-%C", forms: "99999" }),
    ("GU", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("GW", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("GY", AddressFormat { lines: "%C", forms: "" }),
    ("HK", AddressFormat { lines: "%C/%S", forms: "" }),
    ("HM", AddressFormat { lines: "%C", forms: "" }),
    ("HN", AddressFormat { lines: "%C, %S/%Z", forms: "99999" }),
    ("HR", AddressFormat { lines: "%Z %C", forms: "" }),
    ("HT", AddressFormat { lines: "%Z %C", forms: "HT9999" }),
    ("HU", AddressFormat { lines: "%C/%A/%Z", forms: "" }),
    ("ID", AddressFormat { lines: "%C/%S %Z", forms: "" }),
    ("IE", AddressFormat { lines: "%C/%S/%Z", forms: "" }),
    ("IL", AddressFormat { lines: "%C %Z", forms: "" }),
    ("IM", AddressFormat { lines: "%C/%Z", forms: "" }),
    ("IN", AddressFormat { lines: "%C %Z/%S", forms: "" }),
    ("IO", AddressFormat { lines: "%C/%Z", forms: "BBND 1ZZ" }),
    ("IQ", AddressFormat { lines: "%C, %S/%Z", forms: "99999" }),
    ("IR", AddressFormat { lines: "%C/%A/%Z", forms: "99999-99999" }),
    ("IS", AddressFormat { lines: "%Z %C", forms: "" }),
    ("IT", AddressFormat { lines: "%Z %C %S", forms: "" }),
    ("JE", AddressFormat { lines: "%C/JERSEY/%Z", forms: "" }),
    ("JM", AddressFormat { lines: "%C/%S", forms: "" }),
    ("JO", AddressFormat { lines: "%C %Z", forms: "99999" }),
    ("JP", AddressFormat { lines: "%C/%S %Z", forms: "" }),
    ("KE", AddressFormat { lines: "%C/%Z", forms: "99999" }),
    ("KG", AddressFormat { lines: "%Z %C", forms: "999999" }),
    ("KH", AddressFormat { lines: "%C %Z", forms: "99999|999999" }),
    ("KI", AddressFormat { lines: "%C", forms: "" }),
    ("KM", AddressFormat { lines: "%C", forms: "" }),
    ("KN", AddressFormat { lines: "%C, %S", forms: "" }),
    ("KP", AddressFormat { lines: "%C", forms: "" }),
    ("KR", AddressFormat { lines: "%S %C/%Z", forms: "" }),
    ("KW", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("KY", AddressFormat { lines: "%S %Z", forms: "KY9-9999" }),
    ("KZ", AddressFormat { lines: "%Z/%S/%C", forms: "999999" }),
    ("LA", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("LB", AddressFormat { lines: "%C %Z", forms: "9999|9999 9999" }),
    ("LC", AddressFormat { lines: "%C", forms: "" }),
    ("LI", AddressFormat { lines: "%Z %C", forms: "" }),
    ("LK", AddressFormat { lines: "%C/%Z", forms: "99999" }),
    ("LR", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("LS", AddressFormat { lines: "%C %Z", forms: "999" }),
    ("LT", AddressFormat { lines: "%Z %C", forms: "" }),
    ("LU", AddressFormat { lines: "%Z %C", forms: "" }),
    ("LV", AddressFormat { lines: "%C, %Z", forms: "" }),
    ("LY", AddressFormat { lines: "%C", forms: "" }),
    ("MA", AddressFormat { lines: "%Z %C", forms: "" }),
    ("MC", AddressFormat { lines: "%Z %C", forms: "" }),
    ("MD", AddressFormat { lines: "%Z %C", forms: "" }),
    ("ME", AddressFormat { lines: "%Z %C", forms: "" }),
    ("MF", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("MG", AddressFormat { lines: "%Z %C", forms: "999" }),
    ("MH", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("MK", AddressFormat { lines: "%Z %C", forms: "" }),
    ("ML", AddressFormat { lines: "%C", forms: "" }),
    ("MM", AddressFormat { lines: "%C, %Z", forms: "99999" }),
    ("MN", AddressFormat { lines: "%C/%S %Z", forms: "99999" }),
    ("MO", AddressFormat { lines: "%C", forms: "" }),
    ("MP", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("MQ", AddressFormat { lines: "%Z %C", forms: "" }),
    ("MR", AddressFormat { lines: "%C", forms: "" }),
    ("MS", AddressFormat { lines: "%C", forms: "" }),
    ("MT", AddressFormat { lines: "%C %Z", forms: "" }),
    ("MU", AddressFormat { lines: "%Z/%C", forms: "99999" }),
    ("MV", AddressFormat { lines: "%C %Z", forms: "99999" }),
    ("MW", AddressFormat { lines: "%C", forms: "" }),
    ("MX", AddressFormat { lines: "%Z %C, %S", forms: "" }),
    ("MY", AddressFormat { lines: "%Z %C/%S", forms: "" }),
    ("MZ", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("NA", AddressFormat { lines: "%C/%Z", forms: "99999" }),
    ("NC", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("NE", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("NF", AddressFormat { lines: "%C %S %Z", forms: "9999" }),
    ("NG", AddressFormat { lines: "%C %Z/%S", forms: "999999" }),
    ("NI", AddressFormat { lines: "%Z/%C, %S", forms: "99999" }),
    ("NL", AddressFormat { lines: "%Z %C", forms: "" }),
    ("NO", AddressFormat { lines: "%Z %C", forms: "" }),
    ("NP", AddressFormat { lines: "%C %Z", forms: "99999" }),
    ("NR", AddressFormat { lines: "%C", forms: "" }),
    ("NU", AddressFormat { lines: "%C", forms: "" }),
    ("NZ", AddressFormat { lines: "%C %Z", forms: "" }),
    ("OM", AddressFormat { lines: "%Z/%C", forms: "999" }),
    ("PA", AddressFormat { lines: "%C/%S", forms: "" }),
    ("PE", AddressFormat { lines: "%C %Z/%S", forms: "99999" }),
    ("PF", AddressFormat { lines: "%Z %C/%S", forms: "99999" }),
    ("PG", AddressFormat { lines: "%C %Z %S", forms: "999" }),
    ("PH", AddressFormat { lines: "%Z %C/%S", forms: "" }),
    ("PK", AddressFormat { lines: "%C-%Z", forms: "99999" }),
    ("PL", AddressFormat { lines: "%Z %C", forms: "" }),
    ("PM", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("PN", AddressFormat { lines: "%C/%Z", forms: "PCRN 1ZZ" }),
    ("PR", AddressFormat { lines: "%C PR %Z", forms: "99999" }),
    ("PS", AddressFormat { lines: "%C", forms: "" }),
    ("PT", AddressFormat { lines: "%Z %C", forms: "" }),
    ("PW", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("PY", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("QA", AddressFormat { lines: "%C", forms: "" }),
    ("RE", AddressFormat { lines: "%Z %C", forms: "" }),
    ("RO", AddressFormat { lines: "%Z %C", forms: "" }),
    ("RS", AddressFormat { lines: "%Z %C", forms: "" }),
    ("RU", AddressFormat { lines: "%C/%S/%Z", forms: "" }),
    ("RW", AddressFormat { lines: "%C", forms: "" }),
    ("SA", AddressFormat { lines: "%C %Z", forms: "99999" }),
    ("SB", AddressFormat { lines: "%C", forms: "" }),
    ("SC", AddressFormat { lines: "%C/%S", forms: "" }),
    ("SD", AddressFormat { lines: "%C/%Z", forms: "99999" }),
    ("SE", AddressFormat { lines: "%Z %C", forms: "" }),
    ("SG", AddressFormat { lines: "SINGAPORE %Z", forms: "" }),
    ("SH", AddressFormat { lines: "%C/%Z", forms: "STHL 1ZZ" }),
    ("SI", AddressFormat { lines: "%Z %C", forms: "" }),
    ("SJ", AddressFormat { lines: "%Z %C", forms: "" }),
    ("SK", AddressFormat { lines: "%Z %C", forms: "" }),
    ("SL", AddressFormat { lines: "%C", forms: "" }),
    ("SM", AddressFormat { lines: "%Z %C", forms: "" }),
    ("SN", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("SO", AddressFormat { lines: "%C, %S %Z", forms: "aa 99999" }),
    ("SR", AddressFormat { lines: "%C/%S", forms: "" }),
    ("SS", AddressFormat { lines: "%C", forms: "" }),
    ("ST", AddressFormat { lines: "%C", forms: "" }),
    ("SV", AddressFormat { lines: "%Z-%C/%S", forms: "9999" }),
    ("SX", AddressFormat { lines: "%C", forms: "" }),
    ("SY", AddressFormat { lines: "%C", forms: "" }),
    ("SZ", AddressFormat { lines: "%C/%Z", forms: "a999" }),
    ("TC", AddressFormat { lines: "%C/%Z", forms: "TKCA 1ZZ" }),
    ("TD", AddressFormat { lines: "%C", forms: "" }),
    ("TF", AddressFormat { lines: "%C", forms: "" }),
    ("TG", AddressFormat { lines: "%C", forms: "" }),
    ("TH", AddressFormat { lines: "%C/%S %Z", forms: "" }),
    ("TJ", AddressFormat { lines: "%Z %C", forms: "999999" }),
    ("TK", AddressFormat { lines: "%C", forms: "" }),
    ("TL", AddressFormat { lines: "%C", forms: "" }),
    ("TM", AddressFormat { lines: "%Z %C", forms: "999999" }),
    ("TN", AddressFormat { lines: "%Z %C", forms: "9999" }),
    ("TO", AddressFormat { lines: "%C", forms: "" }),
    ("TR", AddressFormat { lines: "%Z %C/%S", forms: "" }),
    ("TT", AddressFormat { lines: "%C", forms: "" }),
    ("TV", AddressFormat { lines: "%C/%S", forms: "" }),
    ("TW", AddressFormat { lines: "%C, %S %Z", forms: "999999|99999" }),
    ("TZ", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("UA", AddressFormat { lines: "%C/%S/%Z", forms: "" }),
    ("UG", AddressFormat { lines: "%C", forms: "" }),
    ("UM", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("US", AddressFormat { lines: "%C, %S %Z", forms: "" }),
    ("UY", AddressFormat { lines: "%Z %C %S", forms: "99999" }),
    ("UZ", AddressFormat { lines: "%Z %C/%S", forms: "999999" }),
    ("VA", AddressFormat { lines: "%Z %C", forms: "" }),
    ("VC", AddressFormat { lines: "%C/%Z", forms: "VC9999" }),
    ("VE", AddressFormat { lines: "%C %Z, %S", forms: "9999" }),
    ("VG", AddressFormat { lines: "%C/%Z", forms: "VG9999" }),
    ("VI", AddressFormat { lines: "%C %S %Z", forms: "99999" }),
    ("VN", AddressFormat { lines: "%C/%S %Z", forms: "99999|999999" }),
    ("VU", AddressFormat { lines: "%C", forms: "" }),
    ("WF", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("WS", AddressFormat { lines: "%C", forms: "" }),
    ("XK", AddressFormat { lines: "%Z %C", forms: "" }),
    ("YE", AddressFormat { lines: "%C", forms: "" }),
    ("YT", AddressFormat { lines: "%Z %C", forms: "" }),
    ("ZA", AddressFormat { lines: "%C/%Z", forms: "" }),
    ("ZM", AddressFormat { lines: "%Z %C", forms: "99999" }),
    ("ZW", AddressFormat { lines: "%C", forms: "" }),
];

/// The format of a country, by its alpha-2 code in upper case.
pub(super) fn format(alpha2: &str) -> Option<&'static AddressFormat> {
    FORMATS.binary_search_by(|(code, _)| (*code).cmp(alpha2)).ok().map(|at| &FORMATS[at].1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{all, by_alpha2};
    use super::*;

    #[test]
    fn every_country_has_a_format() {
        assert!(all().iter().map(|country| country.alpha2).eq(FORMATS.iter().map(|(code, _)| *code)));
        for (code, format) in &FORMATS {
            let codes = by_alpha2(code).unwrap().postal_code_forms();
            assert_eq!(format.code_position().is_some(), !codes.is_empty(), "{code}");
        }
    }

    #[test]
    fn addresses_are_written_in_the_format_of_their_country() {
        let street = ["1 Main Street".to_owned()];
        for (country, town, region, code, lines) in [
            ("NO", "Oslo", "", "0184", &["1 Main Street", "0184 Oslo"][..]),
            ("US", "Springfield", "IL", "62704", &["1 Main Street", "Springfield, IL 62704"]),
            ("GB", "Leeds", "", "LS1 4DY", &["1 Main Street", "Leeds", "LS1 4DY"]),
            ("HU", "Budapest", "", "1051", &["Budapest", "1 Main Street", "1051"]),
            ("SG", "Singapore", "", "120123", &["1 Main Street", "SINGAPORE 120123"]),
            ("BR", "São Paulo", "SP", "01310-100", &["1 Main Street", "São Paulo-SP", "01310-100"]),
            ("AE", "Dubai", "", "", &["1 Main Street", "Dubai"]),
            ("SE", "Stockholm", "", "", &["1 Main Street", "Stockholm"]),
        ] {
            assert_eq!(format(country).unwrap().write(&street, town, region, code), lines, "{country}");
        }
    }

    #[test]
    fn position_of_the_code_follows_from_the_format() {
        for (country, position) in [
            ("SE", Some(CodePosition::BeforeTown)),
            ("AU", Some(CodePosition::AfterTown)),
            ("SG", Some(CodePosition::AfterTown)),
            ("GB", Some(CodePosition::OwnLine)),
            ("AZ", Some(CodePosition::BeforeTown)),
            ("AE", None),
        ] {
            assert_eq!(format(country).unwrap().code_position(), position, "{country}");
        }
    }
}
