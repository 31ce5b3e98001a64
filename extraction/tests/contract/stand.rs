//! A server that does what it is told, down to the bytes: also what a proper one could not be made to do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(named, _)| named == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What happens to a request.
pub enum Play {
    /// It is answered: status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// It is answered with 200 and so much of the body as is here, of more that is announced.
    Cut(Vec<u8>),
    /// The connection is closed without an answer.
    Close,
    /// Nothing ever comes.
    Hang,
}

/// Listens until it is dropped.
pub struct Stand {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Stand {
    /// Listens on a free port; `play` is told of every request, and of the own address.
    pub async fn start(play: impl FnMut(&Asked, SocketAddr) -> Play + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (play, heard) = (Arc::new(Mutex::new(play)), asked.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (play, heard) = (play.clone(), heard.clone());
                connections.spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let play = (play.lock().unwrap())(&request, address);
                    heard.lock().unwrap().push(request);
                    answer(stream, play).await;
                });
            }
        });
        Self { address, asked, task }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What was asked once it is so many requests: what is asked on the side comes when it comes.
    pub async fn asked_at_last(&self, count: usize) -> Vec<Asked> {
        let all = async {
            loop {
                match self.asked() {
                    asked if asked.len() >= count => return asked,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("it is asked")
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An address where nobody listens.
pub async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
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
    Some(Asked { method, path, headers, body })
}

async fn answer(mut stream: TcpStream, play: Play) {
    let (status, headers, body, announced) = match play {
        Play::Answer(status, headers, body) => {
            let length = body.len();
            (status, headers, body, length)
        }
        Play::Cut(body) => {
            let more = body.len() + 100;
            (200, vec![("content-type", "application/json".to_owned())], body, more)
        }
        Play::Close => return,
        Play::Hang => return std::future::pending().await,
    };
    let mut head = format!("HTTP/1.1 {status} As Told\r\nconnection: close\r\ncontent-length: {announced}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    // Who asked may have gone.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).await;
    let _ = stream.write_all(&body).await;
    let _ = stream.shutdown().await;
}
