//! What every Perkoon peer decides and says alike, in a browser or not: when to connect anew, whom a connection leads to, what a session is
//! protected by, and what people are told. Pure: no clocks, sockets or files.

pub mod connecting;
mod failure;
pub mod format;
pub mod heartbeat;
pub mod identity;
pub mod protection;
pub mod recovery;
pub mod secret;

pub use failure::Failure;
