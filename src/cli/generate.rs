//! `tidings generate`: manual pages, completions of the shell, and the documented configuration, all from this program.

pub mod page;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Command, Subcommand, ValueEnum};

use super::shared::Ended;
use super::show;

/// The configuration that documents every key.
const CONFIG: &str = include_str!("../../config/tidings.toml");

/// What is generated.
#[derive(Clone, Debug, Subcommand)]
pub enum Generate {
    /// Print the manual page tidings(1), or write it and one for each command into a folder
    Man {
        /// The folder; left out: tidings(1) goes to standard output
        folder: Option<PathBuf>,
    },
    /// Print what completes this program's words in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the configuration that documents every key, with its unit and default
    Config,
}

/// A shell that can be told how to complete.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Shell {
    /// For /usr/share/bash-completion/completions/tidings
    Bash,
    /// For /usr/share/zsh/vendor-completions/_tidings
    Zsh,
    /// For /usr/share/fish/vendor_completions.d/tidings.fish
    Fish,
}

/// Generates.
///
/// # Errors
/// When a page cannot be written.
pub fn generate(what: &Generate, command: Command) -> anyhow::Result<Ended> {
    match what {
        Generate::Man { folder: None } => show::out(&page::text(&whole(command))?),
        Generate::Man { folder: Some(folder) } => pages(&whole(command), folder)?,
        Generate::Completions { shell } => show::out(&completions(*shell, command)),
        Generate::Config => show::out(CONFIG),
    }
    Ok(Ended::Done)
}

/// The command as its pages show it: `tidings help` is `man tidings`.
fn whole(command: Command) -> Command {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    command
}

/// One page for each command and each of its own.
fn pages(command: &Command, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make \"{}\"", folder.display()))?;
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        let file = folder.join(format!("{}.1", page::name(command)));
        std::fs::write(&file, page::text(command)?).with_context(|| format!("cannot write \"{}\"", file.display()))?;
        left.extend(command.get_subcommands());
    }
    Ok(())
}

fn completions(shell: Shell, mut command: Command) -> String {
    use clap_complete::Shell as Complete;
    let shell = match shell {
        Shell::Bash => Complete::Bash,
        Shell::Zsh => Complete::Zsh,
        Shell::Fish => Complete::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "tidings", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
