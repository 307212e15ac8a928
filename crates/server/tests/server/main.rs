//! The whole server, from outside: real sockets on a free port.

mod a2a;
mod common;
mod files;
mod limits;
mod openapi;
mod origins;
mod patience;
mod rest;
mod seats;
mod shutdown;
mod sockets;
mod tls;
