//! The binary `kabar-bench`; see the library for what it does.

use std::process::ExitCode;

use clap::Parser;
use kabar_bench::{cli::Cli, scenario};

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kabar-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what the command line asks for; `false` when something that was promised did not hold.
fn run(cli: &Cli) -> anyhow::Result<bool> {
    // Every connection is a descriptor, and the usual soft limit of 1 024 is below every scenario.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cli.threads)
        .enable_all()
        .build()?;
    // The connections live on the workers; what starts, stops and reads clocks stays on this thread,
    // so that a saturated worker cannot shift the measured window.
    let report = runtime.block_on(scenario::run(cli))?;
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(report.holds())
}
