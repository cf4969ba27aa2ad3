//! The instruments themselves, before they judge anything.

use std::fmt::Write as _;

use system_tests::browser::Browser;
use system_tests::server::slow_tests_run;
use test_films::timecode::{self, READ_IN_BROWSER};

#[tokio::test]
async fn the_browser_reads_the_clock_that_was_drawn() {
    let test = "the_browser_reads_the_clock_that_was_drawn";
    if !slow_tests_run(test) || !Browser::is_here(test) {
        return;
    }
    let browser = Browser::start().await.unwrap();
    browser.open("data:text/html,<canvas id=c></canvas>").await.unwrap();
    let show = format!(
        "const [hex, width, height, scale] = arguments, read = {READ_IN_BROWSER};
         const bytes = Uint8ClampedArray.from(hex.match(/../g), pair => parseInt(pair, 16));
         const full = new OffscreenCanvas(width, height);
         full.getContext('2d').putImageData(new ImageData(bytes, width, height), 0, 0);
         const canvas = document.getElementById('c');
         canvas.width = width * scale; canvas.height = height * scale;
         canvas.getContext('2d').drawImage(full, 0, 0, canvas.width, canvas.height);
         return read(canvas)"
    );
    for (millis, width, height, scale) in
        [(0, 640, 360, 1.0), (59_958, 1280, 720, 0.5), (1_048_575, 720, 1280, 1.0), (12_345, 720, 576, 0.8)]
    {
        let mut pixels = vec![128; (width * height * 4) as usize];
        pixels.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        timecode::draw(&mut pixels, width, height, millis);
        // `draw` may fill the fourth byte with anything; a canvas wants it opaque.
        pixels.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 255);
        let hex = pixels.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let read: Option<u32> =
            browser.js(&show, vec![hex.into(), width.into(), height.into(), scale.into()]).await.unwrap();
        assert_eq!(read, Some(millis), "{width}x{height} at {scale}");
    }
    let blank: Option<u32> =
        browser.js(&show, vec!["808080ff".repeat(640 * 360).into(), 640.into(), 360.into(), 1.into()]).await.unwrap();
    assert_eq!(blank, None, "a grey picture has no clock");
    browser.close().await.unwrap();
}
