//! Several servers with one Redis, as processes of their own.

#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "../server/common.rs"]
mod common;
mod death;
mod many;
mod node;
mod redis_server;
mod signals;
mod store_away;
