//! Answers of Google Cloud Vision.

use serde_json::{Value, json};

use crate::page::{Page, Word};

/// `images:annotate` with `DOCUMENT_TEXT_DETECTION`, limited to our field mask. An empty page gives an empty response.
pub fn annotate(page: &Page) -> Value {
    if page.lines.is_empty() {
        return json!({ "responses": [{}] });
    }
    let blocks: Vec<Value> = page
        .lines
        .iter()
        .map(|line| {
            let last = line.words.len() - 1;
            let pieces = line.words.iter().enumerate().flat_map(|(at, word)| pieces(word, at == last));
            json!({ "paragraphs": [{ "words": pieces.collect::<Vec<_>>() }] })
        })
        .collect();
    json!({ "responses": [{ "fullTextAnnotation": {
        "pages": [{ "width": page.width, "height": page.height, "blocks": blocks }],
    } }] })
}

/// Vision splits words at every punctuation mark; only the last piece ends with a break.
fn pieces(word: &Word, ends_line: bool) -> Vec<Value> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    for (at, c) in word.text.chars().enumerate() {
        match parts.last_mut() {
            Some((_, part)) if part.chars().all(char::is_alphanumeric) && c.is_alphanumeric() => part.push(c),
            _ => parts.push((at, c.to_string())),
        }
    }
    let advance = (word.right - word.left) / word.text.chars().count() as f64;
    let last = parts.len() - 1;
    parts
        .into_iter()
        .enumerate()
        .map(|(index, (at, text))| {
            let left = word.left + advance * at as f64;
            let right = left + advance * text.chars().count() as f64;
            let corner = |x: f64, y: f64| json!({ "x": x.round(), "y": y.round() });
            let mut symbols: Vec<Value> = text.chars().map(|c| json!({ "text": c.to_string() })).collect();
            if let Some(symbol) = symbols.last_mut().filter(|_| index == last) {
                let of = if ends_line { "LINE_BREAK" } else { "SPACE" };
                symbol["property"] = json!({ "detectedBreak": { "type": of } });
            }
            json!({
                "boundingBox": { "vertices": [
                    corner(left, word.top), corner(right, word.top),
                    corner(right, word.bottom), corner(left, word.bottom),
                ] },
                "symbols": symbols,
                "confidence": 0.97,
            })
        })
        .collect()
}
