//! The loader publishes a version before the app does; they must be the same.

#[test]
fn the_loader_and_the_app_have_one_version() {
    let version = format!("data-version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(include_str!("../Trunk.toml").contains(&version), "Trunk.toml should hold {version}");
}
