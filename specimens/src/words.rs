//! Captions and dates, in the languages of documents.

use jiff::civil::Date;

use crate::canvas::UNLIMITED;

/// The languages of captions on identity documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    German,
    French,
    Spanish,
    Norwegian,
    Swedish,
    Italian,
}

/// The field of a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Type,
    Code,
    PassportNumber,
    CardNumber,
    Surname,
    Given,
    Nationality,
    Birth,
    Place,
    Sex,
    Issue,
    Expiry,
    Authority,
    Address,
}

impl Item {
    /// In English, German, French, Spanish, Norwegian, Swedish, Italian.
    const fn all(self) -> [&'static str; 7] {
        match self {
            Self::Type => ["Type", "Typ", "Type", "Tipo", "Type", "Typ", "Tipo"],
            Self::Code => ["Code of issuing State", "Kode", "Code du pays", "Código", "Landkode", "Landskod", "Codice"],
            Self::PassportNumber => {
                ["Passport No.", "Pass-Nr.", "Passeport N°", "Pasaporte N.º", "Pass nr.", "Passnr", "Passaporto N."]
            }
            Self::CardNumber => [
                "Document No.",
                "Dokumentennummer",
                "N° du document",
                "N.º documento",
                "Kortnr.",
                "Kortnr",
                "Documento N.",
            ],
            Self::Surname => ["Surname", "Name", "Nom", "Apellidos", "Etternavn", "Efternamn", "Cognome"],
            Self::Given => ["Given names", "Vornamen", "Prénoms", "Nombre", "Fornavn", "Förnamn", "Nome"],
            Self::Nationality => [
                "Nationality",
                "Staatsangehörigkeit",
                "Nationalité",
                "Nacionalidad",
                "Statsborgerskap",
                "Medborgarskap",
                "Cittadinanza",
            ],
            Self::Birth => [
                "Date of birth",
                "Geburtsdatum",
                "Date de naissance",
                "Fecha de nacimiento",
                "Fødselsdato",
                "Födelsedatum",
                "Data di nascita",
            ],
            Self::Place => [
                "Place of birth",
                "Geburtsort",
                "Lieu de naissance",
                "Lugar de nacimiento",
                "Fødested",
                "Födelseort",
                "Luogo di nascita",
            ],
            Self::Sex => ["Sex", "Geschlecht", "Sexe", "Sexo", "Kjønn", "Kön", "Sesso"],
            Self::Issue => [
                "Date of issue",
                "Ausstellungsdatum",
                "Date de délivrance",
                "Fecha de expedición",
                "Utstedt dato",
                "Utfärdad",
                "Data di rilascio",
            ],
            Self::Expiry => [
                "Date of expiry",
                "Gültig bis",
                "Date d'expiration",
                "Fecha de caducidad",
                "Utløpsdato",
                "Gäller t.o.m.",
                "Data di scadenza",
            ],
            Self::Authority => ["Authority", "Behörde", "Autorité", "Autoridad", "Myndighet", "Myndighet", "Autorità"],
            Self::Address => ["Address", "Anschrift", "Adresse", "Domicilio", "Adresse", "Adress", "Indirizzo"],
        }
    }

    pub fn in_tongue(self, tongue: Tongue) -> &'static str {
        let [english, german, french, spanish, norwegian, swedish, italian] = self.all();
        match tongue {
            Tongue::English => english,
            Tongue::German => german,
            Tongue::French => french,
            Tongue::Spanish => spanish,
            Tongue::Norwegian => norwegian,
            Tongue::Swedish => swedish,
            Tongue::Italian => italian,
        }
    }

    /// The caption in several languages, without repetitions.
    pub fn caption(self, tongues: &[Tongue], between: &str) -> String {
        let mut words: Vec<&str> = Vec::new();
        for tongue in tongues {
            let word = self.in_tongue(*tongue);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.join(between)
    }
}

/// How dates are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `14 MAR 1987`
    Capitals,
    /// `14 MAR/MARS 1987`: in English and French.
    TwoTongues,
    /// `14.03.1987`
    Points,
    /// `14 03 1987`
    Spaces,
    /// `14/03/1987`
    Slashes,
    /// `1987-03-14`
    Iso,
    /// `14.03.87`
    ShortPoints,
    /// `03/14/1987`, the American form.
    American,
}

const ENGLISH: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const FRENCH: [&str; 12] = ["JAN", "FÉV", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOÛT", "SEPT", "OCT", "NOV", "DÉC"];

impl DateForm {
    pub fn write(self, date: Date) -> String {
        if domain::date::never_expires(date) {
            return UNLIMITED.to_owned();
        }
        let (d, m, y) = (date.day(), date.month(), date.year());
        let name = |names: [&'static str; 12]| {
            usize::try_from(m).ok().and_then(|m| names.get(m - 1).copied()).unwrap_or_default()
        };
        match self {
            Self::Capitals => format!("{d:02} {} {y:04}", name(ENGLISH)),
            Self::TwoTongues => {
                let (english, french) = (name(ENGLISH), name(FRENCH));
                if english == french {
                    format!("{d:02} {english} {y:04}")
                } else {
                    format!("{d:02} {english}/{french} {y:04}")
                }
            }
            Self::Points => format!("{d:02}.{m:02}.{y:04}"),
            Self::Spaces => format!("{d:02} {m:02} {y:04}"),
            Self::Slashes => format!("{d:02}/{m:02}/{y:04}"),
            Self::Iso => format!("{y:04}-{m:02}-{d:02}"),
            Self::ShortPoints => format!("{d:02}.{m:02}.{:02}", y.rem_euclid(100)),
            Self::American => format!("{m:02}/{d:02}/{y:04}"),
        }
    }
}
