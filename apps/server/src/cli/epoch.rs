//! `kabar epoch`

use std::process::ExitCode;

use super::block_on;
use crate::{
    config::Config,
    wiring::{Migrate, Services},
};

pub(super) fn renew(config: &Config) -> anyhow::Result<ExitCode> {
    block_on(async {
        // A backup of an older version is brought up to date first, as a start would.
        let services = Services::start(config, Migrate::AtStart).await?;
        let epoch = services.renew_epoch().await?;
        services.close().await?;
        super::print(&format!("{epoch}\n"));
        Ok(ExitCode::SUCCESS)
    })
}
