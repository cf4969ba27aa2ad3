//! Encoding ladders: which renditions a transcoder may make of one source.

use crate::units::BitsPerSecond;

/// Picture size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolution {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Resolution {
    /// The class of a picture by its larger side in 16:9, so that a film of 1280 x 532 is called 720p, as its rung is.
    pub const fn lines(self) -> u32 {
        let of_width = self.width / 16 * 9;
        if of_width > self.height { of_width } else { self.height }
    }

    /// This size scaled down to fit inside `bound` with its shape kept, both sides even (4:2:0 video needs that) and at
    /// least 2. A size that fits already is only made even.
    #[must_use]
    pub fn fit_inside(self, bound: Self) -> Self {
        let (width, height) = (u64::from(self.width.max(1)), u64::from(self.height.max(1)));
        let (bound_width, bound_height) = (u64::from(bound.width), u64::from(bound.height));
        let (fit_width, fit_height) = if width <= bound_width && height <= bound_height {
            (width, height)
        } else if width * bound_height >= height * bound_width {
            (bound_width, (height * bound_width + width / 2) / width)
        } else {
            ((width * bound_height + height / 2) / height, bound_height)
        };
        let even = |side: u64| u32::try_from((side / 2 * 2).max(2)).unwrap_or(u32::MAX - 1);
        Self { width: even(fit_width), height: even(fit_height) }
    }
}

/// One encoder setting of a ladder; it yields one variant stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Short name, used in URLs, such as `720p`.
    pub name: &'static str,
    /// The picture fits inside this.
    pub bound: Resolution,
    /// Maximum video rate.
    pub video: BitsPerSecond,
    /// Declared rate of video and audio together.
    pub bandwidth: BitsPerSecond,
}

/// Rungs, highest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder(Vec<Rung>);

impl Ladder {
    /// The ladder of requirement G04: 1080p, 720p, 480p and 360p.
    pub fn s1() -> Self {
        let rung = |name, width, height, video, bandwidth| Rung {
            name,
            bound: Resolution { width, height },
            video: BitsPerSecond::from_kbps(video),
            bandwidth: BitsPerSecond::from_kbps(bandwidth),
        };
        Self(vec![
            rung("1080p", 1920, 1080, 4_500, 5_000),
            rung("720p", 1280, 720, 2_500, 2_800),
            rung("480p", 854, 480, 1_200, 1_400),
            rung("360p", 640, 360, 700, 800),
        ])
    }

    /// Rungs, highest first.
    pub fn rungs(&self) -> &[Rung] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_keeps_its_shape_and_even_sides() {
        let size = |width, height| Resolution { width, height };
        assert_eq!(size(1920, 800).fit_inside(size(1280, 720)), size(1280, 532));
        assert_eq!(size(1080, 1920).fit_inside(size(1280, 720)), size(404, 720));
        assert_eq!(size(641, 361).fit_inside(size(1280, 720)), size(640, 360));
        assert_eq!(size(1, 9_000).fit_inside(size(640, 360)), size(2, 360));
    }
}
