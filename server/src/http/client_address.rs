//! The address of a client, also behind proxies. It bounds what one client may use, and grants nothing.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

/// The name of the header to which each proxy appends the address that it was called from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of a request's connection, as a request extension.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// An address by which clients are told apart: of IPv6 only the network, because a client has a whole /64 (RFC 6177).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
            address => address,
        })
    }
}

/// The client of a request. None where it is a trusted proxy itself, which may speak for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub Option<ClientAddress>);

impl Client {
    /// The client behind `peer`: the last address in `X-Forwarded-For` that is not of a trusted proxy. Everything before
    /// it was written by the client. Without a trusted proxy the header is not read at all.
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        let peer = peer.to_canonical();
        if !is_trusted(&peer) {
            return Self(Some(peer.into()));
        }
        let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok()).collect();
        let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
        // A hop that is no address ends the search: a proxy that is trusted writes addresses only.
        let client = hops.map_while(|hop| parse(hop.trim())).find(|hop| !is_trusted(hop));
        Self(client.map(ClientAddress::from))
    }
}

/// An address, with or without a port (`192.0.2.1:443`, `[2001:db8::1]:443`).
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse::<std::net::SocketAddr>().map(|with_port| with_port.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// Set by the middleware of the public routes; unknown on others.
impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> Option<IpAddr> {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        Client::of(peer.parse().unwrap(), &headers, &trusted).0.map(|client| client.0)
    }

    #[test]
    fn client_is_the_last_address_that_no_trusted_proxy_has() {
        let of = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for (peer, forwarded, wanted) in [
            ("192.0.2.1", &[][..], of("192.0.2.1")),
            ("192.0.2.1", &["198.51.100.1"], of("192.0.2.1")),
            ("10.0.0.1", &["198.51.100.1"], of("198.51.100.1")),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], of("198.51.100.1")),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1, 10.0.0.2"], of("198.51.100.1")),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1"], of("198.51.100.1")),
            ("10.0.0.1", &["garbage, 198.51.100.1:4711"], of("198.51.100.1")),
            ("10.0.0.1", &["[2001:db8::1:2:3:4]:443"], of("2001:db8::")),
            ("10.0.0.1", &["2001:db8::1:2:3:4"], of("2001:db8::")),
            ("10.0.0.1", &["198.51.100.1, garbage"], None),
            ("10.0.0.1", &["10.0.0.3"], None),
            ("fd00::1", &[], None),
        ] {
            assert_eq!(client(peer, forwarded), wanted, "{peer} {forwarded:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_client_writes_before_its_proxy_changes_nothing(own in "[ -~]{0,60}") {
            let line = format!("{own},198.51.100.1");
            prop_assert_eq!(client("10.0.0.1", &[&line]), Some("198.51.100.1".parse().unwrap()));
            prop_assert_eq!(client("192.0.2.1", &[&line]), Some("192.0.2.1".parse().unwrap()));
        }
    }
}
