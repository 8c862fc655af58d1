//! Which web pages may open a socket (RFC 6455 §10.2): a browser says which page it acts for, and
//! other clients say nothing. Nothing but the token authenticates, so that is allowed.

use actix_web::http::header::{HOST, HeaderMap, ORIGIN};

/// Whether the request's origin is allowed: absent, or one of the list to the letter; without a list,
/// the host that the request itself is for.
pub(super) fn allowed(headers: &HeaderMap, origins: &[String]) -> bool {
    let mut sent = headers.get_all(ORIGIN);
    let Some(origin) = sent.next() else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if sent.next().is_some() {
        return false;
    }
    if !origins.is_empty() {
        return origins.iter().any(|allowed| allowed == origin);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((named, host), (Some(named), Some(host)) if named.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(origins: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("chat.example.org:3000"));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn without_a_list_only_the_own_host_passes() {
        assert!(allowed(&headers(&[]), &[]));
        assert!(allowed(&headers(&["http://chat.example.org:3000"]), &[]));
        assert!(allowed(&headers(&["https://CHAT.example.org:3000"]), &[]));
        for foreign in [
            "null",
            "",
            "http://chat.example.org",
            "http://chat.example.org:3000.evil.test",
            "http://evil.test/chat.example.org:3000",
            "http://evilchat.example.org:3000",
            "http://user@chat.example.org:3000",
            "ftp://chat.example.org:3000",
            "file://",
        ] {
            assert!(!allowed(&headers(&[foreign]), &[]), "{foreign}");
        }
        let twice = ["http://chat.example.org:3000", "http://evil.test"];
        assert!(!allowed(&headers(&twice), &[]));
    }

    #[test]
    fn with_a_list_only_its_members_pass() {
        let list = ["https://app.example.org".to_owned()];
        assert!(allowed(&headers(&["https://app.example.org"]), &list));
        assert!(!allowed(&headers(&["http://chat.example.org:3000"]), &list));
        assert!(!allowed(&headers(&["https://app.example.org.evil.test"]), &list));
        assert!(!allowed(&headers(&["https://app.example.org/"]), &list));
    }
}
