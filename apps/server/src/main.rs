//! The binary `kabar`: reads the command line and does what it says.

use std::process::ExitCode;

use clap::Parser as _;
use kabar_server::cli::{self, Cli};

/// For many small, short-lived allocations on several threads, which messages and frames are.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<ExitCode> {
    cli::run(Cli::parse())
}
