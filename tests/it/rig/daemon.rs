//! The real binary in a folder of its own: configured, started, asked, ended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs::{File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::process::Guarded;
use super::wait::{PATIENCE, until};

/// A folder with a configuration, a state folder and a log: everything that one installation has.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    binary: PathBuf,
    environment: Vec<(String, String)>,
}

/// Zone and person: what every configuration begins with. The first table that follows may be any.
pub const PERSON: &str = "timezone = \"Etc/UTC\"\n[me]\nname = \"Ada\"\naddresses = [\"u0@test.example\"]\n";
/// Letters become files in the folder `out`.
pub const INTO_FOLDER: &str = "[smtp]\nfolder = \"out\"\nfrom = \"Tidings <tidings@test.example>\"\n";
/// One digest of everything that comes only by `digest now`.
pub const YEARLY: &str = "[[digest]]\nname = \"all\"\nschedule = \"0 3 1 1 *\"\nmax_items = 1000\n";

impl Home {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["state", "run"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::set_permissions(folder.path().join(name), Permissions::from_mode(0o700)).unwrap();
        }
        Self { folder, binary: PathBuf::from(env!("CARGO_BIN_EXE_tidings")), environment: Vec::new() }
    }

    /// Another variable for every process that is started here.
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Every process that is started here is started by this program, which gets the binary and its words.
    pub fn started_by(mut self, script: &str) -> Self {
        let file = self.write("starter", script);
        std::fs::set_permissions(&file, Permissions::from_mode(0o700)).unwrap();
        self.environment.push(("TIDINGS_BINARY".to_owned(), self.binary.display().to_string()));
        self.binary = file;
        self
    }

    /// The folder of the configuration.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// A file that only we may read, as a secret in TOML.
    pub fn secret(&self, name: &str, value: &str) -> String {
        self.write(name, value);
        format!("{{ file = \"{name}\" }}")
    }

    /// Writes the configuration: pieces of TOML, one after the other.
    pub fn configure(&self, pieces: &[&str]) -> PathBuf {
        self.write("tidings.toml", &pieces.join("\n"))
    }

    /// A file of this folder that only we may read.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path().join(name);
        let mut open = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&file).unwrap();
        open.write_all(text.as_bytes()).unwrap();
        file
    }

    /// What the daemons of this home wrote to standard output and error.
    pub fn log(&self) -> String {
        std::fs::read(self.path().join("log"))
            .map_or_else(|_| String::new(), |log| String::from_utf8_lossy(&log).into())
    }

    /// The letters in `out`, in order of their names.
    pub fn letters(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(self.path().join("out")) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "eml"));
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// The binary with this home's configuration, and the variables that systemd would set.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--config").arg(self.path().join("tidings.toml")).args(words);
        command.env("STATE_DIRECTORY", self.state()).env("RUNTIME_DIRECTORY", self.path().join("run"));
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").current_dir(self.path()).stdin(Stdio::null());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end: its exit code, standard output, standard error.
    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        let output = self.command(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// Starts the daemon and returns when it is ready.
    ///
    /// # Panics
    /// When it ends instead, with its log.
    pub fn start(&self) -> Daemon<'_> {
        let mut daemon = self.spawn();
        daemon.ready();
        daemon
    }

    /// Starts the daemon and waits for nothing.
    pub fn spawn(&self) -> Daemon<'_> {
        self.spawn_with(&[])
    }

    /// The same with variables that the next one does not have.
    pub fn spawn_with(&self, variables: &[(&str, &str)]) -> Daemon<'_> {
        let socket = self.path().join("notify");
        let _ = std::fs::remove_file(&socket);
        let inbox = UnixDatagram::bind(&socket).unwrap();
        let log = || -> File { OpenOptions::new().append(true).create(true).open(self.path().join("log")).unwrap() };
        let mut command = self.command(&["run"]);
        command.envs(variables.iter().copied());
        command.env("NOTIFY_SOCKET", &socket).stdout(log()).stderr(log());
        let child = Guarded(command.spawn().unwrap());
        let said = Arc::new(Mutex::new(String::new()));
        listen(inbox, Arc::clone(&said));
        Daemon { home: self, child, said }
    }
}

/// Whether a `status` says that nothing is to be done.
pub fn is_settled(status: &Value) -> bool {
    let watched = status["sources"].as_array().unwrap().iter().all(|source| source["state"] == "watching");
    watched && ["sealed", "errands", "outbox"].iter().all(|count| status[count] == 0)
}

/// Keeps what the daemon says to systemd; ends a while after the daemon.
fn listen(inbox: UnixDatagram, said: Arc<Mutex<String>>) {
    inbox.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while Arc::strong_count(&said) > 1 {
            if let Ok(length) = inbox.recv(&mut buffer) {
                let mut said = said.lock().unwrap();
                said.push_str(&String::from_utf8_lossy(buffer.get(..length).unwrap()));
                said.push('\n');
            }
        }
    });
}

/// A running daemon; killed when dropped.
#[derive(Debug)]
pub struct Daemon<'a> {
    /// Where it lives.
    pub home: &'a Home,
    child: Guarded,
    said: Arc<Mutex<String>>,
}

impl Daemon<'_> {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// The child itself.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child.0
    }

    /// All lines that it said to systemd so far.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().unwrap().lines().map(str::to_owned).collect()
    }

    /// Waits for READY=1.
    ///
    /// # Panics
    /// When it ends instead, with its log.
    pub fn ready(&mut self) {
        let log = || self.home.log();
        let (child, said) = (&mut self.child.0, &self.said);
        until(PATIENCE, "the daemon is ready", || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the daemon ended with {status} before it was ready:\n{}", log());
            }
            said.lock().unwrap().lines().any(|line| line == "READY=1").then_some(())
        });
    }

    /// Runs a command with `--json` and reads what it prints.
    ///
    /// # Panics
    /// When it fails.
    pub fn json(&self, words: &[&str]) -> Value {
        let mut all = words.to_vec();
        all.push("--json");
        let text = self.tell(&all);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words:?}: {error}: {text}"))
    }

    /// Runs a command; what it prints.
    ///
    /// # Panics
    /// When it fails.
    pub fn tell(&self, words: &[&str]) -> String {
        let (code, out, err) = self.home.run(words);
        assert_eq!(code, 0, "{words:?}: {err}{out}\n{}", self.home.log());
        out
    }

    /// A number of `status`.
    pub fn count(&self, key: &str) -> u64 {
        self.json(&["status"]).get(key).and_then(Value::as_u64).unwrap()
    }

    /// Waits until nothing is to be done any more: all accounts are watched, no digest, errand or letter is under way.
    pub fn settled(&self) -> Value {
        self.until("all is done", is_settled)
    }

    /// Waits until `status` is so.
    ///
    /// # Panics
    /// When it does not become so, with the last status and the log.
    pub fn until(&self, what: &str, mut is_so: impl FnMut(&Value) -> bool) -> Value {
        let begun = std::time::Instant::now();
        loop {
            let status = self.json(&["status"]);
            if is_so(&status) {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}: {status}\n{}", self.home.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Panics
    /// When it does not end, or not well.
    pub fn stop(mut self) {
        let status = self.terminate();
        assert!(status.success(), "the daemon ended with {status}:\n{}", self.home.log());
    }

    /// Asks it to end, and waits until it has: how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        let pid = rustix::process::Pid::from_child(&self.child.0);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        until(PATIENCE, "the daemon ends", || self.child.0.try_wait().unwrap())
    }

    /// Ends it as a crash does.
    pub fn kill(mut self) {
        self.child.0.kill().unwrap();
        self.child.0.wait().unwrap();
    }
}
