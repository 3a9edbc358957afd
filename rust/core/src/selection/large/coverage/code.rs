//! A row and its similarity to a candidate in four bytes.

/// How a pair is written: `low + step · code` is not below the similarity.
#[derive(Clone, Copy)]
pub(crate) struct Code {
    bits: u32,
    most: u32,
    low: f64,
    step: f64,
}

impl Code {
    pub fn new(n: usize, error: f64) -> Self {
        let bits = usize::BITS - n.leading_zeros();
        let most = ((1_u64 << (32 - bits)) - 1) as u32;
        // The last place is room for rounding up; no similarity exceeds 1, whatever a product says.
        Self {
            bits,
            most,
            low: -1.0 + error,
            step: (2.0 + 1e-6) / f64::from(most - 1),
        }
    }

    #[inline(always)]
    pub fn write(self, row: usize, similarity: f32) -> u32 {
        let code = (f64::from(similarity) + 1.0) / self.step + 1.0;
        (code as u32).min(self.most) << self.bits | row as u32
    }

    #[inline(always)]
    pub fn read(self, pair: u32) -> (usize, f64) {
        let row = pair & ((1 << self.bits) - 1);
        (
            row as usize,
            self.low + self.step * f64::from(pair >> self.bits),
        )
    }
}
