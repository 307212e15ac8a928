//! From arguments to something that can be done: everything is checked before anything begins.

mod link;
mod serve;
mod transfer;

pub(crate) use self::{
    link::{Link, parse as parse_link},
    serve::{Purpose, ServePlan},
    transfer::{Input, Output, ReceivePlan, SendPlan, typed_password},
};
