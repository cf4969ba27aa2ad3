//! Paints landscapes that move: a sky with a sun, four ridges drifting at their own speeds, weather, grain.
//!
//! Everything follows from the scene and the time, so a film is the same wherever and whenever it is made.

/// Red, green and blue, 0 to 255.
pub(super) type Colour = [f32; 3];

/// Four bytes a pixel: red, green, blue, unused.
pub(super) struct Canvas {
    pub(super) pixels: Vec<u8>,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { pixels: vec![0; pixel_count(width, height) * 4], width, height }
    }
}

/// What the ridges look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Skyline {
    /// Round hills.
    Hills,
    /// Mountains with sharp peaks.
    Peaks,
    /// Towers with lit windows.
    City,
    /// Fir trees.
    Forest,
    /// Rolling water.
    Waves,
    /// Sand with soft crests.
    Dunes,
}

/// What falls or floats in front of the land.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weather {
    /// Nothing.
    Clear,
    /// Stars that twinkle.
    Stars,
    /// Flakes that drift down.
    Snow,
    /// Lights that wander.
    Fireflies,
}

/// A landscape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    /// Colours at the zenith and at the horizon.
    pub(super) sky: [Colour; 2],
    /// Colour of the sun or moon and of its glow.
    pub(super) sun: Colour,
    /// Where the sun starts and how far it moves in a minute, in picture heights.
    pub(super) sun_path: [f32; 4],
    /// Radius of the sun, in picture heights.
    pub(super) sun_radius: f32,
    /// Colours of the farthest and the nearest ridge.
    pub(super) land: [Colour; 2],
    pub(super) skyline: Skyline,
    pub(super) weather: Weather,
    /// Strength of film grain, 0 for none.
    pub(super) grain: u8,
}

const RIDGES: usize = 4;

impl Scene {
    /// Paints the picture at `seconds` from the start of the film.
    pub(super) fn paint(&self, seconds: f32, canvas: &mut Canvas) {
        let (width, height) = (pixel_count(canvas.width, 1), as_f32(canvas.height));
        let ridges: Vec<[f32; RIDGES]> = (0..canvas.width)
            .map(|column| std::array::from_fn(|ridge| self.crest(ridge, as_f32(column) / height, seconds)))
            .collect();
        let colours: [Colour; RIDGES] =
            std::array::from_fn(|ridge| mix(self.land[0], self.land[1], index(ridge) / 3.0));
        let sun = [
            self.sun_path[0] + self.sun_path[2] * seconds / 60.0,
            self.sun_path[1] + self.sun_path[3] * seconds / 60.0,
        ];
        let mut noise = seconds.to_bits() | 1;
        for (row, line) in canvas.pixels.chunks_exact_mut(width * 4).enumerate() {
            let y = index(row) / height;
            for (column, pixel) in line.chunks_exact_mut(4).enumerate() {
                let x = index(column) / height;
                let crests = &ridges[column];
                let nearest = (0..RIDGES).rev().find(|&ridge| y >= crests[ridge]);
                let mut colour = match nearest {
                    Some(ridge) => self.ground(ridge, colours[ridge], y - crests[ridge], x, seconds),
                    None => self.sky_at(x, y, sun),
                };
                if self.grain > 0 {
                    noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let grain = (index_u32(noise >> 24) / 128.0 - 1.0) * f32::from(self.grain);
                    colour = colour.map(|value| value + grain);
                }
                pixel.copy_from_slice(&[byte(colour[0]), byte(colour[1]), byte(colour[2]), 255]);
            }
        }
        self.paint_weather(seconds, canvas);
    }

    fn sky_at(&self, x: f32, y: f32, sun: [f32; 2]) -> Colour {
        let base = mix(self.sky[0], self.sky[1], (y * 1.5).min(1.0));
        let (dx, dy) = (x - sun[0], y - sun[1]);
        let distance = dx * dx + dy * dy;
        let radius = self.sun_radius * self.sun_radius;
        let glow = 0.55 * radius * 6.0 / (radius * 6.0 + distance);
        let disc = ((radius - distance) / (radius * 0.06)).clamp(0.0, 1.0);
        mix(base, self.sun, glow.max(disc))
    }

    /// Colour of a ridge `depth` below its crest: lighter towards the foot, as if there were mist.
    fn ground(&self, ridge: usize, colour: Colour, depth: f32, x: f32, seconds: f32) -> Colour {
        let misty = mix(colour, self.sky[1], (depth * 0.9).min(0.45) * (1.0 - index(ridge) / 4.0));
        match self.skyline {
            Skyline::City if depth > 0.015 && self.window_is_lit(ridge, x, depth, seconds) => {
                mix(misty, self.sun, 0.75)
            }
            Skyline::Waves => {
                let near = 1.0 + index(ridge) * 0.5;
                let along = (x * 34.0 / near + (depth * 70.0 + seconds * 0.9).sin() * 3.0 + seconds).sin();
                let glint = along * (depth * 330.0 / near - seconds * 4.0).sin();
                mix(misty, self.sun, (glint - 0.6).max(0.0))
            }
            Skyline::City | Skyline::Hills | Skyline::Peaks | Skyline::Forest | Skyline::Dunes => misty,
        }
    }

    fn window_is_lit(&self, ridge: usize, x: f32, depth: f32, seconds: f32) -> bool {
        let near = 1.0 + index(ridge) * 0.6;
        let (across, down) = ((x + drift(ridge, seconds)) * 70.0 / near, depth * 55.0 / near);
        let in_frame = across.fract() > 0.35 && down.fract() > 0.45;
        in_frame
            && chance(
                across.floor() * 7.31 + down.floor() * 3.77 + (seconds * 0.25 + across.floor() * 0.13).floor() * 0.77,
            ) > 0.62
    }

    /// Height of a ridge's crest at `x`, as parts of the picture's height from the top.
    fn crest(&self, ridge: usize, x: f32, seconds: f32) -> f32 {
        let base = 0.50 + index(ridge) * 0.115;
        let phase = index(ridge) * 1.7;
        let at = x + drift(ridge, seconds) + phase;
        let size = 0.10 - index(ridge) * 0.012;
        base + size
            * match self.skyline {
                Skyline::Hills => (at * 3.1).sin() * 0.6 + (at * 7.3 + phase).sin() * 0.25 + (at * 1.3).sin() * 0.5,
                Skyline::Peaks => {
                    2.2 * zigzag(at * 1.4) + 0.9 * zigzag(at * 3.7 + phase) + 0.35 * zigzag(at * 9.1) - 1.9
                }
                Skyline::City => {
                    -2.6 * chance((at * 9.0 / (1.0 + index(ridge) * 0.3)).floor() + phase * 31.0).powi(2) + 0.4
                }
                Skyline::Forest => {
                    let tree = at * 16.0 / (1.0 + index(ridge) * 0.5);
                    let tall = 0.5 + 0.9 * chance(tree.floor() + phase * 17.0);
                    (at * 2.3).sin() * 0.7 - tall * (1.0 - (tree.fract() * 2.0 - 1.0).abs())
                }
                Skyline::Waves => {
                    ((at * 6.0 + seconds * 1.1).sin() * 0.30 + (at * 13.0 - seconds * 1.7).sin() * 0.14)
                        * (0.5 + index(ridge) * 0.3)
                }
                Skyline::Dunes => 0.9 - 1.4 * (at * 1.6).sin().abs().powf(0.6) + 0.2 * (at * 5.0 + phase).sin(),
            }
    }

    fn paint_weather(&self, seconds: f32, canvas: &mut Canvas) {
        let wide = as_f32(canvas.width) / as_f32(canvas.height);
        let count = match self.weather {
            Weather::Clear => 0,
            Weather::Stars | Weather::Snow => 260,
            Weather::Fireflies => 70_u16,
        };
        for particle in 0..count {
            let seed = f32::from(particle) * 1.37 + 5.0;
            let (a, b, c) = (chance(seed), chance(seed + 0.31), chance(seed + 0.77));
            match self.weather {
                Weather::Clear => {}
                Weather::Stars => {
                    let light = 0.35 + 0.65 * (seconds * (1.0 + 2.0 * c) + seed).sin().abs();
                    dot(canvas, a * wide, b * 0.45, 0.0015 + 0.0015 * c, light, [255.0, 250.0, 235.0]);
                }
                Weather::Snow => {
                    let fall = (b + seconds * (0.08 + 0.12 * c)).fract();
                    let sway = (a + 0.01 * (seconds * 1.3 + seed).sin() + seconds * 0.03).fract();
                    dot(canvas, sway * wide, fall, 0.002 + 0.004 * c, 0.5 + 0.4 * c, [255.0; 3]);
                }
                Weather::Fireflies => {
                    let x = (a + 0.04 * (seconds * 0.7 * (0.5 + c) + seed).sin()) * wide;
                    let y = 0.45 + 0.42 * b + 0.03 * (seconds * (0.6 + c) + seed * 2.0).cos();
                    dot(canvas, x, y, 0.006, 0.9 * (seconds * (0.8 + c) + seed).sin().max(0.0), self.sun);
                }
            }
        }
    }
}

/// A soft disc; position and radius in picture heights.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the canvas before use")]
fn dot(canvas: &mut Canvas, x: f32, y: f32, radius: f32, light: f32, colour: Colour) {
    let (width, height) = (as_f32(canvas.width), as_f32(canvas.height));
    let (x, y, radius) = (x * height, y * height, (radius * height).max(0.8));
    let span = |centre: f32, end: f32| {
        (centre - radius - 1.0).clamp(0.0, end) as usize..(centre + radius + 2.0).clamp(0.0, end) as usize
    };
    let line = pixel_count(canvas.width, 1) * 4;
    for row in span(y, height) {
        for column in span(x, width) {
            let (dx, dy) = (index(column) - x, index(row) - y);
            let cover = (1.0 - (dx * dx + dy * dy) / (radius * radius)).clamp(0.0, 1.0) * light;
            let at = row * line + column * 4;
            for (value, target) in canvas.pixels[at..at + 3].iter_mut().zip(colour) {
                *value = byte(f32::from(*value) + (target - f32::from(*value)) * cover);
            }
        }
    }
}

/// How far a ridge has moved: near ones faster.
fn drift(ridge: usize, seconds: f32) -> f32 {
    seconds * (0.008 + 0.022 * index(ridge))
}

fn zigzag(at: f32) -> f32 {
    (at.fract() * 2.0 - 1.0).abs()
}

/// A number from 0 to 1 that looks random and depends only on `seed`.
fn chance(seed: f32) -> f32 {
    let mixed = seed.to_bits().wrapping_mul(0x9e37_79b9);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b);
    index_u32((mixed ^ (mixed >> 13)) >> 8) / 16_777_216.0
}

fn mix(from: Colour, to: Colour, part: f32) -> Colour {
    std::array::from_fn(|channel| from[channel] + (to[channel] - from[channel]) * part)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn byte(value: f32) -> u8 {
    value.clamp(0.0, 255.0) as u8
}

#[expect(clippy::cast_precision_loss, reason = "positions on a canvas are small")]
fn index(position: usize) -> f32 {
    position as f32
}

#[expect(clippy::cast_precision_loss, reason = "at most 24 bits are in use")]
fn index_u32(value: u32) -> f32 {
    value as f32
}

#[expect(clippy::cast_precision_loss, reason = "sides of a canvas are small")]
fn as_f32(side: u32) -> f32 {
    side as f32
}

fn pixel_count(width: u32, height: u32) -> usize {
    usize::try_from(u64::from(width) * u64::from(height)).expect("a canvas fits memory")
}
