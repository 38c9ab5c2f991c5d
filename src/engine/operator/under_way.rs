//! How many changes this process is in the middle of: what a panic must not hide.

use std::sync::atomic::{AtomicUsize, Ordering};

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// How many changes have been begun in this process and not come to their end.
pub fn changes_under_way() -> usize {
    UNDER_WAY.load(Ordering::SeqCst)
}

/// One of them, for as long as this is held.
pub(super) struct UnderWay(());

impl UnderWay {
    pub(super) fn begin() -> Self {
        UNDER_WAY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_under_way() {
        // Other tests may make changes meanwhile: what this one holds is the least there is.
        let held = [UnderWay::begin(), UnderWay::begin()];
        assert!(changes_under_way() >= 2);
        drop(held);
    }
}
