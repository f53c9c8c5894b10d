//! Numbers that only look random, from a seed that is printed, and how often something is tried.

/// A row of numbers.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// From `TIDINGS_SEED`, else from the number of this process; printed, so that a failure can be had again.
    pub fn new(what: &str) -> Self {
        let seed = std::env::var("TIDINGS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
        println!("{what}: TIDINGS_SEED={seed}");
        Self(seed)
    }

    /// One of its own for the n-th of something.
    pub fn nth(&self, n: u64) -> Self {
        Self(self.0.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// The next number, below this one.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// How often: as the environment says, else as usual.
pub fn times(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|times| times.parse().ok()).unwrap_or(usual)
}
