//! The answers of Azure Document Intelligence (REST API 2024-11-30).

use std::collections::BTreeMap;

use domain::document::Region;
use ocr::{PageText, Word};
use serde::Deserialize;

use crate::extractor::ProviderError;
use crate::{http, regions};

/// The state of an analysis, with its result when it has succeeded.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Operation {
    pub status: Status,
    pub analyze_result: Option<Result>,
    error: Option<Fault>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub(super) enum Status {
    NotStarted,
    Running,
    Succeeded,
    Failed,
    Canceled,
    Skipped,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
    innererror: Option<std::boxed::Box<Fault>>,
}

impl Operation {
    /// The reason that there is no result.
    pub fn failure(&self) -> ProviderError {
        let Some(fault) = &self.error else {
            return ProviderError::Unavailable("the analysis failed".to_owned());
        };
        let inner = fault.innererror.as_ref().map_or("", |inner| inner.code.as_str());
        let code = http::error_code(if inner.is_empty() { &fault.code } else { inner });
        match fault.code.as_str() {
            "InvalidRequest" | "InvalidArgument" | "InvalidContent" | "InvalidContentLength" => {
                ProviderError::Refused(code)
            }
            _ => ProviderError::Unavailable(code),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Result {
    #[serde(default)]
    pub pages: Vec<Page>,
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// In pixels for a picture, in inches for a PDF; the page and everything on it have the same unit.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    width: f64,
    #[serde(default)]
    height: f64,
    #[serde(default)]
    words: Vec<Piece>,
}

#[derive(Deserialize)]
struct Piece {
    content: String,
    #[serde(default)]
    confidence: f64,
    #[serde(default)]
    polygon: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    /// For instance `idDocument.passport`.
    #[serde(default)]
    pub doc_type: String,
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
}

/// A field of any type. A field that was not found has neither value nor content.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Value {
    pub value_string: Option<String>,
    pub value_date: Option<String>,
    pub value_country_region: Option<String>,
    pub value_object: Option<BTreeMap<String, Value>>,
    pub content: Option<String>,
    pub confidence: Option<f64>,
    bounding_regions: Vec<Bounds>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounds {
    #[serde(default)]
    polygon: Vec<f64>,
}

impl Result {
    /// The words of the page that was sent.
    pub fn words(&self) -> PageText {
        let Some(page) = self.pages.first() else { return PageText::default() };
        let words = page.words.iter().filter_map(|piece| {
            let [left, top, right, bottom] = regions::bounding_box(corners(&piece.polygon))?.map(|side| side as f32);
            Some(Word { text: piece.content.clone(), confidence: piece.confidence, left, top, right, bottom })
        });
        PageText { words: words.collect(), width: page.width as f32, height: page.height as f32 }
    }

    /// The region of a value on the page, which is the document's page `index`, counted from 0.
    pub fn region(&self, value: &Value, index: usize) -> Option<Region> {
        let page = self.pages.first()?;
        let all = value.bounding_regions.iter().flat_map(|bounds| corners(&bounds.polygon));
        let [left, top, right, bottom] = regions::bounding_box(all)?;
        regions::from_fractions(index, [left / page.width, top / page.height, right / page.width, bottom / page.height])
    }
}

fn corners(polygon: &[f64]) -> impl Iterator<Item = (f64, f64)> + '_ {
    polygon.as_chunks::<2>().0.iter().map(|[x, y]| (*x, *y))
}
