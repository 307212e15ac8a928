//! Two peers, and nothing else between them but the signals that they pass to each other.

mod channels;
mod common;
mod coturn;
mod hostile;
mod relay;
