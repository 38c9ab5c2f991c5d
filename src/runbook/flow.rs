//! The way through the steps: no circle, no step that is never taken, no reference to what cannot have happened yet.

use crate::domain::{Deed, Next, Step};
use crate::located::Draft;

use super::step::Placed;

/// What is wrong with the way through these steps.
pub(super) fn check(steps: &[Placed]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let ways: Vec<Vec<usize>> =
        steps.iter().enumerate().map(|(at, placed)| onward(at, &placed.step, steps.len())).collect();
    if let Some(circle) = circle(&ways) {
        drafts.push(refuse_circle(steps, &circle));
        return drafts;
    }
    let reached = reachable(&ways, 0);
    for (at, placed) in steps.iter().enumerate().filter(|(at, _)| !reached[*at]) {
        let before = at.checked_sub(1).map(|before| steps[before].step.id.as_str()).unwrap_or_default();
        let draft = Draft::new(&placed.id_at, format!("step `{}` can never be taken", placed.step.id));
        drafts.push(draft.hint(format!("nothing goes to it: let `{before}` continue, or some step goto it")));
    }
    for (at, placed) in steps.iter().enumerate().filter(|(at, _)| reached[*at]) {
        for (used, place) in &placed.uses {
            if *used == at || !reachable(&ways, *used)[at] {
                let (this, other) = (&placed.step.id, &steps[*used].step.id);
                let what = if *used == at {
                    format!("step `{this}` refers to itself")
                } else {
                    format!("step `{this}` refers to `{other}`, which is never taken before it")
                };
                drafts.push(Draft::new(place, what).hint("refer to a step that comes earlier"));
            }
        }
    }
    drafts
}

/// The steps that may come next.
fn onward(at: usize, step: &Step, count: usize) -> Vec<usize> {
    let follow = |next: Next| match next {
        Next::Continue => Some(at + 1).filter(|next| *next < count),
        Next::Stop => None,
        Next::Goto(to) => Some(to),
    };
    let mut ways: Vec<usize> = match step.deed {
        Deed::Check { .. } => [step.on_pass, step.on_fail, step.on_unknown].into_iter().filter_map(follow).collect(),
        Deed::Change { .. } | Deed::Note { .. } => follow(Next::Continue).into_iter().collect(),
    };
    if !step.when.is_empty() {
        ways.extend(follow(Next::Continue));
    }
    ways.sort_unstable();
    ways.dedup();
    ways
}

fn reachable(ways: &[Vec<usize>], from: usize) -> Vec<bool> {
    let mut reached = vec![false; ways.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if let Some(seen) = reached.get_mut(at)
            && !std::mem::replace(seen, true)
        {
            open.extend(&ways[at]);
        }
    }
    reached
}

/// The steps of a circle, in order, the one that closes it last.
fn circle(ways: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    fn walk(at: usize, ways: &[Vec<usize>], marks: &mut [Mark], path: &mut Vec<usize>) -> Option<Vec<usize>> {
        marks[at] = Mark::OnPath;
        path.push(at);
        for next in &ways[at] {
            match marks[*next] {
                Mark::OnPath => {
                    let begin = path.iter().position(|step| step == next)?;
                    return Some(path[begin..].to_vec());
                }
                Mark::New => {
                    if let Some(circle) = walk(*next, ways, marks, path) {
                        return Some(circle);
                    }
                }
                Mark::Done => {}
            }
        }
        path.pop();
        marks[at] = Mark::Done;
        None
    }
    let mut marks = vec![Mark::New; ways.len()];
    (0..ways.len())
        .find_map(|at| if marks[at] == Mark::New { walk(at, ways, &mut marks, &mut Vec::new()) } else { None })
}

fn refuse_circle(steps: &[Placed], circle: &[usize]) -> Draft {
    let name = |at: usize| steps[at].step.id.as_str();
    let path: Vec<&str> = circle.iter().chain(circle.first()).map(|at| name(*at)).collect();
    let closing = circle.iter().find_map(|at| {
        let placed = &steps[*at];
        let nexts = [placed.step.on_pass, placed.step.on_fail, placed.step.on_unknown];
        nexts.iter().zip(&placed.next_at).find_map(|(next, place)| match next {
            // Only a way back can close a circle.
            Next::Goto(to) if to <= at => place.clone(),
            _ => None,
        })
    });
    let at = closing.unwrap_or_else(|| circle.first().map(|at| steps[*at].id_at.clone()).unwrap_or_default());
    Draft::new(&at, format!("the steps go round in a circle: {}", path.join(" -> ")))
        .hint("go to a step further down, or stop")
}
