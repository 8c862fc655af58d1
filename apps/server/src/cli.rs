//! The command line.

mod config;
mod epoch;
mod migrate;
mod openapi;
mod serve;
mod user;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Sources};

/// The command line of `kabar`.
#[derive(Debug, Parser)]
#[command(
    name = "kabar",
    version,
    about = "Kabar, a chat server: accounts, direct chats, groups, history, real-time delivery",
    long_about = "Kabar, a chat server: accounts, direct chats, groups, history, real-time delivery.\n\n\
        Without a command it serves. With nothing configured it keeps everything in ./data and listens \
        on 127.0.0.1:3000; Swagger is at /api-docs there.",
    after_help = "Settings come from kabar.toml and the environment (KABAR__HTTP__PORT, KABAR__HTTP__HOST, \
        KABAR__DATA_DIR, DATABASE_URL and more); `kabar config check` shows those in force."
)]
pub struct Cli {
    /// The configuration file [default: kabar.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    serve: ServeOptions,

    #[command(subcommand)]
    command: Option<Command>,
}

/// How to serve.
#[derive(Debug, Clone, Default, Args)]
struct ServeOptions {
    /// Where to listen, over what is configured; 0.0.0.0:3000 opens the server to the network
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,

    /// Leave the database's schema as it is; bring it up to date by `kabar migrate`
    #[arg(long)]
    no_migrate: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until SIGTERM or SIGINT (the default)
    Serve(ServeOptions),
    /// Bring the database's schema up to date, and end
    Migrate,
    /// Accounts
    #[command(subcommand)]
    User(UserCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the OpenAPI document
    Openapi,
    /// The epoch, which names the log as a whole
    #[command(subcommand)]
    Epoch(EpochCommand),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Make an account; its password is the variable KABAR_PASSWORD or the first line of the input
    Create {
        /// The name it is found by: 3 to 32 of a-z 0-9 . _ -
        username: String,
        /// The name others see [default: the username]
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show the settings in force, secrets masked, and what is wrong or unwise; exit with 1 if
    /// anything is wrong
    Check,
    /// Print the reference of all settings (Markdown)
    Reference,
}

#[derive(Debug, Subcommand)]
enum EpochCommand {
    /// Give the log a new epoch; to be done once after the database was restored from a backup, with
    /// the server stopped, so that clients notice what the backup lacks
    Renew,
}

/// Does what the command line says.
///
/// # Errors
/// What went wrong, for a person to read.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    let is_serve = matches!(cli.command, None | Some(Command::Serve(_)));
    if !is_serve && (cli.serve.listen.is_some() || cli.serve.no_migrate) {
        bail!("--listen and --no-migrate go with serve only");
    }
    let sources = |listen| Sources::of_process(cli.config.clone(), listen);
    match cli.command {
        None => serve::run(Config::load(&sources(cli.serve.listen))?, cli.serve.no_migrate),
        Some(Command::Serve(options)) => serve::run(
            Config::load(&sources(options.listen.or(cli.serve.listen)))?,
            options.no_migrate || cli.serve.no_migrate,
        ),
        Some(Command::Migrate) => migrate::run(&Config::load(&sources(None))?),
        Some(Command::User(UserCommand::Create { username, display_name })) => {
            user::create(&Config::load(&sources(None))?, &username, display_name)
        }
        Some(Command::Config(ConfigCommand::Check)) => Ok(config::check(&sources(None))),
        Some(Command::Config(ConfigCommand::Reference)) => Ok(config::reference()),
        Some(Command::Openapi) => openapi::run(),
        Some(Command::Epoch(EpochCommand::Renew)) => epoch::renew(&Config::load(&sources(None))?),
    }
}

/// Runs a command that is done once, on a runtime of its own.
fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

/// Prints a page to standard output. Whoever reads it may have enough early (`kabar … | head`).
fn print(page: &str) {
    use std::io::Write as _;
    let _ = std::io::stdout().write_all(page.as_bytes());
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_serve_stand_with_and_without_the_word() {
        for line in
            [&["kabar", "--listen", "0.0.0.0:1"][..], &["kabar", "serve", "--listen", "0.0.0.0:1"]]
        {
            let cli = Cli::try_parse_from(line).unwrap();
            let inner = match cli.command {
                Some(Command::Serve(options)) => options.listen,
                _ => None,
            };
            assert_eq!(inner.or(cli.serve.listen), Some("0.0.0.0:1".parse().unwrap()));
        }
    }

    #[test]
    fn the_configuration_file_may_be_named_before_and_behind_the_command() {
        for line in
            [&["kabar", "--config", "a", "migrate"][..], &["kabar", "migrate", "--config", "a"]]
        {
            assert_eq!(Cli::try_parse_from(line).unwrap().config, Some(PathBuf::from("a")));
        }
    }

    #[test]
    fn options_of_serve_are_refused_elsewhere() {
        let cli = Cli::try_parse_from(["kabar", "--no-migrate", "migrate"]).unwrap();
        assert!(run(cli).is_err());
    }
}
