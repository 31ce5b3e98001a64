//! Converts HEIC pictures with libheif's program.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;

use crate::ReadError;
use crate::tool::Tool;

/// How long the conversion may take. One of 40 megapixels takes a few seconds.
const TIME: Duration = Duration::from_secs(20);
/// Maximum number of pixels of a picture in the file. The program decodes it as a whole, within its memory limit; the
/// JPEG that it writes is then reduced.
const MOST_PIXELS: u64 = 66_000_000;
/// Maximum nesting of boxes that hold sizes.
const MAX_DEPTH: usize = 4;
/// Maximum number of boxes. A picture of 48 megapixels in tiles has a few hundred.
const MAX_BOXES: usize = 4000;

/// Converts the first `most` pictures of a file to JPEG, rotated as the file says.
///
/// # Errors
/// [`ReadError::TooLarge`], by the header alone; [`ReadError::Malformed`]; [`ReadError::Tool`].
pub(crate) async fn pages(program: &Path, file: &Bytes, most: usize, limit: Duration) -> Result<Vec<Bytes>, ReadError> {
    check_sizes(file)?;
    let failed =
        |error: std::io::Error| ReadError::Tool { program: "temporary folder", reason: error.kind().to_string() };
    // `tempfile` creates folders with mode 0700, which other users cannot read.
    let folder = tempfile::Builder::new().prefix("onboard-ocr-").tempdir().map_err(failed)?;
    let (source, target) = (folder.path().join("in.heic"), folder.path().join("page.jpg"));
    tokio::fs::write(&source, file).await.map_err(failed)?;
    let arguments = [OsStr::new("--quiet"), OsStr::new("-q"), OsStr::new("94"), source.as_os_str(), target.as_os_str()];
    let tool = Tool { program: "heif-convert", path: program, folder: Some(folder.path()), limit: limit.min(TIME) };
    let output = tool.run(&arguments, &[]).await?;
    match output.code {
        Some(0) => {}
        // After an error the converted pictures may be incomplete.
        _ => return Err(ReadError::Malformed),
    }
    let mut pages = Vec::new();
    // A single picture has the requested name; several are numbered.
    let names = std::iter::once("page.jpg".to_owned()).chain((1..=most).map(|i| format!("page-{i}.jpg")));
    for name in names {
        match tokio::fs::read(folder.path().join(name)).await {
            Ok(page) => pages.push(page.into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    pages.truncate(most);
    if pages.is_empty() { Err(ReadError::Malformed) } else { Ok(pages) }
}

/// Checks the size of every picture in the file by its `ispe` boxes (ISO/IEC 23008-12, 6.5.3).
fn check_sizes(file: &[u8]) -> Result<(), ReadError> {
    let mut seen = 0;
    let mut sizes = 0;
    check_boxes(file, MAX_DEPTH, &mut seen, &mut sizes)?;
    if sizes == 0 { Err(ReadError::Malformed) } else { Ok(()) }
}

fn check_boxes(mut boxes: &[u8], depth: usize, seen: &mut usize, sizes: &mut usize) -> Result<(), ReadError> {
    let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |four| u32::from_be_bytes(*four));
    while boxes.len() >= 8 {
        *seen += 1;
        if *seen > MAX_BOXES {
            return Err(ReadError::Malformed);
        }
        let (header, length) = match number(boxes) {
            0 => (8, boxes.len()),
            1 => {
                let long = boxes.get(8..).and_then(|rest| rest.first_chunk()).map(|eight| u64::from_be_bytes(*eight));
                (16, long.and_then(|long| usize::try_from(long).ok()).unwrap_or(0))
            }
            length => (8, length as usize),
        };
        let Some(content) = boxes.get(header..length) else { return Err(ReadError::Malformed) };
        match &boxes[4..8] {
            // Version and flags precede the content.
            b"meta" if depth > 0 => check_boxes(content.get(4..).unwrap_or(&[]), depth - 1, seen, sizes)?,
            b"iprp" | b"ipco" if depth > 0 => check_boxes(content, depth - 1, seen, sizes)?,
            b"ispe" => {
                let Some(size) = content.get(4..12) else { return Err(ReadError::Malformed) };
                match u64::from(number(size)) * u64::from(number(&size[4..])) {
                    0 => return Err(ReadError::Malformed),
                    1..=MOST_PIXELS => {}
                    pixels => return Err(ReadError::TooLarge { pixels, limit: MOST_PIXELS }),
                }
                *sizes += 1;
            }
            _ => {}
        }
        boxes = &boxes[length..];
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
        [&length.to_be_bytes(), &kind[..], content].concat()
    }

    fn file(width: u32, height: u32) -> Vec<u8> {
        let size = a_box(b"ispe", &[[0; 4], width.to_be_bytes(), height.to_be_bytes()].concat());
        let properties = a_box(b"iprp", &a_box(b"ipco", &size));
        a_box(b"meta", &[&[0; 4], &properties[..]].concat())
    }

    #[test]
    fn pictures_of_48_megapixels_are_converted_and_larger_ones_refused() {
        assert!(check_sizes(&file(8064, 6048)).is_ok());
        let pixels = 12_000 * 9000;
        assert!(matches!(
            check_sizes(&file(12_000, 9000)),
            Err(ReadError::TooLarge { pixels: found, limit: MOST_PIXELS }) if found == pixels
        ));
        assert!(matches!(check_sizes(&file(0, 9000)), Err(ReadError::Malformed)));
    }
}
