//! A proxy to a port on loopback that can keep back what the server says: a server that has become slow.
#![allow(clippy::unwrap_used)]

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The proxy; ends with the runtime.
pub struct Gate {
    /// Where it listens.
    pub port: u16,
    is_open: watch::Sender<bool>,
}

impl Gate {
    /// An open one before this port.
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (is_open, watched) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(pass(client, server, watched.clone()));
            }
        });
        Self { port: own, is_open }
    }

    /// Nothing comes from the server any more; it hears all.
    pub fn close(&self) {
        self.is_open.send_replace(false);
    }

    /// What was kept back comes.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }
}

async fn pass(client: TcpStream, server: TcpStream, mut is_open: watch::Receiver<bool>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut chunk = vec![0; 65_536];
    while let Ok(read) = from_server.read(&mut chunk).await
        && read > 0
        && is_open.wait_for(|is_open| *is_open).await.is_ok()
    {
        if to_client.write_all(chunk.get(..read).unwrap()).await.is_err() {
            return;
        }
    }
}
