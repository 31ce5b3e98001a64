//! An HTTP server that sends given bytes, including answers that a correct server could not send.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Including the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(named, _)| named == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// The server's reaction to a request.
pub enum Reaction {
    /// Answers with status, headers and body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Answers with 200, this body, and a larger `Content-Length`.
    Cut(Vec<u8>),
    /// Closes the connection without an answer.
    Close,
    /// Never answers.
    Hang,
}

/// A server that listens until it is dropped.
pub struct FakeServer {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl FakeServer {
    /// Listens on a free port. `play` decides the reaction to each request; it also gets the server's address.
    pub async fn start(play: impl FnMut(&Request, SocketAddr) -> Reaction + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (play, recorded) = (Arc::new(Mutex::new(play)), requests.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (play, recorded) = (play.clone(), recorded.clone());
                connections.spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let play = (play.lock().unwrap())(&request, address);
                    recorded.lock().unwrap().push(request);
                    answer(stream, play).await;
                });
            }
        });
        Self { address, requests, task }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits for this number of requests, because some are sent by background tasks.
    pub async fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        let all = async {
            loop {
                match self.requests() {
                    requests if requests.len() >= count => return requests,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("requests arrive in time")
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address on which no process listens.
pub async fn closed_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, path, headers, body })
}

async fn answer(mut stream: TcpStream, play: Reaction) {
    let (status, headers, body, announced) = match play {
        Reaction::Answer(status, headers, body) => {
            let length = body.len();
            (status, headers, body, length)
        }
        Reaction::Cut(body) => {
            let more = body.len() + 100;
            (200, vec![("content-type", "application/json".to_owned())], body, more)
        }
        Reaction::Close => return,
        Reaction::Hang => return std::future::pending().await,
    };
    let mut head = format!("HTTP/1.1 {status} As Told\r\nconnection: close\r\ncontent-length: {announced}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // The client may have closed the connection.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
    let _ = stream.write_all(&body).await;
    let _ = stream.shutdown().await;
}
