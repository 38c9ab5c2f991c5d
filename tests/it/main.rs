//! One integration binary. `support` has the real servers, the labelled fakes and the tools; every other module is a
//! subject. Nothing here sleeps and hopes, nothing touches the user's home, and a missing server is a failure.

#[cfg(test)]
mod check_aws;
#[cfg(test)]
mod check_demo;
#[cfg(test)]
mod check_net;
#[cfg(test)]
mod check_prometheus;
#[cfg(test)]
mod cli_config;
#[cfg(test)]
mod cli_pages;
#[cfg(test)]
mod cost;
#[cfg(test)]
mod dashboards;
#[cfg(test)]
mod do_alerting;
#[cfg(test)]
mod do_demo;
#[cfg(test)]
mod do_killed;
#[cfg(test)]
mod do_killed_points;
#[cfg(test)]
mod do_moto;
#[cfg(test)]
mod do_rollout;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod floors;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod local_stack;
#[cfg(test)]
mod logs_cli;
#[cfg(test)]
mod logs_follow;
#[cfg(test)]
mod logs_tui;
#[cfg(test)]
mod once_ecs;
#[cfg(test)]
mod once_faults;
#[cfg(test)]
mod once_grafana;
#[cfg(test)]
mod once_scale;
#[cfg(test)]
mod once_verdicts;
#[cfg(test)]
mod once_ways;
#[cfg(test)]
mod provision;
#[cfg(test)]
mod runbook_cli;
#[cfg(test)]
mod runbook_scenarios;
#[cfg(test)]
mod runbook_tui;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod support;
#[cfg(test)]
mod terraform;
#[cfg(test)]
mod tui_changes;
#[cfg(test)]
mod tui_demo;
#[cfg(test)]
mod tui_themes;
