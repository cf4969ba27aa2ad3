//! How sure a mean is.

/// Mean and the interval that holds 95 % of the means of 2,000 samples drawn with replacement; always the same ones.
pub(super) fn bootstrap(values: &[f64]) -> Option<(f64, f64, f64)> {
    const DRAWS: usize = 2_000;
    let count = values.len();
    let mean = |sum: f64| sum / count as f64;
    if count == 0 {
        return None;
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let high = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        values[usize::try_from(high).unwrap_or(0) % count]
    };
    let mut means: Vec<_> = (0..DRAWS).map(|_| mean((0..count).map(|_| draw()).sum())).collect();
    means.sort_by(f64::total_cmp);
    Some((mean(values.iter().sum()), means[DRAWS / 40], means[DRAWS - 1 - DRAWS / 40]))
}
