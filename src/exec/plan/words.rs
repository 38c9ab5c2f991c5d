//! A deed in the words of AWS's own command line.

use crate::exec::Deed;

/// `aws ecs ...`, without region and profile; nothing for what is not ECS's.
pub fn aws_words(deed: &Deed) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut say = |parts: &[&str]| words.extend(parts.iter().map(|part| (*part).to_owned()));
    say(&["aws", "ecs"]);
    match deed {
        Deed::StopTask { service, task, reason } => {
            say(&["stop-task", "--cluster", &service.cluster, "--task", task, "--reason", reason]);
        }
        Deed::Redeploy { service } => {
            say(&[
                "update-service",
                "--cluster",
                &service.cluster,
                "--service",
                &service.name,
                "--force-new-deployment",
            ]);
        }
        Deed::Scale { service, desired } => {
            let desired = desired.to_string();
            say(&[
                "update-service",
                "--cluster",
                &service.cluster,
                "--service",
                &service.name,
                "--desired-count",
                &desired,
            ]);
        }
        Deed::Deploy { service, definition } => {
            say(&[
                "update-service",
                "--cluster",
                &service.cluster,
                "--service",
                &service.name,
                "--task-definition",
                definition,
            ]);
        }
        Deed::Undo { deployment, .. } => {
            say(&["stop-service-deployment", "--service-deployment-arn", deployment, "--stop-type", "ROLLBACK"]);
        }
        Deed::Silence { .. } | Deed::Expire { .. } | Deed::Annotate(_) | Deed::Reload => return None,
    }
    Some(words)
}
