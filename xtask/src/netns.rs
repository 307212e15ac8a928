//! A private network for browser tests: nothing outside can be reached, and WebRTC finds exactly one address.

use std::process::Command;

use crate::command::{command, find, output_of};

/// Makes the only interface, then becomes the program. A page without camera permission offers a candidate for the default
/// route's interface only, so there has to be a default route, though it leads nowhere.
const SCRIPT: &str = "set -e
ip link add v0 type veth peer name v1
ip address add 10.99.0.1/24 dev v0
ip link set v0 up
ip link set v1 up
ip link set lo up
ip route add default via 10.99.0.2 dev v0
exec \"$@\"
";

/// How this machine lets the caller make a private network, if it does.
pub struct PrivateNetwork {
    unshare: &'static [&'static str],
}

impl PrivateNetwork {
    /// Tries the ways: as root, or as an ordinary user who may make user namespaces.
    pub fn find() -> Option<Self> {
        const WAYS: [&[&str]; 2] = [&["--net"], &["--net", "--user", "--map-root-user"]];
        find("unshare").and_then(|_| find("ip"))?;
        WAYS.into_iter().map(|unshare| Self { unshare }).find(|way| output_of(&mut way.enter(&command("true"))).is_some())
    }

    /// The command that runs `inner` inside a new private network.
    pub fn enter(&self, inner: &Command) -> Command {
        let mut outer = command("unshare");
        outer.args(self.unshare).args(["sh", "-c", SCRIPT, "sh"]).arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => outer.env(name, value),
                None => outer.env_remove(name),
            };
        }
        if let Some(directory) = inner.get_current_dir() {
            outer.current_dir(directory);
        }
        outer
    }
}
