//! Requests to the services, and their credentials.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::document::DocumentKind;
use extraction::{
    Azure, AzureAuth, AzureSettings, Limits, SetupError, TextractSettings, Vision, VisionAuth, VisionSettings,
};

use crate::documents::document;
use crate::services::{KEY, Service, Step};

#[tokio::test]
async fn textract_requests_are_signed_and_name_their_operation() {
    for (kind, file, operation, place) in [
        (DocumentKind::Passport, "passport", "Textract.AnalyzeID", "/DocumentPages/0/Bytes"),
        (DocumentKind::ProofOfAddress, "proof_of_address", "Textract.AnalyzeDocument", "/Document/Bytes"),
    ] {
        let setup = Service::Textract.setup(&[Step::Reads(file)]).await;
        setup.read(kind).await.unwrap();
        let [request] = &setup.server.requests()[..] else { panic!("one request expected") };
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/"));
        assert_eq!(request.header("x-amz-target"), operation);
        assert_eq!(request.header("content-type"), "application/x-amz-json-1.1");
        let signed = request.header("authorization");
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
        assert!(signed.contains("/eu-west-1/textract/aws4_request"), "{signed}");
        let body = request.json();
        let picture = BASE64_STANDARD.decode(body.pointer(place).unwrap().as_str().unwrap()).unwrap();
        assert_eq!(picture, document(kind).await.pages[0].jpeg);
        if kind == DocumentKind::ProofOfAddress {
            assert_eq!(body["FeatureTypes"], serde_json::json!(["FORMS"]));
        }
    }
}

#[tokio::test]
async fn vision_key_is_sent_in_a_header() {
    let setup = Service::Vision.setup(&[Step::Reads("passport")]).await;
    setup.read(DocumentKind::Passport).await.unwrap();
    let [request] = &setup.server.requests()[..] else { panic!("one request expected") };
    assert_eq!(request.method, "POST");
    assert!(request.path.starts_with("/v1/images:annotate?fields=responses"), "{}", request.path);
    assert!(!request.path.contains(KEY), "addresses get into logs");
    assert_eq!(request.header("x-goog-api-key"), KEY);
    let body = request.json();
    assert_eq!(body.pointer("/requests/0/features/0/type").unwrap(), "DOCUMENT_TEXT_DETECTION");
    let picture = body.pointer("/requests/0/image/content").unwrap().as_str().unwrap();
    let jpeg = &document(DocumentKind::Passport).await.pages[0].jpeg;
    assert_eq!(BASE64_STANDARD.decode(picture).unwrap(), *jpeg);
}

#[tokio::test]
async fn azure_result_is_polled_and_deleted() {
    for (kind, file, model) in [
        (DocumentKind::Passport, "passport", "prebuilt-idDocument"),
        (DocumentKind::ProofOfAddress, "proof_of_address", "prebuilt-read"),
    ] {
        let setup = Service::Azure.setup(&[Step::Reads(file)]).await;
        setup.read(kind).await.unwrap();
        let requests = setup.server.wait_for_requests(4).await;
        let base = format!("/documentintelligence/documentModels/{model}");
        let result = format!("{base}/analyzeResults/17?api-version=2024-11-30");
        let analyse = format!("{base}:analyze?api-version=2024-11-30");
        let seen: Vec<_> = requests.iter().map(|request| (request.method.as_str(), request.path.as_str())).collect();
        assert_eq!(seen, [("POST", &*analyse), ("GET", &*result), ("GET", &*result), ("DELETE", &*result)]);
        assert!(requests.iter().all(|request| request.header("ocp-apim-subscription-key") == KEY));
        assert_eq!(requests[0].header("content-type"), "image/jpeg");
        assert_eq!(requests[0].body, document(kind).await.pages[0].jpeg);
    }
}

#[tokio::test]
async fn keys_are_hidden_in_debug_output() {
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
async fn unencrypted_or_invalid_endpoint_is_refused() {
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
