//! TIFF as office scanners write it (TIFF 6.0): fax codes of group 3, colours from a palette, and few shades of grey.
//! The `image` crate decodes the other kinds.

use std::io::Cursor;

use fax::decoder::pels;
use fax::maps::{black, white};
use fax::{BitReader, Color, slice_reader};
use image::{Rgb, RgbImage};
use tiff::decoder::{Decoder, DecodingResult};

use super::picture::check_pixels;
use crate::ReadError;

/// Compressions that are read, by their number in the directory.
const READ: [u64; 9] = [1, 2, 3, 4, 5, 7, 8, 32_773, 32_946];

/// Decodes the first picture of a file; `None` for a kind that the `image` crate decodes, or for a damaged directory.
///
/// # Errors
/// [`ReadError::UnreadTiff`] for a kind that nobody here decodes, [`ReadError::TooLarge`] by the directory alone,
/// [`ReadError::Malformed`].
pub(super) fn decode(file: &[u8]) -> Result<Option<RgbImage>, ReadError> {
    let Some(directory) = Directory::first(file) else { return Ok(None) };
    let number = |tag, usual| directory.numbers(tag).and_then(|all| all.first().copied()).unwrap_or(usual);
    let side = |tag| u32::try_from(number(tag, 0)).unwrap_or(u32::MAX);
    let (width, height) = (side(WIDTH), side(HEIGHT));
    check_pixels(width, height)?;
    let (compression, interpretation) = (number(COMPRESSION, 1), number(INTERPRETATION, 0));
    let (bits, samples) = (number(BITS, 1), number(SAMPLES, 1));
    match (compression, interpretation, bits, samples) {
        (2 | 3, 0 | 1, 1, 1) => directory.fax(width, height, compression).map(Some),
        (c, ..) if !READ.contains(&c) => Err(ReadError::UnreadTiff { kind: compression_name(c) }),
        (_, 3, 1 | 2 | 4 | 8, 1) | (_, 0 | 1, 2 | 4, 1) => directory.mapped(width, height, bits).map(Some),
        (_, 3, ..) => Err(ReadError::UnreadTiff { kind: "a palette of more than 256 colours" }),
        (_, 8..=10, ..) => Err(ReadError::UnreadTiff { kind: "colours in the L*a*b* space" }),
        _ => Ok(None),
    }
}

/// The names of compressions that are not read.
const fn compression_name(compression: u64) -> &'static str {
    match compression {
        6 => "old-style JPEG compression",
        9 | 10 | 34_661 => "JBIG compression",
        34_712 => "JPEG 2000 compression",
        34_925 => "LZMA compression",
        50_000 => "Zstandard compression",
        50_001 => "WebP compression",
        _ => "a rare compression",
    }
}

const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const BITS: u16 = 258;
const COMPRESSION: u16 = 259;
const INTERPRETATION: u16 = 262;
const FILL_ORDER: u16 = 266;
const STRIPS: u16 = 273;
const SAMPLES: u16 = 277;
const ROWS_PER_STRIP: u16 = 278;
const STRIP_BYTES: u16 = 279;
const FAX_OPTIONS: u16 = 292;
const COLOUR_MAP: u16 = 320;

/// The first directory of a file.
struct Directory<'a> {
    file: &'a [u8],
    little: bool,
    /// The place of each entry.
    entries: Vec<usize>,
}

impl<'a> Directory<'a> {
    /// `None` for a damaged directory, and for BigTIFF.
    fn first(file: &'a [u8]) -> Option<Self> {
        let mut directory = Self { file, little: file.starts_with(b"II"), entries: Vec::new() };
        if directory.number(2, 2)? != 42 {
            return None;
        }
        let at = usize::try_from(directory.number(4, 4)?).ok()?;
        let count = usize::try_from(directory.number(at, 2)?).ok()?;
        directory.entries = (0..count).map(|i| at + 2 + 12 * i).collect();
        directory.number(directory.entries.last()? + 8, 4)?;
        Some(directory)
    }

    fn number(&self, at: usize, bytes: usize) -> Option<u64> {
        let bytes = self.file.get(at..at.checked_add(bytes)?)?;
        let step = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.little { bytes.iter().rev().fold(0, step) } else { bytes.iter().fold(0, step) })
    }

    fn entry(&self, tag: u16) -> Option<usize> {
        self.entries.iter().copied().find(|at| self.number(*at, 2) == Some(u64::from(tag)))
    }

    /// The values of a tag of whole numbers.
    fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entry(tag)?;
        let size = match self.number(entry + 2, 2)? {
            1 => 1,
            3 => 2,
            4 => 4,
            _ => return None,
        };
        let count = usize::try_from(self.number(entry + 4, 4)?).ok()?;
        let whole = count.checked_mul(size)?;
        let at = if whole <= 4 { entry + 8 } else { usize::try_from(self.number(entry + 8, 4)?).ok()? };
        // A count beyond the file's end is damage, and must not reserve memory.
        self.file.get(at..at.checked_add(whole)?)?;
        (0..count).map(|i| self.number(at + i * size, size)).collect()
    }

    /// A picture in one-dimensional fax code: group 3 (compression 3), or the same runs without line ends (2).
    fn fax(&self, width: u32, height: u32, compression: u64) -> Result<RgbImage, ReadError> {
        if compression == 3 && self.numbers(FAX_OPTIONS).is_some_and(|all| all.first().is_some_and(|all| all & 1 == 1))
        {
            return Err(ReadError::UnreadTiff { kind: "two-dimensional fax group 3" });
        }
        let columns = u16::try_from(width).map_err(|_| ReadError::Malformed)?;
        let (strips, sizes) = self.numbers(STRIPS).zip(self.numbers(STRIP_BYTES)).ok_or(ReadError::Malformed)?;
        let rows = self.numbers(ROWS_PER_STRIP).and_then(|all| all.first().copied()).unwrap_or(u64::from(height));
        let rows = u32::try_from(rows.clamp(1, u64::from(height))).unwrap_or(height);
        let backwards = self.numbers(FILL_ORDER).is_some_and(|all| all.first() == Some(&2));
        let black_is_zero = self.numbers(INTERPRETATION).is_some_and(|all| all.first() == Some(&1));
        let paper = if black_is_zero { Color::Black } else { Color::White };
        let mut picture = RgbImage::from_pixel(width, height, Rgb([255; 3]));
        let mut read = 0;
        for (i, (at, size)) in strips.into_iter().zip(sizes).enumerate() {
            let end = usize::try_from(at.saturating_add(size)).unwrap_or(usize::MAX);
            let bytes = usize::try_from(at).ok().and_then(|at| self.file.get(at..end.min(self.file.len())));
            let mut bytes = bytes.ok_or(ReadError::Malformed)?.to_vec();
            if backwards {
                bytes.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
            // The reader looks ahead.
            bytes.extend([0; 2]);
            let mut bits = slice_reader(&bytes);
            let first = rows.saturating_mul(u32::try_from(i).unwrap_or(u32::MAX));
            for y in first..first.saturating_add(rows).min(height) {
                let Some(line) = line(&mut bits, columns, compression == 2) else { break };
                for (x, colour) in (0..).zip(pels(&line, columns)) {
                    if colour != paper {
                        picture.put_pixel(x, y, Rgb([0; 3]));
                    }
                }
                read += 1;
            }
        }
        // A damaged line ends its strip. Half a page may still have all that matters.
        if read * 2 < height { Err(ReadError::Malformed) } else { Ok(picture) }
    }

    /// A picture whose pixels are numbers of colours or of few shades of grey.
    fn mapped(&self, width: u32, height: u32, bits: u64) -> Result<RgbImage, ReadError> {
        let interpretation = self.entry(INTERPRETATION).ok_or(ReadError::Malformed)?;
        let is_palette = self.number(interpretation + 8, 2) == Some(3);
        let levels = 1_usize << bits;
        let colours: Vec<Rgb<u8>> = if is_palette {
            let map = self.numbers(COLOUR_MAP).filter(|map| map.len() >= 3 * levels).ok_or(ReadError::Malformed)?;
            // All reds, then all greens and all blues, each of 16 bits.
            let part = |i: usize| (map[i] >> 8) as u8;
            (0..levels).map(|i| Rgb([part(i), part(levels + i), part(2 * levels + i)])).collect()
        } else {
            let grey = |i: usize| (i * 255 / (levels - 1)) as u8;
            // The decoder inverts pictures in which white is 0.
            (0..levels).map(|i| Rgb([grey(i); 3])).collect()
        };
        // The decoder takes numbers of colours for shades of grey.
        let mut file = self.file.to_vec();
        if is_palette {
            let grey = if self.little { [1, 0] } else { [0, 1] };
            file[interpretation + 8..interpretation + 10].copy_from_slice(&grey);
        }
        let mut decoder = Decoder::new(Cursor::new(file)).map_err(|_| ReadError::Malformed)?;
        let DecodingResult::U8(packed) = decoder.read_image().map_err(|_| ReadError::Malformed)? else {
            return Err(ReadError::Malformed);
        };
        let bits = usize::try_from(bits).unwrap_or(8);
        let row = (width as usize * bits).div_ceil(8);
        if packed.len() < row * height as usize {
            return Err(ReadError::Malformed);
        }
        let number = |x: u32, y: u32| {
            let bit = x as usize * bits;
            let byte = packed[y as usize * row + bit / 8];
            usize::from(byte >> (8 - bits - bit % 8)) & (levels - 1)
        };
        Ok(RgbImage::from_fn(width, height, |x, y| colours[number(x, y)]))
    }
}

/// The positions at which a line changes its colour, white first. `None` at the end of the data and in damaged lines.
fn line(bits: &mut impl BitReader, width: u16, from_byte: bool) -> Option<Vec<u16>> {
    if from_byte {
        let rest = bits.bits_to_byte_boundary();
        bits.consume(rest).ok()?;
    }
    // Line ends and fill bits: at least eleven zeros, which no run has.
    while bits.peek(9) == Some(0) {
        while bits.peek(1)? == 0 {
            bits.consume(1).ok()?;
        }
        bits.consume(1).ok()?;
    }
    let (mut changes, mut at, mut is_white) = (Vec::new(), 0_u16, true);
    while at < width {
        loop {
            let run = if is_white { white::decode(bits)? } else { black::decode(bits)? };
            at = at.checked_add(run).filter(|at| *at <= width)?;
            // Runs of 64 and more are continued by a shorter one.
            if run < 64 {
                break;
            }
        }
        changes.push(at);
        is_white = !is_white;
    }
    Some(changes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use fax::{BitWriter, VecWriter};

    use super::*;

    /// A TIFF of one strip with these tags, each of one number.
    fn file(strip: &[u8], width: u32, height: u32, tags: &[(u16, u32)], map: &[u16]) -> Vec<u8> {
        let mut all = vec![(WIDTH, width), (HEIGHT, height), (STRIPS, 8), (STRIP_BYTES, strip.len() as u32)];
        all.extend_from_slice(tags);
        all.sort_unstable();
        let mut out = b"II*\0".to_vec();
        let map_at = 8 + strip.len() + strip.len() % 2;
        let directory = map_at + map.len() * 2;
        out.extend(u32::try_from(directory).unwrap().to_le_bytes());
        out.extend(strip);
        out.resize(map_at, 0);
        out.extend(map.iter().flat_map(|value| value.to_le_bytes()));
        out.extend(u16::try_from(all.len() + usize::from(!map.is_empty())).unwrap().to_le_bytes());
        for (tag, value) in all {
            out.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
            out.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
        }
        if !map.is_empty() {
            out.extend([COLOUR_MAP.to_le_bytes(), 3_u16.to_le_bytes()].concat());
            out.extend([(map.len() as u32).to_le_bytes(), (map_at as u32).to_le_bytes()].concat());
        }
        out.extend([0; 4]);
        out
    }

    /// A fax line for each row of dark pixels, with line ends unless `aligned`.
    fn coded(rows: &[Vec<bool>], aligned: bool) -> Vec<u8> {
        let mut bits = VecWriter::new();
        for row in rows {
            if !aligned {
                bits.write(fax::maps::EOL).unwrap();
            }
            let (mut at, mut dark) = (0, false);
            while at < row.len() {
                let run = row[at..].iter().take_while(|pixel| **pixel == dark).count();
                at += run;
                let mut left = u16::try_from(run).unwrap();
                loop {
                    let part = if left >= 64 { left.min(2560) / 64 * 64 } else { left };
                    let code = if dark { black::encode(part) } else { white::encode(part) };
                    bits.write(code.unwrap()).unwrap();
                    left -= part;
                    if part < 64 {
                        break;
                    }
                }
                dark = !dark;
            }
            if aligned {
                bits.pad();
            }
        }
        bits.finish()
    }

    #[test]
    fn fax_group_3_is_decoded() {
        let row = |from: usize, to: usize| (0..300).map(|x| (from..to).contains(&x)).collect::<Vec<bool>>();
        let rows = [row(0, 5), row(10, 210), row(299, 300), row(0, 0)];
        for (compression, order) in [(3, 1), (3, 2), (2, 1)] {
            let mut strip = coded(&rows, compression == 2);
            if order == 2 {
                strip.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
            let tags = [(COMPRESSION, compression), (INTERPRETATION, 0), (FILL_ORDER, order)];
            let picture = decode(&file(&strip, 300, 4, &tags, &[])).unwrap().unwrap();
            let dark = |x: u32, y: u32| picture.get_pixel(x, y).0[0] == 0;
            for (y, row) in (0..).zip(&rows) {
                assert!((0..).zip(row).all(|(x, wanted)| dark(x, y) == *wanted), "{compression} {order}: row {y}");
            }
        }
    }

    #[test]
    fn palettes_and_few_shades_of_grey_are_decoded() {
        let map: Vec<u16> = [0_u16, 0xffff, 0x8000, 0].into_iter().cycle().take(12).collect();
        let tags = [(COMPRESSION, 1), (INTERPRETATION, 3), (BITS, 2), (SAMPLES, 1), (ROWS_PER_STRIP, 1)];
        let picture = decode(&file(&[0b00_01_10_11], 4, 1, &tags, &map)).unwrap().unwrap();
        let reds: Vec<u8> = picture.pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(reds, [0, 255, 128, 0]);
        let tags = [(COMPRESSION, 1), (INTERPRETATION, 1), (BITS, 4), (SAMPLES, 1), (ROWS_PER_STRIP, 1)];
        let picture = decode(&file(&[0x0f, 0x80], 3, 1, &tags, &[])).unwrap().unwrap();
        let greys: Vec<u8> = picture.pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(greys, [0, 255, 136]);
    }

    #[test]
    fn kinds_that_are_not_read_are_named() {
        let kind = |tags: &[(u16, u32)]| match decode(&file(&[0; 8], 8, 1, tags, &[])) {
            Err(ReadError::UnreadTiff { kind }) => kind,
            other => panic!("{:?}", other.map(|picture| picture.is_some())),
        };
        assert_eq!(kind(&[(COMPRESSION, 34_712)]), "JPEG 2000 compression");
        assert_eq!(kind(&[(COMPRESSION, 3), (FAX_OPTIONS, 1)]), "two-dimensional fax group 3");
        let advice = ReadError::UnreadTiff { kind: "JBIG compression" }.advice().unwrap();
        assert!(advice.contains("JBIG compression") && advice.contains("PDF"), "{advice}");
    }

    #[test]
    fn damaged_directories_are_left_to_the_usual_decoder() {
        for bytes in [&b""[..], b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"] {
            assert!(decode(bytes).unwrap().is_none());
        }
        let whole = file(&[0; 8], 8, 4, &[(COMPRESSION, 3), (INTERPRETATION, 0)], &[]);
        assert!(matches!(decode(&whole), Err(ReadError::Malformed)));
    }
}
