//! The stack's own loopback address.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use uuid::Uuid;

/// An address of this machine that nothing else uses, random at each start: a page in a browser can neither guess it nor
/// do anything there with the cookies of `127.0.0.1`, which browsers send to all ports of an address. Systems other than
/// Linux have only 127.0.0.1.
pub(crate) fn own_address() -> IpAddr {
    let [a, b, c, ..] = *Uuid::new_v4().as_bytes();
    // Not 127.0.*.*, which other programs use, and not the last address of the network.
    let own = Ipv4Addr::new(127, a.max(1), b, c.clamp(1, 254));
    let listens = cfg!(target_os = "linux") && TcpListener::bind((own, 0)).is_ok();
    IpAddr::V4(if listens { own } else { Ipv4Addr::LOCALHOST })
}
