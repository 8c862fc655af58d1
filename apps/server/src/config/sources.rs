//! Where the configuration is read from.

use std::{env, net::SocketAddr, path::PathBuf};

/// Where the configuration is read from; later ones win: defaults, file, environment, command line.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file.
    pub file: Option<PathBuf>,
    /// Whether it is an error when there is no such file.
    pub file_is_required: bool,
    /// The variables of the environment.
    pub environment: Vec<(String, String)>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
}

impl Sources {
    /// The file that is read when none is named.
    pub const DEFAULT_FILE: &'static str = "kabar.toml";

    /// The file (`kabar.toml` in the working directory, if there is one, when none is named) and the
    /// environment of this process. Variables that are not UTF-8 are left out.
    pub fn of_process(file: Option<PathBuf>, listen: Option<SocketAddr>) -> Self {
        Self {
            file_is_required: file.is_some(),
            file: Some(file.unwrap_or_else(|| PathBuf::from(Self::DEFAULT_FILE))),
            environment: env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            listen,
        }
    }
}
