//! A forward proxy, as offices have them: plain requests are passed on, TLS is tunnelled with CONNECT.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A running proxy. Its threads end with the test process.
pub(crate) struct Proxy {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Passes on what is meant for one of these (`host:port`, which need not resolve here) to where it really is.
    pub(crate) fn to<const N: usize>(places: [(&str, String); N]) -> Self {
        let places: BTreeMap<String, String> = places.map(|(name, place)| (name.to_owned(), place)).into();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, places) = (seen.clone(), Arc::new(places));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (log, places) = (log.clone(), places.clone());
                // A connection that breaks is the business of its two ends.
                std::thread::spawn(move || pass_on(client, &places, &log));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Method and authority of every request so far.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// One request of a client; every answer closes the connection, so there is no second.
fn pass_on(mut client: TcpStream, places: &BTreeMap<String, String>, log: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_tunnel = method == "CONNECT";
    let bare = target.trim_start_matches("http://");
    let (authority, path) = if is_tunnel { (target, "") } else { bare.split_at(bare.find('/').unwrap_or(bare.len())) };
    log.lock().unwrap().push(format!("{method} {authority}"));
    let Some(place) = places.get(authority) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    };
    let mut server = TcpStream::connect(place)?;
    if is_tunnel {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    } else {
        let kept = headers.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let headers: Vec<&str> = kept.filter(|line| !line.is_empty()).collect();
        let headers = headers.join("\r\n");
        server.write_all(format!("{method} {path} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n").as_bytes())?;
    }
    server.write_all(reader.buffer())?;
    let (mut to_server, mut from_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || io::copy(&mut from_client, &mut to_server));
    io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}
