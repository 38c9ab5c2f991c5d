//! One name for a service, whatever ECS calls it: in a real Prometheus, from the exporter's page to the recorded series.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::{list, text};
use crate::support::process::{Server, program};
use crate::support::rounds::Rounds;
use crate::support::site::{Site, respond};
use crate::support::{http, port, wait};

/// What CPU each ECS service uses, as the exporter has it.
const USED: [(&str, u8); 5] = [("prod-api-1", 11), ("web", 22), ("api-2", 33), ("other", 44), ("api-1", 99)];

#[test]
fn what_cloudwatch_says_goes_by_the_name_of_the_scrapes() {
    let exporter = Site::serve(|_| {
        let mut page = String::new();
        for (name, used) in USED {
            let labels = format!("job=\"aws_ecs\",instance=\"\",cluster_name=\"prod\",service_name=\"{name}\"");
            writeln!(page, "aws_ecs_cpuutilization_average{{{labels}}} {used}").unwrap();
        }
        async { Ok(respond(200, "text/plain; version=0.0.4", page)) }
    });
    let folder = tempfile::tempdir().unwrap();
    // Two have each other's names in ECS, and another one there has the name that one goes by here.
    let variables = json!({
        "services": {
            "api-1": { "port": 1, "targets": ["127.0.0.1:1"], "ecs_service": "prod-api-1" },
            "api-2": { "port": 1, "targets": ["127.0.0.1:1"], "ecs_service": "web" },
            "web": { "port": 1, "targets": ["127.0.0.1:1"], "ecs_service": "api-2" },
        },
        "interval": { "evaluation": "1s", "exporter": "1s", "exporter_timeout": "1s" },
        "exporter": { "address": exporter.url().replace("http://", "") },
        "alertmanager": { "enabled": false },
        "grafana": { "enabled": false },
    });
    let file = folder.path().join("variables.json");
    std::fs::write(&file, variables.to_string()).unwrap();
    let out = folder.path().join("out");
    let words = ["provision", "render", "--vars", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
    Rounds::new(words).run().expect_code(0);

    let port = port::free();
    let arguments = [
        format!("--config.file={}", out.join("prometheus/prometheus.yml").display()),
        format!("--web.listen-address=127.0.0.1:{port}"),
        "--storage.tsdb.path=kept".to_owned(),
    ];
    let _server = Server::start("prometheus", &program("prometheus"), arguments, folder.path());
    let wanted = [("api-1", "11"), ("api-2", "22"), ("ecs/api-1", "99"), ("other", "44"), ("web", "33")];
    let wanted: BTreeMap<String, String> = wanted.map(|(name, used)| (name.to_owned(), used.to_owned())).into();
    wait::until("each service to have its own CPU", Duration::from_mins(1), || {
        let url = format!("http://127.0.0.1:{port}/api/v1/query?query=ecs_cpu_utilization");
        let reply = http::get(&url)?;
        if reply.status != 200 {
            return Err(format!("it answers {}", reply.status));
        }
        let answer = reply.json();
        let result = answer["data"]["result"].as_array().ok_or_else(|| answer.to_string())?;
        let of = |one: &Value| (text(&one["metric"]["service"]).to_owned(), text(&list(&one["value"])[1]).to_owned());
        let seen: BTreeMap<String, String> = result.iter().map(of).collect();
        if seen == wanted { Ok(()) } else { Err(format!("{seen:?}")) }
    });
}
