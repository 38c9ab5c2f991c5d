//! Draws `&Model` and gives back what is drawn where. Never changes anything.

mod alerts;
mod canvas;
mod chart;
mod choose;
mod chrome;
mod confirm;
mod cost;
mod detail;
mod facts;
mod firing;
mod glyphs;
mod help;
mod hit;
mod logs;
mod overlay;
mod overview;
mod progress;
mod runbooks;
mod service;
mod side;
mod since;
mod sources;
mod spark;
mod table;
mod targets;
mod terraform;
mod waiting;
mod words;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod run_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use ratatui::Frame;

use crate::app::{Model, Place, geometry};
use crate::theme::{Role, Theme};

use canvas::Canvas;

pub use glyphs::Glyphs;
pub use hit::HitMap;
pub use terraform::{RunShown, draw_run};

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, model: &Model, theme: &Theme, glyphs: &Glyphs) -> HitMap {
    let mut canvas = Canvas::new(frame.buffer_mut(), model, theme, glyphs);
    let area = canvas.area();
    if (area.width, area.height) != model.size {
        // Between a resize and its message the model's layout is for another size.
        return canvas.hits;
    }
    if area.width < geometry::SMALLEST.0 || area.height < geometry::SMALLEST.1 {
        too_small(&mut canvas);
        return canvas.hits;
    }
    chrome::top(&mut canvas);
    match model.trail.here() {
        Place::Help => help::help(&mut canvas),
        Place::Messages => help::messages(&mut canvas),
        // A log needs no snapshot.
        Place::Logs(_) => logs::draw(&mut canvas),
        Place::Changes => progress::draw(&mut canvas),
        Place::Run(id) => runbooks::run(&mut canvas, *id),
        place => match &model.snapshot {
            None => waiting::first(&mut canvas),
            Some(snapshot) => match place {
                Place::Overview => overview::draw(&mut canvas, snapshot),
                Place::Service(id) => service::draw(&mut canvas, snapshot, id),
                Place::Alerts => alerts::draw(&mut canvas, snapshot),
                Place::Targets => targets::draw(&mut canvas, snapshot),
                Place::Sources => sources::draw(&mut canvas, snapshot),
                Place::Runbooks => runbooks::offers(&mut canvas),
                Place::Cost => cost::draw(&mut canvas),
                Place::Logs(_) | Place::Changes | Place::Run(_) | Place::Help | Place::Messages => {}
            },
        },
    }
    chrome::bottom(&mut canvas);
    overlay::draw(&mut canvas);
    canvas.hits
}

fn too_small(canvas: &mut Canvas<'_>) {
    let area = canvas.area();
    let (columns, rows) = geometry::SMALLEST;
    let text = format!("too small: {}x{}, needs {columns}x{rows}", area.width, area.height);
    for (y, line) in (0..area.height).zip(canvas::wrapped(&text, area.width, usize::from(area.height))) {
        canvas.text(0, y, area.width, &line, Role::Text);
    }
}
