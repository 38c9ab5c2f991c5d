//! A real moto server, seeded with the plan's fleet by `tests/fixtures/moto_seed.py`.

use tempfile::TempDir;

use super::process::{Server, repository, tool};
use super::{http, port};

/// The region everything is in.
pub(crate) const REGION: &str = "ap-northeast-2";

/// A running moto.
pub(crate) struct Moto {
    port: u16,
    // Before its folder: dropped in this order.
    _server: Server,
    _folder: TempDir,
}

impl Moto {
    /// Started and empty.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = port::free();
        let arguments = ["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()];
        let mut server = Server::start("moto", &python(), arguments, folder.path());
        server.wait_ready(|| http::get(&format!("http://127.0.0.1:{port}/moto-api/data.json")).map(drop));
        Self { port, _server: server, _folder: folder }
    }

    /// Started, with clusters `prod` and `calm`.
    pub(crate) fn seeded() -> Self {
        let moto = Self::start();
        let script = repository().join("tests/fixtures/moto_seed.py");
        tool(&python(), [script.as_os_str(), moto.url().as_ref(), REGION.as_ref()]);
        moto
    }

    /// Where every AWS API but CloudWatch's CBOR is; put a [`super::bridge::Bridge`] in front for that.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// The interpreter that has moto, as `tests/run` installed it.
pub(crate) fn python() -> std::path::PathBuf {
    let installed = repository().join(".cache/moto/bin/python");
    assert!(installed.exists(), "moto is not installed: run `tests/run` once");
    installed
}
