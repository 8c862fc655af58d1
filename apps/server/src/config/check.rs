//! What no single setting shows: contradictions between several, and choices that are unwise.

use std::net::IpAddr;

use super::{Config, DatabaseUrl, Origin};

/// Passwords that stand in examples all over the world.
const SAMPLE_PASSWORDS: [&str; 8] =
    ["changeme", "change-me", "secret", "password", "postgres", "kabar", "example", "admin"];

/// Settings that cannot hold together.
pub(super) fn contradictions(config: &Config) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut require = |holds: bool, flaw: &str| {
        if !holds {
            flaws.push(flaw.to_owned());
        }
    };
    require(
        config.ws.idle_timeout > config.ws.heartbeat,
        "ws.idle_timeout must be longer than ws.heartbeat: a silent client lives on pings only",
    );
    require(
        config.drain.timeout > config.drain.socket_spread,
        "drain.timeout must be longer than drain.socket_spread",
    );
    require(
        config.auth.refresh_absolute >= config.auth.refresh_idle,
        "auth.refresh_absolute must not be shorter than auth.refresh_idle",
    );
    require(
        config.auth.refresh_idle > config.auth.access_ttl,
        "auth.refresh_idle must be longer than auth.access_ttl",
    );
    require(
        config.database.max_connections > u32::from(config.database.lanes),
        "database.max_connections must be more than database.lanes",
    );
    require(
        config.metrics.bind.is_none_or(|bind| bind.port() == 0 || bind != config.listen()),
        "metrics.bind must not be the address that clients come to",
    );
    if let Some(url) = &config.database.url
        && let Some(password) = url.password()
        && SAMPLE_PASSWORDS.contains(&password.to_lowercase().as_str())
        && !is_local(url)
    {
        flaws.push("database.url has a password out of an example; choose one".to_owned());
    }
    flaws
}

/// Settings that are allowed and still unwise.
pub(super) fn weaknesses(config: &Config) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |weak: bool, weakness: &str| {
        if weak {
            found.push(weakness.to_owned());
        }
    };
    note(
        !config.rate_limits.enabled,
        "rate_limits.enabled is false: nothing slows an attacker down",
    );
    note(
        config.http.trusted_proxies.iter().any(super::AddressRange::is_everything),
        "http.trusted_proxies names every address: clients choose the address they are counted by",
    );
    note(
        config.metrics.bind.is_some_and(|bind| !bind.ip().is_loopback()),
        "metrics.bind is reached from other machines: keep it from clients by a firewall",
    );
    note(
        !config.http.host.is_loopback()
            && config.http.trusted_proxies.is_empty()
            && !config.http.hsts,
        "http.host is reached from other machines: put TLS in front, set http.trusted_proxies to \
         where it ends and http.hsts to true",
    );
    let plain = |origins: &[Origin]| {
        origins.iter().any(|origin| {
            let origin = origin.as_str();
            origin.starts_with("http://")
                && !origin.starts_with("http://localhost")
                && !origin.starts_with("http://127.")
                && !origin.starts_with("http://[::1]")
        })
    };
    note(plain(&config.http.cors_origins), "http.cors_origins names an origin without TLS");
    note(plain(&config.http.ws_origins), "http.ws_origins names an origin without TLS");
    if let Some(url) = &config.database.url {
        note(
            url.password().is_some_and(|password| {
                SAMPLE_PASSWORDS.contains(&password.to_lowercase().as_str())
            }),
            "database.url has a password out of an example",
        );
        note(
            url.is_postgres() && !is_local(url) && !asks_for_tls(url),
            "database.url goes to another machine without sslmode=require or better",
        );
    }
    note(config.auth.access_ttl > super::seconds(3600), "auth.access_ttl is more than an hour");
    found
}

fn asks_for_tls(url: &DatabaseUrl) -> bool {
    ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"]
        .iter()
        .any(|mode| url.expose().contains(mode))
}

fn is_local(url: &DatabaseUrl) -> bool {
    match url.host() {
        None | Some("" | "localhost") => true,
        Some(host) => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}
