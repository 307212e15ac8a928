//! Whose pages may open sockets.

use perkoon_protocol::{ErrorCode, Role, rest::Problem, signal::ServerMessage};
use perkoon_server::Config;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{
        Error,
        client::IntoClientRequest,
        http::{Response, header},
    },
};

use crate::common::{Server, Socket, generous};

/// Opens a socket as a page of `origin` does.
async fn open(server: &Server, origin: &str) -> Result<Socket, Response<Option<Vec<u8>>>> {
    let mut request = server.url("/socket").replace("http", "ws").into_client_request().expect("a request");
    request.headers_mut().insert(header::ORIGIN, origin.parse().expect("a value"));
    match connect_async(request).await {
        Ok((socket, _)) => Ok(Socket(socket)),
        Err(Error::Http(refused)) => Err(*refused),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn pages_of_this_server_and_allowed_ones_meet() {
    let public_url = Some("https://perkoon.example/some/dir".to_owned());
    let server_url = Some("https://api.example".to_owned());
    let allowed_origins = vec!["https://friends.example".to_owned()];
    let server = Server::start(Config { public_url, server_url, allowed_origins, ..generous() }).await;
    let own = server.origin.clone();
    let session = server.create().await;
    for origin in ["https://perkoon.example", "https://api.example", "https://friends.example", &own] {
        let mut socket = open(&server, origin).await.expect("let in");
        socket.hello(&server.join(&session, Role::Sender).await.token).await;
        assert!(matches!(socket.hear().await, ServerMessage::Welcome { .. }), "{origin}");
    }
}

#[tokio::test]
async fn pages_of_others_are_refused_in_words_and_cost_nothing() {
    let capacity = perkoon_server::Capacity { sockets: 1, ..Default::default() };
    let server = Server::start(Config { capacity, ..generous() }).await;
    for origin in ["https://evil.example", "http://127.0.0.1:1", "null"] {
        let refused = open(&server, origin).await.err().expect("a refusal");
        assert_eq!(refused.status().as_u16(), 403, "{origin}");
        assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
        let problem: Problem = serde_json::from_slice(refused.body().as_deref().expect("a body")).expect("a problem");
        assert_eq!((problem.status, problem.code), (403, ErrorCode::InvalidRequest));
        assert!(problem.detail.contains("own pages") && !problem.detail.contains(origin), "{}", problem.detail);
    }
    open(&server, &server.origin).await.expect("the only place is still free");
}
