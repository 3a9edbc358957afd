//! What is maximised: the objective, and how quality enters it.

use crate::error::{Result, ensure};

/// An objective; the Python package says what each is and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The log-determinant of the similarities of the chosen.
    Dpp,
    /// Maximal marginal relevance: minus the largest similarity to those chosen before.
    Mmr,
    /// The sum of dissimilarities over pairs.
    MaxSum,
    /// The smallest dissimilarity of a pair.
    MaxMin,
    /// How near every row of the pool is to a chosen one.
    FacilityLocation,
    /// How near every row is to all chosen ones, up to a share of what the whole pool would give.
    SaturatedCoverage,
    /// Facility location of unclipped similarities, improved by swaps.
    KMedoids,
}

impl Method {
    /// The method of this name.
    ///
    /// # Errors
    /// Refuses other names.
    pub fn named(name: &str) -> Result<Self> {
        let methods = [
            ("dpp", Self::Dpp),
            ("mmr", Self::Mmr),
            ("max_sum", Self::MaxSum),
            ("max_min", Self::MaxMin),
            ("facility_location", Self::FacilityLocation),
            ("saturated_coverage", Self::SaturatedCoverage),
            ("k_medoids", Self::KMedoids),
        ];
        let known = methods.iter().find(|(known, _)| *known == name);
        ensure(known.is_some(), || format!("there is no method {name:?}"))?;
        Ok(known.map_or(Self::Dpp, |(_, method)| *method))
    }

    /// Whether a gain is a sum over all rows of the pool.
    pub(super) fn covers(self) -> bool {
        matches!(
            self,
            Self::FacilityLocation | Self::SaturatedCoverage | Self::KMedoids
        )
    }
}

/// An objective and its terms: what the choice of a row adds for its quality, and the weight of diversity.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The objective.
    pub method: Method,
    /// One a row; half of what it adds to each pair under [`Method::MaxSum`] and [`Method::MaxMin`].
    pub bonus: Option<&'a [f64]>,
    /// What diversity is multiplied by.
    pub weight: f64,
}

impl<'a> Terms<'a> {
    pub(super) fn check(&self, n_rows: usize) -> Result<()> {
        let n_given = self.bonus.map_or(n_rows, <[f64]>::len);
        ensure(n_given == n_rows, || {
            format!("bonus has {n_given} values for {n_rows} rows of X")
        })
    }

    /// The terms of some of the rows.
    pub(super) fn of(self, rows: &std::ops::Range<usize>) -> Terms<'a> {
        let bonus = self.bonus.map(|bonus| &bonus[rows.clone()]);
        Terms { bonus, ..self }
    }

    /// The bonus of a row.
    #[inline(always)]
    pub(super) fn bonus_of(&self, row: usize) -> f64 {
        self.bonus.map_or(0.0, |bonus| bonus[row])
    }
}
