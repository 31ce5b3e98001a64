//! The URL by which other instances reach this one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// `http.advertised_url`, or `http://` with the address that the server listens on. If that address is unspecified, the
/// machine's own address in its network is used.
pub(super) fn advertised_url(configured: &str, listening: SocketAddr) -> String {
    if !configured.is_empty() {
        return configured.trim_end_matches('/').to_owned();
    }
    let mut address = listening;
    if address.ip().is_unspecified() {
        address.set_ip(network_address(address.ip()).unwrap_or(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        }));
    }
    format!("http://{address}")
}

/// The source address of packets to the network. No packet is sent: connecting a UDP socket only selects the route. The
/// destinations are reserved for documentation (RFC 5737, RFC 3849).
fn network_address(unspecified: IpAddr) -> Option<IpAddr> {
    let destination: IpAddr = match unspecified {
        IpAddr::V4(_) => Ipv4Addr::new(192, 0, 2, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    let socket = UdpSocket::bind((unspecified, 0)).ok()?;
    socket.connect((destination, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn configured_url_wins_over_listening_address() {
        let listening = "127.0.0.1:3000".parse().unwrap();
        assert_eq!(advertised_url("http://10.0.0.7:3000/", listening), "http://10.0.0.7:3000");
        assert_eq!(advertised_url("", listening), "http://127.0.0.1:3000");
    }

    #[test]
    fn unspecified_address_is_replaced() {
        for listening in ["0.0.0.0:3000", "[::]:3000"] {
            let url = advertised_url("", listening.parse().unwrap());
            assert!(url.ends_with(":3000") && !url.contains("0.0.0.0") && !url.contains("[::]"), "{url}");
        }
    }
}
