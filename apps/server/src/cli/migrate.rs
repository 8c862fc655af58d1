//! `kabar migrate`

use std::process::ExitCode;

use super::block_on;
use crate::{
    config::Config,
    wiring::{Migrate, Services},
};

pub(super) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    block_on(async {
        Services::start(config, Migrate::AtStart).await?.close().await?;
        super::print("the schema is up to date\n");
        Ok(ExitCode::SUCCESS)
    })
}
