//! `rounds provision render`, and the stack that runs on one machine: real processes, started and stopped as a person
//! would.

mod render;
mod templates;
mod up;
