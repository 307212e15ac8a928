//! The whole server, from outside: real sockets on a free port.

mod common;
mod files;
mod limits;
mod rest;
mod seats;
mod shutdown;
mod sockets;
