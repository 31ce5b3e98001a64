//! Countries: ISO 3166-1 with calling codes and postal-code rules, and the codes that ICAO 9303-3 adds for travel
//! documents.

mod address_format;
mod date_order;
mod postal;
mod table;

pub use address_format::{AddressFormat, CodePosition};
pub use date_order::{DateOrder, date_order};
pub use postal::{InvalidPostalCode, PostalRule};

/// A country or territory of ISO 3166-1, or Kosovo, which has the codes that the standard leaves to its users (`XK`,
/// as the European Union, the Universal Postal Union and Unicode use it).
#[derive(Debug, PartialEq, Eq)]
pub struct Country {
    /// Two letters, for instance `NO`.
    pub alpha2: &'static str,
    /// Three letters, for instance `NOR`.
    pub alpha3: &'static str,
    /// Its usual English name.
    pub name: &'static str,
    /// ITU-T E.164 country code, digits only, for instance `47`; several countries may share one.
    pub calling_code: &'static str,
}

impl Country {
    /// The form of its postal codes, if known. Without a known form any code is accepted, and none is required.
    pub fn postal_rule(&self) -> Option<&'static PostalRule> {
        postal::rule(self.alpha2)
    }

    /// The format of the last lines of its addresses.
    pub fn address_format(&self) -> Option<&'static AddressFormat> {
        address_format::format(self.alpha2)
    }

    /// The forms of its postal codes in print: `9` is a digit, `a` a letter, `x` either; anything else stands for
    /// itself. More countries have them than have a [`PostalRule`]. Empty without codes.
    pub fn postal_code_forms(&self) -> Vec<&'static str> {
        self.address_format().map_or_else(Vec::new, |format| format.codes(self.postal_rule()))
    }
}

/// All 250 countries, in the order of their alpha-2 codes.
pub fn all() -> &'static [Country] {
    &table::ALL
}

/// The country of an ISO 3166-1 alpha-2 code, in either case.
pub fn by_alpha2(code: &str) -> Option<&'static Country> {
    all().iter().find(|country| country.alpha2.eq_ignore_ascii_case(code))
}

/// The country of an ISO 3166-1 alpha-3 code, in either case.
pub fn by_alpha3(code: &str) -> Option<&'static Country> {
    all().iter().find(|country| country.alpha3.eq_ignore_ascii_case(code))
}

/// The country of an English name as this table spells it, in either case.
pub fn by_name(name: &str) -> Option<&'static Country> {
    all().iter().find(|country| country.name.to_lowercase() == name.to_lowercase())
}

/// A state, organisation or status in the issuer or nationality field of a travel document (ICAO 9303-3, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentState {
    /// The code as documents print it, for instance `NOR` or `D`.
    pub code: &'static str,
    /// Its English name.
    pub name: &'static str,
    /// Its country, if it is one.
    pub country: Option<&'static Country>,
}

impl DocumentState {
    /// Whether it is ICAO's fictitious state, which only specimens have.
    pub fn is_specimen(&self) -> bool {
        self.code == "UTO"
    }
}

/// Codes beyond ISO 3166-1: code, name, alpha-2 code of the country it belongs to (empty: none).
const ICAO_EXTRAS: [(&str, &str, &str); 28] = [
    ("D", "Germany", "DE"),
    ("EUE", "European Union", ""),
    ("GBD", "British Overseas Territories citizen", "GB"),
    ("GBN", "British National (Overseas)", "GB"),
    ("GBO", "British Overseas citizen", "GB"),
    ("GBP", "British protected person", "GB"),
    ("GBS", "British subject", "GB"),
    ("IAO", "International Civil Aviation Organization", ""),
    ("RKS", "Kosovo", "XK"),
    ("UNA", "United Nations specialised agency", ""),
    ("UNK", "United Nations interim administration in Kosovo", "XK"),
    ("UNO", "United Nations", ""),
    ("UTO", "Utopia (specimen)", ""),
    ("XAA", "Stateless person", ""),
    ("XBA", "African Development Bank", ""),
    ("XCC", "Caribbean Community", ""),
    ("XCE", "Council of Europe", ""),
    ("XCO", "Common Market for Eastern and Southern Africa", ""),
    ("XEC", "Economic Community of West African States", ""),
    ("XES", "Organization of Eastern Caribbean States", ""),
    ("XIM", "African Export-Import Bank", ""),
    ("XMP", "Parliamentary Assembly of the Mediterranean", ""),
    ("XOM", "Sovereign Military Order of Malta", ""),
    ("XPO", "Interpol", ""),
    ("XXA", "Stateless person", ""),
    ("XXB", "Refugee", ""),
    ("XXC", "Refugee, other", ""),
    ("XXX", "Unspecified nationality", ""),
];

/// The state of a code in a travel document, in either case. Codes as documents have them: ISO 3166-1 alpha-3 and
/// ICAO's additions. Germany's `D` and the out-of-use but well-formed `DEU` are both known.
pub fn document_state(code: &str) -> Option<DocumentState> {
    let extra = ICAO_EXTRAS.iter().find(|(extra, ..)| extra.eq_ignore_ascii_case(code));
    match extra {
        Some(&(code, name, alpha2)) => Some(DocumentState { code, name, country: by_alpha2(alpha2) }),
        None => by_alpha3(code).map(|country| DocumentState {
            code: country.alpha3,
            name: country.name,
            country: Some(country),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn country_table_is_complete_ordered_and_unique() {
        assert_eq!(all().len(), 250);
        assert!(all().is_sorted_by(|a, b| a.alpha2 < b.alpha2));
        assert_eq!(all().iter().map(|c| c.alpha3).collect::<BTreeSet<_>>().len(), 250);
        assert_eq!(all().iter().map(|c| c.name).collect::<BTreeSet<_>>().len(), 250);
        for country in all() {
            assert!(country.alpha2.len() == 2 && country.alpha2.bytes().all(|b| b.is_ascii_uppercase()));
            assert!(country.alpha3.len() == 3 && country.alpha3.bytes().all(|b| b.is_ascii_uppercase()));
            assert!((1..=3).contains(&country.calling_code.len()), "{}", country.name);
            assert!(country.calling_code.bytes().all(|b| b.is_ascii_digit()), "{}", country.name);
        }
    }

    #[test]
    fn codes_match_whole_in_either_case() {
        let norway = by_alpha2("no").unwrap();
        assert_eq!((norway.alpha3, norway.name, norway.calling_code), ("NOR", "Norway", "47"));
        assert_eq!(by_alpha3("nor"), Some(norway));
        assert_eq!(by_name("norway"), Some(norway));
        for wrong in ["", "N", "NOR", "ZZ", "UK", "EU"] {
            assert_eq!(by_alpha2(wrong), None, "{wrong}");
        }
        assert_eq!(by_alpha3("NO"), None);
    }

    #[test]
    fn document_codes_extend_iso_codes() {
        assert_eq!(document_state("D").unwrap().country, by_alpha2("DE"));
        assert_eq!(document_state("DEU").unwrap().country, by_alpha2("DE"));
        assert_eq!(document_state("gbd").unwrap().country, by_alpha2("GB"));
        assert_eq!(document_state("XXA").unwrap().country, None);
        assert_eq!(document_state("UNO").unwrap().name, "United Nations");
        assert!(document_state("UTO").unwrap().is_specimen());
        assert!(!document_state("NOR").unwrap().is_specimen());
        for wrong in ["", "DE", "ZZZ", "NO"] {
            assert_eq!(document_state(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn icao_codes_do_not_shadow_iso_codes() {
        for (code, _, alpha2) in ICAO_EXTRAS {
            assert_eq!(by_alpha3(code), None, "{code}");
            assert!(alpha2.is_empty() || by_alpha2(alpha2).is_some(), "{code}");
        }
    }
}
