//! The binary `kabar`: reads the command line and does what it says.

use std::process::ExitCode;

use clap::Parser as _;
use kabar_server::cli::{self, Cli};

/// For many small, short-lived allocations on several threads, which messages and frames are.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Said in one line for a person, and not with a backtrace, which is for whoever mends a defect.
    cli::run(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("kabar: {error:#}");
        ExitCode::FAILURE
    })
}
