//! Facility location: every row has the similarity to the chosen one that is nearest. The first k medoids are chosen by
//! it too.
//!
//! `room` is the similarity that a row has to the nearest chosen one.

/// What a row gains from a candidate: what exceeds its room.
#[inline(always)]
pub(super) fn term(similarity: f64, room: f64) -> f64 {
    let excess = similarity - room;
    if excess > 0.0 { excess } else { 0.0 }
}

/// Takes in that a row of some similarity was chosen.
#[inline(always)]
pub(super) fn take_in(similarity: f64, room: &mut f64) {
    if similarity > *room {
        *room = similarity;
    }
}
