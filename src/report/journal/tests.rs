//! The journal as text.
