use super::*;

/// A grey gradient with texture, so that nothing outside the row is black or white by luck.
fn picture(width: u32, height: u32, millis: u32) -> Vec<u8> {
    let mut pixels: Vec<u8> = (0..height)
        .flat_map(|row| (0..width).flat_map(move |column| [u8::try_from((row * 7 + column * 3) % 97 + 60).unwrap(); 4]))
        .collect();
    draw(&mut pixels, width, height, millis);
    pixels
}

/// Box filter, as a scaler does it.
fn shrunk(pixels: &[u8], width: u32, height: u32, to_width: u32, to_height: u32) -> Vec<u8> {
    let mut small = Vec::new();
    for row in 0..to_height {
        for column in 0..to_width {
            let (top, bottom) =
                (row * height / to_height, ((row + 1) * height / to_height).max(row * height / to_height + 1));
            let (left, right) =
                (column * width / to_width, ((column + 1) * width / to_width).max(column * width / to_width + 1));
            let mut sum = 0;
            for y in top..bottom {
                for x in left..right {
                    sum += u32::from(pixels[usize::try_from((y * width + x) * 4).unwrap()]);
                }
            }
            let mean = sum / ((bottom - top) * (right - left));
            small.extend([u8::try_from(mean).unwrap(); 4]);
        }
    }
    small
}

/// Turns a picture a quarter clockwise.
fn turned(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    (0..width)
        .flat_map(|row| (0..height).map(move |column| (row, height - 1 - column)))
        .flat_map(|(x, y)| {
            let at = usize::try_from((y * width + x) * 4).unwrap();
            pixels[at..at + 4].to_vec()
        })
        .collect()
}

fn upright(millis: u32) -> Option<Reading> {
    Some(Reading { millis, turn: Turn::None })
}

#[test]
fn reads_what_was_drawn() {
    for millis in [0, 1, 41, 999, 12_345, 59_958, 1_048_575] {
        assert_eq!(read(&picture(1280, 720, millis), 1280, 720), upright(millis));
    }
}

#[test]
fn reads_at_the_lowest_rung_and_in_portrait() {
    for (width, height, to_width, to_height) in
        [(1920, 1080, 640, 360), (1280, 720, 640, 360), (720, 576, 480, 360), (720, 1280, 202, 360)]
    {
        let small = shrunk(&picture(width, height, 43_210), width, height, to_width, to_height);
        assert_eq!(read(&small, to_width, to_height), upright(43_210), "{width}x{height} to {to_width}x{to_height}");
    }
}

#[test]
fn reads_through_noise_and_a_narrow_range() {
    let mut pixels = picture(640, 360, 7_125);
    let mut state = 1_u32;
    for value in &mut pixels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = i32::try_from(state >> 26).unwrap() - 32;
        *value = u8::try_from((i32::from(*value) / 2 + 64 + noise).clamp(0, 255)).unwrap();
    }
    assert_eq!(read(&pixels, 640, 360), upright(7_125));
}

#[test]
fn tells_how_a_picture_is_turned() {
    let upright = picture(1280, 720, 5_500);
    let quarter = turned(&upright, 1280, 720);
    assert_eq!(read(&quarter, 720, 1280), Some(Reading { millis: 5_500, turn: Turn::Quarter }));
    let half = turned(&quarter, 720, 1280);
    assert_eq!(read(&half, 1280, 720), Some(Reading { millis: 5_500, turn: Turn::Half }));
    let three = turned(&half, 1280, 720);
    assert_eq!(read(&three, 720, 1280), Some(Reading { millis: 5_500, turn: Turn::ThreeQuarters }));
}

#[test]
fn reads_between_black_bars() {
    let inner = picture(640, 360, 20_040);
    let mut boxed = vec![0; 640 * 480 * 4];
    boxed[640 * 60 * 4..640 * 420 * 4].copy_from_slice(&inner);
    assert_eq!(read(&boxed, 640, 480), upright(20_040));
}

#[test]
fn one_wrong_cell_is_no_reading() {
    for cell in 2..CELLS - 2 {
        let mut pixels = picture(640, 360, 33_333);
        let level = if is_white(33_333, cell) { 16 } else { 235 };
        cell_area(cell).fill(&mut pixels, 640, 360, level);
        assert_eq!(read(&pixels, 640, 360), None, "cell {cell}");
    }
}

#[test]
fn pictures_without_a_row_give_nothing() {
    assert_eq!(read(&vec![128; 640 * 360 * 4], 640, 360), None);
    assert_eq!(read(&vec![0; 640 * 360 * 4], 640, 360), None);
    assert_eq!(read(&[], 640, 360), None);
    assert_eq!(read(&[], 0, 0), None);
}
