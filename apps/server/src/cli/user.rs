//! `kabar user`

use std::{env, io, process::ExitCode};

use anyhow::Context as _;
use kabar_users::{DisplayName, Password, Register, Username};

use super::block_on;
use crate::{
    config::Config,
    wiring::{Migrate, Services},
};

/// The variable that a password may stand in; not on the command line, which others can see.
const PASSWORD: &str = "KABAR_PASSWORD";

pub(super) fn create(
    config: &Config,
    username: &str,
    display_name: Option<String>,
) -> anyhow::Result<ExitCode> {
    let command = Register {
        username: Username::parse(username).context("the username")?,
        display_name: display_name
            .map(|name| DisplayName::parse(&name))
            .transpose()
            .context("the display name")?,
        password: Password::choose(password()?).context("the password")?,
    };
    block_on(async {
        let services = Services::start(config, Migrate::AtStart).await?;
        let registered = services.accounts.register(command).await;
        services.close().await?;
        let user = registered.context("failed to make the account")?.user;
        super::print(&format!("{} {}\n", user.id, user.username));
        Ok(ExitCode::SUCCESS)
    })
}

fn password() -> anyhow::Result<String> {
    if let Ok(password) = env::var(PASSWORD) {
        return Ok(password);
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("failed to read the password from the input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
