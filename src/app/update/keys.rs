//! Keys and pasted text. While something is typed, no key is a command.

use jiff::Timestamp;

use crate::command::Command;
use crate::keymap::{Code, Key, Lookup};

use super::super::palette::Choice;
use super::super::{Effect, Line, Model, Motion, Notice, Overlay, Palette, Place};
use super::{Lost, changes, go, logs, motion, open_palette, run, tell};

/// A key was pressed.
pub(super) fn press(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    if model.notices.dismiss(now) {
        model.touch();
    }
    match model.overlay.take() {
        Some(Overlay::Filter(line)) => {
            type_filter(model, line, key);
            Vec::new()
        }
        Some(Overlay::Palette(palette)) => type_palette(model, palette, key, now),
        Some(Overlay::LogAsk(question, line)) => logs::type_answer(model, question, line, key, now),
        Some(Overlay::Menu(menu)) => changes::choose(model, menu, key, now),
        Some(Overlay::Asking(asking)) => changes::answer(model, asking, key),
        Some(Overlay::Confirm(confirm)) => changes::confirm(model, confirm, key, now),
        None => look_up(model, key, now),
    }
}

/// Text was pasted: into what is typed, or nowhere.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Filter(mut line)) => {
            line.insert(text);
            apply_filter(model, line);
        }
        Some(Overlay::Palette(mut palette)) => {
            palette.line.insert(text);
            palette.refill(model);
            model.overlay = Some(Overlay::Palette(palette));
            model.touch();
        }
        Some(Overlay::LogAsk(question, mut line)) => {
            line.insert(text);
            return logs::typed(model, question, line);
        }
        Some(other) => {
            model.overlay = Some(changes::pasted(other, text));
            model.touch();
        }
        None => {}
    }
    Vec::new()
}

fn look_up(model: &mut Model, key: Key, now: Timestamp) -> Vec<Effect> {
    if !model.pending.is_empty() && key.code == Code::Esc {
        model.pending.clear();
        model.touch();
        return Vec::new();
    }
    model.pending.push(key);
    match model.keymap.lookup(model.trail.here().scopes(), &model.pending) {
        Lookup::Found(command) => {
            // Asking twice means twice in a row.
            model.is_leaving &= command == Command::Quit;
            if model.pending.len() > 1 {
                model.touch();
            }
            model.pending.clear();
            run(model, command, now)
        }
        Lookup::Pending(_) => {
            model.touch();
            Vec::new()
        }
        Lookup::Nothing => {
            if model.pending.len() > 1 {
                model.touch();
            }
            model.pending.clear();
            Vec::new()
        }
    }
}

/// Whether a key leaves what is typed.
pub(super) const fn leaves(key: Key) -> bool {
    matches!(key, Key { code: Code::Esc, .. } | Key { code: Code::Char('c' | 'g'), ctrl: true, .. })
}

/// A key that moves among what is listed while something is typed: arrows and the like, never a character.
pub(super) const fn moves(key: Key) -> Option<Motion> {
    match (key.code, key.ctrl) {
        (Code::Up, false) | (Code::Char('p'), true) => Some(Motion::Up),
        (Code::Down, false) | (Code::Char('n'), true) => Some(Motion::Down),
        (Code::PageUp, false) => Some(Motion::PageUp),
        (Code::PageDown, false) => Some(Motion::PageDown),
        _ => None,
    }
}

fn type_filter(model: &mut Model, mut line: Line, key: Key) {
    model.touch();
    if leaves(key) {
        if let Some(list) = model.list() {
            list.set_filter("");
            model.rebuild_here(Lost::Stay);
        }
    } else if key.code == Code::Enter {
        // The filter stays; the keys are commands again.
    } else if let Some(to) = moves(key) {
        model.overlay = Some(Overlay::Filter(line));
        motion(model, to);
    } else if line.text().is_empty() && key.code == Code::Backspace {
        // Nothing left to delete: leave, as in vi.
    } else {
        line.key(key);
        apply_filter(model, line);
    }
}

fn apply_filter(model: &mut Model, line: Line) {
    if let Some(list) = model.list()
        && list.set_filter(line.text().trim())
    {
        model.rebuild_here(Lost::Top);
    }
    model.overlay = Some(Overlay::Filter(line));
    model.touch();
}

fn type_palette(model: &mut Model, mut palette: Palette, key: Key, now: Timestamp) -> Vec<Effect> {
    model.touch();
    if leaves(key) || (key.code == Code::Backspace && palette.line.text().is_empty()) {
        return palette.theme_before.map(Effect::SetTheme).into_iter().collect();
    }
    if key.code == Code::Enter {
        return take(model, palette, now);
    }
    let mut effects = Vec::new();
    if let Some(to) = moves(key) {
        palette.step(matches!(to, Motion::Down | Motion::PageDown));
        effects = try_theme(model, &mut palette);
    } else if key.code == Code::Tab {
        if let Some(candidate) = palette.choice() {
            let text = match candidate.choice {
                Choice::More(_) => format!("{} ", candidate.text),
                _ => candidate.text.clone(),
            };
            if text == palette.line.text() {
                palette.step(true);
            } else {
                palette.line.set(&text);
                palette.refill(model);
            }
        }
    } else if key.code == Code::BackTab {
        palette.step(false);
        effects = try_theme(model, &mut palette);
    } else if palette.line.key(key) {
        palette.refill(model);
    }
    model.overlay = Some(Overlay::Palette(palette));
    effects
}

/// Shows the theme the cursor is on, to be taken back if none is chosen.
fn try_theme(model: &Model, palette: &mut Palette) -> Vec<Effect> {
    let Some(Choice::Theme(name)) = palette.choice().map(|candidate| candidate.choice.clone()) else {
        return Vec::new();
    };
    palette.theme_before.get_or_insert_with(|| model.theme_name.clone());
    vec![Effect::SetTheme(name)]
}

/// Does what the chosen candidate says.
pub(super) fn take(model: &mut Model, palette: Palette, now: Timestamp) -> Vec<Effect> {
    let Some(candidate) = palette.choice() else {
        let typed = palette.line.text().trim().to_owned();
        tell(model, Notice::warning(format!("nothing is called \"{typed}\"")), now);
        model.overlay = Some(Overlay::Palette(palette));
        return Vec::new();
    };
    match candidate.choice.clone() {
        Choice::Run(command) => {
            // Leaving a theme that was only tried would be a surprise.
            let mut effects: Vec<Effect> = palette.theme_before.clone().map(Effect::SetTheme).into_iter().collect();
            effects.extend(run(model, command, now));
            effects
        }
        Choice::More(word) => {
            open_palette(model, &format!("{word} "));
            Vec::new()
        }
        Choice::Theme(name) => vec![Effect::SetTheme(name)],
        Choice::Context(name) if name == model.surroundings.context.name => Vec::new(),
        Choice::Context(name) => vec![Effect::SwitchContext(name)],
        Choice::Service(id) => go(model, Place::Service(id), now),
        Choice::Page(url) => vec![Effect::OpenUrl(url)],
    }
}
