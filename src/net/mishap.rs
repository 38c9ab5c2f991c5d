//! How a call that alters something goes wrong: what matters is whether it may have arrived.

use crate::domain::SourceError;

/// Why a call that alters something did not succeed, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mishap {
    /// It never got there, or was refused: nothing was altered.
    #[error("{0}")]
    Refused(SourceError),
    /// It arrived, and only a part of what it asks for was done.
    #[error("{0}")]
    Partly(SourceError),
    /// It may have arrived: the answer did not come, broke off, or says nothing certain. Look before doing it again.
    #[error("{0}")]
    Unknown(SourceError),
}

impl Mishap {
    /// What failed and why.
    pub const fn error(&self) -> &SourceError {
        match self {
            Self::Refused(error) | Self::Partly(error) | Self::Unknown(error) => error,
        }
    }
}
