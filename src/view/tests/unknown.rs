//! What nobody can see now is told as that: never as none, as unchanged or as well. And what is long is told in full, or
//! counted.

use super::*;
use crate::domain::{Evidence, Finding, FindingKind, Snapshot, SourceKind, SourceStatus, Verdict};

fn fail(source: &mut SourceStatus) -> Finding {
    let error = match source.kind {
        SourceKind::Ecs => {
            let what = "ecs:ListClusters in ap-northeast-2: the SSO session has expired";
            SourceError::new(ErrorClass::Credentials, what).with_hint("run: aws sso login --profile prod-readonly")
        }
        _ => SourceError::new(ErrorClass::Connect, format!("GET {}/api/v2/status: connection refused", source.place)),
    };
    let text = format!("{} cannot be read: {}", source.kind, error.reason_and_step());
    source.state = SourceState::Failing { last_good: Some(ago(40)), since: ago(40), error };
    let evidence =
        Evidence { source: source.kind, query: source.place.clone(), value: None, threshold: None, at: now() };
    Finding { verdict: Verdict::Unknown, kind: FindingKind::Source, text, since: None, evidence }
}

/// A calm night, after which these sources ceased to answer.
fn night(lost: &[SourceKind]) -> Snapshot {
    let mut snapshot = bad_morning();
    snapshot.alerts.clear();
    snapshot.silences.clear();
    snapshot.changes.clear();
    for service in &mut snapshot.services {
        service.alerts.clear();
        service.findings.clear();
        service.verdict = Verdict::Ok;
    }
    let lost = snapshot.sources.iter_mut().filter(|source| lost.contains(&source.kind));
    snapshot.findings = lost.map(fail).collect();
    snapshot
}

fn told(snapshot: &Snapshot, size: (u16, u16), keys: &str) -> String {
    let mut model = model(size);
    update(&mut model, Msg::Snapshot(Arc::new(snapshot.clone())), now());
    if !keys.is_empty() {
        press(&mut model, keys);
    }
    shown(&model)
}

/// The text of a screen without its lines.
fn flowing(screen: &str) -> String {
    screen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn where_nobody_can_see_nothing_is_called_none_or_unchanged() {
    use SourceKind::{Alertmanager, CloudWatch, Ecs, Grafana, Prometheus};
    let lost = night(&[Ecs, Prometheus, Alertmanager, Grafana]);
    for size in [(80, 24), (120, 40)] {
        let screen = told(&lost, size, "");
        insta::assert_snapshot!(format!("unseen_{}x{}", size.0, size.1), screen);
        let text = flowing(&screen);
        assert!(text.contains("ALERTS unknown: none 40s ago, and no source of alerts answers now"), "{screen}");
        assert!(text.contains("not known now: deploys, task stops, alerts"), "{screen}");
        assert!(
            text.contains("expired; run: aws sso login --profile prod-readonly"),
            "what to do is not cut: {screen}"
        );
        assert!(!text.contains("nothing changed"), "{screen}");
        let alerts = flowing(&told(&lost, size, "a"));
        assert!(alerts.contains("Alerts are unknown: no source of alerts answers now."), "{alerts}");
        let about_it = told(&lost, size, &format!("enter{}", " tab".repeat(5)));
        assert!(about_it.contains("unknown: none 40s ago") && !about_it.contains("no alerts"), "{about_it}");
    }
    for (lost, alerts, since) in [
        (&[][..], "ALERTS none", "nothing changed"),
        (&[CloudWatch], "ALERTS none", "nothing changed"),
        (&[Ecs], "ALERTS none", "not known now: deploys, task stops"),
        (&[Alertmanager], "ALERTS none seen; not known now: those of alertmanager", "not known now: some alerts"),
        (&[Prometheus, Alertmanager, Grafana], "ALERTS unknown: none 40s ago", "not known now: alerts"),
    ] {
        let text = flowing(&told(&night(lost), (120, 40), ""));
        assert!(text.contains(alerts) && text.contains(since), "{lost:?}: {text}");
        assert_eq!(text.contains("nothing changed"), since == "nothing changed", "{lost:?}: {text}");
        // With a silence there is a row, and still nobody may take it for the whole list.
        let silences = bad_morning().silences;
        let title = told(&Snapshot { silences, ..night(lost) }, (120, 40), "a").lines().nth(1).unwrap().to_owned();
        assert_eq!(title.contains("not known now"), alerts != "ALERTS none", "{lost:?}: {title}");
    }
}

#[test]
fn a_part_of_the_service_that_was_empty_when_last_read_says_when_that_was() {
    let mut snapshot = night(&[SourceKind::Ecs]);
    let ecs = Arc::make_mut(snapshot.services[0].ecs.as_mut().unwrap());
    ecs.tasks.clear();
    ecs.deployments.clear();
    for (pane, text) in [
        (2, "no task runs, and none stopped that is remembered, as of 40s ago: ecs does not answer now"),
        (3, "no deployment, as of 40s ago"),
    ] {
        let screen = told(&snapshot, (120, 40), &format!("enter{}", " tab".repeat(pane)));
        assert!(screen.contains(text), "{screen}");
    }
}

#[test]
fn a_long_finding_is_told_in_full_where_there_is_room() {
    let mut snapshot = night(&[SourceKind::Ecs]);
    snapshot.services[0].findings = std::mem::take(&mut snapshot.findings);
    for size in [(80, 24), (120, 40), (200, 60)] {
        let screen = told(&snapshot, size, "enter");
        assert!(flowing(&screen).contains("run: aws sso login --profile prod-readonly (ecs:ListClusters"), "{screen}");
    }
    insta::assert_snapshot!("finding_in_full_80x24", told(&snapshot, (80, 24), "enter"));
}

#[test]
fn a_storm_of_equal_alerts_is_one_line_that_counts_them() {
    let mut snapshot = night(&[]);
    let alert = bad_morning().alerts[0].clone();
    snapshot.alerts = (0..2_000)
        .map(|number| {
            let mut alert = alert.clone();
            alert.labels.insert("instance".to_owned(), format!("10.0.0.{number}:9100"));
            alert.since = Some(ago(600 - number % 60));
            alert
        })
        .collect();
    snapshot.alerts.push(bad_morning().alerts[1].clone());
    for size in SIZES {
        let text = flowing(&told(&snapshot, size, ""));
        assert!(text.contains("HighErrorRate x2000 api-2 10m"), "{text}");
        assert!(text.contains("HighMemory worker 3h"), "the others have their room: {text}");
        assert!(text.contains("2001 new alerts"), "{text}");
    }
    insta::assert_snapshot!("alert_storm_80x24", told(&snapshot, (80, 24), ""));
    insta::assert_snapshot!("alert_storm_120x40", told(&snapshot, (120, 40), ""));
}

#[test]
fn a_wider_terminal_never_cuts_a_name_that_a_narrower_one_shows_whole() {
    let mut snapshot = bad_morning();
    snapshot.services[0].id.name = "legacy-batch".to_owned();
    for width in 90..=200 {
        let screen = told(&snapshot, (width, 40), "");
        let row = screen.lines().find(|line| line.contains("\u{2716}")).unwrap();
        assert!(row.contains("legacy-batch"), "{width}: {row}");
    }
}

#[test]
fn a_source_that_is_not_asked_is_not_counted_among_those_that_answer() {
    let mut snapshot = night(&[]);
    for source in &mut snapshot.sources {
        source.state = SourceState::Fresh { at: ago(3) };
    }
    snapshot.sources[4].state = SourceState::Standby;
    let screen = told(&snapshot, (40, 12), "p");
    assert!(screen.lines().nth(1).unwrap().contains("4 ok"), "{screen}");
    assert!(!told(&snapshot, (60, 20), "").lines().nth(1).unwrap().contains("cloudwatch ok"));
    snapshot.sources[0].problems = vec![SourceError::new(ErrorClass::Server, "500")];
    let screen = told(&snapshot, (80, 24), "");
    assert!(screen.lines().next().unwrap().contains("live in part, just now"), "{screen}");
}
