//! What is asked, and with what.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::document::DocumentKind;
use extraction::{
    Azure, AzureAuth, AzureSettings, Limits, SetupError, TextractSettings, Vision, VisionAuth, VisionSettings,
};

use crate::documents::document;
use crate::services::{KEY, Service, Step};

#[tokio::test]
async fn textract_is_asked_signed_and_by_operation() {
    for (kind, file, operation, place) in [
        (DocumentKind::Passport, "passport", "Textract.AnalyzeID", "/DocumentPages/0/Bytes"),
        (DocumentKind::ProofOfAddress, "proof_of_address", "Textract.AnalyzeDocument", "/Document/Bytes"),
    ] {
        let scene = Service::Textract.scene(&[Step::Reads(file)]).await;
        scene.read(kind).await.unwrap();
        let [asked] = &scene.stand.asked()[..] else { panic!("one request is enough") };
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/"));
        assert_eq!(asked.header("x-amz-target"), operation);
        assert_eq!(asked.header("content-type"), "application/x-amz-json-1.1");
        let signed = asked.header("authorization");
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
        assert!(signed.contains("/eu-west-1/textract/aws4_request"), "{signed}");
        let body = asked.json();
        let picture = BASE64_STANDARD.decode(body.pointer(place).unwrap().as_str().unwrap()).unwrap();
        assert_eq!(picture, document(kind).await.pages[0].jpeg);
        if kind == DocumentKind::ProofOfAddress {
            assert_eq!(body["FeatureTypes"], serde_json::json!(["FORMS"]));
        }
    }
}

#[tokio::test]
async fn vision_is_asked_for_text_with_the_key_in_a_header() {
    let scene = Service::Vision.scene(&[Step::Reads("passport")]).await;
    scene.read(DocumentKind::Passport).await.unwrap();
    let [asked] = &scene.stand.asked()[..] else { panic!("one request is enough") };
    assert_eq!(asked.method, "POST");
    assert!(asked.path.starts_with("/v1/images:annotate?fields=responses"), "{}", asked.path);
    assert!(!asked.path.contains(KEY), "addresses get into logs");
    assert_eq!(asked.header("x-goog-api-key"), KEY);
    let body = asked.json();
    assert_eq!(body.pointer("/requests/0/features/0/type").unwrap(), "DOCUMENT_TEXT_DETECTION");
    let picture = body.pointer("/requests/0/image/content").unwrap().as_str().unwrap();
    let jpeg = &document(DocumentKind::Passport).await.pages[0].jpeg;
    assert_eq!(BASE64_STANDARD.decode(picture).unwrap(), *jpeg);
}

#[tokio::test]
async fn azure_is_handed_the_page_asked_for_the_result_and_told_to_forget_it() {
    for (kind, file, model) in [
        (DocumentKind::Passport, "passport", "prebuilt-idDocument"),
        (DocumentKind::ProofOfAddress, "proof_of_address", "prebuilt-read"),
    ] {
        let scene = Service::Azure.scene(&[Step::Reads(file)]).await;
        scene.read(kind).await.unwrap();
        let asked = scene.stand.asked_at_last(4).await;
        let base = format!("/documentintelligence/documentModels/{model}");
        let result = format!("{base}/analyzeResults/17?api-version=2024-11-30");
        let analyse = format!("{base}:analyze?api-version=2024-11-30");
        let seen: Vec<_> = asked.iter().map(|asked| (asked.method.as_str(), asked.path.as_str())).collect();
        assert_eq!(seen, [("POST", &*analyse), ("GET", &*result), ("GET", &*result), ("DELETE", &*result)]);
        assert!(asked.iter().all(|asked| asked.header("ocp-apim-subscription-key") == KEY));
        assert_eq!(asked[0].header("content-type"), "image/jpeg");
        assert_eq!(asked[0].body, document(kind).await.pages[0].jpeg);
    }
}

#[tokio::test]
async fn keys_are_shown_nowhere() {
    let auth = VisionAuth::Key(KEY.into());
    let vision = VisionSettings { endpoint: VisionSettings::ENDPOINT.to_owned(), auth, limits: Limits::default() };
    let azure = AzureSettings {
        endpoint: "https://name.cognitiveservices.azure.com".to_owned(),
        auth: AzureAuth::Key(KEY.into()),
        limits: Limits::default(),
    };
    let shown = format!("{vision:?} {azure:?} {:?} {:?}", Vision::new(vision.clone()), Azure::new(azure.clone()));
    assert!(shown.contains("Sensitive"), "{shown}");
    assert!(!shown.contains(KEY), "{shown}");
    assert!(!format!("{:?}", TextractSettings::default()).contains(KEY));
}

#[tokio::test]
async fn documents_are_sent_to_no_address_in_the_clear() {
    for (endpoint, fine) in [
        ("https://name.cognitiveservices.azure.com", true),
        ("https://name.cognitiveservices.azure.com/", true),
        ("http://127.0.0.1:8600", true),
        ("http://[::1]:8600", true),
        ("http://localhost:8600", true),
        ("http://name.cognitiveservices.azure.com", false),
        ("http://127.0.0.1.example.com", false),
        ("https://user:password@example.com", false),
        ("https://example.com/?key=1", false),
        ("ftp://example.com", false),
        ("example.com", false),
    ] {
        let auth = AzureAuth::Key(KEY.into());
        let made = Azure::new(AzureSettings { endpoint: endpoint.to_owned(), auth, limits: Limits::default() });
        match made {
            Ok(_) => assert!(fine, "{endpoint}"),
            Err(error) => {
                assert!(!fine && matches!(error, SetupError::Endpoint { .. }), "{endpoint}: {error}");
                assert!(!error.to_string().contains("password"), "{error}");
            }
        }
    }
}
