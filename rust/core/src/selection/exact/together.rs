//! Which rows of a small pool may be chosen together, one bit a row.

use super::tree::MOST_ROWS;
use crate::selection::rules::PoolRules;

/// The rules of a pool of up to 64 rows.
pub(super) struct Together {
    /// Rows that must be chosen.
    pub included: Vec<usize>,
    /// Rows that may be.
    pub eligible: u64,
    /// For each row those that are not too similar to it.
    pub with: [u64; MOST_ROWS],
    groups: Vec<Group>,
}

struct Group {
    rows: u64,
    least: u32,
    most: u32,
}

impl Together {
    /// Takes in the rules of a pool of `n` rows of these similarities.
    pub(super) fn new(rules: &PoolRules<'_>, n: usize, similarity: &[f64]) -> Self {
        let mut together = Self {
            included: (0..rules.n_included())
                .filter_map(|step| rules.included(step))
                .collect(),
            eligible: bits(n, |row| rules.eligible(row)),
            with: [u64::MAX; MOST_ROWS],
            groups: Vec::new(),
        };
        if rules.max_similarity < f64::INFINITY {
            for (row, similarity) in similarity.chunks_exact(n).enumerate() {
                together.with[row] = bits(n, |other| !rules.too_similar(similarity[other]));
            }
        }
        if let Some(group) = rules.group {
            together.groups = rules
                .least
                .iter()
                .zip(rules.most)
                .enumerate()
                .map(|(code, (&least, &most))| Group {
                    rows: bits(n, |row| group[row] as usize == code),
                    least: least.clamp(0, MOST_ROWS as i64 + 1) as u32,
                    most: most.clamp(0, MOST_ROWS as i64 + 1) as u32,
                })
                .filter(|group| group.rows != 0 || group.least > 0)
                .collect();
        }
        together
    }

    /// Closes the rows that must not be among the `n_left` next; all, where no choice of so many keeps the quotas.
    #[inline(always)]
    pub(super) fn left_open(&self, chosen: u64, mut open: u64, n_left: usize) -> u64 {
        if self.groups.is_empty() {
            return open;
        }
        let (mut owed, mut owing) = (0, 0);
        for group in &self.groups {
            let count = (chosen & group.rows).count_ones();
            if count > group.most {
                return 0;
            }
            if count == group.most {
                open &= !group.rows;
            }
            if count < group.least {
                owed += group.least - count;
                owing |= group.rows;
                if (open & group.rows).count_ones() < group.least - count {
                    return 0;
                }
            }
        }
        match (owed as usize).cmp(&n_left) {
            std::cmp::Ordering::Less => open,
            std::cmp::Ordering::Equal => open & owing,
            std::cmp::Ordering::Greater => 0,
        }
    }

    /// Whether a set has enough and not too many of each group.
    pub(super) fn is_kept(&self, chosen: u64) -> bool {
        self.groups.iter().all(|group| {
            let count = (chosen & group.rows).count_ones();
            group.least <= count && count <= group.most
        })
    }
}

/// The rows of which something is true.
#[inline(always)]
pub(super) fn bits(n: usize, holds: impl Fn(usize) -> bool) -> u64 {
    (0..n).fold(0, |bits, row| bits | u64::from(holds(row)) << row)
}
