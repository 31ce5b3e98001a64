//! Answers of Amazon Textract.

use domain::document::DocumentKind;
use serde_json::{Value, json};

use crate::page::{Page, Word};
use crate::told::{Profile, letters, points};

/// `AnalyzeID`. It returns every type, and an empty text with high confidence for a type without a value.
pub fn analyze_id(kind: DocumentKind, profile: &Profile, page: &Page) -> Value {
    let blank = page.lines.is_empty();
    let is_licence = kind == DocumentKind::DrivingLicence;
    let print = if kind == DocumentKind::Passport { letters } else { points };
    let id_type = match kind {
        DocumentKind::Passport => "PASSPORT",
        DocumentKind::DrivingLicence => "DRIVER LICENSE FRONT",
        _ => "UNKNOWN",
    };
    let zone = profile.zone(kind).unwrap_or_default();
    let fields = [
        ("FIRST_NAME", profile.given_names.to_uppercase(), None),
        ("LAST_NAME", profile.family_name.to_uppercase(), None),
        ("MIDDLE_NAME", String::new(), None),
        ("SUFFIX", String::new(), None),
        ("CITY_IN_ADDRESS", if is_licence { profile.city.clone() } else { String::new() }, None),
        ("ZIP_CODE_IN_ADDRESS", if is_licence { profile.postal_code.clone() } else { String::new() }, None),
        ("STATE_IN_ADDRESS", String::new(), None),
        ("STATE_NAME", String::new(), None),
        ("DOCUMENT_NUMBER", profile.document_number.clone(), None),
        ("EXPIRATION_DATE", print(profile.expiry_date), Some(profile.expiry_date)),
        ("DATE_OF_BIRTH", print(profile.date_of_birth), Some(profile.date_of_birth)),
        ("DATE_OF_ISSUE", print(profile.issue_date), Some(profile.issue_date)),
        ("ID_TYPE", id_type.to_owned(), None),
        ("ENDORSEMENTS", String::new(), None),
        ("VETERAN", String::new(), None),
        ("RESTRICTIONS", String::new(), None),
        ("CLASS", if is_licence { "B".to_owned() } else { String::new() }, None),
        ("ADDRESS", if is_licence { profile.line1.clone() } else { String::new() }, None),
        ("COUNTY", String::new(), None),
        ("PLACE_OF_BIRTH", if is_licence { String::new() } else { profile.place_of_birth.to_uppercase() }, None),
        ("MRZ_CODE", zone, None),
    ];
    let fields: Vec<Value> = fields
        .into_iter()
        .map(|(of, text, date)| {
            let text = if blank { String::new() } else { text };
            let mut value = json!({ "Text": text, "Confidence": if text.is_empty() { 99.1 } else { 97.4 } });
            if let Some(date) = date.filter(|_| !text.is_empty()) {
                value["NormalizedValue"] = json!({ "Value": format!("{date}T00:00:00"), "ValueType": "Date" });
            }
            json!({ "Type": { "Text": of }, "ValueDetection": value })
        })
        .collect();
    json!({
        "AnalyzeIDModelVersion": "1.0",
        "DocumentMetadata": { "Pages": 1 },
        "IdentityDocuments": [{ "DocumentIndex": 1, "IdentityDocumentFields": fields, "Blocks": blocks(page) }],
    })
}

/// `AnalyzeDocument` with `FORMS`. It recognises one pair.
pub fn analyze_document(page: &Page) -> Value {
    let mut blocks = blocks(page);
    if let Some(line) = page.line("Invoice date:") {
        let id = |word: &Word| id("word", word.left, word.top);
        let set = |name: &str, of: &str, words: &[Word], value: Option<&str>| {
            let mut relations = vec![json!({ "Type": "CHILD", "Ids": words.iter().map(id).collect::<Vec<_>>() })];
            relations.extend(value.map(|value| json!({ "Type": "VALUE", "Ids": [value] })));
            let (first, last) = (&words[0], &words[words.len() - 1]);
            json!({
                "BlockType": "KEY_VALUE_SET", "Id": name, "EntityTypes": [of], "Confidence": 95.2,
                "Geometry": geometry(page, [first.left, first.top, last.right, last.bottom]),
                "Relationships": relations,
            })
        };
        blocks.push(set("key-1", "KEY", &line.words[..2], Some("value-1")));
        blocks.push(set("value-1", "VALUE", &line.words[2..], None));
    }
    json!({ "AnalyzeDocumentModelVersion": "1.0", "DocumentMetadata": { "Pages": 1 }, "Blocks": blocks })
}

fn blocks(page: &Page) -> Vec<Value> {
    let whole = geometry(page, [0.0, 0.0, page.width, page.height]);
    let mut blocks = vec![json!({ "BlockType": "PAGE", "Id": "page-1", "Geometry": whole })];
    for line in &page.lines {
        let [left, top, ..] = line.sides();
        let ids: Vec<String> = line.words.iter().map(|word| id("word", word.left, word.top)).collect();
        blocks.push(json!({
            "BlockType": "LINE", "Id": id("line", left, top), "Text": line.text(), "Confidence": 99.0,
            "Geometry": geometry(page, line.sides()), "Relationships": [{ "Type": "CHILD", "Ids": ids }],
        }));
        blocks.extend(line.words.iter().map(|word| {
            json!({
                "BlockType": "WORD", "Id": id("word", word.left, word.top), "Text": word.text, "TextType": "PRINTED",
                "Confidence": 98.6, "Geometry": geometry(page, [word.left, word.top, word.right, word.bottom]),
            })
        }));
    }
    blocks
}

fn id(of: &str, left: f64, top: f64) -> String {
    format!("{of}-{left:.0}-{top:.0}")
}

fn geometry(page: &Page, [left, top, right, bottom]: [f64; 4]) -> Value {
    let [left, top, right, bottom] = [left / page.width, top / page.height, right / page.width, bottom / page.height];
    let corner = |x: f64, y: f64| json!({ "X": short(x), "Y": short(y) });
    json!({
        "BoundingBox": {
            "Left": short(left), "Top": short(top), "Width": short(right - left), "Height": short(bottom - top),
        },
        "Polygon": [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)],
    })
}

fn short(part: f64) -> f64 {
    (part * 1e6).round() / 1e6
}
