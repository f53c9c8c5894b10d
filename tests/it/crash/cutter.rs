//! A proxy that cuts a connection at a word of the client: before the server hears it, or before its answer is heard.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// When the line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server does not hear the word.
    Before,
    /// The server hears it and answers, and the client does not hear the answer.
    Answer,
}

/// A running proxy; it ends when nobody connects any more and the test is over.
#[derive(Debug)]
pub struct Cutter {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    left: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Plan {
    word: &'static [u8],
    cut: Cut,
    left: Arc<AtomicUsize>,
}

impl Cutter {
    /// One before this port, which cuts so many times at this word.
    pub fn start(to: u16, word: &'static str, cut: Cut, times: usize) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicUsize::new(times));
        let plan = Plan { word: word.as_bytes(), cut, left: Arc::clone(&left) };
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                serve(client, server, &plan);
            }
        });
        Self { port, left }
    }

    /// How many cuts are still to come.
    pub fn left(&self) -> usize {
        self.left.load(Ordering::SeqCst)
    }
}

fn serve(client: TcpStream, server: TcpStream, plan: &Plan) {
    let (plan, deaf) = (plan.clone(), Arc::new(AtomicBool::new(false)));
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (client_too, server_too, deaf_too) =
        (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&deaf));
    std::thread::spawn(move || {
        up((client, server), &plan, &deaf);
    });
    std::thread::spawn(move || {
        down((server_too, client_too), &deaf_too);
    });
}

fn both(one: &TcpStream, other: &TcpStream) {
    let _ = one.shutdown(Shutdown::Both);
    let _ = other.shutdown(Shutdown::Both);
}

/// From the client to the server.
fn up((mut client, mut server): (TcpStream, TcpStream), plan: &Plan, deaf: &AtomicBool) {
    let mut chunk = vec![0; 65_536];
    let mut heard: Vec<u8> = Vec::new();
    while let Ok(read @ 1..) = client.read(&mut chunk) {
        let bytes = chunk.get(..read).unwrap();
        heard.extend_from_slice(bytes);
        let found = heard.windows(plan.word.len()).any(|window| window == plan.word);
        let fires =
            found && plan.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if fires && plan.cut == Cut::Before {
            break;
        }
        if fires {
            deaf.store(true, Ordering::SeqCst);
        }
        if server.write_all(bytes).is_err() {
            break;
        }
        let keep = if found { 0 } else { plan.word.len() - 1 };
        heard.drain(..heard.len().saturating_sub(keep));
    }
    if !deaf.load(Ordering::SeqCst) {
        both(&client, &server);
    }
}

/// From the server to the client.
fn down((mut server, mut client): (TcpStream, TcpStream), deaf: &AtomicBool) {
    let mut chunk = vec![0; 65_536];
    while let Ok(read @ 1..) = server.read(&mut chunk) {
        if deaf.load(Ordering::SeqCst) || client.write_all(chunk.get(..read).unwrap()).is_err() {
            break;
        }
    }
    both(&client, &server);
}
