//! The terminal taken over, and given back whatever happens: on return, on error, on a panic, on a signal.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::Once;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;

use crate::{engine, format};

/// Why there is nothing to draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Standard output is a file or a pipe.
    #[error("standard output is not a terminal")]
    NoTerminal,
    /// `TERM=dumb` or no `TERM` at all.
    #[error("this terminal cannot place a cursor (TERM is `dumb` or not set)")]
    Dumb,
}

/// Whether there is a terminal to draw on. `term` is the value of `TERM`.
///
/// # Errors
/// When there is none.
pub fn check(term: Option<&str>) -> Result<(), Refusal> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(Refusal::NoTerminal);
    }
    match term {
        None | Some("" | "dumb") => Err(Refusal::Dumb),
        Some(_) => Ok(()),
    }
}

/// How many columns the terminal on standard output has.
pub fn width() -> Option<usize> {
    let columns = crossterm::terminal::size().ok()?.0;
    (columns > 0).then_some(columns.into())
}

/// The screen while the program has it.
pub struct Screen {
    terminal: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    /// What the terminal shows; `None` when that is not known.
    shown: Option<Buffer>,
    has_mouse: bool,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn take(has_mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        // Colour is the theme's business, NO_COLOR included: crossterm would write a bare `CSI m` for every colour it
        // leaves out, which also ends bold and reverse.
        crossterm::style::force_color_output(true);
        enter(has_mouse)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout()));
        Ok(Self { terminal: ratatui::Terminal::new(backend)?, shown: None, has_mouse })
    }

    /// Draws one frame; only cells that changed are sent, as one update where the terminal can, and nothing where none
    /// did.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn draw<T>(&mut self, draw: impl FnOnce(&mut Frame<'_>) -> T) -> io::Result<T> {
        let size = self.terminal.size()?;
        if self.shown.as_ref().is_some_and(|shown| shown.area.as_size() != size) {
            self.shown = None;
        }
        if self.shown.is_none() {
            // Cleared within the update, or the screen would be seen empty. Not with the terminal's own `clear`: that asks
            // where the cursor is, and some terminals never answer.
            queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate, Clear(ClearType::All))?;
            self.terminal.autoresize()?;
            self.terminal.swap_buffers();
        }
        let answer = draw(&mut self.terminal.get_frame());
        let drawn = self.terminal.current_buffer_mut();
        if self.shown.as_ref() != Some(drawn) {
            self.shown = Some(drawn.clone());
            queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
            self.terminal.flush()?;
            execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
        }
        self.terminal.swap_buffers();
        Ok(answer)
    }

    /// Forgets what is on the screen, so that the next frame is sent whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Offers text to the terminal's clipboard (OSC 52). Whether it takes it cannot be known.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn offer_to_clipboard(&mut self, text: &str) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal back, stops the process as ctrl-z in a shell does, and takes it over again after `fg`.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn suspend(&mut self) -> io::Result<()> {
        leave()?;
        // The whole group, as the terminal itself would: a script that started the program stops with it, or its shell would
        // never get the prompt back.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        enter(self.has_mouse)?;
        self.forget();
        Ok(())
    }
}

impl Screen {
    /// Lends the terminal to somebody else, as it was before we took it, and takes it back.
    ///
    /// # Errors
    /// What the terminal says.
    pub fn lend<T>(&mut self, to: impl FnOnce() -> T) -> io::Result<T> {
        leave()?;
        let answer = to();
        enter(self.has_mouse)?;
        self.forget();
        Ok(answer)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // There is nobody left to tell if this fails.
        let _ = leave();
    }
}

/// Ends the process at once, for when the terminal takes no more output and nothing can be written back. What can be given
/// back without writing is.
pub fn abandon() {
    let _ = disable_raw_mode();
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
}

fn enter(has_mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if has_mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

fn leave() -> io::Result<()> {
    let mut out = io::stdout();
    let restored = execute!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    disable_raw_mode()?;
    restored?;
    out.flush()
}

/// A panic's message must land on a terminal that is whole again, and must not carry foreign text raw. A panic of a
/// worker ends the program too: a screen that goes on without the half that feeds it would look alive.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let _ = leave();
            let text = panic.to_string();
            let mut err = io::stderr();
            for line in format::sanitise_lines(&text) {
                let _ = writeln!(err, "{line}");
            }
            let _ = writeln!(err, "{}", last_words(engine::changes_under_way()));
            if std::thread::current().name() != Some("main") {
                std::process::abort();
            }
        }));
    });
}

/// What is said after a panic: whether something may have been changed, and where that stands.
const fn last_words(changes_under_way: usize) -> &'static str {
    match changes_under_way {
        0 => "this is a bug in rounds; no change was under way",
        _ => {
            "this is a bug in rounds. A change was under way: it may have been made, and nobody watches it any longer.\n\
             rounds journal  says what was meant and what to look at"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_panic_a_change_in_the_middle_is_not_denied() {
        assert!(last_words(0).contains("no change was under way"));
        for count in [1, 2] {
            let said = last_words(count);
            assert!(said.contains("may have been made") && said.contains("rounds journal"), "{said}");
        }
    }
}
