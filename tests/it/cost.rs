//! `rounds cost`: the plan's own table, what-ifs, other people's prices, a Terraform plan, and what runs.

use std::fs;

use serde_json::{Value, json};

use crate::support::rounds::Rounds;

fn cost(arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = ["cost", "-o", "json"].iter().chain(arguments).copied().collect();
    Rounds::new(arguments).run().expect_code(0).json()
}

fn total(document: &Value) -> (f64, f64) {
    (document["total"]["low"].as_f64().unwrap(), document["total"]["high"].as_f64().unwrap())
}

fn cents(dollars: f64) -> String {
    format!("{dollars:.2}")
}

#[test]
fn the_plans_table_comes_out_of_its_inputs() {
    let document = cost(&["--preset", "monitoring-plan"]);
    assert_eq!((document["schema"].as_str(), document["region"].as_str()), (Some("rounds.cost/1"), Some("us-east-1")));
    let fargate = document["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["item"].as_str().unwrap().starts_with("Fargate"));
    assert_eq!(cents(fargate.map(|line| line["low"].as_f64().unwrap()).sum()), "62.22");
    let (low, high) = total(&document);
    assert_eq!((cents(low), cents(high)), ("105.17".to_owned(), "116.17".to_owned()));
    assert_eq!(document["per_service"]["low"], json!(21.03));
    assert_eq!(document["cloudwatch_only"]["total"]["low"], json!(58.0));
    let text = Rounds::new(["cost", "--preset", "monitoring-plan"]).run().expect_code(0).stdout;
    assert!(text.contains("5 LCU would be 29.20"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn what_ifs_change_what_they_are_about() {
    let (usual, _) = total(&cost(&[]));
    for (arguments, is_more) in [
        (&["--services", "10"][..], true),
        (&["--services", "20"], true),
        (&["--retention", "30d"], true),
        (&["--retention", "3d"], false),
        (&["--arch", "arm64"], false),
        (&["--prometheus-size", "2x8"], true),
        (&["--region", "us-east-1"], false),
    ] {
        let (now, _) = total(&cost(arguments));
        assert_eq!(now > usual, is_more, "{arguments:?}: {now} against {usual}");
    }
}

#[test]
fn other_prices_go_first_and_bad_ones_are_refused_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.toml");
    let path = file.to_str().unwrap();
    fs::write(&file, "[ap-northeast-2]\nas_of = \"2026-11-01\"\nload_balancer_hour = 1\n").unwrap();
    let document = cost(&["--prices", path]);
    assert!(total(&document).0 > 730.0, "{document:#}");
    assert!(document["prices_as_of"].as_str().unwrap().starts_with("2026-11-01"));

    fs::write(&file, "[ap-northeast-2]\nas_of = \"2026-11-01\"\nlcu_hours = 1\n").unwrap();
    let refused = Rounds::new(["cost", "--prices", path]).run().expect_code(3);
    assert!(refused.stderr.contains("prices.toml:3:1") && refused.stderr.contains("did you mean `lcu_hour`?"));

    let refused = Rounds::new(["cost", "--region", "mars-1"]).run().expect_code(3);
    assert!(refused.stderr.contains("no prices of region mars-1"), "{refused:#?}");
}

#[test]
fn a_terraform_plan_is_priced_before_and_after() {
    let resource = |kind: &str, name: &str, values: Value| json!({ "mode": "managed", "type": kind, "name": name, "values": values });
    let definition =
        resource("aws_ecs_task_definition", "grafana", json!({ "family": "grafana", "cpu": "512", "memory": "1024" }));
    let service = resource("aws_ecs_service", "grafana", json!({ "name": "grafana", "desired_count": 1 }));
    let plan = json!({
        "format_version": "1.2",
        "planned_values": { "root_module": { "child_modules": [{ "resources": [definition, service] }] } },
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    fs::write(&file, plan.to_string()).unwrap();
    let document = cost(&["--plan", file.to_str().unwrap(), "--region", "us-east-1"]);
    assert_eq!(document["plan"]["before"]["total"]["high"], json!(0.0));
    assert_eq!(cents(document["plan"]["after"]["total"]["high"].as_f64().unwrap()), "18.03");

    fs::write(&file, "{\n nonsense").unwrap();
    let refused = Rounds::new(["cost", "--plan", file.to_str().unwrap()]).run().expect_code(3);
    assert!(refused.stderr.contains("plan.json: 2:2: it is no JSON"), "{}", refused.stderr);
}

#[test]
fn what_runs_is_priced_service_by_service() {
    let document =
        Rounds::new(["cost", "--demo", "healthy", "--running", "--measured", "-o", "json"]).run().expect_code(0).json();
    let lines = document["running"]["services"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 5, "{document:#}");
    assert!(document["running"]["stack"]["total"]["low"].as_f64().unwrap() > 0.0);
    assert!(document["storage"]["gb_per_day"].as_f64().unwrap() > 0.0);
}
