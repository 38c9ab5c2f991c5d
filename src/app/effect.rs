//! What the state machine asks the shell to do.

use crate::domain::ChartAsk;

/// Something only the world outside can do. The shell performs it and answers, if at all, with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave the program.
    Quit,
    /// Read every source now.
    Refresh,
    /// Read the charts of one service; the answer is [`super::Msg::Chart`].
    LoadChart(ChartAsk),
    /// Put a text on the clipboard.
    Copy(String),
    /// Suspend to the shell that started us.
    Suspend,
    /// Draw the whole screen anew, whatever the terminal shows.
    Redraw,
    /// Look at another context; the answer is [`super::Msg::Context`].
    SwitchContext(String),
    /// Show another theme; the answer is [`super::Msg::Theme`], or a notice that says why not.
    SetTheme(String),
}
