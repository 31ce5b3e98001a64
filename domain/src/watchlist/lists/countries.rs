//! Countries as publishers name them, and their ISO 3166-1 alpha-2 codes.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::country;

/// Names that differ from those in [`crate::country`], in lower case, without `the` and without brackets.
const OTHER_NAMES: [(&str, &str); 84] = [
    // OFAC.
    ("korea, north", "KP"),
    ("korea, south", "KR"),
    ("burma", "MM"),
    ("turkey", "TR"),
    ("congo, democratic republic of the", "CD"),
    ("congo, republic of the", "CG"),
    ("cote d ivoire", "CI"),
    ("cote d'ivoire", "CI"),
    ("côte d'ivoire", "CI"),
    ("ivory coast", "CI"),
    ("gambia", "GM"),
    ("bahamas, the", "BS"),
    ("gambia, the", "GM"),
    ("czech republic", "CZ"),
    ("palestinian", "PS"),
    ("west bank", "PS"),
    ("gaza", "PS"),
    ("region: gaza", "PS"),
    ("occupied palestinian territories", "PS"),
    ("palestine", "PS"),
    ("state of palestine", "PS"),
    ("palestinian territory", "PS"),
    ("cabo verde", "CV"),
    ("cape verde", "CV"),
    ("macedonia", "MK"),
    ("republic of north macedonia", "MK"),
    ("north macedonia, the republic of", "MK"),
    ("hong kong", "HK"),
    ("macau", "MO"),
    ("holy see", "VA"),
    ("swaziland", "SZ"),
    // The United Nations.
    ("democratic people's republic of korea", "KP"),
    ("democratic people’s republic of korea", "KP"),
    ("dprk", "KP"),
    ("north korea", "KP"),
    ("republic of korea", "KR"),
    ("south korea", "KR"),
    ("democratic republic of congo", "CD"),
    ("democratic republic of the congo", "CD"),
    ("congo democratic republic", "CD"),
    ("drc", "CD"),
    ("congo", "CG"),
    ("iran", "IR"),
    ("iran islamic republic of", "IR"),
    ("islamic republic of iran", "IR"),
    ("syrian arab republic", "SY"),
    ("syria", "SY"),
    ("russian federation", "RU"),
    ("russia", "RU"),
    ("libyan arab jamahiriya", "LY"),
    ("state of libya", "LY"),
    ("united republic of tanzania", "TZ"),
    ("tanzania", "TZ"),
    ("tanzania united republic of", "TZ"),
    ("viet nam", "VN"),
    ("vietnam", "VN"),
    ("lao people's democratic republic", "LA"),
    ("laos", "LA"),
    ("bolivia plurinational state of", "BO"),
    ("venezuela bolivarian republic of", "VE"),
    ("venezuela", "VE"),
    ("republic of moldova", "MD"),
    ("moldova republic of", "MD"),
    ("moldova", "MD"),
    ("united kingdom of great britain and northern ireland", "GB"),
    ("great britain", "GB"),
    ("uk", "GB"),
    ("england", "GB"),
    ("united states of america", "US"),
    ("united states", "US"),
    ("usa", "US"),
    ("brunei darussalam", "BN"),
    ("türkiye", "TR"),
    ("turkiye", "TR"),
    ("islamic republic of afghanistan", "AF"),
    ("people's republic of china", "CN"),
    ("kingdom of saudi arabia", "SA"),
    ("republic of yemen", "YE"),
    ("republic of iraq", "IQ"),
    ("republic of south sudan", "SS"),
    ("republic of belarus", "BY"),
    ("taiwan, province of china", "TW"),
    ("taiwan", "TW"),
    ("federal republic of germany", "DE"),
];

/// Nationalities that lists write as adjectives.
const ADJECTIVES: [(&str, &str); 34] = [
    ("afghan", "AF"),
    ("algerian", "DZ"),
    ("american", "US"),
    ("belarusian", "BY"),
    ("belarussian", "BY"),
    ("british", "GB"),
    ("burmese", "MM"),
    ("chinese", "CN"),
    ("congolese", "CD"),
    ("cypriot", "CY"),
    ("egyptian", "EG"),
    ("french", "FR"),
    ("georgian", "GE"),
    ("german", "DE"),
    ("haitian", "HT"),
    ("indonesian", "ID"),
    ("iranian", "IR"),
    ("iraqi", "IQ"),
    ("israeli", "IL"),
    ("jordanian", "JO"),
    ("lebanese", "LB"),
    ("libyan", "LY"),
    ("malian", "ML"),
    ("moldovan", "MD"),
    ("nicaraguan", "NI"),
    ("pakistani", "PK"),
    ("russian", "RU"),
    ("saudi", "SA"),
    ("somali", "SO"),
    ("sudanese", "SD"),
    ("syrian", "SY"),
    ("tunisian", "TN"),
    ("ukrainian", "UA"),
    ("yemeni", "YE"),
];

/// The code of a country's name. `None` for states that no longer exist and for what is no country.
pub(super) fn by_name(name: &str) -> Option<&'static str> {
    static NAMES: OnceLock<HashMap<String, &'static str>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let published = country::all().iter().map(|country| (plain(country.name), country.alpha2));
        let others = OTHER_NAMES.iter().chain(&ADJECTIVES);
        let others = others.filter_map(|(name, code)| Some((plain(name), country::by_alpha2(code)?.alpha2)));
        // A later pair replaces an earlier one.
        published.chain(others).collect()
    });
    names.get(&plain(name)).copied()
}

/// The code of an alpha-2 code, in either case; `None` for the EU's `00` and for codes that are no longer in use.
pub(super) fn by_code(code: &str) -> Option<&'static str> {
    country::by_alpha2(code.trim()).map(|country| country.alpha2)
}

/// The code of the country at the end of a place, for instance `Minsk, Belarus`.
pub(super) fn of_place(place: &str) -> Option<&'static str> {
    by_name(place).or_else(|| by_name(place.rsplit(", ").next().unwrap_or(place)))
}

fn plain(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_lowercase();
    let name = name.strip_prefix("the ").unwrap_or(&name);
    name.chars().filter(|c| !matches!(c, '(' | ')')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_names_have_codes() {
        for (name, code) in [
            ("Korea, North", Some("KP")),
            ("Iran (Islamic Republic of)", Some("IR")),
            ("The Gambia", Some("GM")),
            ("Russian Federation", Some("RU")),
            ("russia", Some("RU")),
            ("Norway", Some("NO")),
            ("Syrian", Some("SY")),
            ("USSR", None),
            ("undetermined", None),
            ("", None),
        ] {
            assert_eq!(by_name(name), code, "{name}");
        }
        assert_eq!((by_code("ru"), by_code("00"), by_code("CS"), by_code("UNKNOWN")), (Some("RU"), None, None, None));
        assert_eq!(
            (of_place("Minsk, Belarus"), of_place("Belarus"), of_place("Minsk")),
            (Some("BY"), Some("BY"), None)
        );
    }

    #[test]
    fn every_table_row_names_a_country() {
        for (name, code) in OTHER_NAMES.iter().chain(&ADJECTIVES) {
            assert_eq!(by_name(name), Some(*code), "{name}");
        }
    }
}
