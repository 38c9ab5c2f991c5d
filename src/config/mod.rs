//! The configuration: raw (what was typed) becomes settings (what it means).

pub mod settings;

pub use settings::{
    Alertmanager, AssumeRole, Auth, Aws, Context, Grafana, HeaderText, Http, Mouse, Prometheus, Reach, Refresh,
    SecretRef, Settings, Ui,
};
