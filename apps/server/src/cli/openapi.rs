//! `kabar openapi`

use std::process::ExitCode;

use crate::http::openapi;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    super::print(&openapi::document().to_pretty_json()?);
    super::print("\n");
    Ok(ExitCode::SUCCESS)
}
