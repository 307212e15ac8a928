//! The link as a QR code, always dark on light with its quiet zone: cameras do not read the reverse reliably.

use std::fmt::Write;

use leptos::prelude::*;
use qrcode::{Color, EcLevel, Version, bits::Bits};

use super::dynamic;
use crate::automation::hooks;

/// Light modules around the code that its standard asks for.
const QUIET_ZONE: usize = 4;

/// The QR code of a link.
#[component]
pub fn QrCode(
    /// The link.
    text: Memo<String>,
) -> impl IntoView {
    dynamic(move || match text.with(|text| draw(text)) {
        None => ().into_any(),
        Some((side, path)) => view! {
            <svg
                class="qr"
                data-testid=hooks::SHARE_QR
                viewBox=format!("0 0 {side} {side}")
                role="img"
                aria-label="QR code of the link"
                shape-rendering="crispEdges"
            >
                <path class="qr-modules" d=path />
            </svg>
        }
        .into_any(),
    })
}

/// The side in modules and one path of the dark ones; nothing for a text no code can hold.
fn draw(text: &str) -> Option<(usize, String)> {
    if text.is_empty() {
        return None;
    }
    let code = encode(text)?;
    let width = code.width();
    let colors = code.to_colors();
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
    Some((width + 2 * QUIET_ZONE, path))
}

/// The smallest code that holds the text as plain bytes. Looking for stretches that would pack tighter gains a link nothing, and is
/// the larger part of the library.
fn encode(text: &str) -> Option<qrcode::QrCode> {
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(text.as_bytes()).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        qrcode::QrCode::with_bits(bits, EcLevel::M).ok()
    })
}
