//! Reads the pages of one document and merges their fields.

use domain::api::ReadingStep;
use domain::document::{DocumentKind, FieldName, FieldSource, PictureIssue};
use image::GrayImage;
use jiff::civil::Date;

use super::printed_text::{MIN_KNOWN_WORDS, MrzContext, count_known_words};
use super::{Fields, Job, Progress, Reading};
use crate::barcode::{self, Effort};
use crate::mrz::{is_plausible, locate};
use crate::page::geometry::{OcrPage, to_parts};
use crate::page::rectify::{self, RectifiedPage};
use crate::page::{PageText, printed};
use crate::prepare::{Page, Prepared, Quality, quality};
use crate::{ReadError, merge};

/// Minimum number of required fields in a document that is recognised as its kind.
const MIN_FIELDS: usize = 2;
/// Minimum confidence of a field that counts, because OCR finds letters in background texture.
const MIN_LEGIBLE: f64 = 0.3;

/// The text of a page in which too little was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    Some,
    /// Text of a side without the holder's data.
    OtherSide,
    None,
}

impl Text {
    fn issue(self, quality: &Quality) -> PictureIssue {
        let mut quality = *quality;
        quality.other_side |= self == Self::OtherSide;
        quality.diagnose(self != Self::None)
    }
}

impl Job {
    /// See [`super::Reader::read`].
    pub(super) async fn read(&self, document: &Prepared, progress: Progress<'_>) -> Result<Reading, ReadError> {
        if let Some(text) = &document.text {
            progress(ReadingStep::ReadingPage);
            let fields = self.fields(OcrPage::whole(text), FieldSource::TextLayer).await?;
            if self.enough(&fields) {
                progress(ReadingStep::Comparing);
                return Ok(Reading { fields, issue: None });
            }
        }
        if self.kind == DocumentKind::DrivingLicence {
            return self.read_licence(document, progress).await;
        }
        let mut first = None;
        for (page, number) in document.pages.iter().zip(1..=u8::MAX) {
            let reading = self.read_page(page, number, &document.quality, progress).await?;
            // If the first page is a cover or the back of a card, the second page counts.
            if reading.issue.is_none() {
                return Ok(reading);
            }
            first.get_or_insert(reading);
        }
        Ok(first.unwrap_or_default())
    }

    /// Reads a licence: the print of the front and the barcode of the back, on one page or on two.
    async fn read_licence(&self, document: &Prepared, progress: Progress<'_>) -> Result<Reading, ReadError> {
        progress(ReadingStep::ReadingPage);
        let (mut printed, mut coded) = (Fields::new(), Fields::new());
        let mut text = Text::None;
        for (page, number) in document.pages.iter().zip(1..=u8::MAX) {
            let mut found = self.barcode(page, number, Effort::Quick).await?;
            let (fields, seen) = self.read_print(page, number).await?;
            if found.is_empty() && !self.enough(&fields) {
                found = self.barcode(page, number, Effort::Thorough).await?;
            }
            if seen != Text::None {
                text = seen;
            }
            coded.extend(found);
            for (name, field) in fields {
                printed.entry(name).or_insert(field);
            }
        }
        progress(ReadingStep::Comparing);
        let fields = merge::with_barcode(coded, printed);
        let issue = (!self.enough(&fields)).then(|| text.issue(&document.quality));
        Ok(Reading { fields, issue })
    }

    /// The fields of a page's barcode; empty without one.
    async fn barcode(&self, page: &Page, number: u8, effort: Effort) -> Result<Fields, ReadError> {
        let (picture, cut_out) = (page.grey.clone(), page.cut_out);
        self.compute(move |_| {
            // Perspective and illumination correction may make a barcode decodable.
            let made = match effort {
                Effort::Quick => None,
                Effort::Thorough if cut_out => Some(rectify::whole_frame(&picture)),
                Effort::Thorough => Some(rectify::bright_sheet(&picture)),
            };
            let seen = made.as_ref().map_or(picture.as_ref(), |made| &made.picture);
            let Some(found) = barcode::find(seen, effort) else { return Fields::new() };
            let parts = to_parts(picture.width() as f32, picture.height() as f32);
            let to_page = parts.map(|parts| match &made {
                Some(made) => made.to_source.and_then(parts),
                None => parts,
            });
            let region = found.bounds.zip(to_page).and_then(|(bounds, to_page)| bounds.region(number, &to_page));
            merge::barcode(&found.says, region)
        })
        .await
    }

    async fn read_page(
        &self,
        page: &Page,
        number: u8,
        quality: &Quality,
        progress: Progress<'_>,
    ) -> Result<Reading, ReadError> {
        let picture = page.grey.clone();
        if self.kind.has_mrz() {
            progress(ReadingStep::ReadingMrz);
            let seen = picture.clone();
            let zone = self.compute(move |shared| locate(&seen, &shared.glyphs)).await?;
            if let Some(seen) = zone
                && let Ok(mrz) = domain::mrz::parse(&seen.zone.text, self.today)
                && is_plausible(&mrz)
            {
                progress(ReadingStep::ReadingPage);
                if mrz.format.is_visa() {
                    // A visa is a permission to enter, not a proof of identity.
                    progress(ReadingStep::Comparing);
                    return Ok(Reading { fields: Fields::new(), issue: Some(PictureIssue::OtherDocument) });
                }
                let to_page = seen.to_page(&picture);
                let context = MrzContext { elements: mrz.elements(), names_cut: mrz.names_cut };
                let (ocr_page, printed) = self.read_words(&seen.page, number, to_page, &context).await?;
                progress(ReadingStep::Comparing);
                let merged = self.compute(move |_| {
                    let witnesses = context.find_in_print(&[ocr_page]);
                    let place = |name| seen.region(&mrz, name, number, &picture);
                    merge::merge(&mrz, &seen.zone, printed, witnesses, place)
                });
                return Ok(Reading { fields: merged.await?, issue: None });
            }
        }
        progress(ReadingStep::ReadingPage);
        let (fields, text) = self.read_print(page, number).await?;
        progress(ReadingStep::Comparing);
        let issue = (!self.enough(&fields)).then(|| text.issue(quality));
        Ok(Reading { fields, issue })
    }

    /// Reads the printed text of an upright page.
    async fn read_print(&self, page: &Page, number: u8) -> Result<(Fields, Text), ReadError> {
        // A bright area of a cropped page is more often a reflection than a sheet of paper.
        let ways: [fn(&GrayImage) -> RectifiedPage; 2] = if page.cut_out {
            [rectify::whole_frame, rectify::bright_sheet]
        } else {
            [rectify::bright_sheet, rectify::rotated_in_frame]
        };
        let make = |make: fn(&GrayImage) -> RectifiedPage| {
            let picture = page.grey.clone();
            self.compute(move |_| make(&picture))
        };
        let made = make(ways[0]).await?;
        let first = self.read_rectified(page, number, &made).await?;
        if self.enough(&first.0) {
            return Ok(first);
        }
        let other = make(ways[1]).await?;
        // Without a bright sheet both methods give the same picture.
        if other.picture == made.picture {
            return Ok(first);
        }
        let second = self.read_rectified(page, number, &other).await?;
        Ok(if self.enough(&second.0) || first.1 == Text::None { second } else { first })
    }

    async fn read_rectified(&self, page: &Page, number: u8, made: &RectifiedPage) -> Result<(Fields, Text), ReadError> {
        let to_parts = to_parts(page.grey.width() as f32, page.grey.height() as f32);
        let to_page = to_parts.map(|parts| made.to_source.and_then(parts));
        let (ocr_page, fields) = self.read_words(&made.picture, number, to_page, &MrzContext::default()).await?;
        let makes_sense = count_known_words(&ocr_page.text) >= MIN_KNOWN_WORDS;
        let other_side = quality::other_side(self.kind, std::slice::from_ref(&ocr_page.text));
        let text = match self.enough(&fields) {
            true => Text::Some,
            false if other_side => Text::OtherSide,
            false if makes_sense => Text::Some,
            false => Text::None,
        };
        Ok((fields, text))
    }

    /// Whether a text layer has fields enough, on whatever day.
    pub(crate) async fn is_enough_text(&self, text: &[PageText]) -> Result<bool, ReadError> {
        let (kind, pages) = (self.kind, OcrPage::whole(text));
        let fields = self.compute(move |_| printed(kind, &pages, FieldSource::TextLayer, Date::MAX)).await?;
        Ok(self.enough(&fields))
    }

    fn enough(&self, fields: &Fields) -> bool {
        let is_legible = |name: &FieldName| fields.get(name).is_some_and(|field| field.confidence >= MIN_LEGIBLE);
        let found = self.kind.required_fields().iter().filter(|name| is_legible(name)).count();
        // Every letter has words that could be a name and a number. Identity documents also have dates.
        let born_or_ends = [FieldName::DateOfBirth, FieldName::ExpiryDate].iter().any(is_legible);
        found >= MIN_FIELDS && (self.kind == DocumentKind::ProofOfAddress || born_or_ends || found > MIN_FIELDS)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::{Future as _, poll_fn};
    use std::pin::pin;
    use std::sync::{Arc, mpsc};
    use std::task::Poll;

    use super::*;
    use crate::{Reader, ReaderConfig};

    #[test]
    fn field_search_does_not_block_the_async_worker() {
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        runtime.block_on(async {
            let shared = Reader::new(ReaderConfig::default()).unwrap().shared;
            let permit = Arc::new(shared.permits.clone().acquire_owned().await.unwrap());
            for kind in DocumentKind::ALL {
                let job =
                    Job { shared: shared.clone(), permit: permit.clone(), kind, today: Date::constant(2026, 11, 21) };
                // The only blocking thread is held here, so blocking work cannot end.
                let (release, held) = mpsc::channel::<()>();
                let holding = tokio::task::spawn_blocking(move || held.recv());
                let mut fields = pin!(job.fields(Vec::new(), FieldSource::TextLayer));
                let waits = poll_fn(|context| Poll::Ready(fields.as_mut().poll(context).is_pending())).await;
                assert!(waits, "{kind:?}: the work ran on the async worker");
                release.send(()).unwrap();
                holding.await.unwrap().unwrap();
                assert!(fields.await.unwrap().is_empty());
            }
        });
    }
}
