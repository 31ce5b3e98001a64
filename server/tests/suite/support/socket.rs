//! A WebSocket client.

use domain::api::{ConnectionStatus, ServerFrame};
use domain::event::Envelope;
use futures::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use uuid::Uuid;

use super::PATIENCE;

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a WebSocket. Returns the HTTP status if the server refuses it.
    pub async fn open(
        base: &str,
        customer: Uuid,
        after: u64,
        cookie: Option<&str>,
        origin: Option<&str>,
    ) -> Result<Self, u16> {
        let address = format!("{}/ws?customerId={customer}&after={after}", base.replace("http://", "ws://"));
        let mut request = address.into_client_request().unwrap();
        if let Some(cookie) = cookie {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next frame, without pings. `None` when the socket is closed.
    pub async fn next(&mut self) -> Option<ServerFrame> {
        let reading = async {
            loop {
                match self.0.next().await? {
                    Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("no frame")
    }

    /// Reads up to the close frame and returns its code. `None` if the connection ends without one.
    pub async fn close_code(&mut self) -> Option<u16> {
        let reading = async {
            loop {
                match self.0.next().await? {
                    Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("not closed")
    }

    /// The sequence of the next event, without a timeout. `None` when the socket is closed.
    pub async fn sequence(&mut self) -> Option<u64> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => match serde_json::from_str(&text).unwrap() {
                    ServerFrame::Event { event } => return Some(event.sequence),
                    ServerFrame::Progress(_) => {}
                    other => panic!("{other:?}"),
                },
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Envelope {
        loop {
            match self.next().await.expect("closed") {
                ServerFrame::Event { event } => return *event,
                ServerFrame::Progress(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub async fn send_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Asks the server for the status of this connection.
    pub async fn status(&mut self) -> ConnectionStatus {
        self.send_text(r#"{"action":"status"}"#).await;
        loop {
            if let ServerFrame::Status(status) = self.next().await.expect("closed") {
                return status;
            }
        }
    }
}
