//! What is known of a row in a narrow type, and how wrong an estimate of a product may therefore be: see `narrow.rs`.

/// Room for the rounding of float32 on the way to an estimate: sixteen times what one operation rounds.
const SLACK: f32 = 1.0 / (1 << 20) as f32;

/// And for products too small for it.
const UNDERFLOW: f32 = 1e-30;

/// What is known of a row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known {
    /// ‖s·q‖.
    pub narrow: f32,
    /// ‖r‖.
    pub rest: f32,
    /// ‖c‖.
    pub norm: f32,
    /// What its products are short of: of a dot product m·c + m·m / 2, of half a squared distance, taken away, −c·c / 2.
    pub offset: f32,
}

/// The largest of what is known of several rows.
#[derive(Clone, Copy, Default)]
pub(crate) struct Most {
    pub rest: f32,
    pub norm: f32,
    pub offset: f32,
}

impl Known {
    /// Of this row alone.
    pub fn alone(&self) -> Most {
        Most {
            rest: self.rest,
            norm: self.norm,
            offset: self.offset.abs(),
        }
    }
}

impl Most {
    /// No estimate of a product of `row` with one of these is further from the truth than this.
    #[inline(always)]
    pub fn error(&self, row: &Known) -> f32 {
        let bound = row.narrow * self.rest + row.rest * self.norm;
        let sizes = row.norm * self.norm + row.offset.abs() + self.offset;
        bound + SLACK * (bound + sizes) + UNDERFLOW
    }
}

/// Adding this leaves the nearest integer in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// The nearest byte to a value that has one.
#[inline(always)]
pub(crate) fn nearest(value: f32) -> i8 {
    (value + ROUND).to_bits() as i8
}

/// A row, its step s and 1 / s.
#[derive(Clone, Copy, Default)]
pub(crate) struct About {
    pub known: Known,
    pub step: f64,
    pub inverse_step: f64,
}

/// Sums of `term` in eight lanes.
#[inline(always)]
fn lanes(values: &[f64], others: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let (values, _) = values.as_chunks::<8>();
    let (others, _) = others.as_chunks::<8>();
    for (values, others) in values.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] += term(values[lane], others[lane]);
        }
    }
    sums.iter().sum()
}

/// Of a row c in bytes, and its centre m; `dot` if products are to be had, not distances.
#[inline(always)]
pub(crate) fn about_bytes(values: &[f64], center: &[f64], dot: bool) -> About {
    let mut most = [0.0_f64; 8];
    let (chunks, _) = values.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            let size = chunk[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
        }
    }
    let most = most.into_iter().fold(0.0, f64::max);
    // A row of nothing but centre is all rest.
    let inverse_step = if most > 1e-30 { 127.0 / most } else { 0.0 };
    let step = f64::from((most / 127.0) as f32);
    let whole = |value: f64| f64::from(nearest((value * inverse_step) as f32));
    let narrow = lanes(values, values, |value, _| whole(value) * whole(value));
    let rest = lanes(values, values, |value, _| {
        let rest = value - step * whole(value);
        rest * rest
    });
    about(
        values,
        center,
        dot,
        step * narrow.sqrt(),
        rest.sqrt(),
        (step, inverse_step),
    )
}

/// The same of a row in float32.
#[inline(always)]
pub(crate) fn about_floats(values: &[f64], center: &[f64], dot: bool) -> About {
    let norm = lanes(values, values, |value, _| value * value).sqrt();
    // Both sides' rests together exceed the error of a float32 sum of so many terms, each rounded.
    let rest = norm * (values.len() as f64 / 2.0 + 4.0) * f64::from(f32::EPSILON);
    about(values, center, dot, norm, rest, (1.0, 1.0))
}

#[inline(always)]
fn about(
    values: &[f64],
    center: &[f64],
    dot: bool,
    narrow: f64,
    rest: f64,
    (step, inverse_step): (f64, f64),
) -> About {
    let squared = lanes(values, values, |value, _| value * value);
    let up = |value: f64| (value * 1.000_001) as f32;
    let offset = if dot {
        lanes(values, center, |value, center| {
            center * (value + 0.5 * center)
        })
    } else {
        -0.5 * squared
    };
    About {
        known: Known {
            narrow: up(narrow),
            rest: up(rest),
            norm: up(squared.sqrt()),
            offset: offset as f32,
        },
        step,
        inverse_step,
    }
}
