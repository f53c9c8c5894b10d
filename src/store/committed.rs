//! The proof that something is on disk.

/// Proof that `T` is durable. Only the store makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a proof that nobody asks for was not worth its barrier"]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// Made by the committer after the barrier, and by nobody else.
    pub(super) fn after_barrier(value: T) -> Self {
        Self(value)
    }

    /// The bare proof, whatever it is of.
    pub fn bare(self) -> Committed<()> {
        Committed(())
    }

    /// What is proven.
    pub fn get(&self) -> &T {
        &self.0
    }
}
