//! A document of an invented person, with its true values.

use std::collections::{BTreeMap, BTreeSet};

use domain::document::{DocumentKind, FieldName};
use image::RgbImage;
use jiff::civil::Date;
use rand::SeedableRng;
use rand::rngs::StdRng;
use unicode_normalization::UnicodeNormalization;

use crate::{FontError, Person, aamva, booklet, letter, permit, small_card};

/// A kind of specimen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Paper {
    /// The data page of a passport, TD3.
    Passport,
    /// An identity card of the size of a bank card, TD1; both sides.
    CardTd1,
    /// A larger identity card, TD2.
    CardTd2,
    /// The front of a driving licence with the numbered fields of Directive 2006/126/EC.
    LicenceEu,
    /// The front of a North American driving licence.
    LicenceAamva,
    /// The back of a North American driving licence, with its barcode.
    LicenceBarcode,
    /// A bill for energy, water or telephone.
    UtilityBill,
    /// A bank's statement.
    BankStatement,
    /// A letter of a tax office or council.
    TaxLetter,
}

impl Paper {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Passport,
        Self::CardTd1,
        Self::CardTd2,
        Self::LicenceEu,
        Self::LicenceAamva,
        Self::LicenceBarcode,
        Self::UtilityBill,
        Self::BankStatement,
        Self::TaxLetter,
    ];

    /// The kind of document as which an applicant would upload it.
    pub const fn kind(self) -> DocumentKind {
        match self {
            Self::Passport => DocumentKind::Passport,
            Self::CardTd1 | Self::CardTd2 => DocumentKind::IdentityCard,
            Self::LicenceEu | Self::LicenceAamva | Self::LicenceBarcode => DocumentKind::DrivingLicence,
            Self::UtilityBill | Self::BankStatement | Self::TaxLetter => DocumentKind::ProofOfAddress,
        }
    }

    /// The scale of its picture at 300 dots per inch.
    pub(crate) const fn at_300_dpi(self) -> f32 {
        const DOTS: f32 = 300.0 / 25.4;
        match self {
            Self::Passport | Self::CardTd2 => DOTS / 20.0,
            Self::CardTd1 | Self::LicenceEu | Self::LicenceAamva | Self::LicenceBarcode => DOTS / 22.0,
            Self::UtilityBill | Self::BankStatement | Self::TaxLetter => 1.0,
        }
    }

    /// The name in tables and files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::CardTd1 => "card-td1",
            Self::CardTd2 => "card-td2",
            Self::LicenceEu => "licence-eu",
            Self::LicenceAamva => "licence-aamva",
            Self::LicenceBarcode => "licence-barcode",
            Self::UtilityBill => "utility-bill",
            Self::BankStatement => "bank-statement",
            Self::TaxLetter => "tax-letter",
        }
    }
}

/// A drawn document before any capture.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// The kind of specimen.
    pub paper: Paper,
    /// The holder.
    pub person: Person,
    /// Name of its layout; each kind has three or more.
    pub layout: &'static str,
    /// The true values of the printed fields, in the spelling of [`domain::field_value`].
    pub truth: BTreeMap<FieldName, String>,
    /// True values of fields that a reader may read but need not, because the document is not uploaded for them.
    pub optional: BTreeMap<FieldName, String>,
    /// The fields that are printed in capitals only, whose case is unknown.
    pub capitals: BTreeSet<FieldName>,
    /// The page, sharp and straight, with [`GAP`] in place of missing paper.
    pub picture: RgbImage,
}

/// The colour of missing paper, between the two sides of a card.
pub(crate) const GAP: image::Rgb<u8> = image::Rgb([255, 0, 255]);

impl Specimen {
    /// A random document; the same kind, seed and day give the same one. `today` is the day of the upload.
    ///
    /// # Errors
    /// [`FontError`], if a font is not installed.
    pub fn invent(paper: Paper, seed: u64, today: Date) -> Result<Self, FontError> {
        // Every kind gets another person, so that a few seeds cover many people.
        let person = Person::invent(seed.wrapping_mul(Paper::ALL.len() as u64).wrapping_add(paper as u64), today);
        Self::of(person, paper, seed, today)
    }

    /// A document of a given person in a random layout. Its number is replaced by one in the form of the document.
    ///
    /// # Errors
    /// [`FontError`], if a font is not installed.
    pub fn of(person: Person, paper: Paper, seed: u64, today: Date) -> Result<Self, FontError> {
        let rng = &mut StdRng::seed_from_u64(seed.wrapping_mul(31).wrapping_add(paper as u64));
        match paper {
            Paper::Passport => booklet::draw(person, rng),
            Paper::CardTd1 => small_card::draw(person, rng),
            Paper::CardTd2 => booklet::draw_td2(person, rng),
            Paper::LicenceEu => permit::draw(person, rng),
            Paper::LicenceAamva => aamva::draw_front(person, rng),
            Paper::LicenceBarcode => aamva::draw_back(person, rng),
            Paper::UtilityBill | Paper::BankStatement | Paper::TaxLetter => letter::draw(paper, person, today, rng),
        }
    }

    /// The machine-readable zone, if it has one.
    pub fn mrz(&self) -> Option<&str> {
        self.truth.get(&FieldName::Mrz).map(String::as_str)
    }

    /// Whether a value equals the true one in Unicode's composed form (NFC). Accents count. Case counts too, except in
    /// fields that the document prints in capitals only.
    pub fn is_exact(&self, name: FieldName, value: &str) -> bool {
        let composed = |text: &str| text.nfc().collect::<String>();
        self.truth.get(&name).or_else(|| self.optional.get(&name)).is_some_and(|truth| {
            let (truth, value) = (composed(truth), composed(value));
            truth == value || (self.capitals.contains(&name) && truth.to_uppercase() == value.to_uppercase())
        })
    }
}

/// The true values of an identity document's printed names, dates and numbers, without empty ones.
pub(crate) fn identity(person: &Person) -> BTreeMap<FieldName, String> {
    let all = [
        (FieldName::GivenNames, person.given_names.clone()),
        (FieldName::FamilyName, person.family_name.clone()),
        (FieldName::DateOfBirth, person.date_of_birth.to_string()),
        (FieldName::DocumentNumber, person.document_number.clone()),
        (FieldName::ExpiryDate, person.expiry_date.to_string()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// The fields whose case is unknown on a document in capitals.
pub(crate) fn caseless(capitals: bool) -> BTreeSet<FieldName> {
    let names = [
        FieldName::GivenNames,
        FieldName::FamilyName,
        FieldName::FullName,
        FieldName::Address,
        FieldName::PlaceOfBirth,
        FieldName::IssuingAuthority,
    ];
    if capitals { names.into() } else { BTreeSet::new() }
}

/// Optional true values of a passport or identity card.
pub(crate) fn optional_values(person: &Person, authority: Option<&str>) -> BTreeMap<FieldName, String> {
    let mut optional = BTreeMap::from([(FieldName::PlaceOfBirth, person.place_of_birth.clone())]);
    optional.extend(authority.map(|name| (FieldName::IssuingAuthority, name.to_owned())));
    optional
}

/// The fields of a zone besides those of [`identity`].
pub(crate) fn zone_values(person: &Person, document_type: &str, zone: String) -> BTreeMap<FieldName, String> {
    let mut truth = BTreeMap::from([
        (FieldName::DocumentType, document_type.to_owned()),
        (FieldName::IssuingCountry, person.nationality.clone()),
        (FieldName::Nationality, person.nationality.clone()),
        (FieldName::Sex, person.sex.to_string()),
        (FieldName::Mrz, zone),
    ]);
    // Doc 9303-4 defines the optional data of a passport as a personal number; that of cards (parts 5 and 6) is not
    // defined.
    if document_type == "P" && !person.optional_data.is_empty() {
        truth.insert(FieldName::PersonalNumber, person.optional_data.clone());
    }
    truth
}
