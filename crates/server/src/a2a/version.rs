//! The versions of A2A that are spoken here, and which one a request is in.

use axum::http::HeaderMap;
use serde_json::Map;

use super::fault::{Fault, Kind};

/// The header, and the query parameter, that names the version.
pub(super) const HEADER: &str = "a2a-version";

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 0.3, and the looser bodies of the time before it.
    V0_3,
    /// 1.0.
    V1_0,
}

impl Version {
    pub(super) const ALL: [Self; 2] = [Self::V1_0, Self::V0_3];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::V0_3 => "0.3",
            Self::V1_0 => "1.0",
        }
    }

    /// The version that the request is in. Without a word about it that is 0.3.
    pub(super) fn of(headers: &HeaderMap, query: Option<&str>) -> Result<Self, Fault> {
        let named = match headers.get(HEADER) {
            Some(value) => value.to_str().map_err(|_| unsupported())?,
            None => query.and_then(in_query).unwrap_or_default(),
        };
        match named.trim() {
            "" => Ok(Self::V0_3),
            named => Self::ALL.into_iter().find(|version| version.is_meant_by(named)).ok_or_else(unsupported),
        }
    }

    /// Patch numbers do not count.
    fn is_meant_by(self, named: &str) -> bool {
        match named.strip_prefix(self.as_str()) {
            Some("") => true,
            Some(rest) => {
                rest.strip_prefix('.').is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|digit| digit.is_ascii_digit()))
            }
            None => false,
        }
    }
}

fn in_query(query: &str) -> Option<&str> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case(HEADER)).map(|(_, value)| value)
}

fn unsupported() -> Fault {
    let supported = Version::ALL.map(Version::as_str).join(", ");
    let sentence = format!("This version of A2A is not spoken here. Send the header A2A-Version with one of these: {supported}.");
    let metadata = Map::from_iter([("supportedVersions".to_owned(), supported.into())]);
    Fault::new(Kind::VersionNotSupported, &sentence).with_metadata(&metadata)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: Option<&str>, query: Option<&str>) -> Option<Version> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(HEADER, value.parse().expect("a value"));
        }
        Version::of(&headers, query).ok()
    }

    #[test]
    fn the_version_is_that_of_the_header_or_the_query_or_the_oldest() {
        assert_eq!(of(None, None), Some(Version::V0_3));
        assert_eq!(of(Some(""), None), Some(Version::V0_3));
        assert_eq!(of(Some("0.3"), None), Some(Version::V0_3));
        assert_eq!(of(Some("0.3.0"), None), Some(Version::V0_3));
        assert_eq!(of(Some(" 1.0 "), None), Some(Version::V1_0));
        assert_eq!(of(Some("1.0.1"), None), Some(Version::V1_0));
        assert_eq!(of(None, Some("x=1&A2A-Version=1.0")), Some(Version::V1_0));
        assert_eq!(of(Some("1.0"), Some("A2A-Version=0.3")), Some(Version::V1_0));
    }

    #[test]
    fn any_other_is_refused_with_those_that_are_spoken() {
        for named in ["0.2", "1", "1.1", "1.00", "1.0.", "1.0.x", "1.0-rc", "0.30", "2.0", "latest", "v1.0"] {
            assert_eq!(of(Some(named), None), None, "{named}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, "2.0".parse().expect("a value"));
        let error = Version::of(&headers, None).expect_err("not spoken").to_json();
        assert_eq!(error["code"], -32009);
        assert_eq!(error["data"][0]["metadata"]["supportedVersions"], "1.0, 0.3");
    }
}
