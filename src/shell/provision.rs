//! The screen while Terraform works.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, EventStream, KeyCode, KeyEventKind, KeyModifiers};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::terminal::Screen;
use crate::domain::{TerraformEvent, TerraformRun};
use crate::theme::Theme;
use crate::view::{self, Glyphs, RunShown};

/// Elapsed times move once a second.
const TICK: Duration = Duration::from_secs(1);

/// What is shown above the run, and how it looks.
pub struct RunScreen {
    /// What is done (`apply`).
    pub operation: &'static str,
    /// To which environment.
    pub environment: String,
    /// Whether that is production.
    pub production: bool,
    /// How things look.
    pub theme: Theme,
    /// What symbols are drawn with.
    pub glyphs: Glyphs,
}

/// Shows a run until its events end, and gives it back. Ctrl-C says once, by `stop`, that it should end.
///
/// # Errors
/// What the terminal says.
pub async fn show_run(
    screen: &RunScreen,
    mut run: TerraformRun,
    events: &mut mpsc::UnboundedReceiver<TerraformEvent>,
    stop: &watch::Sender<bool>,
) -> io::Result<TerraformRun> {
    let mut terminal = Screen::take(false)?;
    let mut keys = EventStream::new();
    let mut tick = tokio::time::interval(TICK);
    let began = Timestamp::now();
    let mut back = 0usize;
    loop {
        let shown = RunShown {
            operation: screen.operation,
            environment: &screen.environment,
            production: screen.production,
            run: &run,
            began,
            now: Timestamp::now(),
            is_stopping: *stop.borrow(),
            back,
        };
        if terminal.draw(|frame| view::draw_run(frame, &shown, &screen.theme, &screen.glyphs)).is_err() {
            // The terminal is gone: the run goes on, and is followed without it.
            break;
        }
        tokio::select! {
            event = events.recv() => {
                let Some(event) = event else { return Ok(run) };
                run.take(event, Timestamp::now());
                while let Ok(event) = events.try_recv() {
                    run.take(event, Timestamp::now());
                }
            }
            event = keys.next() => match event {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => match key.code {
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                        stop.send_replace(true);
                    }
                    KeyCode::Up | KeyCode::Char('k') => back = back.saturating_add(1),
                    KeyCode::Down | KeyCode::Char('j') => back = back.saturating_sub(1),
                    KeyCode::PageUp => back = back.saturating_add(10),
                    KeyCode::PageDown => back = back.saturating_sub(10),
                    _ => {}
                },
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            },
            _ = tick.tick() => {}
        }
    }
    drop(terminal);
    while let Some(event) = events.recv().await {
        run.take(event, Timestamp::now());
    }
    Ok(run)
}
