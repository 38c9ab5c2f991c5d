//! The console in a real pseudo-terminal, on the demo: what a person sees, presses, and gets their terminal back from.

use std::time::{Duration, Instant};

use crate::support::pty::Terminal;
use crate::support::rounds::Rounds;
use crate::support::wait;
use crate::support::world::CALM;

fn demo(columns: u16, rows: u16) -> Terminal {
    Rounds::new(["demo", "--scenario", "mixed-bad-day"]).terminal(columns, rows)
}

/// The overview is there: the plan's services, and the word that nothing of it is real.
fn overview(terminal: &Terminal) {
    for text in ["DEMO", "atlantis", "api-1", "api-2", "worker", "web"] {
        terminal.wait_for(text);
    }
}

#[test]
fn the_overview_reads_well_at_80x24() {
    let terminal = demo(80, 24);
    overview(&terminal);
    let text = terminal.text();
    assert!(text.contains("critical") || text.contains('✖'), "what is wrong is marked:\n{text}");
    assert!(text.lines().count() <= 24 && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(terminal.screen(vt100::Screen::alternate_screen), "it has its own screen");
}

#[test]
fn filter_open_help_and_quit() {
    let mut terminal = demo(80, 24);
    overview(&terminal);
    terminal.press("/");
    terminal.type_text("worker");
    terminal.wait_gone("atlantis");
    terminal.wait_for("worker");
    terminal.press("enter");
    terminal.press("enter");
    // The service's own screen shows what the overview does not: its tasks by state and its memory by name.
    terminal.wait_until("the service's screen", |screen| {
        let text = screen.contents().to_lowercase();
        text.contains("worker") && text.contains("memory") && text.contains("task")
    });
    terminal.press("?");
    terminal.wait_for("open what the cursor is on");
    terminal.press("esc");
    // Escape and a letter in one breath would be Alt and the letter.
    terminal.wait_gone("open what the cursor is on");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0, "{}", terminal.text());
    restored(&terminal);
}

/// The terminal is as it was: main screen, cursor shown, no mouse, no paste brackets.
fn restored(terminal: &Terminal) {
    let state = terminal.screen(|screen| {
        (
            screen.alternate_screen(),
            screen.hide_cursor(),
            screen.bracketed_paste(),
            screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None,
        )
    });
    assert_eq!(state, (false, false, false, true), "alternate screen, hidden cursor, bracketed paste, no mouse");
}

#[test]
fn a_signal_gives_the_terminal_back_too() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut terminal = demo(80, 24);
        overview(&terminal);
        let killed = std::process::Command::new("kill").args([signal, &terminal.id().to_string()]).status().unwrap();
        assert!(killed.success());
        terminal.wait_exit();
        restored(&terminal);
    }
}

#[test]
fn a_terminal_that_reads_no_more_does_not_keep_it_alive() {
    let terminal = demo(200, 60);
    overview(&terminal);
    let id = terminal.id().to_string();
    let state = || {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().next().unwrap_or("gone").to_owned()
    };
    // Nothing is read from the terminal while its screen is looked at.
    terminal.screen(|_| {
        let mut waits = 0;
        wait::until("the program to wait for its terminal", Duration::from_mins(1), || {
            let call = std::fs::read_to_string(format!("/proc/{id}/syscall")).unwrap_or_default();
            let mut words = call.split(' ');
            // Write to standard output, on x86-64 and on arm64.
            let writes = matches!(words.next(), Some("1" | "64")) && words.next() == Some("0x1");
            waits = if writes { waits + 1 } else { 0 };
            if waits < 5 {
                terminal.press("2 ctrl-l");
            }
            if waits > 20 { Ok(()) } else { Err(call) }
        });
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        wait::until("the program to end", Duration::from_mins(1), || match state().as_str() {
            "Z" | "X" | "gone" => Ok(()),
            other => Err(other.to_owned()),
        });
    });
}

#[test]
fn drawing_anew_asks_the_terminal_nothing() {
    let mut terminal = demo(80, 24);
    overview(&terminal);
    let asked = terminal.questions();
    let before = terminal.bytes();
    terminal.press("ctrl-l");
    wait::until("the screen to be sent whole", Duration::from_mins(1), || {
        if terminal.bytes() > before + 1_500 { Ok(()) } else { Err(terminal.text()) }
    });
    overview(&terminal);
    assert_eq!(terminal.questions(), asked, "some terminals never answer");
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn too_small_says_so_and_comes_back() {
    let terminal = demo(80, 24);
    overview(&terminal);
    terminal.resize(30, 8);
    terminal.wait_until("word that it is too small", |screen| {
        let text = screen.contents();
        text.contains("small") || text.contains("40x10")
    });
    terminal.resize(200, 60);
    overview(&terminal);
    terminal.wait_until("use of the width", |screen| {
        screen.contents().lines().any(|line| line.trim_end().chars().count() > 120)
    });
}

#[test]
fn no_color_means_none() {
    let terminal = Rounds::new(["demo"]).env("NO_COLOR", "1").terminal(80, 24);
    overview(&terminal);
    let coloured = terminal.screen(|screen| {
        let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .any(|cell| cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default)
    });
    assert!(!coloured, "colour although NO_COLOR is set:\n{}", terminal.text());
}

#[test]
fn a_locale_without_utf8_gets_ascii() {
    let terminal = Rounds::new(["demo"]).env("LANG", "C").terminal(80, 24);
    overview(&terminal);
    let text = terminal.text();
    assert!(text.is_ascii(), "not ASCII: {:?}", text.chars().filter(|c| !c.is_ascii()).collect::<String>());
}

#[test]
fn a_dumb_terminal_is_told_what_to_do() {
    let mut terminal = Rounds::new(["demo"]).env("TERM", "dumb").terminal(80, 24);
    assert_eq!(terminal.wait_exit(), 3, "{}", terminal.text());
    assert!(terminal.text().contains("--once"), "{}", terminal.text());
}

#[test]
fn without_a_terminal_it_says_so() {
    let outcome = Rounds::new(["demo"]).run().expect_code(3);
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("--once"), "{outcome:#?}");
}

/// Clock ticks (of a hundredth of a second) of processor time a process has had.
fn processor_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    let fields: Vec<&str> = after_name.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn idle_costs_next_to_nothing() {
    // A backend that is asked once in ten minutes, so that nothing changes but the clock.
    let config = format!(
        "[contexts.quiet.prometheus]\nurl = \"{}\"\n[contexts.quiet.refresh]\nprometheus = \"10m\"\n",
        CALM.prometheus.url()
    );
    let terminal = Rounds::new(Vec::<String>::new()).config(&config).terminal(80, 24);
    terminal.wait_for("api-2");
    // The clock in the header is the witness that time passes: wait until it has gone on twice.
    let clock_goes_on = || {
        let mut seen: Vec<String> = Vec::new();
        terminal.wait_until("the clock to go on", |screen| {
            let header = screen.contents().lines().next().unwrap_or_default().to_owned();
            if seen.last() != Some(&header) {
                seen.push(header);
            }
            seen.len() > 2
        });
    };
    clock_goes_on();
    let (began, bytes, ticks) = (Instant::now(), terminal.bytes(), processor_ticks(terminal.id()));
    clock_goes_on();
    let seconds = began.elapsed().as_secs_f64();
    let (bytes, ticks) = (terminal.bytes() - bytes, processor_ticks(terminal.id()) - ticks);
    let allowed = |a_second: f64, at_least: f64| (a_second * seconds).max(at_least);
    assert!(bytes as f64 <= allowed(100.0, 200.0), "{bytes} bytes in {seconds} s in which only the clock changed");
    assert!(ticks as f64 <= allowed(2.0, 3.0), "{ticks} hundredths of a second of processor time in {seconds} s");
}

#[test]
fn the_first_frame_waits_for_nobody() {
    // Shorter than the ten seconds after which a backend is given up: what is there sooner has not waited for one, however
    // much else the machine has to do.
    const PATIENCE: Duration = Duration::from_secs(8);
    // Every backend hangs, and the screen is there all the same.
    let hanging = crate::support::fault::BrokenBackend::new(crate::support::fault::Fault::Hang);
    let config = format!(
        "[contexts.slow.prometheus]\nurl = \"{0}\"\n[contexts.slow.alertmanager]\nurl = \"{0}\"\n\
         [contexts.slow.aws]\nregion = \"ap-northeast-2\"\nendpoint_url = \"{0}\"\n",
        hanging.url()
    );
    let began = Instant::now();
    let mut terminal = Rounds::new(Vec::<String>::new()).config(&config).aws_keys().terminal(80, 24);
    terminal.wait_for("slow");
    let took = began.elapsed();
    assert!(took < PATIENCE, "the first frame took {took:?}");
    wait::until("the backend to be asked", Duration::from_mins(1), || match hanging.requests() {
        0 => Err("nobody asked".to_owned()),
        _ => Ok(()),
    });
    // And leaving does not wait either.
    let began = Instant::now();
    terminal.press("q");
    assert_eq!(terminal.wait_exit(), 0);
    assert!(began.elapsed() < PATIENCE, "leaving took {:?}", began.elapsed());
}
