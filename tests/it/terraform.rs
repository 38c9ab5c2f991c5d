//! The Terraform module of `provision/`: formatted, valid, tested and scanned without a network, and what it gives the
//! tasks accepted by the programs that run there.
//!
//! Where terraform is missing these tests are left out, each by its name on standard error; under `CI` they fail.

mod applied;
mod delivered;
mod journey;
mod page;
mod policy;
mod workspace;

use std::collections::BTreeSet;

use crate::support::process::{program, repository, tool};
use workspace::{Workspace, python};

#[test]
fn without_terraform_ci_fails_and_others_are_told() {
    assert_eq!(workspace::missing("a_test", false), "skipped: a_test: terraform is not installed\n");
    let failed = std::panic::catch_unwind(|| workspace::missing("a_test", true)).unwrap_err();
    let why = failed.downcast_ref::<String>().unwrap();
    assert!(why.contains("a_test") && why.contains("terraform is not installed"), "{why}");
}

#[test]
fn every_file_is_formatted() {
    let Some(workspace) = Workspace::of("every_file_is_formatted") else { return };
    workspace.terraform("provision", &["fmt", "-check", "-diff", "-recursive", "."]);
    workspace.terraform(".", &["fmt", "-check", "-diff", "-recursive", "cases", "render"]);
}

#[test]
fn the_module_and_its_examples_are_valid() {
    let Some(workspace) = Workspace::of("the_module_and_its_examples_are_valid") else { return };
    for root in ["provision", "provision/examples/minimal", "provision/examples/complete"] {
        workspace.init(root);
        let said = workspace.terraform(root, &["validate"]);
        assert!(said.contains("Success! The configuration is valid.") && !said.contains("Warning"), "{root}: {said}");
    }
}

#[test]
fn an_argument_that_aws_does_not_know_is_found() {
    let Some(workspace) = Workspace::of("an_argument_that_aws_does_not_know_is_found") else { return };
    let file = workspace.path("provision/alb.tf");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("drop_invalid_header_fields", "drop_invalid_headers")).unwrap();
    workspace.init("provision");
    let (ok, said) = workspace.try_terraform("provision", &["validate"]);
    assert!(!ok && said.contains("drop_invalid_headers"), "{said}");
}

/// One test of the module's own, and every run of it.
fn own_test(test: &str, workspace: &Workspace) {
    workspace.init("provision");
    let said = workspace.terraform("provision", &["test", &format!("-filter=tests/{test}.tftest.hcl")]);
    let runs = runs(test);
    assert!(said.contains(&format!("Success! {runs} passed, 0 failed.")), "{runs} runs: {said}");
}

/// How many runs a test of the module has.
fn runs(test: &str) -> usize {
    let text = std::fs::read_to_string(repository().join(format!("provision/tests/{test}.tftest.hcl"))).unwrap();
    text.lines().filter(|line| line.starts_with("run \"")).count()
}

/// The same files, every run of them. Where there is no `OpenTofu` that is said; `CI` has to have terraform only.
#[test]
fn the_modules_own_tests_pass_under_opentofu() {
    let Some(workspace) = Workspace::of_opentofu("the_modules_own_tests_pass_under_opentofu") else { return };
    workspace.init("provision");
    let said = workspace.terraform("provision", &["test"]);
    let runs: usize = ["defaults", "inputs", "options"].map(runs).iter().sum();
    assert!(said.contains(&format!("Success! {runs} passed, 0 failed.")), "{runs} runs: {said}");
}

#[test]
fn the_defaults_are_the_plans() {
    let Some(workspace) = Workspace::of("the_defaults_are_the_plans") else { return };
    own_test("defaults", &workspace);
}

/// `OpenTofu` takes mocks from no other file, so each test has its own.
#[test]
fn every_test_of_the_module_has_the_same_mocks() {
    let mocks = |test: &str| {
        let text = std::fs::read_to_string(repository().join(format!("provision/tests/{test}.tftest.hcl"))).unwrap();
        let begin = text.find("mock_provider \"aws\" {").unwrap();
        text[begin..].split("\n}\n").next().unwrap().to_owned()
    };
    assert!(mocks("defaults").lines().count() > 50);
    assert_eq!(mocks("options"), mocks("defaults"));
    assert_eq!(mocks("inputs"), mocks("defaults"));
}

/// What is protected is not taken down, nor any of it; what was applied without protection is.
#[test]
fn destroy_stops_before_anything_is_gone() {
    let Some(workspace) = Workspace::of("destroy_stops_before_anything_is_gone") else { return };
    let main = workspace.path("cases/main.tf");
    let text = std::fs::read_to_string(&main).unwrap();
    // One stack of them.
    let one = text.replace(
        "for_each = local.cases",
        "for_each = { for name, one in local.cases : name => one if name == \"restored\" }",
    );
    assert_ne!(one, text);
    std::fs::write(&main, &one).unwrap();
    workspace.init("cases");
    workspace.terraform("cases", &["apply", "-auto-approve", "-input=false", "-parallelism=30"]);
    // What is read only may be forgotten.
    let kept = || {
        let all = workspace.terraform("cases", &["state", "list"]);
        all.lines().filter(|line| !line.contains(".data.")).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = kept();
    for more in [&[][..], &["-target=module.stack[\"restored\"].aws_efs_file_system.this"]] {
        let fixed = ["destroy", "-auto-approve", "-input=false"];
        let (ok, said) = workspace.try_terraform("cases", &[&fixed, more].concat());
        assert!(
            !ok && said.contains("prod-monitoring is protected: apply it with deletion_protection = false first"),
            "{said}"
        );
        assert_eq!(kept(), before, "{said}");
    }
    let open = one.replace("try(each.value.deletion_protection, true)", "false");
    assert_ne!(open, one);
    std::fs::write(&main, open).unwrap();
    workspace.terraform("cases", &["apply", "-auto-approve", "-input=false", "-parallelism=30"]);
    workspace.terraform("cases", &["destroy", "-auto-approve", "-input=false", "-parallelism=30"]);
    assert_eq!(kept(), [""; 0]);
}

#[test]
fn options_do_what_they_say() {
    let Some(workspace) = Workspace::of("options_do_what_they_say") else { return };
    own_test("options", &workspace);
}

#[test]
fn bad_inputs_are_refused() {
    let Some(workspace) = Workspace::of("bad_inputs_are_refused") else { return };
    own_test("inputs", &workspace);
}

#[test]
fn every_variable_that_refuses_something_is_seen_to_refuse() {
    let read = |file: &str| std::fs::read_to_string(repository().join("provision").join(file)).unwrap();
    let refusals = read("tests/inputs.tftest.hcl");
    let mut seen = 0;
    for variable in read("variables.tf").split("\nvariable \"").skip(1) {
        let name = variable.split('"').next().unwrap();
        if variable.contains("\n  validation {") {
            seen += 1;
            // Their charset is that of a name in the others.
            let is_like_others =
                ["name", "service_namespace", "stack_namespace", "secret_kms_key_arns"].contains(&name);
            assert!(is_like_others || refusals.contains(&format!("[var.{name}]")), "nothing sees {name} refuse");
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Every finding is fixed, or justified beside what it is about; no justification is left that nothing needs.
#[test]
fn the_policy_scanner_finds_only_what_is_justified() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("provision");
    workspace::copy(&repository().join("provision"), &module);
    let mut justified = BTreeSet::new();
    for entry in std::fs::read_dir(&module).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_none_or(|extension| extension != "tf") {
            continue;
        }
        let text = std::fs::read_to_string(&entry).unwrap();
        let mut resource = String::new();
        let mut rest = String::new();
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("resource \"") {
                resource = head.trim_end_matches("\" {").replace("\" \"", ".");
            }
            match line.trim_start().strip_prefix("#checkov:skip=") {
                Some(skip) => {
                    let (check, why) = skip.split_once(':').unwrap_or_else(|| panic!("no reason: {line}"));
                    assert!(why.len() > 10, "{}: {line}", entry.display());
                    justified.insert(format!("{check} {resource}"));
                }
                None => rest.extend([line, "\n"]),
            }
        }
        std::fs::write(&entry, rest).unwrap();
    }
    let scan = [
        "-m",
        "checkov.main",
        "--framework",
        "terraform",
        "--skip-download",
        "--soft-fail",
        "--output",
        "json",
        "--directory",
    ];
    // It keeps a note of its own in the home it has.
    let home = format!("HOME={}", folder.path().display());
    let words = [home.into(), python().into_os_string()].into_iter().chain(scan.map(Into::into));
    let said = tool(&program("env"), words.chain([module.into_os_string()]));
    let report = said.find('{').map_or("", |start| &said[start..]);
    let mut reports = serde_json::Deserializer::from_str(report).into_iter::<serde_json::Value>();
    let report = reports.next().and_then(Result::ok).unwrap_or_else(|| panic!("no report: {said}"));
    assert_eq!(report["results"]["parsing_errors"], serde_json::json!([]), "a file it cannot read is not scanned");
    assert!(report["summary"]["passed"].as_u64() > Some(100), "{}", report["summary"]);
    let failed = report["results"]["failed_checks"].as_array().unwrap().iter();
    let found: BTreeSet<String> = failed
        .map(|check| {
            let resource = check["resource"].as_str().unwrap().split('[').next().unwrap();
            format!("{} {}", check["check_id"].as_str().unwrap(), resource.trim_start_matches("module.monitoring."))
        })
        .collect();
    assert_eq!(found, justified, "left: found, right: justified");
}
