//! Settings that are more than a number or a text.

use std::{fmt, net::IpAddr, str::FromStr};

use figment::value::Value;

use super::setting::{Listed, Setting};

/// The address of a database, of which everything but the password may be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// The text names no database that Kabar keeps its rows in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must begin with postgres:// or sqlite://")]
pub struct InvalidDatabaseUrl;

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, InvalidDatabaseUrl> {
        let known = Self::SCHEMES.iter().any(|scheme| url.starts_with(scheme));
        if known { Ok(Self(url.to_owned())) } else { Err(InvalidDatabaseUrl) }
    }
}

impl DatabaseUrl {
    const SCHEMES: [&'static str; 4] = ["postgres://", "postgresql://", "sqlite://", "sqlite:"];

    /// The address with its password, for whoever connects.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it names a PostgreSQL server.
    pub fn is_postgres(&self) -> bool {
        self.0.starts_with("postgres")
    }

    /// The password in it, as it is written (percent-encoded).
    pub fn password(&self) -> Option<&str> {
        let (user_info, _) = self.authority()?.rsplit_once('@')?;
        user_info.split_once(':').map(|(_, password)| password)
    }

    /// The host it names.
    pub fn host(&self) -> Option<&str> {
        let authority = self.authority()?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Some(match host.strip_prefix('[') {
            Some(literal) => literal.split(']').next().unwrap_or(literal),
            None => host.split(':').next().unwrap_or(host),
        })
    }

    fn authority(&self) -> Option<&str> {
        if !self.is_postgres() {
            return None;
        }
        let (_, rest) = self.0.split_once("://")?;
        rest.split(['/', '?', '#']).next()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A password may also stand in the query, so nothing of that is shown.
        let (before_query, query) = self.0.split_once('?').unwrap_or((&self.0, ""));
        match self.password() {
            Some(password) => {
                f.write_str(&before_query.replacen(&format!(":{password}@"), ":***@", 1))?
            }
            None => f.write_str(before_query)?,
        }
        if query.is_empty() || !self.is_postgres() {
            return if query.is_empty() { Ok(()) } else { write!(f, "?{query}") };
        }
        f.write_str("?***")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Setting for DatabaseUrl {
    const KIND: &'static str = "a postgres:// or sqlite:// address (secret)";
    const SECRET: bool = true;

    fn read(value: &Value) -> Result<Self, String> {
        String::read(value)?.parse().map_err(|flaw: InvalidDatabaseUrl| flaw.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A range of addresses: `10.0.0.0/8`, or one address alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    base: IpAddr,
    prefix: u8,
}

impl AddressRange {
    /// Whether the address is in the range. An IPv4 address that came as IPv6 (`::ffff:…`) counts as
    /// what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32_u32.saturating_sub(u32::from(self.prefix));
                let difference = base.to_bits() ^ address.to_bits();
                difference.checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128_u32.saturating_sub(u32::from(self.prefix));
                let difference = base.to_bits() ^ address.to_bits();
                difference.checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }

    /// Whether it is every address of its family.
    pub const fn is_everything(&self) -> bool {
        self.prefix == 0
    }
}

impl FromStr for AddressRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix.parse().map_err(|_| ())?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| ())?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(()) } else { Ok(Self { base, prefix }) }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}

impl Setting for AddressRange {
    const KIND: &'static str = "an address or a range of addresses, as in 10.0.0.0/8";

    fn read(value: &Value) -> Result<Self, String> {
        String::read(value)?.parse().map_err(|()| format!("must be {}", Self::KIND))
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Listed for AddressRange {}

/// Where a page comes from, exactly as a browser writes it into `Origin`: scheme, host and, unless
/// it is the scheme's own, port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as a browser writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (scheme, host) = text.split_once("://").ok_or(())?;
        // No wildcard, path, user or upper case: those never stand in an `Origin` header, so such a
        // setting would silently match nothing.
        let plain = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | '[' | ']')
        };
        let scheme_is_plain = !scheme.is_empty()
            && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let default_port = match scheme {
            "http" => ":80",
            "https" => ":443",
            _ => "",
        };
        let names_default_port = !default_port.is_empty() && host.ends_with(default_port);
        if scheme_is_plain && !host.is_empty() && host.chars().all(plain) && !names_default_port {
            Ok(Self(text.to_owned()))
        } else {
            Err(())
        }
    }
}

impl Setting for Origin {
    const KIND: &'static str = "an exact origin in lower case without path or default port, as in https://chat.example.org";

    fn read(value: &Value) -> Result<Self, String> {
        String::read(value)?.parse().map_err(|()| format!("must be {}", Self::KIND))
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

impl Listed for Origin {}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// For machines: one object a line.
    Json,
}

impl Setting for LogFormat {
    const KIND: &'static str = "one of auto, pretty, json";

    fn read(value: &Value) -> Result<Self, String> {
        match String::read(value)?.as_str() {
            "auto" => Ok(Self::Auto),
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(format!("must be {}", Self::KIND)),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Auto => "auto",
            Self::Pretty => "pretty",
            Self::Json => "json",
        }
        .to_owned()
    }
}

/// What is logged: a level, or levels by module as in `info,kabar_server=debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLevel(String);

impl LogLevel {
    /// The filter in the syntax of `tracing-subscriber`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LogLevel {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl Setting for LogLevel {
    const KIND: &'static str =
        "error, warn, info, debug or trace, or several by module as in info,kabar_server=debug";

    fn read(value: &Value) -> Result<Self, String> {
        let text = String::read(value)?;
        let is_level = |level: &str| {
            ["off", "error", "warn", "info", "debug", "trace"]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(level))
        };
        let wrong = text.split(',').any(|directive| {
            let (module, level) = directive.rsplit_once('=').unwrap_or(("-", directive));
            module.trim().is_empty() || !is_level(level.trim())
        });
        if wrong { Err(format!("must be {}", Self::KIND)) } else { Ok(Self(text)) }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://kabar:s3cr3t@db:5432/chat", "postgres://kabar:***@db:5432/chat"),
            ("postgres://kabar:a@b:c@db/chat", "postgres://kabar:***@db/chat"),
            ("postgres:///chat?user=k&password=s3cr3t", "postgres:///chat?***"),
            ("postgres://kabar@db/chat", "postgres://kabar@db/chat"),
            ("sqlite://./data/kabar.db?mode=rwc", "sqlite://./data/kabar.db?mode=rwc"),
        ] {
            assert_eq!(url.parse::<DatabaseUrl>().unwrap().to_string(), shown);
        }
        assert!("mysql://db/chat".parse::<DatabaseUrl>().is_err());
    }

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let range: AddressRange = "10.1.0.0/16".parse().unwrap();
        assert!(range.contains("10.1.255.1".parse().unwrap()));
        assert!(range.contains("::ffff:10.1.2.3".parse().unwrap()));
        assert!(!range.contains("10.2.0.1".parse().unwrap()));
        assert!(!range.contains("::1".parse().unwrap()));
        let all: AddressRange = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("192.0.2.1".parse().unwrap()) && all.is_everything());
        let one: AddressRange = "2001:db8::1".parse().unwrap();
        assert!(one.contains("2001:db8::1".parse().unwrap()));
        assert!(!one.contains("2001:db8::2".parse().unwrap()));
        for wrong in ["10.0.0.0/33", "10.0.0/8", "", "x/8", "::/129", "10.0.0.0/-1"] {
            assert!(wrong.parse::<AddressRange>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_exact() {
        for right in ["https://chat.example.org", "http://localhost:5173", "http://[::1]:5173"] {
            assert!(right.parse::<Origin>().is_ok(), "{right}");
        }
        for wrong in [
            "*",
            "null",
            "https://*",
            "https://*.example.org",
            "https://example.org/",
            "https://Example.org",
            "https://example.org:443",
            "example.org",
            "https://a@b",
            "https://",
        ] {
            assert!(wrong.parse::<Origin>().is_err(), "{wrong}");
        }
    }
}
