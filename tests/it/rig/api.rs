//! The API of a service in this process: says what it is told to say, and remembers what it was asked.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use super::wait::PATIENCE;

/// How a TLS handshake begins (RFC 8446 section 5.1).
const TLS: u8 = 0x16;

/// What is answered to a question.
#[derive(Clone, Debug)]
pub enum Say {
    /// This status and body, with these fields in the head.
    Answer(u16, &'static str, String),
    /// Nothing, until the other side hangs up.
    Nothing,
    /// An empty object once the gate is opened.
    AfterGate,
}

/// A server on a port of its own, a thread a connection; it ends with the process.
pub struct Api {
    /// Where it is.
    pub url: String,
    inside: Arc<Inside>,
}

struct Inside {
    answer: Box<dyn Fn(&str) -> Say + Send + Sync>,
    asked: Mutex<Vec<String>>,
    open: AtomicUsize,
    most: AtomicUsize,
    hung_up: AtomicUsize,
    gate: (Mutex<bool>, Condvar),
}

impl Api {
    /// Starts it; `answer` gets the whole head of each question.
    pub fn start(answer: impl Fn(&str) -> Say + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let inside = Arc::new(Inside {
            answer: Box::new(answer),
            asked: Mutex::default(),
            open: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            hung_up: AtomicUsize::new(0),
            gate: (Mutex::new(false), Condvar::new()),
        });
        let served = Arc::clone(&inside);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let served = Arc::clone(&served);
                std::thread::spawn(move || served.serve(stream));
            }
        });
        Self { url, inside }
    }

    /// The heads of all questions so far, in order.
    pub fn asked(&self) -> Vec<String> {
        self.inside.asked.lock().unwrap().clone()
    }

    /// How many questions are open now.
    pub fn open(&self) -> usize {
        self.inside.open.load(Ordering::SeqCst)
    }

    /// How many were open at once at most.
    pub fn most(&self) -> usize {
        self.inside.most.load(Ordering::SeqCst)
    }

    /// How many were given up by the other side.
    pub fn hung_up(&self) -> usize {
        self.inside.hung_up.load(Ordering::SeqCst)
    }

    /// Opens the gate.
    pub fn open_gate(&self) {
        *self.inside.gate.0.lock().unwrap() = true;
        self.inside.gate.1.notify_all();
    }
}

impl Inside {
    fn serve(&self, mut stream: TcpStream) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut head = Vec::new();
        let mut piece = [0; 4096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            if head.first() == Some(&TLS) {
                let _ = stream.write_all(b"HTTP/1.1 400 Plain HTTP is spoken here\r\n\r\n");
                return;
            }
            match stream.read(&mut piece) {
                Ok(count @ 1..) => head.extend_from_slice(piece.get(..count).unwrap()),
                _ => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        self.asked.lock().unwrap().push(head.clone());
        let (status, fields, body) = match (self.answer)(&head) {
            Say::Answer(status, fields, body) => (status, fields, body),
            Say::Nothing => {
                while matches!(stream.read(&mut piece), Ok(1..)) {}
                self.open.fetch_sub(1, Ordering::SeqCst);
                self.hung_up.fetch_add(1, Ordering::SeqCst);
                return;
            }
            Say::AfterGate => {
                let (gate, opened) = &self.gate;
                drop(opened.wait_while(gate.lock().unwrap(), |is_open| !*is_open).unwrap());
                (200, "", "{}".to_owned())
            }
        };
        // Before the last byte: who has it may ask the next question at once.
        self.open.fetch_sub(1, Ordering::SeqCst);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} Said\r\n{fields}Content-Length: {length}\r\n\r\n{body}");
        // Who does not want the whole of it hangs up.
        let _ = stream.write_all(answer.as_bytes());
    }
}
