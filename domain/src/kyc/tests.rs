#![allow(clippy::unwrap_used, clippy::expect_used)]

mod address;
mod age;
mod document;
mod golden;
mod name;
mod properties;
mod watchlist;

use jiff::civil::{Date, date};
use uuid::Uuid;

use super::*;
use crate::document::{DocumentKind, Field, FieldName, FieldSource, PictureIssue, Provider};
use crate::event::{Address, UserInfo};
use crate::mrz::{self, Holder};
use crate::watchlist::{ScreenedPerson, ScreeningOutcome, Watchlist};

const TODAY: Date = date(2026, 3, 1);

/// The inputs of a decision. Tests change one part of an approved application.
#[derive(Clone)]
struct Case {
    info: UserInfo,
    documents: Vec<Document>,
    screening: Screening,
    today: Date,
}

fn holder() -> Holder {
    Holder {
        document_type: "P".into(),
        issuing_state: "NOR".into(),
        family_name: "Brandvold".into(),
        given_names: "Ingrid".into(),
        document_number: "NB4821937".into(),
        nationality: "NOR".into(),
        date_of_birth: date(1987, 3, 14),
        sex: Some('F'),
        expiry_date: date(2031, 6, 30),
        optional_data: String::new(),
    }
}

fn fields<const N: usize>(values: [(FieldName, &str); N]) -> std::collections::BTreeMap<FieldName, Field> {
    values.map(|(name, value)| (name, Field::read(value, 0.95, FieldSource::PrintedZone))).into()
}

/// The document as read from the holder's page and zone.
fn identity(kind: DocumentKind, holder: &Holder) -> Document {
    let mut read = fields([
        (FieldName::GivenNames, &holder.given_names),
        (FieldName::FamilyName, &holder.family_name),
        (FieldName::DateOfBirth, &holder.date_of_birth.to_string()),
        (FieldName::DocumentNumber, &holder.document_number),
        (FieldName::ExpiryDate, &holder.expiry_date.to_string()),
        (FieldName::Nationality, &holder.nationality),
        (FieldName::IssuingCountry, &holder.issuing_state),
        (FieldName::Sex, &holder.sex.unwrap_or('X').to_string()),
    ]);
    let zone = match kind {
        DocumentKind::Passport => Some(mrz::write_td3(holder)),
        DocumentKind::IdentityCard => Some(mrz::write_td1(holder)),
        _ => None,
    };
    read.extend(zone.map(|zone| (FieldName::Mrz, Field::read(zone, 1.0, FieldSource::Mrz))));
    Document::new(Uuid::nil(), "identity.jpg".into(), kind, read)
}

fn bill(name: &str, address: &str, issued: Date) -> Document {
    let read = fields([
        (FieldName::FullName, name),
        (FieldName::Address, address),
        (FieldName::IssueDate, &issued.to_string()),
        (FieldName::Issuer, "Nordlys Energi AS"),
    ]);
    Document::new(Uuid::nil(), "bill.pdf".into(), DocumentKind::ProofOfAddress, read)
}

impl Case {
    fn good() -> Self {
        Self {
            info: crate::samples::ingrid(),
            documents: vec![
                identity(DocumentKind::Passport, &holder()),
                bill("Ingrid Brandvold", "Storgata 14, 0184 Oslo", date(2026, 2, 9)),
            ],
            screening: Screening {
                outcome: ScreeningOutcome::Clear,
                score: 0.0,
                namesakes: Vec::new(),
                list_version: "OFAC-SDN 2026-02-27 (30 entries)".into(),
                published: date(2026, 2, 27),
                lists: Vec::new(),
                fresh: None,
                unread_name: false,
            },
            today: TODAY,
        }
    }

    fn with_identity(kind: DocumentKind, holder: &Holder) -> Self {
        let mut case = Self::good();
        case.documents[0] = identity(kind, holder);
        case
    }

    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Sets a field as read.
    fn read(self, document: usize, name: FieldName, value: &str) -> Self {
        self.change(|case| {
            let field = Field::read(value, 0.95, FieldSource::PrintedZone);
            case.documents[document].extracted_fields.insert(name, field);
        })
    }

    fn unread(self, document: usize, name: FieldName) -> Self {
        self.change(|case| {
            case.documents[document].extracted_fields.remove(&name);
        })
    }

    /// Sets a field as confirmed, corrected or typed by the applicant.
    fn confirm(self, document: usize, name: FieldName, value: &str) -> Self {
        self.change(|case| case.documents[document].confirm(name, value))
    }

    /// Screens the applicant against the built-in sample list.
    fn screened(self) -> Self {
        let sdn = include_str!("../../../server/data/sanctions/sdn.csv");
        let alt = include_str!("../../../server/data/sanctions/alt.csv");
        let list = Watchlist::from_ofac(sdn, alt, TODAY).unwrap();
        self.change(|case| {
            let applicant = Applicant::parse(&case.info, TODAY).unwrap();
            case.screening = list.screen(&ScreenedPerson::of(&applicant, &case.documents));
        })
    }

    fn decide(&self) -> KycVerified {
        // Details are parsed as of the day of their acceptance, not of the decision.
        let applicant = Applicant::parse(&self.info, TODAY).unwrap();
        decide(&Inputs {
            applicant: &applicant,
            documents: &self.documents,
            screening: &self.screening,
            today: self.today,
        })
    }

    fn check(&self, check_type: CheckType) -> Check {
        self.decide().checks.into_iter().find(|check| check.check_type == check_type).unwrap()
    }

    /// Fails unless exactly these checks did not pass, with this status and risk.
    #[track_caller]
    fn fails(&self, failed: &[CheckType], status: KycStatus, risk: RiskLevel) -> &Self {
        let decided = self.decide();
        let found: Vec<_> = decided.checks.iter().filter(|check| !check.passed).map(|check| check.check_type).collect();
        assert_eq!((&found[..], decided.status, decided.risk_level), (failed, status, risk), "{:#?}", decided.checks);
        self
    }

    #[track_caller]
    fn passes(&self) -> &Self {
        self.fails(&[], KycStatus::Approved, RiskLevel::Low)
    }

    /// Fails unless this check alone did not pass and a person must look.
    #[track_caller]
    fn reviews(&self, check: CheckType, reason: &str) {
        self.fails(&[check], KycStatus::Review, RiskLevel::Medium);
        assert_eq!(self.check(check).reason, reason);
    }
}

#[test]
fn sound_application_is_approved() {
    let case = Case::good();
    case.passes();
    let decided = case.decide();
    assert_eq!(decided.checks.iter().map(|check| check.check_type).collect::<Vec<_>>(), CheckType::ALL);
    assert!(decided.checks.iter().all(|check| check.score == 1.0), "{:#?}", decided.checks);
    assert_eq!(decided.list_version, "OFAC-SDN 2026-02-27 (30 entries)");
    assert_eq!(decided.rules_version, RULES_VERSION);
    let reasons: Vec<_> = decided.checks.iter().map(|check| check.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "You are 18 or over, and your document says 14 March 1987, as you typed.",
            "The name you typed is the one on your document.",
            "You are not on the sanctions list that we must check.",
            "The document is valid, its coded lines are in order and agree with the page.",
            "Your address is the one on your proof of address of 9 February 2026.",
        ]
    );
}

#[test]
fn every_identity_document_kind_is_accepted() {
    Case::with_identity(DocumentKind::IdentityCard, &Holder { document_type: "I".into(), ..holder() }).passes();
    Case::with_identity(DocumentKind::DrivingLicence, &holder()).passes();
}

#[test]
fn missing_documents_fail_every_document_check() {
    use CheckType::*;
    let case = Case::good().change(|case| case.documents.clear());
    case.fails(
        &[AgeVerification, NameMatch, DocumentValidity, AddressVerification],
        KycStatus::Review,
        RiskLevel::High,
    );
    assert!(case.decide().checks.iter().filter(|check| !check.passed).all(|check| check.score == 0.0));
}

#[test]
fn three_failed_checks_make_the_risk_high() {
    use CheckType::*;
    let two = Case::good()
        .read(1, FieldName::FullName, "Per Hansen")
        .read(0, FieldName::ExpiryDate, "2026-02-28")
        .change(|case| {
            let expired = Holder { expiry_date: date(2026, 2, 28), ..holder() };
            case.documents[0] = identity(DocumentKind::Passport, &expired);
        });
    two.fails(&[DocumentValidity, AddressVerification], KycStatus::Review, RiskLevel::Medium);
    two.change(|case| case.screening.published = date(2026, 1, 1)).fails(
        &[WatchlistScreening, DocumentValidity, AddressVerification],
        KycStatus::Review,
        RiskLevel::High,
    );
}

#[test]
fn confirming_read_fields_keeps_the_approval() {
    let mut case = Case::good();
    for document in &mut case.documents {
        for (name, value) in document.extracted_fields.clone() {
            document.confirm(name, &value.value);
        }
    }
    case.passes();
}
