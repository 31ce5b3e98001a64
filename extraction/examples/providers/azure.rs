//! Answers of Azure Document Intelligence, by its schema of 2024-11-30.

use domain::document::DocumentKind;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::page::{Page, Word};
use crate::told::{Profile, letters, points};

/// The result of `prebuilt-idDocument`.
pub fn id_document(kind: DocumentKind, profile: &Profile, page: &Page) -> Value {
    let doc_type = match kind {
        DocumentKind::Passport => "idDocument.passport",
        DocumentKind::DrivingLicence => "idDocument.driverLicense",
        _ => "idDocument.nationalIdentityCard",
    };
    let print = if kind == DocumentKind::Passport { letters } else { points };
    let mut fields = Map::new();
    let mut put = |name: &str, of: &str, content: String, value: Value| {
        let mut field = json!({ "type": of, "content": content, "confidence": 0.968 });
        if let Some((key, value)) = value.as_object().and_then(|value| value.iter().next()) {
            field[key] = value.clone();
        }
        if let Some(region) = region(page, &content) {
            field["boundingRegions"] = json!([region]);
        }
        fields.insert(name.to_owned(), field);
    };
    let string = |text: &str| json!({ "valueString": text });
    let day = |date: Date| json!({ "valueDate": date.to_string() });
    let country = |code: &str| json!({ "valueCountryRegion": code });
    let upper = |text: &str| if kind == DocumentKind::Passport { text.to_uppercase() } else { text.to_owned() };
    put("FirstName", "string", upper(&profile.given_names), string(&upper(&profile.given_names)));
    put("LastName", "string", upper(&profile.family_name), string(&upper(&profile.family_name)));
    put("DocumentNumber", "string", profile.document_number.clone(), string(&profile.document_number));
    put("DateOfBirth", "date", print(profile.date_of_birth), day(profile.date_of_birth));
    put("DateOfExpiration", "date", print(profile.expiry_date), day(profile.expiry_date));
    if kind != DocumentKind::IdentityCard {
        put("DateOfIssue", "date", print(profile.issue_date), day(profile.issue_date));
        put("PlaceOfBirth", "string", upper(&profile.place_of_birth), string(&upper(&profile.place_of_birth)));
    }
    put("CountryRegion", "countryRegion", profile.nationality.clone(), country(&profile.nationality));
    if kind == DocumentKind::DrivingLicence {
        let address = format!("{}, {} {}", profile.line1, profile.postal_code, profile.city);
        let parts = json!({ "streetAddress": profile.line1, "postalCode": profile.postal_code, "city": profile.city });
        put("Address", "address", address, json!({ "valueAddress": parts }));
        put("VehicleClassifications", "string", "B".to_owned(), string("B"));
    } else {
        put("Sex", "string", profile.sex.to_string(), string(&profile.sex.to_string()));
    }
    if kind == DocumentKind::Passport {
        put("Nationality", "countryRegion", profile.nationality.clone(), country(&profile.nationality));
        put("DocumentType", "string", "P".to_owned(), string("P"));
        let zone = profile.zone(kind).unwrap_or_default();
        let parts = json!({
            "DocumentNumber": { "type": "string", "valueString": profile.document_number, "confidence": 0.962 },
            "DateOfBirth": { "type": "date", "valueDate": profile.date_of_birth.to_string(), "confidence": 0.962 },
        });
        put("MachineReadableZone", "object", zone.replace('\n', " "), json!({ "valueObject": parts }));
    }
    let documents = if page.lines.is_empty() {
        json!([])
    } else {
        json!([{ "docType": doc_type, "confidence": 0.991, "fields": fields }])
    };
    result("prebuilt-idDocument", page, documents)
}

/// The result of `prebuilt-read`.
pub fn read(page: &Page) -> Value {
    result("prebuilt-read", page, json!([]))
}

fn result(model: &str, page: &Page, documents: Value) -> Value {
    let words: Vec<Value> = page
        .lines
        .iter()
        .flat_map(|line| &line.words)
        .map(|word| {
            let polygon = polygon([word.left, word.top, word.right, word.bottom]);
            json!({
                "content": word.text, "polygon": polygon, "confidence": 0.985,
                "span": { "offset": 0, "length": word.text.len() },
            })
        })
        .collect();
    let lines: Vec<String> = page.lines.iter().map(|line| line.text()).collect();
    json!({
        "status": "succeeded",
        "createdDateTime": "2026-11-21T09:00:00Z",
        "lastUpdatedDateTime": "2026-11-21T09:00:01Z",
        "analyzeResult": {
            "apiVersion": "2024-11-30", "modelId": model, "stringIndexType": "textElements",
            "content": lines.join("\n"),
            "pages": [{
                "pageNumber": 1, "angle": 0, "width": page.width, "height": page.height, "unit": "pixel",
                "words": words,
            }],
            "documents": documents,
        },
    })
}

/// The region of a value, by its words on one line, or by all its words if it is a zone.
fn region(page: &Page, content: &str) -> Option<Value> {
    let wanted: Vec<&str> = content.split(' ').collect();
    let run = page.lines.iter().find_map(|line| {
        let texts: Vec<&str> = line.words.iter().map(|word| word.text.as_str()).collect();
        let start = texts.windows(wanted.len()).position(|run| run == wanted)?;
        Some(line.words[start..start + wanted.len()].iter().collect::<Vec<&Word>>())
    });
    let of_zone = || page.lines.iter().flat_map(|line| &line.words).filter(|word| wanted.contains(&word.text.as_str()));
    let words = run.unwrap_or_else(|| of_zone().collect());
    let side = |of: fn(&Word) -> f64, pick: fn(f64, f64) -> f64| words.iter().map(|word| of(word)).reduce(pick);
    let sides = [
        side(|word| word.left, f64::min)?,
        side(|word| word.top, f64::min)?,
        side(|word| word.right, f64::max)?,
        side(|word| word.bottom, f64::max)?,
    ];
    Some(json!({ "pageNumber": 1, "polygon": polygon(sides) }))
}

fn polygon([left, top, right, bottom]: [f64; 4]) -> [f64; 8] {
    [left, top, right, top, right, bottom, left, bottom].map(f64::round)
}
