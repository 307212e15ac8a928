//! Scenarios and invariants of the rooms.
