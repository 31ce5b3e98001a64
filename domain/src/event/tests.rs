#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::document::{Agreement, Document, DocumentKind, Field, FieldName, FieldSource, Provider};

const CUSTOMER: &str = "0199f3a0-0000-7000-8000-000000000001";

fn envelope(data: EventData) -> Envelope {
    let customer_id = CUSTOMER.parse().unwrap();
    let opened: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
    Envelope {
        event_id: "0199f3a0-0000-7000-8000-0000000000ff".parse().unwrap(),
        source: Stage::SubmitUserInfo.into(),
        customer_id,
        application_id: ApplicationId::new(customer_id, opened),
        sequence: 1,
        schema_version: SCHEMA_VERSION,
        timestamp: "2026-03-01T09:30:00.5Z".parse().unwrap(),
        data,
    }
}

fn user_info() -> EventData {
    EventData::UserInfoSubmitted(crate::samples::ingrid())
}

/// One event of each type, in the order of [`EventType::ALL`].
fn every_type() -> [EventData; 6] {
    let premium = Premium { monthly_cents: 2_450, currency: "EUR".into() };
    let mut field = Field::read("BRANDVOLD", 0.93, FieldSource::Mrz);
    field.read_value = Some("BRANDV0LD".into());
    [
        user_info(),
        EventData::DocumentsProcessed(DocumentsProcessed {
            documents: vec![Document::new(
                Uuid::nil(),
                "passport.jpg".into(),
                DocumentKind::Passport,
                [(FieldName::FamilyName, field)].into(),
            )],
            ai_provider: AiProvider::Custom.into(),
            processing_time: 1_250,
        }),
        EventData::KycVerified(KycVerified {
            status: KycStatus::Review,
            risk_level: RiskLevel::Medium,
            checks: vec![Check {
                check_type: CheckType::NameMatch,
                passed: false,
                score: 0.778,
                reason: "A letter differs.".into(),
            }],
            list_version: "OFAC-SDN 2026-02-27 (30 entries)".into(),
            rules_version: "2026-11.1".into(),
            evidence: vec![],
            reviewed: false,
            asks: Vec::new(),
        }),
        EventData::PolicyRecommended(PolicyRecommended {
            recommendations: vec![Recommendation {
                policy_id: "travel-basic".into(),
                name: "Travel Basic".into(),
                fit_score: 82,
                reasons: vec!["40 points: you travel often.".into()],
                premium: premium.clone(),
            }],
            excluded: vec![Excluded { policy_id: "pet".into(), reason: "Pet: you have none.".into() }],
        }),
        EventData::WorkflowCompleted(WorkflowCompleted { selected_policy_id: "travel-basic".into(), premium }),
        EventData::WorkflowError(WorkflowError {
            stage: Stage::ProcessDocuments,
            code: DOCUMENT_UNREADABLE.into(),
            message: "We could not read it.".into(),
            retryable: true,
            refused: true,
            fields: vec!["file".into()],
            caused_by: Some(Uuid::nil()),
        }),
    ]
}

#[test]
fn envelope_has_the_published_shape() {
    let written = serde_json::to_value(envelope(user_info())).unwrap();
    let wanted = json!({
        "eventId": "0199f3a0-0000-7000-8000-0000000000ff",
        "eventType": "USER_INFO_SUBMITTED",
        "source": "submit-user-info",
        "customerId": CUSTOMER,
        "applicationId": format!("APP-{CUSTOMER}-1772355600"),
        "sequence": 1,
        "schemaVersion": 1,
        "timestamp": "2026-03-01T09:30:00.500Z",
        "data": {
            "email": "ingrid@example.org",
            "firstName": "Ingrid",
            "lastName": "Brandvold",
            "dateOfBirth": "1987-03-14",
            "phoneNumber": "+4741234567",
            "address": {"line1": "Storgata 14", "city": "Oslo", "postalCode": "0184", "country": "NO"},
        },
    });
    assert_eq!(written, wanted);
}

#[test]
fn event_data_has_the_published_names() {
    let [_, documents, kyc, recommended, completed, error] =
        every_type().map(|data| serde_json::to_value(envelope(data)).unwrap()["data"].clone());
    assert_eq!(
        documents,
        json!({
            "documents": [{
                "documentId": Uuid::nil(), "fileName": "passport.jpg", "kind": "passport", "confidence": 0.186,
                "provider": "custom", "pages": 0,
                "extractedFields": {"familyName": {
                    "value": "BRANDVOLD", "confidence": 0.93, "source": "mrz", "provider": "custom",
                    "confirmed": false, "readValue": "BRANDV0LD",
                }},
            }],
            "aiProvider": "custom", "processingTime": 1250,
        })
    );
    assert_eq!(
        kyc,
        json!({
            "status": "REVIEW", "riskLevel": "MEDIUM", "listVersion": "OFAC-SDN 2026-02-27 (30 entries)",
            "rulesVersion": "2026-11.1",
            "checks": [{"checkType": "NAME_MATCH", "passed": false, "score": 0.778, "reason": "A letter differs."}],
        })
    );
    assert_eq!(recommended["recommendations"][0]["policyId"], "travel-basic");
    assert_eq!(recommended["recommendations"][0]["fitScore"], 82);
    assert_eq!(recommended["excluded"][0], json!({"policyId": "pet", "reason": "Pet: you have none."}));
    assert_eq!(
        completed,
        json!({"selectedPolicyId": "travel-basic", "premium": {"monthlyCents": 2450, "currency": "EUR"}})
    );
    assert_eq!(
        error,
        json!({
            "stage": "process-documents", "code": "document_unreadable", "message": "We could not read it.",
            "retryable": true, "refused": true, "fields": ["file"], "causedBy": Uuid::nil(),
        })
    );
}

#[test]
fn every_event_type_round_trips() {
    for (data, event_type) in every_type().into_iter().zip(EventType::ALL) {
        let event = envelope(data);
        assert_eq!((event.event_type(), event.data.event_type()), (event_type, event_type));
        let bytes = serde_json::to_vec(&event).unwrap();
        assert_eq!(Envelope::from_slice(&bytes).unwrap(), event);
        let tag = serde_json::from_slice::<Value>(&bytes).unwrap()["eventType"].clone();
        assert_eq!(serde_json::from_value::<EventType>(tag).unwrap(), event_type);
    }
}

#[test]
fn unknown_schema_version_is_named_before_anything_else_is_read() {
    for text in [r#"{"schemaVersion": 2}"#, r#"{"schemaVersion": 2, "eventType": "NEW", "data": []}"#] {
        assert!(matches!(Envelope::from_slice(text.as_bytes()), Err(InvalidEvent::UnknownVersion(2))), "{text}");
    }
    let error = Envelope::from_slice(br#"{"schemaVersion": 0}"#).unwrap_err();
    assert_eq!(error.to_string(), "schema version 0 is not known to this build, which knows 1");
}

#[test]
fn malformed_event_is_refused_as_corrupt() {
    let good = serde_json::to_value(envelope(user_info())).unwrap();
    let spoil = |change: fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        Envelope::from_slice(value.to_string().as_bytes())
    };
    assert!(spoil(|_| {}).is_ok());
    let broken: [fn(&mut Value); 7] = [
        |value| value["eventType"] = json!("KYC_VERIFIED"),
        |value| value["applicationId"] = json!("APP-1-2"),
        |value| value["timestamp"] = json!("yesterday"),
        |value| value["sequence"] = json!(-1),
        |value| value["customerId"] = json!("x"),
        |value| value["data"] = json!({"email": 1}),
        |value| drop(value.as_object_mut().unwrap().remove("eventId")),
    ];
    for (at, change) in broken.into_iter().enumerate() {
        assert!(matches!(spoil(change), Err(InvalidEvent::Unreadable(Unreadable::Corrupt(_)))), "{at}");
    }
    for text in ["", "null", "[]", "{}", "\u{0}", "{\"schemaVersion\":\"1\"}"] {
        assert!(
            matches!(Envelope::from_slice(text.as_bytes()), Err(InvalidEvent::Unreadable(Unreadable::Corrupt(_)))),
            "{text}"
        );
    }
    assert!(Envelope::from_slice(&[0xFF, 0xFE]).is_err());
}

#[test]
fn timestamp_is_truncated_to_milliseconds() {
    let written = |at: &str| {
        let event = Envelope { timestamp: at.parse().unwrap(), ..envelope(user_info()) };
        serde_json::to_value(event).unwrap()["timestamp"].as_str().unwrap().to_owned()
    };
    assert_eq!(written("2026-03-01T09:30:00Z"), "2026-03-01T09:30:00.000Z");
    assert_eq!(written("2026-03-01T09:30:00.9999Z"), "2026-03-01T09:30:00.999Z");
    assert_eq!(written("2026-03-01T10:30:00.5+01:00"), "2026-03-01T09:30:00.500Z");
}

#[test]
fn topics_groups_and_retention_are_as_published() {
    let topics = EventType::ALL.map(EventType::topic);
    assert_eq!(
        topics,
        [
            "user-info-submitted",
            "documents-processed",
            "kyc-verified",
            "policy-recommended",
            "workflow-completed",
            "workflow-errors"
        ]
    );
    assert_eq!(EventType::ALL.map(EventType::retention_days), [7, 7, 7, 7, 7, 30]);
    assert_eq!(EventType::WorkflowError.consumer_group(), "onboard-ai-consumer-workflow-errors");
    assert_eq!(EventType::ALL.map(EventType::consumer_group).into_iter().collect::<BTreeSet<_>>().len(), 6);
}

#[test]
fn stage_has_one_spelling() {
    use Stage::*;
    for stage in [
        SubmitUserInfo,
        ProcessDocuments,
        ConfirmFields,
        PerformKyc,
        GenerateRecommendations,
        SubmitPolicySelection,
        ConsumeEvent,
    ] {
        assert_eq!(serde_json::to_value(stage).unwrap(), json!(stage.as_str()));
    }
}

#[test]
fn application_id_has_one_spelling() {
    let id = format!("APP-{CUSTOMER}-1772355600");
    let parsed: ApplicationId = id.parse().unwrap();
    assert_eq!((parsed.customer_id().to_string(), parsed.to_string()), (CUSTOMER.to_owned(), id.clone()));
    for wrong in [
        String::new(),
        "APP-".into(),
        CUSTOMER.into(),
        id.to_uppercase(),
        id.to_lowercase(),
        id.replace("APP-", ""),
        format!("{id} "),
        format!(" {id}"),
        format!("{id}\n"),
        format!("APP-{CUSTOMER}-"),
        format!("APP-{CUSTOMER}-+1"),
        format!("APP-{CUSTOMER}-01"),
        format!("APP-{CUSTOMER}-1.5"),
        format!("APP-{CUSTOMER}-99999999999999999999"),
        format!("APP-{{{CUSTOMER}}}-1"),
        format!("APP-{}-1", CUSTOMER.replace('-', "")),
        format!("APP-{CUSTOMER}-1-2"),
    ] {
        assert_eq!(wrong.parse::<ApplicationId>(), Err(InvalidApplicationId), "{wrong}");
    }
}

#[test]
fn only_an_unreadable_photo_is_shown_after_the_response() {
    let EventData::WorkflowError(error) = every_type()[5].clone() else { panic!("the sixth is the error") };
    assert!(!error.is_in_response());
    let form = WorkflowError { code: "validation_failed".into(), ..error };
    assert!(form.is_in_response());
    assert!(!WorkflowError { refused: false, ..form }.is_in_response());
}

proptest! {
    #[test]
    fn application_id_round_trips(customer in any::<u128>(), seconds in 0i64..4_102_444_800) {
        let id = ApplicationId::new(Uuid::from_u128(customer), Timestamp::from_second(seconds).unwrap());
        prop_assert_eq!(id.to_string().parse(), Ok(id.clone()));
        prop_assert_eq!(serde_json::from_str::<ApplicationId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn parsed_application_id_is_its_text(text in "(APP-)?[0-9a-fA-F-]{0,40}(-[+0-9]{1,4})?") {
        if let Ok(id) = text.parse::<ApplicationId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn envelope_round_trips(
        which in 0usize..6,
        id in any::<u128>(),
        sequence in 1u64..u64::MAX,
        millisecond in 0i64..4_102_444_800_000,
        text in any::<String>(),
        thousandths in 0u32..=1000,
    ) {
        let mut data = every_type()[which].clone();
        match &mut data {
            EventData::UserInfoSubmitted(info) => info.address.line2 = Some(text),
            EventData::DocumentsProcessed(data) => {
                data.documents[0].confidence = f64::from(thousandths) / 1000.0;
                data.documents[0].file_name = text;
            }
            EventData::KycVerified(data) => {
                data.checks[0].score = f64::from(thousandths) / 1000.0;
                data.checks[0].reason = text;
            }
            EventData::PolicyRecommended(data) => data.recommendations[0].reasons.push(text),
            EventData::WorkflowCompleted(data) => data.selected_policy_id = text,
            EventData::WorkflowError(data) => data.message = text,
        }
        let event = Envelope {
            event_id: Uuid::from_u128(id),
            sequence,
            timestamp: Timestamp::from_millisecond(millisecond).unwrap(),
            ..envelope(data)
        };
        prop_assert_eq!(Envelope::from_slice(&serde_json::to_vec(&event).unwrap()).unwrap(), event);
    }

    #[test]
    fn random_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        // Random bytes never spell the envelope's eight fields.
        prop_assert!(Envelope::from_slice(&bytes).is_err());
    }
}

#[test]
fn events_without_reading_history_are_read() {
    let old = json!({
        "documents": [{
            "documentId": "01890000-0000-7000-8000-000000000001",
            "fileName": "passport.jpg",
            "kind": "passport",
            "extractedFields": {
                "familyName": {"value": "Brandvold", "confidence": 0.97, "source": "mrz"},
                "dateOfBirth": {
                    "value": "1987-03-14", "confidence": 0.6, "source": "applicant", "confirmed": true,
                    "readValue": "1987-03-11"
                }
            },
            "confidence": 0.31
        }],
        "aiProvider": "custom",
        "processingTime": 812
    });
    let read: DocumentsProcessed = serde_json::from_value(old).unwrap();
    let document = &read.documents[0];
    assert_eq!((document.provider, document.pages, document.issues.len()), (Provider::Custom, 0, 0));
    let born = &document.extracted_fields[&FieldName::DateOfBirth];
    assert_eq!(
        (born.read_value.as_deref(), born.provider, born.other_readings.len()),
        (Some("1987-03-11"), Provider::Custom, 0)
    );
    assert_eq!(born.agreement(FieldName::DateOfBirth), Agreement::Alone);
}
