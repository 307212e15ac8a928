//! The icon set: 24 by 24, one stroke width, always beside words or inside a labelled button.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A laptop.
    Laptop,
    /// A phone.
    Phone,
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Add.
    Plus,
    /// Remove or close.
    Cross,
    /// Done.
    Check,
    /// Copy.
    Copy,
    /// Share.
    Share,
    /// Hold.
    Pause,
    /// Go on.
    Play,
    /// Something went wrong.
    Alert,
    /// Light theme.
    Sun,
    /// Dark theme.
    Moon,
    /// Save.
    Down,
    /// Protected.
    Lock,
}

impl Icon {
    const fn drawing(self) -> &'static str {
        match self {
            Self::Laptop => "M5 5.500h14a1 1 0 0 1 1 1V16H4V6.500a1 1 0 0 1 1-1ZM2.5 19h19",
            Self::Phone => {
                "M8 3h8a1.5 1.5 0 0 1 1.5 1.500v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.500v-15A1.5 1.5 0 0 1 8 3ZM11 18h2"
            }
            Self::File => "M6 3h8l5 5v12a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1ZM14 3v5h5",
            Self::Folder => "M3.5 6a1 1 0 0 1 1-1h5l2 2.500h8a1 1 0 0 1 1 1V18a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1Z",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Cross => "M6 6l12 12M18 6 6 18",
            Self::Check => "m5 12.5 4.5 4.500L19 7.5",
            Self::Copy => {
                "M9 9h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1ZM4.5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v.5"
            }
            Self::Share => "M12 15V3.500M8 7l4-4 4 4M5 12v7a1 1 0 0 0 1 1h12a1 1 0 0 0 1-1v-7",
            Self::Pause => "M8.5 5v14M15.5 5v14",
            Self::Play => "M8 5.500v13l10.5-6.500Z",
            Self::Alert => "M12 8v5M12 16.500v.1M12 3.5 2.5 20h19Z",
            Self::Sun => {
                "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4"
            }
            Self::Moon => "M19.5 14.500A8 8 0 0 1 9.5 4.500a8 8 0 1 0 10 10Z",
            Self::Lock => "M6 11h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1ZM8 11V7.500a4 4 0 0 1 8 0V11",
            Self::Down => "M12 4v11M7.5 11l4.5 4.5 4.5-4.500M5 20h14",
        }
    }

    /// The drawing.
    pub fn view(self) -> AnyView {
        view! {
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
                <path d=self.drawing() />
            </svg>
        }
        .into_any()
    }
}
