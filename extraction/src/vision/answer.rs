//! The answers of `images:annotate`, and their conversion to the words of a page.

use ocr::{PageText, Word};
use serde::Deserialize;

use crate::extractor::ProviderError;
use crate::regions;

/// The whole answer; one response for each picture of the request.
#[derive(Deserialize)]
pub(super) struct Answer {
    responses: Vec<Response>,
}

/// Empty if there is no text in the picture.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    full_text_annotation: Option<Text>,
    error: Option<Status>,
}

/// `google.rpc.Status`; its code is one of `google.rpc.Code`.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: i32,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    width: f32,
    #[serde(default)]
    height: f32,
    #[serde(default)]
    blocks: Vec<Block>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    #[serde(default)]
    words: Vec<Piece>,
}

/// A word in Vision's sense. It splits at every punctuation mark: `14.03.1987` is five of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    #[serde(default)]
    confidence: f64,
    bounding_box: Box,
    #[serde(default)]
    symbols: Vec<Symbol>,
}

#[derive(Deserialize)]
struct Box {
    #[serde(default)]
    vertices: Vec<Vertex>,
}

/// In pixels. A coordinate of zero is omitted.
#[derive(Deserialize)]
struct Vertex {
    #[serde(default)]
    x: f64,
    #[serde(default)]
    y: f64,
}

#[derive(Deserialize)]
struct Symbol {
    #[serde(default)]
    text: String,
    property: Option<Property>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property {
    detected_break: Option<serde::de::IgnoredAny>,
}

/// The words of the picture that was sent.
pub(super) fn words(answer: &Answer) -> Result<PageText, ProviderError> {
    let [response] = answer.responses.as_slice() else {
        return Err(ProviderError::Malformed(format!("{} responses for one picture", answer.responses.len())));
    };
    if let Some(status) = &response.error {
        return Err(picture_error(status.code));
    }
    let Some(page) = response.full_text_annotation.as_ref().and_then(|text| text.pages.first()) else {
        return Ok(PageText::default());
    };
    let pieces = page.blocks.iter().flat_map(|block| &block.paragraphs).map(|paragraph| paragraph.words.as_slice());
    Ok(PageText { words: pieces.flat_map(joined).collect(), width: page.width, height: page.height })
}

/// Joins the pieces of a paragraph that have no break between them.
fn joined(pieces: &[Piece]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut continues = false;
    for piece in pieces {
        let corners = piece.bounding_box.vertices.iter().map(|corner| (corner.x, corner.y));
        let Some([left, top, right, bottom]) =
            regions::bounding_box(corners).map(|sides| sides.map(|side| side as f32))
        else {
            continue;
        };
        let text: String = piece.symbols.iter().map(|symbol| symbol.text.as_str()).collect();
        match words.last_mut().filter(|_| continues) {
            Some(word) => {
                word.text.push_str(&text);
                // The confidence of a word is that of its least certain piece.
                word.confidence = word.confidence.min(piece.confidence);
                word.left = word.left.min(left);
                word.top = word.top.min(top);
                word.right = word.right.max(right);
                word.bottom = word.bottom.max(bottom);
            }
            None => words.push(Word { text, confidence: piece.confidence, left, top, right, bottom }),
        }
        continues = piece
            .symbols
            .last()
            .is_some_and(|last| last.property.as_ref().is_none_or(|property| property.detected_break.is_none()));
    }
    words
}

/// The error for one picture.
fn picture_error(code: i32) -> ProviderError {
    match code {
        3 | 9 | 11 => ProviderError::Refused(format!("code {code} for the picture")),
        7 | 16 => ProviderError::Denied(format!("code {code} for the picture")),
        8 => ProviderError::Throttled { after: None },
        _ => ProviderError::Unavailable(format!("code {code} for the picture")),
    }
}
