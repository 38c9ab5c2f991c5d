//! Changes as text.
