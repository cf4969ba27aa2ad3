//! The film's own clock, burnt into its pictures: a row of black and white cells that a program can read back.
//!
//! Near the lower edge of the upright picture, [`CELLS`] cells in a row: white, black, [`BITS`] bits of milliseconds
//! (most significant first, white is one), [`CHECK_BITS`] bits of CRC-8, black, white. The outer cells give the levels,
//! so that coding, scaling down to 360 lines and colour ranges do not matter; the CRC tells a reading from a guess.
//! Knows nothing of films or media frameworks.

const BITS: u32 = 20;
const CHECK_BITS: u32 = 8;
/// Cells in the row: two of each end mark, the number, its check.
const CELLS: u32 = 2 + BITS + CHECK_BITS + 2;
/// Width of a cell, as parts of the picture's width.
const CELL_WIDTH: f64 = 1.0 / 40.0;
const LEFT: f64 = (1.0 - CELLS as f64 * CELL_WIDTH) / 2.0;
const TOP: f64 = 0.93;
const BOTTOM: f64 = 0.97;
/// Levels closer than this are no black and white.
const CONTRAST: f64 = 60.0;
/// A border darker than this (luma) belongs to the letterbox, not to the picture.
const BLACK: f64 = 24.0;

/// A function expression in JavaScript: takes a `<video>` (or an image, canvas, `VideoFrame`) and returns the
/// milliseconds its current picture shows, or `null` where none can be read.
///
/// It reads the upright picture without letterbox, which is what a browser's video element gives. Tested against
/// [`draw`] by the browser tests, since its numbers repeat the constants of this module.
pub const READ_IN_BROWSER: &str = include_str!("timecode/read.js");

/// How far a picture has been turned clockwise from upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Upright.
    None,
    /// A quarter to the right.
    Quarter,
    /// Upside down.
    Half,
    /// A quarter to the left.
    ThreeQuarters,
}

/// What a picture says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Presentation time of the frame from the start of the film, milliseconds.
    pub millis: u32,
    /// How the picture lies; anything but [`Turn::None`] means that a rotation was lost or made twice.
    pub turn: Turn,
}

/// Draws the row of cells into an upright picture of four bytes a pixel (red, green, blue, any).
///
/// `millis` beyond 20 bits (17 minutes) wrap round.
pub fn draw(pixels: &mut [u8], width: u32, height: u32, millis: u32) {
    let number = millis & ((1 << BITS) - 1);
    let plate = Area {
        left: LEFT - CELL_WIDTH / 2.0,
        right: 1.0 - LEFT + CELL_WIDTH / 2.0,
        top: TOP - 0.012,
        bottom: BOTTOM + 0.012,
    };
    plate.fill(pixels, width, height, 16);
    for cell in 0..CELLS {
        if is_white(number, cell) {
            cell_area(cell).fill(pixels, width, height, 235);
        }
    }
}

/// Reads a picture of four bytes a pixel (red, green, blue, any), however it is turned, with or without black bars.
/// `None` if it shows no valid row.
pub fn read(pixels: &[u8], width: u32, height: u32) -> Option<Reading> {
    let picture = Picture { pixels, width: usize::try_from(width).ok()?, height: usize::try_from(height).ok()? };
    if picture.width == 0 || picture.height == 0 || pixels.len() < picture.width * picture.height * 4 {
        return None;
    }
    let whole = Area { left: 0.0, right: 1.0, top: 0.0, bottom: 1.0 };
    [whole, picture.without_bars()].iter().find_map(|frame| {
        [Turn::None, Turn::Quarter, Turn::Half, Turn::ThreeQuarters]
            .into_iter()
            .find_map(|turn| picture.number(frame, turn).map(|millis| Reading { millis, turn }))
    })
}

/// Whether a cell of the row for `number` is white.
fn is_white(number: u32, cell: u32) -> bool {
    let word = (number << CHECK_BITS) | u32::from(crc8(number));
    match cell {
        0 => true,
        1 => false,
        _ if cell < CELLS - 2 => (word >> (BITS + CHECK_BITS - 1 - (cell - 2))) & 1 == 1,
        _ => cell == CELLS - 1,
    }
}

/// CRC-8 (polynomial 0x07) of the number's three bytes.
fn crc8(number: u32) -> u8 {
    number.to_be_bytes()[1..].iter().fold(0xff_u8, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 })
    })
}

/// A rectangle in parts of a picture's width and height.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn cell_area(cell: u32) -> Area {
    let left = LEFT + f64::from(cell) * CELL_WIDTH;
    Area { left, right: left + CELL_WIDTH, top: TOP, bottom: BOTTOM }
}

impl Area {
    fn fill(&self, pixels: &mut [u8], width: u32, height: u32, level: u8) {
        let (columns, rows) =
            (at(self.left, width)..at(self.right, width), at(self.top, height)..at(self.bottom, height));
        for row in rows {
            let line = row * at(1.0, width) * 4;
            pixels[line + columns.start * 4..line + columns.end * 4].fill(level);
        }
    }
}

/// The pixel at a part of a length.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parts lie between 0 and 1")]
fn at(part: f64, length: u32) -> usize {
    (part * f64::from(length)).round() as usize
}

struct Picture<'a> {
    pixels: &'a [u8],
    width: usize,
    height: usize,
}

impl Picture<'_> {
    fn luma(&self, column: usize, row: usize) -> f64 {
        let at = (row.min(self.height - 1) * self.width + column.min(self.width - 1)) * 4;
        let pixel = &self.pixels[at..at + 3];
        0.2126 * f64::from(pixel[0]) + 0.7152 * f64::from(pixel[1]) + 0.0722 * f64::from(pixel[2])
    }

    /// Luma at a point of the upright picture that lies in `frame`, turned by `turn`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "pixel positions are small and not negative"
    )]
    fn sample(&self, frame: &Area, turn: Turn, across: f64, down: f64) -> f64 {
        let (x, y) = match turn {
            Turn::None => (across, down),
            Turn::Quarter => (1.0 - down, across),
            Turn::Half => (1.0 - across, 1.0 - down),
            Turn::ThreeQuarters => (down, 1.0 - across),
        };
        let column = (frame.left + x * (frame.right - frame.left)) * self.width as f64;
        let row = (frame.top + y * (frame.bottom - frame.top)) * self.height as f64;
        self.luma(column as usize, row as usize)
    }

    /// Mean of the inner part of a cell: its edges blur into the neighbours.
    fn level(&self, frame: &Area, turn: Turn, cell: u32) -> f64 {
        let area = cell_area(cell);
        let (wide, high) = (area.right - area.left, area.bottom - area.top);
        let points = [0.35, 0.5, 0.65];
        let sum: f64 = points
            .iter()
            .flat_map(|across| points.iter().map(move |down| (across, down)))
            .map(|(across, down)| self.sample(frame, turn, area.left + across * wide, area.top + down * high))
            .sum();
        sum / 9.0
    }

    fn number(&self, frame: &Area, turn: Turn) -> Option<u32> {
        let levels: Vec<f64> = (0..CELLS).map(|cell| self.level(frame, turn, cell)).collect();
        let (last, before_last) = (levels[levels.len() - 1], levels[levels.len() - 2]);
        let (white, black) = (levels[0].min(last), levels[1].max(before_last));
        if white - black < CONTRAST {
            return None;
        }
        let middle = (white + black) / 2.0;
        let word = levels[2..levels.len() - 2].iter().fold(0, |word, &level| (word << 1) | u32::from(level > middle));
        let number = word >> CHECK_BITS;
        (word & 0xff == u32::from(crc8(number))).then_some(number)
    }

    /// The frame that is left when black bars are cut off.
    #[expect(clippy::cast_precision_loss, reason = "pixel positions are small")]
    fn without_bars(&self) -> Area {
        let dark_row = |&row: &usize| (0..self.width).all(|column| self.luma(column, row) < BLACK);
        let dark_column = |&column: &usize| (0..self.height).all(|row| self.luma(column, row) < BLACK);
        let top = (0..self.height).take_while(dark_row).count() as f64;
        let bottom = (0..self.height).rev().take_while(dark_row).count() as f64;
        let left = (0..self.width).take_while(dark_column).count() as f64;
        let right = (0..self.width).rev().take_while(dark_column).count() as f64;
        let (width, height) = (self.width as f64, self.height as f64);
        Area { left: left / width, right: 1.0 - right / width, top: top / height, bottom: 1.0 - bottom / height }
    }
}

#[cfg(test)]
mod tests;
