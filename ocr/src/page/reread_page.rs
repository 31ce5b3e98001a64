//! Second OCR pass over a page with darkened faint print. Captions are often small and grey, and Tesseract binarises
//! the whole page with one threshold.

use std::collections::BTreeMap;

use domain::document::{DOUBTFUL_BELOW, DocumentKind, Field, FieldName};
use image::{GrayImage, Luma};

/// Darkens faint print. Paper and dark ink keep their grey.
pub(crate) fn darken_faint_print(page: &GrayImage) -> GrayImage {
    let darker: Vec<u8> = (0..=255_u32).map(|level| (level * level / 255) as u8).collect();
    GrayImage::from_fn(page.width(), page.height(), |x, y| Luma([darker[usize::from(page.get_pixel(x, y).0[0])]]))
}

/// Whether a usual field of the kind is missing or doubtful. `fits` says whether a value is possible, given other facts
/// about the document. With a `zone` only fields that the MRZ lacks are required.
pub(crate) fn is_needed(
    kind: DocumentKind,
    zone: bool,
    fields: &BTreeMap<FieldName, Field>,
    fits: impl Fn(FieldName, &Field) -> bool,
) -> bool {
    let names: &[FieldName] =
        if zone { &[FieldName::FamilyName, FieldName::GivenNames] } else { kind.required_fields() };
    let sender: &[FieldName] = if kind == DocumentKind::ProofOfAddress { &[FieldName::Issuer] } else { &[] };
    let read = |name: &FieldName| {
        fields.get(name).is_some_and(|field| field.confidence >= DOUBTFUL_BELOW && fits(*name, field))
    };
    !names.iter().chain(sender).chain(&[FieldName::IssueDate]).all(read)
}

/// Merges two readings: for each field the second counts if the first lacks it or has less confidence.
pub(crate) fn merge(
    mut first: BTreeMap<FieldName, Field>,
    second: BTreeMap<FieldName, Field>,
    fits: impl Fn(FieldName, &Field) -> bool,
) -> BTreeMap<FieldName, Field> {
    for (name, field) in second {
        let better = match first.get(&name) {
            None => fits(name, &field),
            Some(before) if fits(name, before) != fits(name, &field) => fits(name, &field),
            Some(before) => before.confidence < DOUBTFUL_BELOW && field.confidence > before.confidence,
        };
        if better {
            first.insert(name, field);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use domain::document::FieldSource;

    use super::*;

    fn fields(read: &[(FieldName, &str, f64)]) -> BTreeMap<FieldName, Field> {
        read.iter().map(|(name, text, sure)| (*name, Field::read(*text, *sure, FieldSource::PrintedZone))).collect()
    }

    #[test]
    fn faint_print_is_darkened_and_paper_stays_white() {
        let page = GrayImage::from_vec(4, 1, vec![255, 200, 120, 0]).unwrap();
        assert_eq!(darken_faint_print(&page).into_raw(), [255, 156, 56, 0]);
    }

    #[test]
    fn missing_or_doubtful_field_needs_a_second_pass() {
        use DocumentKind::{IdentityCard, ProofOfAddress};
        use FieldName::{Address, FamilyName, FullName, GivenNames, IssueDate, Issuer};
        let any = |_: FieldName, _: &Field| true;
        let bill = |issuer| {
            fields(&[
                (FullName, "A B", 0.9),
                (Address, "C 1", 0.9),
                (IssueDate, "2026-01-02", 0.9),
                (Issuer, "D", issuer),
            ])
        };
        assert!(!is_needed(ProofOfAddress, false, &bill(0.9), any));
        assert!(is_needed(ProofOfAddress, false, &bill(0.5), any));
        let card = fields(&[(FamilyName, "Given", 0.9), (GivenNames, "B", 0.9), (IssueDate, "2026-01-02", 0.9)]);
        assert!(!is_needed(IdentityCard, true, &card, any));
        assert!(is_needed(IdentityCard, true, &card, |_, field| field.value != "Given"));
        assert!(is_needed(IdentityCard, false, &card, any));
    }

    #[test]
    fn better_reading_is_kept_per_field() {
        use FieldName::{FamilyName, FullName, GivenNames, IssueDate, Issuer};
        let first =
            fields(&[(FullName, "A", 0.85), (Issuer, "B", 0.5), (GivenNames, "C", 0.7), (FamilyName, "Given", 0.9)]);
        // An impossible value is dropped, even without an alternative.
        assert!(
            merge(fields(&[]), fields(&[(FamilyName, "Given", 0.9)]), |_, field| field.value != "Given").is_empty()
        );
        let second = fields(&[
            (FullName, "a", 0.9),
            (Issuer, "b", 0.6),
            (GivenNames, "c", 0.6),
            (FamilyName, "D", 0.6),
            (IssueDate, "2026-01-02", 0.4),
        ]);
        let merged = merge(first, second, |_, field| field.value != "Given");
        let values: Vec<&str> =
            [FullName, Issuer, GivenNames, FamilyName, IssueDate].map(|n| &*merged[&n].value).to_vec();
        assert_eq!(values, ["A", "b", "C", "D", "2026-01-02"]);
    }
}
