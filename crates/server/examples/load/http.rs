//! As much of HTTP as the calls need.

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Calls over this connection, and reads the JSON of the answer.
pub async fn post<T: DeserializeOwned>(stream: &mut TcpStream, path: &str, body: &str) -> Result<T> {
    let length = body.len();
    let request = format!("POST {path} HTTP/1.1\r\nhost: load\r\ncontent-length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).await?;
    let head = read_head(stream).await?;
    let mut answer = vec![0; content_length(&head)?];
    stream.read_exact(&mut answer).await?;
    ensure!(head.starts_with("HTTP/1.1 20"), "{path} was answered with {}", head.lines().next().unwrap_or_default());
    Ok(serde_json::from_slice(&answer)?)
}

/// Reads an answer's head and not one byte more: what follows belongs to someone else.
pub async fn read_head(stream: &mut TcpStream) -> Result<String> {
    let mut peeked = [0; 2048];
    loop {
        let seen = stream.peek(&mut peeked).await?;
        ensure!(seen > 0, "the server hung up");
        let end = peeked[..seen].windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let mut head = vec![0; end + 4];
            stream.read_exact(&mut head).await?;
            return Ok(String::from_utf8(head)?);
        }
        ensure!(seen < peeked.len(), "the answer's head is too long");
        tokio::task::yield_now().await;
    }
}

fn content_length(head: &str) -> Result<usize> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, length) = fields.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length")).context("no length")?;
    Ok(length.trim().parse()?)
}
