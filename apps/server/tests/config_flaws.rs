//! What is wrong in a configuration is said at once and by name.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::{fs, path::PathBuf};

use kabar_server::config::{Config, Sources};
use tempfile::TempDir;

/// The flaws of a configuration, the path of the file shortened to `kabar.toml`.
fn flaws(file: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kabar.toml");
    fs::write(&path, file).unwrap();
    let sources = Sources {
        file: Some(path.clone()),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Sources::default()
    };
    let Err(invalid) = Config::load(&sources) else { return Vec::new() };
    let path = path.display().to_string();
    invalid.flaws.iter().map(|flaw| flaw.replace(&path, "kabar.toml")).collect()
}

#[test]
fn everything_is_reported_at_once() {
    let flaws = flaws(
        "[http]\nport = \"three thousand\"\nprot = 3000\n[ws]\nmax_frame = \"1GiB\"\n[htp]\nport = 1\n",
        &[
            ("KABAR__DATABASE__URL", "mysql://localhost/kabar"),
            ("KABAR__RATE_LIMITS__ENABLE", "false"),
            ("KABAR__HTTP__CORS_ORIGINS", "*"),
        ],
    );
    for expected in [
        "http.port in kabar.toml must be a whole number",
        "http.prot in kabar.toml is not a setting; did you mean http.port?",
        "ws.max_frame in kabar.toml must be 20KiB to 16MiB, not 1GiB",
        "KABAR__DATABASE__URL must begin with postgres://",
        "KABAR__RATE_LIMITS__ENABLE is not a setting; did you mean rate_limits.enabled?",
        "KABAR__HTTP__CORS_ORIGINS must be an exact origin",
        "htp in kabar.toml is not a setting",
    ] {
        assert!(flaws.iter().any(|flaw| flaw.starts_with(expected)), "{expected}: {flaws:#?}");
    }
    assert_eq!(flaws.len(), 7, "{flaws:#?}");
}

#[test]
fn a_section_is_not_a_setting_and_a_setting_not_a_section() {
    assert_eq!(
        flaws("http = 3000\n", &[]),
        ["http in kabar.toml is a section of settings, not a setting"]
    );
    assert_eq!(
        flaws("[http.port]\nnumber = 3000\n", &[]).len(),
        1,
        "a whole number cannot be a section"
    );
}

#[test]
fn numbers_out_of_range_of_every_kind_are_refused() {
    for wrong in ["-1", "65536", "1.5", "1e999", "99999999999999999999999", "NaN", "", "0x10"] {
        assert_eq!(flaws("", &[("KABAR__HTTP__PORT", wrong)]).len(), 1, "{wrong}");
    }
}

#[test]
fn contradictions_between_settings_are_found() {
    let flaws = flaws(
        "[ws]\nheartbeat = \"60s\"\nidle_timeout = \"30s\"\n[drain]\ntimeout = \"2s\"\n",
        &[],
    );
    assert!(flaws.iter().any(|flaw| flaw.starts_with("ws.idle_timeout must be longer")));
    assert!(flaws.iter().any(|flaw| flaw.starts_with("drain.timeout must be longer")));
}

#[test]
fn a_password_out_of_an_example_is_refused_away_from_home() {
    let of = |url| flaws("", &[("DATABASE_URL", url)]);
    assert_eq!(of("postgres://kabar:changeme@db.example/kabar").len(), 1);
    assert_eq!(of("postgres://kabar:changeme@localhost/kabar").len(), 0);
    assert_eq!(of("postgres://kabar:3f9c1e@db.example/kabar").len(), 0);
}

#[test]
fn a_secret_given_twice_or_by_a_file_that_is_not_there_is_refused() {
    let missing = [("KABAR__DATABASE__URL_FILE", "/nowhere/url")];
    assert!(flaws("", &missing).concat().starts_with("KABAR__DATABASE__URL_FILE: No such file"));
    let flaws = flaws("[database]\nurl = \"sqlite://a\"\nurl_file = \"/dev/null\"\n", &[]);
    assert_eq!(flaws, ["database.url and database.url_file are both set"]);
}

#[test]
fn a_file_that_is_no_toml_does_not_hide_what_is_wrong_elsewhere() {
    let flaws = flaws("[http\n", &[("KABAR__HTTP__PORT", "x")]);
    assert_eq!(flaws.len(), 2, "{flaws:#?}");
    assert!(flaws.iter().any(|flaw| flaw.starts_with("kabar.toml: ")));
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let sources = Sources {
        file: Some(PathBuf::from("/nowhere/kabar.toml")),
        file_is_required: true,
        ..Sources::default()
    };
    let invalid = Config::load(&sources).unwrap_err();
    assert_eq!(invalid.flaws, ["there is no configuration file /nowhere/kabar.toml"]);
    let sources = Sources { file_is_required: false, ..sources };
    assert!(Config::load(&sources).is_ok());
}

#[test]
fn unwise_choices_are_named() {
    let sources = Sources {
        environment: [
            ("KABAR__RATE_LIMITS__ENABLED", "false"),
            ("KABAR__HTTP__HOST", "0.0.0.0"),
            ("KABAR__METRICS__BIND", "0.0.0.0:9464"),
            ("DATABASE_URL", "postgres://kabar:3f9c1e@db.example/kabar"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ..Sources::default()
    };
    let weaknesses = Config::load(&sources).unwrap().weaknesses();
    for expected in ["rate_limits.enabled", "http.host", "metrics.bind", "database.url"] {
        assert!(weaknesses.iter().any(|weakness| weakness.starts_with(expected)), "{expected}");
    }
}
