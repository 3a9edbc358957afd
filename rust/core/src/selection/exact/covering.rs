//! Sets that cover the pool best: gains never rise, so that those of now bound what later rows add.

use super::tree::{Lanes, Tree};
use crate::selection::method::{Method, Terms};

/// Where the search for a cover stands.
pub(super) struct Covering<'a, const C: usize> {
    similarity: &'a [Lanes<C>],
    saturated: bool,
    weight: f64,
    bonus: Lanes<C>,
    /// What each row can still gain, as in the greedy choice.
    room: Vec<Lanes<C>>,
}

impl<'a, const C: usize> Covering<'a, C> {
    /// Of sets of `k` rows, where `asked` were wanted.
    #[inline(always)]
    pub(super) fn new(
        similarity: &'a [Lanes<C>],
        terms: &Terms<'_>,
        bonus: Lanes<C>,
        k: usize,
        asked: usize,
    ) -> Self {
        let saturated = terms.method == Method::SaturatedCoverage;
        let nothing = if terms.method == Method::KMedoids {
            -1.0
        } else {
            0.0
        };
        let mut room = vec![[[nothing; 8]; C]; k + 1];
        if saturated {
            let n = similarity.len();
            let enough = (asked as f64 / n as f64).min(1.0);
            for (row, similarity) in similarity.iter().enumerate() {
                let positive = similarity.as_flattened()[..n].iter().map(|s| s.max(0.0));
                room[0].as_flattened_mut()[row] = enough * positive.sum::<f64>();
            }
        }
        Self {
            similarity,
            saturated,
            weight: terms.weight,
            bonus,
            room,
        }
    }
}

/// What fits of a similarity into the room of a row.
#[inline(always)]
fn fitting(similarity: f64, room: f64) -> f64 {
    let similarity = if similarity > 0.0 { similarity } else { 0.0 };
    if similarity < room { similarity } else { room }
}

impl<const C: usize> Tree<C> for Covering<'_, C> {
    #[inline(always)]
    fn take(&mut self, depth: usize, row: usize) {
        let (mut room, similarity) = (self.room[depth], &self.similarity[row]);
        for c in 0..C {
            for lane in 0..8 {
                let (s, now) = (similarity[c][lane], room[c][lane]);
                room[c][lane] = if self.saturated {
                    now - fitting(s, now)
                } else if s > now {
                    s
                } else {
                    now
                };
            }
        }
        self.room[depth + 1] = room;
    }

    #[inline(always)]
    fn look(&self, depth: usize, _: usize, gain: &mut Lanes<C>, most: &mut Lanes<C>) {
        let mut sum = [[0.0; 8]; C];
        for (similarity, &room) in self.similarity.iter().zip(self.room[depth].as_flattened()) {
            for c in 0..C {
                for lane in 0..8 {
                    let s = similarity[c][lane];
                    sum[c][lane] += if self.saturated {
                        fitting(s, room)
                    } else if s > room {
                        s - room
                    } else {
                        0.0
                    };
                }
            }
        }
        for c in 0..C {
            for lane in 0..8 {
                gain[c][lane] = self.bonus[c][lane] + self.weight * sum[c][lane];
            }
        }
        *most = *gain;
    }
}
