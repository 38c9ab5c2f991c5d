//! Sizes of Fargate tasks: which there are, and what one costs an hour.

use std::fmt;

/// What the processors are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// Graviton: a fifth cheaper.
    Arm64,
    /// Intel or AMD.
    #[default]
    X86,
}

impl Architecture {
    /// The word on the command line, and in the bill.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one task has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FargateSize {
    /// vCPUs.
    pub vcpu: f64,
    /// Memory in GB (GiB, as AWS counts them).
    pub memory: f64,
}

/// Every CPU size with its least and most memory, and the step between, in GB.
const SIZES: [(f64, f64, f64, f64); 7] = [
    (0.25, 0.5, 2.0, 0.5),
    (0.5, 1.0, 4.0, 1.0),
    (1.0, 2.0, 8.0, 1.0),
    (2.0, 4.0, 16.0, 1.0),
    (4.0, 8.0, 30.0, 1.0),
    (8.0, 16.0, 60.0, 4.0),
    (16.0, 32.0, 120.0, 8.0),
];

impl FargateSize {
    /// A size in vCPUs and GB.
    pub const fn new(vcpu: f64, memory: f64) -> Self {
        Self { vcpu, memory }
    }

    /// As a task definition says it: CPU units (1024 = one vCPU) and MiB.
    pub fn of_definition(cpu: &str, memory: &str) -> Option<Self> {
        let (cpu, memory): (f64, f64) = (cpu.parse().ok()?, memory.parse().ok()?);
        (cpu > 0.0 && memory > 0.0).then(|| Self::new(cpu / 1024.0, memory / 1024.0))
    }

    /// Whether Fargate has this size.
    pub fn exists(self) -> bool {
        self.next() == Some(self)
    }

    /// Where Fargate has no such size: that, and which one is next.
    pub fn missing(self) -> Option<String> {
        match self.next() {
            Some(next) if next == self => None,
            Some(next) => Some(format!("Fargate has no {self}: the next one is {next}")),
            None => {
                let (vcpu, _, memory, _) = SIZES[SIZES.len() - 1];
                let most = Self::new(vcpu, memory);
                Some(format!("Fargate has no {self}: the largest is {most}; this needs more than one Prometheus"))
            }
        }
    }

    /// The smallest size that has at least as much of both; itself where none has.
    #[must_use]
    pub fn least_at_least(self) -> Self {
        self.next().unwrap_or(self)
    }

    fn next(self) -> Option<Self> {
        let fits = |(vcpu, least, most, step): &(f64, f64, f64, f64)| {
            if self.vcpu > *vcpu || self.memory > *most {
                return None;
            }
            // A quarter of a vCPU goes with 0.5, 1 or 2 GB.
            let memory = if *vcpu < 0.3 && self.memory > 1.0 {
                2.0
            } else {
                least + ((self.memory - least).max(0.0) / step).ceil() * step
            };
            Some(Self::new(*vcpu, memory))
        };
        SIZES.iter().find_map(fits)
    }
}

impl fmt::Display for FargateSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} vCPU, {} GB", self.vcpu, self.memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_that_fargate_lacks_becomes_the_next_larger_one() {
        for ((vcpu, memory), (next_vcpu, next_memory)) in [
            ((0.25, 0.5), (0.25, 0.5)),
            ((0.25, 1.5), (0.25, 2.0)),
            ((0.3, 0.5), (0.5, 1.0)),
            ((1.5, 3.0), (2.0, 4.0)),
            ((1.0, 9.0), (2.0, 9.0)),
            ((2.0, 4.0), (2.0, 4.0)),
            ((4.0, 31.0), (8.0, 32.0)),
        ] {
            let next = FargateSize::new(next_vcpu, next_memory);
            assert_eq!(FargateSize::new(vcpu, memory).least_at_least(), next, "{vcpu} {memory}");
            assert!(next.exists());
        }
        assert_eq!(FargateSize::of_definition("256", "512"), Some(FargateSize::new(0.25, 0.5)));
        assert_eq!(FargateSize::of_definition("", "512"), None);
    }
}
