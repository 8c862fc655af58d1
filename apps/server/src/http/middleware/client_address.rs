//! Whom a request comes from, as far as the peer may be believed.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use actix_web::{HttpRequest, web};

use crate::config::AddressRange;

/// The proxies whose forwarding header is believed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Arc<[AddressRange]>);

impl TrustedProxies {
    pub(crate) fn new(ranges: &[AddressRange]) -> Self {
        Self(ranges.into())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// The client's address: the peer's, or, when the peer is a trusted proxy, the last one in
/// `X-Forwarded-For` that is not a trusted proxy itself. What stands left of that was written by the
/// client and counts for nothing.
pub(crate) fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip().to_canonical());
    let Some(proxies) = request.app_data::<web::Data<TrustedProxies>>() else { return peer };
    if !proxies.trusts(peer) {
        return peer;
    }
    let mut nearest = peer;
    let headers: Vec<_> = request.headers().get_all("x-forwarded-for").collect();
    for header in headers.into_iter().rev() {
        let Ok(hops) = header.to_str() else { return nearest };
        for hop in hops.rsplit(',') {
            // What cannot be read was not written by a proxy of ours: nobody left of it is believed.
            let Some(address) = parse_hop(hop.trim()) else { return nearest };
            nearest = address;
            if !proxies.trusts(address) {
                return nearest;
            }
        }
    }
    nearest
}

/// An address, alone or with a port as some proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let address = hop
        .parse::<IpAddr>()
        .ok()
        .or_else(|| hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn address(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let ranges: Vec<AddressRange> =
            trusted.iter().map(|range| range.parse().unwrap()).collect();
        let mut request = TestRequest::default()
            .peer_addr(peer.parse().unwrap())
            .app_data(web::Data::new(TrustedProxies::new(&ranges)));
        for header in forwarded {
            request = request.append_header(("x-forwarded-for", *header));
        }
        client_address(&request.to_http_request()).to_string()
    }

    #[test]
    fn a_stranger_cannot_choose_an_address() {
        assert_eq!(address("192.0.2.9:1", &["10.1.1.1"], &["10.0.0.0/8"]), "192.0.2.9");
        assert_eq!(address("192.0.2.9:1", &["10.1.1.1"], &[]), "192.0.2.9");
        assert_eq!(address("[::ffff:192.0.2.9]:1", &["10.1.1.1"], &[]), "192.0.2.9");
    }

    #[test]
    fn behind_a_trusted_proxy_the_last_untrusted_hop_is_the_client() {
        let trusted = ["10.0.0.0/8"];
        assert_eq!(address("10.0.0.1:1", &["192.0.2.1"], &trusted), "192.0.2.1");
        assert_eq!(address("10.0.0.1:1", &["203.0.113.7, 192.0.2.1"], &trusted), "192.0.2.1");
        assert_eq!(
            address("10.0.0.1:1", &["203.0.113.7", "192.0.2.1, 10.2.2.2"], &trusted),
            "192.0.2.1"
        );
        assert_eq!(address("10.0.0.1:1", &["192.0.2.1:443"], &trusted), "192.0.2.1");
        assert_eq!(address("10.0.0.1:1", &["[2001:db8::1]:443"], &trusted), "2001:db8::1");
        assert_eq!(address("10.0.0.1:1", &["192.0.2.1, nonsense"], &trusted), "10.0.0.1");
        assert_eq!(address("10.0.0.1:1", &[], &trusted), "10.0.0.1");
    }
}
