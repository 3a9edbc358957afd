//! Saturated coverage: every row has the sum of its similarities to the chosen, up to what is enough for it.
//!
//! `room` is what a row lacks of enough.

/// What a row gains from a candidate: what fits into its room.
#[inline(always)]
pub(super) fn term(similarity: f64, room: f64) -> f64 {
    let similarity = if similarity > 0.0 { similarity } else { 0.0 };
    if similarity < room { similarity } else { room }
}

/// Takes in that a row of some similarity was chosen.
#[inline(always)]
pub(super) fn take_in(similarity: f64, room: &mut f64) {
    *room -= term(similarity, *room);
}
