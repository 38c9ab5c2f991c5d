//! A program in a real pseudo-terminal, and what a person would see on it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

use super::wait;

/// Longer than anything on a screen may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// Around what a program wants shown as one: what is between them is not looked at before it is whole.
const FRAME: (&[u8], &[u8]) = (b"\x1b[?2026h", b"\x1b[?2026l");

/// What the terminal has received.
struct Received {
    parser: vt100::Parser<Heard>,
    /// What came of a frame, or of a control sequence, that is not whole yet.
    partial: Vec<u8>,
    bytes: usize,
    questions: usize,
    closed: bool,
}

impl Received {
    /// Takes what came; what is not whole waits for the rest of it. Returns what the program asked.
    fn take(&mut self, chunk: &[u8]) -> Vec<&'static [u8]> {
        self.bytes += chunk.len();
        self.partial.extend_from_slice(chunk);
        let whole = whole(&self.partial);
        let asked = asked(&self.partial[..whole]);
        self.parser.process(&self.partial[..whole]);
        self.partial.drain(..whole);
        self.questions += asked.len();
        asked
    }

    /// Nothing more will come.
    fn close(&mut self) {
        self.parser.process(&std::mem::take(&mut self.partial));
        self.closed = true;
    }
}

/// How much of this can be shown: up to a frame that has begun and not ended, or the beginning of a control sequence.
fn whole(bytes: &[u8]) -> usize {
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
    let ended = last(FRAME.1).map_or(0, |at| at + FRAME.1.len());
    let begun = bytes[ended..].windows(FRAME.0.len()).position(|window| window == FRAME.0).map(|at| ended + at);
    // The longest that matters here is a mark of a frame.
    let tail = bytes.len().saturating_sub(FRAME.0.len() - 1).max(ended);
    let cut = bytes[tail..].iter().rposition(|byte| *byte == b'\x1b').map(|at| tail + at);
    let is_cut = |at: &usize| !bytes[*at + 1..].iter().any(u8::is_ascii_alphabetic);
    begun.or(cut.filter(is_cut)).unwrap_or(bytes.len())
}

/// What the program asked of the terminal beside drawing.
#[derive(Default)]
struct Heard {
    title: String,
    clipboard: String,
}

impl vt100::Callbacks for Heard {
    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.title = String::from_utf8_lossy(title).into_owned();
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.clipboard = String::from_utf8_lossy(data).into_owned();
    }
}

/// A terminal with a program in it; the program is killed when this is dropped.
pub(crate) struct Terminal {
    received: Arc<(Mutex<Received>, Condvar)>,
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    _home: Arc<TempDir>,
}

impl Terminal {
    pub(crate) fn start(
        program: &str,
        arguments: &[String],
        environment: &BTreeMap<String, String>,
        home: Arc<TempDir>,
        columns: u16,
        rows: u16,
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in environment {
            command.env(name, value);
        }
        command.cwd(home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let parser = vt100::Parser::new_with_callbacks(rows, columns, 0, Heard::default());
        let received = Arc::new((
            Mutex::new(Received { parser, partial: Vec::new(), bytes: 0, questions: 0, closed: false }),
            Condvar::new(),
        ));
        let (state, answers) = (received.clone(), writer.clone());
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            // Reading fails once the program is gone.
            while let Ok(length @ 1..) = reader.read(&mut chunk) {
                let asked = state.0.lock().unwrap().take(&chunk[..length]);
                state.1.notify_all();
                for answer in asked {
                    // The program may be gone before it hears the answer.
                    let _ = answers.lock().unwrap().write_all(answer);
                }
            }
            state.0.lock().unwrap().close();
            state.1.notify_all();
        });
        Self { received, master: pair.master, writer, child, _home: home }
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until `text` is no longer on the screen.
    #[track_caller]
    pub(crate) fn wait_gone(&self, text: &str) {
        self.wait_until(&format!("{text:?} to leave the screen"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the screen is so; panics with the screen when it does not come to that.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, mut so: impl FnMut(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let (state, changed) = &*self.received;
        let mut received = state.lock().unwrap();
        while !so(received.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if received.closed || left.is_zero() {
                let state = if received.closed { "gone" } else { "running" };
                let screen = received.parser.screen().contents();
                // The reader goes on after this panic, and must not find the lock poisoned.
                drop(received);
                panic!("waited for {what}; program {state}; the screen:\n{screen}");
            }
            received = changed.wait_timeout(received, left).unwrap().0;
        }
    }

    /// Presses keys, named as in a keymap, separated by spaces: `j`, `enter`, `esc`, `ctrl-c`, `f1`.
    pub(crate) fn press(&self, keys: &str) {
        for key in keys.split(' ') {
            self.send(&bytes_of(key));
        }
    }

    /// Types text as it is.
    pub(crate) fn type_text(&self, text: &str) {
        self.send(text.as_bytes());
    }

    fn send(&self, bytes: &[u8]) {
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(bytes).unwrap();
        writer.flush().unwrap();
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.received.0.lock().unwrap().parser.screen_mut().set_size(rows, columns);
        self.master.resize(size(columns, rows)).unwrap();
    }

    /// What is on the screen, line by line.
    pub(crate) fn text(&self) -> String {
        self.screen(vt100::Screen::contents)
    }

    /// Something about the screen.
    pub(crate) fn screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.received.0.lock().unwrap().parser.screen())
    }

    /// The window title it set; empty where it set none.
    pub(crate) fn title(&self) -> String {
        self.received.0.lock().unwrap().parser.callbacks().title.clone()
    }

    /// What it put on the clipboard, in base 64.
    pub(crate) fn clipboard(&self) -> String {
        self.received.0.lock().unwrap().parser.callbacks().clipboard.clone()
    }

    /// How many bytes the program has written.
    pub(crate) fn bytes(&self) -> usize {
        self.received.0.lock().unwrap().bytes
    }

    /// How often the program has asked the terminal something.
    pub(crate) fn questions(&self) -> usize {
        self.received.0.lock().unwrap().questions
    }

    /// The program's process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Waits for the program's end; its exit code.
    pub(crate) fn wait_exit(&mut self) -> u32 {
        let status = wait::until("the program to end", PATIENCE, || match self.child.try_wait().unwrap() {
            Some(status) => Ok(status),
            None => Err(self.received.0.lock().unwrap().parser.screen().contents()),
        });
        // What it wrote last may still be on its way.
        wait::until("the terminal to close", PATIENCE, || {
            if self.received.0.lock().unwrap().closed { Ok(()) } else { Err("it is open".to_owned()) }
        });
        status.exit_code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may be gone already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a terminal answers to what is asked in this output: who are you, and where is the cursor.
fn asked(output: &[u8]) -> Vec<&'static [u8]> {
    let asks = |question: &[u8]| output.windows(question.len()).any(|window| window == question);
    [(&b"\x1b[c"[..], &b"\x1b[?62;22c"[..]), (b"\x1b[0c", b"\x1b[?62;22c"), (b"\x1b[6n", b"\x1b[1;1R")]
        .into_iter()
        .filter(|(question, _)| asks(question))
        .map(|(_, answer)| answer)
        .collect()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

/// What a keyboard sends.
fn bytes_of(key: &str) -> Vec<u8> {
    let escape = |tail: &str| format!("\x1b{tail}").into_bytes();
    match key {
        "enter" => b"\r".to_vec(),
        "esc" => b"\x1b".to_vec(),
        "tab" => b"\t".to_vec(),
        "space" => b" ".to_vec(),
        "backspace" => b"\x7f".to_vec(),
        "up" => escape("[A"),
        "down" => escape("[B"),
        "right" => escape("[C"),
        "left" => escape("[D"),
        "page-up" => escape("[5~"),
        "page-down" => escape("[6~"),
        "f1" => escape("OP"),
        "f5" => escape("[15~"),
        _ => {
            if let Some(&[letter]) = key.strip_prefix("ctrl-").map(str::as_bytes) {
                return vec![letter & 0x1f];
            }
            assert_eq!(key.chars().count(), 1, "no key is called {key:?}");
            key.as_bytes().to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_seen_whole_however_it_comes() {
        let sent = b"before\x1b[?2026h\x1b[2J\x1b[H\x1b[?2026hone\r\ntwo\x1b[?2026l\r\nthree\x1b[c";
        for length in 1..=sent.len() {
            let parser = vt100::Parser::new_with_callbacks(5, 20, 0, Heard::default());
            let mut received = Received { parser, partial: Vec::new(), bytes: 0, questions: 0, closed: false };
            for chunk in sent.chunks(length) {
                received.take(chunk);
                let seen = received.parser.screen().contents();
                assert!("before".starts_with(&seen) || seen.starts_with("one\ntwo"), "in pieces of {length}: {seen:?}");
            }
            assert_eq!(received.parser.screen().contents(), "one\ntwo\nthree", "in pieces of {length}");
            assert_eq!((received.bytes, received.questions), (sent.len(), 1), "in pieces of {length}");
        }
    }

    #[test]
    fn what_was_never_finished_is_shown_at_the_end() {
        let parser = vt100::Parser::new_with_callbacks(5, 20, 0, Heard::default());
        let mut received = Received { parser, partial: Vec::new(), bytes: 0, questions: 0, closed: false };
        received.take(b"\x1b[?2026hkilled here");
        assert_eq!(received.parser.screen().contents(), "");
        received.close();
        assert_eq!(received.parser.screen().contents(), "killed here");
    }
}
