//! The whole server, from outside: real sockets on a free port.

mod a2a;
mod common;
mod drain;
mod elsewhere;
mod files;
mod limits;
mod mcp;
mod metrics;
mod openapi;
mod origins;
mod patience;
mod rest;
mod seats;
mod shutdown;
mod sockets;
mod tls;
