//! The vector operations of an instruction set.

use half::f16;

/// What a loop may use of the instruction set that it is compiled for.
///
/// The implementations are private to this folder and reach a loop only through [`vectorize`](super::vectorize), which has
/// seen that the processor has what they need: that is what makes their functions safe to call.
pub trait Target {
    /// There are 32 vector registers, each of eight doubles.
    const WIDE: bool;

    /// The vectors in which floats become doubles soonest: Zen 4 takes twice as long over one of 512 bits as over two of
    /// 256.
    type Widening: Target;

    /// Eight doubles, in registers.
    type F64x8: Copy;

    /// Eight times the same value.
    fn splat(value: f64) -> Self::F64x8;
    /// Eight doubles from memory.
    fn load(values: &[f64; 8]) -> Self::F64x8;
    /// Eight floats from memory, exactly.
    fn widen(values: &[f32; 8]) -> Self::F64x8;
    /// Eight times the upper half of a float, exactly.
    #[inline(always)]
    #[must_use]
    fn widen_upper_halves(values: &[u16; 8]) -> Self::F64x8 {
        let mut floats = [0.0; 8];
        for n in 0..8 {
            floats[n] = f32::from_bits(u32::from(values[n]) << 16);
        }
        Self::widen(&floats)
    }
    /// The values, in order.
    fn store(vector: Self::F64x8) -> [f64; 8];
    /// The values, rounded to floats.
    fn narrow(vector: Self::F64x8) -> [f32; 8];
    /// `a * b + c`, fused where the processor can.
    fn mul_add_x8(a: Self::F64x8, b: Self::F64x8, c: Self::F64x8) -> Self::F64x8;
    /// `a * b + c`, fused where that is one instruction; never the slow fused call of the C library.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
    /// The sum of the values, the upper half added onto the lower until one is left.
    fn sum(vector: Self::F64x8) -> f64;

    /// The sum of each vector, as [`Target::sum`] takes it.
    #[inline(always)]
    fn sums(vectors: [Self::F64x8; 8]) -> [f64; 8] {
        let mut sums = [0.0; 8];
        for n in 0..8 {
            sums[n] = Self::sum(vectors[n]);
        }
        sums
    }

    /// Eight floats, in a register.
    type F32x8: Copy;

    /// Eight times the same float.
    fn splat_f32(value: f32) -> Self::F32x8;
    /// Eight floats from memory.
    fn load_f32(values: &[f32; 8]) -> Self::F32x8;
    /// Eight 16-bit floats as floats, exactly.
    fn floats_of_halves(values: &[f16; 8]) -> [f32; 8];
    /// The floats, in order.
    fn store_f32(vector: Self::F32x8) -> [f32; 8];
    /// `a * b + c` of floats, fused where the processor can.
    fn mul_add_f32(a: Self::F32x8, b: Self::F32x8, c: Self::F32x8) -> Self::F32x8;

    /// Asks for the line of the cache that holds `address`, to write to it soon; any address will do.
    fn prefetch_to_write<S>(address: *const S);
    /// Asks for the line in the second cache, to read it soon.
    fn prefetch_to_read<S>(address: *const S);
    /// The sum of the floats, the upper half added onto the lower until one is left.
    fn sum_f32(vector: Self::F32x8) -> f32;

    /// Sixteen floats, in registers.
    type F32x16: Copy;

    /// Sixteen times the same float.
    fn splat_f32x16(value: f32) -> Self::F32x16;
    /// Sixteen floats from memory.
    fn load_f32x16(values: &[f32; 16]) -> Self::F32x16;
    /// Sixteen floats to memory.
    fn store_f32x16(vector: Self::F32x16, values: &mut [f32; 16]);
    /// `a * b + c` of floats, fused where the processor can.
    fn mul_add_f32x16(a: Self::F32x16, b: Self::F32x16, c: Self::F32x16) -> Self::F32x16;
    /// The sum of the floats, the upper half added onto the lower until one is left.
    fn sum_f32x16(vector: Self::F32x16) -> f32;
}
