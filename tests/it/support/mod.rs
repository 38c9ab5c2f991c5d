//! What the tests stand on. Real where it can be real (`prometheus`, `alertmanager`, `moto`), a labelled fake from the
//! documented contract where it cannot (`fake_grafana`, `fake_ecs`), and ways to break each of them (`fault`, `bridge`).

pub(crate) mod alertmanager;
pub(crate) mod bridge;
pub(crate) mod cbor;
pub(crate) mod ecs;
pub(crate) mod fake_ecs;
pub(crate) mod fake_grafana;
pub(crate) mod fake_logs;
pub(crate) mod fake_rollout;
pub(crate) mod fault;
pub(crate) mod hold;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod moto;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod prometheus;
pub(crate) mod proxy;
pub(crate) mod pty;
pub(crate) mod rounds;
pub(crate) mod scene;
pub(crate) mod site;
pub(crate) mod tls;
pub(crate) mod wait;
pub(crate) mod world;
