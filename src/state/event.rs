//! What happens to a session, as told by the driver.

/// Something that changes the View.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {}
