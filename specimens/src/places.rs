//! Addresses of invented people.

use rand::Rng;
use rand::rngs::StdRng;

use crate::pick;

/// The language of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    English,
    German,
    French,
    Spanish,
    Norwegian,
}

/// A country with its format of addresses.
pub(crate) struct Country {
    /// The name on letters from abroad.
    pub name: &'static str,
    pub language: Language,
    /// Streets, with `#` for the house number.
    streets: &'static [&'static str],
    /// Separate lines before or after the street; empty for none.
    annexes: &'static [&'static str],
    /// Whether the annex comes before the street.
    annex_first: bool,
    /// Postal code and town.
    towns: &'static [(&'static str, &'static str)],
}

/// All countries.
pub(crate) const COUNTRIES: &[Country] = &[
    Country {
        name: "Norge",
        language: Language::Norwegian,
        streets: &["Storgata #", "Østre Strandvei #B", "Kirkeveien # A", "Lærdalsgata #", "Torggata #"],
        annexes: &["", "", "Bolignr. H0203"],
        annex_first: false,
        towns: &[("0184", "Oslo"), ("5003", "Bergen"), ("9008", "Tromsø"), ("6002", "Ålesund")],
    },
    Country {
        name: "Deutschland",
        language: Language::German,
        streets: &["Lindenstraße #", "Am Mühlbach #a", "Königsallee #", "Schillerstr. #", "Gänsemarkt #"],
        annexes: &["", "", "bei Schröder", "Hinterhaus"],
        annex_first: true,
        towns: &[("10969", "Berlin"), ("80331", "München"), ("04109", "Leipzig"), ("37073", "Göttingen")],
    },
    Country {
        name: "Österreich",
        language: Language::German,
        streets: &["Mariahilfer Straße #/3/12", "Getreidegasse #", "Hauptplatz #"],
        annexes: &[""],
        annex_first: true,
        towns: &[("1060", "Wien"), ("5020", "Salzburg"), ("8010", "Graz")],
    },
    Country {
        name: "France",
        language: Language::French,
        streets: &["#, rue de la République", "# bis avenue Jean Jaurès", "# place de l'Église", "# chemin des Prés"],
        annexes: &["", "Appartement 4", "Bâtiment C"],
        annex_first: true,
        towns: &[("75011", "PARIS"), ("69003", "LYON"), ("42000", "SAINT-ÉTIENNE"), ("25000", "Besançon")],
    },
    Country {
        name: "España",
        language: Language::Spanish,
        streets: &["Calle Mayor, #", "Avda. de la Constitución, #", "C/ Peñón #", "Plaza de España, #"],
        annexes: &["", "3º B", "Piso 2, puerta 4"],
        annex_first: false,
        towns: &[("28013", "Madrid"), ("41004", "Sevilla"), ("15003", "A Coruña"), ("26001", "Logroño")],
    },
    Country {
        name: "United Kingdom",
        language: Language::English,
        streets: &["# Church Lane", "# St Mary's Road", "# Victoria Terrace", "# The Green", "# Kingsway"],
        annexes: &["", "Flat 2", "Apartment 14B", "Rose Cottage"],
        annex_first: true,
        // Town and code on separate lines, as the Royal Mail requires.
        towns: &[("LS1 4AB", "Leeds"), ("SW1A 2AA", "London"), ("EH3 9QN", "Edinburgh"), ("CF10 1BH", "Cardiff")],
    },
    Country {
        name: "Ireland",
        language: Language::English,
        streets: &["# O'Connell Street", "# Abbey Road"],
        annexes: &["", "Apt 5"],
        annex_first: true,
        towns: &[("D01 F5P2", "Dublin 1"), ("H91 E2K3", "Galway")],
    },
];

/// An invented home address.
pub(crate) struct Home {
    pub line1: String,
    pub line2: String,
    pub postal_code: String,
    pub city: String,
    pub country: &'static Country,
}

impl Home {
    pub fn invent(rng: &mut StdRng) -> Self {
        let country = pick(rng, COUNTRIES);
        let number = if rng.random_bool(0.2) { rng.random_range(100..250) } else { rng.random_range(1..99) };
        let street = pick(rng, country.streets).replace('#', &number.to_string());
        let annex = (*pick(rng, country.annexes)).to_owned();
        let (code, town) = pick(rng, country.towns);
        let (line1, line2) = if country.annex_first && !annex.is_empty() { (annex, street) } else { (street, annex) };
        Self { line1, line2, postal_code: (*code).to_owned(), city: (*town).to_owned(), country }
    }
}
