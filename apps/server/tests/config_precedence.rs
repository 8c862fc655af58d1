//! Which of several places a setting is taken from.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{fs, path::PathBuf, time::Duration};

use kabar_server::config::{ByteSize, Config, Sources};
use tempfile::TempDir;

struct Scene {
    folder: TempDir,
    sources: Sources,
}

impl Scene {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), sources: Sources::default() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn file(mut self, text: &str) -> Self {
        self.sources.file = Some(self.write("kabar.toml", text));
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn load(&self) -> Config {
        Config::load(&self.sources).unwrap()
    }
}

#[test]
fn nothing_needs_to_be_configured() {
    let config = Scene::new().load();
    assert_eq!(config, Config::default());
    assert_eq!(config.listen().to_string(), "127.0.0.1:3000");
    assert_eq!(config.database_url(), "sqlite://./data/kabar.db?mode=rwc");
    assert!(config.rate_limits.enabled);
    assert_eq!(config.weaknesses(), [""; 0]);
}

#[test]
fn the_environment_goes_before_the_file_and_the_command_line_before_both() {
    let mut scene = Scene::new()
        .file("data_dir = \"/srv/kabar\"\n[http]\nport = 4000\nmax_body = \"128KiB\"\n")
        .variable("KABAR__HTTP__PORT", "5000");
    let config = scene.load();
    assert_eq!(config.http.port, 5000);
    assert_eq!(config.http.max_body, ByteSize::kib(128));
    assert_eq!(config.base.data_dir, PathBuf::from("/srv/kabar"));
    assert_eq!(config.database_url(), "sqlite:///srv/kabar/kabar.db?mode=rwc");

    scene.sources.listen = Some("0.0.0.0:6000".parse().unwrap());
    assert_eq!(scene.load().listen().to_string(), "0.0.0.0:6000");
}

#[test]
fn the_four_names_that_everybody_needs_are_known() {
    let config = Scene::new()
        .variable("KABAR__HTTP__PORT", "0")
        .variable("KABAR__HTTP__HOST", "::")
        .variable("KABAR__DATA_DIR", "/srv/kabar")
        .variable("DATABASE_URL", "postgres://kabar@localhost/kabar")
        .load();
    assert_eq!(config.listen().to_string(), "[::]:0");
    assert_eq!(config.base.data_dir, PathBuf::from("/srv/kabar"));
    assert_eq!(config.database_url(), "postgres://kabar@localhost/kabar");
}

#[test]
fn the_full_name_of_the_database_goes_before_the_short_one() {
    let config = Scene::new()
        .variable("DATABASE_URL", "postgres://localhost/other")
        .variable("KABAR__DATABASE__URL", "postgres://localhost/kabar")
        .load();
    assert_eq!(config.database_url(), "postgres://localhost/kabar");
    let config = Scene::new().variable("DATABASE_URL", "").load();
    assert_eq!(config.database.url, None, "an empty variable is one that is not set");
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let scene = Scene::new();
    let secret = scene.write("url", "postgres://kabar:xyzzy-1@localhost/kabar\n");
    let scene = scene.variable("KABAR__DATABASE__URL_FILE", secret.to_str().unwrap());
    assert_eq!(scene.load().database_url(), "postgres://kabar:xyzzy-1@localhost/kabar");
}

#[test]
fn secrets_are_never_shown() {
    let config =
        Scene::new().variable("DATABASE_URL", "postgres://kabar:xyzzy-1@localhost/kabar").load();
    let shown: String = config.shown().into_iter().map(|(name, value)| name + &value).collect();
    assert!(shown.contains("postgres://kabar:***@localhost/kabar"), "{shown}");
    assert!(!shown.contains("xyzzy") && !format!("{config:?}").contains("xyzzy"));
}

#[test]
fn lists_and_times_are_written_alike_in_both_places() {
    let of_file = Scene::new()
        .file(
            "[http]\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n\
             trusted_proxies = [\"10.0.0.0/8\"]\n[ws]\nheartbeat = \"20s\"\nidle_timeout = 50\n",
        )
        .load();
    let of_environment = Scene::new()
        .variable("KABAR__HTTP__CORS_ORIGINS", "https://a.example, https://b.example")
        .variable("KABAR__HTTP__TRUSTED_PROXIES", "10.0.0.0/8")
        .variable("KABAR__WS__HEARTBEAT", "20s")
        .variable("KABAR__WS__IDLE_TIMEOUT", "50")
        .load();
    assert_eq!(of_file, of_environment);
    assert_eq!(of_file.http.cors_origins.len(), 2);
    assert_eq!(of_file.ws.idle_timeout, Duration::from_secs(50));
}

#[test]
fn what_is_shown_can_be_configured_again() {
    let mut scene = Scene::new();
    for (name, value) in Config::default().shown() {
        let variable = format!("KABAR__{}", name.to_uppercase().replace('.', "__"));
        let value = if value == "(none)" { "" } else { &value };
        scene = scene.variable(&variable, value);
    }
    assert_eq!(scene.load(), Config::default());
}

#[test]
fn names_that_an_orchestrator_makes_are_left_alone() {
    let config = Scene::new()
        .variable("KABAR_SERVICE_HOST", "10.0.0.1")
        .variable("KABAR_PORT_3000_TCP", "tcp://10.0.0.1:3000")
        .variable("KABAR_PASSWORD", "for the command line")
        .load();
    assert_eq!(config, Config::default());
}
