//! Two peers over a seeded fake network, and each peer alone against one that misbehaves.

mod common;
mod hostile_receiver;
mod hostile_sender;
mod properties;
mod published_holes;
mod resume;
mod scenarios;
mod schedules;
mod worked_example;
