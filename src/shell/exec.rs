//! A shell in a task, by the AWS command line and its plugin: what they need, and the command itself.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::engine::ShellPass;

/// The programs it takes, and where each comes from.
const PROGRAMS: [(&str, &str); 2] = [
    (
        "aws",
        "install the AWS command line: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    ),
    (
        "session-manager-plugin",
        "install it: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html",
    ),
];

/// What is missing on this machine, and the next step.
///
/// # Errors
/// The first program that is not on the `PATH`.
pub fn check(path: Option<&OsStr>) -> Result<(), (String, &'static str)> {
    for (program, hint) in PROGRAMS {
        let folders = path.map(std::env::split_paths).into_iter().flatten();
        if !folders.map(|folder| folder.join(program)).any(is_program) {
            return Err((format!("{program} is not on the PATH"), hint));
        }
    }
    Ok(())
}

fn is_program(path: PathBuf) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The command that opens a shell.
pub fn command(pass: &ShellPass) -> Command {
    let target = &pass.target;
    let mut command = Command::new("aws");
    command.args(["ecs", "execute-command", "--interactive", "--command", "/bin/sh"]);
    command.args(["--cluster", &target.cluster, "--task", &target.task, "--container", &target.container]);
    command.args(["--region", &target.region]);
    if let Some(profile) = &target.profile {
        command.args(["--profile", profile]);
    }
    if let Some(endpoint) = &target.endpoint {
        command.args(["--endpoint-url", endpoint]);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ServiceId;
    use crate::source::shell::ShellTarget;

    #[test]
    fn what_is_missing_is_named_first_to_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = || Some(folder.path().as_os_str());
        assert_eq!(check(path()).unwrap_err().0, "aws is not on the PATH");
        let program = |name: &str, mode: u32| {
            let file = folder.path().join(name);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        program("aws", 0o755);
        program("session-manager-plugin", 0o644);
        assert_eq!(check(path()).unwrap_err().0, "session-manager-plugin is not on the PATH");
        program("session-manager-plugin", 0o755);
        assert_eq!(check(path()), Ok(()));
        assert!(check(None).is_err());
    }

    #[test]
    fn every_word_is_an_argument_of_its_own() {
        let pass = ShellPass {
            id: String::new(),
            service: ServiceId::new("prod", "web"),
            task: "1".into(),
            target: ShellTarget {
                cluster: "prod".into(),
                task: "arn;rm".into(),
                container: "web".into(),
                region: "eu-west-1".into(),
                profile: Some("p".into()),
                endpoint: None,
            },
        };
        let command = command(&pass);
        let words: Vec<_> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "ecs execute-command --interactive --command /bin/sh --cluster prod --task arn;rm --container web --region eu-west-1 --profile p"
        );
    }
}
