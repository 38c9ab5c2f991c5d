//! The templates come out here as they do in AWS: Terraform's own `templatefile` is the judge.

use std::path::Path;
use std::process::Command;

use rounds::provision::{self, Variables, local};
use serde_json::{Value, json};

use crate::support::process::repository;

/// Terraform, or nothing where it is not installed: then it is said by name, and where CI runs that is a failure.
fn terraform(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("terraform")
        .args(arguments)
        .current_dir(folder)
        .env("CHECKPOINT_DISABLE", "1")
        .env_remove("TF_CLI_CONFIG_FILE")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
            assert!(std::env::var_os("CI").is_none(), "terraform is not on the PATH");
            eprintln!("NOT TESTED: local_stack::templates: terraform is not on the PATH");
            return None;
        }
        Err(why) => panic!("terraform: {why}"),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "terraform {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    Some(text(&output.stdout))
}

/// What the example's module renders from these variables, by template.
fn rendered(variables: &Value) -> Option<Value> {
    let folder = tempfile::tempdir().unwrap();
    let module = repository().join("tests/fixtures/terraform/render/main.tf");
    std::fs::copy(module, folder.path().join("main.tf")).unwrap();
    let file = folder.path().join("variables.json");
    std::fs::write(&file, variables.to_string()).unwrap();
    let file = format!("-var=variables={}", file.display());
    let sources = format!("-var=provision={}", repository().join("provision").display());
    terraform(folder.path(), &["init", "-no-color", "-input=false"])?;
    terraform(folder.path(), &["apply", "-no-color", "-input=false", "-auto-approve", &file, &sources])?;
    let text = terraform(folder.path(), &["output", "-json", "rendered"])?;
    Some(serde_json::from_str(&text).unwrap())
}

fn place() -> local::Place {
    local::Place {
        prometheus: 1,
        alertmanager: 2,
        grafana: 3,
        exporter: 4,
        fleet: 5,
        cluster: "prod".to_owned(),
        services: vec![("b".to_owned(), 6), ("a".to_owned(), 7)],
        dashboards: "/d".to_owned(),
        secrets: "/s".to_owned(),
    }
}

#[test]
fn they_come_out_as_terraform_renders_them() {
    let example = Variables::example().unwrap();
    let other = json!({
        "environment": "stage", "replicated": true, "container_insights": false,
        "services": {
            "x": { "port": 1, "targets": ["a:1", "b:2"] }, "y": { "port": 2, "ecs": true, "ecs_service": "prod-y" },
            "z": { "port": 3 },
        },
        "alertmanager": { "enabled": false }, "loki": { "enabled": true, "address": "l:1", "url": "http://l:1", "bucket": "b", "retention": "1h" },
        "efs": { "enabled": false },
        "certificate": { "enabled": false }, "night": { "enabled": false }, "slack": { "enabled": false },
    });
    let other = example.clone().with(&other).unwrap();
    for variables in [example, other, local::variables(&place()).unwrap()] {
        let Some(by_terraform) = rendered(variables.value()) else { return };
        let by_terraform = by_terraform.as_object().unwrap();
        assert!(by_terraform.len() >= 6, "{by_terraform:?}");
        for (name, text) in by_terraform {
            let shipped = [format!("configs/{name}.tftpl"), format!("{name}.tftpl")];
            let source = shipped.iter().find_map(|name| provision::shipped_file(name)).unwrap();
            let here = provision::render_template(name, source, variables.value()).unwrap();
            assert_eq!(Some(here.as_str()), text.as_str(), "{name}");
        }
    }
}

/// The corners of the language: strip markers, escapes, line ends, loops in loops.
const CORNERS: [&str; 12] = [
    "x\n%{ for v in l ~}\n    - ${v}\n%{ endfor ~}\n  y\n",
    "x %{ for v in l ~}  \n\n\n    - ${v}\n%{ endfor ~}\n\n\n  y\n",
    "x  \n\n   %{~ for v in l }\n    - ${v}\n  %{~ endfor }\n  y\n",
    "a  ${~ s ~}  b\n%{ if t ~}  yes  %{~ else ~}  no %{~ endif ~}\n\n   z",
    "$${a} %%{ b } $ % {} $a %a $$a %%a $$$ ${s}$ $$${s}\n",
    "%{ if t ~}\n\t\r\n a\r\n%{ endif ~}\r\n  b\r\n",
    "${n} ${f} ${t} ${big}%{ if can(o.x) }X%{ endif }%{ if can(o.y) }Y%{ endif }|\n",
    "%{ for k, v in m }${k}=${v} %{ endfor }%{ for i, v in l }${i}:${v} %{ endfor }\n",
    "x\n%{~ if t }y%{ endif }\n\n%{~ if !t }y%{ endif }",
    "%{ for v in l }${v}%{ for w in l }${v}${w},%{ endfor };%{ endfor }.",
    "%{ for v in l ~}\n\n%{ endfor ~}\n${l.1} ${o.y}",
    "héllo ${s}\n%{ if t ~}\nü %{ endif ~}\n",
];

#[test]
fn the_corners_of_the_language_are_terraforms() {
    let folder = tempfile::tempdir().unwrap();
    let variables = json!({
        "l": ["p", "q"], "s": "S", "t": true, "n": 12, "f": 1.5, "big": 123_456_789_012_u64,
        "o": { "y": 1 }, "m": { "b": "2", "a": "1" },
    });
    std::fs::write(folder.path().join("variables.json"), variables.to_string()).unwrap();
    for (number, corner) in CORNERS.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number:02}.tftpl")), corner).unwrap();
    }
    let module = "locals { variables = jsondecode(file(\"${path.module}/variables.json\")) }\n\
                  output \"all\" { value = [for f in fileset(path.module, \"*.tftpl\") : templatefile(f, local.variables)] }\n";
    std::fs::write(folder.path().join("main.tf"), module).unwrap();
    let Some(_) = terraform(folder.path(), &["apply", "-no-color", "-input=false", "-auto-approve"]) else { return };
    let Some(text) = terraform(folder.path(), &["output", "-json", "all"]) else { return };
    let by_terraform: Vec<String> = serde_json::from_str(&text).unwrap();
    assert_eq!(by_terraform.len(), CORNERS.len());
    for (corner, wanted) in CORNERS.iter().zip(by_terraform) {
        assert_eq!(provision::render_template("t", corner, &variables), Ok(wanted), "{corner:?}");
    }
}
