//! Children of a test that end with it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::wait;

/// A child that is killed and reaped when the test drops it.
#[derive(Debug)]
pub struct Guarded(pub Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where a server's program lies; `/usr/sbin` is not on everybody's path.
///
/// # Panics
/// When it is not installed: then the test cannot say anything.
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")]);
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file()).unwrap_or_else(|| {
        panic!("this test needs the program \"{name}\": run `tests/run tools`, or install the package {package}")
    })
}

/// Runs to the end.
///
/// # Panics
/// When it fails, with what it said.
pub fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(output.status.success(), "{command:?}: {}: {}", output.status, String::from_utf8_lossy(&said));
    output
}

/// Whether the tests run as root: then the servers get users of their own.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// User and group of servers that refuse to be root: ours, or nobody's where we are root.
pub fn server_owner() -> (String, String) {
    if is_root() {
        return ("nobody".to_owned(), "nogroup".to_owned());
    }
    let name = |what: &str| String::from_utf8(run(Command::new("id").arg(what)).stdout).unwrap().trim().to_owned();
    (name("-un"), name("-gn"))
}

/// A program that is run as nobody in particular.
pub fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let (user, group) = server_owner();
    let mut command = Command::new(self::program("setpriv", "util-linux"));
    command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".to_owned()]).arg(program);
    command
}

/// Gives a folder, with all that is in it, to the user that `unprivileged` programs run as.
pub fn give_away(folder: &Path) {
    if is_root() {
        let (user, group) = server_owner();
        run(Command::new("chown").arg("-R").arg(format!("{user}:{group}")).arg(folder));
    }
}

/// Sends a signal to a process of ours that is not our child, and waits until it is gone.
pub fn end(pid_file: &Path) {
    let Ok(text) = std::fs::read_to_string(pid_file) else { return };
    let Some(pid) = text.trim().parse().ok().and_then(rustix::process::Pid::from_raw) else { return };
    let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    wait::until_true(wait::PATIENCE, "a server ends", || rustix::process::test_kill_process(pid).is_err());
}

/// A free port of the loopback. Another program may take it before it is used; the callers begin again then.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
