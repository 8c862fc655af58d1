//! `kabar config`

use std::process::ExitCode;

use crate::config::{self, Config, Sources};

pub(super) fn check(sources: &Sources) -> ExitCode {
    match Config::load(sources) {
        Ok(config) => {
            let shown: String = config
                .shown()
                .into_iter()
                .map(|(name, value)| format!("{name} = {value}\n"))
                .collect();
            let weaknesses: String = config
                .weaknesses()
                .into_iter()
                .map(|weakness| format!("unwise: {weakness}\n"))
                .collect();
            super::print(&shown);
            super::print(&weaknesses);
            ExitCode::SUCCESS
        }
        Err(invalid) => {
            super::print(&format!("{invalid}\n"));
            ExitCode::FAILURE
        }
    }
}

pub(super) fn reference() -> ExitCode {
    super::print(&config::reference());
    ExitCode::SUCCESS
}
