//! Every field of every request with missing, invalid, oversize and malicious values. The answer is a 4xx with a stable
//! code and the field's name, and nothing is written.

use domain::invisible::without_invisible;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use server::store::Table;

use super::support::{Answer, Person, TestServer, details, needs};

/// A limit above the number of refusals that a test records.
const SETTINGS: &str = "limits.recorded_refusals_per_second = 1000";

/// Values that no field accepts, whatever its type.
fn wrong_types() -> [Value; 5] {
    [Value::Null, json!(-1), json!(1.5), json!({}), json!([[]])]
}

/// Texts that no field of the form accepts.
fn hostile() -> Vec<String> {
    let texts = [
        "\u{0}",
        "a\u{0}b",
        "line\nbreak",
        "<script>alert(1)</script>",
        "\u{1b}[2J",
        "\u{feff}",
        "🙂",
        "\u{200b}",
        "\t",
        " ",
    ];
    let mut texts: Vec<String> = texts.into_iter().map(str::to_owned).collect();
    texts.push("x".repeat(10_000));
    texts
}

/// Whether an optional field takes the text as empty.
fn is_blank(text: &str) -> bool {
    without_invisible(text).trim().is_empty()
}

/// `body` with the value at `path` (a JSON pointer) replaced, or removed.
fn with(body: &Value, path: &str, value: Option<Value>) -> Value {
    let mut body = body.clone();
    let (parent, key) = path.rsplit_once('/').unwrap();
    let object = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(key.to_owned(), value),
        None => object.remove(key),
    };
    body
}

/// The field's dotted path in answers.
fn field(path: &str) -> String {
    path.trim_start_matches('/').replace('/', ".")
}

#[track_caller]
fn refused(answer: &Answer, path: &str, what: &str) {
    let (status, code, fields) = answer.codes();
    assert!(matches!(status, 400 | 422), "{path} {what}: {status}");
    assert!(matches!(code.as_str(), "malformed_request" | "validation_failed"), "{path} {what}: {code}");
    assert!(fields.iter().any(|(name, _)| name.starts_with(&field(path))), "{path} {what}: {fields:?}");
    for error in answer.problem().errors {
        assert!(error.message.len() > 10 && error.message.ends_with(['.', '?']), "{path} {what}: {}", error.message);
    }
    // The answer does not repeat the value.
    assert!(!answer.body.contains("<script>") && answer.body.len() < 4_000, "{path} {what}: {}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_applicant_details_are_refused_by_field() {
    let server = TestServer::start_with(SETTINGS).await;
    let visitor = server.person();
    let good = serde_json::to_value(details()).unwrap();
    let required = [
        "/email",
        "/firstName",
        "/lastName",
        "/dateOfBirth",
        "/phoneNumber",
        "/address/line1",
        "/address/city",
        "/address/postalCode",
        "/address/country",
    ];
    for path in required {
        let missing = visitor.post("/api/customers", &with(&good, path, None)).await;
        let expected = vec![(field(path), "required".to_owned())];
        assert_eq!(missing.codes(), (422, "validation_failed".into(), expected));
    }
    for path in required.into_iter().chain(["/address/line2", "/address/region"]) {
        // The two optional fields accept null.
        let optional = |value: &Value| path.ends_with("line2") || path.ends_with("region") && value.is_null();
        for wrong in wrong_types().into_iter().filter(|value| !(optional(value) && value.is_null())) {
            let answer = visitor.post("/api/customers", &with(&good, path, Some(wrong.clone()))).await;
            refused(&answer, path, &wrong.to_string());
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {wrong}");
        }
        for text in hostile().into_iter().filter(|text| required.contains(&path) || !is_blank(text)) {
            let answer = visitor.post("/api/customers", &with(&good, path, Some(json!(text)))).await;
            let shown: String = text.chars().take(20).collect();
            refused(&answer, path, &format!("{shown:?}"));
        }
    }
    for (path, text) in [
        ("/email", "ingrid"),
        ("/email", "a@b"),
        ("/email", "a@@example.com"),
        ("/email", "a b@example.com"),
        ("/dateOfBirth", "14.03.1987"),
        ("/dateOfBirth", "1987-02-30"),
        ("/dateOfBirth", "1850-01-01"),
        ("/dateOfBirth", "2999-01-01"),
        ("/phoneNumber", "12"),
        ("/phoneNumber", "+999999999999999999"),
        ("/address/country", "Norway"),
        ("/address/country", "XX"),
        ("/address/postalCode", "ABC"),
    ] {
        refused(&visitor.post("/api/customers", &with(&good, path, Some(json!(text)))).await, path, text);
    }

    // One answer names all missing fields, except the postal code, whose format depends on the country.
    let (_, _, fields) = visitor.post("/api/customers", &json!({})).await.codes();
    assert_eq!(fields.len(), required.len() - 1, "{fields:?}");
    assert_nothing_written(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_body_is_refused() {
    let server = TestServer::start_with(SETTINGS).await;
    let visitor = server.person();
    let send = |body: Vec<u8>, kind: &'static str| {
        Person::send(visitor.request(Method::POST, "/api/customers").header("content-type", kind).body(body))
    };
    let json = "application/json";
    let huge = serde_json::to_vec(&json!({ "email": "x".repeat(100_000) })).unwrap();
    for (body, kind, expected) in [
        (&b""[..], json, (400, "malformed_request")),
        (b"{", json, (400, "malformed_request")),
        (b"[]", json, (400, "malformed_request")),
        (b"null", json, (400, "malformed_request")),
        (b"\xff\xfe", json, (400, "malformed_request")),
        (b"{} {}", json, (400, "malformed_request")),
        (br#"{"email":"a@example.com","email":"b@example.com"}"#, json, (400, "malformed_request")),
        (br#"{"unknown":1}"#, json, (400, "malformed_request")),
        (&"[".repeat(10_000).into_bytes(), json, (400, "malformed_request")),
        (&huge, json, (413, "too_large")),
        (b"{}", "text/plain", (415, "unsupported_media_type")),
        (b"email=a", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
    ] {
        let answer = send(body.to_vec(), kind).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let (status, code, _) = answer.codes();
        assert_eq!((status, code.as_str()), expected, "{shown} as {kind}: {}", answer.body);
    }
    assert_nothing_written(&server).await;
}

/// Asserts that only refusals are recorded, and that they contain no value of a request.
async fn assert_nothing_written(server: &TestServer) {
    let behind = server.behind().await;
    assert_eq!(behind.rows(Table::Applications).await.len(), 0);
    assert_eq!(behind.rows(Table::Users).await.len(), 0);
    for row in behind.rows(Table::KafkaEvents).await {
        let event: Value = serde_json::from_str(row["event"].as_s().unwrap()).unwrap();
        assert_eq!(event["eventType"], "WORKFLOW_ERROR");
        // Random identifiers may contain any digits, so only the data is searched.
        let event = event["data"].to_string();
        for value in ["Brandvold", "ingrid", "xxxx", "script", "Storgata", "1987", "22334455"] {
            assert!(!event.contains(value), "{value} in {event}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_upload_or_confirmation_is_refused() {
    let server = TestServer::start_with(SETTINGS).await;
    let ingrid = Person::known(server.base()).await;
    let path = ingrid.own("/documents");
    let send = |form: Form| Person::send(ingrid.request(Method::POST, &path).multipart(form));
    let file = |content: &[u8]| Part::bytes(content.to_vec()).file_name("../../etc/passwd\u{202e}.jpg");
    let jpeg = b"\xff\xd8\xff\xe0 and so on";
    let refusal =
        |field: &str, code: &str| (422, "validation_failed".to_owned(), vec![(field.to_owned(), code.to_owned())]);

    assert_eq!(send(Form::new().text("kind", "passport")).await.codes(), refusal("file", "required"));
    assert_eq!(send(Form::new().part("file", file(jpeg))).await.codes(), refusal("kind", "required"));
    for kind in ["", "Passport", "birth_certificate", "<script>", &"x".repeat(60)] {
        let form = Form::new().text("kind", kind.to_owned()).part("file", file(jpeg));
        assert_eq!(send(form).await.codes(), refusal("kind", "invalid"), "{kind}");
    }
    for (content, code) in [
        (&b""[..], "empty"),
        (b"GIF89a...", "unsupported_type"),
        (b"MZ\x90\x00", "unsupported_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_type"),
        (b"PK\x03\x04", "unsupported_type"),
        (b"\x00\x00\x00\x18ftypavif", "unsupported_type"),
    ] {
        let form = Form::new().text("kind", "passport").part("file", file(content));
        assert_eq!(send(form).await.codes(), refusal("file", code), "{content:?}");
    }
    let twice = Form::new().text("kind", "passport").part("file", file(jpeg)).part("file", file(jpeg));
    assert_eq!(send(twice).await.codes(), refusal("file", "unknown_field"));
    let stray = Form::new().text("kind", "passport").part("file", file(jpeg)).text("owner", "somebody else");
    assert_eq!(send(stray).await.codes(), refusal("owner", "unknown_field"));

    let mut large = jpeg.to_vec();
    large.resize(domain::document::MAX_BYTES + 1, 0);
    let answer = send(Form::new().text("kind", "passport").part("file", Part::bytes(large))).await;
    assert_eq!(answer.codes(), (413, "too_large".into(), vec![]));
    let answer = ingrid.post(&path, &json!({"kind": "passport"})).await;
    assert_eq!(answer.codes().0, 415);
    let broken = ingrid.request(Method::POST, &path).header("content-type", "multipart/form-data; boundary=x");
    assert_eq!(Person::send(broken.body("--y\r\nnothing")).await.codes().0, 400);

    let snapshot = ingrid.snapshot().await;
    assert!(snapshot.pending.is_empty() && snapshot.journey.documents.is_empty());
    assert_eq!(std::fs::read_dir(server.data().join("documents")).unwrap().count(), 0, "no file is stored");

    let fields = json!({"fields": {"givenNames": "Ingrid"}});
    for document in ["nothing", "00000000-0000-4000-8000-000000000000", "..%2F..%2Fx"] {
        let answer = Person::send(ingrid.request(Method::PATCH, &format!("{path}/{document}")).json(&fields)).await;
        assert_eq!(answer.codes().0, 404, "{document}");
    }
    let document = format!("{path}/00000000-0000-4000-8000-000000000000");
    for body in
        [json!({}), json!({"fields": {"unheardOf": "x"}}), json!({"fields": {"givenNames": 1}}), json!({"fields": []})]
    {
        let answer = Person::send(ingrid.request(Method::PATCH, &document).json(&body)).await;
        assert_eq!(answer.codes().0, 400, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_needs_selection_or_address_is_refused() {
    let server = TestServer::start_with(SETTINGS).await;
    let ingrid = Person::known(server.base()).await;
    let path = ingrid.own("/recommendations");
    let good = serde_json::to_value(needs()).unwrap();
    let keys: Vec<String> = good.as_object().unwrap().keys().map(|key| format!("/{key}")).collect();
    assert_eq!(keys.len(), 9);
    for key in &keys {
        assert_eq!(ingrid.post(&path, &with(&good, key, None)).await.codes().0, 400, "{key} missing");
        for wrong in wrong_types().into_iter().chain(hostile().into_iter().map(Value::from)) {
            let answer = ingrid.post(&path, &with(&good, key, Some(wrong.clone()))).await;
            refused(&answer, key, &wrong.to_string().chars().take(40).collect::<String>());
        }
    }
    for (key, value, code) in [
        ("/interests", json!([]), "required"),
        ("/interests", json!(["home", "home"]), "duplicate"),
        ("/dependants", json!(16), "out_of_range"),
        ("/tripsPerYear", json!(51), "out_of_range"),
        ("/pets", json!(16), "out_of_range"),
        ("/monthlyBudgetCents", json!(499), "out_of_range"),
        ("/monthlyBudgetCents", json!(200_001), "out_of_range"),
    ] {
        let answer = ingrid.post(&path, &with(&good, key, Some(value.clone()))).await;
        assert_eq!(answer.codes(), (422, "validation_failed".into(), vec![(field(key), code.into())]), "{key} {value}");
    }
    let snapshot = ingrid.snapshot().await;
    assert!(snapshot.needs.is_none() && snapshot.journey.recommended.is_none());

    let selection = ingrid.own("/selection");
    for body in [json!({"policyId": 1}), json!({"consent": "yes"}), json!({"policyId": "x", "price": 0}), json!([])] {
        assert_eq!(ingrid.post(&selection, &body).await.codes().0, 400, "{body}");
    }
    for after in ["-1", "x", "1.5", "99999999999999999999999"] {
        let answer = ingrid.get(&ingrid.own(&format!("/events?after={after}"))).await;
        assert_eq!(answer.codes(), (400, "malformed_request".into(), vec![("after".into(), "invalid".into())]));
    }
    assert_eq!(ingrid.get(&ingrid.own("/events?before=1")).await.codes().0, 400);
    for id in ["x", "APP-x-1", "APP-00000000-0000-4000-8000-000000000000", "..%2f..", "%00", &"A".repeat(5_000)] {
        let answer = ingrid.get(&format!("/api/applications/{id}")).await;
        assert_eq!(answer.codes().0, 404, "{id}");
    }
}
