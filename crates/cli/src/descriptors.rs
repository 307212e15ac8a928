//! File descriptors: each connection takes one, and systems give a process few unless it asks.

/// What a server opens besides its connections.
#[cfg(unix)]
const OTHERS: u64 = 64;

/// Asks for as many as so many connections take, and says so in the log when the system does not give them.
#[cfg(unix)]
pub(crate) fn provide_for(connections: usize) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit { current: Some(wanted.min(most)), ..limit };
    let enough = limit.current.is_none_or(|current| current >= wanted);
    if !enough && (setrlimit(Resource::Nofile, raised).is_err() || most < wanted) {
        tracing::warn!(
            wanted,
            most,
            "the system lets this process open fewer files than its connections can take: raise that limit (ulimit -Hn, LimitNOFILE) or lower --max-connections"
        );
    }
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn provide_for(_connections: usize) {}
