//! The whole server, from outside: real sockets on a free port.

mod common;
mod files;
mod limits;
mod logs;
mod rest;
mod seats;
mod shutdown;
mod sockets;
