use std::fmt::Write;

use qrcode::{Color, EcLevel, Version, bits::Bits};

/// Light modules around the code that its standard asks for.
const QUIET_ZONE: usize = 4;

/// The QR code of a text: the side in modules as one byte, then an SVG path of the dark ones. `None` for a text no code can hold.
pub fn qr(text: &[u8]) -> Option<Vec<u8>> {
    let code = encode(text)?;
    let width = code.width();
    let side = u8::try_from(width + 2 * QUIET_ZONE).expect("the largest code has 177 modules a side");
    let path = path(&code.to_colors(), width);
    Some([&[side], path.as_bytes()].concat())
}

fn path(colors: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        while x < width {
            let run = row[x..].iter().take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
            x += run.max(1);
        }
    }
    path
}

/// The smallest code that holds the text as plain bytes. Looking for stretches that would pack tighter gains a link nothing, and is
/// the larger part of the library.
fn encode(text: &[u8]) -> Option<qrcode::QrCode> {
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(text).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        qrcode::QrCode::with_bits(bits, EcLevel::M).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_of_a_code_is_where_readers_look_for_it() {
        let code = qr(b"https://perkoon.example/K7MX4QPR9W2N").expect("a code");
        assert_eq!(code[0], 29 + 8, "a link of this length has version 3");
        let path = std::str::from_utf8(&code[1..]).expect("text");
        assert!(path.starts_with("M4 4h7v1h-7z"), "{path}");
        // The corner's frame is one module thick.
        assert!(path.contains("M4 5h1v1h-1zM10 5h1v1h-1z"), "{path}");
    }

    #[test]
    fn the_largest_text_fits_and_one_byte_more_does_not() {
        assert_eq!(qr(&[b'x'; 2331]).expect("a code")[0], 177 + 8);
        assert_eq!(qr(&[b'x'; 2332]), None);
    }
}
