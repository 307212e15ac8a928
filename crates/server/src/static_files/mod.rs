//! The single-page app and everything beside it: embedded, or from a folder.

mod asset;
mod directory;
#[cfg(feature = "embed")]
mod embedded;
mod encoding;
mod origin;
mod path;
mod response;

use std::{path::PathBuf, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use self::{asset::Asset, directory::Directory, path::Requested};
pub(crate) use self::{asset::tag, response::is_known};
use crate::{rest, state::AppState};

const INDEX: &str = "index.html";

const NOTHING_BUILT: &str = "This perkoon was built without its pages.\n\
    Run `cargo xtask serve` in the source tree, or point `perkoon serve --assets` to a folder with the built pages.\n";

/// Where static files come from.
#[derive(Debug)]
pub(crate) enum Assets {
    /// Nowhere: only the interfaces are served.
    #[cfg(not(feature = "embed"))]
    Nowhere,
    /// A folder.
    Directory(Arc<Directory>),
    /// This program.
    #[cfg(feature = "embed")]
    Embedded,
}

impl Assets {
    pub(crate) fn new(directory: Option<PathBuf>) -> Self {
        match directory {
            Some(root) => Self::Directory(Arc::new(Directory::new(root))),
            #[cfg(feature = "embed")]
            None => Self::Embedded,
            #[cfg(not(feature = "embed"))]
            None => Self::Nowhere,
        }
    }

    const fn is_nowhere(&self) -> bool {
        #[cfg(not(feature = "embed"))]
        return matches!(self, Self::Nowhere);
        #[cfg(feature = "embed")]
        return false;
    }

    /// The file itself. `name` is a path that [`Requested`] has found safe.
    async fn get(&self, name: &str) -> Option<Asset> {
        match self {
            #[cfg(not(feature = "embed"))]
            Self::Nowhere => None,
            Self::Directory(directory) => {
                let (directory, name) = (Arc::clone(directory), name.to_owned());
                tokio::task::spawn_blocking(move || directory.get(&name)).await.ok().flatten()
            }
            #[cfg(feature = "embed")]
            Self::Embedded => embedded::get(name),
        }
    }
}

/// Answers whatever no other route has taken.
pub(crate) async fn respond(State(state): State<AppState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if path == "/api" || path.starts_with("/api/") {
        return rest::not_found().await.into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        let allow = [(header::ALLOW, HeaderValue::from_static("GET,HEAD"))];
        return (StatusCode::METHOD_NOT_ALLOWED, allow, "Only GET and HEAD.\n").into_response();
    }
    match Requested::parse(path) {
        Requested::File(name) => match response::file(&state, &name, StatusCode::OK, &headers).await {
            Some(response) => response,
            None if path::looks_like_a_file(&name) => not_found(),
            None => page(&state, StatusCode::NOT_FOUND, &headers).await,
        },
        Requested::Page => page(&state, StatusCode::OK, &headers).await,
        Requested::Nothing => page(&state, StatusCode::NOT_FOUND, &headers).await,
    }
}

/// The app's shell: it knows its routes, and has a page of its own for those that it does not know.
async fn page(state: &AppState, status: StatusCode, headers: &HeaderMap) -> Response {
    if state.assets.is_nowhere() {
        return (status, NOTHING_BUILT).into_response();
    }
    response::file(state, INDEX, status, headers).await.unwrap_or_else(not_found)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not found.\n").into_response()
}
