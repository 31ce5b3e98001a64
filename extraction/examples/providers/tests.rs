//! Reads from the simulated services with the real providers.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_textract::config::{Credentials, Region, SharedCredentialsProvider};
use domain::document::{DocumentKind, FieldName, PictureIssue, Provider};
use extraction::{
    Azure, AzureAuth, AzureSettings, Extractor, Limits, ProviderError, Textract, TextractSettings, Vision, VisionAuth,
    VisionSettings,
};
use jiff::civil::{Date, date};
use ocr::{Prepared, Reader, ReaderConfig};
use specimens::{Bill, Person, Theme};

use super::*;

const TODAY: Date = date(2026, 11, 21);

/// Starts the simulated services, with a provider for each.
async fn start() -> (State, [Box<dyn Extractor>; 3]) {
    let state = State::new(Profile { bill_date: Some(date(2026, 11, 1)), ..Profile::default() });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = app(state.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let limits = Limits { whole: Duration::from_secs(30), first_wait: Duration::from_millis(1), ..Limits::default() };
    let shared = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("AKID", "secret", None, None, "test")))
        .build();
    let amazon = TextractSettings { endpoint: Some(endpoint.clone()), region: None, limits };
    let google = VisionSettings { endpoint: endpoint.clone(), auth: VisionAuth::Key("key".into()), limits };
    let microsoft = AzureSettings { endpoint, auth: AzureAuth::Key("key".into()), limits };
    let readers: [Box<dyn Extractor>; 3] = [
        Box::new(Textract::with(&shared, amazon).unwrap()),
        Box::new(Vision::new(google).unwrap()),
        Box::new(Azure::new(microsoft).unwrap()),
    ];
    (state, readers)
}

async fn specimen(kind: DocumentKind) -> Prepared {
    let (person, theme) = (Person::ingrid(), Theme::CLEAN);
    let picture = match kind {
        DocumentKind::Passport => specimens::draw_passport(&person, &theme),
        DocumentKind::IdentityCard => specimens::draw_identity_card(&person, &theme),
        DocumentKind::DrivingLicence => specimens::draw_driving_licence(&person, &theme),
        DocumentKind::ProofOfAddress => specimens::draw_utility_bill(&person, &Bill::issued(TODAY), &theme),
    };
    let file = specimens::jpeg(&picture.unwrap(), 90).unwrap().into();
    Reader::new(ReaderConfig::default()).unwrap().prepare(kind, file, &|_| ()).await.unwrap()
}

#[tokio::test]
async fn every_service_recognises_every_specimen_by_its_aspect_ratio() {
    let (_, readers) = start().await;
    for kind in DocumentKind::ALL {
        let document = specimen(kind).await;
        for reader in &readers {
            let reading = reader.extract(&document, TODAY, &|_| ()).await.unwrap();
            assert_eq!(reading.issue, None, "{kind:?} by {:?}", reader.provider());
            for name in kind.required_fields() {
                assert!(reading.fields.contains_key(name), "{kind:?} by {:?}: no {name:?}", reader.provider());
            }
        }
    }
}

#[tokio::test]
async fn settings_change_the_answers_of_a_service() {
    let (state, readers) = start().await;
    let document = specimen(DocumentKind::Passport).await;
    let read = async |reader: &dyn Extractor| reader.extract(&document, TODAY, &|_| ()).await;
    for reader in &readers {
        let set =
            |fail, times| state.change(reader.provider(), |settings| (settings.fail, settings.times) = (fail, times));
        set(Fault::Throttle, Some(1));
        assert_eq!(read(reader.as_ref()).await.unwrap().issue, None, "once only");
        set(Fault::Denied, None);
        assert!(matches!(read(reader.as_ref()).await, Err(ProviderError::Denied(_))));
        set(Fault::Close, None);
        assert!(matches!(read(reader.as_ref()).await, Err(ProviderError::Unavailable(_))));
        set(Fault::NoDocument, None);
        assert_eq!(read(reader.as_ref()).await.unwrap().issue, Some(PictureIssue::NoDocument));
        set(Fault::None, None);
        state.change(reader.provider(), |settings| {
            settings.told.insert("documentNumber".to_owned(), "XY1234567".into());
        });
        let fields = read(reader.as_ref()).await.unwrap().fields;
        assert_eq!(fields[&FieldName::DocumentNumber].value, "XY1234567");
    }
    state.change(Provider::AzureDocumentIntelligence, |settings| settings.fail = Fault::Elsewhere);
    assert!(matches!(read(readers[2].as_ref()).await, Err(ProviderError::Malformed(_))));
}
