//! The log screen in a real pseudo-terminal: what a hostile line cannot do, and a shell that takes the terminal and gives
//! it back.

use crate::support::fake_logs::FakeLogs;
use crate::support::pty::Terminal;
use crate::support::rounds::Rounds;

fn restored_screen(terminal: &Terminal) -> (bool, bool, bool) {
    terminal.screen(|screen| (screen.alternate_screen(), screen.hide_cursor(), screen.bracketed_paste()))
}

#[test]
fn a_hostile_log_line_does_nothing_in_a_terminal() {
    let terminal = Rounds::new(["demo", "--scenario", "mixed-bad-day"]).terminal(200, 40);
    terminal.wait_for("atlantis");
    terminal.press("/");
    terminal.type_text("atlantis");
    terminal.press("enter l");
    terminal.wait_for("log prod/atlantis");
    terminal.wait_for("following");
    let before = restored_screen(&terminal);
    terminal.press("/");
    terminal.type_text("mallory");
    terminal.press("enter");
    terminal.wait_for("by mallory");
    terminal.wait_for("\\u{1b}[2J");
    let text = terminal.text();
    for escaped in ["\\u{1b}]0;owned\\u{7}", "\\u{1b}]52;c;b3duZWQ=\\u{7}", "\\u{d}all checks", "\\u{202e}"] {
        assert!(text.contains(escaped), "{escaped} is not shown:\n{text}");
    }
    assert!(text.lines().next().unwrap().contains("rounds"), "the screen was cleared:\n{text}");
    assert_eq!(restored_screen(&terminal), before);
    // The emulator would have taken these from the program's output.
    assert_eq!((terminal.title(), terminal.clipboard()), (String::new(), String::new()));
}

#[test]
fn following_pausing_and_saving() {
    let mut terminal = Rounds::new(["demo", "--scenario", "mixed-bad-day"]).terminal(120, 40);
    terminal.wait_for("api-2");
    terminal.press("l");
    terminal.wait_for("log prod/api-2");
    terminal.wait_for("every 2s");
    terminal.press("k");
    terminal.wait_for("paused");
    terminal.wait_for("new line");
    terminal.press("f");
    terminal.wait_for("following");
    terminal.press("s");
    terminal.wait_for("save to: api-2-");
    terminal.press("enter");
    terminal.wait_for("saved to api-2-");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
}

/// An `aws` that says what it was asked, reads a line, is interrupted, and ends.
const AWS: &str = r#"#!/bin/sh
trap 'echo interrupted-the-shell' INT
# It is started first and given the terminal then: what is typed in between is not yet for it.
until read -r _ _ _ _ group _ _ foreground _ </proc/$$/stat && [ "$group" = "$foreground" ]; do :; done
echo "asked: $*"
echo 'shell> '
read word
echo "got $word"
until [ "$word" = bye ]; do read word || true; done
exit 0
"#;

#[test]
fn a_shell_takes_the_terminal_and_gives_it_back() {
    let fake = FakeLogs::start();
    let config = format!(
        "[contexts.lab.aws]\nregion = \"ap-northeast-2\"\nclusters = [\"prod\"]\nendpoint_url = \"{}\"\n",
        fake.url()
    );
    let run = Rounds::new(Vec::<String>::new()).config(&config).aws_keys();
    let bin = run.file("bin/aws", AWS, 0o755);
    run.file("bin/session-manager-plugin", "#!/bin/sh\n", 0o755);
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let state = run.file("state/.keep", "", 0o600);
    let state = state.parent().unwrap().display().to_string();
    let journal = std::path::PathBuf::from(&state).join("journal.jsonl");
    let mut terminal = run.env("PATH", path).env("ROUNDS_STATE_DIR", state).terminal(120, 40);
    terminal.wait_for("web");
    terminal.press("e");
    terminal.wait_for("asked: ecs execute-command --interactive --command /bin/sh --cluster prod");
    assert!(!terminal.screen(vt100::Screen::alternate_screen), "the shell has the terminal as it was");
    terminal.wait_for("shell>");
    terminal.type_text("hello\r");
    terminal.wait_for("got hello");
    // Interrupts the shell, and not us.
    terminal.press("ctrl-c");
    terminal.wait_for("interrupted-the-shell");
    // Told to the shell, which has the terminal, and not to us.
    terminal.resize(100, 30);
    terminal.type_text("bye\r");
    terminal.wait_for("the shell in task");
    assert!(terminal.screen(vt100::Screen::alternate_screen), "the screen is ours again");
    terminal.wait_for("web");
    terminal.press("2");
    terminal.wait_for("alerts");
    let written = std::fs::read_to_string(&journal).unwrap();
    let events: Vec<serde_json::Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() == 2 && events.iter().all(|event| event["event"] == "shell"), "{written}");
    assert_eq!((&events[0]["ended"], &events[1]["ended"]), (&serde_json::Value::Null, &"by itself".into()));
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn where_nothing_may_be_changed_there_is_no_shell() {
    let fake = FakeLogs::start();
    let run = Rounds::new(["shell", "web", "--read-only", "--region", "ap-northeast-2", "--cluster", "prod"]);
    let bin = run.file("bin/aws", AWS, 0o755);
    run.file("bin/session-manager-plugin", "#!/bin/sh\n", 0o755);
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let outcome = run.aws(&fake.url()).env("PATH", path).run().expect_code(3);
    assert!(outcome.stderr.contains("--read-only") && outcome.stdout.is_empty(), "{outcome:#?}");
}

/// A shell in production, with an `aws` that says what it was asked.
fn production(fake: &FakeLogs, words: &[&str]) -> Rounds {
    let config = format!(
        "[contexts.lab]\nproduction = true\n[contexts.lab.aws]\nregion = \"ap-northeast-2\"\nclusters = [\"prod\"]\n\
         endpoint_url = \"{}\"\n",
        fake.url()
    );
    let run = Rounds::new(words.iter().copied()).config(&config).aws_keys();
    let bin = run.file("bin/aws", "#!/bin/sh\necho \"asked: $*\"\nread word\n", 0o755);
    run.file("bin/session-manager-plugin", "#!/bin/sh\n", 0o755);
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap());
    run.env("PATH", path)
}

#[test]
fn a_shell_in_production_takes_what_a_change_takes() {
    let fake = FakeLogs::start();
    for (words, why) in [
        (&["shell", "web"][..], "there is no terminal to ask on: no shell was opened"),
        (&["shell", "web", "--yes"], "this is production: --yes alone is not enough; no shell was opened"),
        (
            &["shell", "web", "--yes", "--confirm", "api"],
            "--confirm says api, and the name is web; no shell was opened",
        ),
        (&["shell", "web", "--yes", "--confirm", "web", "--read-only"], "--read-only"),
    ] {
        let run = production(&fake, words);
        let outcome = run.run().expect_code(3);
        assert!(outcome.stderr.contains(why) && outcome.stdout.is_empty(), "{words:?}: {outcome:#?}");
        let journal = run.journal();
        assert_eq!(journal.len(), 1, "{words:?}: {journal:#?}");
        assert!(journal[0]["refused"].as_str().unwrap().contains(why), "{words:?}: {journal:#?}");
    }
    let run = production(&fake, &["shell", "web", "--yes", "--confirm", "web"]);
    let outcome = run.run();
    assert!(outcome.stdout.contains("asked: ecs execute-command"), "{outcome:#?}");
    let journal = run.journal();
    assert_eq!((&journal[0]["consent"]["by"], &journal[0]["consent"]["typed"]), (&"--yes".into(), &"web".into()));
    assert_eq!(journal[0]["place"]["production"], true, "{journal:#?}");
    assert!(journal.len() == 2 && journal[1]["ended"].is_string(), "{journal:#?}");
}

#[test]
fn a_shell_in_production_is_armed_and_its_service_typed_on_the_screen_too() {
    let fake = FakeLogs::start();
    let terminal = production(&fake, &[]).terminal(100, 30);
    terminal.wait_for("disarmed");
    terminal.wait_for("web");
    terminal.press("e");
    terminal.wait_for("this is production, and it is disarmed");
    terminal.press("A");
    terminal.wait_for("armed");
    terminal.press("e");
    terminal.wait_for("A shell in task 01234567 of web, in production");
    terminal.type_text("api");
    terminal.press("enter");
    terminal.wait_for("\"api\" is not web");
}

#[test]
fn at_the_prompt_of_a_shell_in_production_only_the_name_opens_it() {
    let fake = FakeLogs::start();
    let mut terminal = production(&fake, &["shell", "web"]).terminal(100, 30);
    terminal.wait_for("This is production. Type  web  to go on:");
    terminal.type_text("y\r");
    terminal.wait_for("not confirmed: no shell was opened");
    assert_eq!(terminal.wait_exit(), 3);
    let terminal = production(&fake, &["shell", "web"]).terminal(100, 30);
    terminal.wait_for("This is production. Type  web  to go on:");
    terminal.type_text("web\r");
    terminal.wait_for("asked: ecs execute-command");
}
