#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::document::FieldName;
use crate::event::{EventData, SCHEMA_VERSION, Stage, WorkflowCompleted};

/// Fails unless the value is written as this JSON and read back from it.
#[track_caller]
fn is_written_as<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T, wanted: Value) {
    assert_eq!(serde_json::to_value(&value).unwrap(), wanted);
    assert_eq!(serde_json::from_value::<T>(wanted).unwrap(), value);
}

#[test]
fn server_frames_have_the_published_shapes() {
    let id = Uuid::nil();
    is_written_as(ServerFrame::Resync {}, json!({"type": "resync"}));
    is_written_as(ServerFrame::Echo { message: "hi".into() }, json!({"type": "echo", "message": "hi"}));
    is_written_as(
        ServerFrame::Progress(Progress { document_id: id, step: ReadingStep::ReadingMrz }),
        json!({"type": "progress", "documentId": id, "step": "reading_mrz"}),
    );
    is_written_as(
        ServerFrame::Status(ConnectionStatus {
            connection_id: id,
            customer_id: id,
            sequence: 4,
            connected_at: "2026-03-01T09:00:00Z".into(),
        }),
        json!({
            "type": "status", "connectionId": id, "customerId": id, "sequence": 4,
            "connectedAt": "2026-03-01T09:00:00Z",
        }),
    );
}

#[test]
fn event_frame_has_the_envelope_of_kafka() {
    let at: jiff::Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    let event = Envelope {
        event_id: Uuid::nil(),
        source: Stage::SubmitPolicySelection.into(),
        customer_id: Uuid::nil(),
        application_id: ApplicationId::new(Uuid::nil(), at),
        sequence: 5,
        schema_version: SCHEMA_VERSION,
        timestamp: at,
        data: EventData::WorkflowCompleted(WorkflowCompleted {
            selected_policy_id: "a".into(),
            premium: crate::event::Premium { monthly_cents: 1, currency: "EUR".into() },
        }),
    };
    let envelope = serde_json::to_value(&event).unwrap();
    is_written_as(ServerFrame::Event { event: Box::new(event) }, json!({"type": "event", "event": envelope}));
}

#[test]
fn status_is_the_only_client_action() {
    is_written_as(ClientFrame::Status, json!({"action": "status"}));
    for text in ["", "status", "{}", r#"{"action":"Status"}"#, r#"{"action":"drop"}"#, r#"{"type":"status"}"#] {
        assert!(serde_json::from_str::<ClientFrame>(text).is_err(), "{text}");
    }
}

#[test]
fn problem_follows_rfc_9457_and_omits_empty_errors() {
    let problem = Problem {
        kind: "about:blank".into(),
        title: "Unprocessable Content".into(),
        status: 422,
        code: "validation_failed".into(),
        detail: "One field needs your attention.".into(),
        errors: vec![FieldError::new("address.postalCode", "invalid", "Please give one like 0150.")],
        request_id: Some("0193a1b2".into()),
    };
    let mut wanted = json!({
        "type": "about:blank", "title": "Unprocessable Content", "status": 422, "code": "validation_failed",
        "detail": "One field needs your attention.",
        "errors": [{"field": "address.postalCode", "code": "invalid", "message": "Please give one like 0150."}],
        "requestId": "0193a1b2",
    });
    is_written_as(problem.clone(), wanted.clone());
    wanted.as_object_mut().unwrap().retain(|key, _| key != "errors" && key != "requestId");
    is_written_as(Problem { errors: Vec::new(), request_id: None, ..problem }, wanted);
}

#[test]
fn request_bodies_refuse_unknown_fields() {
    let confirm: ConfirmFields = serde_json::from_str(r#"{"fields": {"familyName": "Berg"}}"#).unwrap();
    assert_eq!(confirm.fields, [(FieldName::FamilyName, "Berg".to_owned())].into());
    for text in
        [r#"{"fields": {"surname": "Berg"}}"#, r#"{"fields": {}, "status": "APPROVED"}"#, "{}", r#"{"fields": []}"#]
    {
        assert!(serde_json::from_str::<ConfirmFields>(text).is_err(), "{text}");
    }
    // Validation reports missing fields, not the parser.
    assert_eq!(serde_json::from_str::<Selection>("{}").unwrap(), Selection::default());
    assert!(serde_json::from_str::<Selection>(r#"{"policyId": "a", "consent": "yes"}"#).is_err());
    assert!(serde_json::from_str::<Selection>(r#"{"policyId": "a", "premium": 1}"#).is_err());
}

#[test]
fn bodies_with_a_stored_twin_are_strict_where_the_twin_is_lenient() {
    let needs = json!({
        "interests": ["home"], "dependants": 0, "employment": "employed", "home": "owner", "vehicle": "none",
        "tripsPerYear": 0, "pets": 0, "smoker": false, "monthlyBudgetCents": 500,
    });
    let info = json!({"email": "a@example.org", "address": {"city": "Oslo"}});
    fn refusal<T: DeserializeOwned + std::fmt::Debug>(json: &Value) -> String {
        serde_json::from_value::<T>(json.clone()).unwrap_err().to_string()
    }
    let mut more = needs.clone();
    more["admin"] = json!(true);
    assert!(refusal::<AnswerNeeds>(&more).starts_with("unknown field `admin`"));
    assert!(refusal::<AnswerNeeds>(&json!({})).starts_with("missing field `interests`"));
    assert_eq!(serde_json::from_value::<Needs>(more).unwrap(), serde_json::from_value(needs.clone()).unwrap());
    let body: AnswerNeeds = serde_json::from_value(needs.clone()).unwrap();
    assert_eq!(serde_json::to_value(Needs::from(body)).unwrap(), needs);
    for at in ["", "/address"] {
        let mut more = info.clone();
        more.pointer_mut(at).unwrap()["admin"] = json!(true);
        assert!(refusal::<SubmitUserInfo>(&more).starts_with("unknown field `admin`"), "{at}");
        let lenient: crate::event::UserInfo = serde_json::from_value(more).unwrap();
        let body: SubmitUserInfo = serde_json::from_value(info.clone()).unwrap();
        assert_eq!(lenient, body.into());
    }
}

#[test]
fn reading_steps_are_ordered() {
    assert!(ReadingStep::ALL.is_sorted());
    assert_eq!(
        ReadingStep::ALL.map(|step| serde_json::to_value(step).unwrap()),
        ["queued", "preparing", "reading_mrz", "reading_page", "comparing"]
    );
}
