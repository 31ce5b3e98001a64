//! A stand-in for the publisher of a list: an HTTP server with answers that a test sets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// The list, with an `ETag`; 304 if the request has it.
    List(Vec<u8>),
    /// The beginning of the list; the connection breaks before the stated length.
    Cut(Vec<u8>),
    /// A status without a body.
    Status(u16),
    /// A redirect to this address.
    Redirect(String),
    /// Nothing, until the client leaves.
    Silence,
}

#[derive(Default)]
struct Script {
    /// The next answers; the last one stays.
    replies: VecDeque<Reply>,
    /// The heads of the requests.
    requests: Vec<String>,
}

/// A publisher on a free port of this machine.
#[derive(Clone)]
pub struct Publisher {
    script: Arc<Mutex<Script>>,
    address: String,
}

impl Publisher {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(Script { replies: [reply].into(), ..Script::default() }));
        let own = Self { script, address };
        let serving = own.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().answer(stream));
            }
        });
        own
    }

    /// The address of the list.
    pub fn url(&self) -> String {
        format!("{}/list?token=public", self.address)
    }

    /// Gives these answers from now on; the last one stays.
    pub fn say(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut script = self.script.lock().unwrap();
        script.replies = replies.into_iter().collect();
        script.requests.clear();
    }

    /// The heads of the requests since [`Self::say`].
    pub fn requests(&self) -> Vec<String> {
        self.script.lock().unwrap().requests.clone()
    }

    async fn answer(self, mut stream: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let reply = {
            let mut script = self.script.lock().unwrap();
            script.requests.push(head.clone());
            match script.replies.len() {
                1 => script.replies[0].clone(),
                _ => script.replies.pop_front().unwrap(),
            }
        };
        let answer = match reply {
            Reply::List(list) => {
                let etag = format!("\"{:x}\"", Sha256::digest(&list));
                match head.contains(&format!("if-none-match: {etag}")) {
                    true => {
                        format!("HTTP/1.1 304 Not Modified\r\netag: {etag}\r\nconnection: close\r\n\r\n").into_bytes()
                    }
                    false => with_body(&format!("etag: {etag}\r\ncontent-length: {}\r\n", list.len()), &list),
                }
            }
            Reply::Cut(list) => with_body(&format!("content-length: {}\r\n", list.len() + 1), &list),
            Reply::Status(status) => {
                format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
            }
            Reply::Redirect(to) => {
                format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                    .into_bytes()
            }
            Reply::Silence => {
                let _ = stream.read_u8().await;
                return;
            }
        };
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}

fn with_body(headers: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{headers}connection: close\r\n\r\n").as_bytes(), body].concat()
}
