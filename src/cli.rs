//! The command line: what is asked, of whom, and how the answer is shown.

pub mod backup;
pub mod check;
pub mod connect;
pub mod cut;
pub mod demo;
pub mod explain;
pub mod generate;
pub mod headline;
pub mod hook;
pub mod json;
pub mod judged;
pub mod known;
pub mod line;
pub mod listing;
pub mod live;
pub mod mbox;
pub mod progress;
pub mod reasons;
pub mod release;
pub mod replay;
pub mod run;
pub mod schedule;
pub mod shared;
pub mod show;
pub mod turns;
pub mod waits;
pub mod walk;
pub mod whom;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};

use crate::limits;
use shared::{Common, Ended};

/// What stands below the commands.
const HINTS: &str = "\
Exit codes: 0 done; 1 refused, or not found; 2 usage or configuration; 3 the daemon is not running.
To see it work without an account: `tidings demo`. To try rules on mail you have: `tidings replay`.";

/// What stands below `tidings run --help`: what systemd and scripts ask.
const RUN_HINTS: &str = "\
SIGTERM and SIGINT stop it. SIGHUP reads the configuration again; one with errors changes nothing.
Exit codes: 0 stopped; 70 a fault of its own; 75 try again (the state is in use, a disk is full);
78 the configuration is wrong, or the state was written by a newer version.";

/// Holds the mail that can wait, lets the urgent through at once, and sends the rest as digests.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, max_term_width = 100, after_help = HINTS)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon
    #[command(after_help = RUN_HINTS)]
    Run,
    /// Name every error of the configuration, or print it as it is understood
    Check(check::Check),
    /// Say how a message is judged, and why
    Explain(explain::Explain),
    /// Say what the rules would have done with mail that is there already
    Replay(replay::Replay),
    /// Print the next slots of every digest, and the next quiet hours
    Schedule(schedule::Schedule),
    /// Print how the daemon is: accounts, what is held, what is due
    Status,
    /// List (when nothing else is said), show, release or drop what is held
    Held {
        /// What to do [default: list]
        #[command(subcommand)]
        action: Option<live::HeldAction>,
    },
    /// List (when nothing else is said), show, retry or drop letters
    Outbox {
        /// What to do [default: list]
        #[command(subcommand)]
        action: Option<live::OutboxAction>,
    },
    /// Preview a digest, or send it now
    Digest {
        /// What to do
        #[command(subcommand)]
        action: live::DigestAction,
    },
    /// See what a recorded webhook request would do
    Hook {
        /// What to do
        #[command(subcommand)]
        action: hook::HookAction,
    },
    /// Begin quiet hours by hand: only critical messages pass
    Pause(live::Pause),
    /// End quiet hours by hand
    Resume,
    /// Give held mail back without the daemon
    Release(release::Release),
    /// Write everything that is known into one file, from the running daemon or from a stopped one
    #[command(after_help = backup::BACKUP_HINTS)]
    Backup(backup::Backup),
    /// Make the state of a backup; the daemon must not run
    #[command(after_help = backup::RESTORE_HINTS)]
    Restore(backup::Restore),
    /// Remove every trace of an item, or of everything from an address
    #[command(after_help = backup::FORGET_HINTS)]
    Forget(backup::Forget),
    /// Sort a bundled mailbox into urgent and held, and write the digest: no account, no server
    Demo(demo::Demo),
    /// Print manual pages, completions, or the documented configuration
    Generate {
        /// What to print
        #[command(subcommand)]
        what: generate::Generate,
    },
}

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    // Passwords and mail are in this memory: no core file of it, and no look into it for others of the same user.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to standard output and errors to standard error by itself.
            let _ = error.print();
            return if error.use_stderr() { Ended::Usage.into() } else { Ended::Done.into() };
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(limits::front::WORKER_THREADS)
        .max_blocking_threads(limits::front::BLOCKING_THREADS)
        .thread_stack_size(limits::front::THREAD_STACK_BYTES)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            show::say(&format!("tidings: the runtime cannot start: {error}"));
            return Ended::Code(75).into();
        }
    };
    let ended = runtime.block_on(dispatch(cli.common, cli.command));
    // A thread that hangs in a parser must not keep the program.
    runtime.shutdown_timeout(limits::front::RUNTIME_STOP);
    match ended {
        Ok(ended) => ended.into(),
        Err(error) => {
            show::say(&format!("tidings: {error:#}"));
            Ended::Refused.into()
        }
    }
}

async fn dispatch(common: Common, command: Command) -> anyhow::Result<Ended> {
    if common.json && matches!(command, Command::Run | Command::Release(_) | Command::Generate { .. }) {
        show::complain("this command prints nothing for programs: leave --json out");
        return Ok(Ended::Usage);
    }
    if common.person.is_some() && matches!(command, Command::Run | Command::Release(_) | Command::Demo(_)) {
        show::complain("this command is not about one person: leave --person out");
        return Ok(Ended::Usage);
    }
    match command {
        Command::Run => run::run(&common).await,
        Command::Check(check) => check::check(&common, &check).await,
        Command::Explain(explain) => explain::explain(&common, &explain).await,
        Command::Replay(replay) => replay::replay(&common, &replay).await,
        Command::Schedule(schedule) => schedule::schedule(&common, &schedule).await,
        Command::Status => live::status(&common).await,
        Command::Held { action } => live::held(&common, action).await,
        Command::Outbox { action } => live::outbox(&common, action).await,
        Command::Digest { action } => live::digest(&common, action).await,
        Command::Hook { action } => hook::hook(&common, action).await,
        Command::Pause(pause) => live::pause(&common, &pause).await,
        Command::Resume => live::resume(&common).await,
        Command::Release(release) => release::release(&common, &release).await,
        Command::Backup(backup) => backup::backup(&common, &backup).await,
        Command::Restore(restore) => backup::restore(&common, &restore).await,
        Command::Forget(forget) => backup::forget(&common, &forget).await,
        Command::Demo(demo) => demo::demo(&common, &demo).await,
        Command::Generate { what } => generate::generate(&what, Cli::command()),
    }
}
