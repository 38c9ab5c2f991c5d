//! `rounds cost`: the plan's own table, what-ifs, other people's prices, a Terraform plan, and what runs.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use rounds::cost::Exporter;

use crate::support::process::repository;
use crate::support::prometheus::Prometheus;
use crate::support::rounds::Rounds;
use crate::support::wait;

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

/// "About +25" for ten and "about +60" for twenty, from the plan's own inputs; and from the module's what makes up the rest.
#[test]
fn the_plans_growth_comes_out_as_a_sum_and_is_explained_where_it_is_not_asked_for() {
    for (services, low, high, told) in [("10", 24.27, 27.27, "+25"), ("20", 55.05, 64.05, "+60")] {
        let document = cost(&["--preset", "monitoring-plan", "--services", services]);
        let usual = &document["compared"]["total"];
        let (least, most) = total(&document);
        assert_eq!(cents(least - usual["low"].as_f64().unwrap()), cents(low));
        assert_eq!(cents(most - usual["high"].as_f64().unwrap()), cents(high));
        let sum = format!("{low:.2}-{high:.2}");
        assert!(document["compared"]["difference"].as_str().unwrap().ends_with(&format!("= {sum}")), "{document:#}");

        let document = cost(&["--services", services]);
        let notes = document["notes"].as_array().unwrap();
        let note = notes.iter().map(|note| note.as_str().unwrap()).find(|note| note.contains(told)).unwrap();
        assert!(note.contains(&format!("= {sum}, ")) && note.contains("--preset monitoring-plan"), "{note}");
        // And how far the module's own inputs are from that.
        let (least, most) = total(&document);
        let usual = &document["compared"]["total"];
        let more = (least - usual["low"].as_f64().unwrap(), most - usual["high"].as_f64().unwrap());
        let difference = document["compared"]["difference"].as_str().unwrap();
        assert!(difference.ends_with(&format!("= {:.2}-{:.2}", more.0, more.1)), "{difference}");
        assert!(difference.contains(" cloudwatch"), "{difference}");
    }
    let text = Rounds::new(["cost", "--services", "20"]).run().expect_code(0).stdout;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("that is 41.45 prometheus + ") && words.contains("10.5 a service\" is a slip"), "{text}");
    // The heading is one line, whatever its region is called.
    assert!(text.lines().skip(1).all(|line| line.chars().count() <= 80), "{text}");
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
    let lines = document["lines"].as_array().unwrap();
    let own: Vec<&Value> = lines.iter().filter(|line| line["note"].to_string().contains("price of your own")).collect();
    assert_eq!(own.len(), 1, "{document:#}");
    assert!(own[0]["note"].as_str().unwrap().contains("price of your own: load_balancer_hour of 2026-11-01"));

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
    assert!(refused.stderr.contains("plan.json:2:2: it is no JSON"), "{}", refused.stderr);
}

#[test]
fn what_runs_is_priced_service_by_service() {
    let document =
        Rounds::new(["cost", "--demo", "healthy", "--running", "--measured", "-o", "json"]).run().expect_code(0).json();
    let lines = document["running"]["services"]["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 5, "{document:#}");
    assert!(document["running"]["stack"]["total"]["low"].as_f64().unwrap() > 0.0);
    assert!(document["storage"]["gb_per_day"].as_f64().unwrap() > 0.0);
    assert_eq!(document["storage"]["measured_over_seconds"], json!(3600));
}

#[test]
fn a_young_prometheus_is_measured_over_the_time_it_has() {
    let server = Prometheus::of_itself();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, format!("[contexts.dev.prometheus]\nurl = \"{}\"\n", server.url())).unwrap();
    let arguments = ["--measured", "--config", config.to_str().unwrap()];
    let storage = wait::until("two seconds of it", Duration::from_secs(60), || {
        let storage = cost(&arguments)["storage"].clone();
        if storage["measured_over_seconds"].as_u64() >= Some(2) { Ok(storage) } else { Err(storage.to_string()) }
    });
    // It scrapes itself every second; where the machine is busy, less often.
    let scraped = server.query("scrape_samples_scraped")[0].1;
    let (rate, over) = (storage["samples_per_second"].as_f64().unwrap(), &storage["measured_over_seconds"]);
    assert!(rate > scraped / 20.0 && rate < scraped * 3.0, "{rate} of {scraped} a scrape, over {over} s");
    assert!(over.as_u64().unwrap() < 600, "{storage}");
    let text = Rounds::new(["cost"].iter().chain(&arguments).copied()).run().expect_code(0).stdout;
    assert!(text.contains(" samples/s (measured over "), "{text}");
}

#[test]
fn a_plan_is_priced_by_its_own_region_and_services() {
    let resource = |kind: &str, name: &str, values: Value| json!({ "mode": "managed", "type": kind, "name": name, "values": values });
    let definition =
        resource("aws_ecs_task_definition", "prometheus", json!({ "family": "p", "cpu": "1024", "memory": "2048" }));
    let service = resource("aws_ecs_service", "prometheus", json!({ "name": "prometheus", "desired_count": 1 }));
    let mut plan = json!({
        "format_version": "1.2",
        "variables": { "aws_region": { "value": "us-east-1" }, "services": { "value": { "a": {}, "b": {} } } },
        "planned_values": { "root_module": { "resources": [definition, service] } },
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.json");
    let path = file.to_str().unwrap();
    fs::write(&file, plan.to_string()).unwrap();
    let document = cost(&["--plan", path]);
    assert_eq!((&document["region"], &document["services"]), (&json!("us-east-1"), &json!(2)));
    assert!(document["lines"][0]["arithmetic"].as_str().unwrap().contains("0.04048"), "{document:#}");
    assert_eq!(document["notes"], json!([]));
    // What is asked for goes before what it says, and what would be there before what will.
    let other = cost(&["--plan", path, "--region", "ap-northeast-2", "--services", "3", "--arch", "arm64"]);
    assert_eq!((&other["region"], &other["services"]), (&json!("ap-northeast-2"), &json!(3)));
    assert_eq!(other["lines"][0]["item"], json!("Fargate arm64, 1 vCPU, 2 GB"));

    plan["variables"] = json!({});
    fs::write(&file, plan.to_string()).unwrap();
    let silent = cost(&["--plan", path]);
    let notes = silent["notes"].to_string();
    assert!(notes.contains("does not say its region: ap-northeast-2 is assumed") && notes.contains("5 are assumed"));

    plan["planned_values"] = json!({ "root_module": {} });
    fs::write(&file, plan.to_string()).unwrap();
    let refused = Rounds::new(["cost", "--plan", path]).run().expect_code(3);
    assert!(refused.stderr.contains("there is nothing in this plan"), "{refused:#?}");
}

#[test]
fn ranges_stay_ranges_and_what_is_left_out_is_said() {
    let text = Rounds::new(["cost", "--services", "10"]).run().expect_code(0).stdout;
    assert!(text.contains(", 59.00-60.06 more here"), "{text}");
    for output in ["text", "markdown", "json"] {
        let out = Rounds::new(["cost", "-o", output]).run().expect_code(0).stdout;
        for said in ["NAT gateway", "traffic between availability zones", "Route 53", "KMS", "alertmanager.watchdog"] {
            assert!(out.contains(said), "{output}, {said}: {out}");
        }
    }
}

#[test]
fn a_context_that_is_not_there_is_refused_and_ten_years_are_ten_years() {
    let refused = Rounds::new(["cost", "-c", "nope"]).run().expect_code(3);
    assert!(refused.stderr.contains("`nope`, and there is no such context"), "{refused:#?}");
    assert_eq!(total(&cost(&["--retention", "10y"])), total(&cost(&["--retention", "3650d"])));
}

#[test]
fn a_state_and_what_cannot_be_priced_in_it_are_told() {
    let resource =
        |kind: &str, values: Value| json!({ "mode": "managed", "type": kind, "name": "x", "values": values });
    let state = json!({
        "format_version": "1.0",
        "terraform_version": "1.11.4",
        "values": { "root_module": { "resources": [
            resource("aws_ecs_task_definition", json!({ "family": "x", "cpu": "512", "memory": "1024" })),
            resource("aws_ecs_service", json!({ "name": "web", "desired_count": 2 })),
            resource("aws_ecs_service", json!({ "name": "batch", "desired_count": 2, "launch_type": "EC2" })),
            resource("aws_db_instance", json!({ "instance_class": "db.t4g.small" })),
        ] } },
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    fs::write(&file, state.to_string()).unwrap();
    let path = file.to_str().unwrap();
    let document = cost(&["--plan", path, "--region", "us-east-1"]);
    assert_eq!(
        (document["lines"][0]["item"].as_str(), document["lines"][0]["basis"].as_str()),
        (Some("Fargate x86, 0.5 vCPU, 1 GB"), Some("planned"))
    );
    assert_eq!(cents(total(&document).1), "36.05");
    let text = Rounds::new(["cost", "--plan", path]).run().expect_code(0).stdout;
    for said in ["what this state has", "not priced: aws_db_instance", "batch: runs on EC2"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn bad_numbers_are_refused_with_what_would_do() {
    for (arguments, said) in [
        (["--services", "-1"], "-1 is not in 1..=10000"),
        (["--services", "0"], "0 is not in 1..=10000"),
        (["--services", "99999999999"], "is not in 1..=10000"),
        (["--retention", "0d"], "expected 1h to 10y (3650d)"),
        (["--retention", "99999d"], "expected 1h to 10y (3650d)"),
        (["--retention", "11y"], "expected 1h to 10y (3650d)"),
        (["--retention", "-1d"], "expected a duration"),
        (["--prometheus-size", "-1x2"], "like 1x2 or 0.5x1"),
        (["--region", "mars-1"], "there are ap-northeast-2 and us-east-1"),
    ] {
        let refused = Rounds::new(["cost", arguments[0], arguments[1]]).run();
        assert!(refused.code != Some(0) && refused.stderr.contains(said), "{arguments:?}: {refused:#?}");
    }
    let text = Rounds::new(["cost", "--services", "5000"]).run().expect_code(0).stdout;
    assert!(text.contains("the largest is 16 vCPU, 120 GB"), "{text}");
}

#[test]
fn prices_beside_the_configuration_are_taken_without_being_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, "[contexts.dev.prometheus]\nurl = \"http://127.0.0.1:9\"\n").unwrap();
    fs::write(folder.path().join("prices.toml"), "[ap-northeast-2]\nas_of = \"2026-11-01\"\nload_balancer_hour = 1\n")
        .unwrap();
    let document = cost(&["--config", config.to_str().unwrap()]);
    assert!(total(&document).0 > 730.0 && document["prices_as_of"].as_str().unwrap().starts_with("2026-11-01"));
}

#[test]
fn every_amount_comes_out_of_the_arithmetic_beside_it() {
    let by_hand = |arithmetic: &str| -> f64 {
        let factor = |text: &str| text.split(' ').next().unwrap().parse::<f64>().unwrap();
        arithmetic.split(" + ").map(|product| product.split(" x ").map(factor).product::<f64>()).sum()
    };
    for arguments in [&["--services", "7", "--retention", "17d"][..], &["--demo", "healthy", "--running", "--measured"]]
    {
        let document = cost(arguments);
        for line in document["lines"].as_array().unwrap() {
            let (amount, reckoned) = (line["high"].as_f64().unwrap(), by_hand(line["arithmetic"].as_str().unwrap()));
            // Rounded up to the cent, and never by more than one.
            assert!(amount > reckoned - 1e-6 && amount - reckoned < 0.01, "{line:#}");
        }
    }
}

#[test]
fn the_exporter_is_priced_for_what_its_configuration_asks() {
    let template = fs::read_to_string(repository().join("provision/configs/cloudwatch-exporter.yml.tftpl")).unwrap();
    let asked: Vec<&str> = template.split("- aws_namespace: ").skip(1).collect();
    let those = |sign: &str| u32::try_from(asked.iter().filter(|metric| metric.contains(sign)).count()).unwrap();
    let exporter = Exporter::default();
    assert_eq!(exporter.kinds as usize, asked.len());
    assert_eq!(exporter.of_a_service, those("ServiceName]"));
    assert_eq!(exporter.of_a_target_group, those("TargetGroup]"));
    // Burst credits are told in another mode than the one that is made; sizes come as total, standard and infrequent.
    let once = those("") - exporter.of_a_service - exporter.of_a_target_group;
    assert_eq!(exporter.others, once - those("BurstCreditBalance") + 2 * those("StorageClass]"));
    assert!(template.contains("list_metrics_cache_ttl: 600"));
    // 5 services and 4 parts: (8 x 9 + 1 x 6 + 7) x 21,900 + 15 x 4,380.
    assert!((exporter.requests(5, 4, 730.0) - 1_927_200.0).abs() < 0.5);
}
