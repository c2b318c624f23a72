//! As much HTTP as a scrape takes (RFC 9112): one request, one answer, and the connection is closed.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The text format's name.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Longest head of a request.
const LONGEST: usize = 8192;
/// Header fields of a request.
const FIELDS: usize = 64;
/// What is still read after the answer, so that closing does not reset the connection under it.
const REST: u64 = 65_536;

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// The metrics.
    Metrics,
    /// How long they are, and no more (`HEAD`).
    Head,
    /// Something that is not here: the status line and the sentence that say so.
    Other(&'static str, &'static str),
}

const MALFORMED: Asked = Asked::Other("400 Bad Request", "This is no HTTP request.\n");
const ELSEWHERE: Asked = Asked::Other("404 Not Found", "The metrics are at /metrics.\n");
const METHOD: Asked = Asked::Other("405 Method Not Allowed", "The metrics can only be read.\n");
const TOO_LONG: Asked = Asked::Other(
    "431 Request Header Fields Too Large",
    "The request is too long.\n",
);

/// Reads a request, and answers it with what `metrics` gives.
pub async fn serve<S, T>(
    mut stream: S,
    metrics: impl Future<Output = Result<T, String>>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsRef<str>,
{
    let asked = read(&mut stream).await?;
    let answer = match asked {
        Asked::Metrics | Asked::Head => match metrics.await {
            Ok(text) => answer("200 OK", CONTENT_TYPE, text.as_ref(), asked == Asked::Head),
            Err(reason) => refusal("503 Service Unavailable", &format!("{reason}\n")),
        },
        Asked::Other(status, sentence) => refusal(status, sentence),
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream.take(REST), &mut tokio::io::sink()).await?;
    Ok(())
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Asked> {
    let mut head = Vec::with_capacity(LONGEST);
    while head.len() < LONGEST {
        let room = (LONGEST - head.len()) as u64;
        if stream.take(room).read_buf(&mut head).await? == 0 {
            return Ok(MALFORMED);
        }
        if let Some(asked) = asked(&head) {
            return Ok(asked);
        }
    }
    Ok(TOO_LONG)
}

/// What the head asks for; `None` while more of it has to come.
fn asked(head: &[u8]) -> Option<Asked> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    match request.parse(head) {
        Ok(httparse::Status::Partial) => return None,
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Some(TOO_LONG),
        Err(_) => return Some(MALFORMED),
    }
    let path = request.path.unwrap_or_default();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Some(match (path, request.method) {
        ("/metrics", Some("GET")) => Asked::Metrics,
        ("/metrics", Some("HEAD")) => Asked::Head,
        ("/metrics", _) => METHOD,
        _ => ELSEWHERE,
    })
}

fn refusal(status: &str, sentence: &str) -> String {
    answer(status, "text/plain; charset=utf-8", sentence, false)
}

fn answer(status: &str, kind: &str, body: &str, without_body: bool) -> String {
    let length = body.len();
    let body = if without_body { "" } else { body };
    // RFC 9110, 15.5.6: 405 names the methods that there are; it does no harm elsewhere.
    format!(
        "HTTP/1.1 {status}\r\nAllow: GET, HEAD\r\nCache-Control: no-store\r\nConnection: close\r\n\
         Content-Length: {length}\r\nContent-Type: {kind}\r\n\r\n{body}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer to what a client writes before it ends its side.
    async fn talk(request: &[u8]) -> String {
        let (mut client, server) = tokio::io::duplex(64);
        let metrics = async { Ok("metric 1\n") };
        let client = async {
            // The server may stop reading.
            _ = client.write_all(request).await;
            _ = client.shutdown().await;
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            text
        };
        let (served, text) = tokio::join!(serve(server, metrics), client);
        served.unwrap();
        text
    }

    #[tokio::test]
    async fn requests_and_answers() {
        let many = format!("GET /metrics HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        for (request, status, end) in [
            (
                "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                "200 OK",
                "metric 1\n",
            ),
            (
                "GET /metrics?a=b HTTP/1.0\r\n\r\n",
                "200 OK",
                "Content-Length: 9\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\
                 \r\n\r\nmetric 1\n",
            ),
            ("HEAD /metrics HTTP/1.1\r\n\r\n", "200 OK", "utf-8\r\n\r\n"),
            ("GET / HTTP/1.1\r\n\r\n", "404 ", "at /metrics.\n"),
            ("GET /metrics/ HTTP/1.1\r\n\r\n", "404 ", "at /metrics.\n"),
            ("POST /metrics HTTP/1.1\r\n\r\n", "405 ", "only be read.\n"),
            ("GET /metrics\r\n\r\n", "400 ", "no HTTP request.\n"),
            ("\x16\x03\x01", "400 ", "no HTTP request.\n"),
            ("", "400 ", "no HTTP request.\n"),
            ("GET /metrics HTTP/1.1\r\n", "400 ", "no HTTP request.\n"),
            (&many, "431 ", "too long.\n"),
        ] {
            let text = talk(request.as_bytes()).await;
            let expect = format!("HTTP/1.1 {status}");
            assert!(text.starts_with(&expect), "{request:?}: {text}");
            assert!(text.ends_with(end), "{request:?}: {text}");
        }
    }

    #[tokio::test]
    async fn an_endless_request_is_refused() {
        let request = format!("GET /metrics HTTP/1.1\r\na: {}", "x".repeat(LONGEST));
        let text = talk(request.as_bytes()).await;
        assert!(text.starts_with("HTTP/1.1 431 "), "{text}");
    }
}
