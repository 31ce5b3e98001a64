//! Forward compatibility. Two versions run side by side during an upgrade. The older one keeps unknown fields when it
//! writes a row back, and refuses a row of a format that it does not know.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::StoreError;

/// The format of the rows that this version writes. Raise it when older versions would misread or damage a row; an
/// additional field does not raise it.
pub(super) const FORMAT: u32 = 1;

/// Fields that identify an object. Objects that differ in one of them are not the same.
const IDENTITY: [&str; 6] = ["documentId", "key", "policyId", "checkType", "request", "hash"];

/// Whether this version may read an item of `table`. Rows of version 0.1 carry no format.
pub(super) fn check_format(table: &'static str, item: &HashMap<String, AttributeValue>) -> Result<(), StoreError> {
    let format = item.get("format").and_then(|format| format.as_n().ok()?.parse().ok()).unwrap_or(FORMAT);
    if format > FORMAT {
        let message = format!("format {format}; this version knows format {FORMAT}");
        return Err(StoreError::Newer { table, message });
    }
    Ok(())
}

/// Copies to `next` the fields of `stored` that this version does not know. `known` has the fields of `stored` that it
/// knows. List elements are matched by [`IDENTITY`] or by equality. Removed or replaced objects keep no unknown fields.
pub(super) fn keep_unknown(stored: &Value, known: &Value, next: &mut Value) {
    match (stored, known, next) {
        (Value::Object(stored), Value::Object(known), Value::Object(next)) => {
            if !same(|field| (known.get(field), next.get(field))) {
                return;
            }
            for (name, stored) in stored {
                match (known.get(name), next.get_mut(name)) {
                    (Some(known), Some(next)) => keep_unknown(stored, known, next),
                    (None, None) => {
                        next.insert(name.clone(), stored.clone());
                    }
                    _ => {}
                }
            }
        }
        (Value::Array(stored), Value::Array(known), Value::Array(next)) if stored.len() == known.len() => {
            for next in next {
                let mut before = stored.iter().zip(known).filter(|(_, known)| {
                    *known == next || (has_identity(next) && same(|field| (known.get(field), next.get(field))))
                });
                if let Some((stored, known)) = before.next() {
                    keep_unknown(stored, known, next);
                }
            }
        }
        _ => {}
    }
}

fn same<'a>(pair: impl Fn(&str) -> (Option<&'a Value>, Option<&'a Value>)) -> bool {
    IDENTITY.iter().all(|field| {
        let (known, next) = pair(field);
        known == next
    })
}

fn has_identity(value: &Value) -> bool {
    IDENTITY.iter().any(|field| value.get(field).is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(stored: Value, known: Value, mut next: Value) -> Value {
        keep_unknown(&stored, &known, &mut next);
        next
    }

    #[test]
    fn unknown_fields_are_kept_at_every_level() {
        let stored = json!({
            "new": 1,
            "userInfo": { "email": "a", "title": "Dr", "address": { "city": "b", "floor": 2 } },
            "documents": [
                { "documentId": "x", "pages": 1, "tint": "sepia" },
                { "documentId": "y", "pages": 1, "tint": "grey", "fields": { "name": { "value": "v", "new": true } } },
            ],
        });
        let known = json!({
            "userInfo": { "email": "a", "address": { "city": "b" } },
            "documents": [
                { "documentId": "x", "pages": 1 },
                { "documentId": "y", "pages": 1, "fields": { "name": { "value": "v" } } },
            ],
        });
        // The first document is removed, the other one is changed and moved.
        let next = json!({
            "userInfo": { "email": "a", "address": { "city": "b" } },
            "documents": [
                { "documentId": "z", "pages": 3 },
                { "documentId": "y", "pages": 2, "fields": { "name": { "value": "w" } } },
            ],
        });
        let expected = json!({
            "new": 1,
            "userInfo": { "email": "a", "title": "Dr", "address": { "city": "b", "floor": 2 } },
            "documents": [
                { "documentId": "z", "pages": 3 },
                { "documentId": "y", "pages": 2, "tint": "grey", "fields": { "name": { "value": "w", "new": true } } },
            ],
        });
        assert_eq!(kept(stored, known, next), expected);
    }

    #[test]
    fn replaced_object_keeps_no_unknown_fields() {
        let stored = json!({ "phone": { "request": 1, "model": "old" }, "kyc": { "status": "REVIEW", "by": "me" } });
        let known = json!({ "phone": { "request": 1 }, "kyc": { "status": "REVIEW" } });
        let next = json!({ "phone": { "request": 2 }, "kyc": null });
        assert_eq!(kept(stored, known, next.clone()), next);
    }

    #[test]
    fn removed_known_field_stays_removed() {
        let (stored, next) = (json!({ "line2": "c/o" }), json!({}));
        assert_eq!(kept(stored.clone(), stored, next.clone()), next);
    }

    #[test]
    fn newer_format_is_refused() {
        let item = |format: u32| HashMap::from([("format".to_owned(), AttributeValue::N(format.to_string()))]);
        assert!(check_format("applications", &HashMap::new()).is_ok(), "a row of version 0.1 has no format");
        assert!(check_format("applications", &item(FORMAT)).is_ok());
        let refused = check_format("applications", &item(FORMAT + 1));
        assert!(matches!(refused, Err(StoreError::Newer { table: "applications", .. })));
    }
}
