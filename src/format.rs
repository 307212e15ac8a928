//! Numbers as the page shows them.

pub use perkoon_peer::format::*;

/// A share as a CSS transform: `scaleX(0.4250)`.
pub fn scale(share: f64) -> String {
    let parts = (share.clamp(0.0, 1.0) * 10_000.0) as u32;
    format!("scaleX({}.{:04})", parts / 10_000, parts % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_at_most_the_whole() {
        assert_eq!(scale(0.425), "scaleX(0.4250)");
        assert_eq!(scale(1.7), "scaleX(1.0000)");
    }
}
