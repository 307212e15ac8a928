//! Labels: what rows of one metric differ in. Each value comes from a table in this program.

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;

/// A row with one label: its name and value.
pub(super) type Row = [(&'static str, &'static str); 1];

/// A pattern of the router.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Route {
    pub route: String,
}

/// What was asked for and how that ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Answer {
    pub route: String,
    pub method: &'static str,
    pub status: u16,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// From a client.
    In,
    /// To a client.
    Out,
}

impl Way {
    pub(super) const ALL: [Self; 2] = [Self::In, Self::Out];

    pub(super) const fn row(self) -> Row {
        let way = match self {
            Self::In => "in",
            Self::Out => "out",
        };
        [("direction", way)]
    }
}

/// The limit or rule that was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// New sessions of one address.
    Creates,
    /// Joins of one address.
    Joins,
    /// Status checks of one address.
    Statuses,
    /// Sessions in all.
    Sessions,
    /// Signalling sockets in all.
    Sockets,
    /// Signalling sockets of one address.
    SocketsOfAddress,
    /// Connections in all.
    Connections,
    /// Connections of one address.
    ConnectionsOfAddress,
    /// Messages of one socket.
    Messages,
    /// Pages of other origins.
    Origin,
    /// Requests to a host that this server is not.
    Host,
}

impl Refused {
    pub(super) const ALL: [Self; 11] = [
        Self::Creates,
        Self::Joins,
        Self::Statuses,
        Self::Sessions,
        Self::Sockets,
        Self::SocketsOfAddress,
        Self::Connections,
        Self::ConnectionsOfAddress,
        Self::Messages,
        Self::Origin,
        Self::Host,
    ];

    pub(super) const fn row(self) -> Row {
        let met = match self {
            Self::Creates => "creates",
            Self::Joins => "joins",
            Self::Statuses => "statuses",
            Self::Sessions => "sessions",
            Self::Sockets => "sockets",
            Self::SocketsOfAddress => "sockets_of_address",
            Self::Connections => "connections",
            Self::ConnectionsOfAddress => "connections_of_address",
            Self::Messages => "messages",
            Self::Origin => "origin",
            Self::Host => "host",
        };
        [("reason", met)]
    }
}

/// Clients may make methods up.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}
